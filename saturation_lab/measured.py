"""What was measured, network by network, and where the networks come from.

`Measured` is the waist of the package: everything above it (verdicts, comparisons, exhibits, pages)
reads only this, whether the networks were sampled or are somebody's own (`own_networks.measure`).
"""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from saturation_lab import __version__
from saturation_lab.checks import InputError, Words, choice, whole
from saturation_lab.inference.digits import plain
from saturation_lab.inference.intervals import mean_intervals
from saturation_lab.inference.replicates import Replicates
from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.histogram import Histogram
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.statistics.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
KINDS = ("linear", "asinh")
"""The two axes of a histogram."""
OUTPUT = "output"

_NOT_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
"""Loops that run as plain Python round differently."""


def versions() -> dict[str, str]:
    """Return the versions that a number depends on."""
    return {
        "saturation_lab": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": metadata.version("numba") + (", not compiled" if _NOT_COMPILED else ""),
    }


class Origin(Protocol):
    """Where measured networks come from: a `Study`, or somebody's `OwnNetworks`.

    Attributes
    ----------
    kind
        The key under which the origin stands in JSON.
    seed
        Networks of one seed are paired by their index; None for networks that are never paired.
    widths
        The number of units of each hidden layer.
    layer_labels
        What each hidden layer is called.
    examples
        How many inputs each network was shown.
    ranges
        The ends of the linear histogram axis of each signal.
    digest
        Equal origins have equal digests.
    """

    kind: ClassVar[str]

    @property
    def seed(self) -> int | None: ...
    @property
    def widths(self) -> Sequence[int]: ...
    @property
    def layer_labels(self) -> tuple[str, ...]: ...
    @property
    def examples(self) -> int: ...
    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]: ...
    @property
    def digest(self) -> str: ...
    def to_json(self) -> dict[str, Any] | None:
        """Return the origin as plain data; None where it cannot be written down."""

    def written(self) -> str:
        """Return the origin as text from which a reader can see what was measured."""


