"""Tests of the self-tests and the Gaussian rule: their verdicts, also under planted faults."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
from latex2mathml.converter import convert
from scipy.integrate import quad
from scipy.special import expit, logit, ndtr, ndtri

from saturation_lab import ACTIVATIONS, gaussian_mean
from saturation_lab.claims.library.practical_rule import GAUSSIAN_RULE
from saturation_lab.claims.library.self_tests import SELF_TESTS
from saturation_lab.judging import Evidence
from saturation_lab.judging.exact import confinement, saturated_neurons
from saturation_lab.nets import fill_normals
from saturation_lab.sampling import weight_free
from scripts.planted_faults import slips
from tests.claims.conftest import Unexpected
from tests.laws.undrawn_faults import Array, Plant

STATEMENTS = {statement.id: statement for statement in (*SELF_TESTS, *GAUSSIAN_RULE)}


@pytest.mark.parametrize("key", STATEMENTS)
def test_every_part_is_as_on_record(key: str, found: Mapping[str, Evidence]) -> None:
    # verdicts are of level 1 - 0.05/8 a look; seeds are fixed
    assert not [finding.sentence for finding in found[key].unexpected]


def test_saturated_neurons_are_frozen(found: Mapping[str, Evidence]) -> None:
    # σ_w → ∞: a is 0 or 1 and the cosine of two examples is carried by c → 1/2 + asin(c)/π,
    # which is also how often they find a unit on one side; here it is at least that
    c = 0.5
    for _ in range(200):
        c = 0.5 + math.asin(c) / math.pi
    parts = {finding.claim.id: finding.decided for finding in found["ST1"].findings}
    assert c < parts["ST1.side"].estimate < 1
    assert parts["ST1.neuron"].estimate < 1 - c


def _unsigned(patch: pytest.MonkeyPatch) -> None:
    def unsigned(streams: Sequence[np.random.Generator], block: Array) -> None:
        fill_normals(streams, block)
        np.abs(block, out=block)

    patch.setattr(weight_free, "fill_normals", unsigned)


@pytest.mark.parametrize(
    ("plant", "parts"),
    [
        (_unsigned, {"ST1"}),
        (slips.root_forgotten, {"WI5", "WI5.variance.precise"}),
        (slips.slope_forgotten, {"WI1.precise", "WI1.saturated"}),
    ],
    ids=["weights of one sign", "gain · scale for gain · √scale", "φ' forgotten on the way back"],
)
def test_a_fault_in_the_simulator_changes_verdicts(
    plant: Plant, parts: set[str], unexpected: Unexpected, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert unexpected(*parts) == parts


def test_another_slope_than_a_times_1_minus_a_is_found(
    unexpected: Unexpected, monkeypatch: pytest.MonkeyPatch
) -> None:
    sigmoid = ACTIVATIONS["sigmoid"]
    wrong = replace(sigmoid, value=lambda z: sigmoid.value(z) * (1 + 1e-14))
    monkeypatch.setattr(saturated_neurons, "_SIGMOID", wrong)
    assert unexpected("ST2") == {"ST2"}


def test_formulas_become_mathml() -> None:
    for statement in STATEMENTS.values():
        assert convert(statement.formula).startswith("<math")


@pytest.mark.parametrize("z", [0.0, 3.0, -40.0, 40.0])
def test_the_slope_in_fifty_digits(z: float) -> None:
    with localcontext(prec=50):
        a = 1 / (1 + (-Decimal(z)).exp())
        exact = float(a * (1 - a))
    assert saturated_neurons.sigmoid_slope(z) == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes_are_zero_where_rounding_makes_them_so(dtype: str) -> None:
    limits = np.finfo(dtype)
    # 1 + e rounds to 1 where e is at most half of eps, e to 0 where it is half of the smallest
    high, low = (
        -math.log(float(limits.eps) / 2),
        -math.log(float(limits.smallest_subnormal)) + (math.log(2)),
    )
    assert saturated_neurons.zero_slope_beyond("high", dtype) == pytest.approx(high, rel=1e-6)
    assert saturated_neurons.zero_slope_beyond("low", dtype) == pytest.approx(low, rel=0.01)
    assert saturated_neurons.slope_as_computed(0.999 * high, dtype) > 0


def test_the_normal_law_next_to_the_logistic_one() -> None:
    # Haley 1952; Camilli 1994, J. Educ. Behav. Stat. 19: 1.702, at most 0.0095 apart
    assert confinement.nearest_to_uniform("ks") == pytest.approx(1.702, abs=5e-4)
    assert confinement.ks_to_uniform(1.702) == pytest.approx(0.0095, abs=5e-5)


@pytest.mark.parametrize("std", [1.0, 1.7, 4.0])
def test_distances_to_uniform_by_other_routes(std: float) -> None:
    # Wasserstein from quantiles in place of distribution functions, the variance from theory
    cost, _ = quad(lambda u: abs(expit(std * ndtri(u)) - u), 0, 1, limit=200, points=[0.5])
    assert confinement.wasserstein_to_uniform(std) == pytest.approx(cost, abs=1e-6)
    variance = float(gaussian_mean("sigmoid", std**2)) - 0.25
    assert confinement.variance_to_uniform(std) == pytest.approx(abs(variance - 1 / 12), abs=1e-12)


@pytest.mark.parametrize("std", [1.7, 4.0, math.inf])
def test_what_is_confined_by_its_quantiles(std: float) -> None:
    # the cut-off normal law upside down: σ(z) at each quantile against the quantile
    u = np.linspace(0, 1, 200_001)
    outside = ndtr(-4 / std)
    z = 8 * u - 4 if math.isinf(std) else std * ndtri(outside + u * (1 - 2 * outside))
    distance = np.max(np.abs(expit(z) - u))
    assert confinement.confined_ks_to_uniform(4.0, std) == pytest.approx(distance, abs=1e-4)


@pytest.mark.parametrize("std", [1.0, 4.0])
def test_what_is_confined_far_out_is_free_and_what_is_flat_is_uniform(std: float) -> None:
    free = confinement.ks_to_uniform(std)
    assert confinement.confined_ks_to_uniform(50.0, std) == pytest.approx(free, abs=1e-12)
    flat = confinement.confined_ks_to_uniform(4.0, 1e5)
    assert flat == pytest.approx(confinement.confined_ks_to_uniform(4.0, math.inf), abs=1e-6)


@pytest.mark.parametrize("metric", confinement.METRICS)
def test_nearest_is_nearer_than_its_neighbours(metric: str) -> None:
    best = confinement.nearest_to_uniform(metric)
    distance = confinement.METRICS[metric]
    assert distance(best) < min(distance(best - 0.001), distance(best + 0.001))


@pytest.mark.parametrize(("variance", "humps"), [(1.9, 1), (2.1, 2), (4.0, 2)])
def test_humps_of_the_density_itself(variance: float, humps: int) -> None:
    a = np.linspace(0, 1, 200_003)[1:-1]
    density = np.exp(-np.square(logit(a)) / (2 * variance)) / (a * (1 - a))
    rising = np.diff(density) > 0
    assert np.count_nonzero(rising[:-1] & ~rising[1:]) == humps
    assert confinement.humps(math.sqrt(variance)) == humps
