"""One quantity in one layer of two sides: whether they differ, and whether they are alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saturation_lab.inference.answer import Answer
from saturation_lab.inference.comparison import Comparison
from saturation_lab.inference.digits import plain, rounded, short
from saturation_lab.inference.verdict import Verdict
from saturation_lab.measured import OUTPUT
from saturation_lab.statistics.quantities import QUANTITIES, Kind

Place = tuple[str, int | str]
"""A quantity and a layer."""

SCALES: Mapping[Kind, str] = {
    Kind.SIZE: "ratio",
    Kind.SHARE: "difference",
    Kind.PLACE: "difference",
}
"""How two of a kind are compared."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One quantity in one layer of the first side against the second.

    Attributes:
        quantity, layer: what is compared; the layer is a number or "output".
        comparison: the ratio or difference with its interval.
        same: whether the two are equal up to rounding, in every network: that is no difference.
        p_adjusted: its p-value after Benjamini-Hochberg over all rows; 1 where they are the same.
        differs: whether that shows a difference.
        alike: whether the log ratio or difference lies within the margin; None without a margin.
    """

    quantity: str
    layer: int | str
    comparison: Comparison
    same: bool
    p_adjusted: float
    differs: bool
    alike: Answer | None

    @property
    def by_ratio(self) -> bool:
        """Return whether it is a ratio; else it is a difference."""
        return self.comparison.scale == "ratio"

    @property
    def identical(self) -> bool:
        """Return whether the numbers of the two are the same bit by bit."""
        return self.comparison.shift.estimate == 0 and self.comparison.shift.se == 0

    @property
    def shown(self) -> str:
        """Return in words whether a difference is shown."""
        if self.same:
            return "identical" if self.identical else "the same up to rounding"
        return "differs" if self.differs else "no difference shown"

    @property
    def fell_back(self) -> bool:
        """Return whether a ratio was asked for and a value was not above 0."""
        return self.comparison.scale != SCALES[QUANTITIES[self.quantity].kind]

    @property
    def size(self) -> float:
        """Return how large the difference is, or the logarithm of the ratio."""
        return abs(self.comparison.shift.estimate)

    @property
    def surety(self) -> float:
        """Return how many standard errors it is."""
        se = self.comparison.shift.se
        return self.size / se if se > 0 else math.copysign(math.inf, self.size)

    @property
    def number(self) -> str:
        """Return the ratio or difference with its interval."""
        found = self.comparison.interval
        return f"{rounded(found.estimate, (found.high - found.low) / 4)} {found.ends}"

    @property
    def verdict(self) -> str:
        """Return alike, unlike or undecided; nothing without a margin."""
        return "" if self.alike is None else ALIKE[self.alike.verdict]

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        said = f"{self.comparison.scale} {self.number}"
        answer = ""
        if self.alike is not None:
            margin = f"±{short(self.alike.margin)} of the {self.comparison.shift.of}"
            answer = f"; {self.verdict} within {margin}, {self.alike.outlook}"
        return f"{self.quantity}, {place(self.layer)}: {self.shown}, {said}{answer}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; undefined numbers are None."""
        return {
            "quantity": self.quantity,
            "layer": self.layer,
            "same": self.same,
            "differs": self.differs,
            "alike": self.verdict or None,
            "p_adjusted": plain(self.p_adjusted),
            "margin": None if self.alike is None else self.alike.margin,
            "smallest_margin": None if self.alike is None else plain(self.alike.smallest_margin),
            **self.comparison.to_json(),
            "sentence": self.sentence,
        }


ALIKE = {Verdict.HOLDS: "alike", Verdict.FAILS: "unlike", Verdict.UNDECIDED: "undecided"}
"""What "they are alike" is called when it holds, fails or is undecided."""


def place(layer: int | str) -> str:
    """Return a layer in words.

    >>> place(3), place("output")
    ('layer 3', 'output layer')
    """
    return "output layer" if layer == OUTPUT else f"layer {layer}"
