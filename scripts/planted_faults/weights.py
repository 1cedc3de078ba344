"""Count the false alarms and the misses of the assertions on weights, and write their table.

``python -m scripts.planted_faults.weights`` writes the section "Assertions on weights" of
``docs/planted_faults.md``, which takes some minutes on one core. ``--right`` and ``--faults`` set
the numbers of subjects, ``--only`` selects rows; with ``--only`` nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab import INITIALIZERS, InputError, own_initializer
from saturation_lab.testing import assert_follows_law, assert_model_follows_laws
from scripts.planted_faults.document import write_section

Array = NDArray[Any]
Rng = np.random.Generator
Rate = float

TITLE = "Assertions on weights"
NOMINAL = 0.05
"""The rate of false alarms at which right subjects are counted."""

N, M = 300, 200  # fan-in, fan-out
HE = (2 / N) ** 0.5


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Weights and the assertion about them.

    Attributes
    ----------
    name : str
        What the weights are.
    over : str
        The weights that one assertion reads.
    check : callable
        Given a generator, a seed and a rate of false alarms, raises an error unless it passes.
    cost : float
        How much longer than others it takes; so many times fewer subjects are drawn.
    nominal : float or None
        The rate of false alarms if it cannot be chosen.
    """

    name: str
    over: str
    check: Callable[[Rng, int, Rate], object]
    cost: float = 1.0
    nominal: float | None = None

    def rejects(self, seed: int, false_alarm: Rate) -> bool:
        """Return whether the assertion fails.

        Parameters
        ----------
        seed : int
            The seed of the weights.
        false_alarm : float
            The rate of false alarms.

        Returns
        -------
        bool
            Whether it fails.
        """
        try:
            self.check(np.random.default_rng([seed, 17]), seed, false_alarm)
        except (AssertionError, InputError):
            return True
        return False


# --- right subjects ---


def drawn(name: str, shape: tuple[int, int], std: float = 1.0) -> Callable[[Rng], Array]:
    """Return a function that draws weights by a law of this package.

    Parameters
    ----------
    name : str
        The law.
    shape : (int, int)
        The shape of the matrix.
    std : float
        The standard deviation.

    Returns
    -------
    callable
        The function of a generator.
    """
    rule = INITIALIZERS[name]
    return lambda rng: rule.draw(rng, shape, std=std, dtype="float32")


def _one(draw: Callable[[Rng], Array], law: Any, **options: Any) -> Callable[..., object]:
    """Return an assertion about one tensor."""
    return lambda rng, seed, rate: assert_follows_law(
        draw(rng), law=law, false_alarm=rate, **options
    )


def _callable(draw: Callable[[Rng], Array], law: Any, **options: Any) -> Callable[..., object]:
    return lambda rng, seed, rate: assert_follows_law(
        draw, law=law, seed=seed, false_alarm=rate, **options
    )


def bfloat16(w: Array) -> Array:
    """Return float32 weights rounded to bfloat16.

    Parameters
    ----------
    w : array of float32
        The weights.

    Returns
    -------
    array of float32
        The rounded weights.
    """
    bits = np.ascontiguousarray(w, dtype=np.float32).view(np.uint32) + np.uint32(0x8000)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def _model(change: Callable[[dict[str, Array], Rng], None] | None = None) -> Callable[..., object]:
    """Return an assertion about a model in PyTorch's layout, perhaps with a fault."""

    def check(rng: Rng, seed: int, rate: Rate) -> object:
        he = INITIALIZERS["he_normal"]
        parameters: dict[str, Any] = {
            "conv.weight": rng.normal(0, (2 / 27) ** 0.5, (32, 3, 3, 3)).astype(np.float32),
            "conv.bias": np.zeros(32),
            "norm.weight": np.ones(32),
            "norm.bias": np.zeros(32),
            "fc1.weight": he.draw(rng, (64, 96), std=(2 / 96) ** 0.5, dtype="float32"),
            "fc1.bias": np.zeros(64),
            "fc2.weight": he.draw(rng, (64, 96), std=(2 / 96) ** 0.5, dtype="float32"),
            "fc2.bias": np.zeros(64),
            "head.weight": rng.uniform(-(1 / 8), 1 / 8, (10, 64)),
            "head.bias": rng.uniform(-(1 / 8), 1 / 8, 10),
        }
        if change is not None:
            change(parameters, rng)
        expected: dict[str, Any] = {"head.*": "pytorch_default", "norm.weight": 1.0, "*.bias": 0.0}
        return assert_model_follows_laws(
            parameters, {**expected, "*": "he_normal"}, layout="out_in", false_alarm=rate
        )

    return check


