"""The kinds of experiments: which number decides a claim, in each network, and what theory expects.

A kind is one class: how its number is made from measured networks, what theory expects of it, and
what it is in words. `forms` has the names under which experiments are written down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.digits import TIMES, short
from saturation_lab.inference.intervals import LEVEL, Interval, mean_interval
from saturation_lab.judging.exact import exact_words, exactly
from saturation_lab.measured import Measured, Origin, refuse_unpaired
from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.quantities import Only
from saturation_lab.study import Study
from saturation_lab.theory.propagation import Prediction, predict
from saturation_lab.words.symbols import PRODUCTS, SYMBOLS

Networks = Mapping[str, Measured]
Origins = Mapping[str, Origin]


class Experiment(Protocol):
    """What every kind answers.

    Attributes
    ----------
    roles
        The names of the networks that it needs.
    logarithmic
        Whether its number is a logarithm, which is then shown as a ratio.
    heading
        What its number is, over several of one kind.
    unit
        What must be said beside a number of this kind; "" where the number says it all.
    compared
        The ratios that it compares, (nearer, farther); none where it compares none.
    """

    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def logarithmic(self) -> bool: ...
    @property
    def heading(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def compared(self) -> tuple[Ratio, ...]: ...
    def places(self, origins: Origins) -> tuple[Place, ...]:
        """Return every quantity that the number is made of, with its layer and networks.

        Parameters
        ----------
        origins : mapping of str to Origin
            The origins of the networks, by name.

        Returns
        -------
        tuple of Place
            The quantities.
        """

    def values(self, networks: Networks) -> Float64:
        """Return the number that decides, one for each network [R]; nan where it is undefined."""

    def expected(self, networks: Networks) -> float:
        """Return what theory expects of the number as it is shown; nan where it has no answer."""

    def words(self, origins: Origins) -> str:
        """Return what the number is."""

    def refuse_unfit(self, origins: Origins) -> None:
        """Raise `InputError` where the networks cannot show it."""


class Place(NamedTuple):
    """A quantity in a layer of some networks, or what theory expects there.

    Layers count from 1 at the bottom, or from -1 at the top downwards; L + 1 is the output.
    """

    quantity: str
    layer: int
    study: str
    theory: bool = False

    def number(self, depth: int) -> int:
        """Return the layer counted from the bottom."""
        return self.layer if self.layer > 0 else depth + 1 + self.layer

    def values(self, networks: Networks) -> Float64:
        """Return the measured values, [R], or the one that theory expects."""
        found = networks[self.study]
        number = self.number(found.depth)
        if self.theory:
            return np.asarray(_foretold(found, self.quantity, number))
        return found.values(self.quantity, number)

    def expected(self, networks: Networks) -> float:
        """Return what theory expects there."""
        found = networks[self.study]
        number = self.number(found.depth)
        if self.theory:
            return _foretold(found, self.quantity, number)
        return found.predicted(self.quantity, number)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """What stands in some places over what stands in others, in each network.

    The product over ``of``, divided by ``times`` and by the product over ``over``: what a formula
    says that it is, if that formula is right, is 1. On a logarithmic scale its mean over networks
    is a geometric one; else it is the ratio itself, for what is exact in the mean over networks, or
    for a single place, which may be negative.
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
        """Return whether it is what changes from layer 1 to layer L."""
        return ({place.layer for place in self.of}, {place.layer for place in self.over}) == (
            {-1},
            {1},
        )

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
        if not self.logarithmic and not self.over and len(self.of) == 1 and self.times == 1:
            return self.of[0].values(networks)
        total = np.zeros(len(networks[self.roles[0]].networks))
        for above, below in zip_longest(self.of, self.over):
            logs = 0.0 if above is None else _log(above.values(networks))
            total = total + (logs if below is None else logs - _log(below.values(networks)))
        total = total - math.log(self.times)
        return total if self.logarithmic else np.exp(total)

    def expected(self, networks: Networks) -> float:
        of, over = (
            math.prod(place.expected(networks) for place in places)
            for places in (self._foretold_too(self.of), self.over)
        )
        return of / (over * self.times) if over > 0 else math.nan

    def _foretold_too(self, places: tuple[Place, ...]) -> tuple[Place, ...]:
        """Return places whose theory is asked for, where the ratio is to theory."""
        asked = any(place.theory for place in self.over)
        return tuple(place._replace(theory=True) for place in places) if asked else places

    def interval(self, networks: Networks, *, level: float = LEVEL) -> Interval:
        """Return the ratio's mean over networks with its interval, on the scale of the ratio."""
        found = mean_interval(self.values(networks), level=level)
        return found.map(math.exp) if self.logarithmic else found

    def words(self, origins: Origins) -> str:
        """Return what the ratio is: what a formula claims stands behind the ÷.

        >>> he = Study(activation="relu", initializer="he_normal", widths=(8,) * 10)
        >>> Ratio(of=(Place("activation_variance", -1, "he"),), times=16.0).words({"he": he})
        'Var a in layer 10 ÷ 16'
        """
        return _ratio_words(self, origins)

    def refuse_unfit(self, origins: Origins) -> None:
        for place in (*self.of, *self.over):
            _refuse_unfit(place, origins)
        if self._over_depth:
            _refuse_shallow(origins[self.roles[0]])


