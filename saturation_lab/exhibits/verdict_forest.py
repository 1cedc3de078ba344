"""Forest plots of the statements judged on a group: the numbers that decide the verdicts.

Intervals and verdicts are those of the findings, so that the figure agrees with the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from saturation_lab.exhibits.exhibit import JUDGED, NETWORKS, ONE_GROUP, Exhibit, Shown
from saturation_lab.exhibits.judged import Judged
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.theory_lines import intervals_that_hold_it
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.verdict import Verdict
from saturation_lab.words.lists import listed, sentences
from saturation_lab.words.verdicts import verdicts_counted


def judged(material: Material) -> Iterator[Judged]:
    """Yield the findings on a group: its statements, then signal and gradient of each role.

    Parameters
    ----------
    material : Material
        The group.

    Yields
    ------
    Judged
        A finding with its labels.
    """
    for finding in material.findings:
        claim, block = finding.claim, finding.experiment.heading
        yield Judged(label=claim.sentence, note=claim.source, block=block, finding=finding)
    for name, kept in material.kept.items():
        for what, finding, way in (("Signal", kept.signal, 1), ("Gradient", kept.gradient, -1)):
            block = f"{what}, {material.route(way)}"
            yield Judged(label=material.titles[name], block=block, finding=finding, way=way)


def _make(material: Material) -> Shown:
    found = list(judged(material))
    table = pd.DataFrame([one.row for one in found])
    counted = _counted([one.finding.verdict for one in found])
    return Shown(
        table=table,
        draw=forest_plot,
        see=counted,
        how=sentences(
            "Each point is the number that decides the verdict, its bar the 95 % interval over "
            f"{material.size}; it is often narrower than the point. A statement holds if the whole "
            "bar lies in the band and fails if the whole bar lies outside.",
            _theory(table),
        ),
        alt=" ".join([counted, *(one.sentence for one in found)]),
        footer=material.footer,
        cut="block",
    )


def _counted(verdicts: Sequence[Verdict]) -> str:
    """Return how many statements hold, fail or are undecided."""
    counts = verdicts_counted(verdicts, undecided=("is undecided", "are undecided"))
    if len(counts) == 1:
        if len(verdicts) == 1:
            return f"The statement {counts[0].partition(' ')[2]}."
        return f"All {len(verdicts)} statements {counts[0].partition(' ')[2]}."
    return f"Of {len(verdicts)} statements, {listed(counts)}."


def _theory(table: pd.DataFrame) -> str:
    known = table[np.isfinite(table["predicted"])]
    if known.empty:
        return ""
    decides = (
        "Theory for wide layers (n → ∞) is shown for comparison and does not affect the verdicts."
    )
    return sentences(decides, intervals_that_hold_it(known))


VERDICTS = Exhibit(
    id="verdicts",
    title="Every statement and its interval",
    make=_make,
    needs=(NETWORKS, ONE_GROUP, JUDGED),
)
