"""Checks that the samplers are correct on this machine, with its libraries.

They test three laws that do not depend on how the samplers are implemented: the backward pass is
the adjoint of the forward pass; pre-activations given the layer below are normal with a known
covariance; and networks with explicitly drawn weights cannot be distinguished statistically from
networks whose weights are never drawn.
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
    """The result of one check.

    Attributes
    ----------
    name : str
        What is checked.
    says : str
        What it means that the check passes.
    measured : float
        The measured deviation.
    limit : float
        The value that the deviation must stay below.
    seconds : float
        The running time.
    """

    name: str
    says: str
    measured: float
    limit: float
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the deviation is defined and below its limit."""
        return bool(self.measured < self.limit)

    def to_json(self) -> dict[str, Any]:
        """Return the check as plain data; an undefined or infinite deviation becomes None."""
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
"""Small networks of every kind that both samplers support."""

ADJOINT = (("dense", "normal"), ("weight-free", "normal"), ("weight-free", "orthogonal"))
"""Samplers and kinds of networks whose backward pass is compared with the forward pass."""

_WIDE = replace(SMALL, widths=(64,) * 4, features=64, examples=8)
"""The networks that are whitened; wide, to obtain many values from few networks."""

_NETWORKS = 3000
"""The number of networks of each sampler to compare."""


def selfcheck() -> Iterator[Check]:
    """Run all checks, one after the other.

    Yields
    ------
    Check
        The result of each check, as soon as it is finished.

    Examples
    --------
    >>> first = next(selfcheck())
    >>> first.name, first.passed
    ('adjoint, dense, normal', True)
    """
    for sampler, kind in ADJOINT:
        yield _timed(
            f"adjoint, {sampler}, {kind}",
            "the backward pass uses the weights of the forward pass (relative mismatch)",
            ROUNDING,
            partial(adjoint, PAIRS[kind], sampler),
        )
    needed = values_needed((1 + _GAIN_ERROR) ** 2 - 1, false_alarm=_FALSE_ALARM / 2, power=_POWER)
    yield _timed(
        "whitening, dense, normal",
        f"gains are right: {needed:,} or more values would reveal an error of {_GAIN_ERROR:.0%} "
        f"with power {_POWER:.1%}, at a false alarm rate of {_FALSE_ALARM:g} (standard errors)",
        bound(_FALSE_ALARM, 2),
        partial(whitening, needed),
    )
    for kind, study in PAIRS.items():
        count = len(statistics(next(traces(study, "dense", range(2)))))
        yield _timed(
            f"dense against weight-free, {kind}",
            f"{count} joint statistics of the forward and backward passes agree over {_NETWORKS:,} "
            f"networks each (standard errors; total false alarm rate {_FALSE_ALARM:g})",
            bound(_FALSE_ALARM / len(PAIRS), count),
            partial(apart, study),
        )


def _timed(name: str, says: str, limit: float, measure: Callable[[], float]) -> Check:
    start = time.perf_counter()
    measured = measure()
    seconds = time.perf_counter() - start
    return Check(name=name, says=says, measured=measured, limit=limit, seconds=seconds)


def traces(study: Study, sampler: str, networks: range) -> Iterator[Trace]:
    """Sample networks, and record both passes through each of them.

    Parameters
    ----------
    study : Study
        The networks.
    sampler : str
        The key of a sampler in `SAMPLERS`, used in place of the study's own.
    networks : range
        The indices of the networks.

    Yields
    ------
    Trace
        The forward and backward passes of up to 250 networks at a time.
    """
    full = replace(study, sampler=sampler).resolved()
    shared = shared_examples(full)
    for first in range(networks.start, networks.stop, _LANE):
        lane = range(first, min(first + _LANE, networks.stop))
        yield SAMPLERS[sampler](full, lane, shared)


def _came_down(lower: TracedLayer) -> Array:
    """Return Wᵀ delta as it arrived at a tanh layer: delta divided by the slope.

    The slope is computed from z, because 1 - a² loses all digits where tanh is saturated.
    """
    back: Array = lower.gradient / ACTIVATIONS["tanh"].derivative(lower.pre_activation)
    return back


def adjoint(study: Study, sampler: str, *, networks: int = 20) -> float:
    """Compare ⟨a, Wᵀ delta⟩ with ⟨z - b, delta⟩, which are equal if both passes use the same W.

    Parameters
    ----------
    study : Study
        The networks, with activation tanh.
    sampler : str
        The key of a sampler in `SAMPLERS`.
    networks : int
        The number of networks.

    Returns
    -------
    float
        The largest mismatch over layers and pairs of examples, relative to the largest such term of
        the layer.
    """
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
    """Return whitened pre-activations C⁻¹ z, which are iid N(0, 1).

    Given the layer below, the pre-activations of one unit for all examples are jointly normal with
    covariance σ_w² A Aᵀ / n + σ_b² 1 1ᵀ = C Cᵀ.

    Parameters
    ----------
    layer : TracedLayer
        A layer with normal weights, and biases that are normal or 0.

    Returns
    -------
    array of shape (networks, examples, units)
        The whitened values.
    """
    gram = np.matmul(layer.below, layer.below.swapaxes(1, 2)) / layer.below.shape[-1]
    root = np.linalg.cholesky(layer.weight_variance * gram + layer.bias_variance)
    root = np.broadcast_to(root, (len(layer.pre_activation), *root.shape[1:]))
    white: Array = np.linalg.solve(root, layer.pre_activation)
    return white


def whitening(values: int, study: Study = _WIDE) -> float:
    """Test whether whitened pre-activations have variance 1 and covariance 0.

    Parameters
    ----------
    values : int
        The number of pre-activations to test; as many networks are drawn as are needed for it.
    study : Study
        The networks, with normal weights, and biases that are normal or 0.

    Returns
    -------
    float
        The larger of the two deviations, in standard errors.
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
    """Return statistics of each network that relate its forward and backward passes.

    Parameters
    ----------
    trace : Trace
        Both passes of networks with at least two examples.

    Returns
    -------
    dict of str to array of shape (networks,)
        The value of each statistic in each network.
    """
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
        # the product of single entries from both passes, and that of their squared norms
        found[f"z{number + 1} Wᵀδ δ a"] = (
            z[:, 0, 0] * back[:, 1, 0] * delta[:, 1, 0] * lower.activation[:, 0, 0]
        )
        found[f"|z{number + 1}|² |Wᵀδ|²"] = np.square(z).sum(axis=(1, 2)) * np.square(back).sum(
            axis=(1, 2)
        )
    return found


def _cosine(x: Array) -> Float64:
    """Return the cosine of the first two examples of x [networks, examples, units], [networks]."""
    one, other = (np.asarray(x[:, b], np.float64) for b in (0, 1))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine: Float64 = (one * other).sum(axis=1) / lengths
    return cosine


def apart(study: Study, *, networks: int = _NETWORKS) -> float:
    """Compare the statistics of the two samplers.

    The samplers get networks with different indices, because networks with the same index share
    their biases and inputs.

    Parameters
    ----------
    study : Study
        The networks, with activation tanh and at least two examples.
    networks : int
        The number of networks of each sampler.

    Returns
    -------
    float
        The largest difference of any of the `statistics`, in standard errors.
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