@dataclass(frozen=True, kw_only=True)
class NearerToOne:
    """By how many times a quantity changes less over the layers in some networks than in others.

    In each pair of networks |log(L over 1)| in ``than`` minus |log(L over 1)| in ``study``:
    positive where the quantity changes less from layer to layer in ``study``.
    """

    study: str
    than: str
    quantity: str
    logarithmic: ClassVar[bool] = True
    heading: ClassVar[str] = "By how many times the factor away from 1 is smaller"
    unit: ClassVar[str] = "the factor away from 1 is {number} times smaller"

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
    """The mean of a quantity over the hidden layers 1..L, in each network."""

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

    def expected(self, networks: Networks) -> float:
        places = self._places(networks[self.study])
        return float(np.mean([place.expected(networks) for place in places]))

    def words(self, origins: Origins) -> str:
        return f"{SYMBOLS[self.quantity]}, mean over the hidden layers"

    def refuse_unfit(self, origins: Origins) -> None:
        for place in self._places(origins[self.study]):
            _refuse_unfit(place, origins)
        _refuse_shallow(origins[self.study])


@dataclass(frozen=True, kw_only=True)
class Exact:
    """A number that needs no network: a row of ``exact.EXACT``, computed for its arguments."""

    of: str
    args: tuple[float | str, ...] = ()
    logarithmic: ClassVar[bool] = False
    roles: ClassVar[tuple[str, ...]] = ()
    heading: ClassVar[str] = "Computed"
    unit: ClassVar[str] = ""
    compared: ClassVar[tuple[Ratio, ...]] = ()

    def number(self) -> float:
        """Return the number."""
        return exactly(self.of, self.args)

    def places(self, origins: Origins) -> tuple[Place, ...]:
        return ()

    def values(self, networks: Networks) -> Float64:
        return np.array([self.number()])

    def expected(self, networks: Networks) -> float:
        return math.nan

    def words(self, origins: Origins) -> str:
        return exact_words(self.of, self.args)

    def refuse_unfit(self, origins: Origins) -> None:
        pass  # it is about no network


def top_over_bottom(study: str, *quantities: str) -> Ratio:
    """Return the ratio of a product of quantities, hidden layer L over layer 1."""
    of, over = (
        tuple(Place(quantity, layer, study) for quantity in quantities) for layer in (-1, 1)
    )
    return Ratio(of=of, over=over)


def log_change(found: Measured, *quantities: str) -> Float64:
    """Return log(layer L over layer 1) of a product of quantities in each network; nan if none."""
    return top_over_bottom("", *quantities).values({"": found})


def change(found: Measured, *quantities: str, level: float = LEVEL) -> Interval:
    """Return a product of quantities in hidden layer L over layer 1: geometric mean over networks.

    The interval is Student's t on the logarithm; it has no standard error on the ratio's scale.
    """
    return top_over_bottom("", *quantities).interval({"": found}, level=level)


def expected_change(found: Measured, *quantities: str) -> float:
    """Return what theory expects of `change`, for infinitely wide layers; nan if it has no answer.

    All networks agree there.
    """
    return top_over_bottom("", *quantities).expected({"": found})


