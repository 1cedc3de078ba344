"""The generator of the reference values in `tests/theory`, computed with mpmath.

``python scripts/theory_values.py`` writes ``tests/theory/moments.json`` and ``pairs.json`` in a
quarter of an hour; ``... moments`` or ``... pairs`` writes only one of them. It needs ``pip install
mpmath``, which neither the package nor its tests require.

φ and φ' are implemented here again, from their formulas; no code of the package is used.
Expectations over one variable have 40 digits: Gauss-Legendre quadrature with 96 points on panels
that double from 2^-16 to 16 and are then 16 wide; 48 points must agree to 24 digits. Expectations
over two variables have 20 digits: the plain double integral over the joint density of z₁ and z₂,
which is not the formula of the package. Near c = ±1 the integral is over z₁ = √q₁ x and
z₂ = √q₂ (c x + √(1 - c²) y), split where z₂ crosses kinks and powers of 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import mpmath
from mpmath import mpf

FOLDER = Path(__file__).parents[1] / "tests" / "theory"
DIGITS = 22
VARIANCES = ("1e-8", "1e-4", "1e-2", "1", "10", "100", "1e4")
PAIRS = (  # q₁, q₂, 1 - |c|, sign of c
    ("1", "1", "0.5", 1),
    ("1", "1", "0.05", 1),
    ("1", "2.5", "0.3", -1),
    ("1e-4", "1e-4", "0.1", 1),
    ("1e-8", "1", "0.4", 1),
    ("100", "100", "0.1", 1),
    ("1e4", "100", "0.5", -1),
)
NEAR_PAIRS = (("1", "1", "1e-12", 1), ("1", "1", "1e-6", -1))
WAVES_FROM = 10  # q above which the sine oscillates within a panel of the double integral
NEAR = ("tanh", "softsign", "selu", "gelu", "hardtanh")
Number = Any
Function = Callable[[Number], Number]
Row = tuple[str, str, Number, Number]

mp = mpmath.mp


def _exp_units(scale: Number, alpha: Number) -> tuple[Function, Function]:
    return (
        lambda z: scale * (z if z > 0 else alpha * mp.expm1(z)),
        lambda z: scale * (mpf(1) if z > 0 else alpha * mp.exp(z)),
    )


def _two_slopes(below: Number) -> tuple[Function, Function]:
    return lambda z: z if z > 0 else below * z, lambda z: mpf(1) if z > 0 else below


def _sigmoid(z: Number) -> Number:
    return 1 / (1 + mp.exp(-z))


def _sigmoid_slope(z: Number) -> Number:
    return _sigmoid(z) * _sigmoid(-z)


def _softplus(z: Number) -> Number:
    return max(z, mpf(0)) + mp.log1p(mp.exp(-abs(z)))


def _normal_density(z: Number) -> Number:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def _below(z: Number) -> Number:
    return mp.erfc(-z / mp.sqrt(2)) / 2


def functions() -> dict[str, tuple[Function, Function]]:
    """Return φ and φ' of every built-in activation."""
    return {
        "sigmoid": (_sigmoid, _sigmoid_slope),
        "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
        "relu": _two_slopes(mpf(0)),
        "silu": (
            lambda z: z * _sigmoid(z),
            lambda z: _sigmoid(z) + z * _sigmoid_slope(z),
        ),
        "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
        "identity": (lambda z: z, lambda z: mpf(1)),
        # as in the package, the slope is the float nearest to 0.01; likewise SELU's constants
        "leaky_relu": _two_slopes(mpf(0.01)),
        "elu": _exp_units(mpf(1), mpf(1)),
        "selu": _exp_units(mpf(1.0507009873554805), mpf(1.6732632423543772)),
        "gelu": (lambda z: z * _below(z), lambda z: _below(z) + z * _normal_density(z)),
        "softplus": (_softplus, _sigmoid),
        "mish": (
            lambda z: z * mp.tanh(_softplus(z)),
            lambda z: mp.tanh(_softplus(z)) + z * _sigmoid(z) * mp.sech(_softplus(z)) ** 2,
        ),
        "erf": (mp.erf, lambda z: 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)),
        "hardtanh": (
            lambda z: max(mpf(-1), min(mpf(1), z)),
            lambda z: mpf(1) if abs(z) < 1 else mpf(0),
        ),
        "sin": (mp.sin, mp.cos),
    }


