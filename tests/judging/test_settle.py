"""Tests of settling claims: when it stops, how it resumes, and how often it looks."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saturation_lab import Claim, InputError, Result, Study, ask, own_initializer, sample
from saturation_lab.inference import LOOK_LEVEL, Verdict
from saturation_lab.judging import PILOTS, Settled, experiment_of, judge
from saturation_lab.judging.settle import _last, settle
from saturation_lab.sampling import sample_pilots, with_ranges

STUDY = Study(
    activation="relu",
    initializer="he_normal",
    widths=[12] * 4,
    inputs="gaussian",
    features=12,
    examples=4,
    dtype="float64",
    seed=11,
)
GRADIENT = ask("top_over_bottom", study="he", quantity="gradient_mean_square")


def _claim(low: float = -math.inf, high: float = math.inf, key: str = "X") -> Claim:
    return Claim(
        id=key, source="", sentence="", precise="", experiment=GRADIENT, low=low, high=high
    )


def _run(*claims: Claim, study: Study = STUDY, **how: object) -> dict[str, Settled]:
    return settle(claims, {"he": study}, workers=1, **how)  # type: ignore[arg-type]


CLEAR = _claim(-10.0, 10.0, key="clear")
CLOSE = _claim(low=-0.2, key="close")
"""The truth lies near 0, one network's log ratio scatters by about 1.2."""


def test_what_is_clear_takes_one_look_and_what_is_close_takes_more() -> None:
    found = _run(CLEAR, CLOSE, most=512)
    assert len(found["clear"].looks) == 1
    assert found["clear"].planned == 16
    assert len(found["close"].looks) > 1
    assert [look.networks for look in found["close"].looks][:2] == [16, 32]
    for settled in found.values():
        assert settled.finding.interval.level == LOOK_LEVEL == 1 - 0.05 / 8
        json.dumps(settled.to_json(), allow_nan=False)


def test_a_finding_is_the_judges_on_as_many_networks() -> None:
    settled = _run(CLEAR, CLOSE, most=128)["close"]
    used = settled.looks[-1].networks
    study = replace(with_ranges(STUDY), networks=used)
    alone = judge(CLOSE, {"he": sample(study, workers=1)}, level=LOOK_LEVEL)
    assert alone.to_json() == settled.finding.to_json()
    assert settled.sentence.endswith(f"used {used} in {len(settled.looks)} looks)")


def test_the_plan_is_that_of_pilots_that_are_not_in_the_study() -> None:
    pilots = sample_pilots(STUDY, PILOTS)
    drawn = sample(replace(with_ranges(STUDY), networks=PILOTS), workers=1)
    values = [experiment_of(CLOSE).values({"he": result}) for result in (pilots, drawn)]
    assert not np.isin(values[0], values[1]).any()
    needed = _run(CLOSE, most=16)["close"].planned
    assert needed is not None
    spread, estimate = values[0].std(ddof=1), values[0].mean()
    # 90 % power of a t-interval of level 99.375 %: about ((2.73 + 1.28) s/d)²
    assert needed == pytest.approx(((2.73 + 1.28) * spread / (estimate + 0.2)) ** 2, rel=0.1, abs=6)


@pytest.mark.parametrize(
    ("most", "planned", "last"),
    [
        (None, (20, 33), 128),  # twice what is asked for, and the next doubling
        (None, (16, None), 2048),  # too close to an end: as many as eight looks take
        (None, (5000,), 2048),
        (None, (), 16),
        (100, (20,), 128),
        (64, (None,), 64),
    ],
)
def test_where_it_stops(most: int | None, planned: tuple[int | None, ...], last: int) -> None:
    assert _last([16 * 2**doubling for doubling in range(8)], most, planned) == last


