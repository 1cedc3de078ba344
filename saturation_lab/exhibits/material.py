"""The material of an exhibit: the networks of a group, their titles, and the findings on them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.averages import Average, Known, average, averages
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
"""Products of recorded quantities, formed in each network: the part of a² that varies."""


def units_text(widths: Sequence[Sequence[int]]) -> str:
    """Return the width of networks in words.

    Parameters
    ----------
    widths : sequence of sequence of int
        The widths of the hidden layers of several networks.

    Returns
    -------
    str
        The width or range of widths; "different" if the layers of a network differ.

    Examples
    --------
    >>> units_text([(10, 10), (1000, 1000)]), units_text([(10, 20)])
    ('10 to 1,000', 'different')
    """
    if any(len(set(layers)) > 1 for layers in widths):
        return "different"
    return span_text([layers[0] for layers in widths])


def examples_text(count: int) -> str:
    """Return the number of examples in words.

    Parameters
    ----------
    count : int
        The number of examples.

    Returns
    -------
    str
        The number with its noun.

    Examples
    --------
    >>> examples_text(1), examples_text(2000)
    ('one example', '2,000 examples')
    """
    return "one example" if count == 1 else count_text(count, "example")


def study_of(measured: Measured) -> Study:
    """Return the study that networks were sampled from.

    Parameters
    ----------
    measured : Measured
        The networks.

    Returns
    -------
    Study
        Their study.

    Raises
    ------
    InputError
        If the networks were not sampled from a study.
    """
    if not isinstance(measured.origin, Study):
        raise InputError(
            "networks", expected="networks sampled from a study", got=Words(measured.name)
        )
    return measured.origin


def paired_change(
    bottom: NDArray[np.float64], top: NDArray[np.float64], *, percent: bool = False
) -> str:
    """Describe how a number changes from one layer to another, paired over networks.

    Parameters
    ----------
    bottom, top : array of shape (networks,)
        The number in the two layers of each network.
    percent : bool, default False
        Whether the number is a share, which is given in percent.

    Returns
    -------
    str
        A verb phrase, such as "rises from 1.00 to 2.00".
    """
    first, last, difference = map(mean_interval, (bottom, top, top - bottom))
    return change_text(first, last, difference, percent=percent)


@dataclass(frozen=True, kw_only=True)
class Material:
    """Networks with the same inputs, axes and random streams, from which an exhibit is made.

    Attributes
    ----------
    name, title : str
        The key and the title of the group.
    networks : mapping of str to Measured
        The networks by role, with the predictions of theory if they were computed.
    titles : mapping of str to str
        The title of each role.
    blocks : mapping of str to str
        The block of the figure to which each role belongs, if there are several.
    outlooks : mapping of str to Outlook
        What theory says about activations, by their titles, if nothing was measured.
    judged : tuple of Evidence
        The findings for the statements judged on these networks.
    kept : mapping of str to Kept
        For each role whether it preserves signal and gradient, if that was tested.
    stated : mapping of str to Evidence
        The findings for the statements of the page, by their ids.
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
        """The networks of the first role; all roles have the same inputs."""
        return next(iter(self.networks.values()))

    @property
    def studies(self) -> list[Study]:
        """The origins that are studies."""
        origins = [one.origin for one in self.networks.values()]
        return [origin for origin in origins if isinstance(origin, Study)]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings for every part of the statements judged on the networks."""
        return tuple(finding for one in self.judged for finding in one.findings)

    @property
    def depth(self) -> int:
        """The number of hidden layers."""
        return self.first.depth

    @property
    def titled(self) -> list[tuple[str, Measured]]:
        """The title and the networks of each role."""
        return [(self.titles[role], one) for role, one in self.networks.items()]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of the hidden layers; their numbers if roles have different names."""
        named = {one.labels[: self.depth] for one in self.networks.values()}
        return named.pop() if len(named) == 1 else tuple(map(str, range(1, self.depth + 1)))

    @property
    def bottom(self) -> str:
        """The name of the first hidden layer."""
        return self.labels[0]

    @property
    def top(self) -> str:
        """The name of the last hidden layer."""
        return self.labels[-1]

    def route(self, way: int) -> str:
        """Return the direction of propagation in words.

        Parameters
        ----------
        way : int
            1 from the first hidden layer up, -1 from the last one down.

        Returns
        -------
        str
            Both ends, such as "layer 1 up to 5".
        """
        return route_text(self.labels, way)

    @property
    def size(self) -> str:
        """The number of networks of each role and of examples, in words."""
        counts = [len(one.networks) for one in self.networks.values()]
        networks = "one network" if set(counts) == {1} else f"{span_text(counts)} networks"
        return f"{networks} each, {examples_text(self.first.examples)}"

    @property
    def footer(self) -> str:
        """The line below a figure on a slide: the group, its networks, and its examples."""
        if not self.networks:
            return f"{self.title}; theory for wide layers of equal width"
        units = units_text([one.origin.widths for one in self.networks.values()])
        names = {one.architecture.activation.title for one in self.studies}
        units += "".join(f" {name}" for name in names if len(names) == 1)
        return f"{self.title}; {self.depth} × {units} units; {self.size}"

    @property
    def rows(self) -> dict[tuple[str, str], Measured]:
        """The networks by block and title, in the order of the rows of a figure."""
        return {
            (self.blocks.get(role, self.title), self.titles[role]): result
            for role, result in self.networks.items()
        }

    @property
    def activations(self) -> dict[str, tuple[Activation, tuple[float, float]]]:
        """Each distinct activation with the thresholds used, by a unique name."""
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
        """The usual spelling of each of `activations`, by its unique name."""
        return {
            name: name.replace(activation.name, activation.title, 1)
            for name, (activation, _) in self.activations.items()
        }

    def label(self, role: str) -> str:
        """Return the title of a role with its block, for places that do not show the block.

        Parameters
        ----------
        role : str
            The role.

        Returns
        -------
        str
            The block, which is often an activation, and the title.
        """
        block, origin = self.blocks.get(role), self.networks[role].origin
        if block is None:
            return self.titles[role]
        if isinstance(origin, Study) and block == origin.architecture.activation.name:
            block = origin.architecture.activation.title
        return f"{block}, {self.titles[role]}"

    @cached_property
    def profile(self) -> pd.DataFrame:
        """The profiles of all roles in one table."""
        tables = [one.profile() for one in self.networks.values()]
        return pd.concat(tables, ignore_index=True)

    def profile_of(self, quantities: Collection[str]) -> pd.DataFrame:
        """Return the profiles of some quantities.

        Parameters
        ----------
        quantities : collection of str
            Recorded quantities, or `PRODUCTS`, which are formed in each network.

        Returns
        -------
        DataFrame
            A row for each role, layer and quantity.
        """
        known = self.profile
        pieces = [known[known["quantity"].isin(list(quantities))]]
        for quantity in quantities:
            if quantity in PRODUCTS:
                pieces += [self._formed(role, quantity) for role in self.networks]
        return pd.concat(pieces, ignore_index=True)

    def _formed(self, role: str, quantity: str) -> pd.DataFrame:
        result = self.networks[role]
        layers = range(1, self.depth + 1)
        values = [self.values(role, quantity, layer) for layer in layers]
        columns = averages(np.stack(values, axis=1), Known(size=True)).columns
        predicted = [
            math.prod(result.predicted(one, layer) for one in PRODUCTS[quantity])
            for layer in layers
        ]
        place = {"study": result.name, "layer": layers, "quantity": quantity}
        return pd.DataFrame({**place, **columns, "predicted": predicted})

    def values(self, role: str, quantity: str, layer: int) -> NDArray[np.float64]:
        """Return a quantity of one layer in each network of a role.

        Parameters
        ----------
        role : str
            The role.
        quantity : str
            A recorded quantity or one of `PRODUCTS`.
        layer : int
            The hidden layer, counted from 1.

        Returns
        -------
        array of shape (networks,)
            The values.
        """
        parts = [self.networks[role].values(x, layer) for x in PRODUCTS.get(quantity, (quantity,))]
        with np.errstate(all="ignore"):
            product: NDArray[np.float64] = np.prod(parts, axis=0)
        return product

    def top_over_bottom(self, role: str, quantity: str) -> Interval:
        """Return the ratio of a quantity in layer L to that in layer 1.

        Parameters
        ----------
        role : str
            The role.
        quantity : str
            A recorded quantity or one of `PRODUCTS`.

        Returns
        -------
        Interval
            The geometric mean over networks, with its interval.
        """
        return change(self.networks[role], *PRODUCTS.get(quantity, (quantity,)))

    def histogram(self, signal: str, kind: str = "linear") -> pd.DataFrame:
        """Return the pooled histograms of one signal for all roles.

        Parameters
        ----------
        signal : str
            The signal.
        kind : {"linear", "asinh"}
            The axis of the histogram.

        Returns
        -------
        DataFrame
            A row for each role, layer and bin.
        """
        tables = [result.histogram(kind) for result in self.networks.values()]
        table = pd.concat(tables, ignore_index=True)
        return table[table["quantity"] == signal]

    def interval(self, role: str, quantity: str, layer: int) -> Interval:
        """Return the mean of a quantity over networks in one layer of one role.

        Parameters
        ----------
        role : str
            The role.
        quantity : str
            A recorded quantity or one of `PRODUCTS`.
        layer : int
            The hidden layer, counted from 1.

        Returns
        -------
        Interval
            The mean with its 95 % interval.
        """
        return self.average(role, quantity, layer).mean

    def average(self, role: str, quantity: str, layer: int) -> Average:
        """Return the averages over networks of a quantity in one layer of one role.

        Parameters
        ----------
        role : str
            The role.
        quantity : str
            A recorded quantity or one of `PRODUCTS`.
        layer : int
            The hidden layer, counted from 1.

        Returns
        -------
        Average
            The mean, the typical network and the spread over networks.
        """
        if quantity in PRODUCTS:
            return average(self.values(role, quantity, layer), Known(size=True))
        return self.networks[role].average(quantity, layer)

    def change(self, role: str, quantity: str, *, percent: bool = False) -> str:
        """Describe how a quantity changes from layer 1 to layer L, paired over networks.

        It is the mean that changes, or the typical network where a few networks determine the mean.

        Parameters
        ----------
        role : str
            The role.
        quantity : str
            A recorded quantity or one of `PRODUCTS`.
        percent : bool, default False
            Whether the quantity is a share, which is given in percent.

        Returns
        -------
        str
            A verb phrase, such as "rises from 1.00 to 2.00".
        """
        ends = (1, self.depth)
        bottom, top = (self.values(role, quantity, layer) for layer in ends)
        first, last = (self.average(role, quantity, layer) for layer in ends)
        if not (first.heavy or last.heavy):
            return paired_change(bottom, top, percent=percent)
        both = (bottom > 0) & (top > 0)
        if not both.any():
            where = {"the first": bottom, "the last": top}
            zero = [name for name, values in where.items() if not values.any()]
            return f"is exactly zero in {' and '.join(zero) or 'one of the two'} layer"
        logs = mean_interval(np.log(top[both]) - np.log(bottom[both]))
        return change_text(first.typical, last.typical, logs, percent=percent)

    def changes(self, quantities: Mapping[str, str], *, percent: bool = False) -> str:
        """Return how some quantities change from the bottom layer to the top.

        Parameters
        ----------
        quantities : mapping of str to str
            The quantities and their names in the sentence.
        percent : bool, default False
            Whether the quantities are shares, which are given in percent.

        Returns
        -------
        str
            One sentence for each role.
        """
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
