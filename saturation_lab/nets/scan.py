"""A scan of a user's function over all magnitudes of z, which finds its jumps and narrow features.

The points are equally spaced in log |z|, so that φ(kz) is scanned as closely as φ(z).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from saturation_lab.nets.arrays import Float64

_OCTAVES = 34
"""The scan covers \\|z\\| from 2^-34 to 2^34."""
_PER_OCTAVE = 192
_STAGE, _SHARE = 8, 1 / 16
"""In each stage of 8 bisections, a change over an interval counts on if this share of it stays."""
_STAGES = 8
_NOTICEABLE = 1e-6
"""A jump or a feature is at least this share of the largest \\|φ\\| within two octaves. Rounding to
float32 inside φ stays below."""
_SPLIT = 0.4871
"""Where an interval is split: not at 0, where φ may have a value of its own."""
_STEEPER = 16
"""A jump is this many times as large as the changes between the numbers next to it."""
_BENT = 0.02
"""A second difference of more than this share of the range of φ in an octave marks a feature."""
_MOST_BENT, _MOST_JUMPS = 24, 512
"""An octave with more features, and the jumps after the innermost 512, are not marked."""

_Function = Callable[[Float64], Float64]


def jumps_of(value: _Function) -> tuple[float, ...]:
    """Return the places at which a function jumps.

    An interval between neighbouring points of the scan is bisected, each time keeping the half over
    which the function changes more. Over a continuous piece, the change shrinks; a jump stays.
    Jumps of less than 1/16 of the change between neighbours, 0.4 % apart, are not found.

    Parameters
    ----------
    value : callable
        The function, applied elementwise to an array; values that are not finite are skipped.

    Returns
    -------
    tuple of float
        The places in ascending order; if there are many, the 512 nearest to 0.

    Examples
    --------
    >>> [round(z, 9) for z in jumps_of(lambda z: np.tanh(z) + (z > 1))]
    [1.0]
    >>> jumps_of(lambda z: np.tanh(1e6 * z))
    ()
    """
    z = _points()
    shown = _shown(value, z)
    size = _local_size(z, shown)
    low, high, at_low, at_high = z[:-1], z[1:], shown[:-1], shown[1:]
    least = _NOTICEABLE * np.maximum(size[:-1], size[1:])
    kept = np.flatnonzero(_apart(at_low, at_high) > least)
    low, high, at_low, at_high, least = (x[kept] for x in (low, high, at_low, at_high, least))
    for _ in range(_STAGES):
        before = _apart(at_low, at_high)
        for _ in range(_STAGE):
            middle = low + _SPLIT * (high - low)
            at_middle = _shown(value, middle)
            left = _apart(at_low, at_middle) >= _apart(at_middle, at_high)
            low, at_low = np.where(left, low, middle), np.where(left, at_low, at_middle)
            high, at_high = np.where(left, middle, high), np.where(left, at_middle, at_high)
        change = _apart(at_low, at_high)
        # at a pole, the change grows
        stays = (change > least) & (change >= _SHARE * before) & (change <= 2 * before)
        low, high, at_low, at_high, least = (x[stays] for x in (low, high, at_low, at_high, least))
    step = 4 * np.spacing(np.maximum(np.abs(low), np.abs(high)))
    beside = [_apart(_shown(value, low - step), at_low), _apart(at_high, _shown(value, high + step))]
    sharp = _apart(at_low, at_high) > _STEEPER * np.maximum(*beside)
    places = np.unique(np.where(low * high < 0, 0.0, np.where(low >= 0, low, high))[sharp])
    nearest = np.sort(places[np.argsort(np.abs(places), kind="stable")[:_MOST_JUMPS]])
    return tuple(nearest.tolist())


def features_of(value: _Function) -> tuple[float, ...]:
    """Return places around narrow features of a function, where integration panels should end.

    Parameters
    ----------
    value : callable
        The function, applied elementwise to an array.

    Returns
    -------
    tuple of float
        Points of the scan at which the function bends within less than 2 % of \\|z\\|, in ascending
        order. Octaves in which there are many such points are left out.

    Examples
    --------
    >>> spike = features_of(lambda z: np.exp(-np.square((z - 0.7) / 0.004)))
    >>> 0.69 < min(spike) < 0.7 < max(spike) < 0.71
    True
    """
    z = _points()
    shown = _shown(value, z)
    size = _local_size(z, shown)
    half = len(z) // 2
    found: list[float] = []
    for side in (slice(half - 1, None, -1), slice(half, None)):
        at = np.where(np.isfinite(shown[side]), shown[side], 0.0)
        octave = at[:-1].reshape(-1, _PER_OCTAVE)
        least = _NOTICEABLE * size[side][::_PER_OCTAVE][:-1]
        with np.errstate(all="ignore"):
            bent = np.append(np.abs(np.diff(at, 2)), [0.0]).reshape(-1, _PER_OCTAVE)
            limit = np.maximum(_BENT * (octave.max(axis=1) - octave.min(axis=1)), least)
        marked = bent > limit[:, None]
        marked[marked.sum(axis=1) > _MOST_BENT] = False
        found += z[side][1:-1][marked.ravel()[:-1]].tolist()
    return tuple(sorted(found))


def _points() -> Float64:
    octaves = np.arange(-_OCTAVES * _PER_OCTAVE, _OCTAVES * _PER_OCTAVE + 1) / _PER_OCTAVE
    # not the powers of 2 themselves, where a user's function may well jump
    z = 1.0311 * np.exp2(octaves)
    return np.concatenate([-z[::-1], z])


def _shown(value: _Function, z: Float64) -> Float64:
    with np.errstate(all="ignore"):
        shown = np.asarray(value(z), dtype=np.float64)
    return shown


def _apart(one: Float64, other: Float64) -> Float64:
    """Return |one - other|, and 0 where it is not finite."""
    with np.errstate(all="ignore"):
        apart = np.abs(one - other)
    return np.where(np.isfinite(apart), apart, 0.0)


def _local_size(z: Float64, shown: Float64) -> Float64:
    """Return the largest |φ| within two octaves of each |z|, on either side of 0."""
    size = np.where(np.isfinite(shown), np.abs(shown), 0.0)
    octave = np.maximum(size, size[::-1])[len(z) // 2 : -1].reshape(-1, _PER_OCTAVE).max(axis=1)
    wide = np.pad(octave, 2)
    largest = np.max([wide[i : i + len(octave)] for i in range(5)], axis=0)
    side = np.append(np.repeat(largest, _PER_OCTAVE), largest[-1])
    found: Float64 = np.concatenate([side[::-1], side])
    return found
