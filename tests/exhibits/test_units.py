"""Test the figure of single units and the share of the variance within units.

The closed form of layer 1 is tested with a tolerance of 3.3 standard errors over 200 networks,
which gives a false alarm for 0.1 % of seeds. The planted fault, a relative error of 1/B = 10 % in
the share, amounts to about 6 standard errors.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from saturation_lab import InputError, Result, Study, Trace, TracedLayer, sample
from saturation_lab.examples import shared_examples
from saturation_lab.exhibits import UNIT_BY_UNIT, Material, units_over_examples, within_share
from saturation_lab.figures import CANVASES, Canvas
from saturation_lab.pages import picture, read_spec
from saturation_lab.sampling import axes_of, trace_network, with_ranges
from saturation_lab.statistics import summarize

Array = NDArray[np.float64]

STUDY = Study(
    activation="sigmoid",
    initializer="lecture_normal",
    widths=(50, 50, 50),
    inputs="digits",
    examples=10,
    networks=5,
    seed=3,
    dtype="float64",
)


def planted(a: Array) -> Result:
    """Return the result of one network whose only layer has the activations a [B, n]."""
    study = replace(STUDY, widths=(a.shape[1],), examples=len(a), networks=1)
    full, some = with_ranges(study), a[None]
    layer = TracedLayer(
        below=some,
        pre_activation=some,
        activation=some,
        gradient=np.ones_like(some),
        weight_variance=1.0,
        bias_variance=0.0,
    )
    summary = summarize(Trace(layers=(layer,)), networks=np.array([0]), axes=axes_of(full))
    return Result(origin=full, summary=summary)


def group_of(**studies: Study) -> Material:
    networks = {name: sample(study, name=name, workers=1) for name, study in studies.items()}
    titles = {name: name.title() for name in studies}
    return Material(name="g", title="G", networks=networks, titles=titles)


def _only(group: Material) -> Result:
    (result,) = group.networks.values()
    assert isinstance(result, Result)
    return result


VALUES = np.random.default_rng(0).uniform(size=(10, 30)) ** np.arange(1, 31)


def test_the_share_is_that_of_the_law_of_total_variance() -> None:
    found = within_share(planted(VALUES), 1)
    assert found == pytest.approx(VALUES.var(axis=0).mean() / VALUES.var(), rel=1e-12)
    assert 0.05 < found < 0.95


def test_which_unit_sees_which_example_first_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    shuffled = rng.permuted(VALUES, axis=0)
    assert within_share(planted(shuffled), 1) == pytest.approx(
        within_share(planted(VALUES), 1), rel=1e-12
    )
    assert units_over_examples(shuffled).equals(units_over_examples(VALUES))


def test_units_that_all_have_the_pooled_distribution_hold_all_variance() -> None:
    same = np.random.default_rng(2).permuted(np.repeat(VALUES[:, :1], 30, axis=1), axis=0)
    assert within_share(planted(same), 1) == pytest.approx(1, rel=1e-12)


def test_frozen_units_hold_none_and_their_bars_are_points() -> None:
    frozen = np.repeat(VALUES[:1], 10, axis=0)
    assert within_share(planted(frozen), 1) == pytest.approx(0, abs=1e-15)
    bars = units_over_examples(frozen)
    assert (bars["high"] - bars["low"]).max() < 1e-15
    assert bars["estimate"].is_monotonic_increasing


def test_where_nothing_varies_there_is_no_share() -> None:
    assert np.isnan(within_share(planted(np.full((10, 4), 0.5)), 1)).all()


def test_layer_1_of_linear_units_has_the_share_of_its_inputs() -> None:
    """E within = (σ_w²/n₀) tr S and E total = that + (1 - 1/n) (σ_w²/n₀) |m|², m, S of x."""
    study = replace(STUDY, activation="identity", gain=1.0, widths=(20,), networks=200)
    shared = shared_examples(study.resolved())
    assert shared is not None
    spread, mean = shared.x.var(axis=0).sum(), np.square(shared.x.mean(axis=0)).sum()
    exact = spread / (spread + (1 - 1 / 20) * mean)
    result = sample(study, workers=1)
    total, share = result.values("activation_variance", 1), within_share(result, 1)

    def errors(found: Array) -> float:
        apart = total * (found - exact)
        return float(abs(apart.mean()) / (apart.std(ddof=1) / np.sqrt(apart.size)))

    assert errors(share) < 3.3
    assert errors(share / (1 - 1 / study.examples)) > 3.3  # planted: ddof 1 over the examples


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sampler", ["dense", "weight-free"])
def test_a_traced_network_is_the_measured_one(sampler: str, dtype: str) -> None:
    result = sample(replace(STUDY, sampler=sampler, dtype=dtype), workers=1)
    for network in (0, 3):
        for layer, traced in enumerate(trace_network(result.study, network).layers, start=1):
            square = np.square(traced.activation.astype(np.float64)).mean()
            measured = result.values("activation_mean_square", layer)
            assert square == pytest.approx(measured[network], rel=1e-13)
            assert square != pytest.approx(measured[1], rel=1e-6)


def test_a_network_that_is_not_in_the_study_is_refused() -> None:
    with pytest.raises(InputError, match="network"):
        trace_network(STUDY, 5)


def test_the_table_holds_the_units_of_network_0_and_all_values() -> None:
    group = group_of(one=STUDY)
    table = UNIT_BY_UNIT.make(group).table
    result = _only(group)
    assert sorted(set(table["layer"])) == [1, 2, 3]
    for layer in (1, 2, 3):
        here = table[table["layer"] == layer]
        parts = dict(iter(here.groupby("quantity")))
        a = trace_network(result.study, 0).layers[layer - 1].activation[0]
        units = parts["unit"]
        assert sorted(units["unit"]) == list(range(40))
        middle = np.median(a[:, units["unit"].astype(int)], axis=0)
        assert units["estimate"].to_numpy() == pytest.approx(middle, rel=1e-12)
        assert units["estimate"].is_monotonic_increasing
        assert parts["pooled_share"]["estimate"].sum() == pytest.approx(1, rel=1e-12)
        bars = np.percentile(a[:, units["unit"].astype(int)], [5, 95], axis=0)
        assert pytest.approx(bars, rel=1e-12) == units[["low", "high"]].to_numpy().T
        share = within_share(result, layer)
        assert len(share) == result.study.networks  # the network is the unit
        interval = t_interval(share)
        found = parts["within_share"][["estimate", "low", "high"]].to_numpy(dtype=float)
        assert found[0] == pytest.approx([share.mean(), *interval], rel=1e-9)


def t_interval(values: Array) -> tuple[float, float]:
    """Return Student's interval of a mean, by scipy alone."""
    ends = scipy.stats.t.interval(0.95, len(values) - 1, values.mean(), scipy.stats.sem(values))
    return float(ends[0]), float(ends[1])


