"""Where does each number lie that decides a verdict? A group's statements in one forest plot.

Intervals and verdicts are those of the findings, so the figure and the tables agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from saturation_lab.claims.claim import MeanOverLayers, NearerToOne, TopOverBottom
from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.pair_rows import listed
from saturation_lab.exhibits.theory_lines import intervals_that_hold_it
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import rounded
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.judge import Finding

NUMBERS: Mapping[type, str] = {
    TopOverBottom: "Top hidden layer over layer 1",
    NearerToOne: "By how many times the factor away from 1 is smaller",
    MeanOverLayers: "Mean over the hidden layers",
}
"""What the number is that decides an experiment: the headings of the figure."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A finding as it is shown.

    Attributes:
        label, note: what is stated, and where or by whom.
        block: what its number is.
        finding: what was measured.
        way: -1 where a ratio is shown from the top layer down to layer 1.
    """

    label: str
    note: str
    block: str
    finding: Finding
    way: int = 1

    @property
    def numbers(self) -> dict[str, float]:
        """Return the deciding number, its interval, its region and what theory expects of it."""
        found, region = self.finding.decided, self.finding.region
        ends = {
            "estimate": found.estimate,
            "low": found.low,
            "high": found.high,
            "inside_low": region.low,
            "inside_high": region.high,
            "predicted": self.finding.expected,
        }
        if self.way > 0:
            return ends
        with np.errstate(divide="ignore"):
            turned = {name: float(np.divide(1.0, x)) for name, x in ends.items()}
        for low, high in (("low", "high"), ("inside_low", "inside_high")):
            turned[low], turned[high] = turned[high], turned[low]
        return turned

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        numbers = self.numbers
        low, high = numbers["low"], numbers["high"]
        error = (high - low) / 4
        number = rounded(numbers["estimate"], error)
        if not math.isnan(low):
            number += f" [{rounded(low, error)}, {rounded(high, error)}]"
        where = f" ({self.note})" if self.note else ""
        asked, verdict = self.finding.asked, self.finding.verdict.value
        return f"{self.label}{where}: {number}, asked {asked}: {verdict}."


def statements(group: Group) -> Iterator[Statement]:
    """Yield what was judged in a group: its claims, then what each study keeps."""
    for finding in group.findings:
        claim = finding.claim
        yield Statement(
            label=claim.sentence,
            note=claim.source,
            block=NUMBERS[type(claim.experiment)],
            finding=finding,
        )
    for name, kept in group.kept.items():
        signal = f"Signal, layer 1 up to {group.depth}"
        gradient = f"Gradient, layer {group.depth} down to 1"
        title = group.titles[name]
        yield Statement(label=title, note="", block=signal, finding=kept.signal)
        yield Statement(label=title, note="", block=gradient, finding=kept.gradient, way=-1)


def verdict_table(group: Group) -> pd.DataFrame:
    """Return the table of `forest_plot`, in the order of the verdicts."""
    return pd.DataFrame(
        [
            {
                "label": one.label,
                "note": one.note,
                "block": one.block,
                "scale": "ratio" if one.finding.claim.experiment.logarithmic else "value",
                **one.numbers,
                "verdict": one.finding.verdict.value,
            }
            for one in statements(group)
        ]
    )


def _counted(group: Group) -> str:
    """Return how many statements hold, fail or are undecided."""
    verdicts = [one.finding.verdict for one in statements(group)]
    counts = [
        f"{verdicts.count(v)} {one if verdicts.count(v) == 1 else more}"
        for v, (one, more) in _WORDS.items()
        if v in verdicts
    ]
    if len(counts) == 1:
        return f"All {len(verdicts)} statements {counts[0].partition(' ')[2]}."
    return f"Of {len(verdicts)} statements {listed(counts)}."


_WORDS = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.FAILS: ("fails", "fail"),
    Verdict.UNDECIDED: ("is undecided", "are undecided"),
}


def _caption(group: Group) -> str:
    return " ".join(
        filter(
            None,
            [
                _counted(group),
                f"Each point is the number that decides, its bar the 95 % interval over "
                f"{group.size}, often narrower than the point. A statement holds where all of "
                "the bar lies in the band, fails where all of it lies outside.",
                _theory(group),
            ],
        )
    )


def _theory(group: Group) -> str:
    table = verdict_table(group)
    known = table[np.isfinite(table["predicted"])]
    if known.empty:
        return ""
    return f"Theory of wide layers (n → ∞) decides nothing. {intervals_that_hold_it(known)}".strip()


def _alternative(group: Group) -> str:
    return " ".join([_counted(group), *(one.sentence for one in statements(group))])


VERDICTS = Exhibit(
    id="verdicts",
    title="Every statement and its interval",
    table=verdict_table,
    draw=lambda table, canvas, group: forest_plot(table, canvas=canvas),
    caption=_caption,
    alt=_alternative,
    judged=True,
    cut="block",
)
