"""Test groups with their own roles, with many activations, and without networks on one page."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from saturation_lab import InputError
from saturation_lab.advice import recommended_study
from saturation_lab.pages import Report, compute, spec_from
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.report_page import report_page
from tests.pages.parsed import Seen

MIXED = """
title = "Mixed"
question = "Does each group show what it has?"

[study]
depth = 3
width = 12
examples = 5
networks = 4
seed = 7
inputs = "gaussian"
initializer = "lecture_normal"

[theory]
depth = 8
width = 12

[groups.uneven]
title = "Uneven"
widths = [24, 12, 6]
roles.in = { title = "Fan-in", activation = "relu", initializer = "he_normal" }
roles.out = { title = "Fan-out", activation = "relu", initializer = "he_fan_out_normal" }

[groups.cells]
title = "Cells"
activations = ["sigmoid", "elu"]
roles.four = { title = "4 ×", gain = 4 }
roles.better = { title = "Recommended", recommended = true }

[groups.places]
title = "Places"
foreseen = ["tanh", "silu"]

[[sections]]
title = "Uneven"
group = "uneven"
exhibits = ["profile_signal"]

[[sections]]
title = "Cells"
group = "cells"
table = "cells"

[[sections]]
title = "Places"
group = "places"
exhibits = ["phase_sheet"]
"""


def _mixed(*changes: tuple[str, str]) -> dict[str, Any]:
    text = MIXED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return tomllib.loads(text)


@pytest.fixture(scope="module")
def report() -> Report:
    return compute(spec_from(_mixed(), name="mixed", command="again"), workers=1)


def test_groups_have_their_own_roles_and_every_activation(report: Report) -> None:
    spec = report.spec
    assert list(spec.studies) == [
        ("uneven", "in"), ("uneven", "out"),
        ("cells", "sigmoid-four"), ("cells", "sigmoid-better"),
        ("cells", "elu-four"), ("cells", "elu-better"),
    ]  # fmt: skip
    assert spec.studies["uneven", "out"].widths == (24, 12, 6)
    assert spec.studies["cells", "elu-four"].architecture.gain == 4
    assert not spec.alone
    assert spec.groups["cells"].blocks["elu-four"] == "elu"
    assert list(report.sampled) == ["uneven", "cells"]
    assert list(report.groups["places"].outlooks) == ["tanh", "SiLU"]


def test_a_recommended_role_is_what_recommend_answers(report: Report) -> None:
    given = report.spec.studies["cells", "sigmoid-better"]
    chosen = recommended_study(given)
    assert chosen is not None
    assert given.architecture == chosen.architecture
    assert not math.isclose(given.architecture.gain, 4, rel_tol=0.1)


def test_what_is_kept_is_compared_inside_each_activation(report: Report) -> None:
    assert {g: list(blocks) for g, blocks in report.kept.items()} == {"cells": ["sigmoid", "elu"]}
    for block, keeping in report.kept["cells"].items():
        assert list(keeping.kept) == [f"{block}-four", f"{block}-better"]
    assert set(report.groups["cells"].kept) == set(report.groups["cells"].networks)


def test_the_page_and_its_json_show_all_of_them(report: Report) -> None:
    page = report_page(report)
    seen, said = Seen(as_html(page)), as_json(page)
    assert {"cells-cells", "uneven-profile_signal", "places-phase_sheet"} <= set(seen.ids)
    assert not seen.lacks("Recommended", "ELU, 4 ×")
    assert said["roles"]["cells"]["elu-four"]["activation"] == "elu"
    assert said["groups"] == {"uneven": "Uneven", "cells": "Cells", "places": "Places"}
    kept = said["data"]["cells-cells"]
    assert [row["role"] for row in kept] == list(report.groups["cells"].networks)
    assert sum(row["nearest"] for row in kept) == 2  # one an activation
    assert {row["group"] for row in said["in_short"]} == {"uneven", "cells"}
    assert len(said["studies"]) == 6


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gain = 4 ", "gains = 4 ", 'did you mean "gain"'),
        ('["sigmoid", "elu"]', '["sigmoid", "eluu"]', 'did you mean "elu"'),
        ('["sigmoid", "elu"]', '"elu"', "activations: expected a list of names"),
        ('["sigmoid", "elu"]', "[]", "groups.cells: activations: expected at least one"),
        ('["tanh", "silu"]', "[]", "groups.places: foreseen: expected at least one"),
        ("depth = 3", 'depth = "3"', "groups.cells: sigmoid-four: depth: expected"),
        ("recommended = true", "recommended = 1", "recommended: expected true or false"),
        ("recommended = true", "recommended = true, gain = 2", "gain: expected no value"),
        ("[theory]\ndepth = 8\nwidth = 12", "", "theory: expected a table with depth and width"),
        (
            '["phase_sheet"]',
            '["depth_scales"]',
            "expected one activation for the exhibit depth_scales",
        ),
        (
            '["profile_signal"]',
            '["phase_sheet"]',
            "expected a group with foreseen activations for the exhibit phase_sheet",
        ),
        (
            'group = "cells"\ntable',
            'group = "uneven"\ntable',
            "expected a group with a list of activations",
        ),
        ('table = "cells"', 'table = "keeps"', 'table: expected the table "cells"'),
        ("examples = 5", "examples = 1", "table: expected at least two examples, got 1"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_key(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        spec_from(_mixed((old, new)), name="mixed")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_groups_differ_in_depth_unless_one_figure_shows_them() -> None:
    other = ("widths = [24, 12, 6]", "widths = [24, 12]")
    spec = spec_from(_mixed(other), name="mixed")
    assert {len(study.widths) for study in spec.studies.values()} == {2, 3}
    joined = (
        'group = "uneven"\nexhibits = ["profile_signal"]',
        'group = "uneven+cells"\nexhibits = ["heat_maps"]',
    )
    with pytest.raises(InputError, match="depth: expected 2 as in the other studies"):
        spec_from(_mixed(other, joined), name="mixed")


def test_the_page_says_every_depth_and_who_computed_a_gain() -> None:
    spec = spec_from(_mixed(("widths = [24, 12, 6]", "widths = [24, 12]")), name="mixed")
    seen = Seen(as_html(report_page(compute(spec, workers=1))))
    assert not seen.lacks(
        "2: 24, 12 ReLU units; 3: 12 units each",
        "a gain that theory computed for this depth and these inputs",
        "Recommended: chosen by theory for 3 layers and these inputs",
    )


def test_a_group_needs_roles() -> None:
    data = _mixed()
    del data["groups"]["uneven"]["roles"]
    with pytest.raises(InputError, match=r"groups\.uneven: roles: expected at least one"):
        spec_from(data, name="mixed")


def test_the_documents_show_a_report_that_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "pages.md").read_text(encoding="utf-8")
    shown = next(t for t in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "sections" in t)
    spec = spec_from(tomllib.loads(shown), name="mine")
    assert len(spec.studies) == 8
    assert [section.table for section in spec.sections] == ["", "cells"]