class Expected(Protocol):
    """What theory expects of some networks, as `predict` returns it."""

    @property
    def values(self) -> Float64:
        """Expected values, [layers, quantities] in the order of `QUANTITIES`; nan where unknown."""

    def refuse_other(self, origin: object) -> None:
        """Raise `InputError` where the prediction is of other networks or inputs."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Some networks of one origin, and what each of them showed.

    Attributes
    ----------
    origin
        Where the networks come from.
    summary
        The per-network table and the pooled histograms.
    name
        How the networks are called in the column ``study`` of tables.
    title
        How they are called on a page; "" for ``name``.
    expected
        What theory expects of them; None where it was not asked or has no answer.
    made_with
        The versions that the numbers depend on.
    """

    origin: Origin
    summary: Summary
    name: str = "study"
    title: str = ""
    expected: Expected | None = None
    made_with: Mapping[str, str] = field(default_factory=versions)

    @property
    def depth(self) -> int:
        """Return L, the number of hidden layers."""
        return len(self.origin.widths)

    @property
    def networks(self) -> NDArray[np.int64]:
        """Return the index of each network, [R]."""
        return self.summary.networks

    @property
    def examples(self) -> int:
        """Return B, the number of inputs that each network was shown."""
        return self.origin.examples

    @property
    def labels(self) -> tuple[str, ...]:
        """Return what the hidden layers are called."""
        return self.origin.layer_labels

    def layer_name(self, number: int) -> int | str:
        """Return a hidden layer's number, its label where that is another one, or "output"."""
        if number > self.depth:
            return OUTPUT
        label = self.labels[number - 1]
        return number if label == str(number) else label

    def values(self, quantity: str, layer: int) -> Float64:
        """Return one quantity of hidden layer 1..L (or L + 1, the output layer) by network, [R]."""
        choice("quantity", quantity, QUANTITIES)
        number = whole("layer", layer, low=1, high=self.summary.values.shape[1])
        return self.summary.values[:, number - 1, _column(quantity)]

    def predicted(self, quantity: str, layer: int) -> float:
        """Return what theory expects of a quantity in a layer; nan where it has no answer."""
        choice("quantity", quantity, QUANTITIES)
        number = whole("layer", layer, low=1, high=self.summary.values.shape[1])
        if self.expected is None:
            return math.nan
        return float(self.expected.values[number - 1, _column(quantity)])

    def expecting(self, expected: Expected | None) -> Self:
        """Return the same networks with what theory expects of them beside every number.

        Raises
        ------
        InputError
            If the prediction is of other networks or other inputs.

        Examples
        --------
        >>> from saturation_lab import Study, predict, sample
        >>> study = Study(activation="relu", initializer="he_normal", widths=(64, 64), networks=9)
        >>> result = sample(study, workers=1)
        >>> table = result.expecting(predict(result.study)).profile()
        >>> table.query("quantity == 'saturated_share'")["predicted"].tolist()
        [0.5, 0.5]
        """
        if expected is not None:
            expected.refuse_other(self.origin)
        return replace(self, expected=expected)

    def replicates(self, quantity: str, layer: int) -> Replicates:
        """Return one quantity of one layer with the network of each value, for `inference`.

        Raises
        ------
        InputError
            If the quantity or layer is unknown, there are fewer than two networks, or the quantity
            is undefined in a network that did not overflow.

        Examples
        --------
        >>> from saturation_lab import Study, sample
        >>> study = Study(activation="tanh", initializer="glorot_normal", widths=(16,), networks=3)
        >>> sample(study, workers=1).replicates("activation_variance", 1).networks
        array([0, 1, 2])
        """
        return Replicates(
            values=self.values(quantity, layer),
            networks=self.networks,
            overflowed=self.summary.first_bad_layer > 0,
        )

    def medians(self) -> Float64:
        """Return the median over networks of every quantity, [layers, quantities].

        The mean square or variance of a network that overflowed is larger than every number; of
        its other quantities nothing is known, and then the median is nan.
        """
        values = self.summary.values
        squares = np.array([name.endswith(("mean_square", "variance")) for name in QUANTITIES])
        lost = np.isnan(values) & (self.summary.first_bad_layer > 0)[:, None, None] & squares
        with np.errstate(all="ignore"):
            medians: Float64 = np.median(np.where(lost, np.inf, values), axis=0)
        return medians

    def overflows(self) -> list[dict[str, Any]]:
        """Return which networks became non-finite, and in which layer of which pass first."""
        summary = self.summary
        return [
            {
                "network": int(summary.networks[row]),
                "layer": self.layer_name(int(summary.first_bad_layer[row])),
                "pass": "forward" if summary.bad_going_up[row] else "backward",
            }
            for row in np.flatnonzero(summary.first_bad_layer)
        ]

    def per_network(self) -> pd.DataFrame:
        """Return ``per_network(study, network, layer, quantity, value)`` of the hidden layers."""
        values = self.summary.values[:, : self.depth]
        return self._table({"network": self.networks}, {"value": values})

    def histogram(self, kind: str = "linear") -> pd.DataFrame:
        """Return ``histogram(study, layer, quantity, left, right, count)`` of the hidden layers.

        ``kind`` is linear or asinh. Values beyond the axis stand in rows that reach to ±inf, NaN in
        a row from NaN to NaN: the counts of a layer add up to all values seen.
        """
        import pandas as pd

        choice("kind", kind, KINDS)
        tables = [
            _layer_counts(self.name, signal, pair[KINDS.index(kind)], layer)
            for signal, pair in self.summary.histograms.items()
            for layer in range(1, self.depth + 1)
        ]
        return pd.concat(tables, ignore_index=True)

    def profile(self) -> pd.DataFrame:
        """Return ``profile(study, layer, quantity, estimate, se, low, high, predicted)``.

        The mean over networks of each quantity in each hidden layer, with its standard error and
        95 % interval from the spread over networks; nan where undefined. ``predicted`` is what
        theory expects (`expecting`); nan where it was not asked or has no answer.
        """
        found = mean_intervals(self.summary.values[:, : self.depth])
        columns = dict(zip(("estimate", "se", "low", "high"), found, strict=True))
        expected = np.full_like(columns["estimate"], np.nan)
        if self.expected is not None:
            expected = self.expected.values[: self.depth]
        return self._table({}, {**columns, "predicted": expected})

    def _table(self, first: Mapping[str, Any], columns: Mapping[str, Float64]) -> pd.DataFrame:
        """Return arrays [..., layers, quantities] as a tidy table."""
        import pandas as pd

        index = pd.MultiIndex.from_product(
            [[self.name], *first.values(), range(1, self.depth + 1), list(QUANTITIES)],
            names=["study", *first, "layer", "quantity"],
        )
        flat = {name: np.reshape(x, -1) for name, x in columns.items()}
        return pd.DataFrame(flat, index=index).reset_index()

    @cached_property
    def _intervals(self) -> tuple[Float64, ...]:
        return tuple(mean_intervals(self.summary.values))

    def to_json(self) -> dict[str, Any]:
        """Return the profile and the origin as plain data; undefined numbers are None."""
        layers = [self._entries(row) for row in range(self.summary.values.shape[1])]
        origin = self.origin.to_json()
        return {
            "schema": SCHEMA,
            self.origin.kind: origin,
            "digest": None if origin is None else self.origin.digest,
            "layers": [
                {"layer": self.layer_name(i), **layer}
                for i, layer in enumerate(layers[: self.depth], 1)
            ],
            OUTPUT: layers[self.depth] if len(layers) > self.depth else None,
            "overflowed": self.summary.overflowed,
            "overflows": self.overflows(),
        }

    def _entries(self, row: int) -> dict[str, dict[str, float | None]]:
        """Return every quantity of a layer with its interval, or its median without a mean."""
        medians = self.medians()[row]
        found = {}
        for column, name in enumerate(QUANTITIES):
            numbers = (plain(float(x[row, column])) for x in self._intervals)
            entry = dict(zip(("estimate", "se", "low", "high"), numbers, strict=True))
            # a network that overflowed leaves no mean, but the typical network is still known
            more = {} if entry["estimate"] is not None else {"median": plain(medians[column])}
            found[name] = {**entry, **more}
        return found


