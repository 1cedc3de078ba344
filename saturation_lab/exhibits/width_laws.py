"""How far networks of one width differ, and the law of that where it is derived."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saturation_lab.exhibits.material import Material
from saturation_lab.inference.intervals import Interval, spread_interval
from saturation_lab.judging.kinds import log_change
from saturation_lab.measured import Measured, Origin
from saturation_lab.study import Study
from saturation_lab.theory.finite_width import Scatter, gradient_law, mean_square_law
from saturation_lab.words.lists import sentences

SOURCE = "Hanin & Nica 2020"


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


def _width_of(origin: Origin) -> float:
    """Return the width of layers 1 to L - 1, which the gradient's ratio depends on: harmonic mean.

    >>> _width_of(Study(activation="relu", initializer="he_normal", widths=(10, 10, 99)))
    10.0
    """
    passed = origin.widths[:-1] or origin.widths
    return float(len(passed) / sum(Fraction(1, units) for units in passed))


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Some networks, and how far they differ in the gradient's ratio.

    Attributes
    ----------
    label
        Their width, or what they are called where several are of one width.
    width
        Their width.
    networks
        What was measured.
    """

    label: str
    width: float
    networks: Measured

    @cached_property
    def ratios(self) -> NDArray[np.float64]:
        """Return mean(δ²) of layer 1 over layer L in each network, [R]; nan where undefined."""
        ratios: NDArray[np.float64] = np.exp(-log_change(self.networks, "gradient_mean_square"))
        return ratios

    @property
    def known(self) -> NDArray[np.float64]:
        """Return the ratios of the networks that have one."""
        return self.ratios[np.isfinite(self.ratios)]

    @property
    def lost(self) -> int:
        """Return how many networks have none."""
        return int(np.count_nonzero(np.isnan(self.ratios)))

    @cached_property
    def law(self) -> Scatter | None:
        """Return their law, where it is derived."""
        return known_law(self.networks.origin)

    @property
    def interval(self) -> Interval:
        """Return the standard deviation of ln ratio over the networks that have one."""
        return spread_interval(np.log(self.known))


def spreads(material: Material) -> Mapping[str, Spread]:
    """Return each role's networks with what tells them apart: their width, or else their title."""
    widths = {role: _width_of(one.origin) for role, one in material.networks.items()}
    told_apart = len(set(widths.values())) == len(widths)
    return {
        role: Spread(
            label=_plain(widths[role])
            if told_apart
            else sentences(material.blocks.get(role, ""), material.titles[role]),
            width=widths[role],
            networks=one,
        )
        for role, one in material.networks.items()
    }


def _plain(width: float) -> str:
    return f"{width:,.0f}" if width == round(width) else f"{width:,.1f}"


def kind_of_label(found: Mapping[str, Spread]) -> str:
    """Return what stands before a label where that is a width."""
    return "width " if next(iter(found.values())).label[0].isdigit() else ""
