"""Histograms of signals and of singular values, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from saturation_lab.exhibits.at_a_glance import change_at_a_glance
from saturation_lab.exhibits.exhibit import NETWORKS, ONE_GROUP, SINGULAR_VALUES, Exhibit, Shown
from saturation_lab.exhibits.material import Material, examples_text, study_of
from saturation_lab.figures.layer_curves import (
    layer_curves,
    layer_curves_beside,
    layer_decades,
    layer_ridges,
)
from saturation_lab.figures.spectrum import singular_values
from saturation_lab.inference.digits import short
from saturation_lab.study import Study
from saturation_lab.words.lists import listed


@dataclass(frozen=True, kw_only=True)
class _Signal:
    """A signal with its three exhibits: curves, ridges, and curves of several activations.

    Attributes
    ----------
    number : int
        The number of the figure in the paper that shows it.
    name : str
        The name of its histogram, with which the names of its quantities begin.
    symbol, about : str
        Its name with its symbol, and an addition for titles.
    letter : str
        Its symbol alone.
    mean_square : str
        The quantity that measures its size.
    way : int
        1 if it propagates from layer 1 up, -1 if down; builds follow the same order.
    flat : str
        What is exactly 0 on the flat side of an activation; "" if nothing is.
    """

    number: int
    name: str
    symbol: str
    about: str = ""
    letter: str
    mean_square: str
    way: int
    flat: str = ""

    @property
    def down(self) -> bool:
        """Whether the signal propagates from the top layer down."""
        return self.way < 0

    @property
    def exhibits(self) -> list[Exhibit]:
        """The curves, the ridges, and the curves of several activations."""
        number, label = self.number, self.symbol + self.about
        ridges = f"{self.symbol[0].upper()}{self.symbol[1:]}, layer by layer"
        beside = f"Figure {number} for several activations: {label}"
        return [
            Exhibit(id=f"figure_{number}", title=f"Figure {number}: {label}", make=self._curves),
            Exhibit(id=f"ridges_{number}", title=ridges, make=self._ridges),
            Exhibit(id=f"beside_{number}", title=beside, make=self._beside, needs=(NETWORKS,)),
        ]

    def _curves(self, material: Material) -> Shown:
        table, peak = material.histogram(self.name), f"{self.name}_peak_share"
        peaks = material.changes({peak: "the height at zero"}, percent=True)
        half_width = short(float(table["right"].replace(np.inf, np.nan).max()))
        return Shown(
            table=table,
            draw=partial(
                layer_curves,
                titles=dict(material.titles),
                label=self.symbol + self.about,
                down=self.down,
            ),
            see=change_at_a_glance(material, what="The 0-peak", quantity=peak, way=self.way),
            how=f"All layers are overlaid on the same axes; {material.size}. The height of a "
            "curve is the share of all values within ±1/100 of that point, in units of the "
            f"half-width of the axis ({half_width}). Its height at zero is the 0-peak.",
            numbers=peaks,
            alt=peaks,
            footer=material.footer,
        )

    def _ridges(self, material: Material) -> Shown:
        spreads = self.spreads(material)
        return Shown(
            table=material.histogram(self.name),
            draw=partial(
                layer_ridges,
                titles=dict(material.titles),
                label=self.symbol,
                short=self.letter,
                down=self.down,
            ),
            see=self.spread_first(material),
            how=f"One ridge per layer: the distribution of the {self.symbol}, scaled to the same "
            f"height in every layer; {material.size}. Compare the widths, not the heights: a ridge "
            "narrower than the one before it contains smaller values."
            f"{self._at_zero(material)}",
            numbers=spreads,
            alt=spreads,
            footer=material.footer,
        )

    def _beside(self, material: Material) -> Shown:
        names, panels = _blocks(material), dict[str, dict[str, str]]()
        for role, name in names.items():
            panels.setdefault(name, {})[role] = material.titles[role]
        changes = [
            f"{name}, {material.titles[role]}: "
            + material.change(role, f"{self.name}_peak_share", percent=True)
            for role, name in names.items()
        ]
        layers = f"from layer {material.bottom} to {material.top}"
        peaks = f"The height at zero {layers}: {'; '.join(changes)}."
        return Shown(
            table=material.histogram(self.name),
            draw=partial(layer_curves_beside, blocks=panels, label=self.letter, down=self.down),
            how="The same curves for several activations, with the same inputs and random numbers. "
            f"Each activation has its own axes; {material.size}.",
            numbers=peaks,
            alt=peaks,
            footer=material.footer,
        )

    def spreads(self, material: Material) -> str:
        """Return how the mean square changes from the bottom to the top layer.

        Parameters
        ----------
        material : Material
            The networks.

        Returns
        -------
        str
            A sentence for each role.
        """
        return material.changes({self.mean_square: "the mean square"})

    def spread_first(self, material: Material) -> str:
        """Return the factor by which the mean square changes across the layers.

        Parameters
        ----------
        material : Material
            The networks.

        Returns
        -------
        str
            One sentence for all roles, the largest change first.
        """
        what = f"The mean square of {self.letter}"
        return change_at_a_glance(material, what=what, quantity=self.mean_square, way=self.way)

    def _at_zero(self, material: Material) -> str:
        """Explain why some values are exactly 0, if an activation is constant on one side of 0."""
        titles = material.activation_titles
        flat = [titles[name] for name, (_, ends) in material.activations.items() if 0.0 in ends]
        if not flat or not self.flat:
            return ""
        return f" The spike at 0 for {listed(flat)}: {self.flat} where z < 0."


def _blocks(material: Material) -> dict[str, str]:
    """Return the heading under which each role is shown: its activation or its group's title."""
    names = {
        role: one.origin.architecture.activation.title
        for role, one in material.networks.items()
        if isinstance(one.origin, Study)
    }
    titles = {role: material.blocks.get(role, material.title) for role in material.networks}
    one_each = len(set(names.values())) == len(set(titles.values()))
    return names if len(names) == len(titles) and one_each else titles


