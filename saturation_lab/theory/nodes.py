"""Quadrature nodes at which an activation is evaluated once for many integrals under N(0, q).

The pre-activations are √q x, with x at the nodes of a composite Gauss-Legendre rule. Its panels are
split at kinks and graded around 0. They are dense enough for Hermite polynomials up to degree
`DEGREES`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.compiled import compiled
from saturation_lab.theory.expectations import survey

DEGREES = 256
"""The highest degree of Hermite polynomials that the nodes resolve."""

_REACH, _PANEL, _ORDER = 12.0, 0.25, 16
_FINE = 2.0 ** -np.arange(3, 15)
_LEGENDRE = np.polynomial.legendre.leggauss(_ORDER)


@dataclass(frozen=True, kw_only=True, eq=False)
class Nodes:
    """Nodes x and weights of E f(√q x), x ~ N(0, 1), in one row for each q or one common row.

    Attributes
    ----------
    q : array of shape (variances,)
        The variances of z.
    x : array of shape (variances, nodes) or (1, nodes)
        The nodes.
    weight : array of shape (variances, nodes) or (1, nodes)
        The weights, including the density.
    common : bool
        Whether there is a single row, which all activations without kinks away from 0 share.
    """

    q: Float64
    x: Float64
    weight: Float64
    common: bool

    @property
    def z(self) -> Float64:
        """The pre-activations √q x, of shape (variances, nodes)."""
        return np.sqrt(self.q)[:, None] * self.x

    def mean(self, values: Float64) -> Float64:
        """Return E f for each variance.

        Parameters
        ----------
        values : array of shape (variances, nodes)
            The function f at the nodes.

        Returns
        -------
        array of shape (variances,)
            The expectations.
        """
        with np.errstate(all="ignore"):  # where f overflows, the density is 0
            terms = np.where(self.weight > 0, values * self.weight, 0.0)
        found: Float64 = terms.sum(axis=1)
        return found


def nodes_for(activation: Activation, q: Float64) -> Nodes:
    """Return the nodes for an activation and given variances.

    Parameters
    ----------
    activation : Activation
        The activation, whose kinks split the panels.
    q : array of shape (variances,)
        The variances of z.

    Returns
    -------
    Nodes
        One row for each variance if the activation has kinks away from 0, and a single row
        otherwise.

    Raises
    ------
    NoAnswer
        If an expectation of a user's own activation diverges.

    Examples
    --------
    >>> nodes = nodes_for(ACTIVATIONS["relu"], np.array([1.0, 4.0]))
    >>> nodes.mean(np.maximum(nodes.z, 0) ** 2).round(12).tolist()
    [0.5, 2.0]
    """
    kinks = kinks_of(activation, q)
    if not kinks.any():
        x, weight = _rule(_edges())
        return Nodes(q=q, x=x[None], weight=weight[None], common=True)
    with np.errstate(divide="ignore"):
        marks = kinks[None] / np.sqrt(q)[:, None]
    # an edge out of reach yields a panel of width 0
    rows = [_rule(np.sort(np.append(_edges(), np.clip(row, -_REACH, _REACH)))) for row in marks]
    x, weight = (np.array(part) for part in zip(*rows, strict=True))
    return Nodes(q=q, x=x, weight=weight, common=False)


def kinks_of(activation: Activation, q: Float64) -> Float64:
    """Return the z at which an activation or its slope has kinks, known or found.

    Parameters
    ----------
    activation : Activation
        The activation.
    q : array of shape (variances,)
        The variances of z, which determine how far away kinks are searched for.

    Returns
    -------
    array of shape (kinks,)
        The kinks. Those of a user's own activation are searched for; of each that is found, the
        mirror image is included.

    Raises
    ------
    NoAnswer
        If an expectation of a user's own activation diverges.

    Examples
    --------
    >>> kinks_of(ACTIVATIONS["hardtanh"], np.ones(1)).tolist()
    [-1.0, 1.0]
    """
    if ACTIVATIONS.get(activation.name) is activation:
        return np.array(activation.kinks)
    seen = survey(activation, q, of="slope")
    found = (*seen.kinks, *seen.edges)
    return np.array([*found, *(-kink for kink in found)])


def _edges() -> Float64:
    coarse = np.arange(-_REACH, _REACH + _PANEL, _PANEL)
    return np.unique(np.concatenate([coarse, _FINE, -_FINE]))


def _rule(edges: Float64) -> tuple[Float64, Float64]:
    nodes, weights = _LEGENDRE
    left, half = edges[:-1, None], np.diff(edges)[:, None] / 2
    x = (left + half * (1 + nodes)).ravel()
    density = np.exp(-np.square(x) / 2) / np.sqrt(2 * np.pi)
    return x, (half * weights).ravel() * density


def hermite_sums(x: Float64, weighted: Float64) -> Float64:
    """Return Σ_i weighted_i He_k(x_i)/√k! for k = 0 to `DEGREES`, without storing the polynomials.

    Parameters
    ----------
    x : array of shape (nodes,)
        The arguments.
    weighted : array of shape (nodes,)
        The factors.

    Returns
    -------
    array of shape (DEGREES + 1,)
        The sums.

    Examples
    --------
    >>> hermite_sums(np.array([2.0]), np.ones(1))[:4].round(4).tolist()
    [1.0, 2.0, 2.1213, 0.8165]
    """
    sums = np.zeros(DEGREES + 1)
    _add_hermite(np.ascontiguousarray(x), np.ascontiguousarray(weighted), _UP, _BACK, sums)
    return sums


_UP = 1 / np.sqrt(np.arange(1, DEGREES + 1.0))
_BACK = np.sqrt(np.arange(DEGREES)) * _UP
_BLOCK = 512


@compiled
def _add_hermite(x: Float64, weighted: Float64, up: Float64, back: Float64, sums: Float64) -> None:
    for first in range(0, x.size, _BLOCK):
        at = x[first : first + _BLOCK]
        now = weighted[first : first + _BLOCK].copy()
        before = np.zeros(now.size)
        sums[0] += now.sum()
        for k in range(up.size):
            one, two, total = up[k], back[k], 0.0
            for i in range(now.size):
                above = at[i] * now[i] * one - two * before[i]
                before[i] = now[i]
                now[i] = above
                total += above
            sums[k + 1] += total


def hermite(x: Float64) -> Float64:
    """Return the orthonormal Hermite polynomials He_k(x)/√k! for k = 0 to `DEGREES`.

    Parameters
    ----------
    x : array of any shape
        The arguments.

    Returns
    -------
    array of shape (..., DEGREES + 1)
        The polynomials, along a new last axis.

    References
    ----------
    .. [1] NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov, section 18.9
       (recurrence relations).

    Examples
    --------
    >>> hermite(np.array([2.0]))[0, :4].round(4).tolist()  # 1, x, (x² - 1)/√2, (x³ - 3x)/√6
    [1.0, 2.0, 2.1213, 0.8165]
    """
    found = np.empty((DEGREES + 1, *x.shape))
    found[0], found[1] = 1.0, x
    for k in range(1, DEGREES):
        found[k + 1] = (x * found[k] - np.sqrt(k) * found[k - 1]) / np.sqrt(k + 1)
    value: Float64 = np.moveaxis(found, 0, -1)
    return value
