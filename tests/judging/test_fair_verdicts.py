"""Tests of the verdicts on statements: the rules by which parts decide them, files, and the slides.

The parts of the statements here are exact numbers, so that each can be made to hold or to fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from saturation_lab import Claim, InputError, Statement, ask
from saturation_lab.claims import STATEMENTS
from saturation_lab.claims.claim import Unit
from saturation_lab.inference import Judgement, Verdict
from saturation_lab.judging import (
    Evidence,
    differs,
    errata_of,
    examine,
    hold,
    ideas_of,
    judgement_of,
    read_statements,
    recorded_judgement,
)
from saturation_lab.pages import errata_blocks, statements_blocks
from saturation_lab.pages.as_text import as_text

SHARE = ask("exact", of="share_outside", args=(4.0, 4.0))
"""The number 0.3173."""


def _part(id: str, *, holds: bool, **more: object) -> Claim:
    low, high = (0.0, 1.0) if holds else (0.9, 1.0)
    claim = Claim(
        id=id, experiment=SHARE, low=low, high=high, source="s", sentence="s", precise="s"
    )
    return replace(claim, expected="holds" if holds else "fails", **more)  # type: ignore[arg-type]


def _statement(*parts: Claim, kind: str = "rule", **more: str) -> Statement:
    return Statement(id="S", kind=kind, sentence="s", precise="p", parts=parts, **more)


def _found(statement: Statement) -> Evidence:
    (evidence,) = hold([statement], {})
    return evidence


@pytest.mark.parametrize("key", ["needs", "notation"])
def test_a_condition_decides_only_where_the_statement_fails(key: str) -> None:
    name = {"needs": "met", "notation": "repaired"}[key]
    for first, second in product((True, False), repeat=2):
        parts = (_part("S", holds=first), _part(f".{name}", holds=second))
        found = _found(_statement(*parts, **{key: "X"}))
        expected = Judgement.HOLDS if first else Judgement(key) if second else Judgement.FAILS
        assert found.verdict is expected
        assert found.as_expected
        assert found.to_json()["verdict"] == expected.value


def test_every_part_with_the_assumption_met_must_hold() -> None:
    parts = [_part("S", holds=False), _part(".met", holds=True), _part(".met.more", holds=False)]
    assert _found(_statement(*parts, needs="X")).verdict is Judgement.FAILS
    other = replace(parts[2], id=".metal")  # another word
    assert _found(_statement(*parts[:2], other, needs="X")).verdict is Judgement.NEEDS


def test_a_derivation_that_holds_where_its_assumption_is_met_never_fails() -> None:
    parts = (_part("S", holds=False), _part(".met", holds=True))
    stated = _statement(*parts, kind="derivation", assumes="E a = 0")
    assert _found(stated).line == "needs E a = 0: 0.317 (s), 0.317 (s)"
    assert _found(replace(stated, kind="rule", needs="")).verdict is Judgement.FAILS


def test_an_undecided_part_leaves_the_statement_undecided() -> None:
    parts = (_part("S", holds=False), _part(".met", holds=True))
    stated = _statement(*parts, needs="X")
    for first, met in (("undecided", "holds"), ("fails", "undecided")):
        verdicts = {"S": Verdict(first), "S.met": Verdict(met)}
        assert judgement_of(stated, verdicts) is Judgement.UNDECIDED
    advice = replace(_statement(parts[0]), kind="advice")
    assert judgement_of(advice, {"S": Verdict.UNDECIDED}) is Judgement.UNDECIDED


@pytest.mark.parametrize("holds", [True, False])
def test_advice_is_neither_true_nor_false(holds: bool) -> None:
    found = _found(_statement(_part("S", holds=holds), kind="advice", should="more is needed"))
    assert found.verdict is Judgement.ADVICE
    said = found.to_json()
    assert (said["verdict"], said["suffices"]) == ("advice", holds)
    assert differs(found) is not holds
    assert found.line.startswith("advice, suffices: 0.317" if holds else "advice, incomplete: more")
    assert "suffices" not in _found(_statement(_part("S", holds=True))).to_json()


def test_a_mistake_counts_once() -> None:
    one = _statement(_part("S", holds=False), idea="the idea")
    found = [_found(one), _found(replace(one, parts=(_part("T", holds=False),), id="T"))]
    alone = _found(replace(one, id="U", idea="", should="say so", parts=(_part("U", holds=False),)))
    assert ideas_of([alone, *found]) == {"the idea": ["S", "T"], "say so": ["U"]}
    assert ideas_of([_found(_statement(_part("S", holds=True)))]) == {}
    assert errata_of([alone, *found]) == [alone]
    said = " ".join(as_text(statements_blocks([alone, *found])).split())
    assert (
        "3 statements: 3 fail. 3 statements to correct or to complete come down to 2 ideas" in said
    )
    errata = as_text(errata_blocks([alone, *found]))
    assert "say so" in errata
    assert "the idea" not in errata


def test_a_unit_changes_what_is_shown_and_not_the_verdict() -> None:
    unit = Unit(says="Std z", of=4.0, root=True, ends=" m", asks="4")
    plain, shown = (_found(_statement(_part("S", holds=True, unit=one))) for one in (None, unit))
    assert shown.verdict is plain.verdict
    number = shown.to_json()
    assert number["estimate"] == pytest.approx(4 * plain.to_json()["estimate"] ** 0.5)
    assert number["region"] == {"low": 0.0, "high": 4.0}
    assert shown.line == "holds: Std z = 2.25 m; required: 4 (between 0 and 4 m)"


def test_a_verdict_on_record_of_the_statement_itself_is_compared() -> None:
    stated = _statement(_part("S", holds=True))
    assert recorded_judgement(stated) is Judgement.HOLDS
    found = _found(replace(stated, expected="fails"))
    assert not found.as_expected
    assert not found.unexpected
    said = " ".join(as_text(statements_blocks([found])).split())
    assert "! S: expected fails, found holds" in said


FILE = """
schema = 1
[[statements]]
id = "S"
kind = "rule"
sentence = "s"
precise = "p"
needs = "X"
expected = "needs"
[[statements.parts]]
case = "here"
unit = {says = "share", of = 100, ends = " %"}
experiment = {kind = "exact", of = "share_outside", args = [4.0, 4.0]}
high = 0.05
expected = "fails"
[[statements.parts]]
id = ".met"
experiment = {kind = "exact", of = "share_outside", args = [4.0, 2.0]}
high = 0.05
"""


def _read(tmp_path: Path, old: str = "", new: str = "") -> Sequence[Statement]:
    path = tmp_path / "own.toml"
    path.write_text(FILE.replace(old, new) if old else FILE, encoding="utf-8")
    return read_statements(path)[0]


def test_a_file_says_what_a_statement_needs(tmp_path: Path) -> None:
    (found,) = examine(_read(tmp_path), {}, workers=1)
    assert found.line == "needs X: 0.0455 (s), share = 31.7 % (here)"
    assert found.as_expected
    (other,) = examine(_read(tmp_path, '"needs"', '"fails"'), {}, workers=1)
    assert not other.as_expected


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = ".met"', 'id = ".other"', "expected a part with the id S.met, because 'needs' is"),
        ('needs = "X"', 'notation = "X"', "expected a part with the id S.repaired, because"),
        ('expected = "needs"', 'expected = "maybe"', "expected one of"),
        ("of = 100", 'of = "many"', "unit: of"),
        ('says = "share", ', "", "unit: says"),
        ("unit = {", "unit = {per = 1, ", "expected one of says, of, root"),
    ],
)
def test_a_file_that_cannot_be_judged_is_refused(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        _read(tmp_path, old, new)


FAIR = {
    "WI1": "advice", "WI3": "advice", "WI6": "needs", "GL1": "needs", "GL4": "needs",
    "GL5": "needs", "GL7": "needs", "GL8": "needs", "GL9": "fails", "BP1": "notation",
    "BP2": "needs", "BP3": "needs", "BP4": "needs", "BP5": "fails", "BP6": "holds",
    "R1": "holds", "GH0": "notation", "GH1": "holds", "GHt": "needs", "GHs": "fails",
    "GHr": "needs", "GHi": "needs", "GB5": "needs", "GB6": "needs", "HEor": "needs",
}  # fmt: skip
"""The statements that do not simply hold, or did not before they were read charitably."""


def test_the_slides_are_judged_fairly() -> None:
    recorded = {one.id: recorded_judgement(one) for one in STATEMENTS}
    assert {key: str(recorded[key]) for key in FAIR} == FAIR
    others = {recorded[key] for key in recorded.keys() - FAIR.keys()}
    assert others == {Judgement.HOLDS, None}


def test_what_does_not_simply_hold_says_what_it_should() -> None:
    for one in STATEMENTS:
        verdict = recorded_judgement(one)
        if verdict not in (Judgement.HOLDS, None):
            assert one.should, one.id
            assert one.idea, one.id
        if verdict is Judgement.NEEDS:
            assert one.parts[0].case, one.id
            assert one.parts_called("met")[0].case, one.id
