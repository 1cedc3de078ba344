"""Tests of the table of guarantees: it counts right, and a share can lie outside its band.

The whole table takes minutes. Here it is a few hundred studies from small pools: the bands allow
for 3 Monte Carlo errors or more, and planted faults lie far outside.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import saturation_lab
from saturation_lab import InputError
from saturation_lab.cli import main, markdown
from saturation_lab.proof import (
    GUARANTEES,
    NUMBERS,
    POOL,
    STUDIES,
    Guarantee,
    Pool,
    calibrate,
    draw_pools,
    record_from,
    recorded,
)
from saturation_lab.proof.coverage import DEPTHS, NETWORKS, WIDTHS


@pytest.fixture(scope="module")
def pools() -> dict[str, Pool]:
    return draw_pools(seed=3, networks=400, workers=1)


def test_a_pool_is_centered(pools: dict[str, Pool]) -> None:
    for pool in pools.values():
        assert pool.errors.shape == (400, 10)
        assert pool.errors.mean(axis=0) == pytest.approx(np.ones(10), abs=1e-12)


def test_the_pools_have_no_bias_of_their_own(pools: dict[str, Pool]) -> None:
    # Gaussian weights: K_{l+1} has mean F(K_l) exactly; 5 standard errors in each of 30 means
    from saturation_lab.inference import one_step_errors
    from saturation_lab.theory.length_map import length_map

    for pool in pools.values():
        summary = pool.result.summary
        K = summary.conditional[:, :11]
        F = length_map(pool.result.study.activation, sigma_w=pool.sigma_w)
        r = one_step_errors(K, F(K[:, :-1]), networks=summary.networks).values
        assert (np.abs(r.mean(axis=0)) < 5 * r.std(axis=0, ddof=1) / 20).all()


@pytest.mark.parametrize(
    "name", ["one-step interval covers, tanh", "false holds at the margin, silu"]
)
def test_a_guarantee_is_inside(pools: dict[str, Pool], name: str) -> None:
    (row,) = calibrate(pools, seed=4, studies=300, only=name)
    assert abs(row.share - (0.95 if "covers" in name else 0.02)) < 4 * row.error
    assert "\n" not in row.sentence
    json.dumps(row.to_json(), allow_nan=False)


@pytest.mark.parametrize("name", ["verdict from the estimate", "t on the mean after"])
def test_a_planted_fault_is_outside(pools: dict[str, Pool], name: str) -> None:
    (row,) = calibrate(pools, seed=5, studies=300, only=name)
    assert row.planted
    assert row.as_it_should
    assert not replace(row, planted=False).as_it_should


def test_rows_have_random_numbers_of_their_own(pools: dict[str, Pool]) -> None:
    name = "one-step interval covers"
    together = {row.guarantee: row for row in calibrate(pools, seed=6, studies=20, only=name)}
    alone = [*calibrate(pools, seed=6, studies=20, only=name + ", silu")]
    assert alone == [together[name + ", silu"]]


def test_bands() -> None:
    low, high = Guarantee(name="a", came=GUARANTEES[0].came, high=0.025).band(2000)
    assert (low, round(high, 4)) == (0.0, 0.0355)
    low, high = Guarantee(name="a", came=GUARANTEES[0].came, low=0.9).band(2000)
    assert (round(low, 4), high) == (0.8799, 1.0)
    assert GUARANTEES[0].band(10) == (0.9335, 0.9655)
    assert len({one.name for one in GUARANTEES}) == len(GUARANTEES)


def test_no_studies_are_refused(pools: dict[str, Pool]) -> None:
    with pytest.raises(InputError, match="studies"):
        next(calibrate(pools, seed=1, studies=0))


def test_the_verb_writes_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "calibration.md"
    small = ["--studies", "4", "--networks", "100", "--coverage", "0", "--workers", "1"]
    code = main(["calibrate", *small, "--json", "--output", str(page)])
    data = json.loads(capsys.readouterr().out)
    rows = data["rows"]
    assert code == (not all(row["as_it_should"] for row in rows))
    assert len(rows) == len(GUARANTEES)
    text = page.read_text(encoding="utf-8")
    assert "calibrate --studies 4 --networks 100 --coverage 0`" in text
    assert "The default table" not in text
    assert markdown(record_from(data)) == text
    assert all(f"| {one.name} |" in text for one in GUARANTEES)


@pytest.mark.parametrize(
    "bad",
    [["--studies", "0"], ["--networks", "1"], ["--output", f"{__file__}/a"], ["--output", "/"]],
)
def test_the_verb_refuses(bad: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", *bad]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_recorded_run_is_todays_table_and_the_docs_show_it() -> None:
    record = recorded()
    assert (record.command, record.pool) == ("saturation-lab calibrate", POOL)
    assert [row.guarantee for row in record.rows] == [one.name for one in GUARANTEES]
    for row, one in zip(record.rows, GUARANTEES, strict=True):
        assert (row.studies, row.planted) == (STUDIES, one.planted)
        assert (row.low, row.high) == one.band(STUDIES)
        assert row.as_it_should
    assert record.cell == NETWORKS
    cells = {(row.activation, row.width, row.depth, row.number) for row in record.coverage}
    assert len(cells) == len(record.coverage) == 3 * len(WIDTHS) * len(DEPTHS) * len(NUMBERS)
    for cell in record.coverage:
        assert cell.as_it_should
        # a mean is withheld in most studies only where β > 0.1 and there is no exact law
        assert cell.shown > 0.5 or (cell.beta > 0.1 and not cell.exact)
    docs = Path(saturation_lab.__file__).parents[1] / "docs" / "calibration.md"
    assert docs.read_text(encoding="utf-8") == markdown(record)
