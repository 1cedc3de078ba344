"""The mean products of all pairs of examples after an activation, from Hermite coefficients.

With the Hermite coefficients α_k(q) = E[φ(√q x) He_k(x)]/√k!, x ~ N(0, 1) (Mehler's formula;
Daniely, Frostig & Singer 2016, Toward deeper understanding of neural networks, NIPS, section 4):

    E[φ(z₁)φ(z₂)] = Σ_k α_k(q₁) α_k(q₂) c^k,
    E[φ'(z₁)φ'(z₂)] √(q₁q₂) = Σ_k k α_k(q₁) α_k(q₂) c^(k-1).

One row of coefficients for each example replaces one double integral for each pair, and 1 - c^k
keeps its digits if examples are almost identical. The part beyond degree `DEGREES` is distributed
over higher degrees by a power law. Its sum is the known remainder of E φ², and its mean degree is
that of q E φ'², separately for even and odd degrees, so that nothing is missing at c = ±1 for
q₁ = q₂. By the Cauchy-Schwarz inequality, the error is at most that remainder times |c|^257, which
is at the level of rounding for smooth activations and moderate q. Relative to √(E φ² E φ²) and
√(E φ'² E φ'²), and compared with `pair_mean`, the errors are below 1e-7 and 1e-4 for kinks at 0.
They are largest for hardtanh: 3e-6 and 2e-3 at q₁ = q₂ = 20, and 5e-5 and 2e-2 where its kinks
separate (q₁ = 1, q₂ = 1.5, |c| near 1). ``tests/theory/test_response.py`` checks these bounds.

If φ jumps, its squared coefficients fall like k^(-3/2), which distributes the remainder, and those
of φ' are not k times as large, since φ' does not include the jumps: they are computed from φ'.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.expectations import gaussian_curve
from saturation_lab.theory.nodes import DEGREES, Nodes, hermite, hermite_sums, nodes_for

_BEYOND = (DEGREES + 1) * 2.0 ** np.arange(0.25, 15, 0.5)
_JUMPING = 0.5
"""The power with which the sums over each half octave of degrees fall if φ jumps."""
_TRIFLE = 1e-15
_LEAST = 1e-300
_APART = 1e-9
"""Nodes that miss more than this share of E φ² do not reach far enough (E e^z at q = 100)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Gram:
    """Mean products over units of several vectors, stored so that close vectors stay distinct.

    Attributes
    ----------
    square : array of shape (examples,)
        The mean squares.
    gap : array of shape (examples, examples)
        Half the mean squared difference of each pair.
    """

    square: Float64
    gap: Float64

    @property
    def product(self) -> Float64:
        """The mean product of each pair, of shape (examples, examples)."""
        return (self.square[:, None] + self.square) / 2 - self.gap

    @property
    def distance(self) -> Float64:
        """1 - cosine of each pair, of shape (examples, examples); nan if a vector is zero."""
        root = np.sqrt(self.square)
        size = root[:, None] * root
        apart = self.gap - np.square(root[:, None] - root) / 2
        found = np.divide(apart, size, out=np.full_like(size, np.nan), where=size > 0)
        np.fill_diagonal(found, np.where(self.square > 0, 0.0, np.nan))
        clipped: Float64 = np.clip(found, 0.0, 2.0)
        return clipped

    def through(self, scale: float, shift: float) -> Gram:
        """Return the Gram matrix of z = W a + b.

        Parameters
        ----------
        scale : float
            σ_w², the variance of a weight times fan-in.
        shift : float
            σ_b², the variance of a bias.

        Returns
        -------
        Gram
            The mean products of z.

        Examples
        --------
        >>> Gram(square=np.ones(2), gap=np.zeros((2, 2))).through(2.0, 0.5).square.tolist()
        [2.5, 2.5]
        """
        return Gram(square=scale * self.square + shift, gap=scale * self.gap)


