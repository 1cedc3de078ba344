"""Calibration of intervals and verdicts on networks, as opposed to normally distributed numbers.

Pools of narrow networks are sampled like any study. A simulated study consists of R networks drawn
from a pool with replacement: the pool is then the exact distribution, and its mean the true value.
Every row of the table is one guarantee: how often it held, the Monte Carlo error, and the band
in which the frequency must lie. Planted faults, which must lie outside their bands, show that the
check can fail.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from saturation_lab.checks import whole
from saturation_lab.inference.averages import Basis, average
from saturation_lab.inference.comparison import compare_paired, compare_unpaired
from saturation_lab.inference.equivalence import default_margin, equivalence
from saturation_lab.inference.every_layer import every_layer
from saturation_lab.inference.intervals import Interval, interval_of, typical_interval
from saturation_lab.inference.looks import Looking
from saturation_lab.inference.one_step import one_step_errors
from saturation_lab.inference.planning import networks_needed
from saturation_lab.inference.replicates import Replicates
from saturation_lab.inference.verdict import Verdict
from saturation_lab.nets.arrays import Float64
from saturation_lab.proof.guarantees import GuaranteeRow
from saturation_lab.sampling.result import Result
from saturation_lab.sampling.run import sample
from saturation_lab.study import Study
from saturation_lab.theory.length_map import length_map

WIDTH, LAYERS, EXAMPLES, _FEATURES = 32, 11, 2, 32
_STEPS = LAYERS - 1
_MARGIN = default_margin(_STEPS)
STUDIES = 2000
"""The default number of simulated studies per row."""
POOL = 8000
"""The default number of networks in a pool."""
SIZE = 30
"""The number of networks in a study, unless the row plans it."""

RULES: Mapping[str, tuple[str, str, float]] = {
    "relu": ("relu", "he_normal", math.sqrt(2)),
    "tanh": ("tanh", "glorot_normal", 1.0),
    "silu": ("silu", "he_normal", math.sqrt(2)),
}
"""The pools: activation, initializer, and its σ_w for layers of equal width."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Networks of one kind, from which studies are drawn.

    Attributes
    ----------
    result : Result
        The sampled networks.
    sigma_w : float
        σ_w = √n Std w of their weights.
    """

    result: Result
    sigma_w: float

    @cached_property
    def errors(self) -> Float64:
        """1 + the one-step error r, divided by its mean over the pool, [networks, steps]."""
        conditional = self.result.summary.conditional[:, :LAYERS]
        mapped = length_map(self.result.study.activation, sigma_w=self.sigma_w)
        found = one_step_errors(
            conditional, mapped(conditional[:, :-1]), networks=self.result.summary.networks
        )
        ratio = 1 + found.values
        exact: Float64 = ratio / ratio.mean(axis=0)
        return exact

    def quantity(self, name: str) -> Float64:
        """Return a quantity in the last hidden layer.

        Parameters
        ----------
        name : str
            A key of `QUANTITIES`.

        Returns
        -------
        array of shape (networks,)
            One value per network.
        """
        return self.result.values(name, LAYERS)


_Pools = Mapping[str, Pool]
_Came = Callable[[_Pools, np.random.Generator], bool]


@dataclass(frozen=True, kw_only=True)
class Guarantee:
    """An event, and the share of studies in which it must occur.

    Attributes
    ----------
    name : str
        What is guaranteed, or the fault that is planted.
    came : callable
        Draws a study from the pools, and returns whether the event occurred.
    low, high : float
        The band of the share. If only one end is given, as for error rates and powers, it is moved
        outwards by 3 Monte Carlo errors.
    planted : bool
        Whether this is a planted fault, for which the share must lie outside the band.
    """

    name: str
    came: _Came
    low: float = 0.0
    high: float = 1.0
    planted: bool = False

    def band(self, studies: int) -> tuple[float, float]:
        """Return the band in which the share must lie.

        Parameters
        ----------
        studies : int
            The number of simulated studies.

        Returns
        -------
        low, high : float
            The ends of the band, widened for error rates and powers.
        """
        if self.low and self.high < 1:
            return self.low, self.high
        slack = [3 * math.sqrt(p * (1 - p) / studies) for p in (self.low, self.high)]
        return self.low - slack[0], self.high + slack[1]


def draw_pools(*, seed: int, networks: int = POOL, workers: int | None = None) -> dict[str, Pool]:
    """Sample the networks from which studies are drawn.

    Parameters
    ----------
    seed : int
        The seed of the networks.
    networks : int
        The number of networks in each pool.
    workers : int, optional
        The number of worker processes; chosen automatically by default.

    Returns
    -------
    dict of str to Pool
        One pool for each key of `RULES`.
    """
    pools = {}
    for name, (activation, initializer, sigma_w) in RULES.items():
        study = Study(
            activation=activation,
            initializer=initializer,
            widths=(WIDTH,) * LAYERS,
            inputs="gaussian",
            features=_FEATURES,
            examples=EXAMPLES,
            networks=networks,
            seed=seed,
        )
        pools[name] = Pool(result=sample(study, name=name, workers=workers), sigma_w=sigma_w)
    return pools


def calibrate(
    pools: _Pools, *, seed: int, studies: int = STUDIES, only: str = ""
) -> Iterator[GuaranteeRow]:
    """Count how often each guarantee holds in simulated studies.

    Every row has an independent stream of random numbers.

    Parameters
    ----------
    pools : mapping of str to Pool
        The pools returned by `draw_pools`.
    seed : int
        The seed for drawing studies from them.
    studies : int
        The number of studies simulated for each row.
    only : str
        Count only rows whose name contains this text; all by default.

    Yields
    ------
    GuaranteeRow
        The rows, in the order of `GUARANTEES`.

    Raises
    ------
    InputError
        If ``studies`` is not a positive whole number.
    """
    studies = whole("studies", studies, low=1)
    for place, guarantee in enumerate(GUARANTEES):
        if only not in guarantee.name:
            continue
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place,)))
        share = sum(guarantee.came(pools, rng) for _ in range(studies)) / studies
        low, high = guarantee.band(studies)
        yield GuaranteeRow(
            guarantee=guarantee.name,
            share=share,
            error=math.sqrt(max(share * (1 - share), 1 / studies) / studies),
            low=low,
            high=high,
            studies=studies,
            seed=seed,
            planted=guarantee.planted,
        )


def _study(values: Float64, rng: np.random.Generator, size: int = SIZE) -> Replicates:
    picked = rng.integers(len(values), size=size)
    return Replicates(values=values[picked], networks=np.arange(size))


def _covers(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def _one_step(name: str) -> _Came:
    def came(pools: _Pools, rng: np.random.Generator) -> bool:
        return _covers(interval_of(_study(pools[name].errors[:, -1], rng)), 1.0)

    return came


def _normal_quantile(pools: _Pools, rng: np.random.Generator) -> bool:
    found = interval_of(_study(pools["tanh"].errors[:, -1], rng, 8))
    return abs(found.estimate - 1) <= 1.96 * found.se


def _share(name: str) -> _Came:
    def came(pools: _Pools, rng: np.random.Generator) -> bool:
        values = pools[name].quantity("saturated_share")
        return _covers(interval_of(_study(values, rng)), float(values.mean()))

    return came


def _typical(pools: _Pools, rng: np.random.Generator) -> bool:
    values = pools["relu"].quantity("pre_activation_mean_square")
    return _covers(typical_interval(_study(values, rng)), math.exp(np.log(values).mean()))


def _average_of(name: str, quantity: str) -> _Came:
    """Return whether the interval of the default table covers the mean, or is withheld."""

    def came(pools: _Pools, rng: np.random.Generator) -> bool:
        values = pools[name].quantity(quantity)
        known = pools[name].result.known(quantity, LAYERS)
        found = average(_study(values, rng).values, known)
        return found.basis is Basis.WITHHELD or _covers(found.mean, float(values.mean()))

    return came


def _mean_of_cumulative(pools: _Pools, rng: np.random.Generator) -> bool:
    values = pools["relu"].quantity("pre_activation_mean_square")
    return _covers(interval_of(_study(values, rng)), float(values.mean()))


def _holds_planned(pools: _Pools, rng: np.random.Generator) -> bool:
    errors = pools["relu"].errors[:, -1]
    size = networks_needed(margin=_MARGIN, spread=float(errors.std())).networks
    return equivalence(_study(errors - 1, rng, size or 0), margin=_MARGIN).verdict is Verdict.HOLDS


def _at_margin(name: str, verdict: Verdict) -> _Came:
    def came(pools: _Pools, rng: np.random.Generator) -> bool:
        errors = math.exp(_MARGIN) * pools[name].errors[:, -1] - 1
        return equivalence(_study(errors, rng, 200), margin=_MARGIN).verdict is verdict

    return came


def _from_the_estimate(pools: _Pools, rng: np.random.Generator) -> bool:
    errors = math.exp(_MARGIN) * pools["relu"].errors[:, -1] - 1
    return abs(math.log1p(interval_of(_study(errors, rng, 200)).estimate)) < _MARGIN


def _every_layer(*, layers_planned: int) -> _Came:
    def came(pools: _Pools, rng: np.random.Generator) -> bool:
        errors = pools["relu"].errors
        spread = float(errors.std(axis=0).max())
        size = networks_needed(margin=_MARGIN, spread=spread, layers=layers_planned).networks or 0
        found = every_layer(_study(errors - 1, rng, size), margin=_MARGIN)
        return found.verdict is Verdict.HOLDS

    return came


def _one_layer_off(pools: _Pools, rng: np.random.Generator) -> bool:
    gain = np.where(np.arange(_STEPS) == _STEPS // 2, math.exp(_MARGIN), 1.0)
    found = every_layer(_study(gain * pools["relu"].errors - 1, rng, 500), margin=_MARGIN)
    return found.verdict is Verdict.HOLDS


def _looks(verdict: Verdict, *, divided: bool) -> _Came:
    def came(pools: _Pools, rng: np.random.Generator) -> bool:
        errors = math.exp(_MARGIN) * pools["silu"].errors[:, -1] - 1
        looking = Looking(
            lambda r, level: equivalence(r, margin=_MARGIN, level=level if divided else 0.95),
            most=2048,
        )
        study = _study(errors, rng, 2048)
        looking.add(study.networks, study.values)
        return looking.looks[-1].decision.verdict is verdict

    return came


def _pairs(*, paired: bool) -> _Came:
    def came(pools: _Pools, rng: np.random.Generator) -> bool:
        names = ("tanh", "silu")
        values = [pools[name].quantity("pre_activation_mean_square") for name in names]
        truth = math.exp(np.log(values[0]).mean() - np.log(values[1]).mean())
        both = _study(np.column_stack(values), rng)
        compare = compare_paired if paired else compare_unpaired
        return _covers(compare(*both.layers()).interval, truth)

    return came


def _covering(name: str, came: _Came, *, planted: bool = False) -> Guarantee:
    return Guarantee(name=name, came=came, low=0.9335, high=0.9655, planted=planted)


GUARANTEES = (
    *(
        _covering(f"one-step interval covers, {name}", _one_step(name))
        for name in ("relu", "tanh", "silu")
    ),
    _covering("interval of a share near a half covers, relu", _share("relu")),
    _covering("log-scale interval covers after 11 layers, relu", _typical),
    _covering("paired ratio covers, tanh and silu", _pairs(paired=True)),
    Guarantee(
        name="interval of a share that is 0 in most networks covers, silu",
        came=_average_of("silu", "saturated_share"),
        low=0.945,
    ),
    Guarantee(
        name="mean after 11 layers covers or is withheld, relu",
        came=_average_of("relu", "pre_activation_mean_square"),
        low=0.945,
    ),
    Guarantee(name="holds at error 0, planned at 90 %", came=_holds_planned, low=0.9),
    *(
        Guarantee(
            name=f"false holds at the margin, {name}",
            came=_at_margin(name, Verdict.HOLDS),
            high=0.025,
        )
        for name in ("relu", "tanh", "silu")
    ),
    Guarantee(
        name="false fails at the margin, relu", came=_at_margin("relu", Verdict.FAILS), high=0.025
    ),
    Guarantee(
        name="all of 10 layers hold, planned at 90 %", came=_every_layer(layers_planned=10), low=0.9
    ),
    Guarantee(name="all of 10 hold, one at the margin", came=_one_layer_off, high=0.025),
    Guarantee(
        name="false holds over 8 looks", came=_looks(Verdict.HOLDS, divided=True), high=0.025
    ),
    Guarantee(
        name="false fails over 8 looks", came=_looks(Verdict.FAILS, divided=True), high=0.025
    ),
    _covering("normal quantile for t, 8 networks", _normal_quantile, planted=True),
    _covering("t on a share that is 0 in most networks, silu", _share("silu"), planted=True),
    _covering("t on the mean after 11 layers, relu", _mean_of_cumulative, planted=True),
    Guarantee(name="verdict from the estimate", came=_from_the_estimate, planted=True, high=0.025),
    Guarantee(
        name="10 layers planned as one", came=_every_layer(layers_planned=1), planted=True, low=0.9
    ),
    Guarantee(
        name="8 looks, each at 95 %",
        came=_looks(Verdict.HOLDS, divided=False),
        planted=True,
        high=0.025,
    ),
)
"""All guarantees, followed by the planted faults that must be detected."""
