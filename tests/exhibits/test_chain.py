"""Test that a derivation breaks at the term that is dropped, and not at an exact line.

False-alarm rates: an exact line is judged at 7 to 30 standard errors from the ends of its band; the
coverage test allows 4 binomial standard errors. Detectable: a line that is wrong by 15 %.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from saturation_lab import Measured, Result, Study, sample
from saturation_lab.exhibits import (
    BACKWARD,
    CHAINS,
    FORWARD,
    NEED,
    Chain,
    Material,
    OfLayer,
    Planned,
    followed,
    forward_variance,
    mean_square_slope,
    pooled,
    slope_at_zero,
)
from saturation_lab.inference import Verdict, default_margin
from saturation_lab.sampling import trace_network

WIDE: dict[str, Any] = {
    "networks": 12,
    "examples": 8,
    "inputs": "gaussian",
    "features": 300,
    "seed": 11,
}
TITLES = {
    "plain": "Sigmoid, Glorot",
    "lecture": "Sigmoid, 4 × Glorot",
    "tanh": "tanh, Glorot",
    "relu": "ReLU, √2 × Glorot",
}
RULES = {
    "plain": ("sigmoid", "glorot_normal"),
    "lecture": ("sigmoid", "lecture_normal"),
    "tanh": ("tanh", "glorot_normal"),
    "relu": ("relu", "lecture_normal"),
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """Return the lecture's four recipes, six layers of 300 units."""
    return {
        name: sample(
            Study(activation=activation, initializer=rule, widths=(300,) * 6, **WIDE), workers=1
        )
        for name, (activation, rule) in RULES.items()
    }


@pytest.fixture(scope="module")
def group(results: dict[str, Result]) -> Material:
    return Material(name="g", title="Gaussian", networks=results, titles=TITLES)


def _broken_at(chain: Chain, result: Result) -> int | None:
    return next((i for i, x in enumerate(followed(chain, result), 1) if x.breaks), None)


def _with(chain: Chain, number: int, says: OfLayer) -> Chain:
    """Return a chain of which one line, from 1, says something else."""
    steps = list(chain.steps)
    steps[number - 1] = replace(steps[number - 1], says=says)
    return replace(chain, steps=tuple(steps))


def _times(says: OfLayer, factor: float) -> OfLayer:
    return lambda result, layer: factor * says(result, layer)


@pytest.mark.parametrize(
    ("name", "forward", "backward"),
    [("plain", 2, 2), ("lecture", 2, 2), ("tanh", 3, 2), ("relu", 2, None)],
)
def test_each_recipe_breaks_at_its_own_line(
    results: dict[str, Result], name: str, forward: int, backward: int | None
) -> None:
    assert _broken_at(FORWARD, results[name]) == forward
    assert _broken_at(BACKWARD, results[name]) == backward


def test_no_exact_line_leaves_its_band(results: dict[str, Result]) -> None:
    for result in results.values():
        for chain in (FORWARD, BACKWARD):
            assert followed(chain, result)[0].answer.verdict is Verdict.HOLDS


@pytest.mark.parametrize(("factor", "broken"), [(1.15, 1), (1 / 1.15, 1), (1.02, 3)])
def test_a_wrong_variance_of_the_weights_breaks_the_first_line(
    results: dict[str, Result], factor: float, broken: int
) -> None:
    wrong = _with(FORWARD, 1, _times(FORWARD.steps[0].says, factor))
    assert _broken_at(wrong, results["tanh"]) == broken


def test_dropping_the_other_term_breaks_tanh_and_spares_the_plain_sigmoid(
    results: dict[str, Result],
) -> None:
    def mean_alone(result: Measured, layer: int) -> np.ndarray:
        mean = result.values("activation_mean", layer - 1)
        return forward_variance(result, layer) * np.square(mean)

    other = _with(FORWARD, 2, mean_alone)
    assert _broken_at(other, results["tanh"]) == 2
    assert _broken_at(other, results["plain"]) == 3


def test_what_relu_drops_is_one_in_pi_and_its_errors_cancel(results: dict[str, Result]) -> None:
    _, dropped, last = followed(FORWARD, results["relu"])
    assert dropped.factor.estimate == pytest.approx(1 - 1 / math.pi, rel=0.03)
    assert dropped.factor.low < 1 - 1 / math.pi < dropped.factor.high
    assert last.factor.estimate == pytest.approx(1, abs=0.1)
    assert last.broken
    assert not last.breaks