MOMENTS: dict[str, Callable[[Number, Number, Number, Number], Number]] = {
    "value": lambda a, s, z, q: a,
    "square": lambda a, s, z, q: a**2,
    "fourth": lambda a, s, z, q: a**4,
    "slope": lambda a, s, z, q: s,
    "slope_square": lambda a, s, z, q: s**2,
    "slope_fourth": lambda a, s, z, q: s**4,
    "square_times_slope_square": lambda a, s, z, q: (a * s) ** 2,
    "product": lambda a, s, z, q: a * s,
    "square_slope": lambda a, s, z, q: a * s * z / q,
}


def _nodes(left: Number, right: Number, degree: int) -> list[tuple[Number, Number]]:
    half, middle = (right - left) / 2, (right + left) / 2
    rule = mpmath.calculus.quadrature.GaussLegendre(mp)
    return [(middle + half * x, half * w) for x, w in rule.get_nodes(-1, 1, degree, mp.prec)]


def _panels() -> list[tuple[Number, Number]]:
    edges = [mpf(0), *(mpf(2) ** k for k in range(-16, 5)), *(mpf(16 * k) for k in range(2, 90))]
    return list(pairwise(edges))


def moments_of(phi: Function, slope: Function, degree: int) -> Iterator[Row]:
    """Yield moment, q, E f and E|f|; φ and φ' are evaluated once for all moments and q."""
    sides: list[tuple[Number, Number, Number, Number]] = []
    for left, right in _panels():
        for z, w in _nodes(left, right, degree):
            sides += [(x, w, phi(x), slope(x)) for x in (z, -z)]
    for text in VARIANCES:
        q = mpf(text)
        seen = [side for side in sides if side[0] ** 2 < 160 * q]
        weights = [w * mp.exp(-z * z / (2 * q)) / mp.sqrt(2 * mp.pi * q) for z, w, _, _ in seen]
        for name, integrand in MOMENTS.items():
            values = [integrand(a, s, z, q) for z, _, a, s in seen]
            mean = mp.fdot(values, weights)
            yield name, text, mean, mp.fdot([abs(v) for v in values], weights)


def write_moments() -> None:
    """Compute every moment with 48 and with 96 points, and write the latter."""
    mp.dps = 40
    rows = []
    for name, (phi, slope) in functions().items():
        exact = moments_of(phi, slope, 6)
        rough = moments_of(phi, slope, 5)
        for (moment, q, mean, size), (_, _, again, _) in zip(exact, rough, strict=True):
            if abs(mean - again) > mpf("1e-24") * size:
                raise SystemExit(f"{name} {moment} at q = {q}: {mean} or {again}")
            shown = mpf(0) if abs(mean) < mpf("1e-30") * size else mean
            rows.append([name, moment, q, _text(shown), _text(size)])
        print(name, flush=True)
    _write("moments.json", ["activation", "moment", "q", "mean", "mean_absolute"], rows)


def _cuts(scale: Number, offset: Number, low: Number, high: Number) -> list[Number]:
    # the points where offset + scale x crosses a kink or a power of 2, and whole numbers
    marks = [mpf(0), *(sign * mpf(2) ** k for k in range(11) for sign in (-1, 1))]
    places = {(mark - offset) / scale for mark in marks} | {mpf(k) for k in range(-12, 13, 3)}
    return [low, *sorted(p for p in places if low < p < high), high]


def _double(f: Function, q1: Number, q2: Number, c: Number, rest: Number, degree: int) -> Any:
    """Return E[f(z₁) f(z₂)] and E|f(z₁) f(z₂)|; ``rest`` is √(1 - c²)."""
    reach, total, size = mpf(9), mpf(0), mpf(0)
    outer = set(_cuts(mp.sqrt(q1), mpf(0), -reach, reach))
    for mark in _cuts(mp.sqrt(q2) * c, mpf(0), -reach, reach)[1:-1]:
        near = (mark + sign * step * rest for sign in (-1, 0, 1) for step in (2, 5, 9))
        outer |= {p for p in near if abs(p) < reach}
    for left, right in pairwise(sorted(outer)):
        for x, w in _nodes(left, right, degree):
            first = f(mp.sqrt(q1) * x) * w * _normal_density(x)
            if first == 0:
                continue
            mean, scale = mp.sqrt(q2) * c * x, mp.sqrt(q2) * rest
            for low, high in pairwise(_cuts(scale, mean, -reach, reach)):
                for y, v in _nodes(low, high, degree):
                    term = first * f(mean + scale * y) * v * _normal_density(y)
                    total, size = total + term, size + abs(term)
    return total, size


