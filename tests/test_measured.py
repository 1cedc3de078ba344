"""Tests that networks of your own are measured and judged as sampled ones are."""

from __future__ import annotations

import json
import math
import runpy
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saturation_lab import (
    Claim,
    InputError,
    Measured,
    Statement,
    Study,
    Trace,
    ask,
    hold,
    measure,
    page_of,
    predict,
    sample,
)
from saturation_lab.inference import Judgement
from saturation_lab.measured import paired
from saturation_lab.sampling import trace_network, with_ranges
from saturation_lab.statistics import QUANTITIES

STUDY = Study(
    activation="tanh",
    initializer="glorot_normal",
    widths=(24, 20, 16),
    inputs="digits",
    examples=8,
    networks=6,
    seed=3,
)


VALUE = ask("value", study="networks", at=("gradient_mean_square", 1))


def _traces(study: Study = STUDY) -> Iterator[Trace]:
    return (trace_network(study, i) for i in range(study.networks))


@pytest.fixture(scope="module")
def sampled() -> Measured:
    return sample(STUDY, workers=1)


@pytest.fixture(scope="module")
def own(sampled: Measured) -> Measured:
    return measure(_traces(), title="Mine", seed=3, ranges=sampled.origin.ranges)


def test_own_networks_show_what_the_same_sampled_ones_show(
    sampled: Measured, own: Measured
) -> None:
    for quantity in QUANTITIES:
        for layer in range(1, 5):
            np.testing.assert_array_equal(
                own.values(quantity, layer), sampled.values(quantity, layer)
            )
    mine, theirs = (one.profile().drop(columns="study") for one in (own, sampled))
    assert mine.equals(theirs)
    assert own.per_network()["value"].equals(sampled.per_network()["value"])
    for kind in ("linear", "asinh"):
        assert own.histogram(kind)["count"].equals(sampled.histogram(kind)["count"])
    np.testing.assert_array_equal(own.medians(), sampled.medians())
    assert own.overflows() == sampled.overflows() == []


def test_a_trace_of_many_networks_is_as_good_as_one_of_each(own: Measured) -> None:
    lanes = [trace_network(STUDY, i) for i in range(6)]
    one = measure(iter(lanes), title="Mine", seed=3, ranges=own.origin.ranges)
    assert one.origin == own.origin
    assert len(own.networks) == 6
    assert own.examples == 8
    assert own.origin.widths == (24, 20, 16)


def test_ranges_are_set_by_the_first_traces() -> None:
    open_ = measure(_traces(), title="Mine")
    assert set(open_.origin.ranges) == {
        "pre_activation",
        "activation",
        "gradient",
        "weight_gradient",
    }
    for signal, (low, high) in open_.origin.ranges.items():
        assert low == -high < 0
        table = open_.histogram()
        seen = table[(table["quantity"] == signal) & (table["left"] > 0)]
        assert seen["count"].sum() > 0


def test_layers_are_called_as_they_are_labelled(sampled: Measured) -> None:
    labelled = measure(_traces(), title="Mine", labels=["stem", "block.1", "block.2"])
    assert labelled.labels == ("stem", "block.1", "block.2")
    assert labelled.layer_name(2) == "block.1"
    assert labelled.layer_name(4) == "output"
    assert sampled.labels == ("1", "2", "3")
    assert sampled.layer_name(2) == 2
    data = json.loads(json.dumps(labelled.to_json(), allow_nan=False))
    assert [layer["layer"] for layer in data["layers"]] == ["stem", "block.1", "block.2"]
    assert data["own"]["about"] == "Mine"
    assert len(data["digest"]) == 64
    statement = Statement(
        id="M",
        kind="rule",
        sentence="It is flat.",
        precise="It is flat.",
        parts=(
            Claim(
                experiment=ask("ratio", study="mine", of=(("gradient_mean_square", 1),)), high=9.0
            ),
        ),
    )
    (found,) = hold([statement], {"mine": labelled})
    assert found.words(found.findings[0]) == "E δ² in layer stem"


def test_verdicts_are_of_the_networks_that_were_measured(sampled: Measured, own: Measured) -> None:
    kept = ask("top_over_bottom", study="any", quantity="gradient_mean_square")
    statement = Statement(
        id="K",
        kind="rule",
        sentence="The gradient is kept.",
        precise="It changes by less than a factor 2.",
        parts=(Claim(experiment=kept, low=-math.log(2), high=math.log(2)),),
    )
    mine, theirs = (hold([statement], {"any": one})[0] for one in (own, sampled))
    assert mine.findings[0].to_json() == theirs.findings[0].to_json()
    exploding = replace(STUDY, gain=6.0)
    (worse,) = hold([statement], {"any": measure(_traces(exploding), title="Worse")})
    assert worse.verdict is Judgement.FAILS


