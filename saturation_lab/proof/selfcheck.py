"""Are the samplers right on this very machine, with its libraries? Checked by what must be true.

Three laws, none of which knows how the samplers work inside: the way back is the adjoint of the way
up; pre-activations given the layer below are normal with a known covariance; and networks whose
weights were drawn and networks whose weights were not cannot be told apart.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from saturation_lab.examples import shared_examples
from saturation_lab.inference.agree import (
    bound,
    standard_errors_apart,
    standard_errors_off,
    values_needed,
)
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.sampling.given import biases_of
from saturation_lab.sampling.run import SAMPLERS
from saturation_lab.statistics.trace import Trace, TracedLayer
from saturation_lab.study import Study

_FALSE_ALARM = 1e-6
_POWER = 0.999
_GAIN_ERROR = 0.01
ROUNDING = 1e-12
_LANE = 250


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must be true, and how far it is from being so.

    Attributes:
        name: what is checked.
        says: what passing means.
        measured: the number.
        limit: what it must stay below.
        seconds: how long it took.
    """

    name: str
    says: str
    measured: float
    limit: float
    seconds: float

    @property
    def passed(self) -> bool:
        """Return whether the number is there and below its limit."""
        return bool(self.measured < self.limit)

    def to_json(self) -> dict[str, Any]:
        """Return the check as plain data; a number that is none is None."""
        measured = self.measured if math.isfinite(self.measured) else None
        return {**asdict(self), "measured": measured, "passed": self.passed}


SMALL = Study(
    activation="tanh",
    initializer="he_normal",
    widths=(12, 7, 16),
    bias="normal",
    bias_scale=0.4,
    inputs="gaussian",
    features=9,
    examples=4,
    dtype="float64",
    seed=20,
)

PAIRS: dict[str, Study] = {
    "normal": SMALL,
    "normal, more examples than units": replace(SMALL, widths=(5, 3, 6), examples=8),
    "normal, labels": replace(
        SMALL, inputs="digits", features=None, bias="pytorch_default", bias_scale=None
    ),
    "orthogonal": replace(SMALL, initializer="orthogonal"),
    "orthogonal, more examples than units": replace(
        SMALL, initializer="orthogonal", widths=(5, 3, 6), examples=8
    ),
    "orthogonal, labels": replace(SMALL, initializer="orthogonal", inputs="digits", features=None),
}
"""Small networks of every kind that both samplers can draw."""

ADJOINT = (("dense", "normal"), ("weight-free", "normal"), ("weight-free", "orthogonal"))
"""Samplers and kinds whose way back is held against the way up."""

_WIDE = replace(SMALL, widths=(64,) * 4, features=64, examples=8)
"""What is whitened: many values for few networks."""

_NETWORKS = 3000
"""How many networks of each kind are compared."""


def selfcheck() -> Iterator[Check]:
    """Return the checks one by one, as they are done.

    >>> first = next(selfcheck())
    >>> first.name, first.passed
    ('adjoint, dense, normal', True)
    """
    for sampler, kind in ADJOINT:
        yield _timed(
            f"adjoint, {sampler}, {kind}",
            "the way back uses the weights of the way up (mismatch as a share of the terms)",
            ROUNDING,
            partial(adjoint, PAIRS[kind], sampler),
        )
    needed = values_needed((1 + _GAIN_ERROR) ** 2 - 1, false_alarm=_FALSE_ALARM / 2, power=_POWER)
    yield _timed(
        "whitening, dense, normal",
        f"gains are right: an error of {_GAIN_ERROR:.0%} is seen with power {_POWER:.1%} at a "
        f"false alarm rate of {_FALSE_ALARM:g}, as {needed:,} values and more are looked at",
        bound(_FALSE_ALARM, 2),
        partial(whitening, needed),
    )
    for kind, study in PAIRS.items():
        count = len(statistics(next(traces(study, "dense", range(2)))))
        yield _timed(
            f"dense against weight-free, {kind}",
            f"{count} joint statistics of forward and backward pass agree over {_NETWORKS:,} "
            f"networks each (standard errors apart; false alarm rate {_FALSE_ALARM:g} in all)",
            bound(_FALSE_ALARM / len(PAIRS), count),
            partial(apart, study),
        )


def _timed(name: str, says: str, limit: float, measure: Callable[[], float]) -> Check:
    start = time.perf_counter()
    measured = measure()
    seconds = time.perf_counter() - start
    return Check(name=name, says=says, measured=measured, limit=limit, seconds=seconds)


def traces(study: Study, sampler: str, networks: range) -> Iterator[Trace]:
    """Yield what some networks show, as one of the samplers draws them, a lane at a time."""
    full = replace(study, sampler=sampler).resolved()
    shared = shared_examples(full)
    for first in range(networks.start, networks.stop, _LANE):
        lane = range(first, min(first + _LANE, networks.stop))
        yield SAMPLERS[sampler](full, lane, shared)


def _came_down(lower: TracedLayer) -> Array:
    """Return Wᵀ delta as it arrived at a tanh layer: delta over the slope.

    From z, as 1 - a² has no digits left where tanh is saturated.
    """
    back: Array = lower.gradient / ACTIVATIONS["tanh"].derivative(lower.pre_activation)
    return back


