"""Tests that looks use only the contiguous prefix of networks, and stop once it decides."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saturation_lab import InputError
from saturation_lab.inference import LOOK_LEVEL, Answer, EveryLayer, Looking, Replicates, look_sizes
from saturation_lab.inference.equivalence import equivalence
from saturation_lab.inference.every_layer import every_layer


def _decide(errors: Replicates, level: float) -> Answer:
    return equivalence(errors, margin=0.1, level=level)


def _decide_all(errors: Replicates, level: float) -> EveryLayer:
    return every_layer(errors, margin=0.1, level=level)


def test_sizes() -> None:
    assert look_sizes(most=16) == (16,)
    assert look_sizes(first=16, most=2048) == (16, 32, 64, 128, 256, 512, 1024, 2048)
    with pytest.raises(InputError, match=r"at most 8 looks.*2,049 networks, got 16.*17"):
        look_sizes(first=16, most=2049)
    assert len(look_sizes(first=17, most=2049)) == 8


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.permutations(range(64)), st.integers(1, 64))
def test_the_order_of_arrival_changes_nothing(order: list[int], chunk: int) -> None:
    r = np.random.default_rng(1).normal(0.05, 0.3, 64)
    looking = Looking(_decide, most=64)
    for start in range(0, 64, chunk):
        part = order[start : start + chunk]
        look = looking.add(part, r[part])
        assert look is None or look.networks <= looking.contiguous
    straight = Looking(_decide, most=64)
    straight.add(range(64), r)
    assert [x.to_json() for x in looking.looks] == [x.to_json() for x in straight.looks]


def test_a_gap_is_not_looked_over() -> None:
    looking = Looking(_decide, most=64)
    assert looking.add(range(1, 64), np.zeros(63)) is None
    assert (looking.contiguous, looking.looks) == (0, ())
    look = looking.add([0], [0.0])
    assert look is not None
    assert (look.networks, look.stop) == (
        16,
        True,
    )  # the first look decided, the others are not made


def test_it_goes_on_until_the_last_look() -> None:
    noisy = np.random.default_rng(2).normal(0.1, 0.25, 64)
    looking = Looking(_decide, most=64)
    seen = [looking.add([i], noisy[[i]]) for i in range(64)]
    looks = [look for look in seen if look is not None]
    assert [look.networks for look in looks] == [16, 32, 64]
    assert [look.stop for look in looks] == [False, False, True]
    assert looking.stopped
    assert looks[0].sentence.endswith("continue to 32 networks")
    assert "99.375 % confidence" in looks[0].sentence
    assert looking.add([64], [0.0]) is None
    for look in looks:
        assert "\n" not in look.sentence
        json.dumps(look.to_json(), allow_nan=False)


def test_a_look_is_the_plain_verdict_at_its_level() -> None:
    r = np.random.default_rng(3).normal(0.0, 0.3, (32, 4))
    looking = Looking(_decide_all, most=32)
    look = looking.add(range(32), r)
    assert look is not None
    expected = every_layer(
        Replicates(values=r[: look.networks], networks=range(look.networks)),
        margin=0.1,
        level=LOOK_LEVEL,
    )
    assert look.decision.to_json() == expected.to_json()


def test_overflow_passes_through() -> None:
    looking = Looking(_decide, most=16)
    look = looking.add(range(16), [math.nan] + [0.0] * 15, overflowed=[True] + [False] * 15)
    assert look is not None
    assert "of which 1 overflowed" in look.sentence


@pytest.mark.parametrize(
    ("networks", "values", "said"),
    [
        ([0, 0], [1.0, 1.0], "network 0 again"),
        ([5], [1.0], "network 5 again"),
        ([-1], [1.0], "networks: expected a whole number of at least 0"),
        ([1, 2], [1.0, math.nan], "the first is network 2"),
        ([1, 2], [1.0, 1.0, 1.0, 1.0], r"with 2 rows, got shape \(4,\)"),
        ([1, 2], [[[1.0]], [[1.0]]], "average units and examples within each network"),
    ],
)
def test_bad_input(networks: list[int], values: list[float], said: str) -> None:
    looking = Looking(_decide, most=16)
    looking.add([5], [0.0])
    with pytest.raises(InputError, match=said):
        looking.add(networks, values)