def _own(law: Callable[[Rng, tuple[int, int]], Array]) -> Callable[..., object]:
    def check(rng: Rng, seed: int, rate: Rate) -> object:
        def draws(probe: Rng, shape: tuple[int, int]) -> Array:
            return law(np.random.default_rng([seed, int(probe.integers(2**62))]), shape)

        return own_initializer("mine", std=1.0, law=draws)

    return check


def _coarse(law: str) -> Callable[[Rng], Array]:
    return lambda rng: bfloat16(drawn(law, (M, N))(rng))


def _vector(law: str) -> Callable[[Rng], Array]:
    return lambda rng: drawn(law, (1, 10))(rng)[0]


SMALL = (60, 40)
LAWS = ("normal", "uniform", "truncated_normal")
OWN = "own_initializer, 7 million weights"
RIGHT: tuple[Subject, ...] = (
    *(
        Subject(
            name=f"{law.replace('_', ' ')} law",
            over="a tensor of 60 × 40",
            check=_one(drawn(law, SMALL), law, std=1.0),
        )
        for law in LAWS
    ),
    Subject(
        name="orthogonal law",
        over="a tensor of 60 × 40",
        check=_one(drawn("orthogonal", SMALL, 60**-0.5), "orthogonal"),
    ),
    *(
        Subject(
            name=f"{law} law in bfloat16",
            over="a tensor of 300 × 200",
            check=_one(_coarse(law), law, std=1.0),
        )
        for law in ("normal", "uniform")
    ),
    *(
        Subject(
            name=f"{law} law, a vector",
            over="a tensor of 10",
            check=_one(_vector(law), law, std=1.0),
        )
        for law in LAWS
    ),
    Subject(
        name="He's normal law, a kernel",
        over="a tensor of 32 × 8 × 3 × 3",
        check=_one(
            lambda rng: rng.normal(0, (2 / 72) ** 0.5, (32, 8, 3, 3)), "he_normal", layout="out_in"
        ),
    ),
    Subject(
        name="normal law, several draws",
        over="10 draws of 30 × 20",
        check=lambda rng, seed, rate: assert_follows_law(
            list(rng.standard_normal((10, 30, 20))), law="normal", std=1.0, false_alarm=rate
        ),
    ),
    Subject(
        name="uniform law, a callable",
        over="draws of 60 × 40 until 5 % are detected",
        check=_callable(drawn("uniform", SMALL), "uniform", std=1.0, detects=0.05, rare=1e-3),
    ),
    Subject(name="a model", over="a model of 10 parameters", check=_model()),
    *(
        Subject(name=name, over=OWN, check=_own(law), cost=40, nominal=nominal)
        for name, nominal, law in (
            ("own draws, normal", 1e-5, lambda r, s: r.standard_normal(s)),
            ("own draws, ±1", 1e-5, lambda r, s: r.choice([-1.0, 1.0], s)),
            ("own draws, Laplace", 1e-5, lambda r, s: r.laplace(0, 0.5**0.5, s)),
            ("own draws, 90 % zeros", 1e-5,
             lambda r, s: r.standard_normal(s) * (r.random(s) < 0.1) * 10**0.5),
            ("own draws, Student's t with 5 degrees of freedom", 1e-4,
             lambda r, s: r.standard_t(5, s) * 0.6**0.5),
            ("own draws, orthogonal", 1e-5,
             lambda r, s: INITIALIZERS["orthogonal"].draw(r, s, std=1.0, dtype="float64")),
        )
    ),
)  # fmt: skip
"""Subjects that follow their statement."""

# --- faults ---


def _changed(change: Callable[[Array], None]) -> Callable[[Rng], Array]:
    def draw(rng: Rng) -> Array:
        w = rng.standard_normal((M, N))
        change(w)
        return w

    return draw


def _repeat_row(w: Array) -> None:
    w[150] = w[7]


def _copy_block(w: Array) -> None:
    w[100:132, 200:232] = w[3:35, 11:43]


def _kill_row(w: Array) -> None:
    w[7] = 0


def _enlarge_one(w: Array) -> None:
    w[50, 50] = 10


def _autoregressive(rng: Rng) -> Array:
    w = rng.standard_normal((M, N + 1))
    return np.asarray((w[:, 1:] + 0.1 * w[:, :-1]) / 1.01**0.5)


def _low_rank(rng: Rng) -> Array:
    return np.asarray(rng.standard_normal((M, 50)) @ rng.standard_normal((50, N)) / 50**0.5)


def _rarely(law: str, size: float) -> Callable[[Rng], Array]:
    draw = drawn(law, (M, N))
    return lambda rng: draw(rng) * np.where(rng.random((M, N)) < 1e-6, size, 1)


