"""The statistical tests of the samplers and the theory, with their error rates.

Each test runs on the package in its present state, so it meets a planted fault just as the test
suite would. All sample sizes are planned in advance rather than found by trial and error.
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

from saturation_lab.inference.agree import bound, values_needed
from saturation_lab.inference.every_layer import every_layer
from saturation_lab.inference.one_step import one_step_errors
from saturation_lab.inference.planning import networks_needed
from saturation_lab.inference.verdict import Verdict
from saturation_lab.proof import selfcheck
from saturation_lab.proof.selfcheck import PAIRS, SMALL
from saturation_lab.statistics.trace import Trace
from saturation_lab.study import Study
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
        The property that is tested, and how.
    accepts : callable
        Takes a seed and returns whether the test finds no fault.
    false_alarm : float
        The probability, over seeds, of rejecting correct code; 0 for an identity.
    detects : str
        The smallest effect that the test is designed to detect.
    power : float
        The probability of detecting it.
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


# --- the distributions of initializers ---

FANS = (96, 64)  # fan-in, fan-out


def _law(initializer: str, law: str, std: float) -> Callable[[int], bool]:
    """Test whether draws for the first layer of a network follow the given law."""

    def accepts(seed: int) -> bool:
        study = replace(SMALL, initializer=initializer, features=FANS[0], widths=FANS[1:])
        net = study.architecture
        (layer,) = net.layers

        def draw(rng: np.random.Generator) -> Array:
            shape = (layer.fan_out, layer.fan_in)
            return net.initializer.draw(rng, shape, std=layer.weight_std, dtype="float64").T

        return _passes(partial(assert_follows_law, draw, law=law, std=std, seed=seed))

    return accepts


# --- signal and gradient are preserved, and few units saturate ---

DEEP = replace(
    SMALL, activation="relu", widths=(64,) * 5, features=64, bias="zero", bias_scale=None,
    dtype="float32",
)  # fmt: skip
MILD = replace(DEEP, activation="tanh", initializer="lecun_normal")
SOME = 100
"""The number of networks for the assertions, which refuse too small a number."""


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
"""The number of pairs of networks, all of which are compared."""
SHARED = (bound(FALSE_ALARM, PAIRS_ALIKE) + bound(2 * (1 - POWER), 1)) / math.sqrt(4 * 4 * 32)


def _white(study: Study, networks: int) -> list[Array]:
    """Return the whitened values of every layer, [N, B n] each."""
    (trace,) = selfcheck.traces(study, "dense", range(networks))
    return [selfcheck.whitened(layer).reshape(networks, -1) for layer in trace.layers]


def _networks_apart(seed: int) -> bool:
    rows = np.concatenate(_white(replace(SQUARE, seed=seed), ALIKE), axis=1)
    # given network j, ⟨x_i, x_j⟩/|x_j| is N(0, 1)
    scores = (rows @ rows.T / np.linalg.norm(rows, axis=1))[np.triu_indices(ALIKE, k=1)]
    return bool(np.abs(scores).max() < bound(FALSE_ALARM, PAIRS_ALIKE))


APART = 250
"""The number of networks whose successive layers are compared."""
SCORES = APART * (len(SQUARE.widths) - 1)
RELATED = float(chdtrc(SCORES, chdtri(SCORES, FALSE_ALARM) / 1.5))
"""The power against scores of mean square 1.5."""


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

    detects = f"a mismatch of {selfcheck.ROUNDING:g} of the terms"
    return Check(says=says, accepts=accepts, false_alarm=0.0, detects=detects, power=1.0)


# --- networks with drawn and with undrawn weights have the same distribution ---

NARROW = replace(PAIRS["orthogonal"], widths=(9, 5, 9))
SHIFT = 0.4
COUNT = len(selfcheck.statistics(next(selfcheck.traces(SMALL, "dense", range(2)))))
EACH = values_needed(SHIFT, false_alarm=FALSE_ALARM / COUNT, power=POWER)
"""A difference of two means of N numbers has as many standard errors as one mean of N squares."""


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
        says="the same for the truncated normal law",
        accepts=_law("he_truncated_normal", "truncated_normal", math.sqrt(2 / FANS[0])),
        detects="gain off by 1 %",
    ),
    "law, uniform": Check(
        says="the same for the uniform law",
        accepts=_law("he_uniform", "uniform", math.sqrt(2 / FANS[0])),
        detects="gain off by 1 %",
    ),
    "signal kept": Check(
        says="`assert_variance_preserved`: with He initialization, ReLU keeps the mean z² within a "
        "factor of 2 over 5 layers",
        accepts=_networks(assert_variance_preserved, DEEP),
        detects="a factor of 4",
    ),
    "gradient kept": Check(
        says="`assert_gradient_preserved`: the same for the mean δ²",
        accepts=_networks(assert_gradient_preserved, DEEP),
        detects="a factor of 4",
    ),
    "not saturated": Check(
        says="`assert_not_saturated`: with LeCun initialization, at most 5 % of tanh's "
        "pre-activations are in its tails",
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
        says="whitened pre-activations of successive layers are unrelated: their products have "
        f"mean square 1 ({APART} networks)",
        accepts=_layers_apart,
        detects="a mean square of 1.5",
        power=RELATED,
    ),
    "networks apart": Check(
        says=f"whitened pre-activations of any two of {ALIKE} networks are unrelated",
        accepts=_networks_apart,
        detects=f"a correlation of {SHARED:.2f}",
    ),
    "one step": Check(
        says="given a layer, the conditional mean square of the next one follows the length map on "
        f"average: no layer is shown to deviate by more than ±{MARGIN:g} "
        f"({PLAN.networks:,} networks)",
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
        says=f"drawn and undrawn normal weights agree in {COUNT} joint statistics of both passes "
        f"({EACH:,} networks each)",
        accepts=_two_samples(PAIRS["normal"]),
        detects=f"a mean {SHIFT:g} standard deviations off",
    ),
    "two samples, orthogonal": Check(
        says="the same for orthogonal weights",
        accepts=_two_samples(NARROW),
        detects=f"a mean {SHIFT:g} standard deviations off",
    ),
}
"""The tests, keyed by name."""
