"""How often do verdicts err, as a recorded run counted? Data only; `calibration` counts it again.

The run lies beside this file as JSON: docs/calibration.md is rendered from it, and pages show it.
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
    """How often a guarantee came true.

    Attributes:
        guarantee: its name.
        share, error: how often, and its Monte Carlo error.
        low, high: the band.
        studies, seed: of the simulation.
        planted: whether it is a planted fault.
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
        """Return whether a guarantee lies inside its band, and a planted fault outside."""
        return (self.low <= self.share <= self.high) != self.planted

    @property
    def came(self) -> str:
        """Return how often it came true, in percent."""
        return f"{100 * self.share:.2f} ± {100 * self.error:.2f} %"

    @property
    def band(self) -> str:
        """Return the band in percent."""
        return f"{100 * self.low:.2f} to {100 * self.high:.2f} %"

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        where = "inside" if self.low <= self.share <= self.high else "outside"
        planted = "planted fault, " if self.planted else ""
        return (
            f"{planted}{self.guarantee}: {self.came} of {self.studies:,} studies, {where} "
            f"{self.band}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {**vars(self), "as_it_should": self.as_it_should, "sentence": self.sentence}


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run of `saturation-lab calibrate`.

    Attributes:
        command: what counts it again.
        pool: networks from which studies are drawn.
        size: networks in a study, where nothing is planned.
        layers, width, examples: of the networks.
        rows: the guarantees, then the planted faults.
    """

    command: str
    pool: int
    size: int
    layers: int
    width: int
    examples: int
    rows: tuple[GuaranteeRow, ...]

    @property
    def sound(self) -> tuple[GuaranteeRow, ...]:
        """Return what is guaranteed."""
        return tuple(row for row in self.rows if not row.planted)

    @property
    def faults(self) -> tuple[GuaranteeRow, ...]:
        """Return the faults that must be seen."""
        return tuple(row for row in self.rows if row.planted)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        rows = [row.to_json() for row in self.rows]
        return {"schema": _SCHEMA, **vars(self), "rows": rows}


def record_from(data: Mapping[str, Any]) -> Record:
    """Return the record whose `Record.to_json` is given.

    >>> record_from(recorded().to_json()) == recorded()
    True
    """
    given = {key: data[key] for key in Record.__annotations__ if key != "rows"}
    rows = tuple(
        GuaranteeRow(**{key: row[key] for key in GuaranteeRow.__annotations__})
        for row in data["rows"]
    )
    return Record(**given, rows=rows)


def recorded() -> Record:
    """Return the run that came with the package.

    >>> all(row.as_it_should for row in recorded().rows)
    True
    """
    text = files("saturation_lab.proof").joinpath("guarantees.json").read_text(encoding="utf-8")
    return record_from(json.loads(text))