def test_a_stopped_run_goes_on_and_ends_as_one_that_never_stopped(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    early = _run(CLOSE, most=16, folder=kept)["close"]
    assert early.finding.verdict is Verdict.UNDECIDED
    assert "networks would decide" in early.sentence or "too close" in early.sentence
    later = _run(CLOSE, most=256, folder=kept)["close"]
    assert later.to_json() == _run(CLOSE, most=256)["close"].to_json()
    assert later.looks[0].networks == 16  # the looks that were made count on
    again = _run(CLOSE, CLEAR, most=256, folder=kept)
    assert again["close"].to_json() == later.to_json()
    assert len(again["clear"].looks) == 1  # asked later, but at its first look
    assert Result.load(kept / "he").study.networks == later.looks[-1].networks


def test_a_run_stopped_between_two_studies_goes_on(tmp_path: Path) -> None:
    nearer = replace(
        _claim(low=0.0),
        experiment=ask("nearer_to_one", study="he", than="half", quantity="gradient_mean_square"),
    )
    studies = {"he": STUDY, "half": replace(STUDY, gain=1.0)}
    kept = tmp_path / "kept"
    whole = settle([nearer], studies, folder=kept, most=32, workers=1)["X"]
    assert whole.finding.verdict is Verdict.HOLDS
    shutil.rmtree(kept / "half")
    assert settle([nearer], studies, folder=kept, workers=1, most=32)["X"] == whole


def test_an_undefined_number_decides_nothing() -> None:
    dead = replace(STUDY, bias="normal", bias_scale=0.0, widths=[1] * 6, examples=1)
    found = _run(_claim(low=-1.0), study=dead)["X"]
    assert found.finding.verdict is Verdict.UNDECIDED
    assert found.finding.undefined > 0
    assert "undefined in" in found.sentence
    assert found.planned is None
    assert len(found.looks) == 1  # no number of networks would define it


def test_folders_that_are_refused(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    _run(CLEAR, most=16, folder=kept)
    with pytest.raises(InputError, match=r"^first: expected 16, as"):
        _run(CLEAR, first=20, folder=kept)
    _run(CLEAR, first=20, most=20, folder=tmp_path / "twenty")
    with pytest.raises(InputError, match=r"^first: expected 20, as"):
        _run(CLEAR, folder=tmp_path / "twenty")
    with pytest.raises(InputError, match=r"^resume: gain: expected 1.41"):
        _run(CLEAR, study=replace(STUDY, gain=1.0), folder=kept)
    ranges = {"activation": (-1.0, 50.0)}
    with pytest.raises(InputError, match=r"^resume: ranges: expected"):
        _run(CLEAR, study=replace(STUDY, ranges=ranges), folder=kept)
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError, match=r"^folder: expected a new folder or one that has settle"):
        _run(CLEAR, folder=strange)
    with pytest.raises(InputError, match=r"^output: expected a folder that can be written, got"):
        _run(CLEAR, folder=strange / "letter.txt")
    (kept / "settle.toml").write_text("schema = 2\nfirst = 16\n", encoding="utf-8")
    with pytest.raises(InputError, match="schema: expected 1, got 2"):
        _run(CLEAR, folder=kept)
    (kept / "settle.toml").write_text("schema = 1\nfirst = 16\n", encoding="utf-8")
    (kept / "he" / "networks.npz").write_bytes(b"")
    with pytest.raises(InputError, match=r"^result: expected an undamaged networks.npz"):
        _run(CLEAR, folder=kept)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(InputError, match=r"^claims: expected a study called 'he', which claim X"):
        settle([_claim(low=0.0)], {"she": STUDY}, workers=1)
    with pytest.raises(
        InputError, match=r"^most: expected a whole number from 2 to 2,048, got 5000"
    ):
        _run(CLEAR, most=5000)
    with pytest.raises(InputError, match=r"^first: expected a whole number of at least 2"):
        _run(CLEAR, first=1)
    with pytest.raises(InputError, match=r"^claims: expected unique ids, got X twice"):
        _run(_claim(low=0.0), _claim(high=0.0))


def test_what_no_folder_can_keep_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    signs = own_initializer("signs", std=0.4, law=lambda rng, shape: rng.choice([-0.4, 0.4], shape))
    study, drawn = replace(STUDY, initializer=signs, gain=None), list[int]()
    with pytest.raises(InputError, match=r"^initializer: expected .* module:attribute"):
        _run(CLEAR, study=study, folder=tmp_path / "kept", tick=drawn.append)
    assert drawn == []
    assert _run(CLEAR, study=study, most=16)["clear"].finding.verdict is Verdict.HOLDS


@pytest.mark.parametrize("name", ["../outside", "..", "", "settle.toml"])
def test_no_result_is_written_outside_the_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^studies: expected names that are valid as folder"):
        settle([CLEAR], {"he": STUDY, name: STUDY}, folder=tmp_path / "kept", most=16, workers=1)
    assert not any(tmp_path.iterdir())