def test_a_slope_of_relu_is_the_same_wherever_z_is(results: dict[str, Result]) -> None:
    independent, at_zero, want = (link.factor for link in followed(BACKWARD, results["relu"]))
    assert slope_at_zero(results["relu"]) == 0.5
    assert independent.estimate == pytest.approx(at_zero.estimate, rel=1e-12)
    assert want.estimate == pytest.approx(at_zero.estimate, rel=1e-12)


def test_the_slope_is_that_of_the_networks_own_activations(results: dict[str, Result]) -> None:
    """σ'² = a² - 2a³ + a⁴, from the recorded moments of a."""
    result = results["lecture"]
    for layer in (1, 4):
        names = ("mean", "variance", "skewness", "kurtosis")
        m, v, s, k = (result.values(f"activation_{name}", layer) for name in names)
        third, fourth = s * v**1.5, k * v**2
        square, cube = m**2 + v, m**3 + 3 * m * v + third
        power = m**4 + 6 * m**2 * v + 4 * m * third + fourth
        ratio = (square - 2 * cube + power) / mean_square_slope(result, layer)
        assert ratio.mean() == pytest.approx(1, abs=0.02)
    assert slope_at_zero(result) / mean_square_slope(result, 4).mean() > 1.5  # not that of z = 0


@pytest.mark.parametrize("width", [4, 16])
def test_an_exact_line_is_exact_at_any_width(width: int) -> None:
    study = Study(
        activation="relu", initializer="lecture_normal", widths=(width, width), networks=1500,
        examples=1, inputs="gaussian", features=width, seed=5,
    )  # fmt: skip
    result = sample(study, workers=1)
    alive = result.values("activation_mean_square", 1) > 0
    z, says = result.values(FORWARD.quantity, 2), FORWARD.steps[0].says(result, 2)
    ratios = (z[alive] / says[alive])[:, None]
    found = pooled(ratios, np.flatnonzero(alive))
    assert abs(found.estimate) < 4 * found.se
    logs = np.log(ratios)
    assert logs.mean() < -4 * logs.std() / math.sqrt(len(logs))  # which a mean of logs is not


def test_the_interval_covers() -> None:
    """20 networks whose 5 layers move together, 600 times: in 95 %, give or take 4 se."""
    rng = np.random.default_rng(3)
    truth, covered = np.array([0.8, 1.0, 1.3, 0.5, 2.0]), 0
    for _ in range(600):
        common = rng.gamma(60, 1 / 60, (20, 1))
        ratios = truth * common * rng.gamma(40, 1 / 40, (20, 5))
        found = pooled(ratios, np.arange(20))
        covered += found.low < np.log(truth).mean() < found.high
    assert abs(covered / 600 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 600)


def test_a_network_without_signal_is_counted_and_nothing_is_decided() -> None:
    found = pooled(np.array([[1.0, 1.1], [np.nan, 1.0], [0.9, 1.0]]), [0, 1, 2])
    assert math.isnan(found.low)
    assert found.overflowed == 1


def test_an_exact_line_is_not_off_in_deep_narrow_networks() -> None:
    """Of 400 studies of 5 networks and 40 layers; the logarithm alone is off by 10 errors."""
    rng = np.random.default_rng(4)
    spread = 0.4
    draws = np.exp(rng.normal(-(spread**2) / 2, spread, (400, 5, 40)))
    found = np.array([pooled(ratios, range(5)).estimate for ratios in draws])
    alone = np.log(draws.mean(axis=1)).mean(axis=1)
    error = found.std(ddof=1) / math.sqrt(len(found))
    assert abs(found.mean()) < 3.3 * error  # false alarm 0.1 %
    assert abs(alone.mean()) > 10 * error


