"""A scan of a user's function over all magnitudes of z for jumps, narrow features and thresholds.

The points are equally spaced in log |z|, so that φ(kz) is scanned as closely as φ(z).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
_BESIDE = (1, 2, 3, 5, 8)
"""A jump is this many times as large as the changes to the numbers next to it on either side, so
many floating-point numbers away.
"""
_BENT = 0.02
"""A second difference of more than this share of the range of φ in an octave marks a feature."""
_MOST_BENT, _MOST_JUMPS = 24, 512
"""An octave with more features, and the jumps after the innermost 512, are not marked."""

_SOUND = 0.98
"""The share of the way to the first z at which φ is not finite up to which φ' is believed."""
_GROWS, _POLE = 1.01, 2.0
"""Growth of the largest |φ'| by more than this, far out or between two points, has no end."""
_COARSE, _BENDS = 24, 0.3
_STEP = _COARSE / _PER_OCTAVE * np.log(2)

_Function = Callable[[Any], Any]


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
    step = np.spacing(np.maximum(np.abs(low), np.abs(high)))
    beside = np.zeros(len(low))
    for count in _BESIDE:
        beside = np.maximum(beside, _apart(_shown(value, low - count * step), at_low))
        beside = np.maximum(beside, _apart(_shown(value, high + count * step), at_high))
    sharp = _apart(at_low, at_high) > _STEEPER * beside
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


def thresholds_of(
    value: _Function, derivative: _Function, share: float
) -> tuple[float | None, float | None]:
    """Return the z beyond which |φ'| stays below a share of its maximum.

    The maximum is taken over the z at which φ and φ' are finite, without the last 2 % on the way to
    the first z at which they are not: a function that is about to overflow returns garbage. If
    \\|φ'\\| still grows there, it has no maximum.

    Parameters
    ----------
    value : callable
        φ, applied elementwise to an array.
    derivative : callable
        φ', likewise.
    share : float
        The share of the maximum, between 0 and 1.

    Returns
    -------
    (float or None, float or None)
        The largest t such that |φ'| is below the share for all z < t, and the smallest t such that
        it is for all z > t; None if there is none.

    Examples
    --------
    >>> low, high = thresholds_of(np.tanh, lambda z: 1 - np.tanh(z) ** 2, 0.05)
    >>> round(low, 5), round(high, 5)
    (-2.17827, 2.17827)
    >>> softplus = lambda z: np.log(1 + np.exp(z))  # inf from z = 710 on
    >>> low, high = thresholds_of(softplus, lambda z: np.exp(z) / (1 + np.exp(z)), 0.05)
    >>> round(low, 12), high
    (-2.944438979166, None)
    """
    z = _points()
    slope = np.abs(_shown(derivative, z))
    wrong = z[~(np.isfinite(slope) & np.isfinite(_shown(value, z)))]
    first, last = wrong[wrong < 0].max(initial=-np.inf), wrong[wrong > 0].min(initial=np.inf)
    kept = (z > _SOUND * first) & (z < _SOUND * last)
    z, slope = z[kept], slope[kept]
    if not z.size:
        return None, None
    inner = (z >= z[0] / 2) & (z <= z[-1] / 2)
    if slope.max() > _GROWS * slope[inner].max(initial=0.0):
        return None, None
    peak = _peak(derivative, z, slope)
    if not peak <= _POLE * slope.max():
        return None, None
    limit = share * peak
    above = np.flatnonzero(slope >= limit)
    low, high = int(above[0]), int(above[-1])
    return (
        _crossing(derivative, limit, z[low - 1], z[low]) if inner[low] else None,
        _crossing(derivative, limit, z[high + 1], z[high]) if inner[high] else None,
    )


def _peak(derivative: _Function, z: Float64, slope: Float64) -> float:
    """Return the largest |φ'|, next to the largest at the points of the scan."""
    from scipy.optimize import minimize_scalar

    at = int(slope.argmax())
    ends = float(z[max(at - 1, 0)]), float(z[min(at + 1, len(z) - 1)])
    found = minimize_scalar(
        lambda x: -abs(float(_shown(derivative, np.array([x]))[0])),
        bounds=ends,
        method="bounded",
        options={"xatol": 1e-9 * (ends[1] - ends[0])},
    )
    return float(np.fmax(slope[at], -found.fun))


def _crossing(derivative: _Function, limit: float, outside: float, inside: float) -> float:
    for _ in range(80):
        middle = (outside + inside) / 2
        below = abs(float(_shown(derivative, np.array([middle]))[0])) < limit
        outside, inside = (middle, inside) if below else (outside, middle)
    return 0.0 if outside * inside <= 0 else float(inside)


def scale_of_bends(value: _Function) -> float:
    """Return the power of 10 nearest to the smallest \\|z\\| at which a function bends.

    This is where the power with which \\|φ(z) - φ(0)\\| grows first differs by 0.3 from that at the
    smallest \\|z\\|.

    Parameters
    ----------
    value : callable
        The function, applied elementwise to an array.

    Returns
    -------
    float
        A power of 10; 1 if no z is special.

    Examples
    --------
    >>> scale_of_bends(np.tanh), scale_of_bends(lambda z: np.tanh(1000 * z)), scale_of_bends(np.abs)
    (1.0, 0.001, 1.0)
    """
    z = _points()
    half = len(z) // 2
    middle = float(_shown(value, np.zeros(1))[0])
    shown = _shown(value, z)
    least = _NOTICEABLE * np.maximum(_local_size(z, shown), abs(middle))
    found = []
    for side in (slice(half - 1, None, -_COARSE), slice(half, None, _COARSE)):
        away = _apart(shown[side], np.full(len(z[side]), middle))
        with np.errstate(all="ignore"):
            power = np.diff(np.log(np.where(away > least[side], away, np.nan))) / _STEP
        known = np.flatnonzero(np.isfinite(power))
        if known.size:
            bent = known[np.abs(power[known] - power[known[0]]) > _BENDS]
            found += np.abs(z[side][bent[:1]]).tolist()
    return float(10.0 ** round(np.log10(min(found)))) if found else 1.0


def _points() -> Float64:
    octaves = np.arange(-_OCTAVES * _PER_OCTAVE, _OCTAVES * _PER_OCTAVE + 1) / _PER_OCTAVE
    # not the powers of 2 themselves, where a user's function may well jump
    z = 1.0311 * np.exp2(octaves)
    return np.concatenate([-z[::-1], z])


def _shown(value: _Function, z: Float64) -> Float64:
    with np.errstate(all="ignore"):
        shown = np.asarray(value(z), dtype=np.float64)
    # that it does not return one number for each element is for others to say
    return shown if shown.shape == z.shape else np.full(z.shape, np.nan)


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
