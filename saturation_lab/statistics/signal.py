"""What is measured of one signal (z, a or delta) of many networks, in two looks at it?

Everything in float64 and about the mean, a block of columns at a time: the first look gives means
and lengths, the second, while a block is in the cache, all that needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.products import column_blocks
from saturation_lab.statistics.moments import EPS, Moments

Float64 = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What N networks show of a signal x [N, B, n].

    Attributes:
        moments: over all units and examples.
        example_square: the mean over units of x², for each example [N, B].
        share_over_examples: mean over units of Var over examples (ddof 1) / mean square of x; nan
            at B = 1 and where x is zero throughout.
        cosine: between the vectors of two examples, mean over all pairs; nan at B = 1 and where a
            vector is zero. With u_b = x_b / ‖x_b‖ it is (‖Σ_b u_b‖² - B) / (B (B - 1)): no pair is
            formed.
    """

    moments: Moments
    example_square: Float64
    share_over_examples: Float64
    cosine: Float64


def measure_signal(x: NDArray[Any]) -> Signal:
    """Measure a signal [N, B, n].

    >>> measure_signal(np.array([[[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]])).cosine.round(4)
    array([0.3333])
    >>> measure_signal(np.array([[[1e8, 1e8 + 2]]])).moments.variance
    array([1.])
    """
    _, examples, units = x.shape
    sums, squares = _sums(x)
    mean = sums.sum(axis=1) / (examples * units)
    lengths = np.sqrt(squares)
    # two sums over examples: their mean, and that of unit vectors
    over_examples = np.stack(
        [np.full_like(lengths, 1 / examples), 1 / np.where(lengths > 0, lengths, np.nan)], axis=1
    )
    totals = np.zeros((5, len(x)))
    for columns in column_blocks(x):
        _add(totals, x[..., columns].astype(np.float64), mean, over_examples)
    second, third, fourth, between, aligned = totals / (examples * units)
    others = examples - 1 if examples > 1 else np.nan
    mean_square = squares.mean(axis=1) / units
    return Signal(
        moments=_of_constants(x, Moments(mean=mean, variance=second, third=third, fourth=fourth)),
        example_square=squares / units,
        share_over_examples=np.divide(
            between * (examples / others),
            mean_square,
            out=np.full_like(mean, np.nan),
            where=mean_square > 0,
        ),
        cosine=(aligned * units - 1) / others,
    )


def example_squares(x: NDArray[Any]) -> Float64:
    """Return the mean over units of x², for each network and example of x [N, B, n].

    >>> example_squares(np.array([[[1, 3], [0, 2]]], dtype=np.float32))
    array([[5., 2.]])
    """
    squares: Float64 = _sums(x)[1] / x.shape[-1]
    return squares


def _sums(x: NDArray[Any]) -> tuple[Float64, Float64]:
    """Return the sums over units of x and of x², [N, B]."""
    sums, squares = np.zeros(x.shape[:2]), np.zeros(x.shape[:2])
    for columns in column_blocks(x):
        wide = x[..., columns].astype(np.float64)
        sums += wide.sum(axis=2)
        squares += np.vecdot(wide, wide)
    return sums, squares


def _add(totals: Float64, x: Float64, mean: Float64, over_examples: Float64) -> None:
    """Add to five sums of each network, [5, N], what a block of columns has of them; x is used up.

    Of c², c³ and c⁴ for c = x - mean; of the squares of x less its mean over examples; of the
    squares of the sum of unit vectors.
    """
    combined = np.matmul(over_examples, x)
    centred = _rows(x - mean[:, None, None])
    squares = np.square(centred)
    totals[0] += np.vecdot(centred, centred)
    totals[1] += np.vecdot(centred, squares)
    totals[2] += np.vecdot(squares, squares)
    x -= combined[:, :1]
    apart, aligned = _rows(x), combined[:, 1]
    totals[3] += np.vecdot(apart, apart)
    totals[4] += np.vecdot(aligned, aligned)


def _rows(x: Float64) -> Float64:
    return x.reshape(len(x), -1)


def _of_constants(x: NDArray[Any], moments: Moments) -> Moments:
    """Return the moments with those of constants made exact: their mean is rounded, x is not."""
    for network in np.flatnonzero(moments.variance <= np.square(8 * EPS * moments.mean)):
        if np.ptp(x[network]) == 0:
            moments.mean[network] = x[network].flat[0]
            moments.variance[network] = moments.third[network] = moments.fourth[network] = 0
    return moments
