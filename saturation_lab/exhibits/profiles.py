"""Exhibits of quantities from layer to layer, each defined by one `_Profile`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from saturation_lab.exhibits.at_a_glance import change_at_a_glance, share_at_a_glance
from saturation_lab.exhibits.exhibit import (
    NETWORKS,
    ONE_GROUP,
    SINGULAR_VALUES,
    Exhibit,
    Need,
    Shown,
)
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.theory_lines import away_from_lines, what_lines_are
from saturation_lab.figures.depth import depth_profile
from saturation_lab.inference.averages import Basis
from saturation_lab.words.lists import listed, sentences


@dataclass(frozen=True, kw_only=True)
class _Profile:
    """The definition of an exhibit of some quantities from layer to layer.

    Attributes
    ----------
    id, title : str
        The exhibit's id and title.
    quantities : mapping of str to str
        The quantities, one for each panel, and the titles of the panels.
    glance : callable
        Computes the first sentence of the caption.
    how : str
        How to read the figure.
    limit : str
        Where theory is exact and where it is a limit.
    percent, logarithmic : bool
        Whether the axis is in percent, and whether it is logarithmic.
    needs : sequence of Need
        The requirements on the material.
    """

    id: str
    title: str
    quantities: Mapping[str, str]
    glance: Callable[[Material], str]
    how: str
    limit: str
    percent: bool = False
    logarithmic: bool = False
    needs: Sequence[Need] = (NETWORKS, ONE_GROUP)

    @property
    def exhibit(self) -> Exhibit:
        """The exhibit."""
        return Exhibit(id=self.id, title=self.title, make=self._make, needs=self.needs)

    def _make(self, material: Material) -> Shown:
        table, typical = _of_typical_networks(material.profile_of(self.quantities))
        labels = {key: label[0].lower() + label[1:] for key, label in self.quantities.items()}
        changes = material.changes(labels, percent=self.percent)
        away = away_from_lines(table, material, labels, percent=self.percent)
        points = f"Points: means and 95 % intervals over {material.size}."
        if typical:
            points, away = _TYPICAL.format(size=material.size), ""
        lines = what_lines_are(table, material, labels, limit=self.limit)
        return Shown(
            table=table,
            draw=partial(
                depth_profile,
                titles=dict(material.titles),
                quantities=dict(self.quantities),
                logarithmic=self.logarithmic,
                percent=self.percent,
                labels=material.labels,
            ),
            see=self.glance(material),
            how=sentences(self.how, points, lines),
            numbers=sentences(changes, away),
            alt=changes,
            footer=material.footer,
        )


_TYPICAL = (
    "Points: typical networks (geometric means) with 95 % intervals, over {size}. In some layers, "
    "a few networks determine the mean, so no interval of a mean could be trusted (β > 0.1, the "
    "variance of the logarithm over networks). The mean is larger by a factor of about exp(β/2)."
)


def _of_typical_networks(table: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Return a table of typical networks instead of means, if the law of some mean is too heavy."""
    if not table["basis"].isin([Basis.LAW.value, Basis.WITHHELD.value]).any():
        return table, False
    known = table["typical"].notna()
    names = {"estimate": "typical", "low": "typical_low", "high": "typical_high"}
    shown = {mean: table[mean].where(~known, table[one]) for mean, one in names.items()}
    return table.assign(**shown), True


def _saturated_first(material: Material) -> str:
    """Return the shares in the top layer, with a note if "saturated" only means z < 0."""
    said = share_at_a_glance(material, what="Saturated", quantity="saturated_share")
    titles = material.activation_titles
    ends = {titles[name]: ends for name, (_, ends) in material.activations.items()}
    halves = [title for title, one in ends.items() if one == (0.0, math.inf)]
    if not halves:
        return said
    note = "this only means z < 0, which is half of all z if their mean is 0"
    return f"{said} For {listed(halves)} {note}."


_SIGNAL = _Profile(
    id="profile_signal",
    title="Size and signal on the way up",
    quantities={
        "pre_activation_mean_square": "Mean square of z",
        "activation_mean_square": "Mean square of a",
        "activation_signal": "Variance of a over examples",
    },
    logarithmic=True,
    glance=partial(
        change_at_a_glance,
        what="The signal (variance of a over examples)",
        quantity="activation_signal",
        way=1,
    ),
    how="On this logarithmic axis, a constant factor per layer is a straight line.",
    limit="It is exact at any width for z in layer 1; elsewhere, means over networks of width n "
    "differ from it by a term of order 1/n",
)
_GRADIENT = _Profile(
    id="profile_gradient",
    title="The gradient on the way down",
    quantities={
        "gradient_mean_square": "Mean square of δ",
        "weight_gradient_mean_square": "Mean square of ∂C/∂W",
    },
    logarithmic=True,
    glance=partial(
        change_at_a_glance, what="The mean square of δ", quantity="gradient_mean_square", way=-1
    ),
    how="The back-propagated gradient and the weight gradient of one example.",
    limit="Means over networks of width n differ from it by a term of order 1/n. It treats the "
    "weights of the backward pass as independent of the forward pass",
)
_SATURATION = _Profile(
    id="saturation",
    title="Saturation",
    quantities={"saturated_share": "Share of saturated units"},
    percent=True,
    glance=_saturated_first,
    how="The share of pre-activations in the tails where |φ'| stays below 5 % of its maximum (or "
    "beyond the thresholds set in the study).",
    limit="It is exact in layer 1 for normal weights, and a limit in the layers above",
)
_INPUT_SHARE = _Profile(
    id="input_share",
    title="What still comes from the input",
    quantities={
        "input_share_of_variance": "The input's share of z²",
        "activation_input_share_of_variance": "The input's share of a²",
    },
    percent=True,
    glance=partial(
        share_at_a_glance,
        what="The input's share of a²",
        quantity="activation_input_share_of_variance",
    ),
    how="The variance over examples as a share of the mean square. Near 100 %, the value of a "
    "unit depends on the example only; the remainder is the same for all examples and comes "
    "from the biases and the mean of the inputs over the examples.",
    limit="It is a limit in every layer, because the share in each network is a ratio",
)
_SYMMETRY = _Profile(
    id="symmetry",
    title="How alike the units of a layer are",
    quantities={"unit_correlation": "Cosine of two units"},
    glance=partial(
        share_at_a_glance, what="The mean cosine of two units", quantity="unit_correlation"
    ),
    how="The cosine of the angle between the z of two units over the examples, averaged over all "
    "pairs. At 1, all units of a layer are equal: they get the same gradient, so training "
    "keeps them equal, and the layer acts as a single unit. Independent weights of mean 0 give 0.",
    limit="It is exact at any width if the law of the weights is symmetric about 0",
)
SINGULAR_PROFILE: Exhibit = _Profile(
    id="profile_singular_values",
    title="Singular values from layer to layer",
    quantities={
        "singular_value_mean": "Mean singular value",
        "singular_value_max": "Largest singular value",
    },
    glance=partial(
        change_at_a_glance, what="The mean singular value", quantity="singular_value_mean", way=1
    ),
    how="A layer whose mean singular value is below 1 shrinks directions on average.",
    limit="It is the limit of large random matrices",
    needs=(ONE_GROUP, SINGULAR_VALUES),
).exhibit

PROFILES: list[Exhibit] = [
    one.exhibit for one in (_SIGNAL, _GRADIENT, _SATURATION, _INPUT_SHARE, _SYMMETRY)
]