@dataclass(frozen=True, kw_only=True, eq=False)
class Response:
    """The moments and Hermite coefficients of an activation for pre-activations N(0, q_b).

    Attributes
    ----------
    nodes : Nodes
        The nodes at which the activation was evaluated, one row for each different q.
    which : int array of shape (examples,)
        The row of each example.
    value : array of shape (variances, nodes)
        φ at the nodes.
    slope : array of shape (variances, nodes)
        φ' at the nodes.
    mean : array of shape (examples,)
        E φ.
    square : array of shape (examples,)
        E φ².
    slope_square : array of shape (examples,)
        E φ'².
    degrees : array of shape (terms,)
        The degree of each term; those beyond `DEGREES` represent many degrees.
    odd : bool array of shape (terms,)
        Whether the degree is odd.
    coefficients : array of shape (examples, terms)
        The Hermite coefficients.
    slope_coefficients : array of shape (examples, terms)
        The coefficients of φ', each of one degree less: √k α_k/√q if φ does not jump.
    """

    nodes: Nodes
    which: NDArray[np.intp]
    value: Float64
    slope: Float64
    mean: Float64
    square: Float64
    slope_square: Float64
    degrees: Float64
    odd: NDArray[np.bool_]
    coefficients: Float64
    slope_coefficients: Float64

    def gram(self, z: Gram) -> Gram:
        """Return the Gram matrix of a = φ(z).

        Parameters
        ----------
        z : Gram
            The mean products of z.

        Returns
        -------
        Gram
            The mean products of a.
        """
        distance = _between(z)
        size = _log_size(distance)
        gap = np.zeros_like(distance)
        for degree, odd, column in self._terms(self.coefficients):
            gap += np.square(column[:, None] - column) / 2
            if degree > 0:
                gap += np.outer(column, column) * _less_than_one(distance, size, degree, odd)
        return Gram(square=self.square, gap=gap)

    def slopes(self, z: Gram) -> Float64:
        """Return E[φ'(z_a)φ'(z_b)] for every pair of examples.

        Parameters
        ----------
        z : Gram
            The mean products of z.

        Returns
        -------
        array of shape (examples, examples)
            The mean products of the slopes.
        """
        distance = _between(z)
        size = _log_size(distance)
        found = np.zeros_like(distance)
        for degree, odd, column in self._terms(self.slope_coefficients):
            if degree > 0:
                power = 1 - _less_than_one(distance, size, degree - 1, not odd)
                found += np.outer(column, column) * power
        np.fill_diagonal(found, self.slope_square)
        return found

    def _terms(self, coefficients: Float64) -> list[tuple[float, bool, Float64]]:
        weight = (1 + self.degrees) * np.square(coefficients).max(axis=0)
        # unknown terms (nan) are kept, or else they would count as 0
        kept = np.flatnonzero(~(weight <= _TRIFLE**2 * self.square.max()))
        columns = coefficients.T
        return [(float(self.degrees[k]), bool(self.odd[k]), columns[k]) for k in kept]


def respond(activation: Activation, q: Float64) -> Response:
    """Return the moments and Hermite coefficients of an activation for given variances.

    Parameters
    ----------
    activation : Activation
        The activation φ.
    q : array of shape (examples,)
        The variance of z for each example.

    Returns
    -------
    Response
        From it follow the mean products of φ and of φ' for all pairs of examples.

    Raises
    ------
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] A. Daniely, R. Frostig and Y. Singer, "Toward deeper understanding of neural networks:
       the power of initialization and a dual view on expressivity", NIPS 2016, section 4.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> far = Gram(square=np.ones(2), gap=np.array([[0.0, 1.0], [1.0, 0.0]]))  # uncorrelated
    >>> answer = respond(ACTIVATIONS["relu"], far.square)
    >>> answer.gram(far).product.round(6).tolist()
    [[0.5, 0.159155], [0.159155, 0.5]]
    """
    different, which = np.unique(q, return_inverse=True)
    nodes = nodes_for(activation, different)
    with np.errstate(all="ignore"):
        value: Float64 = activation.value(nodes.z).astype(np.float64)
        slope: Float64 = activation.derivative(nodes.z).astype(np.float64)
    known = {
        of: gaussian_curve(activation, of=of)(different)
        for of in ("value", "square", "slope", "slope_square")
    }
    coefficients, degrees, odd = _coefficients(activation, nodes, value, slope, known)
    if activation.jumps:
        slopes = _slope_coefficients(activation, nodes, slope, known)
    else:
        root = np.sqrt(different)[:, None]
        # at q = 0, φ' is constant
        constant = np.where(degrees == 1, nodes.mean(slope)[:, None], 0.0)
        there = np.maximum(root, _LEAST)
        slopes = np.where(root > 0, np.sqrt(degrees) * coefficients / there, constant)
    return Response(
        nodes=nodes,
        which=which,
        value=value,
        slope=slope,
        mean=known["value"][which],
        square=known["square"][which],
        slope_square=known["slope_square"][which],
        degrees=degrees,
        odd=odd,
        coefficients=coefficients[which],
        slope_coefficients=slopes[which],
    )


def _between(z: Gram) -> Float64:
    """Return 1 - c of every pair of examples; 0 if one of the two is zero, where φ is constant."""
    still = z.square == 0
    found: Float64 = np.where(still[:, None] | still, 0.0, z.distance)
    return found


def _log_size(distance: Float64) -> Float64:
    """Return log |c| for c = 1 - distance."""
    with np.errstate(divide="ignore"):
        near = np.log1p(-np.minimum(distance, 0.5))
        return np.where(distance < 0.5, near, np.log(np.abs(1 - distance)))