def _swap_fans(p: dict[str, Array], rng: Rng) -> None:
    p["fc1.weight"] *= (96 / 64) ** 0.5


def _tie(p: dict[str, Array], rng: Rng) -> None:
    p["fc2.weight"] = p["fc1.weight"].copy()


def _same_seed(p: dict[str, Array], rng: Rng) -> None:
    w = np.random.default_rng(3).standard_normal(64 * 96)
    p["fc1.weight"] = (w * (2 / 96) ** 0.5).reshape(64, 96)
    p["conv.weight"] = (w[: 32 * 27] * (2 / 27) ** 0.5).reshape(32, 3, 3, 3)


def _forget_a_bias(p: dict[str, Array], rng: Rng) -> None:
    p["fc2.bias"] = rng.uniform(-0.01, 0.01, 64)


def _at_first(size: float) -> Callable[[dict[str, Array], Rng], None]:
    def change(p: dict[str, Array], rng: Rng) -> None:
        p["conv.weight"] *= np.float32(size)

    return change


def _without_signs(rng: Rng) -> Array:
    return np.linalg.qr(rng.standard_normal((N, M)))[0]


ONE = f"a tensor of {M} × {N}"
NORMAL: Mapping[str, Callable[[Rng], Array]] = {
    "factor 2 in the standard deviation": lambda rng: rng.normal(0, 2, (M, N)),
    "mean of 0.05 standard deviations": lambda rng: rng.normal(0.05, 1, (M, N)),
    "uniform on [0, 1]": lambda rng: rng.random((M, N)),
    "Student's t with 5 degrees of freedom": lambda rng: rng.standard_t(5, (M, N)) * 0.6**0.5,
    "Laplace": lambda rng: rng.laplace(0, 0.5**0.5, (M, N)),
    "Cauchy": lambda rng: rng.standard_cauchy((M, N)),
    "uniform with the correct variance": lambda rng: rng.uniform(-(3**0.5), 3**0.5, (M, N)),
    "±1": lambda rng: rng.choice([-1.0, 1.0], (M, N)),
    "truncated at ±2 and rescaled": drawn("truncated_normal", (M, N)),
    "one entry of 10 standard deviations": _changed(_enlarge_one),
    "a repeated row": _changed(_repeat_row),
    "a copied block of 32 × 32": _changed(_copy_block),
    "a row of zeros": _changed(_kill_row),
    "correlation 0.1 of adjacent weights": _autoregressive,
    "rank 50": _low_rank,
    "rows with standard deviations of 0.8 to 1.2": lambda rng: (
        rng.standard_normal((M, N)) * rng.uniform(0.8, 1.2, (M, 1))
    ),
    "orthogonal": drawn("orthogonal", (M, N)),
    "bfloat16, 3 % too large": lambda rng: bfloat16(1.03 * rng.standard_normal((M, N))),
}
UNTIL = "draws of 200 × 300 until 1 % is detected"
MILLIONS = "draws of 200 × 300, 6.9 million weights"
FAULTS: tuple[Subject, ...] = (
    *(
        Subject(name=name, over=ONE, check=_one(draw, "normal", std=1.0))
        for name, draw in NORMAL.items()
    ),
    Subject(
        name="fan-in and fan-out swapped",
        over=ONE,
        check=_one(drawn("normal", (M, N), HE), "he_normal", layout="in_out"),
    ),
    Subject(
        name="truncated at ±2 and not rescaled",
        over=ONE,
        check=_one(drawn("truncated_normal", (M, N), 0.8796), "truncated_normal", std=1.0),
    ),
    Subject(
        name="normal for truncated",
        over=ONE,
        check=_one(drawn("normal", (M, N)), "truncated_normal", std=1.0),
    ),
    Subject(
        name="QR without sign correction",
        over=ONE.replace("200 × 300", "300 × 200"),
        check=_one(_without_signs, "orthogonal"),
    ),
    *(
        Subject(
            name=f"1 % too large, {law.replace('_', ' ')}",
            over=UNTIL,
            check=_callable(drawn(law, (M, N), 1.01), law, std=1.0, rare=1e-4),
        )
        for law in LAWS
    ),
    *(
        Subject(
            name=f"{size:,} times as large once in 10⁶ weights, {law}",
            over=MILLIONS,
            check=_callable(_rarely(law, size), law, std=1.0),
            cost=5,
        )
        for law, size in (("normal", 1000), ("uniform", 1000))
    ),
    *(
        Subject(name=f"a model: {name}", over="a model of 10 parameters", check=_model(change))
        for name, change in {
            "fan-in and fan-out swapped in one layer": _swap_fans,
            "factor 2 in the first layer": _at_first(2),
            "two tied layers": _tie,
            "one seed in two layers of unequal shape": _same_seed,
            "one bias that is not 0": _forget_a_bias,
        }.items()
    ),
    *(
        Subject(name=f"own draws, {name}", over=OWN, check=_own(law), cost=20)
        for name, law in {
            "Cauchy": lambda r, s: r.standard_cauchy(s),
            "1,000 times as large once in 10⁶ weights": lambda r, s: (
                r.standard_normal(s) * np.where(r.random(s) < 1e-6, 1000, 1)
            ),
            "mean of 0.05 standard deviations": lambda r, s: r.normal(0.05, 1, s),
            "rank 8": lambda r, s: (
                r.standard_normal((s[0], 8)) @ r.standard_normal((8, s[1])) / 8**0.5
            ),
        }.items()
    ),
)
"""Faults, each with an assertion that is meant to find it."""


