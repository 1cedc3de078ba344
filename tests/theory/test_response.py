"""Hermite coefficients and double integrals agree, for every pair of examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, own_activation
from saturation_lab.theory import Gram, gram_of, pair_gap, pair_mean, respond

Array = NDArray[np.float64]

CORRELATIONS = np.array([-1, -0.9, 0.0, 0.4, 0.9, 0.999, 1 - 1e-6])
VARIANCES = [(0.05, 0.05), (1.0, 1.0), (1.0, 1.5), (20.0, 20.0)]
BENT = {"relu", "leaky_relu", "elu", "selu", "softsign"}


def _one_with_all(q1: float, q2: float, c: NDArray[Any]) -> Gram:
    """Return the Gram matrix of a first example of variance q1 and others correlated with it."""
    square = np.array([q1] + [q2] * len(c))
    gap = np.zeros((len(square), len(square)))
    gap[0, 1:] = gap[1:, 0] = (np.sqrt(q1) - np.sqrt(q2)) ** 2 / 2 + np.sqrt(q1 * q2) * (1 - c)
    return Gram(square=square, gap=gap)


def _limits(name: str, q1: float, q2: float) -> tuple[float, float]:
    """Return what is promised of E φφ and E φ'φ' as shares of the roots of the squares."""
    if name == "hardtanh":
        return (1e-4, 0.03) if q1 != q2 else (5e-6, 3e-3)
    if name in BENT or q1 > 1:
        return 5e-7, 2e-4
    return 1e-12, 1e-12


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_pairs_agree_with_double_integrals(name: str) -> None:
    for q1, q2 in VARIANCES:
        z = _one_with_all(q1, q2, CORRELATIONS)
        answer = respond(ACTIVATIONS[name], z.square)
        value_limit, slope_limit = _limits(name, q1, q2)
        size = np.sqrt(answer.square[0] * answer.square[1])
        exact = pair_mean(name, q1, q2, CORRELATIONS)
        assert np.abs(answer.gram(z).product[0, 1:] - exact).max() <= value_limit * size
        if q1 == q2 == 1:  # planted
            off = pair_mean(name, q1, q2, 0.9 * CORRELATIONS)
            assert np.abs(answer.gram(z).product[0, 1:] - off).max() > 1e-3 * size
        slope_size = np.sqrt(answer.slope_square[0] * answer.slope_square[1])
        slopes = pair_mean(name, q1, q2, CORRELATIONS, of="slope")
        assert np.abs(answer.slopes(z)[0, 1:] - slopes).max() <= slope_limit * slope_size


@pytest.mark.parametrize("name", ["tanh", "silu", "relu", "hardtanh", "selu"])
def test_examples_that_almost_meet_stay_apart(name: str) -> None:
    c = 1 - 2.0 ** -np.arange(20, 50, 10)
    z = _one_with_all(1.0, 1.0, c)
    z.gap[0, 1:] = z.gap[1:, 0] = 2.0 ** -np.arange(20, 50, 10)  # to all their digits
    found = respond(ACTIVATIONS[name], z.square).gram(z).gap[0, 1:]
    assert found == pytest.approx(pair_gap(name, 1.0, c), rel=1e-3)


def test_kinks_that_nobody_named_are_split_at() -> None:
    bent = own_activation(lambda z: np.maximum(z, 0.25), name="bent")
    z = _one_with_all(1.0, 1.0, CORRELATIONS)
    found = respond(bent, z.square).gram(z).product[0, 1:]
    assert found == pytest.approx(pair_mean(bent, 1.0, 1.0, CORRELATIONS), rel=1e-5)


def test_what_grows_too_fast_is_unknown_and_not_wrong() -> None:
    steep = own_activation(np.exp, name="steep")
    for q, known in ((1.0, True), (100.0, False)):
        z = _one_with_all(q, q, np.array([0.3]))
        answer = respond(steep, z.square)
        found = answer.gram(z)
        assert np.isfinite(found.gap).all() == known
        assert np.isfinite(answer.gram(found).gap).all() == known


def test_zero_vectors_have_no_correlation() -> None:
    still = gram_of(np.zeros((2, 3)))
    assert np.isnan(still.distance).all()
    for name in ACTIVATIONS:
        answer = respond(ACTIVATIONS[name], still.square)
        assert answer.gram(still).gap.tolist() == [[0, 0], [0, 0]]
