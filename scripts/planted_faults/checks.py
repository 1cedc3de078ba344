"""The statistical tests of the samplers and the theory, with their error rates.

A test uses the package in its current state, so a planted fault affects it as it would affect the
test suite. The sample sizes are computed in advance rather than found by trial and error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri

from saturation_lab import Study, Trace
from saturation_lab.inference import Verdict, bound, networks_needed, one_step_errors, values_needed
from saturation_lab.inference.every_layer import every_layer
from saturation_lab.proof import PAIRS, SMALL, selfcheck
from saturation_lab.testing import (
    assert_follows_law,
    assert_gradient_preserved,
    assert_not_saturated,
    assert_variance_preserved,
)
from saturation_lab.theory.length_map import length_map

Array = NDArray[np.floating[Any]]

FALSE_ALARM = 1e-6
POWER = 0.999


@dataclass(frozen=True, kw_only=True)
class Check:
    """One statistical test.

    Attributes
    ----------
    says : str
        What must be true, and how it is tested.
    accepts : callable
        Given a seed, returns whether the test passes.
    false_alarm : float
        The probability of rejecting correct code; 0 for an identity.
    detects : str
        The smallest effect that the test is designed to detect.
    power : float
        The probability of rejecting such an effect.
    """

    says: str
    accepts: Callable[[int], bool]
    false_alarm: float = FALSE_ALARM
    detects: str
    power: float = POWER


def _passes(assertion: Callable[[], object]) -> bool:
    try:
        assertion()
    except AssertionError:
        return False
    return True


# --- what an initializer draws ---

FANS = (96, 64)  # fan-in, fan-out
RARE = 1e-4
"""The rate of outliers that the test detects; the default would take ten times as long."""


def _law(initializer: str, law: str, std: float) -> Callable[[int], bool]:
    """Test the law of the weights drawn for the first layer of a network."""

    def accepts(seed: int) -> bool:
        study = replace(SMALL, initializer=initializer, features=FANS[0], widths=FANS[1:])
        net = study.architecture
        (layer,) = net.layers

        def draw(rng: np.random.Generator) -> Array:
            shape = (layer.fan_out, layer.fan_in)
            return net.initializer.draw(rng, shape, std=layer.weight_std, dtype="float64")

        return _passes(partial(assert_follows_law, draw, law=law, std=std, seed=seed, rare=RARE))

    return accepts


# --- signal and gradient are kept, and nothing saturates ---

DEEP = replace(
    SMALL, activation="relu", widths=(64,) * 5, features=64, bias="zero", bias_scale=None,
    dtype="float32",
)  # fmt: skip
MILD = replace(DEEP, activation="tanh", initializer="lecun_normal")
SOME = 100
"""The number of networks passed to the assertions, which refuse fewer than they need."""


def _networks(assertion: Callable[[Trace], object], study: Study) -> Callable[[int], bool]:
    def accepts(seed: int) -> bool:
        (trace,) = selfcheck.traces(replace(study, seed=seed), "dense", range(SOME))
        return _passes(partial(assertion, trace))

    return accepts


# --- pre-activations given the layer below are iid N(0, 1) once whitened ---

UNEVEN = replace(
    SMALL, initializer="he_fan_out_normal", widths=(64, 48, 80, 64), features=64, examples=8
)
VALUES = values_needed(1.01**2 - 1, false_alarm=FALSE_ALARM / 2, power=POWER)


def _whitening(seed: int) -> bool:
    return selfcheck.whitening(VALUES, replace(UNEVEN, seed=seed)) < bound(FALSE_ALARM, 2)


SQUARE = replace(SMALL, widths=(32,) * 4, features=32, examples=4)
ALIKE = 20
PAIRS_ALIKE = math.comb(ALIKE, 2)
"""The number of pairs of networks; all are compared."""
SHARED = (bound(FALSE_ALARM, PAIRS_ALIKE) + bound(2 * (1 - POWER), 1)) / math.sqrt(4 * 4 * 32)


def _white(study: Study, networks: int) -> list[Array]:
    """Return the whitened values of every layer, [N, B n] each."""
    (trace,) = selfcheck.traces(study, "dense", range(networks))
    return [selfcheck.whitened(layer).reshape(networks, -1) for layer in trace.layers]


def _networks_apart(seed: int) -> bool:
    rows = np.concatenate(_white(replace(SQUARE, seed=seed), ALIKE), axis=1)
    # given one of two networks, ⟨x_i, x_j⟩/|x_j| is N(0, 1)
    scores = (rows @ rows.T / np.linalg.norm(rows, axis=1))[np.triu_indices(ALIKE, k=1)]
    return bool(np.abs(scores).max() < bound(FALSE_ALARM, PAIRS_ALIKE))


APART = 250
"""The number of networks whose consecutive layers are compared."""
SCORES = APART * (len(SQUARE.widths) - 1)
RELATED = float(chdtrc(SCORES, chdtri(SCORES, FALSE_ALARM) / 1.5))
"""The power of the test if the scores have mean square 1.5."""


def _layers_apart(seed: int) -> bool:
    layers = _white(replace(SQUARE, seed=seed), APART)
    # given the layers below, ⟨x_l, x_{l+1}⟩/|x_l| is N(0, 1)
    scores = [
        (lower * upper).sum(axis=1) / np.linalg.norm(lower, axis=1)
        for lower, upper in pairwise(layers)
    ]
    return bool(chdtrc(SCORES, np.square(scores).sum()) > FALSE_ALARM)


# --- one layer changes the conditional mean square as the length map predicts ---

MARGIN = 1e-3
OFF = 0.1
RELU = replace(
    SMALL, activation="relu", widths=(32,) * 4, features=32, examples=4, bias="zero",
    bias_scale=None, dtype="float32",
)  # fmt: skip
STEPS = len(RELU.widths) - 1
PLAN = networks_needed(
    margin=MARGIN,
    estimate=math.log1p(-OFF),
    spread=math.sqrt(5 / 32),  # of one example: √((E φ⁴/(E φ²)² - 1)/n)
    power=POWER,
    layers=STEPS,
    level=1 - FALSE_ALARM,
)


def _one_step(seed: int) -> bool:
    networks = range(PLAN.networks or 0)
    shown = selfcheck.traces(replace(RELU, seed=seed), "dense", networks)
    K = np.concatenate(
        [np.stack([layer.conditional_mean_square for layer in t.layers], axis=1) for t in shown]
    )
    mapped = length_map("relu", sigma_w=math.sqrt(2))(K[:, :-1])
    errors = one_step_errors(K, mapped, networks=networks)
    found = every_layer(errors, margin=MARGIN, level=1 - FALSE_ALARM)
    return found.verdict is not Verdict.FAILS


# --- the backward pass ---

EQUAL = replace(SMALL, widths=(9,) * 4)


def _adjoint(says: str, study: Study, sampler: str) -> Check:
    def accepts(seed: int) -> bool:
        return selfcheck.adjoint(replace(study, seed=seed), sampler) < selfcheck.ROUNDING

    detects = f"a relative mismatch of {selfcheck.ROUNDING:g}"
    return Check(says=says, accepts=accepts, false_alarm=0.0, detects=detects, power=1.0)


# --- networks with and without explicitly drawn weights have the same law ---

NARROW = replace(PAIRS["orthogonal"], widths=(9, 5, 9))
SHIFT = 0.4
COUNT = len(selfcheck.statistics(next(selfcheck.traces(SMALL, "dense", range(2)))))
EACH = values_needed(SHIFT, false_alarm=FALSE_ALARM / COUNT, power=POWER)
"""The size of each sample. The difference of two means of N numbers has the same variance, 2/N, as
one mean of N squares, so `values_needed` applies."""


def _two_samples(study: Study) -> Callable[[int], bool]:
    def accepts(seed: int) -> bool:
        found = selfcheck.apart(replace(study, seed=seed), networks=EACH)
        return found < bound(FALSE_ALARM, COUNT)

    return accepts


CHECKS: dict[str, Check] = {
    "law, normal": Check(
        says="`assert_follows_law` on He's rule: N(0, 2/n) and independent",
        accepts=_law("he_normal", "normal", math.sqrt(2 / FANS[0])),
        detects="gain off by 1 %",
    ),
    "law, truncated normal": Check(
        says="the same test for the truncated normal law",
        accepts=_law("he_truncated_normal", "truncated_normal", math.sqrt(2 / FANS[0])),
        detects="gain off by 1 %",
    ),
    "law, uniform": Check(
        says="the same test for the uniform law",
        accepts=_law("he_uniform", "uniform", math.sqrt(2 / FANS[0])),
        detects="gain off by 1 %",
    ),
    "signal kept": Check(
        says="`assert_variance_preserved`: with He's rule and ReLU, the mean of z² changes by less "
        "than a factor of 2 over 5 layers",
        accepts=_networks(assert_variance_preserved, DEEP),
        detects="a factor of 4",
    ),
    "gradient kept": Check(
        says="`assert_gradient_preserved`: the same holds for the mean of δ²",
        accepts=_networks(assert_gradient_preserved, DEEP),
        detects="a factor of 4",
    ),
    "not saturated": Check(
        says="`assert_not_saturated`: with LeCun's rule, at most 5 % of the pre-activations of "
        "tanh are in its saturated tails",
        accepts=_networks(partial(assert_not_saturated, activation="tanh"), MILD),
        detects="a share of 10 %",
    ),
    "whitening": Check(
        says="given the layer below, whitened pre-activations have variance 1 and no covariance "
        f"between examples ({VALUES:,} values)",
        accepts=_whitening,
        detects="gain off by 1 %",
    ),
    "layers apart": Check(
        says="whitened pre-activations of consecutive layers are independent: their normalized "
        f"inner products have mean square 1 ({APART} networks)",
        accepts=_layers_apart,
        detects="a mean square of 1.5",
        power=RELATED,
    ),
    "networks apart": Check(
        says=f"whitened pre-activations of any two of {ALIKE} networks are uncorrelated",
        accepts=_networks_apart,
        detects=f"a correlation of {SHARED:.2f}",
    ),
    "one step": Check(
        says="given a layer, the conditional mean square of the next one equals the length map on "
        f"average: no layer deviates by more than ±{MARGIN:g} ({PLAN.networks:,} networks)",
        accepts=_one_step,
        detects=f"{100 * OFF:.0f} % in one layer",
    ),
    "adjoint, dense": _adjoint(
        "⟨a, Wᵀδ⟩ = ⟨W a, δ⟩ for any two examples, up to rounding", EQUAL, "dense"
    ),
    "adjoint, undrawn normal": _adjoint(
        "the same for normal weights that are never drawn", PAIRS["normal"], "weight-free"
    ),
    "adjoint, undrawn orthogonal": _adjoint(
        "the same for orthogonal weights that are never drawn", PAIRS["orthogonal"], "weight-free"
    ),
    "two samples, normal": Check(
        says=f"{COUNT} joint statistics of both passes have the same means with drawn and with "
        f"undrawn normal weights ({EACH:,} networks each)",
        accepts=_two_samples(PAIRS["normal"]),
        detects=f"a mean {SHIFT:g} standard deviations off",
    ),
    "two samples, orthogonal": Check(
        says="the same for orthogonal weights",
        accepts=_two_samples(NARROW),
        detects=f"a mean {SHIFT:g} standard deviations off",
    ),
}
"""All tests by name."""
