"""Tests of numbers in the cells of tables."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saturation_lab.words import factor_cell, half_cell, number_cell, range_cell
from saturation_lab.words.table_numbers import DIGITS

NUMBERS = st.floats(min_value=1e-12, max_value=1e12)


def _digits(text: str) -> int:
    """Count the significant digits of a number, without trailing zeros of a whole number."""
    mantissa = re.sub(r"[eE].*", "", text).lstrip("-")
    return len(mantissa.replace(".", "").lstrip("0"))


@given(x=NUMBERS, power=st.floats(min_value=-18, max_value=0.5))
def test_no_cell_shows_more_digits_than_float32_has(x: float, power: float) -> None:
    half = x * 10**power
    number, _, _ = half_cell(x, half).partition(" ")
    assert _digits(number.strip("()")) <= DIGITS + 1  # 9.99999 ± 0.00010 may round up to 10.0000
    low, _, high = range_cell(x, x + half).partition("…")
    assert max(_digits(low), _digits(high)) <= DIGITS


@given(x=NUMBERS, digits=st.integers(2, 6))
def test_a_number_is_within_half_a_unit_of_its_last_digit(x: float, digits: int) -> None:
    assert float(number_cell(x, digits)) == pytest.approx(x, rel=0.5001 * 10 ** (1 - digits))


@given(x=NUMBERS, excess=st.floats(min_value=2e-5, max_value=1e3))
def test_a_factor_is_above_1_and_that_of_the_ends(x: float, excess: float) -> None:
    number, factor = factor_cell(x, x / (1 + excess), x * (1 + excess)).split(" ×÷")
    assert float(factor) > 1
    assert float(factor) - 1 == pytest.approx(excess, rel=0.51)
    assert float(number) == pytest.approx(x, rel=max(0.06, excess / 2))


@pytest.mark.parametrize(
    ("x", "half", "said"),
    [
        (1.0000000000000016, 6e-15, "1.00000"),  # rounding errors of float64
        (0.965868821, 3e-9, "0.965869"),  # of float32
        (0.99999999, 5e-8, "1.00000"),
        (0.0, 3e-9, "0.000000000 ± 0.000000003"),
        (12.3, 0.16, "12.30 ± 0.16"),
    ],
)
def test_an_interval_that_cannot_be_seen_is_left_out(x: float, half: float, said: str) -> None:
    assert half_cell(x, half) == said


def test_a_factor_without_a_lower_end() -> None:
    assert factor_cell(2.0, 0.0, 8.0) == "2.0 [0, 8.0]"
    assert factor_cell(2.0, math.nan, math.nan) == "2.00"
