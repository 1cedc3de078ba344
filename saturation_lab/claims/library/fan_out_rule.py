"""Statements of the lecture's backward rule, its compromise between both, and its uniform law."""

from __future__ import annotations

from saturation_lab.claims.claim import Asked, Claim
from saturation_lab.claims.experiments import (
    between,
    exact,
    layer_ratio,
    ratio,
    top_over_bottom,
    value,
)
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.library.gradient_derivation import AT_16, SOURCE, TAPERING
from saturation_lab.claims.margins import ONE_LAYER, OVER_DEPTH, ROUNDING, close_to, within
from saturation_lab.claims.statement import Statement, of_source

CRITICAL_GAIN = 10.1492637100200
"""σ_w at which χ₁ = 1 where a sigmoid network without biases settles."""

STUDIES = {
    "sigmoid, χ₁ = 1": study(
        "sigmoid",
        "lecun_normal",
        gain=CRITICAL_GAIN,
        saturation_beyond=4.0,
        width=500,
        features=500,
    ),
    "sigmoid, compromise, tapering": study(
        "sigmoid", "lecture_normal", widths=TAPERING, features=1000
    ),
    "ReLU, compromise, tapering": study("relu", "lecture_normal", widths=TAPERING, features=1000),
    "ReLU, compromise, growing": study(
        "relu", "lecture_normal", widths=TAPERING[::-1], features=75
    ),
    "sigmoid, compromise, normal": study("sigmoid", "lecture_normal"),
    "sigmoid, compromise, uniform": study("sigmoid", "lecture_uniform"),
}


def _up(name: str, times: float) -> Asked:
    """Return the mean square of z in layer 2 over ``times`` that of a in layer 1."""
    return ratio(name, ("pre_activation_mean_square", 2), ("activation_mean_square", 1), times)


def _down(name: str, times: float) -> Asked:
    """Return the mean square of δ in layer 1 over ``times`` that in layer 2."""
    return layer_ratio(name, "gradient_mean_square", 1, 2, times)


