"""What is said of two studies side by side: what differs, how it was compared, what was not?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from saturation_lab.compare.row import Place, place
from saturation_lab.inference.digits import rounded, short
from saturation_lab.statistics.quantities import Kind

if TYPE_CHECKING:
    from saturation_lab.compare.comparison import Contrast
    from saturation_lab.sampling.result import Result

LEFT_OUT = {
    "undefined": "undefined in some network",
    "overflowed": "a network overflowed there",
    "other axis": "a 0-peak is a share of the axis, and theirs are not the same",
}
"""Why something is not compared."""


def sentence_of(found: Contrast) -> str:
    """Return in what two studies differ, and what is alike, in one line."""
    one, other = found.names
    total = f"{len(found.rows):,} comparison{'s' * (len(found.rows) != 1)}"
    if not found.rows:
        return f"{one} and {other}: nothing can be compared"
    if found.identical:
        return f"{one} and {other} are identical in every network ({total})"
    if all(row.same for row in found.rows):
        return f"{one} and {other} are the same up to rounding in every network ({total})"
    counts = found.counts()
    asked = sum(counts.values())
    alike = ", ".join(f"{count:,} {word}" for word, count in counts.items())
    tail = f"; of the {asked:,} with a margin: {alike}" if asked else ""
    if found.other_examples:
        tail += "; they were shown other examples"
    if found.largest is None:
        return f"no difference between {one} and {other} is shown in {total}{tail}"
    way = f"{one} {'over' if found.largest.by_ratio else 'less'} {other} {found.largest.number}"
    where = f"{found.largest.quantity.replace('_', ' ')}, {place(found.largest.layer)}"
    return (
        f"{one} and {other} differ in {len(found.differing):,} of {total}, "
        f"most in {where}: {way}{tail}"
    )


def way_of(found: Contrast) -> str:
    """Return in one line how the two were compared."""
    counts = [len(result.summary.networks) for result in found.results]
    seeds = [result.study.seed for result in found.results]
    if not found.paired:
        return (
            f"unpaired (Welch): {counts[0]:,} and {counts[1]:,} networks of seeds {seeds[0]} "
            f"and {seeds[1]}"
        )
    one, other = (result.summary.networks for result in found.results)
    common = len(np.intersect1d(one, other))
    said = f"paired by index: {common:,} networks of each, seed {seeds[0]}"
    if not math.isnan(found.correlation):
        said += f", typical correlation {rounded(found.correlation, 0.1)}"
    left = sum(counts) - 2 * common
    return f"{said}; {left:,} without a partner left out" if left else said


def cautions_of(found: Contrast) -> Iterator[str]:
    """Yield what must be known before a difference is believed, a line each."""
    if found.other_examples:
        yield "the two were shown other examples: a part of every difference may be the examples'"
    if found.versions:
        pairs = [f"{key} {one} and {other}" for key, (one, other) in found.versions.items()]
        yield f"they were made with other versions: {', '.join(pairs)}"
    if any(result.summary.overflowed for result in found.results):
        yield f"overflowed: {' and '.join(map(_lost, found.results, found.names))}"


def gaps_of(found: Contrast) -> Iterator[str]:
    """Yield what is not compared, or otherwise than its kind, and why, a line each."""
    for why, places in found.left_out.items():
        yield f"not compared, as {LEFT_OUT[why]}: {_places(places, found)}"
    if odd := [(row.quantity, row.layer) for row in found.rows if row.fell_back]:
        yield (
            "by difference and without a margin, as some network has a value that is not above 0: "
            + _places(odd, found)
        )


def _lost(result: Result, name: str) -> str:
    count = len(result.summary.networks)
    return f"{result.summary.overflowed:,} of {count:,} networks of {name}"


def margins_text(margins: Mapping[Kind, float]) -> str:
    """Return what is alike, in words.

    >>> margins_text({Kind.SIZE: 0.05, Kind.SHARE: 0.01})
    'sizes within a factor 1.051, shares and cosines within 0.0100'
    """
    factor = f"{math.exp(margins[Kind.SIZE]):.4g}"
    return f"sizes within a factor {factor}, shares and cosines within {short(margins[Kind.SHARE])}"


def _places(places: Iterable[Place], found: Contrast) -> str:
    """Return quantities by the layers where something is so: all of them, or which."""
    left = (where for listed in found.left_out.values() for where in listed)
    asked = {layer for _, layer in left} | {row.layer for row in found.rows}
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
