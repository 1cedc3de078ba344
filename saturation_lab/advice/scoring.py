"""Four scores of an initialization, for networks of its own depth and width.

Mean-field theory holds for infinitely wide layers. At depth L and width n, the gradient of a single
network scatters about its prediction by about √(cL/n) on a logarithmic scale, and the typical
network loses what rare networks gain. So the scores are measured in a few networks, drawn without
their weights where the law allows it. Where the exact law of the gradient is known
(`finite_width`), the gradient's scores are computed from it.

The limits are this library's own. Each is a number that a network may fall short of and still
train; together they say whether an initialization needs a second thought.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from saturation_lab.checks import whole
from saturation_lab.inference.intervals import mean_interval
from saturation_lab.nets.arrays import Float64
from saturation_lab.sampling.run import sample
from saturation_lab.study import Study, keys_of
from saturation_lab.theory.criticality import scale_free
from saturation_lab.theory.finite_width import gradient_law

KEPT = 2.0
"""A gradient counts as kept if its ratio is within this factor of 1."""
ALIKE = 0.95
"""Two unrelated inputs count as told apart up to this correlation in the last layer."""
STEADY = 0.5
"""The least share of networks whose gradient ratio is within a factor of 2 of the typical one."""
SATURATED = 0.25
"""The largest share of saturated units."""
_FEW, _MORE = 64, 512
_LEAST = 8
_NUMBERS = 4e8
"""The random numbers that a measurement may draw."""
_Z95 = 1.6448536269514722


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The effect of an initialization on networks of its own depth and width.

    Attributes
    ----------
    ratio : float
        ‖δ‖² of layer 1 divided by that of the last layer, in the typical network (geometric mean);
        nan if no network has a gradient in both layers.
    low, high : float
        The 95 % interval of ``ratio`` over networks; equal to it if it is exact.
    spread : tuple of float
        The 5th and 95th percentile of the ratio over networks.
    within : float
        The share of networks whose ratio is within a factor of 2 of the typical one.
    lost : float
        The share of networks whose gradient is zero or overflows; they are not part of ``ratio``.
    correlation : float
        The cosine between the pre-activations of two unrelated inputs in the last layer.
    saturated : float
        The largest share of saturated units in the first, middle and last layer; nan if the
        activation does not saturate, or if no gain changes the share (ReLU).
    networks : int
        The number of networks from which the scores were computed.
    exact : bool
        Whether ``ratio``, ``spread`` and ``within`` follow from the exact law.
    """

    ratio: float
    low: float
    high: float
    spread: tuple[float, float]
    within: float
    lost: float
    correlation: float
    saturated: float
    networks: int
    exact: bool

    @property
    def failed(self) -> tuple[str, ...]:
        """The keys of the criteria that are not met."""
        return tuple(key for key, one in CRITERIA.items() if not one.met(self))

    @property
    def good(self) -> bool:
        """Whether all four criteria are met."""
        return not self.failed


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A property that an initialization should have, and its limit.

    Attributes
    ----------
    title : str
        The property, as the heading of a column.
    met : callable
        Whether the scores meet the limit.
    fault : callable
        What is wrong if they do not, in words with the measured number.
    """

    title: str
    met: Callable[[Scores], bool]
    fault: Callable[[Scores], str]


def _gradient_fault(one: Scores) -> str:
    if math.isnan(one.ratio):
        return "no network has a gradient in layer 1"
    verb = "shrinks" if one.ratio < 1 else "grows"
    return f"the gradient of the typical network {verb} by a factor of {_factor(one.ratio):.3g}"


def _factor(ratio: float) -> float:
    return max(ratio, 1 / ratio) if ratio > 0 else math.inf


def _inputs_fault(one: Scores) -> str:
    if math.isnan(one.correlation):
        return "the last layer does not depend on the inputs"
    return (
        "two unrelated inputs can hardly be told apart in the last layer "
        f"(correlation {one.correlation:.3g})"
    )


def _scatter_fault(one: Scores) -> str:
    if one.lost > 1 - STEADY:
        return f"{one.lost:.0%} of the networks have no gradient or overflow"
    return f"only {one.within:.0%} of the networks are within a factor of 2 of the typical one"


CRITERIA: dict[str, Criterion] = {
    "gradient": Criterion(
        title="gradient kept",
        met=lambda one: 1 / KEPT <= one.ratio <= KEPT,
        fault=_gradient_fault,
    ),
    "inputs": Criterion(
        title="inputs apart",
        met=lambda one: one.correlation <= ALIKE,
        fault=_inputs_fault,
    ),
    "scatter": Criterion(
        title="scatter", met=lambda one: one.within >= STEADY, fault=_scatter_fault
    ),
    "saturation": Criterion(
        title="saturated",
        met=lambda one: not one.saturated > SATURATED,
        fault=lambda one: f"{one.saturated:.0%} of the units are saturated",
    ),
}
"""The criteria by key, in the order in which they are shown."""


def scores(
    study: Study,
    *,
    input_mean_square: float = 1.0,
    networks: int | None = None,
    seed: int = 0,
) -> Scores:
    """Score the initialization of a study in networks of its own depth and width.

    Each network is shown a gaussian input, and a random cotangent is back-propagated from the last
    hidden layer. Correlations are measured in other networks, which are shown two inputs.

    Parameters
    ----------
    study : Study
        The network and its initialization.
    input_mean_square : float
        The mean square of the inputs per feature, above 0.
    networks : int or None
        The number of networks, from all of which every score is then computed. By default, the
        exact law is used where it is known; otherwise 64 networks are drawn, or up to 512 if a
        score is near its limit, and fewer if they are very large.
    seed : int
        The seed of the networks.

    Returns
    -------
    Scores
        The four scores.

    Raises
    ------
    InputError
        If ``networks`` is not a whole number of at least 2.

    References
    ----------
    .. [1] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020, theorem 1 (the exact
       law).

    Examples
    --------
    >>> he = Study(activation="relu", initializer="he_normal", widths=(100,) * 50)
    >>> found = scores(he)
    >>> round(found.ratio, 2), found.exact, found.failed
    (0.28, True, ('gradient', 'inputs', 'scatter'))
    """
    order = _order(study, input_mean_square, seed)
    if networks is not None:
        return _scored(order, whole("networks", networks, low=2), exact=False)
    most = _affordable(order)
    found = _scored(order, min(_FEW, most))
    if _near(found) and most > found.networks:
        found = _scored(order, min(_MORE, most))
    return found


def _order(study: Study, m: float, seed: int) -> Study:
    """Return the study with a gaussian input of mean square 1, which layer 1 scales by √m."""
    net = study.architecture
    gains = {**dict(net.own_gains), 1: net.layers[0].gain * math.sqrt(m)}
    no_file: dict[str, Any] = dict.fromkeys(keys_of("file"))
    return replace(
        study,
        gain=net.gain,
        layer_gains={str(number): gain for number, gain in gains.items() if number <= net.depth},
        inputs="gaussian",
        **no_file,
        features=net.input_width,
        scaling=None,
        examples=1,
        fresh_inputs=True,
        loss="random_cotangent",
        singular_values=0,
        dtype="float64",
        sampler="auto",
        seed=seed,
        ranges=dict.fromkeys(("pre_activation", "activation", "gradient", "weight_gradient"), _ANY),
    )


_ANY = (-1.0, 1.0)


def _affordable(order: Study) -> int:
    layers = order.architecture.layers
    drawn = bool(order.reason_to_draw)
    each = sum(one.fan_in * one.fan_out if drawn else 8 * one.fan_out for one in layers)
    return max(_LEAST, min(_MORE, int(_NUMBERS / each)))


def _scored(order: Study, networks: int, *, exact: bool = True) -> Scores:
    depth = len(order.widths)
    unchanged = scale_free(order.architecture.activation) is not None
    shown = [] if unchanged else sorted({1, (depth + 1) // 2, depth})
    gradient = _exact(order) if exact else None
    if gradient is None or shown:
        wanted = [("gradient_mean_square", layer) for layer in (1, depth)]
        alone = _measured(order, networks, [*wanted, *(("saturated_share", k) for k in shown)])
        gradient = gradient or _sampled(alone, order.widths)
    pair = ("input_correlation", depth)
    shares = [_mean(alone[("saturated_share", layer)]) for layer in shown]
    return Scores(
        **gradient,
        correlation=_mean(_measured(replace(order, examples=2), networks, [pair])[pair]),
        saturated=max(shares, default=math.nan),
        networks=networks,
    )


def _measured(
    order: Study, networks: int, wanted: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], Float64]:
    result = sample(replace(order, networks=networks), workers=1, only=frozenset(wanted))
    return {(name, layer): result.values(name, layer) for name, layer in wanted}


def _mean(values: Float64) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else math.nan


def _sampled(values: Mapping[tuple[str, int], Float64], widths: Sequence[int]) -> dict[str, Any]:
    first, last = (
        values[("gradient_mean_square", layer)] * widths[layer - 1] for layer in (1, len(widths))
    )
    with np.errstate(all="ignore"):
        logs = np.log(first) - np.log(last)
    there = np.isfinite(logs)
    lost, logs = 1 - float(there.mean()), logs[there]
    if logs.size < 2:
        nowhere = dict.fromkeys(("ratio", "low", "high"), math.nan)
        return {**nowhere, "spread": (math.nan,) * 2, "within": 0.0, "lost": lost, "exact": False}
    interval = mean_interval(logs)
    ends = np.quantile(logs, (0.05, 0.95))
    with np.errstate(over="ignore", under="ignore"):
        typical = {key: float(np.exp(getattr(interval, key))) for key in ("low", "high")}
        return {
            "ratio": float(np.exp(interval.estimate)),
            **typical,
            "spread": tuple(np.exp(ends).tolist()),
            "within": (1 - lost) * float((abs(logs - interval.estimate) <= math.log(KEPT)).mean()),
            "lost": lost,
            "exact": False,
        }


def _exact(order: Study) -> dict[str, Any] | None:
    """Return the same from the exact law of the gradient; None if it is not known.

    Its logarithm is a sum over layers, so that it is treated as normal.
    """
    law = gradient_law(order.architecture)
    if law is None:
        return None
    units = order.widths[0] / order.widths[-1]
    alive = math.prod(1 - one.dead for one in law.factors)
    mean, std = law.log_mean + math.log(units), math.sqrt(law.log_variance)
    reach = math.log(KEPT) / std if std else math.inf
    with np.errstate(over="ignore"):
        ratio, *spread = np.exp(mean + std * np.array([0.0, -_Z95, _Z95])).tolist()
    return {
        "ratio": ratio,
        "low": ratio,
        "high": ratio,
        "spread": tuple(spread),
        "within": alive * float(1 - 2 * ndtr(-reach)),
        "lost": 1 - alive,
        "exact": True,
    }


def _near(found: Scores) -> bool:
    """Return whether the interval of the typical ratio, or its scatter, contains a limit."""
    ends = (1 / KEPT, KEPT)
    error = math.sqrt(STEADY * (1 - STEADY) / found.networks)
    return (
        (not found.exact and any(found.low <= end <= found.high for end in ends))
        or (not found.exact and abs(found.within - STEADY) < 2 * error)
        or abs(found.correlation - ALIKE) < _CLOSE
        or abs(found.saturated - SATURATED) < _CLOSE
    )


_CLOSE = 0.02
"""The distance from a limit at which more networks are drawn."""
