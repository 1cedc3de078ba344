"""Layers with uniform or constant biases: their pre-activations are mixtures of normal ones.

With z = g + b, where g ~ N(0, q) and b ~ U(-c, c), every expectation over z is the mean over b of
an expectation over g, of the shifted activation φ(g + b). One unit has the same b for all examples,
so this holds for products over two examples as well. The mean over b is a composite Gauss-Legendre
rule. As a function of b, an expectation over g varies on the scale of φ, and on the scale √q near
the kinks of φ, where the panels are therefore graded. It is accurate to 1e-12 for the built-in
activations. A bias with a mean, and so a constant one, only shifts the activation.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import Words
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.expectations import gaussian_curve, variances
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.nodes import Nodes, kinks_of
from saturation_lab.theory.response import Response, respond

_LEAST_ORDER, _PER_WIDTH, _ORDER = 4, 3.7, 20
"""A panel has at least 4 nodes, and 3.7 more for each √q of half its width, up to 20.

Of a function smoothed by N(0, q), degree k has a share of exp(-k²q/2h²) on a panel of width 2h.
"""
_WHOLE = 8.0
"""A single panel suffices for biases up to this many √q."""
_NARROWEST = 2.0**-16
_MOST_PANELS = 512
_SAME = 1e-11


def respond_mixed(activation: Activation, q: Float64, bound: float, mean: float = 0.0) -> Response:
    """Return the response of an activation to z = g + b, g ~ N(0, q), b ~ U(mean ± bound).

    Parameters
    ----------
    activation : Activation
        The activation φ.
    q : array of shape (examples,)
        The variance of g for each example.
    bound : float
        The bound c of the bias about its mean, which the examples share; 0 if it does not vary.
    mean : float
        The mean of the bias.

    Returns
    -------
    Response
        Its nodes and its terms are those of φ(g + b) for all nodes b of the mean over the bias. Its
        Gram matrices are functions of those of g.

    Raises
    ------
    NoAnswer
        If an expectation diverges, or the activation varies too fast for the mean over b.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> found = respond_mixed(ACTIVATIONS["relu"], np.ones(1), 1.5)
    >>> found.square.round(12).tolist()  # half of E z² = 1 + 1.5²/3
    [0.875]
    """
    if mean:
        return respond_mixed(shifted(activation, mean), q, bound)
    if bound == 0:
        return respond(activation, q)
    biases, weights = bias_rule(activation, q, bound)
    parts = [respond(shifted(activation, b), q) for b in biases.tolist()]
    # an odd activation has a mean of 0, to which the parts add up only to rounding error
    odd = not gaussian_curve(activation, of="value")(q + bound**2 / 3).any()

    def mean_over(field: str) -> Float64:
        found: Float64 = weights @ np.array([getattr(part, field) for part in parts])
        return found

    def terms(field: str) -> Float64:
        both = zip(np.sqrt(weights), parts, strict=True)
        return np.concatenate([root * getattr(part, field) for root, part in both], axis=1)

    return Response(
        nodes=_joined([part.nodes for part in parts], weights),
        which=parts[0].which,
        value=np.concatenate([part.value for part in parts], axis=1),
        slope=np.concatenate([part.slope for part in parts], axis=1),
        mean=np.zeros(len(q)) if odd else mean_over("mean"),
        square=mean_over("square"),
        slope_square=mean_over("slope_square"),
        degrees=np.concatenate([part.degrees for part in parts]),
        odd=np.concatenate([part.odd for part in parts]),
        coefficients=terms("coefficients"),
        slope_coefficients=terms("slope_coefficients"),
    )


def _joined(nodes: list[Nodes], weights: Float64) -> Nodes:
    """Return the nodes of g for every node of the bias, with the weights of both."""
    rows = len(nodes[0].q)
    wide = [np.broadcast_to(one.x, (rows, one.x.shape[1])) for one in nodes]
    both = [
        np.broadcast_to(w * one.weight, x.shape)
        for w, one, x in zip(weights, nodes, wide, strict=True)
    ]
    return Nodes(
        q=nodes[0].q,
        x=np.concatenate(wide, axis=1),
        weight=np.concatenate(both, axis=1),
        common=False,
    )


def mixed_mean(
    activation: Activation, q: ArrayLike, bound: ArrayLike, *, of: str, mean: float = 0.0
) -> Float64:
    """Return a moment of φ(z), z = g + b of mean square q, g normal and b ~ U(mean ± bound).

    Parameters
    ----------
    activation : Activation
        The activation φ.
    q : array_like
        The mean squares of z, at least bound²/3 + mean², those of b.
    bound : array_like
        The bounds of the biases about their mean, of the same shape; 0 if they do not vary.
    of : str
        The moment, a key of `MOMENTS` that is not divided by q.
    mean : float
        The mean of the biases.

    Returns
    -------
    array of the shape of ``q``
        The moment for each pair.

    Raises
    ------
    NoAnswer
        As for `respond_mixed`.
    InputError
        If a variance is negative or not finite.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> mixed_mean(ACTIVATIONS["hardtanh"], [4 / 3, 0.0], [2.0, 0.0], of="slope").round(12).tolist()
    [0.5, 1.0]
    """
    wide, reach = variances("q", q), np.asarray(bound, dtype=np.float64)
    if mean:
        centred = np.maximum(wide - mean**2, 0)
        return mixed_mean(shifted(activation, mean), centred, reach, of=of)
    found = np.empty(wide.shape)
    found[reach == 0] = gaussian_curve(activation, of=of)(wide[reach == 0])
    for c in np.unique(reach[reach > 0]):
        given = np.maximum(wide[reach == c] - c**2 / 3, 0)
        biases, weights = bias_rule(activation, given, float(c))
        parts = [gaussian_curve(shifted(activation, b), of=of)(given) for b in biases.tolist()]
        found[reach == c] = weights @ np.array(parts)
    return found


@lru_cache(maxsize=4096)
def shifted(activation: Activation, b: float) -> Activation:
    """Return φ(z + b) as a function of z.

    Parameters
    ----------
    activation : Activation
        The activation φ.
    b : float
        The shift.

    Returns
    -------
    Activation
        The shifted activation, always the same object for the same arguments.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> shifted(ACTIVATIONS["relu"], 0.5).value(np.array([-1.0, 1.0])).tolist()
    [0.0, 1.5]
    """
    return replace(
        activation,
        value=lambda z: activation.value(z + b),
        derivative=lambda z: activation.derivative(z + b),
        # φ'' of a built-in activation may jump at 0
        kinks=tuple(sorted({kink - b for kink in (0.0, *activation.kinks)})),
        jumps=tuple(jump - b for jump in activation.jumps),
    )


def bias_rule(activation: Activation, q: Float64, bound: float) -> tuple[Float64, Float64]:
    """Return nodes and weights of the mean over a uniform bias.

    Parameters
    ----------
    activation : Activation
        The activation φ.
    q : array of shape (variances,)
        The variances of g.
    bound : float
        The bound c of the bias, above 0.

    Returns
    -------
    b : array of shape (nodes,)
        The nodes, between -c and c.
    weight : array of shape (nodes,)
        Their weights, which add up to 1.

    Raises
    ------
    NoAnswer
        If the activation varies too fast.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> b, weight = bias_rule(ACTIVATIONS["tanh"], np.ones(1), 3.0)
    >>> print((weight @ b**2).round(12))
    3.0
    """
    least = max(float(np.sqrt(q.min())), _NARROWEST * bound)
    # rounded, so that layers share their nodes
    scale = 2.0 ** (np.floor(4 * np.log2(least)) / 4)
    kinks = np.unique([0.0, *kinks_of(activation, q + np.square(bound) / 3)])
    graded = 4 * scale * 2.0 ** np.arange(max(0, np.ceil(np.log2(bound / scale))))
    octaves = 2.0 ** np.arange(max(0, np.ceil(np.log2(bound))))
    beside = (kinks[:, None] + np.concatenate([[0.0], graded, -graded])).ravel()
    edges = np.unique(np.concatenate([[-bound, bound], beside, octaves, -octaves]))
    edges = edges[np.abs(edges) <= bound]
    if bound <= _WHOLE * scale:
        edges = np.array([-bound, bound])
        return _panels(edges, scale)
    while True:
        coarse = _coarse(activation, edges) & (np.diff(edges) > scale)
        if not coarse.any():
            break
        edges = np.sort(np.append(edges, (edges[:-1] + edges[1:])[coarse] / 2))
        if len(edges) > _MOST_PANELS:
            raise NoAnswer(
                "activation",
                expected=f"a function that varies slowly enough over biases up to ±{bound:.3g}",
                got=Words(activation.name),
            )
    return _panels(edges, scale)


def _panels(edges: Float64, scale: float) -> tuple[Float64, Float64]:
    most = math.inf if len(edges) == 2 else _ORDER
    nodes, weights = [], []
    for left, right in pairwise(edges.tolist()):
        half = (right - left) / 2
        order = min(_LEAST_ORDER + math.ceil(_PER_WIDTH * half / scale), most)
        x, weight = np.polynomial.legendre.leggauss(int(order))
        nodes.append(left + half * (1 + x))
        weights.append(weight * half / (edges[-1] - edges[0]))
    return np.concatenate(nodes), np.concatenate(weights)


def _coarse(activation: Activation, edges: Float64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which panels do not integrate φ² and φ'² themselves, unsmoothed."""
    x, weight = np.polynomial.legendre.leggauss(_ORDER)
    ends = np.stack([edges[:-1], edges[1:]], axis=1)
    middle = ends.mean(axis=1, keepdims=True)

    def integrals(ends: Float64) -> Float64:
        half = np.diff(ends, axis=1) / 2
        b = ends[:, :1] + half * (1 + x)
        with np.errstate(all="ignore"):
            both = np.stack([np.square(f(b)) for f in (activation.value, activation.derivative)])
        found: Float64 = (both * half) @ weight
        return found

    first, second = np.hstack([ends[:, :1], middle]), np.hstack([middle, ends[:, 1:]])
    whole, halves = integrals(ends), integrals(first) + integrals(second)
    differs = np.abs(whole - halves) > _SAME * halves.sum(axis=1, keepdims=True)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = differs.any(axis=0)
    return found
