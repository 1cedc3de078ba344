"""Tests that the one-step error has mean 0 at any width, and that planted faults are found."""

from __future__ import annotations

import math

import numpy as np
import pytest

from saturation_lab import InputError
from saturation_lab.inference import Replicates, max_t, one_step_errors
from saturation_lab.inference.equivalence import equivalence


def _networks(count: int, width: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return K [R, 4, 2] of ReLU networks at He's gain for two unequal examples, and z²'s mean."""
    rng = np.random.default_rng(seed)
    K = np.empty((count, 4, 2))
    raw = np.empty_like(K)
    K[:, 0] = [1.0, 4.0]
    for layer in range(4):
        z = np.sqrt(K[:, layer, :, None]) * rng.standard_normal((count, 2, width))
        raw[:, layer] = np.square(z).mean(axis=-1)
        if layer < 3:
            K[:, layer + 1] = 2 * np.square(np.maximum(z, 0)).mean(axis=-1)
    return K, raw


def test_the_mean_is_nought_at_any_width() -> None:
    # F(K) = K for ReLU at He's gain; max-T at 0.1 % over 3 layers, and gain off by 5 % is seen
    K, _ = _networks(3000, 8, seed=0)
    rng = np.random.default_rng(1)
    right = one_step_errors(K, K[:, :-1], networks=range(3000))
    assert right.values.shape == (3000, 3)
    assert not max_t(right, rng=rng, alpha=1e-3).rejected.any()
    fault = one_step_errors(1.05 * K, K[:, :-1], networks=range(3000))
    assert max_t(fault, rng=rng, alpha=1e-3).rejected.all()


def test_cumulative_ratios_are_not_one_step() -> None:
    K, _ = _networks(50, 64, seed=2)
    r = one_step_errors(K, K[:, :-1], networks=range(50))
    first, *_ = r.layers()
    assert first.values == pytest.approx(K[:, 1].sum(axis=1) / 5 - 1)
    assert equivalence(first, margin=0.2).verdict == "holds"


def test_overflow() -> None:
    K = np.ones((3, 3, 2))
    K[1, 2] = math.inf
    r = one_step_errors(K, K[:, :-1], networks=range(3))
    assert r.lost == 1
    first, second = r.layers()
    assert (first.lost, second.lost) == (0, 1)
    K[1, 2] = math.nan
    with pytest.raises(InputError, match="nan in 1 of 3"):
        one_step_errors(K, K[:, :-1], networks=range(3))
    assert isinstance(
        one_step_errors(K, K[:, :-1], networks=range(3), overflowed=[False, True, False]),
        Replicates,
    )


@pytest.mark.parametrize("shape", [(3, 3, 2), (3, 2, 1), (2, 2, 2), (3, 2)])
def test_shapes_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="mapped"):
        one_step_errors(np.ones((3, 3, 2)), np.ones(shape), networks=range(3))


def test_negative_mean_squares_are_refused() -> None:
    with pytest.raises(InputError, match="conditional: expected mean squares"):
        one_step_errors(-np.ones((3, 3, 2)), np.ones((3, 2, 2)), networks=range(3))
