"""What does the typical network of a width show, layer by layer, and what must it show?

The typical network is the geometric mean over networks. Where the law at finite width is known
(`theory.finite_width`: linear, ReLU and leaky layers, independent normal weights, one example) its
logarithm has an exact mean at every width; mean field, the limit of wide layers, is then the mean
over networks, which few networks show where they differ by much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from saturation_lab.exhibits.exhibit import NETWORKS, TWO_LAYERS, Exhibit, Said, made_of
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.theory_lines import intervals_that_hold_it
from saturation_lab.figures.depth import depth_profile
from saturation_lab.figures.theme import Canvas, layer_colours
from saturation_lab.inference.intervals import Interval, mean_interval
from saturation_lab.measured import Measured, Origin
from saturation_lab.study import Study
from saturation_lab.theory.finite_width import Scatter, gradient_law, mean_square_law
from saturation_lab.words.lists import listed
from saturation_lab.words.numbers import change_factor, factor_text

SOURCE = "Hanin & Nica 2020"


class Way(NamedTuple):
    """A mean square on its way: its panel, whether it goes up (1) or down (-1)."""

    label: str
    symbol: str
    up: int

    @property
    def word(self) -> str:
        """Return where it goes."""
        return "up" if self.up > 0 else "down"

    def start(self, depth: int) -> int:
        """Return the hidden layer that it is compared with, where it enters."""
        return 1 if self.up > 0 else depth

    def end(self, depth: int) -> int:
        """Return the hidden layer where it has come through all."""
        return depth if self.up > 0 else 1


WAYS = {
    "gradient_mean_square": Way("δ², over that of the top layer", "δ²", -1),
    "activation_mean_square": Way("a², over that of layer 1", "a²", 1),
}


def known_law(origin: Origin) -> Scatter | None:
    """Return the law of the gradient's ratio where it is derived: one example's, as drawn here."""
    study = _with_law(origin)
    return None if study is None else gradient_law(study.architecture)


def _with_law(origin: Origin) -> Study | None:
    """Return the study, where it has the loss and the one example of which laws are derived."""
    if not isinstance(origin, Study) or origin.examples > 1:
        return None
    return origin if origin.resolved_loss == "random_cotangent" else None


def expected_log(origin: Origin, quantity: str, layer: int, start: int) -> float:
    """Return E ln of a mean square in a layer over that in another, exactly; nan if not derived.

    It is that over the networks in which neither is 0.
    """
    study = _with_law(origin)
    if study is None or known_law(study) is None:
        return math.nan
    ends = [mean_square_law(study.architecture, i, of=quantity) for i in (layer, start)]
    return ends[0].log_mean - ends[1].log_mean


def typical_change(origin: Origin, quantity: str) -> float:
    """Return E ln of a mean square in layer L over that in layer 1; nan if it is not derived."""
    return expected_log(origin, quantity, len(origin.widths), 1)


def _logs(result: Measured, quantity: str, layer: int, start: int) -> NDArray[np.float64]:
    """Return ln of a mean square over that in another layer, of the networks that have both."""
    with np.errstate(all="ignore"):
        logs = np.log(result.values(quantity, layer)) - np.log(result.values(quantity, start))
    known: NDArray[np.float64] = logs[np.isfinite(logs)]
    return known


def _interval(result: Measured, quantity: str, layer: int, start: int) -> Interval:
    logs = _logs(result, quantity, layer, start)
    nothing = Interval(estimate=math.nan, se=math.nan, low=math.nan, high=math.nan, networks=0)
    return mean_interval(logs).map(math.exp) if len(logs) else nothing


def typical_table(material: Material) -> pd.DataFrame:
    """Return ``profile(study, layer, quantity, estimate, se, low, high, predicted)``.

    Of each mean square in a layer over that where it enters: geometric mean over networks, with
    Student's interval on the logarithm, and the exact one; nan where undefined or not derived.
    """
    rows = []
    for name, result in material.networks.items():
        for quantity, way in WAYS.items():
            start = way.start(material.depth)
            for layer in range(1, material.depth + 1):
                found = _interval(result, quantity, layer, start)
                exact = math.exp(expected_log(result.origin, quantity, layer, start))
                ends = (found.estimate, math.nan, found.low, found.high)
                rows.append((name, layer, quantity, *ends, exact))
    names = ["study", "layer", "quantity", "estimate", "se", "low", "high", "predicted"]
    return pd.DataFrame(rows, columns=names)


def _draw(label_of: Callable[[Material], dict[str, str]]) -> Callable[..., Figure]:
    def draw(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
        titles = label_of(material)
        return depth_profile(
            table,
            canvas=canvas,
            titles=titles,
            quantities={quantity: way.label for quantity, way in WAYS.items()},
            logarithmic=True,
            colours=dict(zip(titles, layer_colours(len(titles)), strict=True)),
            theory="exact",
        )

    return draw


def _numbers(label_of: Callable[[Material], dict[str, str]]) -> Said:
    def numbers(material: Material) -> str:
        said = []
        for quantity, way in WAYS.items():
            start, end = way.start(material.depth), way.end(material.depth)
            each = [
                f"{label_of(material)[name]}: {_change(result, quantity, end, start)}"
                for name, result in material.networks.items()
            ]
            said.append(f"{way.symbol} on its way {way.word}, {listed(each)}.")
        return " ".join(said)

    return numbers


def _change(result: Measured, quantity: str, end: int, start: int) -> str:
    measured = _interval(result, quantity, end, start)
    ratio = math.exp(expected_log(result.origin, quantity, end, start))
    exact = change_factor(ratio, 1, measured)
    return factor_text(measured, 1) + (f" (exact {exact})" if exact else "")


def _widest(material: Material, labels: Mapping[str, str]) -> str:
    """Return the change of the study where the typical network differs most from mean field."""
    said = []
    for quantity, way in WAYS.items():
        start, end = way.start(material.depth), way.end(material.depth)
        changes = {
            name: abs(math.log(_interval(result, quantity, end, start).estimate))
            for name, result in material.networks.items()
        }
        known = {name: change for name, change in changes.items() if math.isfinite(change)}
        if known:
            name = max(known, key=lambda study: known[study])
            change = _change(material.networks[name], quantity, end, start)
            said.append(f"{way.symbol} on its way {way.word}, {labels[name]}: {change}")
    return f"The largest changes: {'; '.join(said)}." if said else ""


def typical_exhibit(label_of: Callable[[Material], dict[str, str]]) -> Exhibit:
    """Return the exhibit; ``label_of`` names a group's studies in the legend, by study."""
    numbers = _numbers(label_of)

    def caption(material: Material) -> str:
        known = any(known_law(result.origin) for result in material.networks.values())
        lines = (
            "Lines: the exact mean of the logarithm at that very width, nothing fitted "
            f"({SOURCE}). Mean field is the mean over networks, to which few networks come near "
            "where they differ much. " + intervals_that_hold_it(typical_table(material))
        )
        return " ".join(
            filter(
                None,
                [
                    "The typical network: geometric means over those networks that have both "
                    f"layers, with 95 % intervals; {material.size}.",
                    lines if known else "There is no line: no exact law is derived here.",
                    _widest(material, label_of(material)),
                ],
            )
        )

    return Exhibit(
        id="width_layers",
        title="The typical network, layer by layer",
        make=made_of(
            table=typical_table,
            draw=_draw(label_of),
            caption=caption,
            alt=numbers,
        ),
        needs=(NETWORKS, TWO_LAYERS),
    )
