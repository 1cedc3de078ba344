"""What was measured in each network, and where the networks come from.

Verdicts, comparisons, exhibits and pages all read a `Measured` and nothing else, so they work for
sampled networks and for a user's own networks (`own_networks.measure`) alike.
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
from saturation_lab.inference.averages import Average, Averages, Known, average, averages
from saturation_lab.inference.digits import plain
from saturation_lab.inference.intervals import LEVEL
from saturation_lab.inference.replicates import Replicates
from saturation_lab.nets.arrays import Float64
from saturation_lab.printed import Printed
from saturation_lab.statistics.histogram import Histogram
from saturation_lab.statistics.quantities import QUANTITIES, Kind
from saturation_lab.statistics.summary import Summary
from saturation_lab.study import Study
from saturation_lab.theory.network_law import known_laws

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
KINDS = ("linear", "asinh")
"""The axes on which each signal is counted: evenly spaced bins, and asinh-spaced ones."""
OUTPUT = "output"

_NOT_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
"""Whether Numba is switched off. Loops that run as plain Python round differently."""


def versions() -> dict[str, str]:
    """Return the versions of everything that the numbers depend on.

    Returns
    -------
    dict of str to str
        The versions of this package, Python, NumPy and Numba.

    Examples
    --------
    >>> list(versions())
    ['saturation_lab', 'python', 'numpy', 'numba']
    """
    return {
        "saturation_lab": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": metadata.version("numba") + (", not compiled" if _NOT_COMPILED else ""),
    }


class Origin(Protocol):
    """The source of measured networks: a `Study`, or a user's `OwnNetworks`.

    Attributes
    ----------
    kind : str
        The key of the origin in JSON.
    """

    kind: ClassVar[str]

    @property
    def seed(self) -> int | None:
        """The seed; networks of one seed are paired by index. None: they are never paired."""

    @property
    def widths(self) -> Sequence[int]:
        """The number of units in each hidden layer."""

    @property
    def layer_labels(self) -> tuple[str, ...]:
        """The label of each hidden layer."""

    @property
    def examples(self) -> int:
        """The number of inputs that each network was shown."""

    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """The ends (low, high) of the linear histogram axis of each signal."""

    @property
    def input_notes(self) -> tuple[str, ...]:
        """What was done to the data of the inputs, as sentences."""

    @property
    def digest(self) -> str:
        """A hash of the origin: equal origins have equal digests."""

    def to_json(self) -> dict[str, Any] | None:
        """Return the origin as plain data, or None if it cannot be written as such."""

    def written(self) -> str:
        """Return a readable description of what was measured, as text."""


class Expected(Protocol):
    """A prediction of theory for some networks, as `predict` returns it."""

    @property
    def values(self) -> Float64:
        """The expected values, of shape (layers, quantities), ordered as in `QUANTITIES`.

        Values for which theory has no answer are nan.
        """

    def refuse_other(self, origin: object) -> None:
        """Check that the prediction is about the given networks and inputs.

        Parameters
        ----------
        origin : object
            The origin of the networks that the prediction is to be attached to.

        Raises
        ------
        InputError
            If the prediction is about other networks or other inputs.
        """


@dataclass(frozen=True, kw_only=True, repr=False)
class Measured(Printed):
    """Networks of one origin, and what was measured in each of them.

    Attributes
    ----------
    origin : Origin
        The source of the networks.
    summary : Summary
        The per-network table and the pooled histograms.
    name : str
        The name of the networks in the column ``study`` of tables.
    title : str
        Their title on a page; "" to use ``name``.
    expected : Expected or None
        What theory predicts for them; None if no prediction was attached.
    made_with : mapping of str to str
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
        """Return the index of each network, of shape (R,)."""
        return self.summary.networks

    @property
    def examples(self) -> int:
        """Return B, the number of inputs that each network was shown."""
        return self.origin.examples

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels of the hidden layers."""
        return self.origin.layer_labels

    def layer_name(self, number: int) -> int | str:
        """Return the name of a layer in tables and JSON.

        Parameters
        ----------
        number : int
            The number of a hidden layer, 1 to L, or L + 1 for the output layer.

        Returns
        -------
        int or str
            The number of a hidden layer, or its label if that differs from the number; "output"
            for the output layer.
        """
        if number > self.depth:
            return OUTPUT
        label = self.labels[number - 1]
        return number if label == str(number) else label

    def values(self, quantity: str, layer: int) -> Float64:
        """Return one quantity of one layer in every network.

        Parameters
        ----------
        quantity : str
            A key of `QUANTITIES`.
        layer : int
            A hidden layer, 1 to L, or L + 1 for the output layer if there is one.

        Returns
        -------
        array of shape (R,)
            One value for each network; nan where the quantity is undefined.

        Raises
        ------
        InputError
            If the quantity or layer is unknown.
        """
        choice("quantity", quantity, QUANTITIES)
        number = whole("layer", layer, low=1, high=self.summary.values.shape[1])
        return self.summary.values[:, number - 1, _column(quantity)]

    def predicted(self, quantity: str, layer: int) -> float:
        """Return the value that theory predicts for a quantity in a layer.

        Parameters
        ----------
        quantity : str
            A key of `QUANTITIES`.
        layer : int
            A hidden layer, 1 to L, or L + 1 for the output layer if there is one.

        Returns
        -------
        float
            The predicted value; nan if no prediction was attached or theory has no answer.

        Raises
        ------
        InputError
            If the quantity or layer is unknown.
        """
        choice("quantity", quantity, QUANTITIES)
        number = whole("layer", layer, low=1, high=self.summary.values.shape[1])
        if self.expected is None:
            return math.nan
        return float(self.expected.values[number - 1, _column(quantity)])

    def expecting(self, expected: Expected | None) -> Self:
        """Attach a prediction of theory, so that tables show it next to each measured number.

        Parameters
        ----------
        expected : Expected or None
            The prediction, usually from `predict`; None to detach one.

        Returns
        -------
        Measured
            The same networks with the prediction.

        Raises
        ------
        InputError
            If the prediction is about other networks or other inputs.

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
        """Return one quantity of one layer as replicates, the input of the package `inference`.

        Parameters
        ----------
        quantity : str
            A key of `QUANTITIES`.
        layer : int
            A hidden layer, 1 to L, or L + 1 for the output layer if there is one.

        Returns
        -------
        Replicates
            One value for each network, with the index of the network.

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

    @cached_property
    def averages(self) -> Averages:
        """The averages over networks of every quantity, as arrays of shape (layers, quantities)."""
        return averages(self.summary.values, self._known)

    def average(self, quantity: str, layer: int, *, level: float = LEVEL) -> Average:
        """Return the averages over networks of one quantity in one layer.

        Parameters
        ----------
        quantity : str
            A key of `QUANTITIES`.
        layer : int
            A hidden layer, 1 to L, or L + 1 for the output layer if there is one.
        level : float
            The confidence level.

        Returns
        -------
        Average
            The mean, the typical network and the spread over networks.

        Raises
        ------
        InputError
            If the quantity or layer is unknown.

        Examples
        --------
        >>> from saturation_lab import Study, sample
        >>> he = {"initializer": "he_normal", "widths": [10] * 30, "networks": 20, "examples": 1}
        >>> result = sample(Study(activation="relu", inputs="gaussian", **he), workers=1)
        >>> z = result.average("pre_activation_mean_square", 30)
        >>> z.basis.value, round(z.beta, 2), round(z.mean.estimate / z.typical.estimate)
        ('exact law', 25.36, 8264)
        """
        values = self.values(quantity, layer)
        return average(values, self.known(quantity, layer), level=level)

    def known(self, quantity: str, layer: int) -> Known:
        """Return what is known in advance about one quantity in one layer.

        Parameters
        ----------
        quantity : str
            A key of `QUANTITIES`.
        layer : int
            A hidden layer, 1 to L, or L + 1 for the output layer if there is one.

        Returns
        -------
        Known
            Its kind and, where theory knows it, its exact law.
        """
        place = (layer - 1, _column(quantity))
        arrays = {key: np.asarray(x) for key, x in vars(self._known).items()}
        shape = self.summary.values.shape[1:]
        return Known(**{key: np.broadcast_to(x, shape)[place] for key, x in arrays.items()})

    @cached_property
    def _known(self) -> Known:
        """What is known about every quantity, as arrays of shape (layers, quantities)."""
        origin, names = self.origin, list(QUANTITIES)
        widths = [*origin.widths]
        laws: dict[str, Float64] = {}
        if isinstance(origin, Study):
            widths = [layer.fan_out for layer in origin.architecture.layers]
            laws = dict(vars(known_laws(origin)))
        widths += [widths[-1]] * (self.summary.values.shape[1] - len(widths))
        units = np.outer(widths, [name.endswith("_share") for name in names])
        sizes = [
            q.kind is Kind.SIZE or q.name.endswith("_of_variance") for q in QUANTITIES.values()
        ]
        places = ["_percentile_" in name or name == "activation_mean" for name in names]
        return Known(
            size=np.array(sizes),
            place=np.array(places),
            units=units,
            counted=units * self.examples,
            **laws,
        )

    def medians(self) -> Float64:
        """Return the median over networks of every quantity, of shape (layers, quantities).

        In a network that overflowed, a mean square or variance counts as infinite. Nothing is
        known about its other quantities, and their median is nan.
        """
        values = self.summary.values
        squares = np.array([name.endswith(("mean_square", "variance")) for name in QUANTITIES])
        lost = np.isnan(values) & (self.summary.first_bad_layer > 0)[:, None, None] & squares
        with np.errstate(all="ignore"):
            medians: Float64 = np.median(np.where(lost, np.inf, values), axis=0)
        return medians

    def overflows(self) -> list[dict[str, Any]]:
        """Return the networks that overflowed, each with the first bad layer and pass."""
        return self._named(self.summary.first_bad_layer, self.summary.bad_going_up)

    def underflows(self) -> list[dict[str, Any]]:
        """Return the networks that underflowed, each with the first such layer and pass."""
        return self._named(self.summary.first_faint_layer, self.summary.faint_going_up)

    def _named(
        self, layers: NDArray[np.int64], going_up: NDArray[np.bool_]
    ) -> list[dict[str, Any]]:
        return [
            {
                "network": int(self.networks[row]),
                "layer": self.layer_name(int(layers[row])),
                "pass": "forward" if going_up[row] else "backward",
            }
            for row in np.flatnonzero(layers)
        ]

    def per_network(self) -> pd.DataFrame:
        """Return every value of the hidden layers as a table with one row for each.

        The columns are ``study``, ``network``, ``layer``, ``quantity`` and ``value``.
        """
        values = self.summary.values[:, : self.depth]
        return self._table({"network": self.networks}, {"value": values})

    def histogram(self, kind: str = "linear") -> pd.DataFrame:
        """Return the histograms of the hidden layers as a table with one row for each bin.

        Parameters
        ----------
        kind : str
            The axis, linear or asinh.

        Returns
        -------
        DataFrame
            The columns ``study``, ``layer``, ``quantity``, ``left``, ``right`` and ``count``.
            Values beyond the axis are counted in bins that extend to ±inf, NaN values in a row
            whose ends are NaN, so the counts of a layer add up to the number of values seen.

        Raises
        ------
        InputError
            If the kind is unknown.
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
        """Return the averages over networks of each quantity in each hidden layer, as a table.

        Undefined numbers are nan. After ``study``, ``layer`` and ``quantity``, the columns are

        - ``estimate``, ``se``, ``low``, ``high``: the mean over networks, its standard error, and
          its 95 % interval; no interval if a few networks determine the mean;
        - ``basis``: the basis of that interval: "t", "binomial" (shares), "exact law", "withheld"
          or "none" (see `inference.averages`);
        - ``typical``, ``typical_low``, ``typical_high``: the geometric mean over the networks that
          are not at 0, with its 95 % interval, for sizes;
        - ``beta``: the variance of the logarithm over networks;
        - ``zeros``: the number of networks at exactly 0;
        - ``spread_5``, ``spread_95``: the range of 90 % of single networks;
        - ``predicted``: the mean that theory expects in wide layers; nan if no prediction was
          attached (`expecting`) or theory has no answer.
        """
        columns = {name: x[: self.depth] for name, x in self.averages.columns.items()}
        expected = np.full_like(columns["estimate"], np.nan)
        if self.expected is not None:
            expected = self.expected.values[: self.depth]
        return self._table({}, {**columns, "predicted": expected})

    def _table(self, first: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
        """Return arrays of shape (..., layers, quantities) as a tidy table."""
        import pandas as pd

        index = pd.MultiIndex.from_product(
            [[self.name], *first.values(), range(1, self.depth + 1), list(QUANTITIES)],
            names=["study", *first, "layer", "quantity"],
        )
        flat = {name: np.reshape(x, -1) for name, x in columns.items()}
        return pd.DataFrame(flat, index=index).reset_index()

    def to_json(self) -> dict[str, Any]:
        """Return the profile and the origin as plain data; undefined numbers are None."""
        layers = [self._entries(row) for row in range(self.summary.values.shape[1])]
        origin = self.origin.to_json()
        return {
            "schema": SCHEMA,
            self.origin.kind: origin,
            "digest": None if origin is None else self.origin.digest,
            "input_notes": list(self.origin.input_notes),
            "layers": [
                {"layer": self.layer_name(i), **layer}
                for i, layer in enumerate(layers[: self.depth], 1)
            ],
            OUTPUT: layers[self.depth] if len(layers) > self.depth else None,
            "overflowed": self.summary.overflowed,
            "overflows": self.overflows(),
            "underflowed": self.summary.underflowed,
            "underflows": self.underflows(),
        }

    def _entries(self, row: int) -> dict[str, dict[str, Any]]:
        """Return every quantity of a layer with its averages; its median if it has no mean."""
        medians = self.medians()[row]
        found = {}
        for column, name in enumerate(QUANTITIES):
            entry = self.averages.at(row, column).to_json()
            # with a network that overflowed there is no mean, but often still a median
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
    """Check that two results can be compared network by network.

    Parameters
    ----------
    one, other : Measured
        The results.

    Raises
    ------
    InputError
        If their seeds differ, a seed is None, or they contain different networks.
    """
    if not paired(one, other) or not np.array_equal(one.networks, other.networks):
        raise InputError(
            "studies",
            expected="the same seed and networks, to compare them network by network",
            got=Words(
                f"seeds {one.origin.seed} and {other.origin.seed}, "
                f"{len(one.networks)} and {len(other.networks)} networks"
            ),
        )


def paired(one: Measured, other: Measured) -> bool:
    """Return whether networks with the same index share their random numbers.

    Parameters
    ----------
    one, other : Measured
        The results.

    Returns
    -------
    bool
        Whether both have a seed, and the same one.
    """
    return one.origin.seed is not None and one.origin.seed == other.origin.seed


Tick = Callable[[int], object]
"""A callback that advances a progress bar; called with the amount of work just completed."""