_ACTIVATION = _Signal(
    number=6,
    name="activation",
    symbol="activation a",
    letter="a",
    mean_square="activation_mean_square",
    way=1,
    flat="a = 0",
)
_GRADIENT = _Signal(
    number=7,
    name="gradient",
    symbol="back-propagated gradient δ = ∂C/∂z",
    letter="δ",
    mean_square="gradient_mean_square",
    way=-1,
    flat="φ' and therefore δ are 0",
)
_WEIGHT_GRADIENT = _Signal(
    number=8,
    name="weight_gradient",
    symbol="weight gradient ∂C/∂W",
    about=", mini-batch mean",
    letter="∂C/∂W",
    mean_square="batch_weight_gradient_mean_square",
    way=-1,
)


def _decades(material: Material) -> Shown:
    spreads = _GRADIENT.spreads(material)
    return Shown(
        table=material.histogram("gradient", "asinh"),
        draw=partial(layer_decades, titles=dict(material.titles), label="|δ|", down=True),
        see=_GRADIENT.spread_first(material),
        how="The gradients on a logarithmic axis: a constant factor from layer to layer shifts a "
        "curve without changing its shape. The height is a density, so it may exceed 100 %; "
        f"{material.size}.",
        numbers=spreads,
        alt=spreads,
        footer=material.footer,
    )


def _spectrum(material: Material) -> Shown:
    name = "singular_value_mean"
    changes = material.changes({name: "the mean singular value"})
    shown = examples_text(study_of(material.first).singular_values)
    return Shown(
        table=material.histogram("singular_value"),
        draw=partial(singular_values, titles=dict(material.titles)),
        see=change_at_a_glance(material, what="The mean singular value", quantity=name, way=1),
        how="Singular values of the layer Jacobians, the derivatives of a with respect to the a of "
        "the layer below; all layers are overlaid. Dashed: the quarter-circle law, which holds for "
        "large square matrices with independent entries, scaled to the root mean square of the top "
        f"layer; {material.size}. The Jacobians of {shown} per network were decomposed.",
        numbers=changes,
        alt=changes,
        footer=material.footer,
    )


SIGNALS: list[Exhibit] = [*_ACTIVATION.exhibits, *_GRADIENT.exhibits, *_WEIGHT_GRADIENT.exhibits]

DECADES: Exhibit = Exhibit(
    id="decades_7", title="Back-propagated gradient |δ| across decades", make=_decades
)

SPECTRUM: Exhibit = Exhibit(
    id="singular_values",
    title="Singular values",
    make=_spectrum,
    needs=(ONE_GROUP, SINGULAR_VALUES),
)