def test_own_networks_have_no_theory_and_are_paired_by_seed_alone(
    sampled: Measured, own: Measured
) -> None:
    assert math.isnan(own.predicted("gradient_mean_square", 1))
    with pytest.raises(InputError, match="a prediction of this result's study"):
        own.expecting(predict(STUDY))
    against = ask("against_theory", study="any", at=("gradient_mean_square", 1))
    statement = Statement(
        id="T", kind="rule", sentence="s", precise="p", parts=(Claim(experiment=against, low=0),)
    )
    with pytest.raises(InputError, match="networks sampled from a study"):
        hold([statement], {"any": own})
    assert paired(own, sampled)
    assert not paired(own, replace(own, origin=replace(own.origin, seed=None)))  # type: ignore[type-var]
    expected = sampled.expecting(predict(STUDY))
    assert expected.predicted("pre_activation_mean_square", 1) > 0
    assert expected.profile()["predicted"].notna().any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"labels": ["a"]}, r"^labels: expected one for each of the 3 hidden layers, got 1"),
        ({"ranges": {"gradient": (-1.0, 1.0)}}, None),
        ({"ranges": {"gradent": (-1.0, 1.0)}}, r"^ranges: .*did you mean \"gradient\""),
        ({"ranges": {"gradient": (1.0, -1.0)}}, r"^ranges.gradient"),
    ],
)
def test_what_cannot_be_measured_is_refused(given: dict[str, object], said: str | None) -> None:
    if said is None:
        found = measure(_traces(), title="Mine", **given)  # type: ignore[arg-type]
        assert found.origin.ranges["gradient"] == (-1.0, 1.0)
        return
    with pytest.raises(InputError, match=said):
        measure(_traces(), title="Mine", **given)  # type: ignore[arg-type]


def test_traces_of_other_shapes_are_refused() -> None:
    other = replace(STUDY, widths=(24, 20, 17))
    with pytest.raises(InputError, match=r"^traces: expected layers of .* as in the first"):
        measure([trace_network(STUDY, 0), trace_network(other, 0)], title="Mine")
    with pytest.raises(InputError, match=r"^traces: expected at least one, got none"):
        measure([], title="Mine")


def test_many_traces_become_one_summary() -> None:
    one = trace_network(STUDY, 0)
    many = measure((one for _ in range(130)), title="The same network again and again")
    assert many.networks.tolist() == list(range(130))
    few = measure([one, one], title="Twice", ranges=many.origin.ranges)
    ratio = many.histogram()["count"].sum() / few.histogram()["count"].sum()
    assert ratio == 65
    assert np.ptp(many.values("gradient_mean_square", 2)) == 0


def test_networks_that_share_no_axis_do_not_share_a_page(own: Measured) -> None:
    other = measure(_traces(replace(STUDY, gain=3.0)), title="Other", name="other")
    with pytest.raises(InputError, match=r"^networks: .*; use the same ranges for all"):
        page_of([own, other], title="T", question="Q?", exhibits=["ridges_7"])
    alike = measure(
        _traces(replace(STUDY, gain=3.0)), title="Other", name="other", ranges=own.origin.ranges
    )
    page = page_of([own, alike], title="T", question="Q?", exhibits=["ridges_7"])
    assert len(page.figures) == 1


def test_arrays_of_a_trace_belong_together() -> None:
    good = trace_network(STUDY, 0)
    layers = list(good.layers)
    layers[1] = replace(layers[1], below=layers[1].below[:, :3])
    with pytest.raises(InputError, match=r"^trace layer 2: expected 1 network and 8 examples"):
        Trace(layers=tuple(layers))


def test_studies_that_share_axes_do_so_for_own_networks_too(sampled: Measured) -> None:
    assert dict(sampled.origin.ranges) == dict(with_ranges(STUDY).ranges)


def test_the_documented_example_makes_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Path(__file__).parents[1] / "scripts" / "own_networks.py"
    code = [line for line in script.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(code) <= 40
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path)])
    runpy.run_path(str(script), run_name="__main__")
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    (card,) = data["cards"]
    assert card["id"] == "MINE"
    assert card["verdict"] == "holds"
    assert card["networks"] == 20
    assert [figure["id"] for figure in data["figures"]] == ["own-profile_gradient", "own-ridges_7"]
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert html.count("<figure") == 2
    assert "h + tanh(W h)" in html


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            Claim(experiment=ask("top_over_bottom", study="networks", quantit="x"), low=0.0),
            r"experiment: key: .*did you mean \"quantity\"",
        ),
        (Claim(experiment=VALUE, low=1.0, high=0.0), r"low: expected a number below high"),
        (Claim(experiment=VALUE), r"low: expected low, high or both, got nothing"),
        (Claim(experiment=VALUE, low=0.0, expected="fail"), r"expected: expected one of holds"),
    ],
)
def test_a_statement_made_in_python_is_checked_like_a_file(
    own: Measured, claim: Claim, said: str
) -> None:
    mine = Statement(id="M", kind="rule", sentence="s", precise="p", parts=(claim,))
    with pytest.raises(InputError, match=said):
        page_of([own], title="T", question="Q?", exhibits=[], statements=[mine])


def test_an_exhibit_stands_once_on_a_page_of_your_own(own: Measured) -> None:
    with pytest.raises(InputError, match=r"^exhibits: expected each exhibit at most once"):
        page_of([own], title="T", question="Q?", exhibits=["ridges_7", "ridges_7"])
