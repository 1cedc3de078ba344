"""Orthogonal matrices are frames to rounding, and uniformly (Haar) distributed.

Uniform means: for any fixed unit vectors u and v of k = max(n, m) and of the other fan, t = uᵀQv is
one coordinate of a uniform point of the sphere, (1 + t)/2 ~ Beta((k - 1)/2, (k - 1)/2). A square Q
has det Q = ±1 with equal chances, E tr Q = 0 and E (tr Q)² = E tr Q² = 1, both with variance 2
(Diaconis & Shahshahani 1994, J. Appl. Prob. 31A, p. 49). Each check rejects right code for one seed
in a million.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from saturation_lab import INITIALIZERS

Array = NDArray[Any]
Draw = Callable[[np.random.Generator, tuple[int, int]], Array]
"""Draws `COUNT` matrices of a shape."""

FALSE_ALARM = 1e-6
ORTHOGONAL = INITIALIZERS["orthogonal"]
COUNT = 8_000
"""Matrices per check. The weakest fault, uniform entries, has a p-value of 1e-14 in the median and
of 8e-10 in the worst of 12 seeds.
"""
SHAPES = [(5, 5), (6, 4), (4, 6), (5, 1)]  # (fan_out, fan_in): square, tall, wide, one column
ROUNDINGS = 32  # eps · g² that the Gram matrix may be off, for fans up to 300

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def frame(
    rng: np.random.Generator, shape: tuple[int, int], *, gain: float = 1.0, dtype: str = "float64"
) -> Array:
    fan_out, fan_in = shape
    std = ORTHOGONAL.std(fan_in=fan_in, fan_out=fan_out, gain=gain)
    return ORTHOGONAL.draw(rng, shape, std=std, dtype=dtype)


@cache
def frames_of(shape: tuple[int, int]) -> Array:
    """Return `COUNT` matrices of the package, which all tests share."""
    rng = np.random.default_rng(3)
    frames = np.stack([frame(rng, shape) for _ in range(COUNT)])
    frames.flags.writeable = False
    return frames


def two_sided(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def kolmogorov(x: Array, cdf: Callable[[Array], Array]) -> float:
    """Return a bound on the Kolmogorov-Smirnov p-value: 2 e^(-2 n D²), for any n (Massart 1990)."""
    below = cdf(np.sort(x))
    steps = np.arange(x.size + 1) / x.size
    distance = max(float((steps[1:] - below).max()), float((below - steps[:-1]).max()))
    return 2 * math.exp(-2 * x.size * distance**2)


def directions(shape: tuple[int, int]) -> list[tuple[Array, Array]]:
    """Return pairs (u, v): the first and last unit vectors, the diagonals, and three at random."""
    rng = np.random.default_rng(0)
    pairs = [tuple(np.eye(size)[at] for size in shape) for at in (0, -1)]
    pairs.append(tuple(np.ones(size) for size in shape))
    pairs += [tuple(rng.standard_normal(size) for size in shape) for _ in range(3)]
    return [(u / np.linalg.norm(u), v / np.linalg.norm(v)) for u, v in pairs]


def coordinates_p_value(frames: Array) -> float:
    """Return the p-value of "uᵀQv is a coordinate of a uniform point", over all `directions`."""
    shape = frames.shape[1:]
    half = (max(shape) - 1) / 2
    p_values = [
        kolmogorov((1 + np.einsum("i,kij,j->k", u, frames, v)) / 2, stats.beta(half, half).cdf)
        for u, v in directions((shape[0], shape[1]))
    ]
    return min(1.0, len(p_values) * min(p_values))


def invariants_p_value(frames: Array) -> float:
    """Return the p-value of the four statistics of a square Q: det, tr Q, (tr Q)², tr Q²."""
    root = math.sqrt(len(frames))
    trace = np.einsum("kii->k", frames)
    of_square = np.einsum("kij,kji->k", frames, frames)
    p_values = [
        two_sided(float(np.linalg.det(frames).mean()) * root),
        two_sided(float(trace.mean()) * root),
        two_sided(float((np.square(trace) - 1).mean()) * root / math.sqrt(2)),
        two_sided(float((of_square - 1).mean()) * root / math.sqrt(2)),
    ]
    return min(1.0, len(p_values) * min(p_values))


def gram_error(weights: Array, gain: float) -> float:
    """Return the worst error of the smaller of WᵀW and WWᵀ against g² 1, in eps · g²."""
    w = weights.astype(np.float64)
    gram = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
    error = np.abs(gram - gain**2 * np.eye(len(gram))).max()
    return float(error / gain**2 / np.finfo(weights.dtype).eps)


@both_dtypes
@pytest.mark.parametrize("gain", [1.0, 0.3, math.sqrt(2)])
@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 9), (9, 1), (40, 40), (40, 25), (25, 40), (300, 200), (200, 300)], ids=str
)
def test_it_is_a_frame_times_the_gain(shape: tuple[int, int], gain: float, dtype: str) -> None:
    weights = frame(np.random.default_rng(1), shape, gain=gain, dtype=dtype)
    assert weights.shape == shape
    assert weights.dtype == dtype
    assert gram_error(weights, gain) < ROUNDINGS
    # planted: the gain a tenth of a percent off, the gain squared
    assert gram_error(weights, 1.001 * gain) > 100 * ROUNDINGS
    assert gain == 1 or gram_error(weights, gain**2) > 100 * ROUNDINGS


@pytest.mark.parametrize("shape", [(200, 300), (300, 200)], ids=str)
def test_a_planted_frame_is_rejected(shape: tuple[int, int]) -> None:
    iid = np.random.default_rng(2).standard_normal(shape) / math.sqrt(max(shape))
    unit_columns = iid / np.linalg.norm(iid, axis=0)
    unit_rows = iid / np.linalg.norm(iid, axis=1, keepdims=True)
    for planted in (iid, unit_columns, unit_rows):
        assert gram_error(planted, 1.0) > 100 * ROUNDINGS


@every_shape
def test_it_is_uniform(shape: tuple[int, int]) -> None:
    frames = frames_of(shape)
    assert coordinates_p_value(frames) > FALSE_ALARM
    # an entry's variance is g²/max(n, m); what it deviates by has the Beta law's fourth moment
    k = max(shape)
    error = math.sqrt((3 / (k * (k + 2)) - 1 / k**2) / COUNT)
    assert np.abs(np.square(frames).mean(axis=0) - 1 / k).max() < 6 * error


@pytest.mark.parametrize("size", [4, 5])
def test_a_square_one_has_the_invariants_of_the_uniform_law(size: int) -> None:
    assert invariants_p_value(frames_of((size, size))) > FALSE_ALARM


def test_rotating_it_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    left, right = frame(rng, (5, 5)), frame(rng, (5, 5))
    rotated = left @ frames_of((5, 5)) @ right
    assert coordinates_p_value(rotated) > FALSE_ALARM
    assert invariants_p_value(rotated) > FALSE_ALARM


def _tall(shape: tuple[int, int]) -> tuple[int, int, int]:
    return COUNT, max(shape), min(shape)


def _turned(q: Array, shape: tuple[int, int]) -> Array:
    return q if shape[0] >= shape[1] else q.swapaxes(1, 2)


def _signed(tall: Array, shape: tuple[int, int]) -> Array:
    q, r = np.linalg.qr(tall)
    return _turned(q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None], shape)


def _signs_not_fixed(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return _turned(np.linalg.qr(rng.standard_normal(_tall(shape)))[0], shape)


def _of_uniform_entries(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return _signed(rng.uniform(-1, 1, _tall(shape)), shape)


def _entries_not_centred(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return _signed(rng.standard_normal(_tall(shape)) + 0.2, shape)


def test_the_planted_laws_differ_from_a_right_one_by_their_fault_only() -> None:
    for shape in ((5, 5), (4, 6)):
        frames = _signed(np.random.default_rng(7).standard_normal(_tall(shape)), shape)
        assert coordinates_p_value(frames) > FALSE_ALARM


@every_shape
@pytest.mark.parametrize("planted", [_signs_not_fixed, _of_uniform_entries, _entries_not_centred])
def test_a_planted_law_is_rejected(planted: Draw, shape: tuple[int, int]) -> None:
    frames = planted(np.random.default_rng(7), shape)
    assert all(gram_error(one, 1.0) < ROUNDINGS for one in frames[:100])
    assert coordinates_p_value(frames) < FALSE_ALARM


def _rotations_only(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    q = frames_of(shape).copy()
    q[:, 0] *= np.sign(np.linalg.det(q))[:, None]
    return q


def _symmetric(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    q, signs = frames_of(shape), np.sign(rng.standard_normal((COUNT, 1, shape[0])))
    mirrored: Array = (q * signs) @ q.swapaxes(1, 2)
    return mirrored


@pytest.mark.parametrize("planted", [_signs_not_fixed, _rotations_only, _symmetric])
def test_planted_invariants_are_rejected(planted: Draw) -> None:
    assert invariants_p_value(planted(np.random.default_rng(8), (5, 5))) < FALSE_ALARM


def test_the_gain_is_a_factor_and_nothing_else() -> None:
    one, two = (
        frame(np.random.default_rng(9), (7, 5), gain=gain, dtype="float32") for gain in (1.0, 2.0)
    )
    assert np.array_equal(2 * one, two)