@dataclass(frozen=True, kw_only=True)
class Rejections:
    """How often an assertion failed.

    Attributes
    ----------
    subject : Subject
        The weights and the assertion.
    subjects : int
        How many were drawn.
    rejected : int
        How many of them failed.
    """

    subject: Subject
    subjects: int
    rejected: int


def counted(
    subjects: tuple[Subject, ...], many: int, false_alarm: Rate, only: str = ""
) -> Iterator[Rejections]:
    """Yield how often each assertion fails.

    Parameters
    ----------
    subjects : tuple of Subject
        The rows.
    many : int
        The number of subjects of a row of cost 1.
    false_alarm : float
        The rate of false alarms.
    only : str
        Rows are left out unless their name contains this.

    Yields
    ------
    Rejections
        One row of the table.
    """
    for one in subjects:
        if only in one.name:
            count = max(1, round(many / one.cost))
            rejected = sum(one.rejects(seed, false_alarm) for seed in range(count))
            yield Rejections(subject=one, subjects=count, rejected=rejected)


TEXT = """\
The assertions of `saturation_lab.testing` about weights, and the check of draws by
`own_initializer`, were run on weights that do follow the stated law, at a nominal false-alarm rate
of 5 %. The nominal rate is an upper bound: if a test reached it, its row would exceed 72 false
alarms in 1,000 with a probability of only 1 in 1,000. Rows far below 5 % belong to conservative
tests. The check by `own_initializer` has a fixed, much smaller rate.

| weights that follow the stated law | an assertion reads | nominal rate | false alarms |
|---|---|---|---|
{right}

The same assertions were run on weights with a planted fault, at the default false-alarm rate of 1
in 1,000,000. The stated law is normal with mean 0 and standard deviation 1 unless the row says
otherwise.

| fault | an assertion reads | misses |
|---|---|---|
{faults}

This section is generated by `python -m scripts.planted_faults.weights`;
`tests/proof/test_planted_weights.py` runs it for a few seeds.
"""


def right_line(found: Rejections) -> str:
    """Return a row of the first table.

    Parameters
    ----------
    found : Rejections
        The count.

    Returns
    -------
    str
        The row in Markdown.
    """
    nominal = found.subject.nominal or NOMINAL
    said = "5 %" if nominal == NOMINAL else f"1 in {1 / nominal:,.0f}"
    count = f"{found.rejected:,} of {found.subjects:,}"
    return f"| {found.subject.name} | {found.subject.over} | {said} | {count} |"


def fault_line(found: Rejections) -> str:
    """Return a row of the second table.

    Parameters
    ----------
    found : Rejections
        The count.

    Returns
    -------
    str
        The row in Markdown.
    """
    missed = f"{found.subjects - found.rejected} of {found.subjects}"
    return f"| {found.subject.name} | {found.subject.over} | {missed} |"


def main() -> int:
    """Count, print the rows, and write the section.

    Returns
    -------
    int
        The exit code, 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--right", type=int, default=1000, help="right subjects of each row")
    parser.add_argument("--faults", type=int, default=200, help="subjects with each fault")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    given = parser.parse_args()
    tables: list[list[str]] = [[], []]
    for found in counted(RIGHT, given.right, NOMINAL, given.only):
        tables[0].append(right_line(found))
        print(tables[0][-1], flush=True)
    for found in counted(FAULTS, given.faults, 1e-6, given.only):
        tables[1].append(fault_line(found))
        print(tables[1][-1], flush=True)
    if not given.only:
        right, faults = ("\n".join(lines) for lines in tables)
        write_section(TITLE, TEXT.format(right=right, faults=faults))
    return 0


if __name__ == "__main__":
    sys.exit(main())