def test_lines_of_uneven_networks_are_those_of_their_values() -> None:
    """Fans, layers and the way of averaging, from every value of every network."""
    study = Study(
        activation="sigmoid", initializer="lecture_normal", widths=(40, 25, 30, 20), networks=5,
        examples=6, inputs="gaussian", features=33, dtype="float64", seed=3,
    )  # fmt: skip
    fans = [33, 40, 25, 30, 20, study.architecture.layers[-1].fan_out]
    std = [math.sqrt(2 / (n + m)) * 4 for n, m in pairwise(fans)]
    traces = [trace_network(study, i).layers for i in range(5)]
    result = sample(study, workers=1)

    def squares(name: str, layer: int) -> Any:
        return np.array([np.square(getattr(t[layer - 1], name)).mean() for t in traces])

    def factor(ratios: list[Any]) -> float:
        logs = [math.log(r.mean()) for r in ratios]
        low = np.mean([r.var(ddof=1) / r.mean() ** 2 for r in ratios]) / 10
        return math.exp(-(float(np.mean(logs)) + low))

    up = [
        squares("pre_activation", i)
        / (fans[i - 1] * std[i - 1] ** 2 * squares("activation", i - 1))
        for i in (2, 3, 4)
    ]
    down = [
        squares("gradient", i) / (fans[i + 1] * std[i] ** 2 * squares("gradient", i + 1) / 16)
        for i in (1, 2, 3)
    ]
    assert followed(FORWARD, result)[0].factor.estimate == pytest.approx(factor(up), rel=1e-9)
    assert followed(BACKWARD, result)[1].factor.estimate == pytest.approx(factor(down), rel=1e-9)
    assert followed(FORWARD, result)[0].by_layer == pytest.approx([1 / r.mean() for r in up])


def test_an_undecided_line_does_not_break(results: dict[str, Result]) -> None:
    result = results["tanh"]
    edge = math.exp(default_margin(result.depth))
    exact = FORWARD.steps[0].says
    off = followed(_with(FORWARD, 1, lambda r, i: edge * exact(r, i)), result)[0]
    assert off.answer.verdict is Verdict.UNDECIDED
    assert not off.breaks


def test_captions_say_where_and_by_how_much(group: Material) -> None:
    shown = [exhibit.make(group) for exhibit in CHAINS]
    first, last = (one.caption for one in shown)
    assert first.startswith("The derivation breaks where it drops n Var w E[a]² (Sigmoid")
    assert "and at no line that can be detected (ReLU, √2 × Glorot)." in last
    assert "2^(±1/6)" in first
    assert "0.0625 for sigmoid, 1 for tanh and 0.5 for ReLU" in last
    forward, backward = (one.numbers for one in shown)
    assert "tanh, Glorot: breaks where it sets Var a = 1 (×" in forward
    assert "Sigmoid, 4 × Glorot: breaks where it drops n Var w E[a]² (÷ 3." in forward
    assert "the last line gives Std z = 4.00, while 2.4" in forward
    assert "ReLU, √2 × Glorot: no line leaves the band." in backward


def test_alternatives_carry_every_number(group: Material) -> None:
    for exhibit in CHAINS:
        shown = exhibit.make(group)
        assert shown.alt.count("[") >= 3 * len(TITLES)
        assert shown.alt.count("(breaks)") == shown.table["breaks"].sum()


def test_the_table_says_in_which_span_the_layers_lie(group: Material) -> None:
    table = CHAINS[0].make(group).table
    assert (table["smallest"] <= table["factor"]).all()
    assert (table["factor"] <= table["largest"]).all()
    assert table.groupby("study")["breaks"].sum().max() == 1


@pytest.mark.parametrize(
    ("given", "met"),
    [
        ({}, True),
        ({"networks": 1}, True),
        ({"widths": (9,)}, False),
        ({"bias": "normal", "bias_scale": 0.1}, False),
    ],
)
def test_what_a_chain_needs(given: dict[str, Any], met: bool) -> None:
    base: dict[str, Any] = {"activation": "tanh", "widths": (9, 9), "networks": 2}
    study = Study(initializer="glorot_normal", **(base | given))
    assert NEED.met(Planned(origins=[study])) is met


def test_one_network_has_estimates_and_decides_nothing() -> None:
    study = Study(activation="sigmoid", initializer="lecture_normal", widths=(64,) * 3, networks=1)
    links = followed(FORWARD, sample(study, workers=1))
    assert all(link.factor.estimate > 0 and math.isnan(link.factor.low) for link in links)
    assert {link.answer.verdict for link in links} == {Verdict.UNDECIDED}
    assert not any(link.breaks for link in links)
