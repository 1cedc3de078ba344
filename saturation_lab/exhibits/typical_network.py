"""The typical network of each width, layer by layer, compared with the exact law.

The typical network is the geometric mean over networks. If the law at finite width is known (see
`theory.finite_width`: linear, ReLU and leaky layers, independent normal weights, one example), the
mean of its logarithm is known exactly at every width. Mean-field theory, the limit of wide layers,
gives the arithmetic mean over networks instead; few networks are close to that mean if they differ
much from each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from saturation_lab.exhibits.exhibit import NETWORKS, TWO_LAYERS, Exhibit, Shown
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.theory_lines import intervals_that_hold_it
from saturation_lab.exhibits.width_laws import (
    SOURCE,
    expected_log,
    kind_of_label,
    known_law,
    spreads,
)
from saturation_lab.figures.depth import depth_profile
from saturation_lab.figures.theme import layer_colours
from saturation_lab.inference.intervals import Interval, mean_interval
from saturation_lab.measured import Measured
from saturation_lab.words.lists import listed, sentences
from saturation_lab.words.numbers import change_factor, factor_text

_COLUMNS = ["study", "layer", "quantity", "estimate", "se", "low", "high", "predicted"]


@dataclass(frozen=True, kw_only=True)
class _Way:
    """A mean square with its panel and its direction of propagation, up or down."""

    quantity: str
    label: str
    symbol: str
    word: str

    def ends(self, depth: int) -> tuple[int, int]:
        """Return the hidden layers where propagation starts and ends."""
        return (1, depth) if self.word == "up" else (depth, 1)


_WAYS = (
    _Way(
        quantity="gradient_mean_square",
        label="δ², over that of the top layer",
        symbol="δ²",
        word="down",
    ),
    _Way(
        quantity="activation_mean_square",
        label="a², over that of layer {bottom}",
        symbol="a²",
        word="up",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Course:
    """A mean square of some networks in each layer, relative to the layer where it starts.

    Attributes
    ----------
    role, label : str
        The role and the label of the networks.
    way : _Way
        The mean square.
    found : sequence of Interval
        The geometric mean over networks in each layer, with its interval.
    exact : sequence of float
        The exact value in each layer; nan if it is not known.
    """

    role: str
    label: str
    way: _Way
    found: Sequence[Interval]
    exact: Sequence[float]

    @property
    def end(self) -> Interval:
        """The value after propagation through all layers."""
        return self.found[self.way.ends(len(self.found))[1] - 1]

    @property
    def change(self) -> str:
        """The value after propagation through all layers, in words."""
        ratio = self.exact[self.way.ends(len(self.exact))[1] - 1]
        exact = change_factor(ratio, 1, self.end)
        said = f" (exact {exact})" if exact else ""
        return f"{self.label}: {factor_text(self.end, 1)}{said}"


def _courses(material: Material) -> list[_Course]:
    found = spreads(material)
    kind, layers = kind_of_label(found), range(1, material.depth + 1)
    courses = []
    for role, one in material.networks.items():
        for way in _WAYS:
            start, _ = way.ends(material.depth)
            of, origin = way.quantity, one.origin
            courses.append(
                _Course(
                    role=role,
                    label=kind + found[role].label,
                    way=way,
                    found=[_interval(one, of, layer, start) for layer in layers],
                    exact=[math.exp(expected_log(origin, of, layer, start)) for layer in layers],
                )
            )
    return courses


def _interval(result: Measured, quantity: str, layer: int, start: int) -> Interval:
    """Return the geometric mean of a ratio of mean squares, over networks where both are > 0."""
    with np.errstate(all="ignore"):
        logs = np.log(result.values(quantity, layer)) - np.log(result.values(quantity, start))
    known = logs[np.isfinite(logs)]
    nothing = Interval(estimate=math.nan, se=math.nan, low=math.nan, high=math.nan, networks=0)
    return mean_interval(known).map(math.exp) if len(known) else nothing


def _make(material: Material) -> Shown:
    courses = _courses(material)
    table = _table(courses)
    titles = {course.role: course.label for course in courses}
    return Shown(
        table=table,
        draw=partial(
            depth_profile,
            titles=titles,
            quantities={way.quantity: way.label.format(bottom=material.bottom) for way in _WAYS},
            logarithmic=True,
            colours=dict(zip(titles, layer_colours(len(titles)), strict=True)),
            theory="exact",
            labels=material.labels,
        ),
        how=sentences(
            "The typical network: geometric means over the networks in which the ratio is defined, "
            f"with 95 % intervals; {material.size}.",
            _lines(table, material),
            _largest(courses),
        ),
        alt=" ".join(
            f"{way.symbol} on its way {way.word}, "
            f"{listed([course.change for course in courses if course.way is way])}."
            for way in _WAYS
        ),
        footer=material.footer,
    )


def _table(courses: Sequence[_Course]) -> pd.DataFrame:
    """Return the table ``profile(study, layer, quantity, estimate, se, low, high, predicted)``.

    For each mean square relative to the layer where it starts: the geometric mean over networks,
    with Student's interval on the logarithm, and the exact value; nan if undefined or not known.
    """
    rows = [
        (
            *(course.role, layer, course.way.quantity),
            *(found.estimate, found.se, found.low, found.high, exact),
        )
        for course in courses
        for layer, (found, exact) in enumerate(zip(course.found, course.exact, strict=True), 1)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _lines(table: pd.DataFrame, material: Material) -> str:
    """Return an explanation of the lines of the figure."""
    if not any(known_law(one.origin) for one in material.networks.values()):
        return "There is no line, because no exact law is known for these networks."
    return (
        f"Lines: the exact mean of the logarithm at each width, without any fit ({SOURCE}). "
        "Mean-field theory gives the arithmetic mean over networks instead; if networks differ a "
        f"lot, few of them are close to that mean. {intervals_that_hold_it(table)}"
    )


def _largest(courses: Sequence[_Course]) -> str:
    """Return the largest change in each direction in a sentence."""
    said = []
    for way in _WAYS:
        some = [course for course in courses if course.way is way]
        known = [course for course in some if math.isfinite(_log(course.end))]
        if known:
            farthest = max(known, key=lambda course: abs(_log(course.end)))
            said.append(f"{way.symbol} on its way {way.word}, {farthest.change}")
    return f"The largest changes: {'; '.join(said)}." if said else ""


def _log(found: Interval) -> float:
    return math.log(found.estimate)


TYPICAL: Exhibit = Exhibit(
    id="width_layers",
    title="The typical network, layer by layer",
    make=_make,
    needs=(NETWORKS, TWO_LAYERS),
)
