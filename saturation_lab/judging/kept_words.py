"""Texts on which initialization keeps signal and gradient, as rows for pages and the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from saturation_lab.inference.digits import TIMES, short
from saturation_lab.inference.intervals import Interval
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import SAME, Keeping, Kept
from saturation_lab.words.lists import listed
from saturation_lab.words.numbers import (
    change_factor,
    estimate_text,
    factor_text,
    interval_text,
    share_text,
)

_Titles = Mapping[str, str]

WORDS = {
    Verdict.HOLDS: "kept",
    Verdict.FAILS: "not kept",
    Verdict.UNDECIDED: "undecided",
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A verdict in words, the measured change behind it, and the predicted change."""

    verdict: str
    word: str
    change: str
    interval: str
    theory: str


@dataclass(frozen=True, kw_only=True)
class _PairRow:
    """One initialization of an activation in words, a row of a table."""

    title: str
    signal: Mark
    gradient: Mark
    both: Mark
    std_z: str
    size: str
    from_input: str
    saturated: str
    away: str
    compared: str


def pair_rows(keeping: Keeping, titles: _Titles) -> list[_PairRow]:
    """Describe the initializations of one activation in words.

    Parameters
    ----------
    keeping : Keeping
        The comparison of the initializations.
    titles : mapping of str to str
        The title of each initialization.

    Returns
    -------
    list of _PairRow
        One row for each initialization, in the order of ``keeping.kept``.
    """
    return [
        _PairRow(
            title=titles[name],
            signal=_mark(kept.signal, 1),
            gradient=_mark(kept.gradient, -1),
            both=Mark(
                verdict=kept.both.value, word=what_is_kept(kept), change="", interval="", theory=""
            ),
            std_z=" → ".join(map(short, kept.spread)),
            size=factor_text(kept.size, 1),
            from_input=share_text(kept.from_input.estimate),
            saturated=_saturated(kept.saturated),
            away=estimate_text(kept.away),
            compared=_compared(keeping, name, titles),
        )
        for name, kept in keeping.kept.items()
    ]


def _mark(finding: Finding, way: int) -> Mark:
    change, _, interval = factor_text(finding.measured, way).partition(" [")
    return Mark(
        verdict=finding.verdict.value,
        word=WORDS[finding.verdict],
        change=change,
        interval=f"[{interval}" if interval else "",
        theory=change_factor(finding.predicted, way, finding.measured),
    )


def what_is_kept(kept: Kept) -> str:
    """Say in a word or two which of signal and gradient an initialization keeps.

    Parameters
    ----------
    kept : Kept
        The effect of the initialization.

    Returns
    -------
    str
        "both", "signal only", "gradient only", "neither", "at most one" or "undecided".
    """
    if kept.both is not Verdict.FAILS:
        return "both" if kept.both is Verdict.HOLDS else "undecided"
    named = {"signal": kept.signal.verdict, "gradient": kept.gradient.verdict}
    for name, verdict in named.items():
        if verdict is Verdict.HOLDS:
            return f"{name} only"
    return "neither" if set(named.values()) == {Verdict.FAILS} else "at most one"


def _saturated(share: Interval) -> str:
    return "no threshold" if math.isnan(share.estimate) else share_text(share.estimate)


def _compared(keeping: Keeping, name: str, titles: _Titles) -> str:
    """Compare the worse factor of an initialization with that of the best one."""
    nearest = titles.get(keeping.nearest, "")
    if name == keeping.nearest:
        return "smallest"
    if name not in keeping.farther or math.isnan(keeping.farther[name].estimate):
        return "undefined"
    factor = keeping.farther[name]
    if abs(factor.estimate - 1) < SAME:
        return f"same as {nearest} in every network"
    text = f"{estimate_text(factor)} {TIMES} that of {nearest} {interval_text(factor)}"
    if math.isnan(factor.low) or keeping.apart(name):
        return text
    return f"{text}: not distinguishable"


def in_a_sentence(title: str, keeping: Keeping, titles: _Titles) -> str:
    """Say in one sentence which initializations of an activation keep both, and which is best.

    Parameters
    ----------
    title : str
        The name of the activation.
    keeping : Keeping
        The comparison of its initializations.
    titles : mapping of str to str
        The title of each initialization.

    Returns
    -------
    str
        The sentence.
    """
    keepers = [titles[name] for name in keeping.keepers]
    if keepers:
        said = f"{listed(keepers)} {'keeps' if len(keepers) == 1 else 'keep'} signal and gradient"
    elif {kept.both for kept in keeping.kept.values()} == {Verdict.FAILS}:
        said = "no initialization keeps both signal and gradient"
    else:
        said = "no initialization is confirmed to keep both signal and gradient"
    return f"{title}: {said}{_nearest(keeping, titles)}."


def _nearest(keeping: Keeping, titles: _Titles) -> str:
    if not keeping.nearest:
        return ""
    away = estimate_text(keeping.kept[keeping.nearest].away)
    tied = [titles[name] for name in keeping.farther if not keeping.apart(name)]
    if keeping.keepers == [keeping.nearest]:
        text = f"; its worse factor is {away}"
    else:
        text = f"; the worse factor is smallest for {titles[keeping.nearest]}: {away}"
    return f"{text} ({listed(tied)} cannot be distinguished from it)" if tied else text