def adjoint(study: Study, sampler: str, *, networks: int = 20) -> float:
    """Return the worst mismatch of ⟨a, Wᵀ delta⟩ and ⟨z - b, delta⟩, as a share of its terms."""
    full = replace(study, sampler=sampler).resolved()
    biases = biases_of(full, range(networks), pilot=False)
    (trace,) = traces(study, sampler, range(networks))
    worst = 0.0
    for lower, upper, bias in zip(trace.layers, trace.layers[1:], biases[1:], strict=False):
        centred = upper.pre_activation - (0 if bias is None else bias[:, None, :])
        one = np.matmul(lower.activation, _came_down(lower).swapaxes(1, 2))
        other = np.matmul(centred, upper.gradient.swapaxes(1, 2))
        worst = max(worst, float(np.abs(one - other).max() / np.abs(other).max()))
    return worst


def whitened(layer: TracedLayer) -> Array:
    """Return C⁻¹ z, [N, B, n]: iid N(0, 1) over networks, examples and units.

    Given the layer below, z of one unit over the examples is normal with covariance
    σ_w² A Aᵀ / n + σ_b² 1 1ᵀ = C Cᵀ.
    """
    gram = np.matmul(layer.below, layer.below.swapaxes(1, 2)) / layer.below.shape[-1]
    root = np.linalg.cholesky(layer.weight_variance * gram + layer.bias_variance)
    root = np.broadcast_to(root, (len(layer.pre_activation), *root.shape[1:]))
    white: Array = np.linalg.solve(root, layer.pre_activation)
    return white


def whitening(values: int, study: Study = _WIDE) -> float:
    """Return by how many standard errors whitened pre-activations miss variance 1, covariance 0.

    As many networks are drawn as show ``values`` pre-activations.
    """
    networks = math.ceil(values / (sum(study.widths) * study.examples))
    squares, products = [], []
    for trace in traces(study, "dense", range(networks)):
        for layer in trace.layers:
            white = whitened(layer)
            squares.append(np.square(white).reshape(-1))
            products.append((white[:, :-1] * white[:, 1:]).reshape(-1))
    variance = standard_errors_off(np.concatenate(squares), 1.0)
    return max(abs(variance), abs(standard_errors_off(np.concatenate(products), 0.0)))


def statistics(trace: Trace) -> dict[str, Float64]:
    """Return numbers of each network that tie the way up to the way down, each [N]."""
    found: dict[str, Float64] = {}
    for number, layer in enumerate(trace.layers, start=1):
        z, delta = layer.pre_activation, layer.gradient
        found[f"log |z{number}|²"] = np.log(np.square(z).sum(axis=(1, 2)))
        found[f"log |δ{number}|²"] = np.log(np.square(delta).sum(axis=(1, 2)))
        found[f"z{number}, one entry"] = np.asarray(z[:, 0, 0], np.float64)
        found[f"z{number}⁴"] = (z**4).mean(axis=(1, 2))
        found[f"δ{number}⁴"] = (delta**4).mean(axis=(1, 2))
        found[f"z{number}·z{number}"] = (z[:, 0] * z[:, 1]).sum(axis=1)
        found[f"δ{number}·δ{number}"] = (delta[:, 0] * delta[:, 1]).sum(axis=1)
        found[f"z{number}·δ{number}"] = (z * delta).sum(axis=(1, 2))
    for number, (lower, upper) in enumerate(pairwise(trace.layers), start=1):
        back, z, delta = _came_down(lower), upper.pre_activation, upper.gradient
        found[f"a{number}·Wᵀδ"] = (lower.activation[:, 0] * back[:, 1]).sum(axis=1)
        found[f"cos δ{number + 1} cos Wᵀδ"] = _cosine(delta) * _cosine(back)
        # one entry of W δ-weighted on both ways, and their sizes together
        found[f"z{number + 1} Wᵀδ δ a"] = (
            z[:, 0, 0] * back[:, 1, 0] * delta[:, 1, 0] * lower.activation[:, 0, 0]
        )
        found[f"|z{number + 1}|² |Wᵀδ|²"] = np.square(z).sum(axis=(1, 2)) * np.square(back).sum(
            axis=(1, 2)
        )
    return found


def _cosine(x: Array) -> Float64:
    """Return the cosine of the angle between the first two examples of x [N, B, n], [N]."""
    one, other = (np.asarray(x[:, b], np.float64) for b in (0, 1))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine: Float64 = (one * other).sum(axis=1) / lengths
    return cosine


def apart(study: Study, *, networks: int = _NETWORKS) -> float:
    """Return the most standard errors by which any statistic of the two samplers differs.

    Each takes networks of its own: they would share biases and inputs by index.
    """
    halves = {"dense": range(networks), "weight-free": range(networks, 2 * networks)}
    samples = [
        [statistics(trace) for trace in traces(study, sampler, half)]
        for sampler, half in halves.items()
    ]
    one, other = (
        {name: np.concatenate([lane[name] for lane in lanes]) for name in lanes[0]}
        for lanes in samples
    )
    return max(abs(standard_errors_apart(one[name], other[name])) for name in one)
