"""Every cell of the phase diagram agrees with the fixed point that single networks reach."""

from __future__ import annotations

import math

import numpy as np
import pytest

from saturation_lab import ACTIVATIONS, InputError, own_activation, phase_diagram
from saturation_lab.theory import Phase, critical_sigma_w, settled

W, B = np.linspace(0.02, 4, 50), np.linspace(0, 2, 50)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_cell_is_the_fixed_point_that_is_reached(name: str) -> None:
    found = phase_diagram(name, sigma_w=W, sigma_b=B)
    rng = np.random.default_rng(3)
    cells = [*rng.integers(50, size=(8, 2)).tolist(), [0, 30], [10, 17]]
    for i, j in cells:
        point = settled(name, sigma_w=float(W[j]), sigma_b=float(B[i]))
        if point is None:
            assert found.phase[i, j] == Phase.UNBOUNDED
            continue
        assert found.q[i, j] == pytest.approx(point.q, rel=1e-7, abs=1e-13)
        assert found.chi_1[i, j] == pytest.approx(point.chi_1, rel=1e-7)
        beside = settled(name, sigma_w=1.01 * float(W[j]), sigma_b=float(B[i]))
        if point.q > 0 and W[j] > 0.5 and beside is not None:
            assert found.q[i, j] != pytest.approx(beside.q, rel=1e-7)  # planted


@pytest.mark.parametrize("name", ["tanh", "erf", "hardtanh", "sin", "softsign"])
def test_chaos_begins_on_the_critical_line(name: str) -> None:
    for sigma_b in (0.2, 1.0):
        edge = critical_sigma_w(name, sigma_b=sigma_b)
        found = phase_diagram(name, sigma_w=[edge * 0.999, edge * 1.001], sigma_b=[sigma_b])
        assert found.phase.tolist() == [[Phase.ORDERED, Phase.CHAOTIC]]


def test_relu_has_order_collapse_and_no_bound() -> None:
    found = phase_diagram("relu", sigma_w=[1.0, math.sqrt(2), 1.5], sigma_b=[0.0, 0.5])
    assert found.phase.tolist() == [
        [Phase.COLLAPSED, Phase.CRITICAL, Phase.UNBOUNDED],
        [Phase.ORDERED, Phase.UNBOUNDED, Phase.UNBOUNDED],
    ]
    assert found.q[0, 1] == 1.0
    assert np.isnan(found.chi_1[0, 2])


def test_a_kink_of_the_users_own() -> None:
    shifted = own_activation(lambda z: np.maximum(z, -0.5), kinks=(-0.5,), name="shifted")
    found = phase_diagram(shifted, sigma_w=[0.7, 1.3], sigma_b=[0.3])
    for j, sigma_w in enumerate((0.7, 1.3)):
        point = settled(shifted, sigma_w=sigma_w, sigma_b=0.3)
        assert point is not None
        assert found.q[0, j] == pytest.approx(point.q, rel=1e-7)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="sigma_w"):
        phase_diagram("tanh", sigma_w=[-1.0], sigma_b=[0.0])
    with pytest.raises(InputError, match="sigma_b"):
        phase_diagram("tanh", sigma_w=[1.0], sigma_b=[[0.0]])


def test_a_tiny_bias_is_answered() -> None:
    found = phase_diagram("tanh", sigma_w=[0.5, 1.0], sigma_b=[1e-9, 0.0])
    # V = 0.25 q + 1e-18 next to 0, and q - 2 q² + 1e-18 at the critical σ_w
    assert found.q[0] == pytest.approx([1e-18 / 0.75, math.sqrt(0.5) * 1e-9], rel=1e-6)
    assert found.phase.tolist() == [["ordered", "ordered"], ["collapsed", "collapsed"]]
