"""The result of comparing two sets of networks, and its summary in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from saturation_lab.compare.comparable import Sides, differing_keys, differing_versions
from saturation_lab.compare.row import ALIKE, Place, Row, place
from saturation_lab.inference.digits import count_text, plain, rounded, short
from saturation_lab.measured import paired
from saturation_lab.printed import Printed
from saturation_lab.statistics.quantities import QUANTITIES, Kind

_LEFT_OUT = {
    "undefined": "undefined in at least one network",
    "overflowed": "a network overflowed in that layer",
    "by symmetry": "its mean is 0 in both, as the signs of units may be flipped",
    "other axis": "a 0-peak depends on the axis, and the two have different axes",
}
"""Why a quantity is not compared in a layer."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Contrast(Printed):
    """The result of comparing two sets of networks.

    Attributes
    ----------
    names : (str, str)
        The names of the two.
    sides : (Measured, Measured)
        The networks of the two.
    rows : tuple of Row
        All comparisons, quantity by quantity.
    left_out : mapping of str to tuple of (str, int or str)
        The quantities and layers that were not compared, by reason: "undefined", "overflowed",
        "by symmetry" or "other axis".
    margins : mapping of Kind to float
        For each kind of quantity, the margin within which two values are alike: on the log ratio
        for sizes, on the difference for shares.
    alpha : float
        The expected share of false positives among the differences found.
    other_examples : bool
        Whether the two were shown different examples (`comparable.shown_other_examples`).
    """

    names: tuple[str, str]
    sides: Sides
    rows: tuple[Row, ...]
    left_out: Mapping[str, tuple[Place, ...]]
    margins: Mapping[Kind, float]
    alpha: float
    other_examples: bool

    @property
    def paired(self) -> bool:
        """Whether the two were compared network by network."""
        return paired(*self.sides)

    @property
    def identical(self) -> bool:
        """Whether all compared numbers are the same in every network."""
        return bool(self.rows) and all(row.identical for row in self.rows)

    @property
    def differing(self) -> tuple[Row, ...]:
        """The rows in which a difference is shown."""
        return tuple(row for row in self.rows if row.differs)

    @property
    def largest(self) -> Row | None:
        """The largest difference that is shown, or None.

        Differences of sizes come first, then those of shares; among all others it is the one with
        the most standard errors.
        """
        for kind in Kind:
            found = [row for row in self.differing if QUANTITIES[row.quantity].kind is kind]
            found = [row for row in found if row.by_ratio] or found
            if found:
                return max(found, key=lambda row: row.surety if kind is Kind.PLACE else row.size)
        return None

    @cached_property
    def keys(self) -> dict[str, tuple[Any, Any]]:
        """The keys in which the two studies differ, with both values."""
        return differing_keys(self.sides)

    @property
    def other_axes(self) -> tuple[str, ...]:
        """The signals whose histograms have different axes in the two."""
        one, other = (side.origin.ranges for side in self.sides)
        return tuple(s for s in dict.fromkeys([*one, *other]) if one.get(s) != other.get(s))

    @property
    def versions(self) -> dict[str, tuple[str, str]]:
        """The software versions in which the two differ, with both values."""
        return differing_versions(self.sides)

    @property
    def correlation(self) -> float:
        """The median over rows of the correlation within pairs; nan if there is none."""
        found = [row.comparison.correlation for row in self.rows]
        known = [x for x in found if not math.isnan(x)]
        return float(np.median(known)) if known else math.nan

    def counts(self) -> dict[str, int]:
        """Return the numbers of rows that are alike, unlike and undecided."""
        verdicts = [row.verdict for row in self.rows]
        return {word: verdicts.count(word) for word in ALIKE.values()}

    @property
    def sentence(self) -> str:
        """A summary of the differences and similarities, in one line."""
        one, other = self.names
        total = count_text(len(self.rows), "comparison")
        if not self.rows:
            return f"{one} and {other}: nothing can be compared"
        if self.identical:
            return f"{one} and {other} are identical in every network ({total})"
        if all(row.same for row in self.rows):
            return f"{one} and {other} are the same up to rounding in every network ({total})"
        if self.largest is None:
            return f"no difference between {one} and {other} is shown in {total}{self._alike()}"
        found = self.largest
        way = f"{one} {'over' if found.by_ratio else 'minus'} {other} {found.number}"
        where = f"{found.quantity.replace('_', ' ')}, {place(found.layer)}"
        return (
            f"{one} and {other} differ in {len(self.differing):,} of {total}, "
            f"most in {where}: {way}{self._alike()}"
        )

    def _alike(self) -> str:
        counts = self.counts()
        asked = sum(counts.values())
        alike = ", ".join(f"{count:,} {word}" for word, count in counts.items())
        tail = f"; of the {asked:,} with a margin: {alike}" if asked else ""
        return tail + "; they were shown different examples" * self.other_examples

    @property
    def how(self) -> str:
        """How the two were compared, in one line."""
        indices, others = (side.networks for side in self.sides)
        one, other = len(indices), len(others)
        seeds = [side.origin.seed for side in self.sides]
        if not self.paired:
            drawn = "" if None in seeds else f", seeds {seeds[0]} and {seeds[1]}"
            return f"unpaired (Welch): {one:,} and {other:,} networks{drawn}"
        common = len(np.intersect1d(indices, others))
        said = f"paired by index: {common:,} networks of each, seed {seeds[0]}"
        if not math.isnan(self.correlation):
            said += f", typical correlation {rounded(self.correlation, 0.1)}"
        left = one + other - 2 * common
        return f"{said}; {left:,} without a partner left out" if left else said

    @property
    def cautions(self) -> tuple[str, ...]:
        """Reasons to doubt that a difference is due to the studies, one per line."""
        return tuple(self._cautions())

    def _cautions(self) -> Iterator[str]:
        if self.other_examples:
            yield (
                "the two were shown different examples, which may explain part of every difference"
            )
        if self.versions:
            pairs = [f"{key} {one} and {other}" for key, (one, other) in self.versions.items()]
            yield f"they were made with different versions: {', '.join(pairs)}"
        for what in ("overflowed", "underflowed"):
            counts = [getattr(side.summary, what) for side in self.sides]
            lost = [
                f"{count:,} of {len(side.networks):,} networks of {name}"
                for count, side, name in zip(counts, self.sides, self.names, strict=True)
            ]
            if any(counts):
                yield f"{what}: {' and '.join(lost)}"

    @property
    def gaps(self) -> tuple[str, ...]:
        """What was not compared, or not in the usual way, and why; one line per reason."""
        said = [
            f"not compared ({_LEFT_OUT[why]}): {self._places(places)}"
            for why, places in self.left_out.items()
        ]
        if odd := [(row.quantity, row.layer) for row in self.rows if row.fell_back]:
            said.append(
                "compared by difference and without a margin, since some network has a value not "
                f"above 0: {self._places(odd)}"
            )
        return tuple(said)

    def _places(self, places: Iterable[Place]) -> str:
        """List quantities, each with its layers in brackets unless these are all layers."""
        left = (where for listed in self.left_out.values() for where in listed)
        asked = {layer for _, layer in left} | {row.layer for row in self.rows}
        by_name: dict[str, tuple[int | str, ...]] = {}
        for name, layer in places:
            by_name[name] = (*by_name.get(name, ()), layer)
        by_layers: dict[tuple[int | str, ...], list[str]] = {}
        for name, layers in by_name.items():
            by_layers.setdefault(layers, []).append(name)
        said = []
        for layers, names in by_layers.items():
            where = "" if set(layers) == asked else f" ({', '.join(map(place, layers))})"
            said.append(", ".join(names) + where)
        return "; ".join(said)

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain data; undefined numbers are None."""
        return {
            "schema": 1,
            "names": list(self.names),
            "studies": [side.origin.to_json() for side in self.sides],
            "keys": {key: list(pair) for key, pair in self.keys.items()},
            "versions": {key: list(pair) for key, pair in self.versions.items()},
            "paired": self.paired,
            "correlation": plain(self.correlation),
            "other_examples": self.other_examples,
            "overflowed": [side.summary.overflowed for side in self.sides],
            "underflowed": [side.summary.underflowed for side in self.sides],
            "margins": {kind.value: margin for kind, margin in self.margins.items()},
            "alpha": self.alpha,
            "identical": self.identical,
            "differing": len(self.differing),
            **self.counts(),
            "sentence": self.sentence,
            "how": self.how,
            "cautions": list(self.cautions),
            "gaps": list(self.gaps),
            "left_out": {
                why: [{"quantity": name, "layer": layer} for name, layer in places]
                for why, places in self.left_out.items()
            },
            "rows": [row.to_json() for row in self.rows],
        }


def margins_text(margins: Mapping[Kind, float]) -> str:
    """Describe the margins within which two values are alike.

    Parameters
    ----------
    margins : mapping of Kind to float
        The margin of the log ratio of sizes, and that of the difference of shares.

    Returns
    -------
    str
        A phrase for sizes and for shares.

    Examples
    --------
    >>> margins_text({Kind.SIZE: 0.05, Kind.SHARE: 0.01})
    'sizes within a factor of 1.051, shares and cosines within 0.0100'
    """
    factor = f"{math.exp(margins[Kind.SIZE]):.4g}"
    share = short(margins[Kind.SHARE])
    return f"sizes within a factor of {factor}, shares and cosines within {share}"