def test_the_caption_says_which_way_the_share_goes_from_layer_1_to_the_last() -> None:
    group = group_of(one=replace(STUDY, activation="sigmoid", initializer="lecture_normal"))
    result = _only(group)
    ends = [within_share(result, layer).mean() for layer in (1, group.depth)]
    assert ends[1] < ends[0] / 2
    said = re.search(r"share within units falls from ([\d.]+) % to ([\d.]+) %", _words(group))
    assert said is not None
    assert [float(x) / 100 for x in said.groups()] == pytest.approx(ends, rel=0.05)


def _words(group: Material) -> str:
    shown = UNIT_BY_UNIT.make(group)
    return f"{shown.caption} {shown.numbers}"


def test_the_caption_says_what_overflowed_and_what_lies_beyond_the_axis() -> None:
    wild = replace(STUDY, activation="relu", gain=1e18, dtype="float32")
    said = UNIT_BY_UNIT.make(group_of(wild=wild)).caption
    assert "Bars missing because their units overflowed" in said
    assert "beyond the axis" in said
    calm = UNIT_BY_UNIT.make(group_of(calm=STUDY)).caption
    assert "missing" not in calm
    assert "beyond the axis" not in calm


@pytest.mark.parametrize("canvas", CANVASES.values(), ids=list(CANVASES))
def test_the_same_bytes_twice(canvas: Canvas) -> None:
    group = group_of(lecture=STUDY, wild=replace(STUDY, activation="relu", gain=1e18))
    drawn = [picture(UNIT_BY_UNIT.make(group), canvas, "svg") for _ in range(2)]
    assert drawn[0] == drawn[1]


PAGE = """
schema = 1
title = "Units"
question = "Frozen?"
[study]
depth = 2
width = 6
inputs = "digits"
examples = {examples}
networks = 2
activation = "tanh"
initializer = "glorot_normal"
[groups.g]
title = "G"
[[sections]]
title = "Units"
group = "g"
exhibits = ["units"]
"""


@pytest.mark.parametrize(
    ("roles", "examples", "fits"), [(2, 3, True), (3, 3, False), (1, 1, False)]
)
def test_more_roles_than_have_room_are_refused(
    tmp_path: Path, roles: int, examples: int, fits: bool
) -> None:
    page = PAGE.format(examples=examples)
    page += "".join(f'[roles.r{i}]\ntitle = "R{i}"\n' for i in range(roles))
    (tmp_path / "units.toml").write_text(page)
    if fits:
        read_spec(str(tmp_path / "units.toml"))
        return
    with pytest.raises(InputError, match="one or two roles with two or more examples"):
        read_spec(str(tmp_path / "units.toml"))
