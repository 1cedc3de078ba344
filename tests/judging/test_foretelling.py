"""Tests of what theory expects of many networks: the same by any number of workers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saturation_lab import InputError, Measured, Study, sample
from saturation_lab.judging import MOST_EXAMPLES, with_theory

STUDY = Study(
    activation="tanh", initializer="glorot_uniform", widths=(8, 8), inputs="gaussian",
    examples=5, networks=2,
)  # fmt: skip


def test_theory_is_asked_of_what_it_can_follow() -> None:
    diverges = replace(STUDY, activation=lambda z: np.exp(z * z))
    many = replace(STUDY, examples=MOST_EXAMPLES + 1)
    keys = ("kept", "diverges", "many")
    drawn = dict(zip(keys, map(_drawn, (STUDY, diverges, many)), strict=True))
    one, two = (with_theory(drawn, workers=workers) for workers in (1, 2))
    for found in (one, two):
        assert list(found) == list(keys)
        assert [key for key in keys if found[key].expected is not None] == ["kept"]
    np.testing.assert_array_equal(_values(one["kept"]), _values(two["kept"]))


def _drawn(study: Study) -> Measured:
    return sample(study, workers=1)


def _values(one: Measured) -> np.ndarray:
    assert one.expected is not None
    return one.expected.values


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("fault", ["changed", "gone"])
def test_inputs_that_cannot_be_read_are_not_passed_over(
    fault: str, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("mine.npy")
    np.save(file, np.eye(6))
    study = Study(
        activation="relu", initializer="he_normal", widths=(8,), inputs="mine.npy", examples=5
    )
    kept = study.resolved()
    asked = {"kept": _drawn(kept), "also": _drawn(replace(kept, seed=1))}
    assert all(one.expected is not None for one in with_theory(asked, workers=1).values())
    if fault == "gone":
        file.unlink()
    else:
        np.save(file, np.ones((7, 6)))
    with pytest.raises(InputError, match=r"^inputs") as caught:
        with_theory(asked, workers=workers)
    assert type(caught.value) is InputError
