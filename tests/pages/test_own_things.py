"""Test a user's own exhibits, statements and networks on a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from saturation_lab import (
    Claim,
    InputError,
    Measured,
    Statement,
    Study,
    ask,
    measure,
    own_exhibit,
    page_of,
)
from saturation_lab.pages import compute, read_spec
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.report_page import report_page
from saturation_lab.sampling import trace_network

MODULE = '''
from matplotlib.figure import Figure


def scatter(table):
    """Every network is a point."""
    figure = Figure()
    figure.subplots().plot(table["network"], table["value"], ".")
    return figure
'''
SMALL = """
title = "Mine"
question = "How?"
statements = "mine.toml"

[study]
activation = "tanh"
initializer = "glorot_normal"
inputs = "gaussian"
depth = 3
width = 16
networks = 4

[roles.one]
title = "One"

[groups.some]
title = "Some"

[[sections]]
title = "Shown"
group = "some"
statements = ["MY1"]
exhibits = [
    { show = "ridges_7", title = "My ridges" },
    { show = "mine_to_draw:scatter", title = "My points", table = "per_network" },
]
"""
STATEMENTS = """
[studies.mine]
activation = "tanh"
initializer = "glorot_normal"
inputs = "gaussian"
depth = 3
width = 16

[[statements]]
id = "MY1"
kind = "rule"
sentence = "It shrinks."
precise = "The mean square of z shrinks."

[[statements.parts]]
high = 1.0
experiment = { kind = "top_over_bottom", study = "mine", quantity = "pre_activation_mean_square" }
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine_to_draw.py").write_text(MODULE)
    (tmp_path / "mine.toml").write_text(STATEMENTS)
    (tmp_path / "small.toml").write_text(SMALL)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "small.toml"


def test_a_report_shows_what_is_ones_own(small: Path) -> None:
    page = report_page(compute(read_spec(str(small)), workers=1))
    said = as_json(page)
    assert [(one["id"], one["title"]) for one in said["figures"]] == [
        ("some-ridges_7", "My ridges"),
        ("some-scatter", "My points"),
    ]
    assert said["figures"][1]["caption"].startswith("Every network is a point. 4 networks each")
    assert len(said["tables"]["some-scatter"]["value"]) > 4
    (card,) = said["cards"]
    assert (card["id"], card["verdict"]) == ("MY1", "holds")
    assert "My points" in as_html(page)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scatter", "scattr", "module:attribute to import"),
        ('"per_network"', '"per_netwrk"', 'did you mean "per_network"'),
        ('"ridges_7"', '"ridges_77"', 'did you mean "ridges_7"'),
        ('"MY1"', '"MY2"', 'did you mean "MY1"'),
        ('"mine.toml"', '"yours.toml"', "a readable file"),
        ('title = "My ridges"', 'name = "My ridges"', "exhibits: key"),
    ],
)
def test_what_cannot_be_shown_is_refused(old: str, new: str, said: str, small: Path) -> None:
    small.write_text(small.read_text().replace(old, new))
    with pytest.raises(InputError) as caught:
        read_spec(str(small))
    assert said in str(caught.value)


def test_an_id_of_the_package_is_not_ones_own(small: Path) -> None:
    own = small.with_name("mine.toml")
    own.write_text(own.read_text().replace('"MY1"', '"ST1"'))
    with pytest.raises(InputError, match="an id that no built-in statement has"):
        read_spec(str(small))


def _own(initializer: str, name: str, like: Measured | None = None) -> Measured:
    study = Study(activation="tanh", initializer=initializer, widths=(16,) * 3, inputs="gaussian")
    traces = (trace_network(study, i) for i in range(6))
    ranges = {} if like is None else like.origin.ranges
    return measure(traces, title=f"<{name}>", name=name, seed=1, ranges=ranges)


def test_networks_without_a_study_have_a_page() -> None:
    quantity = "pre_activation_mean_square"
    statement = Statement(
        id="OWN", kind="rule", source="", sentence="It shrinks.", precise="So says theory.",
        parts=(Claim(experiment=ask("top_over_bottom", study="he", quantity=quantity), high=0.0),),
    )  # fmt: skip

    def levels(table: pd.DataFrame) -> Figure:
        figure = Figure()
        figure.subplots().plot(table["layer"], table["estimate"], ".")
        return figure

    he = _own("he_normal", "he")
    page = page_of(
        [he, _own("glorot_normal", "glorot", like=he)],
        title="Mine",
        question="How?",
        exhibits=["profile_signal", own_exhibit(levels, title="Levels")],
        statements=[statement],
    )
    said = as_json(page)
    assert [figure["id"] for figure in said["figures"]] == ["own-profile_signal", "own-levels"]
    assert said["cards"][0]["id"] == "OWN"
    assert {row["role"] for row in said["in_short"]} == {"he", "glorot"}
    assert [study["own"]["about"] for study in said["studies"]] == ["<he>", "<glorot>"]
    assert "&lt;he&gt;" in as_html(page)


def test_a_page_of_nothing_is_refused() -> None:
    one = _own("he_normal", "he")
    for networks in ([], [one, one]):
        with pytest.raises(InputError, match="a different name for each"):
            page_of(networks, title="Mine", question="How?", exhibits=[])
    with pytest.raises(InputError, match="histograms on the axes of he, got other axes in glorot"):
        page_of([one, _own("glorot_normal", "glorot")], title="Mine", question="How?", exhibits=[])
    with pytest.raises(InputError, match="singular_values above 0"):
        page_of([one], title="Mine", question="How?", exhibits=["singular_values"])


def test_what_is_no_figure_is_refused() -> None:
    exhibit = own_exhibit(lambda table: np.zeros(3), title="None", id="none")  # type: ignore[arg-type, return-value]
    page = page_of([_own("he_normal", "he")], title="Mine", question="How?", exhibits=[exhibit])
    with pytest.raises(InputError, match="none: expected a function that returns a Figure"):
        as_html(page)
