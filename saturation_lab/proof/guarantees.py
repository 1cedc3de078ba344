"""The recorded error rates of verdicts, as data; `calibration` computes them anew.

The recorded run is stored as JSON in the same folder. docs/calibration.md is rendered from it, and
pages display it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class GuaranteeRow:
    """How often a guarantee held.

    Attributes
    ----------
    guarantee : str
        The name of the guarantee, or of the planted fault.
    share, error : float
        The share of studies in which it held, and the Monte Carlo error of that share.
    low, high : float
        The band in which the share must lie.
    studies, seed : int
        The number of simulated studies, and their seed.
    planted : bool
        Whether it is a planted fault, whose share must lie outside the band.
    """

    guarantee: str
    share: float
    error: float
    low: float
    high: float
    studies: int
    seed: int
    planted: bool

    @property
    def as_it_should(self) -> bool:
        """Whether the share is inside the band, or outside for a planted fault."""
        return (self.low <= self.share <= self.high) != self.planted

    @property
    def came(self) -> str:
        """The share and its error in percent, as text."""
        return f"{100 * self.share:.2f} ± {100 * self.error:.2f} %"

    @property
    def band(self) -> str:
        """The band in percent, as text."""
        return f"{100 * self.low:.2f} to {100 * self.high:.2f} %"

    @property
    def sentence(self) -> str:
        """The row in one line."""
        where = "inside" if self.low <= self.share <= self.high else "outside"
        planted = "planted fault, " if self.planted else ""
        return (
            f"{planted}{self.guarantee}: true in {self.came} of {self.studies:,} studies, {where} "
            f"the band {self.band}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {**vars(self), "as_it_should": self.as_it_should, "sentence": self.sentence}


@dataclass(frozen=True, kw_only=True)
class CoverageRow:
    """How often the intervals of one number in the default table cover.

    Attributes
    ----------
    activation, number : str
        The activation and the number.
    width, depth : int
        The networks.
    beta : float
        The variance of the logarithm over networks.
    zeros : float
        The share of networks at exactly 0.
    exact : bool
        Whether theory knows the law.
    typical : float
        The share of studies in which the interval of the typical network covers.
    apart : float
        The same among studies without a network in common, of which there are fewer.
    shown : float
        The share of studies that show an interval of the mean.
    right : float
        The share of studies in which the interval of the mean covers or is withheld.
    t_alone : float
        The share of studies in which Student's t interval of the mean would cover.
    """

    activation: str
    number: str
    width: int
    depth: int
    beta: float
    zeros: float
    exact: bool
    typical: float
    apart: float
    shown: float
    right: float
    t_alone: float

    @property
    def as_it_should(self) -> bool:
        """Whether the intervals cover, and that of the mean is withheld only where it must be."""
        covers = 0.93 <= self.typical <= 0.97 and self.right >= 0.93
        return covers and (self.shown == 1 or not self.exact)

    @property
    def mean(self) -> str:
        """How often the interval of the mean covers or is withheld, as text."""
        if not self.shown:
            return "withheld"
        said = f"{100 * self.right:.1f} %"
        if self.exact and self.beta > 0.1:
            return f"{said}, exact"
        return said if self.shown == 1 else f"{said} (withheld in {100 * (1 - self.shown):.0f} %)"

    @property
    def sentence(self) -> str:
        """The row in one line."""
        return (
            f"{self.activation}, width {self.width}, depth {self.depth}, {self.number}: typical "
            f"network {100 * self.typical:.1f} %, mean {self.mean}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {**vars(self), "as_it_should": self.as_it_should, "sentence": self.sentence}


@dataclass(frozen=True, kw_only=True)
class Record:
    """The result of one run of `saturation-lab calibrate`.

    Attributes
    ----------
    command : str
        The command that repeats the run.
    pool : int
        The number of networks in each pool from which studies are drawn.
    size : int
        The number of networks in a study, unless the row plans it.
    layers, width, examples : int
        The hidden layers of each network, their width, and the number of examples.
    rows : tuple of GuaranteeRow
        The guarantees, followed by the planted faults.
    coverage : tuple of CoverageRow
        The coverage of the default table, for each activation, width, depth and number.
    cell : int
        The number of networks in each cell of that table.
    """

    command: str
    pool: int
    size: int
    layers: int
    width: int
    examples: int
    rows: tuple[GuaranteeRow, ...]
    coverage: tuple[CoverageRow, ...] = ()
    cell: int = 0

    @property
    def sound(self) -> tuple[GuaranteeRow, ...]:
        """The rows of guarantees."""
        return tuple(row for row in self.rows if not row.planted)

    @property
    def faults(self) -> tuple[GuaranteeRow, ...]:
        """The rows of planted faults, which must be detected."""
        return tuple(row for row in self.rows if row.planted)

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        rows = [row.to_json() for row in self.rows]
        coverage = [row.to_json() for row in self.coverage]
        return {"schema": _SCHEMA, **vars(self), "rows": rows, "coverage": coverage}


def record_from(data: Mapping[str, Any]) -> Record:
    """Restore a record from the data written by `Record.to_json`.

    Parameters
    ----------
    data : mapping
        The decoded JSON; derived entries, such as sentences, are ignored.

    Returns
    -------
    Record
        The record.

    Examples
    --------
    >>> record_from(recorded().to_json()) == recorded()
    True
    """
    given = {key: data[key] for key in Record.__annotations__ if key not in ("rows", "coverage")}
    return Record(
        **given,
        rows=tuple(GuaranteeRow(**_fields(GuaranteeRow, row)) for row in data["rows"]),
        coverage=tuple(CoverageRow(**_fields(CoverageRow, row)) for row in data["coverage"]),
    )


def _fields(kind: type, row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in kind.__annotations__}


def recorded() -> Record:
    """Load the recorded run that is distributed with the package.

    Returns
    -------
    Record
        The recorded run.

    Examples
    --------
    >>> found = recorded()
    >>> all(row.as_it_should for row in (*found.rows, *found.coverage))
    True
    """
    text = files("saturation_lab.proof").joinpath("guarantees.json").read_text(encoding="utf-8")
    return record_from(json.loads(text))
