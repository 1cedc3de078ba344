"""The comparison of one quantity in one layer: whether two differ, and whether they are alike."""

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
"""A quantity and a layer: a number, or "output"."""

SCALES: Mapping[Kind, str] = {
    Kind.SIZE: "ratio",
    Kind.SHARE: "difference",
    Kind.PLACE: "difference",
}
"""How quantities of each kind are compared."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The comparison of one quantity in one layer.

    Attributes
    ----------
    quantity : str
        A key of `QUANTITIES`.
    layer : int or str
        The number of the layer, or "output".
    comparison : Comparison
        The ratio or difference, first over or minus second, with its interval.
    same : bool
        Whether the two are equal up to rounding in every network, which does not count as a
        difference.
    p_adjusted : float
        The p-value adjusted for all rows by Benjamini-Hochberg; 1 if the two are the same.
    differs : bool
        Whether a difference is shown.
    alike : Answer or None
        Whether the log ratio or the difference lies within the margin; None without a margin.
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
        """Whether the two are compared by a ratio rather than a difference."""
        return self.comparison.scale == "ratio"

    @property
    def identical(self) -> bool:
        """Whether the numbers of the two are bitwise identical."""
        return self.comparison.shift.estimate == 0 and self.comparison.shift.se == 0

    @property
    def shown(self) -> str:
        """Whether a difference is shown, in words."""
        if self.same:
            return "identical" if self.identical else "the same up to rounding"
        return "differs" if self.differs else "no difference shown"

    @property
    def fell_back(self) -> bool:
        """Whether a difference replaces a ratio because some value is not above 0."""
        return self.comparison.scale != SCALES[QUANTITIES[self.quantity].kind]

    @property
    def size(self) -> float:
        """The absolute value of the difference or of the log ratio."""
        return abs(self.comparison.shift.estimate)

    @property
    def surety(self) -> float:
        """The size in standard errors."""
        se = self.comparison.shift.se
        return self.size / se if se > 0 else math.copysign(math.inf, self.size)

    @property
    def number(self) -> str:
        """The ratio or difference with its interval, as text."""
        found = self.comparison.interval
        return f"{rounded(found.estimate, (found.high - found.low) / 4)} {found.ends}"

    @property
    def decided(self) -> Verdict | None:
        """Whether the two are alike; None without a margin.

        That they are alike is decided by the interval of this row. That they are not also takes a
        difference that is shown among all rows, as many intervals miss the margin by chance.
        """
        if self.alike is None:
            return None
        found = self.alike.verdict
        return Verdict.UNDECIDED if found is Verdict.FAILS and not self.differs else found

    @property
    def verdict(self) -> str:
        """The verdict "alike", "unlike" or "undecided"; "" without a margin."""
        return "" if self.decided is None else ALIKE[self.decided]

    @property
    def sentence(self) -> str:
        """The comparison in one line."""
        said = f"{self.comparison.scale} {self.number}"
        answer = ""
        if self.alike is not None:
            margin = f"±{short(self.alike.margin)} of the {self.comparison.shift.of}"
            answer = f"; {self.verdict} within {margin}, {self.alike.outlook}"
        return f"{self.quantity}, {place(self.layer)}: {self.shown}, {said}{answer}"

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain data; undefined numbers are None."""
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
"""The words for the verdicts on the statement "the two are alike"."""


def place(layer: int | str) -> str:
    """Return the name of a layer.

    Parameters
    ----------
    layer : int or str
        The number of the layer, or "output".

    Returns
    -------
    str
        The name, to be used within a sentence.

    Examples
    --------
    >>> place(3), place("output")
    ('layer 3', 'output layer')
    """
    return "output layer" if layer == OUTPUT else f"layer {layer}"
