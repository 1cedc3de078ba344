"""What an exhibit is made from: the networks of a group, what they are called and what is known."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.digits import count_text
from saturation_lab.inference.intervals import Interval, mean_interval
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import Kept
from saturation_lab.judging.kinds import change
from saturation_lab.measured import Measured
from saturation_lab.nets.activations import Activation
from saturation_lab.study import Study
from saturation_lab.theory.outlook import Outlook
from saturation_lab.words.numbers import change_text, route_text, span_text

PRODUCTS = {
    "activation_signal": ("activation_mean_square", "activation_input_share_of_variance"),
}
"""Of two recorded quantities, network by network: what of a² varies with the example."""


def units_text(widths: Sequence[Sequence[int]]) -> str:
    """Return the width of networks whose hidden layers are equally wide, or that they are not.

    >>> units_text([(10, 10), (1000, 1000)]), units_text([(10, 20)])
    ('10 to 1,000', 'different')
    """
    if any(len(set(layers)) > 1 for layers in widths):
        return "different"
    return span_text([layers[0] for layers in widths])


def examples_text(count: int) -> str:
    """Return how many examples there are, in words.

    >>> examples_text(1), examples_text(2000)
    ('one example', '2,000 examples')
    """
    return "one example" if count == 1 else count_text(count, "example")


def study_of(measured: Measured) -> Study:
    """Return the study that networks were sampled from.

    Raises
    ------
    InputError
        If they come from elsewhere.
    """
    if not isinstance(measured.origin, Study):
        raise InputError(
            "networks", expected="networks sampled from a study", got=Words(measured.name)
        )
    return measured.origin


def paired_change(
    bottom: NDArray[np.float64], top: NDArray[np.float64], *, percent: bool = False
) -> str:
    """Return in words how a number goes from one layer to another, paired over networks [R]."""
    first, last, difference = map(mean_interval, (bottom, top, top - bottom))
    return change_text(first, last, difference, percent=percent)


@dataclass(frozen=True, kw_only=True)
class Material:
    """Networks that share inputs, axes and streams: what an exhibit is made from.

    Attributes
    ----------
    name, title
        Of the group that they are.
    networks
        By role, with what theory expects of them where it was asked.
    titles
        What each role is called.
    blocks
        For each role the part of a figure that it stands in, where there are several.
    outlooks
        What theory alone says of activations, by their titles, where nothing was measured.
    judged
        What was found for the statements judged on these very networks.
    kept
        Of each role whether it keeps signal and gradient, where that was asked.
    stated
        What was found for the statements of the page, by their ids.
    """

    name: str
    title: str
    networks: Mapping[str, Measured] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    outlooks: Mapping[str, Outlook] = field(default_factory=dict)
    judged: tuple[Evidence, ...] = ()
    kept: Mapping[str, Kept] = field(default_factory=dict)
    stated: Mapping[str, Evidence] = field(default_factory=dict)

    @property
    def first(self) -> Measured:
        """Return the first role's networks; their inputs are everybody's."""
        return next(iter(self.networks.values()))

    @property
    def studies(self) -> list[Study]:
        """Return the origins that are studies."""
        origins = [one.origin for one in self.networks.values()]
        return [origin for origin in origins if isinstance(origin, Study)]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was found for every part of the statements judged on the networks."""
        return tuple(finding for one in self.judged for finding in one.findings)

    @property
    def depth(self) -> int:
        """Return the number of hidden layers."""
        return self.first.depth

    @property
    def titled(self) -> list[tuple[str, Measured]]:
        """Return the networks of each role with what that is called."""
        return [(self.titles[role], one) for role, one in self.networks.items()]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Return what the hidden layers are called; their numbers where roles differ in that."""
        named = {one.labels[: self.depth] for one in self.networks.values()}
        return named.pop() if len(named) == 1 else tuple(map(str, range(1, self.depth + 1)))

    @property
    def bottom(self) -> str:
        """Return what the first hidden layer is called."""
        return self.labels[0]

    @property
    def top(self) -> str:
        """Return what the last hidden layer is called."""
        return self.labels[-1]

    def route(self, way: int) -> str:
        """Return from where to where something goes: up through all layers (1) or down (-1)."""
        return route_text(self.labels, way)

    @property
    def size(self) -> str:
        """Return how many networks and examples there are, in words."""
        counts = [len(one.networks) for one in self.networks.values()]
        networks = "one network" if set(counts) == {1} else f"{span_text(counts)} networks"
        return f"{networks} each, {examples_text(self.first.examples)}"

    @property
    def footer(self) -> str:
        """Return what a slide must say of a figure that stands alone."""
        if not self.networks:
            return f"{self.title}; theory of wide layers, all of one width"
        units = units_text([one.origin.widths for one in self.networks.values()])
        names = {one.architecture.activation.title for one in self.studies}
        units += "".join(f" {name}" for name in names if len(names) == 1)
        return f"{self.title}; {self.depth} × {units} units; {self.size}"

    @property
    def rows(self) -> dict[tuple[str, str], Measured]:
        """Return the networks by block and title: the rows of a figure of all of them."""
        return {
            (self.blocks.get(role, self.title), self.titles[role]): result
            for role, result in self.networks.items()
        }

    @property
    def activations(self) -> dict[str, tuple[Activation, tuple[float, float]]]:
        """Return each different activation, with the thresholds in force, by a name of its own."""
        found: dict[str, tuple[Activation, tuple[float, float]]] = {}
        for role, result in self.networks.items():
            if not isinstance(result.origin, Study):
                continue
            activation = result.origin.architecture.activation
            if all(activation != other for other, _ in found.values()):
                taken = activation.name in found
                name = f"{activation.name} ({self.titles[role]})" if taken else activation.name
                found[name] = (activation, result.origin.thresholds)
        return found

    @property
    def activation_titles(self) -> dict[str, str]:
        """Return what people call each of `activations`."""
        return {
            name: name.replace(activation.name, activation.title, 1)
            for name, (activation, _) in self.activations.items()
        }

    def label(self, role: str) -> str:
        """Return what a role is called where its activation is not named beside it."""
        block, origin = self.blocks.get(role), self.networks[role].origin
        if block is None:
            return self.titles[role]
        if isinstance(origin, Study) and block == origin.architecture.activation.name:
            block = origin.architecture.activation.title
        return f"{block}, {self.titles[role]}"

    @cached_property
    def profile(self) -> pd.DataFrame:
        """Return the profiles of all roles, one under the other."""
        tables = [one.profile() for one in self.networks.values()]
        return pd.concat(tables, ignore_index=True)

    def profile_of(self, quantities: Collection[str]) -> pd.DataFrame:
        """Return the profiles of some quantities; `PRODUCTS` are formed in each network."""
        known = self.profile
        pieces = [known[known["quantity"].isin(list(quantities))]]
        for quantity in quantities:
            if quantity in PRODUCTS:
                pieces += [self._formed(role, quantity) for role in self.networks]
        return pd.concat(pieces, ignore_index=True)

    def _formed(self, role: str, quantity: str) -> pd.DataFrame:
        result = self.networks[role]
        layers = range(1, self.depth + 1)
        means = [self.interval(role, quantity, layer) for layer in layers]
        columns = {x: [getattr(one, x) for one in means] for x in ("estimate", "se", "low", "high")}
        predicted = [
            math.prod(result.predicted(one, layer) for one in PRODUCTS[quantity])
            for layer in layers
        ]
        place = {"study": result.name, "layer": layers, "quantity": quantity}
        return pd.DataFrame({**place, **columns, "predicted": predicted})

    def values(self, role: str, quantity: str, layer: int) -> NDArray[np.float64]:
        """Return a quantity of one layer in each network of a role, [R]."""
        parts = [self.networks[role].values(x, layer) for x in PRODUCTS.get(quantity, (quantity,))]
        with np.errstate(all="ignore"):
            product: NDArray[np.float64] = np.prod(parts, axis=0)
        return product

    def top_over_bottom(self, role: str, quantity: str) -> Interval:
        """Return a quantity in layer L over layer 1: geometric mean over the networks of a role."""
        return change(self.networks[role], *PRODUCTS.get(quantity, (quantity,)))

    def histogram(self, signal: str, kind: str = "linear") -> pd.DataFrame:
        """Return the pooled histograms of one signal, all roles."""
        tables = [result.histogram(kind) for result in self.networks.values()]
        table = pd.concat(tables, ignore_index=True)
        return table[table["quantity"] == signal]

    def interval(self, role: str, quantity: str, layer: int) -> Interval:
        """Return a quantity's mean over networks in one layer of one role."""
        return mean_interval(self.values(role, quantity, layer))

    def change(self, role: str, quantity: str, *, percent: bool = False) -> str:
        """Return in words how a quantity goes from layer 1 to layer L, paired over networks."""
        bottom, top = (self.values(role, quantity, layer) for layer in (1, self.depth))
        return paired_change(bottom, top, percent=percent)

    def changes(self, quantities: Mapping[str, str], *, percent: bool = False) -> str:
        """Return one sentence a role: how each quantity goes from the bottom layer to the top."""
        parts = {
            role: [
                f"{label} {self.change(role, quantity, percent=percent)}"
                for quantity, label in quantities.items()
            ]
            for role in self.networks
        }
        return " ".join(
            f"{self.titles[role]}, layer {self.bottom} to {self.top}: {', '.join(said)}."
            for role, said in parts.items()
        )
