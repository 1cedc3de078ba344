"""Measurements of one signal (z, a or delta) of many networks.

Everything is computed in float64 and about the mean, so that no large numbers cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.kernels import over_examples, power_sums, square_sums
from saturation_lab.statistics.moments import EPS, Moments, as_rows


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Moments of a signal x of shape (networks, examples, units).

    Attributes
    ----------
    moments : Moments
        Moments over all units and examples of each network.
    example_square : array of shape (networks, examples)
        The mean of x² over units, for each example.
    """

    moments: Moments
    example_square: Float64


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """The similarity of the examples in a signal x of shape (networks, examples, units).

    Attributes
    ----------
    share_over_examples : array of shape (networks,)
        The mean over units of the variance over examples (ddof 0), divided by the mean square of x.
        By the law of total variance it is between 0 and 1. It is nan for a single example, and if x
        is zero throughout.
    cosine : array of shape (networks,)
        The cosine of the angle between the vectors of two examples, mean over all pairs; nan for a
        single example, and if a vector is zero. With u_b = x_b / ‖x_b‖ and B examples it equals
        (‖Σ_b u_b‖² - B) / (B (B - 1)), so pairs need not be formed.
    """

    share_over_examples: Float64
    cosine: Float64


def measure_signal(x: NDArray[Any]) -> Signal:
    """Compute the moments of a signal.

    Parameters
    ----------
    x : array of shape (networks, examples, units)
        The signal, float32 or float64.

    Returns
    -------
    Signal
        Its moments in float64.

    Examples
    --------
    >>> measure_signal(np.array([[[1e8, 1e8 + 2]]])).moments.variance
    array([1.])
    """
    x = as_rows(x)
    squares, central = np.empty(x.shape[:2]), np.empty((len(x), 4))
    power_sums(x, squares, central)
    count = x.shape[1] * x.shape[2]
    mean, second, third, fourth = central.T
    moments = Moments(
        mean=mean, variance=second / count, third=third / count, fourth=fourth / count
    )
    return Signal(moments=_of_constants(x, moments), example_square=squares / x.shape[2])


def measure_likeness(x: NDArray[Any], example_square: Float64) -> Likeness:
    """Compute how similar the examples of a signal are.

    Parameters
    ----------
    x : array of shape (networks, examples, units)
        The signal.
    example_square : array of shape (networks, examples)
        Its `Signal.example_square`.

    Returns
    -------
    Likeness
        The share of variance over examples and the mean cosine.

    Examples
    --------
    >>> x = np.array([[[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]])
    >>> measure_likeness(x, measure_signal(x).example_square).cosine.round(4)
    array([0.3333])
    """
    _, examples, units = x.shape
    others = examples - 1 if examples > 1 else np.nan
    lengths = np.sqrt(example_square * units)
    apart, aligned = np.empty(len(x)), np.empty(len(x))
    weights = 1 / np.where((lengths > 0) & np.isfinite(lengths), lengths, np.nan)
    over_examples(as_rows(x), weights, apart, aligned)
    total = example_square.mean(axis=1)
    share = np.full_like(apart, np.nan)
    if examples > 1:
        np.divide(apart / (units * examples), total, out=share, where=total > 0)
    # rounding must not take a share beyond 1
    return Likeness(
        share_over_examples=np.minimum(share, 1), cosine=(aligned / examples - 1) / others
    )


def example_squares(x: NDArray[Any]) -> Float64:
    """Return the mean square over units, for each network and example.

    Parameters
    ----------
    x : array of shape (networks, examples, units)
        The signal.

    Returns
    -------
    array of shape (networks, examples)
        The mean of x² over units, in float64.

    Examples
    --------
    >>> example_squares(np.array([[[1, 3], [0, 2]]], dtype=np.float32))
    array([[5., 2.]])
    """
    squares = np.empty(x.shape[:2])
    square_sums(as_rows(x).reshape(-1, x.shape[-1]), squares.reshape(-1))
    squares /= x.shape[-1]
    return squares


def _of_constants(x: NDArray[Any], moments: Moments) -> Moments:
    """Make the moments exact for networks whose values are all equal.

    The mean of equal values is rounded, so their computed variance may differ from zero.
    """
    rounding = EPS * max(8, x.shape[1] * x.shape[2]) * moments.mean
    for network in np.flatnonzero(moments.variance <= np.square(rounding)):
        if np.ptp(x[network]) == 0:
            moments.mean[network] = x[network].flat[0]
            moments.variance[network] = moments.third[network] = moments.fourth[network] = 0
    return moments