def _column(quantity: str) -> int:
    return list(QUANTITIES).index(quantity)


def _layer_counts(name: str, signal: str, found: Histogram, layer: int) -> pd.DataFrame:
    import pandas as pd

    edges = found.axis.edges
    under, over, nan, minus, plus = found.flows[layer - 1]
    return pd.DataFrame(
        {
            "study": name,
            "layer": layer,
            "quantity": signal,
            "left": [-np.inf, *edges, np.nan],
            "right": [*edges, np.inf, np.nan],
            "count": [under + minus, *found.counts[layer - 1], over + plus, nan],
        }
    )


def refuse_unpaired(one: Measured, other: Measured) -> None:
    """Raise `InputError` when two are not of the same seed and networks."""
    if not paired(one, other) or not np.array_equal(one.networks, other.networks):
        raise InputError(
            "studies",
            expected="the same seed and networks, as they are compared network by network",
            got=Words(
                f"seeds {one.origin.seed} and {other.origin.seed}, "
                f"{len(one.networks)} and {len(other.networks)} networks"
            ),
        )


def paired(one: Measured, other: Measured) -> bool:
    """Return whether networks of one index share their random numbers: both have one seed."""
    return one.origin.seed is not None and one.origin.seed == other.origin.seed


Tick = Callable[[int], object]
"""Called with how much more is done."""
