"""Tests of the coverage of the default table: a small grid here, the whole one by `calibrate`.

The studies of a cell are drawn from 900 networks with replacement: the coverage counted in 10,000
of them has a Monte Carlo error of 0.2 %, and the pool is the population.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from saturation_lab import InputError
from saturation_lab.proof import NUMBERS, CoverageRow, coverage


@pytest.fixture(scope="module")
def rows() -> list[CoverageRow]:
    return list(coverage(seed=2, networks=900, widths=[10, 200], depths=[10], workers=1))


def test_typical_networks_are_covered_everywhere(rows: list[CoverageRow]) -> None:
    assert len(rows) == 3 * 2 * len(NUMBERS)
    for row in rows:
        assert 0.93 < row.typical < 0.97
        assert row.right > 0.93
        assert "\n" not in row.sentence
        json.dumps(row.to_json(), allow_nan=False)


def test_means_are_exact_or_withheld_where_beta_is_large(rows: list[CoverageRow]) -> None:
    for row in rows:
        assert row.exact == (row.activation == "relu")
        if row.exact:
            assert row.shown == 1
            assert row.mean.endswith("exact")
        elif row.width == 10:
            assert row.beta > 0.3
            assert row.mean == "withheld"
        elif row.beta < 0.03:
            assert row.shown == 1


def test_student_alone_is_the_planted_fault(rows: list[CoverageRow]) -> None:
    heavy = [row for row in rows if row.beta > 2]
    assert len(heavy) > 2
    assert all(row.t_alone < 0.9 for row in heavy)


def test_a_row_can_fail(rows: list[CoverageRow]) -> None:
    row = next(row for row in rows if row.exact)
    assert row.as_it_should
    changes: list[dict[str, Any]] = [
        {"typical": 0.92}, {"typical": 0.98}, {"right": 0.9}, {"shown": 0.99}
    ]  # fmt: skip
    for change in changes:
        assert not replace(row, **change).as_it_should


def test_one_study_is_refused() -> None:
    with pytest.raises(InputError, match="networks"):
        next(coverage(seed=1, networks=59, workers=1))
