"""The kinds of experiments: the number that decides a claim, and its theoretical expectation.

Each kind is a class that computes its number from measured networks, predicts it from theory and
describes it in words. `forms` has the names under which experiments are written in files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import ClassVar, Protocol

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.averages import Known, average
from saturation_lab.inference.digits import TIMES, short
from saturation_lab.inference.intervals import LEVEL, Interval, mean_interval
from saturation_lab.judging.exact import exact_words, exactly
from saturation_lab.judging.place import Networks, Origins, Place, law_of_ratio
from saturation_lab.measured import Measured, Origin, refuse_unpaired
from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.quantities import Only
from saturation_lab.words.symbols import PRODUCTS, SYMBOLS


class Experiment(Protocol):
    """The interface of all kinds of experiments."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of the networks that the experiment needs."""

    @property
    def logarithmic(self) -> bool:
        """Whether the number is a logarithm, which is then shown as a ratio."""

    @property
    def heading(self) -> str:
        """The heading for a group of numbers of this kind."""

    @property
    def unit(self) -> str:
        """The explanation printed with each number of this kind; "" if none is needed.

        ``{number}`` is a placeholder for the number.
        """

    @property
    def compared(self) -> tuple[Ratio, ...]:
        """The two ratios that are compared, the one claimed to be closer to 1 first, or none."""

    def places(self, origins: Origins) -> tuple[Place, ...]:
        """List the quantities and layers that the number is computed from.

        Parameters
        ----------
        origins : mapping of str to Origin
            Where the networks come from, by role.

        Returns
        -------
        tuple of Place
            One entry for each quantity in a layer; empty if the number needs no network.
        """

    def values(self, networks: Networks) -> Float64:
        """Compute the deciding number of each network.

        Parameters
        ----------
        networks : mapping of str to Measured
            The measured networks by role.

        Returns
        -------
        ndarray of float64
            An array of shape (networks,); nan where the number is undefined.
        """

    def known(self, networks: Networks) -> Known:
        """Return what is known in advance about the law of the number over networks.

        Parameters
        ----------
        networks : mapping of str to Measured
            The measured networks by role.

        Returns
        -------
        Known
            Its kind and, where theory knows it, its exact law; it decides which interval its mean
            can have.
        """

    def expected(self, networks: Networks) -> float:
        """Return the theoretical expectation of the number, on the scale on which it is shown.

        Parameters
        ----------
        networks : mapping of str to Measured
            The measured networks by role, with their predictions.

        Returns
        -------
        float
            The expectation for infinitely wide layers; nan if theory has no answer.
        """

    def words(self, origins: Origins) -> str:
        """Describe the number.

        Parameters
        ----------
        origins : mapping of str to Origin
            Where the networks come from, by role.

        Returns
        -------
        str
            A short description, without the value.
        """

    def refuse_unfit(self, origins: Origins) -> None:
        """Raise `InputError` if networks of these origins cannot provide the number.

        Parameters
        ----------
        origins : mapping of str to Origin
            Where the networks come from, by role.
        """


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A ratio of measured quantities in each network, or a single quantity.

    The product over ``of`` is divided by ``times`` and by the product over ``over``, so that the
    ratio is 1 if the formula under test is right. On the logarithmic scale its mean over networks
    is a geometric mean. The plain scale serves formulas that are exact for the mean over networks,
    and single quantities, which may be negative.

    Attributes
    ----------
    of, over : tuple of Place
        The factors of the numerator and of the denominator.
    times : float
        A constant factor of the denominator.
    logarithmic : bool
        Whether the number is the logarithm of the ratio.
    """

    of: tuple[Place, ...]
    over: tuple[Place, ...] = ()
    times: float = 1.0
    logarithmic: bool = True
    compared: ClassVar[tuple[Ratio, ...]] = ()
    unit: ClassVar[str] = ""

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.study for place in (*self.of, *self.over)))

    @property
    def _over_depth(self) -> bool:
        """Whether it is the change from layer 1 to layer L."""
        return ({place.layer for place in self.of}, {place.layer for place in self.over}) == (
            {-1},
            {1},
        )

    @property
    def _single(self) -> bool:
        """Whether it is a quantity as it was measured."""
        alone = not self.over and len(self.of) == 1 and self.times == 1
        return alone and not self.logarithmic

    @property
    def heading(self) -> str:
        if self._over_depth:
            return "Top hidden layer over layer 1"
        return "Ratio" if self.logarithmic else "Value"

    def places(self, origins: Origins) -> tuple[Place, ...]:
        return (*self.of, *self.over)

    def values(self, networks: Networks) -> Float64:
        for role in self.roles[1:]:
            refuse_unpaired(networks[self.roles[0]], networks[role])
        if self._single:
            return self.of[0].values(networks)
        total = np.zeros(len(networks[self.roles[0]].networks))
        for above, below in zip_longest(self.of, self.over):
            logs = 0.0 if above is None else _log(above.values(networks))
            total = total + (logs if below is None else logs - _log(below.values(networks)))
        total = total - math.log(self.times)
        return total if self.logarithmic else np.exp(total)

    def known(self, networks: Networks) -> Known:
        if self.logarithmic:
            return Known()
        if self._single:
            return self.of[0].known(networks)
        law = law_of_ratio(self.of, self.over, networks)
        if law is None:
            return Known(size=True)
        return Known(size=True, beta=law.log_variance, log_gap=law.log_gap)

    def expected(self, networks: Networks) -> float:
        of, over = (
            math.prod(place.expected(networks) for place in places)
            for places in (self._foretold_too(self.of), self.over)
        )
        return of / (over * self.times) if over > 0 else math.nan

    def _foretold_too(self, places: tuple[Place, ...]) -> tuple[Place, ...]:
        """Return the places, marked as predictions if the denominator is a prediction."""
        asked = any(place.theory for place in self.over)
        return tuple(place._replace(theory=True) for place in places) if asked else places

    def interval(self, networks: Networks, *, level: float = LEVEL) -> Interval:
        """Return the mean of the ratio over networks with its interval, on the plain scale.

        Parameters
        ----------
        networks : mapping of str to Measured
            The measured networks by role.
        level : float
            The confidence level.

        Returns
        -------
        Interval
            A geometric mean if the ratio is logarithmic, otherwise an arithmetic one.
        """
        values = self.values(networks)
        if self.logarithmic:
            return mean_interval(values, level=level).map(math.exp)
        return average(values, self.known(networks), level=level).mean

    def words(self, origins: Origins) -> str:
        """Describe the ratio, with the value claimed by a formula after the ÷.

        >>> from saturation_lab import Study
        >>> he = Study(activation="relu", initializer="he_normal", widths=(8,) * 10)
        >>> Ratio(of=(Place("activation_variance", -1, "he"),), times=16.0).words({"he": he})
        'Var a in layer 10 ÷ 16'
        """
        return _ratio_words(self, origins)

    def refuse_unfit(self, origins: Origins) -> None:
        for place in (*self.of, *self.over):
            place.refuse_unfit(origins)
        if self._over_depth:
            _refuse_shallow(origins[self.roles[0]])


@dataclass(frozen=True, kw_only=True)
class NearerToOne:
    """How many times less a quantity changes over depth in some networks than in others.

    For each pair of networks, the number is |log(layer L over layer 1)| in ``than`` minus the same
    in ``study``. It is positive if the quantity changes less in ``study``.

    Attributes
    ----------
    study, than : str
        The roles of the networks that should change less and of those they are compared with.
    quantity : str
        A key of `QUANTITIES`.
    """

    study: str
    than: str
    quantity: str
    logarithmic: ClassVar[bool] = True
    heading: ClassVar[str] = "How many times smaller the factor of change is"
    unit: ClassVar[str] = "the factor of change is {number} times smaller"

    @property
    def roles(self) -> tuple[str, ...]:
        return (self.study, self.than)

    @property
    def compared(self) -> tuple[Ratio, ...]:
        return tuple(top_over_bottom(role, self.quantity) for role in self.roles)

    def places(self, origins: Origins) -> tuple[Place, ...]:
        return tuple(place for ratio in self.compared for place in ratio.places(origins))

    def values(self, networks: Networks) -> Float64:
        _refuse_other_axes(*(networks[role] for role in self.roles))
        refuse_unpaired(*(networks[role] for role in self.roles))
        near, far = (ratio.values(networks) for ratio in self.compared)
        with np.errstate(invalid="ignore"):
            return np.abs(far) - np.abs(near)

    def known(self, networks: Networks) -> Known:
        return Known()  # a logarithm

    def expected(self, networks: Networks) -> float:
        near, far = (ratio.expected(networks) for ratio in self.compared)
        if not (near > 0 and far > 0):
            return math.nan
        return math.exp(abs(math.log(far)) - abs(math.log(near)))

    def words(self, origins: Origins) -> str:
        depth = len(origins[self.study].widths)
        return (
            f"factor by which {SYMBOLS[self.quantity]} changes over layers 1 to {depth}, "
            f"“{self.than}” ÷ “{self.study}”"
        )

    def refuse_unfit(self, origins: Origins) -> None:
        for ratio in self.compared:
            ratio.refuse_unfit(origins)


@dataclass(frozen=True, kw_only=True)
class MeanOverLayers:
    """The mean of a quantity over the hidden layers 1 to L, in each network.

    Attributes
    ----------
    study : str
        The role of the networks.
    quantity : str
        A key of `QUANTITIES`.
    """

    study: str
    quantity: str
    logarithmic: ClassVar[bool] = False
    heading: ClassVar[str] = "Mean over the hidden layers"
    unit: ClassVar[str] = "on average over the hidden layers"
    compared: ClassVar[tuple[Ratio, ...]] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        return (self.study,)

    def places(self, origins: Origins) -> tuple[Place, ...]:
        return tuple(self._places(origins[self.study]))

    def _places(self, origin: Measured | Origin) -> list[Place]:
        depth = origin.depth if isinstance(origin, Measured) else len(origin.widths)
        return [Place(self.quantity, layer, self.study) for layer in range(1, depth + 1)]

    def values(self, networks: Networks) -> Float64:
        places = self._places(networks[self.study])
        mean: Float64 = np.mean([place.values(networks) for place in places], axis=0)
        return mean

    def known(self, networks: Networks) -> Known:
        each = [place.known(networks) for place in self._places(networks[self.study])]
        units = min(int(np.asarray(one.units)) for one in each)
        counted = sum(int(np.asarray(one.counted)) for one in each)
        return replace(each[0], units=units, counted=counted, beta=math.nan, log_gap=math.nan)

    def expected(self, networks: Networks) -> float:
        places = self._places(networks[self.study])
        return float(np.mean([place.expected(networks) for place in places]))

    def words(self, origins: Origins) -> str:
        return f"{SYMBOLS[self.quantity]}, mean over the hidden layers"

    def refuse_unfit(self, origins: Origins) -> None:
        for place in self._places(origins[self.study]):
            place.refuse_unfit(origins)
        _refuse_shallow(origins[self.study])


@dataclass(frozen=True, kw_only=True)
class Exact:
    """A number that needs no network, computed by a function of ``exact.EXACT``.

    Attributes
    ----------
    of : str
        A key of ``EXACT``.
    args : tuple of float or str
        The arguments of its function.
    """

    of: str
    args: tuple[float | str, ...] = ()
    logarithmic: ClassVar[bool] = False
    roles: ClassVar[tuple[str, ...]] = ()
    heading: ClassVar[str] = "Computed"
    unit: ClassVar[str] = ""
    compared: ClassVar[tuple[Ratio, ...]] = ()

    def number(self) -> float:
        """Compute the number."""
        return exactly(self.of, self.args)

    def places(self, origins: Origins) -> tuple[Place, ...]:
        return ()

    def values(self, networks: Networks) -> Float64:
        return np.array([self.number()])

    def known(self, networks: Networks) -> Known:
        return Known()

    def expected(self, networks: Networks) -> float:
        return math.nan

    def words(self, origins: Origins) -> str:
        return exact_words(self.of, self.args)

    def refuse_unfit(self, origins: Origins) -> None:
        pass  # no network is involved


def top_over_bottom(study: str, *quantities: str) -> Ratio:
    """Return the experiment that compares a product of quantities in layer L with that in layer 1.

    Parameters
    ----------
    study : str
        The role of the networks.
    *quantities : str
        The factors of the product, keys of `QUANTITIES`.

    Returns
    -------
    Ratio
        Hidden layer L over layer 1, on the logarithmic scale.

    Examples
    --------
    >>> [place.layer for place in top_over_bottom("mine", "gradient_mean_square").of]
    [-1]
    """
    of, over = (
        tuple(Place(quantity, layer, study) for quantity in quantities) for layer in (-1, 1)
    )
    return Ratio(of=of, over=over)


def log_change(found: Measured, *quantities: str) -> Float64:
    """Return log(layer L over layer 1) of a product of quantities in each network.

    Parameters
    ----------
    found : Measured
        The measured networks.
    *quantities : str
        The factors of the product, keys of `QUANTITIES`.

    Returns
    -------
    ndarray of float64
        An array of shape (networks,); nan where the logarithm is undefined.
    """
    return top_over_bottom("", *quantities).values({"": found})


def change(found: Measured, *quantities: str, level: float = LEVEL) -> Interval:
    """Return the geometric mean over networks of a product of quantities, layer L over layer 1.

    Parameters
    ----------
    found : Measured
        The measured networks.
    *quantities : str
        The factors of the product, keys of `QUANTITIES`.
    level : float
        The confidence level.

    Returns
    -------
    Interval
        Student's t interval, computed on the logarithm. It has no standard error, as the scale is
        that of the ratio.
    """
    return top_over_bottom("", *quantities).interval({"": found}, level=level)


def expected_change(found: Measured, *quantities: str) -> float:
    """Return the theoretical expectation of `change` for infinitely wide layers.

    Parameters
    ----------
    found : Measured
        The measured networks with their predictions.
    *quantities : str
        The factors of the product, keys of `QUANTITIES`.

    Returns
    -------
    float
        The ratio, which is the same in all infinitely wide networks; nan if theory has no answer.
    """
    return top_over_bottom("", *quantities).expected({"": found})


def needed(experiments: Iterable[Experiment], origins: Origins) -> dict[str, Only]:
    """Collect the quantities and layers that experiments need.

    Parameters
    ----------
    experiments : iterable of Experiment
        The experiments.
    origins : mapping of str to Origin
        Where the networks come from, by role.

    Returns
    -------
    dict
        For each role, the set of pairs (quantity, number of the layer).
    """
    places = {place for one in experiments for place in one.places(origins)}
    return {
        name: frozenset(
            (place.quantity, place.number(len(origin.widths)))
            for place in places
            if place.study == name
        )
        for name, origin in origins.items()
    }


def _log(values: Float64) -> Float64:
    with np.errstate(all="ignore"):  # logarithms of values <= 0 become nan
        logs = np.log(values)
    return np.where(np.isfinite(logs), logs, np.nan)


def _refuse_other_axes(one: Measured, other: Measured) -> None:
    if one.origin.ranges != other.origin.ranges:
        raise InputError(
            "studies",
            expected="the same axis ranges, which 0-peaks refer to",
            got=Words("different ones"),
            hint="give both studies the ranges of with_ranges(one, other)",
        )


def _refuse_shallow(origin: Origin) -> None:
    if len(origin.widths) < 2:
        raise InputError(
            "experiment", expected="at least two hidden layers to compare", got=Words("one")
        )


# --- words ----------------------------------------------------------------------------------------


def _ratio_words(ratio: Ratio, origins: Origins) -> str:
    of, over = ratio.of, ratio.over
    claimed = [] if ratio.times == 1 else [_factor(ratio.times)]
    if any(place.theory for place in over):
        return f"{of[0].words(origins)}, measured ÷ theory"
    if len(ratio.roles) > 1:
        return f"{of[0].words(origins)}, “{of[0].study}” ÷ “{over[0].study}”"
    tops, bottoms = {place.layer for place in of}, {place.layer for place in over}
    names = tuple(place.quantity for place in of)
    if names == tuple(p.quantity for p in over) and len(tops) == len(bottoms) == 1:
        below = _product([*claimed, over[0].layer_words(origins)])
        name = PRODUCTS.get(names, f" {TIMES} ".join(SYMBOLS[name] for name in names))
        return f"{name}, {of[0].layer_words(origins)} ÷ {below}"
    if len(tops | bottoms) == 1 and over:
        above, below = (
            _product([*first, *(SYMBOLS[place.quantity] for place in places)])
            for first, places in (([], of), (claimed, over))
        )
        return f"{above} ÷ {below}, {of[0].layer_words(origins)}"
    above = f" {TIMES} ".join(place.words(origins) for place in of)
    below = _product([*claimed, *(place.words(origins) for place in over)])
    return f"{above} ÷ {below}" if below else above


def _product(factors: Sequence[str]) -> str:
    product = f" {TIMES} ".join(factors)
    return f"({product})" if len(factors) > 1 else product


def _factor(x: float) -> str:
    return f"{x:.4g}" if 1e-3 <= x < 1e4 else short(x)
