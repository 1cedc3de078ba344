"""Tests of comparisons: planted differences are found, none are invented, bad input is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from saturation_lab import InputError, Measured, Result, Study, measure, sample
from saturation_lab.compare import Contrast, compare, shown_other_examples
from saturation_lab.inference import Verdict
from saturation_lab.sampling import trace_network
from saturation_lab.statistics import QUANTITIES, Kind

SMALL = Study(
    activation="tanh",
    initializer="glorot_normal",
    widths=(24,) * 3,
    inputs="digits",
    examples=6,
    networks=20,
    seed=1,
)


def _drawn(**changes: Any) -> Result:
    return sample(replace(SMALL, **changes), workers=1)


@pytest.fixture(scope="module")
def plain() -> Result:
    return _drawn()


@pytest.fixture(scope="module")
def wider() -> Result:
    """Return the same networks with weights that are 2 % larger."""
    return _drawn(gain=1.02)


def _row(found: Contrast, quantity: str, layer: int | str) -> Any:
    return next(row for row in found.rows if (row.quantity, row.layer) == (quantity, layer))


def test_two_percent_of_gain_show_in_pairs_but_not_in_two_samples() -> None:
    # over 100 seeds found 100 times in pairs (t above 60), once in two samples (mean t of 0.9)
    one, other = _drawn(gain=1.02, fresh_inputs=True), _drawn(fresh_inputs=True)
    quantity, layer = "pre_activation_mean_square", 3
    paired = _row(compare(one, other), quantity, layer)
    assert paired.differs
    assert paired.surety > 20
    assert paired.comparison.correlation > 0.99
    assert 1.05 < paired.comparison.interval.estimate < 1.12
    apart = compare(_drawn(gain=1.02, fresh_inputs=True, seed=2), other)
    assert not apart.paired
    assert not _row(apart, quantity, layer).differs


def test_other_examples_are_said(plain: Result) -> None:
    found = compare(_drawn(seed=2), plain)
    assert found.other_examples
    assert any("different examples" in line for line in found.cautions)
    assert "different examples" in found.sentence
    assert found.to_json()["other_examples"]


def test_they_differ_and_are_alike(plain: Result, wider: Result) -> None:
    row = _row(compare(wider, plain), "pre_activation_mean_square", 1)
    assert row.differs  # exactly 1.02²
    assert row.comparison.interval.estimate == pytest.approx(1.02**2, rel=1e-6)
    assert row.verdict == "alike"  # within ln 2/3
    narrow = _row(compare(wider, plain, margin=0.01), "pre_activation_mean_square", 1)
    assert narrow.verdict == "unlike"
    assert narrow.alike.smallest_margin == pytest.approx(2 * math.log(1.02), rel=1e-5)


def test_two_seeds_of_one_study_do_not_differ() -> None:
    # 20 pairs of studies of which nothing differs: Benjamini-Hochberg then errs in at most 5 % of
    # all pairs (1,000 larger ones: 5.2 ± 0.7 %); more than 5 of 20 have a chance of 0.03 %
    spans = {"pre_activation": (-5, 5), "activation": (-1, 1), "gradient": (-1, 1)}
    study = replace(
        SMALL, widths=(12, 12), examples=4, networks=16, fresh_inputs=True, ranges=spans
    )
    results = [sample(replace(study, seed=seed), workers=1) for seed in range(40)]
    found = [compare(*results[i : i + 2]) for i in range(0, 40, 2)]
    assert sum(bool(one.differing) for one in found) <= 5
    raw = np.mean([row.comparison.p_value < 0.05 for one in found for row in one.rows])
    assert 0.02 < raw < 0.08  # of 2,080 rows that move together: 5 ± 0.9 %
    assert not any(one.other_examples or one.paired for one in found)
    planted = compare(sample(replace(study, seed=5, gain=1.3), workers=1), results[0])
    assert len(planted.differing) > 10


def test_one_study_twice_is_identical(plain: Result) -> None:
    found = compare(plain, plain)
    assert found.identical
    assert not found.differing
    assert not found.keys
    assert "identical in every network" in found.sentence
    assert {row.comparison.p_value for row in found.rows} == {1.0}
    assert {row.verdict for row in found.rows} == {"alike", ""}


def test_rounding_is_no_difference() -> None:
    # ReLU is homogeneous: with weights √2 times as large shapes and shares stay, in exact numbers
    one, other = (
        _drawn(activation="relu", initializer=rule, inputs="gaussian", features=8)
        for rule in ("he_normal", "glorot_normal")
    )
    found = compare(one, other)
    stay = [r for r in found.rows if r.quantity.endswith(("skewness", "kurtosis"))]
    stay += [row for row in found.rows if QUANTITIES[row.quantity].kind is Kind.SHARE]
    assert len(stay) > 20
    assert all(row.same and not row.differs for row in stay)
    assert _row(found, "pre_activation_mean_square", 3).differs
    precise = _drawn(gain=1 + 1e-7, dtype="float64"), _drawn(dtype="float64")
    assert _row(compare(*precise), "pre_activation_mean_square", 2).differs


def test_swapped_studies_invert_ratios(plain: Result) -> None:
    for other in (_drawn(gain=1.3), _drawn(seed=4)):
        there, back = compare(plain, other), compare(other, plain)
        assert [row.differs for row in there.rows] == [row.differs for row in back.rows]
        assert [row.verdict for row in there.rows] == [row.verdict for row in back.rows]
        for one, two in zip(there.rows, back.rows, strict=True):
            a, b = one.comparison.interval, two.comparison.interval
            if one.by_ratio:
                assert a.estimate * b.estimate == pytest.approx(1)
                assert a.low * b.high == pytest.approx(1)
            else:
                assert [a.low, a.high] == pytest.approx([-b.high, -b.low])


def test_p_values_are_those_of_the_intervals(plain: Result) -> None:
    for other in (_drawn(gain=1.02), _drawn(seed=4)):
        for row in compare(other, plain).rows:
            assert (row.comparison.p_value < 0.05) == row.comparison.differ
            assert row.p_adjusted >= row.comparison.p_value


def test_every_quantity_is_compared_or_said_not_to_be(plain: Result, wider: Result) -> None:
    found = compare(wider, plain)
    left = [where for places in found.left_out.values() for where in places]
    rows = [(row.quantity, row.layer) for row in found.rows]
    layers = [1, 2, 3, "output"]
    assert sorted(map(str, rows + left)) == sorted(
        str((name, layer)) for name in QUANTITIES for layer in layers
    )
    assert ("singular_value_mean", 1) in found.left_out["undefined"]
    assert ("gradient_peak_share", 2) in found.left_out["other axis"]
    for row in found.rows:
        assert row.by_ratio == (QUANTITIES[row.quantity].kind is Kind.SIZE)
        assert (row.alike is None) == (QUANTITIES[row.quantity].kind is Kind.PLACE)


def test_peaks_are_compared_on_one_axis(plain: Result) -> None:
    same = _drawn(gain=1.02, ranges=plain.study.ranges)
    assert "other axis" not in compare(same, plain).left_out


def test_an_overflow_is_counted_and_not_dropped(plain: Result) -> None:
    burst = _drawn(activation="identity", gain=1e12, dtype="float32")
    assert burst.summary.overflowed > 0
    for one, other in ((burst, plain), (plain, burst), (replace(burst), _drawn(seed=9))):
        found = compare(one, other)
        assert ("activation_mean_square", "output") in found.left_out["overflowed"]
        assert any("20 of 20 networks" in line for line in found.cautions)
        assert found.rows  # what is finite is compared
        json.dumps(found.to_json(), allow_nan=False)


def test_where_nothing_is_defined_nothing_is_compared(plain: Result) -> None:
    found = compare(plain, plain, quantities=["singular_value_max"])
    assert not found.rows
    assert not found.identical
    assert "nothing can be compared" in found.sentence
    json.dumps(found.to_json(), allow_nan=False)


def test_a_size_of_zero_has_no_ratio(plain: Result) -> None:
    column = list(QUANTITIES).index("gradient_mean_square")
    values = plain.summary.values.copy()
    values[0, 0, column] = 0.0
    dead = replace(plain, summary=replace(plain.summary, values=values))
    row = _row(compare(dead, plain), "gradient_mean_square", 1)
    assert row.comparison.scale == "difference"
    assert row.alike is None
    assert any("not above 0: gradient_mean_square" in line for line in compare(dead, plain).gaps)


def test_fewer_networks_leave_some_without_a_partner(plain: Result) -> None:
    found = compare(_drawn(networks=8, gain=1.1), plain)
    assert {row.comparison.interval.networks for row in found.rows} == {8}
    assert "12 without a partner left out" in found.how


def test_what_is_asked_for_is_all_that_is_screened(plain: Result, wider: Result) -> None:
    found = compare(
        wider, plain, quantities=["gradient_mean_square", "activation_mean"], layers=[2, "output"]
    )
    assert [(row.quantity, row.layer) for row in found.rows] == [
        ("gradient_mean_square", 2),
        ("gradient_mean_square", "output"),
        ("activation_mean", 2),
        ("activation_mean", "output"),
    ]
    assert "4 comparisons" in found.sentence


def test_the_keys_that_differ_are_told(plain: Result) -> None:
    found = compare(_drawn(activation="relu", initializer="he_normal", networks=8), plain)
    assert list(found.keys)[:3] == ["activation", "initializer", "gain"]
    assert found.keys["activation"] == ("relu", "tanh")
    assert found.keys["networks"] == (8, 20)
    assert "seed" not in found.keys


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"examples": 5}, "examples (6 and 5)"),
        ({"inputs": "gaussian", "features": 64}, "loss (softmax_nll and random_cotangent)"),
        ({"widths": (24, 24)}, "depth (3 and 2)"),
        ({"scaling": "unit", "fresh_inputs": True}, "fresh_inputs (False and True)"),
    ],
)
def test_unlike_studies_are_refused_by_every_key(
    plain: Result, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as refused:
        compare(plain, _drawn(networks=2, **changes))
    assert said in str(refused.value)
    for key in changes:
        assert (key if key not in ("widths", "features") else "(") in str(refused.value)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda r: compare(r, r, margin=0), "margin"),
        (lambda r: compare(r, r, margin=math.nan), "margin"),
        (lambda r: compare(r, r, share_margin=-1), "share_margin"),
        (lambda r: compare(r, r, quantities=["variance"]), "quantities"),
        (lambda r: compare(r, r, layers=[4]), "layers"),
        (lambda r: compare(r, r, layers=[0]), "layers"),
        (lambda r: compare(_drawn(networks=1), r, names=("x", "y")), "got one in x"),
    ],
)
def test_bad_input(plain: Result, ask: Callable[[Result], Contrast], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ask(plain)


def test_no_output_layer_is_refused_by_name() -> None:
    result = _drawn(inputs="gaussian", features=8, networks=2)
    with pytest.raises(InputError, match="there is no output"):
        compare(result, result, layers=["output"])


def test_the_same_examples_are_known_in_any_order_and_precision() -> None:
    assert not shown_other_examples(SMALL, replace(SMALL, dtype="float64", widths=(9,)))
    assert shown_other_examples(SMALL, replace(SMALL, seed=2))
    fresh = replace(SMALL, fresh_inputs=True)
    assert not shown_other_examples(fresh, replace(fresh, seed=2))


def test_all_rows_of_a_file_are_the_same_examples(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(6, 4)))
    study = replace(SMALL, inputs=str(tmp_path / "x.npy"), loss=None)
    assert not shown_other_examples(study, replace(study, seed=2))  # shuffled, no more
    np.save(tmp_path / "y.npy", np.load(tmp_path / "x.npy"))
    one, other = (
        sample(replace(study, inputs=str(tmp_path / name), networks=2), workers=1)
        for name in ("x.npy", "y.npy")
    )
    assert compare(one, other).identical  # a copy of the file is the same file


def _own(*, seed: int | None = None, first: int = 0, **changes: Any) -> Measured:
    study = replace(SMALL, **changes)
    traces = (trace_network(study, i) for i in range(first, first + 8))
    return measure(traces, title="Mine", seed=seed)


def test_networks_of_your_own_are_compared_with_any(plain: Result) -> None:
    found = compare(_own(gain=1.3), _own(first=8))
    assert not found.paired
    assert found.how == "unpaired (Welch): 8 and 8 networks"
    assert _row(found, "pre_activation_mean_square", 1).differs
    assert not found.keys
    json.dumps(found.to_json(), allow_nan=False)
    mixed = compare(_own(gain=1.3, seed=1), plain)
    assert mixed.paired
    assert "seed 1" in mixed.how
    assert not mixed.keys
    same = _row(compare(_own(seed=1), plain), "pre_activation_mean_square", 3)
    assert same.identical  # one trace for one, whoever measures it
    with pytest.raises(InputError, match=r"examples \(5 and 6\), depth \(2 and 3\)"):
        compare(_own(examples=5, widths=(24, 24)), plain)


def test_other_versions_are_told(plain: Result) -> None:
    older = replace(plain, made_with={**plain.made_with, "numpy": "1.26"})
    found = compare(older, plain)
    assert found.versions["numpy"][0] == "1.26"
    assert any("different versions" in line for line in found.cautions)


def test_every_sentence_is_one_line_and_json_is_strict(plain: Result, wider: Result) -> None:
    found = compare(wider, plain)
    lines = [found.sentence, found.how, *found.cautions, *found.gaps]
    assert all("\n" not in line for line in [*lines, *(row.sentence for row in found.rows)])
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert len(data["rows"]) == len(found.rows)
    assert data["differing"] == sum(row["differs"] for row in data["rows"])
    assert data["alike"] == sum(row.verdict == "alike" for row in found.rows)
    assert {row.alike.verdict for row in found.rows if row.alike} <= set(Verdict)


def test_unlike_takes_a_difference_that_is_shown(plain: Result, wider: Result) -> None:
    # outside the margin by chance alone, as some of many intervals are
    row = _row(compare(wider, plain, margin=0.01), "pre_activation_mean_square", 1)
    assert row.alike.verdict is Verdict.FAILS
    assert row.decided is Verdict.FAILS
    missed = replace(row, differs=False)
    assert (missed.decided, missed.verdict) == (Verdict.UNDECIDED, "undecided")
    assert "unlike" not in missed.sentence
    # two seeds of one study: no difference is shown, so nothing is unlike
    for seed in range(2, 12):
        found = compare(_drawn(seed=seed, networks=8), _drawn(seed=seed + 100, networks=8))
        assert found.counts()["unlike"] <= len(found.differing)
