"""A finding as a row of a forest plot and as a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from saturation_lab.inference.digits import rounded
from saturation_lab.judging.finding import Finding

_OTHER_END = {
    "low": "high",
    "high": "low",
    "inside_low": "inside_high",
    "inside_high": "inside_low",
}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A finding with the labels under which it is shown.

    Attributes
    ----------
    label : str
        The statement.
    note : str
        The source of the statement.
    block : str
        The heading, which says what the number is.
    finding : Finding
        The measured number and its verdict.
    way : int
        1, or -1 for a ratio that is shown from the top layer down to layer 1.
    """

    label: str
    note: str = ""
    block: str
    finding: Finding
    way: int = 1

    @property
    def numbers(self) -> dict[str, float]:
        """The deciding number, its interval, its region, and the prediction of theory."""
        region = self.finding.region
        numbers = {
            **self.finding.decided.columns,
            "inside_low": region.low,
            "inside_high": region.high,
            "predicted": self.finding.expected,
        }
        if self.way > 0:
            return numbers
        with np.errstate(divide="ignore"):
            turned = {name: float(np.divide(1.0, x)) for name, x in numbers.items()}
        return {name: turned[_OTHER_END.get(name, name)] for name in numbers}

    @property
    def row(self) -> dict[str, object]:
        """The row in the table of `forest_plot`."""
        return {
            "label": self.label,
            "note": self.note,
            "block": self.block,
            "scale": "ratio" if self.finding.experiment.logarithmic else "value",
            **self.numbers,
            "verdict": self.finding.verdict.value,
        }

    @property
    def sentence(self) -> str:
        """The statement, its number, the required region, and the verdict in one line."""
        estimate, low, high, *_ = self.numbers.values()
        error = (high - low) / 4
        number = rounded(estimate, error)
        if not math.isnan(low):
            number += f" [{rounded(low, error)}, {rounded(high, error)}]"
        where = f" ({self.note})" if self.note else ""
        asked, verdict = self.finding.asked, self.finding.verdict.value
        return f"{self.label}{where}: {number}, required {asked}: {verdict}."
