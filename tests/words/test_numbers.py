"""Test that numbers are shown with as many digits as their uncertainty allows."""

from __future__ import annotations

import math

import pytest

from saturation_lab.inference import Interval, rounded, short
from saturation_lab.words import change_text, estimate_text, interval_text


@pytest.mark.parametrize(
    ("x", "error", "said"),
    [
        (12.3456, 0.0789, "12.346"),
        (-12.3456, 0.789, "−12.35"),
        (1234.5, 20.0, "1,234"),
        (0.000123456, 0.0000021, "1.235 × 10⁻⁴"),
        (3.0e7, 2.0e5, "3.000 × 10⁷"),
        (0.0, 0.01, "0.000"),
        (math.nan, 0.1, "undefined"),
        (0.00012, math.nan, "1.20 × 10⁻⁴"),
    ],
)
def test_digits_match_the_error(x: float, error: float, said: str) -> None:
    assert rounded(x, error) == said


def test_intervals_say_why_they_are_missing() -> None:
    one = Interval(estimate=1, se=math.nan, low=math.nan, high=math.nan, networks=1)
    assert interval_text(one).startswith("(no interval")
    assert estimate_text(one) == "1.00"
    some = Interval(estimate=0.5, se=0.01, low=0.48, high=0.52, networks=9)
    assert interval_text(some) == "[0.480, 0.520]"
    assert interval_text(some, percent=True) == "[48.0 %, 52.0 %]"


def _interval(estimate: float, half: float) -> Interval:
    return Interval(
        estimate=estimate, se=half / 2, low=estimate - half, high=estimate + half, networks=9
    )


@pytest.mark.parametrize(
    ("difference", "half", "word"),
    [(1.0, 0.5, "rises"), (-1.0, 0.5, "falls"), (1.0, 2.0, "does not change measurably")],
)
def test_a_change_is_one_only_when_its_interval_says_so(
    difference: float, half: float, word: str
) -> None:
    first, last = _interval(3.0, 0.1), _interval(3.0 + difference, 0.1)
    assert change_text(first, last, _interval(difference, half)).startswith(word)


def test_no_change_is_claimed_of_what_is_undefined_or_single() -> None:
    nan = Interval(estimate=math.nan, se=math.nan, low=math.nan, high=math.nan, networks=9)
    one = Interval(estimate=1.0, se=math.nan, low=math.nan, high=math.nan, networks=1)
    two = Interval(estimate=2.0, se=math.nan, low=math.nan, high=math.nan, networks=1)
    assert change_text(nan, nan, nan) == "is undefined"
    assert change_text(one, one, one) == "is 1.00 in both layers"
    assert change_text(one, two, one) == "goes from 1.00 to 2.00"
    assert short(123456.0) == "1.23 × 10⁵"
