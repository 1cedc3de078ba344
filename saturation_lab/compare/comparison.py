"""In what do two studies differ, quantity by quantity and layer by layer, and where are they alike?

Networks of one seed share random numbers where their laws do. As two samples they would not be
independent, so they are compared network by network; networks of two seeds are independent, and
compared by Welch's t. Sizes are compared by the ratio of typical networks, all else by a
difference. Every comparison gets two answers: whether a difference is shown, among so many
(Benjamini-Hochberg), and whether the two are alike within a margin that was fixed beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from saturation_lab.checks import InputError, choice, real, whole
from saturation_lab.compare.comparable import (
    are_paired,
    differing_keys,
    differing_versions,
    refuse_unlike,
    shown_other_examples,
)
from saturation_lab.compare.row import ALIKE, OUTPUT, SCALES, Place, Row
from saturation_lab.compare.sentences import cautions_of, gaps_of, sentence_of, way_of
from saturation_lab.inference.comparison import Comparison, compare_paired, compare_unpaired
from saturation_lab.inference.digits import plain
from saturation_lab.inference.equivalence import decide, default_margin
from saturation_lab.inference.multiplicity import benjamini_hochberg
from saturation_lab.sampling.result import Result
from saturation_lab.statistics.quantities import QUANTITIES, Kind

ALPHA = 0.05
"""The expected share of false ones among the differences that are found."""
SHARE_MARGIN = 0.01
"""Shares and cosines are alike when they are less than one part in a hundred apart."""
PEAKS = "_peak_share"
ROUNDING = 128
"""In units of the last place of the weights' numbers: what is nearer than this is the same. (Of
ReLU networks with weights twice as large shapes and shares stay; over 20 layers they are within 35
such units.)"""


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Two studies side by side.

    Attributes:
        names: what they are called.
        results: the two.
        rows: every comparison, quantity by quantity.
        left_out: what is not compared, by a key of `LEFT_OUT`: (quantity, layer).
        margins: what is alike, by kind of quantity, on the log ratio or the difference.
        alpha: the expected share of false ones among the differences found.
        other_examples: whether each was shown examples of its own.
    """

    names: tuple[str, str]
    results: tuple[Result, Result]
    rows: tuple[Row, ...]
    left_out: Mapping[str, tuple[Place, ...]]
    margins: Mapping[Kind, float]
    alpha: float
    other_examples: bool

    @property
    def paired(self) -> bool:
        """Return whether they were compared network by network."""
        return are_paired(*self.results)

    @property
    def identical(self) -> bool:
        """Return whether every number that was compared is the same in every network."""
        return bool(self.rows) and all(row.identical for row in self.rows)

    @property
    def differing(self) -> tuple[Row, ...]:
        """Return the rows that show a difference."""
        return tuple(row for row in self.rows if row.differs)

    @property
    def largest(self) -> Row | None:
        """Return the largest difference shown: of sizes, else of shares, else the surest."""
        for kind in Kind:
            found = [row for row in self.differing if QUANTITIES[row.quantity].kind is kind]
            found = [row for row in found if row.by_ratio] or found
            if found:
                return max(found, key=lambda row: row.surety if kind is Kind.PLACE else row.size)
        return None

    @cached_property
    def keys(self) -> dict[str, tuple[Any, Any]]:
        """Return the keys of the studies in which they differ, with both values."""
        return differing_keys(*self.results)

    @property
    def other_axes(self) -> tuple[str, ...]:
        """Return the signals whose values the two count on axes of their own."""
        one, other = (result.study.ranges for result in self.results)
        return tuple(s for s in dict.fromkeys([*one, *other]) if one.get(s) != other.get(s))

    @property
    def versions(self) -> dict[str, tuple[str, str]]:
        """Return what the two were made with where that differs."""
        return differing_versions(*self.results)

    @property
    def correlation(self) -> float:
        """Return the typical correlation within pairs, a median over rows; nan without any."""
        found = [row.comparison.correlation for row in self.rows]
        known = [x for x in found if not math.isnan(x)]
        return float(np.median(known)) if known else math.nan

    def counts(self) -> dict[str, int]:
        """Return how many rows are alike, unlike and undecided."""
        verdicts = [row.verdict for row in self.rows]
        return {word: verdicts.count(word) for word in ALIKE.values()}

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        return sentence_of(self)

    @property
    def how(self) -> str:
        """Say in one line how the two were compared."""
        return way_of(self)

    @property
    def cautions(self) -> tuple[str, ...]:
        """Return what must be known before a difference is believed, a line each."""
        return tuple(cautions_of(self))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return what is not compared, or otherwise than its kind, and why, a line each."""
        return tuple(gaps_of(self))

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; undefined numbers are None."""
        return {
            "schema": 1,
            "names": list(self.names),
            "studies": [
                study.to_dict() if study.can_be_written else None
                for study in (result.study for result in self.results)
            ],
            "keys": {key: list(pair) for key, pair in self.keys.items()},
            "versions": {key: list(pair) for key, pair in self.versions.items()},
            "paired": self.paired,
            "correlation": plain(self.correlation),
            "other_examples": self.other_examples,
            "overflowed": [result.summary.overflowed for result in self.results],
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


def contrast(
    one: Result,
    other: Result,
    *,
    names: tuple[str, str] = ("A", "B"),
    margin: float | None = None,
    share_margin: float = SHARE_MARGIN,
    quantities: Sequence[str] | None = None,
    layers: Sequence[int | str] | None = None,
) -> Contrast:
    """Return in what ``one`` differs from ``other``, and where they are alike.

    Args:
        margin: two sizes are alike when their log ratio lies within ± this; None: ln 2/L, below a
            factor 2 over all L layers.
        share_margin: two shares are alike when they are less than this apart.
        quantities: names of `QUANTITIES`; None: all.
        layers: numbers of hidden layers and "output"; None: all that both have.

    Raises:
        InputError: the two were not shown the same kind of examples, are not equally deep or have
            fewer than two networks, naming every key; an unknown quantity or layer; a margin <= 0.

    >>> from saturation_lab import Study, sample
    >>> study = Study(activation="tanh", initializer="glorot_normal", widths=(16,), networks=4)
    >>> result = sample(study, workers=1)
    >>> contrast(result, result, layers=[1], quantities=["gradient_mean_square"]).sentence
    'A and B are identical in every network (1 comparison)'
    """
    pair = (one, other)
    refuse_unlike(*pair, names=names)
    margins = {
        Kind.SIZE: default_margin(one.depth) if margin is None else real("margin", margin, above=0),
        Kind.SHARE: real("share_margin", share_margin, above=0),
    }
    left_out: dict[str, list[Place]] = {}
    found: list[tuple[str, int, Comparison, bool]] = []
    numbers = _numbers(pair, layers)
    for name in _quantities(quantities):
        for layer in numbers:
            why = _why_not(pair, name, layer)
            if why:
                left_out.setdefault(why, []).append((name, one.layer_name(layer)))
            else:
                comparison = _compared(pair, name, layer)
                found.append((name, layer, comparison, _same(comparison, pair, name, layer)))
    return Contrast(
        names=names,
        results=pair,
        rows=tuple(_screened(found, margins, one)),
        left_out={why: tuple(places) for why, places in left_out.items()},
        margins=margins,
        alpha=ALPHA,
        other_examples=shown_other_examples(one.study, other.study),
    )


def _quantities(given: Sequence[str] | None) -> Iterable[str]:
    if given is None:
        return QUANTITIES
    return dict.fromkeys(choice("quantities", name, QUANTITIES) for name in given)


def _numbers(pair: tuple[Result, Result], given: Sequence[int | str] | None) -> list[int]:
    """Return the layers asked for, counted from 1; the output layer comes after the hidden ones."""
    last = min(result.summary.values.shape[1] for result in pair)
    if given is None:
        return list(range(1, last + 1))
    depth = pair[0].depth
    if OUTPUT in given and last == depth:
        raise InputError("layers", expected=f"1 to {depth}, as there is no output", got=OUTPUT)
    return sorted(
        {depth + 1 if x == OUTPUT else whole("layers", x, low=1, high=depth) for x in given}
    )


def _why_not(pair: tuple[Result, Result], name: str, layer: int) -> str:
    """Return why a quantity is not compared in a layer, a key of `LEFT_OUT`; "" if it is."""
    one, other = (result.study.ranges.get(name.removesuffix(PEAKS)) for result in pair)
    if name.endswith(PEAKS) and one != other:
        return "other axis"
    lost = False
    for result in pair:
        values, bad = result.values(name, layer), result.summary.first_bad_layer > 0
        if np.isnan(values[~bad]).any():
            return "undefined"
        lost |= not np.isfinite(values).all()
    return "overflowed" if lost else ""


def _compared(pair: tuple[Result, Result], name: str, layer: int) -> Comparison:
    compare = compare_paired if are_paired(*pair) else compare_unpaired
    one, other = (result.replicates(name, layer) for result in pair)
    scale = SCALES[QUANTITIES[name].kind]
    if scale == "ratio" and not (one.values.min() > 0 and other.values.min() > 0):
        scale = "difference"
    return compare(one, other, scale=scale)


def _same(comparison: Comparison, pair: tuple[Result, Result], name: str, layer: int) -> bool:
    """Return whether two are equal up to rounding; a difference is held against the values."""
    dtypes = {result.study.dtype for result in pair}
    allowed = ROUNDING * float(np.finfo("float32" if "float32" in dtypes else "float64").eps)
    if comparison.scale == "difference":
        allowed *= max(float(np.abs(result.values(name, layer)).max()) for result in pair)
    return max(abs(comparison.shift.low), abs(comparison.shift.high)) <= allowed


def _screened(
    found: Sequence[tuple[str, int, Comparison, bool]],
    margins: Mapping[Kind, float],
    result: Result,
) -> Iterator[Row]:
    if not found:
        return
    p_values = [1.0 if same else comparison.p_value for *_, comparison, same in found]
    screen = benjamini_hochberg(p_values, alpha=ALPHA)
    for (name, layer, comparison, same), p, differs in zip(
        found, screen.adjusted, screen.rejected, strict=True
    ):
        kind = QUANTITIES[name].kind
        margin = margins.get(kind) if comparison.scale == SCALES[kind] else None
        yield Row(
            quantity=name,
            layer=result.layer_name(layer),
            comparison=comparison,
            same=same,
            p_adjusted=float(p),
            differs=bool(differs),
            alike=None if margin is None else decide(comparison.shift, margin=margin),
        )
