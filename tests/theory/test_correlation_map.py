"""Fixed points and slopes of the correlation map."""

from __future__ import annotations

import math

import numpy as np
import pytest

from saturation_lab import InputError, NoAnswer
from saturation_lab.theory import fixed_correlation, settled
from saturation_lab.theory.correlation_map import correlation_map

CHAOTIC = [("tanh", 2.0, 0.3), ("sigmoid", 14.0, 1.0), ("hardtanh", 1.6, 0.2), ("elu", 1.3, 0.2)]
ORDERED = [("tanh", 1.0, 0.3), ("silu", 1.2, 0.3), ("relu", 1.2, 0.3)]


def _fixed_q(name: str, sigma_w: float, sigma_b: float) -> float:
    point = settled(name, sigma_w=sigma_w, sigma_b=sigma_b)
    assert point is not None
    return point.q


@pytest.mark.parametrize(("name", "sigma_w", "sigma_b"), CHAOTIC)
def test_chaos_parts_examples_to_c_star(name: str, sigma_w: float, sigma_b: float) -> None:
    given = {"q": _fixed_q(name, sigma_w, sigma_b), "sigma_w": sigma_w, "sigma_b": sigma_b}
    found = fixed_correlation(name, **given)
    assert 0 < found.c < 1
    assert abs(float(correlation_map(name, found.c, **given)) - found.c) < 1e-10
    step = 1e-4
    ends = correlation_map(name, [found.c - step, found.c + step], **given)
    assert abs(np.diff(ends)[0] / (2 * step) - found.slope) < 1e-5
    assert 0 < found.slope < 1
    assert found.depth == pytest.approx(-1 / math.log(found.slope))
    # a bias forgotten: another c*
    assert abs(float(correlation_map(name, found.c, **given)) - found.c - sigma_b**2) > 1e-3


@pytest.mark.parametrize(("name", "sigma_w", "sigma_b"), ORDERED)
def test_order_makes_all_alike(name: str, sigma_w: float, sigma_b: float) -> None:
    q = _fixed_q(name, sigma_w, sigma_b)
    found = fixed_correlation(name, q=q, sigma_w=sigma_w, sigma_b=sigma_b)
    point = settled(name, sigma_w=sigma_w, sigma_b=sigma_b)
    assert point is not None
    assert found.c == 1
    assert found.slope == pytest.approx(point.chi_1, rel=1e-12)
    ladder = correlation_map(name, np.linspace(0, 1, 6), q=q, sigma_w=sigma_w, sigma_b=sigma_b)
    assert (np.diff(ladder, 2) >= -1e-12).all()  # convex


def test_an_odd_network_without_biases_makes_examples_orthogonal() -> None:
    q = _fixed_q("erf", 2.0, 0.0)
    found = fixed_correlation("erf", q=q, sigma_w=2.0)
    assert found.c == 0
    assert found.slope == pytest.approx(4 * 4 / math.pi / (1 + 2 * q), rel=1e-12)


def test_relu_at_criticality_ends_at_one_slowly() -> None:
    found = fixed_correlation("relu", q=1.0, sigma_w=math.sqrt(2))
    assert (found.c, found.depth) == (1, math.inf)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="preserves every correlation"):
        fixed_correlation("identity", q=1.0, sigma_w=1.0)
    with pytest.raises(InputError, match="a fixed point above 0"):
        fixed_correlation("tanh", q=3.0, sigma_w=1.5)
    with pytest.raises(InputError, match="correlations from -1 to 1"):
        correlation_map("relu", 1.5, q=1.0, sigma_w=math.sqrt(2))


@pytest.mark.parametrize(("name", "sigma_w", "sigma_b"), [*CHAOTIC, *ORDERED])
def test_by_default_it_is_at_the_q_to_which_inputs_converge(
    name: str, sigma_w: float, sigma_b: float
) -> None:
    q = _fixed_q(name, sigma_w, sigma_b)
    found = fixed_correlation(name, sigma_w=sigma_w, sigma_b=sigma_b)
    assert found.c == pytest.approx(
        fixed_correlation(name, q=q, sigma_w=sigma_w, sigma_b=sigma_b).c, abs=1e-9
    )


def test_without_a_q_above_0_there_is_no_correlation() -> None:
    with pytest.raises(NoAnswer, match="z² converges to 0"):
        fixed_correlation("tanh", sigma_w=0.5)
    with pytest.raises(NoAnswer, match="z² grows without bound"):
        fixed_correlation("relu", sigma_w=2.0)
