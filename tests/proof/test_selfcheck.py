"""Tests of the check on the user's machine: it passes where all is right, and sees what is wrong.

`make test` compares the two samplers on fewer networks than the check itself. For each of its
statistics, a mean that is 0.6 standard deviations off is then found with a power of 99.9 %.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from saturation_lab import Study, Trace
from saturation_lab.cli import main
from saturation_lab.data import Examples
from saturation_lab.inference import (
    bound,
    standard_errors_apart,
    standard_errors_off,
    values_needed,
)
from saturation_lab.proof import PAIRS, SMALL, Check, selfcheck
from saturation_lab.sampling import SAMPLERS, dense_trace

COUNT = len(selfcheck.statistics(dense_trace(SMALL.resolved(), [0, 1], None)))
ALARM = 1e-6 / len(PAIRS)
FEW, MORE = (values_needed(shift, false_alarm=ALARM / COUNT, power=0.999) for shift in (0.6, 0.35))


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selfcheck, "apart", partial(selfcheck.apart, networks=FEW))
        return list(selfcheck.selfcheck())


def test_all_is_right_here(checks: list[Check]) -> None:
    assert [check.name for check in checks if not check.passed] == []
    assert len(checks) == len(selfcheck.ADJOINT) + 1 + len(PAIRS)


@pytest.mark.proof
def test_all_is_right_at_the_size_of_the_check() -> None:
    assert [check.name for check in selfcheck.selfcheck() if not check.passed] == []


def test_the_command_says_so(
    checks: list[Check], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selfcheck, "selfcheck", lambda: iter(checks))
    assert main(["selfcheck"]) == 0
    said = capsys.readouterr().out
    assert said.count("passed") == len(checks)
    assert "error of 1% with power 99.9%" in " ".join(said.split())
    assert "false alarm rate of 1e-06" in " ".join(said.split())
    failed = replace(checks[0], measured=float("nan"))
    monkeypatch.setattr(selfcheck, "selfcheck", lambda: iter([failed]))
    assert main(["selfcheck", "--json"]) == 1
    (entry,) = json.loads(capsys.readouterr().out)["checks"]
    assert entry["passed"] is False
    assert entry["measured"] is None


def _faulty(**changes: Any) -> Any:
    def trace(
        study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool = False
    ) -> Trace:
        return dense_trace(replace(study, **changes), networks, shared, pilot=pilot)

    return trace


def test_a_gain_that_is_one_percent_off_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers say that their weights have the study's gain; they were drawn with another."""
    needed = values_needed(1.01**2 - 1, false_alarm=5e-7, power=0.999)
    assert selfcheck.whitening(needed) < bound(1e-6, 2)
    honest = SAMPLERS["dense"]

    def off(study: Study, networks: Sequence[int], shared: Examples | None, **given: Any) -> Trace:
        assert study.gain is not None
        trace = honest(replace(study, gain=1.01 * study.gain), networks, shared, **given)
        layers = [
            replace(layer, weight_variance=layer.weight_variance / 1.01**2)
            for layer in trace.layers
        ]
        return replace(trace, layers=tuple(layers))

    monkeypatch.setitem(SAMPLERS, "dense", off)
    assert selfcheck.whitening(needed) > bound(1e-6, 2)


@pytest.mark.parametrize("changes", [{"gain": 1.5}, {"bias_scale": 0.5}], ids=str)
def test_another_law_is_seen(changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A bias scale of 0.5 in place of 0.4 moves a mean by 0.36 standard deviations."""
    limit = bound(ALARM, COUNT)
    assert selfcheck.apart(PAIRS["normal"], networks=MORE) < limit
    monkeypatch.setitem(SAMPLERS, "dense", _faulty(**changes))
    assert selfcheck.apart(PAIRS["normal"], networks=MORE) > limit


def test_fresh_weights_on_the_way_back_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def fresh(study: Study, networks: Sequence[int], shared: Examples | None) -> Trace:
        one, other = (
            dense_trace(study, [i + shift for i in networks], shared) for shift in (0, 99)
        )
        layers = zip(one.layers, other.layers, strict=True)
        return replace(one, layers=tuple(replace(a, gradient=b.gradient) for a, b in layers))

    assert selfcheck.adjoint(SMALL, "dense") < selfcheck.ROUNDING
    monkeypatch.setitem(SAMPLERS, "dense", fresh)
    assert selfcheck.adjoint(SMALL, "dense") > 0.1


def test_standard_errors_are_what_they_say() -> None:
    rng = np.random.default_rng(3)
    means = [standard_errors_off(rng.normal(2, 3, 50), 2.0) for _ in range(4000)]
    pairs = [standard_errors_apart(rng.normal(2, 3, 50), rng.normal(2, 1, 70)) for _ in range(4000)]
    for found in (means, pairs):  # Student's t with about 50 degrees of freedom: 1.02
        assert np.std(found) == pytest.approx(1.02, abs=5 / np.sqrt(2 * 4000))
        assert np.mean(found) == pytest.approx(0, abs=5 / np.sqrt(4000))
    assert standard_errors_apart([1.0] * 9, [1.0] * 9) == 0
    assert standard_errors_apart([1.0, 2.0, 3.0], [9.0, 10.0, 11.0]) < -5
