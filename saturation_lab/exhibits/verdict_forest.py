"""Where does each number lie that decides a verdict? A group's statements in one forest plot.

Intervals and verdicts are those of the findings, so the figure and the tables agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from saturation_lab.exhibits.exhibit import JUDGED, NETWORKS, ONE_GROUP, Exhibit, made_of
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.theory_lines import intervals_that_hold_it
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import rounded
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.words.lists import listed


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


def statements(material: Material) -> Iterator[Statement]:
    """Yield what was judged in a group: its claims, then what each study keeps."""
    for finding in (finding for one in material.judged for finding in one.findings):
        claim = finding.claim
        yield Statement(
            label=claim.sentence,
            note=claim.source,
            block=finding.experiment.heading,
            finding=finding,
        )
    for name, kept in material.kept.items():
        signal = f"Signal, layer 1 up to {material.depth}"
        gradient = f"Gradient, layer {material.depth} down to 1"
        title = material.titles[name]
        yield Statement(label=title, note="", block=signal, finding=kept.signal)
        yield Statement(label=title, note="", block=gradient, finding=kept.gradient, way=-1)


def verdict_table(material: Material) -> pd.DataFrame:
    """Return the table of `forest_plot`, in the order of the verdicts."""
    return pd.DataFrame(
        [
            {
                "label": one.label,
                "note": one.note,
                "block": one.block,
                "scale": "ratio" if one.finding.experiment.logarithmic else "value",
                **one.numbers,
                "verdict": one.finding.verdict.value,
            }
            for one in statements(material)
        ]
    )


def _counted(material: Material) -> str:
    """Return how many statements hold, fail or are undecided."""
    verdicts = [one.finding.verdict for one in statements(material)]
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


def _caption(material: Material) -> str:
    return " ".join(
        filter(
            None,
            [
                _counted(material),
                f"Each point is the number that decides, its bar the 95 % interval over "
                f"{material.size}, often narrower than the point. A statement holds where all of "
                "the bar lies in the band, fails where all of it lies outside.",
                _theory(material),
            ],
        )
    )


def _theory(material: Material) -> str:
    table = verdict_table(material)
    known = table[np.isfinite(table["predicted"])]
    if known.empty:
        return ""
    return f"Theory of wide layers (n → ∞) decides nothing. {intervals_that_hold_it(known)}".strip()


def _alternative(material: Material) -> str:
    return " ".join([_counted(material), *(one.sentence for one in statements(material))])


VERDICTS = Exhibit(
    id="verdicts",
    title="Every statement and its interval",
    make=made_of(
        table=verdict_table,
        draw=lambda table, canvas, material: forest_plot(table, canvas=canvas),
        caption=_caption,
        alt=_alternative,
        cut="block",
    ),
    needs=(NETWORKS, ONE_GROUP, JUDGED),
)