def _less_than_one(distance: Float64, size: Float64, degree: float, odd: bool) -> Float64:
    """Return 1 - c^k for c = 1 - distance; for c < 0, ``odd`` decides the sign of c^k.

    ``size`` is log |c|.
    """
    if degree == 0:
        return np.zeros_like(distance)
    less: Float64 = -np.expm1(degree * size)
    return np.where(distance > 1, 2 - less, less) if odd else less


def _coefficients(
    activation: Activation, nodes: Nodes, value: Float64, slope: Float64, known: dict[str, Float64]
) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    low = _low(nodes, value, known["value"], known["square"])
    degree = np.arange(DEGREES + 1)
    parts, degrees, odds = [low], [degree.astype(float)], [degree % 2 == 1]
    with np.errstate(all="ignore"):
        back, back_slope = activation.value(-nodes.z), activation.derivative(-nodes.z)
    mirrored = nodes.mean(value * back)
    mirrored_slope = nodes.mean(slope * back_slope)
    for odd in (False, True):
        sign = -1 if odd else 1
        mine = np.square(low) * (degree % 2 == odd)
        rest = (known["square"] + sign * mirrored) / 2 - mine.sum(axis=1)
        steep = (known["slope_square"] - sign * mirrored_slope) / 2 * nodes.q - mine @ degree
        wanted = None if activation.jumps else steep
        parts.append(np.sqrt(_spread(rest, wanted, known["square"])))
        degrees.append(_BEYOND)
        odds.append(np.full(len(_BEYOND), odd))
    return np.concatenate(parts, axis=1), np.concatenate(degrees), np.concatenate(odds)


def _slope_coefficients(
    activation: Activation, nodes: Nodes, slope: Float64, known: dict[str, Float64]
) -> Float64:
    """Return the coefficients of φ', each at the place of one degree more."""
    low = _low(nodes, slope, known["slope"], known["slope_square"])[:, :DEGREES]
    with np.errstate(all="ignore"):
        mirrored = nodes.mean(slope * activation.derivative(-nodes.z))
    parts = [np.zeros((len(low), 1)), low]
    for odd in (True, False):  # the degree of φ' is odd where that of φ is even
        mine = np.square(low[:, int(odd) :: 2]).sum(axis=1)
        rest = (known["slope_square"] + (-1 if odd else 1) * mirrored) / 2 - mine
        parts.append(np.sqrt(_spread(rest, None, known["slope_square"])))
    return np.concatenate(parts, axis=1)


def _low(nodes: Nodes, values: Float64, mean: Float64, square: Float64) -> Float64:
    """Return the coefficients up to `DEGREES`; nan where the nodes do not give the mean square."""
    weighted = np.where(nodes.weight > 0, nodes.weight * values, 0.0)
    if nodes.common:
        low = weighted @ _shared_hermite()
    else:
        low = np.array([hermite_sums(x, row) for row, x in zip(weighted, nodes.x, strict=True)])
    missed = np.abs(nodes.mean(np.square(values)) - square) > _APART * square
    low[missed] = np.nan
    low[:, 0] = np.where(missed, np.nan, mean)
    return low


def _spread(rest: Float64, steep: Float64 | None, whole: Float64) -> Float64:
    """Return squares at the degrees `_BEYOND` whose sum is ``rest`` and mean degree fits ``steep``.

    They fall by a power law. If no power law satisfies both conditions, the steepest or flattest
    one is used; without a mean degree, it is that of a function with jumps. The shape is
    (variances, degrees).
    """
    size = _BEYOND / _BEYOND[0]
    there = rest > 4 * _TRIFLE * whole
    if steep is None:
        share = size**-_JUMPING / (size**-_JUMPING).sum()
        jumping: Float64 = np.where(there, rest, 0.0)[:, None] * share
        return jumping
    wanted = np.divide(steep, rest * _BEYOND[0], out=np.ones_like(rest), where=there)
    low, high = np.full_like(rest, -1.0), np.full_like(rest, 60.0)
    for _ in range(50):
        middle = (low + high) / 2
        law = size ** -middle[:, None]
        flat = (law @ size) / law.sum(axis=1) > wanted
        low, high = np.where(flat, middle, low), np.where(flat, high, middle)
    law = size ** -low[:, None]
    share = law / law.sum(axis=1, keepdims=True)
    kept: Float64 = np.where(there, rest, 0.0)[:, None] * share
    return kept


@cache
def _shared_hermite() -> Float64:
    from saturation_lab.nets.activations import ACTIVATIONS

    return hermite(nodes_for(ACTIVATIONS["identity"], np.ones(1)).x[0])
