"""The natural scales of an activation: how large z must be for φ to bend, and φ(z) there.

φ(kz) and c·φ(z) are rescalings of φ, so everything that theory says about them follows from φ by
rescaling. A search over σ_w, σ_b or q on fixed numbers would break this. Searches are therefore
carried out in units of these scales.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from saturation_lab.checks import Words
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.expectations import gaussian_curve
from saturation_lab.theory.no_answer import NoAnswer

_OCTAVES = 34
"""E φ² is followed from √q = 2^-34 to 2^34."""
_STEPS = 12
"""The number of values of q for each factor of 2 in √q."""
_PROBE = 4
_POWER = 6
_STRAIGHT = 1e-9
"""If the curve varies by less than this from value to value, φ is a power of |z| on either side."""
_TINY = 1e-250


@dataclass(frozen=True, kw_only=True)
class NaturalScale:
    """The natural scales of an activation.

    Attributes
    ----------
    z : float
        The scale of z. That of φ(kz) is 1/k times as large.
    a : float
        The scale of φ(z), √(E φ²) for z ~ N(0, ``z``²). That of c·φ(z) is c times as large.
    """

    z: float
    a: float

    @property
    def q(self) -> float:
        """The unit of q = E z², which is ``z``²."""
        return self.z**2

    @property
    def sigma_w(self) -> float:
        """The unit of σ_w, ``z`` / ``a``: with it and without biases, q = ``z``² is kept."""
        return self.z / self.a

    @property
    def sigma_b(self) -> float:
        """The unit of σ_b, which is ``z``."""
        return self.z


def natural_scale(activation: object) -> NaturalScale:
    """Return the natural scales of an activation.

    The slope n = d ln E φ² / d ln q is the power with which E φ² grows; it does not depend on the
    scale of φ. The scale of z is the geometric mean of √q over all magnitudes, with the sixth
    power of the changes of n/(1 + n) as the weight: it lies where φ bends. The weight is analytic
    in log q, so the sum over equally spaced values has no discretization error, and the scales of
    φ(kz) and c·φ(z) are exact multiples up to rounding.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.

    Returns
    -------
    NaturalScale
        The scales of z and φ(z). If φ is a power of \\|z\\| on either side of 0 (ReLU, z², a
        constant), no z is special, and the scale of z is 1.

    Raises
    ------
    NoAnswer
        If E φ² is 0 or diverges at every q.

    Examples
    --------
    >>> tanh = natural_scale("tanh")
    >>> steep = natural_scale(lambda z: 5 * np.tanh(100 * z))
    >>> round(tanh.z / steep.z, 9), round(steep.a / tanh.a, 9)
    (100.0, 5.0)
    >>> natural_scale("identity")
    NaturalScale(z=1.0, a=1.0)
    """
    return _scale_of(find_activation(activation))


@lru_cache(maxsize=256)
def _scale_of(activation: Activation) -> NaturalScale:
    log_q, square = _followed(activation)
    power = np.diff(np.log(square)) / np.diff(log_q)
    bends = np.diff(power / (1 + power))
    if bends.size and np.abs(bends).max() > _STRAIGHT:
        weight = (bends / np.abs(bends).max()) ** _POWER
        z = math.exp(float(weight @ log_q[1:-1]) / float(weight.sum()) / 2)
        return NaturalScale(z=z, a=_size(activation, z))
    z = 1.0 if log_q[0] <= 0 <= log_q[-1] else math.exp(float(log_q.mean()) / 2)
    return NaturalScale(z=z, a=_size(activation, z))


def _size(activation: Activation, z: float) -> float:
    return math.sqrt(float(gaussian_curve(activation, of="square")(z * z)))


def _until_none(
    at: Callable[[int], tuple[Float64, Float64] | None], octaves: range
) -> Iterator[tuple[Float64, Float64]]:
    for k in octaves:
        found = at(k)
        if found is None:
            return
        yield found


def _followed(activation: Activation) -> tuple[Float64, Float64]:
    """Return log q and E φ² in a range of q in which E φ² is positive and finite."""
    curve = gaussian_curve(activation, of="square")
    within = (np.arange(_STEPS) + 0.5) / _STEPS - 1

    def at(k: int) -> tuple[Float64, Float64] | None:
        log_q = 2 * math.log(2) * (k + within)
        try:
            square = curve(np.exp(log_q))
        except NoAnswer:
            return None
        return (log_q, square) if (square > _TINY).all() else None

    octaves = range(1 - _OCTAVES, _OCTAVES + 1)
    # octaves without a value take the longest, so that they are avoided
    first = next((k for k in octaves[::_PROBE] if at(k)), None)
    widest = [] if first is None else [
        *reversed([*_until_none(at, range(first - 1, octaves[0] - 1, -1))]),
        *_until_none(at, range(first, octaves[-1] + 1)),
    ]  # fmt: skip
    if not widest:
        raise NoAnswer(
            "activation",
            expected="a positive and finite E φ² for z ~ N(0, q) at some q",
            got=Words(activation.name),
            hint=_all_zero(activation),
        )
    log_q, square = (np.concatenate(part) for part in zip(*widest, strict=True))
    return log_q, square


def _all_zero(activation: Activation) -> str:
    """Return that φ is 0 everywhere, if it is; else ""."""
    z = np.concatenate([-(x := np.geomspace(1e-9, 1e9, 181)), [0.0], x])
    with np.errstate(all="ignore"):
        return "φ(z) = 0 at every z" if not activation.value(z).any() else ""
