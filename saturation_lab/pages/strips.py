"""Small interval plots in a line of text: estimate, interval, required region and theory."""

from __future__ import annotations

import math

from saturation_lab.exhibits.statement_forest import margins
from saturation_lab.judging.finding import Finding
from saturation_lab.pages.blocks import Span

_BAND = 16.0
"""Half the width of the required region, in percent of the width of the plot."""
_FARTHEST = 44.0
"""The farthest distance from the middle at which a point is drawn, in percent."""
_DECADES = 6.0
"""The number of margins, in powers of ten, between the end of the region and that distance."""


def strip(finding: Finding) -> Span:
    """Return the interval plot of a finding.

    The axis is in margins, as in the figure of all statements: linear within the required region
    and logarithmic beyond. If the region has only one end, the band is open on the other side.

    Parameters
    ----------
    finding : Finding
        The finding.

    Returns
    -------
    Span
        A span with the role ``strip``, which refers to the positions in percent from the left: the
        ends of the required region, the ends of the interval, the estimate, and theory (nan if
        there is none); then the verdict. Renderers of plain text omit it.
    """
    region, found = finding.answer.region, finding.interval
    low = 0.0 if math.isinf(region.low) else 50 - _BAND
    high = 100.0 if math.isinf(region.high) else 50 + _BAND
    theory = _logged(finding.expected) if finding.experiment.logarithmic else finding.expected
    places = [_place(x, finding) for x in (found.low, found.high, found.estimate, theory)]
    shown = " ".join(f"{x:.1f}" for x in (low, high, *places))
    return Span(
        f"{finding.brief}; required: {finding.asked}", "strip", f"{shown} {finding.verdict}"
    )


def _logged(x: float) -> float:
    return math.log(x) if x > 0 else math.nan


def _place(x: float, finding: Finding) -> float:
    """Return the position of a number in percent from the left; nan if it is undefined."""
    at = margins(x, finding.answer.region, logarithmic=finding.experiment.logarithmic)
    if math.isnan(at):
        return at
    if abs(at) <= 1:
        return 50 + _BAND * at
    beyond = 1.0 if math.isinf(at) else min(1.0, math.log10(abs(at)) / _DECADES)
    return 50 + math.copysign(_BAND + (_FARTHEST - _BAND) * math.sqrt(beyond), at)
