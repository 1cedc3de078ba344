"""The spread of networks of one width, and its exact law where that is known."""

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
    """Return the law of the gradient ratio at finite width.

    Parameters
    ----------
    origin : Origin
        The study.

    Returns
    -------
    Scatter or None
        The law of the mean square of δ in layer 1 over that in layer L, for one example and a
        random cotangent; None if it is not known.

    References
    ----------
    .. [1] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Commun. Math. Phys. 376, 2020.
    """
    study = _with_law(origin)
    return None if study is None else gradient_law(study.architecture)


def _with_law(origin: Origin) -> Study | None:
    """Return the study if it has one example and the loss for which laws are known."""
    if not isinstance(origin, Study) or origin.examples > 1:
        return None
    return origin if origin.resolved_loss == "random_cotangent" else None


def expected_log(origin: Origin, quantity: str, layer: int, start: int) -> float:
    """Return the exact mean of the logarithm of a ratio of mean squares.

    Parameters
    ----------
    origin : Origin
        The study.
    quantity : str
        The mean square, such as ``gradient_mean_square``.
    layer, start : int
        The layers in the numerator and in the denominator, counted from 1.

    Returns
    -------
    float
        The mean of the natural logarithm over networks in which neither mean square is 0; nan if
        it is not known.
    """
    study = _with_law(origin)
    if study is None or known_law(study) is None:
        return math.nan
    ends = [mean_square_law(study.architecture, i, of=quantity) for i in (layer, start)]
    return ends[0].log_mean - ends[1].log_mean


def typical_change(origin: Origin, quantity: str) -> float:
    """Return the exact mean log change of a mean square from layer 1 to layer L.

    Parameters
    ----------
    origin : Origin
        The study.
    quantity : str
        The mean square, such as ``gradient_mean_square``.

    Returns
    -------
    float
        The mean of ln(value in layer L / value in layer 1) over networks; nan if it is not known.

    Examples
    --------
    >>> relu = Study(
    ...     activation="relu",
    ...     initializer="he_normal",
    ...     widths=(10, 10),
    ...     inputs="gaussian",
    ...     examples=1,
    ... )
    >>> round(typical_change(relu, "activation_mean_square"), 2)
    -0.31
    """
    return expected_log(origin, quantity, len(origin.widths), 1)


def _width_of(origin: Origin) -> float:
    """Return the harmonic mean width of layers 1 to L - 1, on which the gradient ratio depends.

    >>> _width_of(Study(activation="relu", initializer="he_normal", widths=(10, 10, 99)))
    10.0
    """
    passed = origin.widths[:-1] or origin.widths
    return float(len(passed) / sum(Fraction(1, units) for units in passed))


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The networks of one role and the spread of their gradient ratio.

    Attributes
    ----------
    label : str
        The width, or a title if several roles have the same width.
    width : float
        The width.
    networks : Measured
        The networks.
    """

    label: str
    width: float
    networks: Measured

    @cached_property
    def ratios(self) -> NDArray[np.float64]:
        """The mean square of δ in layer 1 over layer L, of shape (networks,); nan if undefined."""
        ratios: NDArray[np.float64] = np.exp(-log_change(self.networks, "gradient_mean_square"))
        return ratios

    @property
    def known(self) -> NDArray[np.float64]:
        """The ratios that are defined."""
        return self.ratios[np.isfinite(self.ratios)]

    @property
    def lost(self) -> int:
        """The number of networks without a defined ratio."""
        return int(np.count_nonzero(np.isnan(self.ratios)))

    @cached_property
    def law(self) -> Scatter | None:
        """The exact law of the ratio; None if it is not known."""
        return known_law(self.networks.origin)

    @property
    def interval(self) -> Interval:
        """The standard deviation of the log ratio over networks in which it is defined."""
        return spread_interval(np.log(self.known))


def spreads(material: Material) -> Mapping[str, Spread]:
    """Return the networks of each role, labelled by width or, if widths coincide, by title.

    Parameters
    ----------
    material : Material
        The group.

    Returns
    -------
    mapping of str to Spread
        The networks by role.
    """
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
    """Return the word that precedes the labels.

    Parameters
    ----------
    found : mapping of str to Spread
        The networks by role.

    Returns
    -------
    str
        "width " if the labels are widths, otherwise "".
    """
    return "width " if next(iter(found.values())).label[0].isdigit() else ""