def _grid(q: Number, rest: Number, degree: int) -> list[tuple[Number, Number]]:
    # no panel is wider than twice the conditional standard deviation
    far, widest = mpf(19) / 2 * mp.sqrt(q), 2 * mp.sqrt(q) * rest
    marks = [mpf(0), *(m for k in range(11) if (m := mpf(2) ** k) < far), far]
    right: list[tuple[Number, Number]] = []
    for low, high in pairwise(marks):
        count = int(mp.ceil((high - low) / widest))
        cuts = [low + (high - low) * k / count for k in range(count + 1)]
        for left, end in pairwise(cuts):
            right += _nodes(left, end, degree)
    return [*right, *((-z, w) for z, w in right)]


def _on_grid(
    q1: Number, q2: Number, c: Number, rest: Number
) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield the activation, "value" or "slope", E f(z₁) f(z₂) and E|f(z₁) f(z₂)|."""
    first, second = _grid(q1, rest, 3), _grid(q2, rest, 3)
    scale = 1 / (2 * mp.pi * mp.sqrt(q1 * q2) * rest)
    xs = [z / mp.sqrt(q1) for z, _ in first]
    ys = [z / mp.sqrt(q2) for z, _ in second]
    density: list[list[Number]] = [
        [
            w * v * scale * mp.exp(-(x * x - 2 * c * x * y + y * y) / (2 * rest * rest))
            for y, (_, v) in zip(ys, second, strict=True)
        ]
        for x, (_, w) in zip(xs, first, strict=True)
    ]
    for name, pair in functions().items():
        for of, f in zip(("value", "slope"), pair, strict=True):
            left, right = [f(z) for z, _ in first], [f(z) for z, _ in second]
            sizes = [abs(v) for v in right]
            mean = mp.fdot(left, [mp.fdot(right, row) for row in density])
            size = mp.fdot([abs(v) for v in left], [mp.fdot(sizes, row) for row in density])
            yield name, of, mean, size


def write_pairs() -> None:
    """Compute the kernels of φ and φ' and write them to 15 digits."""
    mp.dps = 20
    rows = []
    for q1, q2, gap, sign in PAIRS:
        c, rest = sign * (1 - mpf(gap)), mp.sqrt(mpf(gap) * (2 - mpf(gap)))
        for name, of, mean, size in _on_grid(mpf(q1), mpf(q2), c, rest):
            if name == "sin" and max(mpf(q1), mpf(q2)) > WAVES_FROM:
                continue
            rows.append([name, of, q1, q2, gap, sign, _text(mean, 15), _text(size, 15)])
        print(q1, q2, gap, flush=True)
    for q1, q2, gap, sign in NEAR_PAIRS:
        c, rest = sign * (1 - mpf(gap)), mp.sqrt(mpf(gap) * (2 - mpf(gap)))
        for name in NEAR:
            for of, f in zip(("value", "slope"), functions()[name], strict=True):
                mean, size = _double(f, mpf(q1), mpf(q2), c, rest, 3)
                rows.append([name, of, q1, q2, gap, sign, _text(mean, 15), _text(size, 15)])
            print(q1, q2, gap, name, flush=True)
    fields = ["activation", "of", "q1", "q2", "one_minus_abs_c", "sign", "mean", "mean_absolute"]
    _write("pairs.json", fields, rows)


def _text(number: Number, digits: int = DIGITS) -> str:
    return str(mp.nstr(number, digits, min_fixed=0, max_fixed=0))


def _write(name: str, fields: list[str], rows: list[list[Any]]) -> None:
    lines = ",\n".join(json.dumps(row) for row in rows)
    text = f'{{"fields": {json.dumps(fields)},\n"rows": [\n{lines}\n]}}\n'
    (FOLDER / name).write_text(text, encoding="utf-8")
    print(FOLDER / name)


def main() -> None:
    """Write the files named on the command line, or both."""
    wanted = sys.argv[1:] or ["moments", "pairs"]
    if "moments" in wanted:
        write_moments()
    if "pairs" in wanted:
        write_pairs()


if __name__ == "__main__":
    main()