BACKWARD_RULE = of_source(
    SOURCE,
    Statement(
        id="BP5",
        kind="rule",
        sentence="w ~ N(0, 4√(1/n⁺)): backward, from sensitivity.",
        precise="The gradient shrinks by χ₁ = 16 E σ'² a layer. Without biases χ₁ = 1 takes a "
        "gain of more than twice 4, at which most units are saturated.",
        formula=r"\chi_1 = \sigma_w^2\,\mathrm{E}[\sigma'(z)^2] = 1,\quad "
        r"z \sim \mathcal{N}(0, q^*)",
        assumes="that the slope is 0.25",
        parts=(
            Claim(
                sentence="the backward rule keeps the gradient",
                precise="Sigmoid, 4√(1/n), n⁺ = n: the mean square of δ differs by less than a "
                "factor 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, 4√(1/n)", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".gain",
                sentence="4 is the gain that keeps it",
                precise="The gain at which χ₁ = 1 where layers settle is 4 within 5 %.",
                experiment=exact("critical_gain", "sigmoid"),
                **close_to(4.0, 0.05),
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="the gain at which χ₁ = 1 keeps it",
                precise="Sigmoid with that gain: the mean square of δ differs by less than a "
                "factor 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, χ₁ = 1", "gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".price",
                sentence="… without saturation",
                precise="There less than 5 % of z lies beyond ±4 in layer 10.",
                experiment=value("sigmoid, χ₁ = 1", "saturated_share", -1),
                high=0.05,
                expected="fails",
            ),
        ),
        why="Larger weights spread z to where a sigmoid is flat, and take back most of what they "
        "give.",
    ),
    Statement(
        id="BP6",
        kind="rule",
        sentence="w ~ N(0, 4√(2/(n + m))): compromise.",
        precise="A layer with n inputs and m units multiplies what goes up by 2n/(n + m) of what "
        "it should, what comes back down through it by 2m/(n + m): both are 1 only where n = m.",
        formula=r"n\,\mathrm{Var}\,w = 16\,\frac{2n}{n + m},\quad "
        r"m\,\mathrm{Var}\,w = 16\,\frac{2m}{n + m}",
        assumes="n = m",
        parts=(
            Claim(
                sentence="the compromise serves the way up through a layer with n = 1000, m = 750",
                precise="Sigmoid, layer 2 with n = 1000 inputs and m = 750 units: the mean square "
                "of its z is 16 times that of a in layer 1, within 5 %.",
                experiment=_up("sigmoid, compromise, tapering", 16.0),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".backward",
                sentence="it serves the way down through that layer",
                precise="The same layer, back from its m = 750 units to its n = 1000 inputs: the "
                "mean square of δ in layer 1 is 16 E σ'² times that in layer 2, within 5 %.",
                experiment=_down("sigmoid, compromise, tapering", AT_16),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="it serves the way up: equal widths",
                precise="Sigmoid, 4√(2/(n + m)) = 4√(1/n): the mean square of z in layer 2 is 16 "
                "times that of a in layer 1, within 5 %.",
                experiment=_up("sigmoid, 4√(1/n)", 16.0),
                **ONE_LAYER,
            ),
            Claim(
                id=".met-backward",
                sentence="it serves the way down: equal widths",
                precise="There the mean square of δ in layer 1 is 16 E σ'² times that in layer 2, "
                "within 5 %.",
                experiment=_down("sigmoid, 4√(1/n)", AT_16),
                **ONE_LAYER,
            ),
            Claim(
                id=".precise",
                sentence="the factor on the way up is 2n/(n + m)",
                precise="n = 1000, m = 750: the mean square of z in layer 2 is 16 · 8/7 times "
                "that of a in layer 1, within 5 %.",
                experiment=_up("sigmoid, compromise, tapering", 16.0 * 8 / 7),
                **ONE_LAYER,
            ),
            Claim(
                id=".precise-backward",
                sentence="the factor on the way down is 2m/(n + m)",
                precise="n = 1000, m = 750: the mean square of δ in layer 1 is 16 E σ'² · 6/7 "
                "times that in layer 2, within 5 %.",
                experiment=_down("sigmoid, compromise, tapering", AT_16 * 6 / 7),
                **ONE_LAYER,
            ),
            Claim(
                id=".depth",
                sentence="it keeps z over ten tapering layers",
                precise="ReLU, √2 in place of 4, widths from 1000 down to 75: the mean square of z "
                "differs by less than a factor 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom(
                    "ReLU, compromise, tapering", "pre_activation_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".depth-backward",
                sentence="it keeps the gradient over ten tapering layers",
                precise="There the mean square of δ differs by less than a factor 2.",
                experiment=top_over_bottom("ReLU, compromise, tapering", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".growing",
                sentence="it keeps z over ten growing layers",
                precise="ReLU, √2 in place of 4, widths from 75 up to 1000: the mean square of z "
                "differs by less than a factor 2.",
                experiment=top_over_bottom(
                    "ReLU, compromise, growing", "pre_activation_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".growing-backward",
                sentence="it keeps the gradient over ten growing layers",
                precise="There the mean square of δ differs by less than a factor 2.",
                experiment=top_over_bottom("ReLU, compromise, growing", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="A mean of two conditions meets neither where they differ.",
    ),
    Statement(
        id="BP7",
        kind="rule",
        sentence="w ~ U[±4√(6/(n + m))], if drawn from a uniform distribution.",
        precise="It has the variance of the Gaussian rule, and the shape of the law does not "
        "matter for variances.",
        formula=r"\mathrm{Var}\,U[\pm b] = b^2/3",
        parts=(
            Claim(
                sentence="the uniform rule has the variance of the Gaussian one",
                precise="16 · 6/(n + m)/3 misses the variance of 4√(2/(n + m)) by rounding, widths "
                "from 1 to a million.",
                experiment=exact("uniform_mismatch"),
                high=ROUNDING,
            ),
            Claim(
                id=".forward",
                sentence="the shape does not matter on the way up",
                precise="Sigmoid: the mean square of z in layer 10 is the same under both laws, "
                "within 5 %.",
                experiment=between(
                    "sigmoid, compromise, uniform",
                    "sigmoid, compromise, normal",
                    "pre_activation_mean_square",
                    -1,
                ),
                **ONE_LAYER,
            ),
            Claim(
                id=".backward",
                sentence="the shape does not matter on the way down",
                precise="Sigmoid: the mean square of δ in layer 1 is the same under both laws, "
                "within a factor 1.25 after ten layers.",
                experiment=between(
                    "sigmoid, compromise, uniform",
                    "sigmoid, compromise, normal",
                    "gradient_mean_square",
                    1,
                ),
                **within(1.25),
            ),
        ),
        why="A sum of many weighted terms is normal whatever the weights' law, and only their "
        "variance survives in it.",
    ),
)