def needed(experiments: Iterable[Experiment], origins: Origins) -> dict[str, Only]:
    """Return the quantities that some experiments are made of.

    Parameters
    ----------
    experiments : iterable of Experiment
        The experiments.
    origins : mapping of str to Origin
        The origins of the networks, by name.

    Returns
    -------
    dict of str to frozenset
        By the names of the networks; each quantity has the number of its layer, from 1.
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
    with np.errstate(all="ignore"):  # what is not positive has no logarithm: nothing is decided
        logs = np.log(values)
    return np.where(np.isfinite(logs), logs, np.nan)


@lru_cache(maxsize=512)
def _prediction(study: Study, quantity: str, number: int) -> Prediction:
    return predict(study, only=frozenset({(quantity, number)}))


def _foretold(found: Measured, quantity: str, number: int) -> float:
    """Return what theory expects of a quantity, asked for if nobody has yet."""
    if found.expected is not None:
        return found.predicted(quantity, number)
    if not isinstance(found.origin, Study):
        raise InputError(
            "experiment",
            expected="networks of a study, as theory is about those",
            got=Words(found.title or found.name),
        )
    study = replace(found.origin, networks=1)
    return found.expecting(_prediction(study, quantity, number)).predicted(quantity, number)


def _refuse_other_axes(one: Measured, other: Measured) -> None:
    if one.origin.ranges != other.origin.ranges:
        raise InputError(
            "studies",
            expected="the same ranges, as a 0-peak is a share of the axis",
            got=Words("others"),
            hint="give both the ranges of with_ranges(one, other)",
        )


def _refuse_unfit(place: Place, origins: Origins) -> None:
    origin = origins[place.study]
    if place.theory and not isinstance(origin, Study):
        raise InputError(
            "experiment",
            expected="networks of a study, as theory is about those",
            got=Words(place.study),
        )
    singular = place.quantity.startswith("singular_value")
    if singular and isinstance(origin, Study) and not origin.singular_values:
        raise InputError(
            "experiment", expected="singular_values above 0", got=origin.singular_values
        )


def _refuse_shallow(origin: Origin) -> None:
    if len(origin.widths) < 2:
        raise InputError(
            "experiment", expected="two hidden layers to compare", got=Words("claims on one")
        )


# --- words ----------------------------------------------------------------------------------------


def _ratio_words(ratio: Ratio, origins: Origins) -> str:
    of, over = ratio.of, ratio.over
    claimed = [] if ratio.times == 1 else [_factor(ratio.times)]
    if any(place.theory for place in over):
        return f"{_at(of[0], origins)}, measured ÷ theory"
    if len(ratio.roles) > 1:
        return f"{_at(of[0], origins)}, “{of[0].study}” ÷ “{over[0].study}”"
    tops, bottoms = {place.layer for place in of}, {place.layer for place in over}
    names = tuple(place.quantity for place in of)
    if names == tuple(p.quantity for p in over) and len(tops) == len(bottoms) == 1:
        below = _product([*claimed, _layer(over[0], origins)])
        name = PRODUCTS.get(names, f" {TIMES} ".join(SYMBOLS[name] for name in names))
        return f"{name}, {_layer(of[0], origins)} ÷ {below}"
    if len(tops | bottoms) == 1 and over:
        above, below = (
            _product([*first, *(SYMBOLS[place.quantity] for place in places)])
            for first, places in (([], of), (claimed, over))
        )
        return f"{above} ÷ {below}, {_layer(of[0], origins)}"
    above = f" {TIMES} ".join(_at(place, origins) for place in of)
    below = _product([*claimed, *(_at(place, origins) for place in over)])
    return f"{above} ÷ {below}" if below else above


def _layer(place: Place, origins: Origins) -> str:
    labels = origins[place.study].layer_labels
    number = place.number(len(labels))
    return f"layer {labels[number - 1]}" if number <= len(labels) else "the output"


def _at(place: Place, origins: Origins) -> str:
    return f"{SYMBOLS[place.quantity]} in {_layer(place, origins)}"


def _product(factors: Sequence[str]) -> str:
    product = f" {TIMES} ".join(factors)
    return f"({product})" if len(factors) > 1 else product


def _factor(x: float) -> str:
    return f"{x:.4g}" if 1e-3 <= x < 1e4 else short(x)
