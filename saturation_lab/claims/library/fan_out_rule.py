"""The lecture's statements on the backward rule, the compromise and the uniform law."""

from __future__ import annotations

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Asked, Claim, Unit
from saturation_lab.claims.experiments import (
    between,
    exact,
    layer_ratio,
    nearer_to_one,
    ratio,
    top_over_bottom,
    value,
)
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.library.gradient_derivation import AT_16, SOURCE, TAPERING
from saturation_lab.claims.margins import ONE_LAYER, OVER_DEPTH, ROUNDING, close_to, within
from saturation_lab.claims.statement import Statement, of_source

CRITICAL_GAIN = 10.1492637100200
"""The σ_w at which χ₁ = 1 at the fixed point of a sigmoid network without biases."""

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
    "ReLU, √2√(1/n), tapering": study("relu", "he_normal", widths=TAPERING, features=1000),
    "ReLU, compromise, tapering": study("relu", "lecture_normal", widths=TAPERING, features=1000),
    "ReLU, compromise, growing": study(
        "relu", "lecture_normal", widths=TAPERING[::-1], features=75
    ),
    "sigmoid, compromise, normal": study("sigmoid", "lecture_normal"),
    "sigmoid, compromise, uniform": study("sigmoid", "lecture_uniform"),
}


def _up(name: str, times: float) -> Asked:
    """Specify E z² in layer 2 divided by ``times`` E a² in layer 1."""
    return ratio(name, ("pre_activation_mean_square", 2), ("activation_mean_square", 1), times)


def _down(name: str, times: float) -> Asked:
    """Specify E δ² in layer 1 divided by ``times`` that in layer 2."""
    return layer_ratio(name, "gradient_mean_square", 1, 2, times)


BACKWARD_RULE = of_source(
    SOURCE,
    Statement(
        id="BP5",
        kind="rule",
        sentence="w ~ N(0, 4√(1/n⁺)): backward, from sensitivity.",
        precise="The mean square of the gradient shrinks by a factor of χ₁ = 16 E σ'² per layer. "
        "Without biases, χ₁ = 1 needs a gain of more than twice 4, at which most units are "
        "saturated.",
        formula=r"\chi_1 = \sigma_w^2\,\mathrm{E}[\sigma'(z)^2] = 1,\quad "
        r"z \sim \mathcal{N}(0, q^*)",
        assumes="that the slope is 0.25",
        should="Without biases, χ₁ = 1 needs more than twice this gain, and most units are "
        "saturated then. No gain is good for a deep sigmoid network; use tanh or ReLU.",
        idea=ideas.SLOPE,
        parts=(
            Claim(
                sentence="the backward rule keeps the gradient",
                precise="Sigmoid, 4√(1/n), n⁺ = n: the mean square of δ differs by less than a "
                "factor of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, 4√(1/n)", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".gain",
                sentence="4 is the gain that keeps it",
                precise="The gain at which χ₁ = 1 at the fixed point is 4, within 5 %.",
                experiment=exact("critical_gain", "sigmoid"),
                **close_to(4.0, 0.05),
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="the gain at which χ₁ = 1 keeps it",
                precise="Sigmoid with that gain: the mean square of δ differs by less than a "
                "factor of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, χ₁ = 1", "gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".price",
                sentence="… without saturation",
                precise="In the same networks, less than 5 % of the z in layer 10 lies beyond ±4.",
                experiment=value("sigmoid, χ₁ = 1", "saturated_share", -1),
                high=0.05,
                expected="fails",
            ),
        ),
        why="Larger weights spread z to where the sigmoid is flat, which cancels most of their "
        "effect on the gradient.",
    ),
    Statement(
        id="BP6",
        kind="rule",
        sentence="w ~ N(0, 4√(2/(n + m))): compromise.",
        precise="Compared with the target, a layer with n inputs and m units multiplies the "
        "variance by 2n/(n + m) in the forward direction and by 2m/(n + m) in the backward "
        "direction; both are 1 only if n = m.",
        formula=r"n\,\mathrm{Var}\,w = 16\,\frac{2n}{n + m},\quad "
        r"m\,\mathrm{Var}\,w = 16\,\frac{2m}{n + m}",
        assumes="that a compromise is meant: halving the damage, not removing it",
        parts=(
            Claim(
                case="backward, against fan-in",
                unit=Unit(says="worst factor smaller by"),
                sentence="the compromise is better backward than the fan-in rule",
                precise="ReLU, √2 instead of 4, widths from 1000 down to 75: over ten layers the "
                "mean square of δ changes by a smaller factor than with √2√(1/n).",
                experiment=nearer_to_one(
                    "ReLU, compromise, tapering", "ReLU, √2√(1/n), tapering", "gradient_mean_square"
                ),
                low=0.0,
            ),
            Claim(
                id=".less",
                case="forward, against fan-out",
                unit=Unit(says="worst factor smaller by"),
                sentence="the compromise is better forward than the fan-out rule",
                precise="In the same way, the mean square of z changes by a smaller factor than "
                "with √2√(1/m).",
                experiment=nearer_to_one(
                    "ReLU, compromise, tapering",
                    "ReLU, √2√(1/m), tapering",
                    "pre_activation_mean_square",
                ),
                low=0.0,
            ),
            Claim(
                id=".forward",
                sentence="the compromise works forward through a layer with n = 1000, m = 750",
                precise="Sigmoid, layer 2 with n = 1000 inputs and m = 750 units: the mean square "
                "of its z is 16 times that of a in layer 1, within 5 %.",
                experiment=_up("sigmoid, compromise, tapering", 16.0),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".backward",
                sentence="it works backward through that layer",
                precise="The same layer, back from its m = 750 units to its n = 1000 inputs: the "
                "mean square of δ in layer 1 is 16 E σ'² times that in layer 2, within 5 %.",
                experiment=_down("sigmoid, compromise, tapering", AT_16),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="it works forward: equal widths",
                precise="Sigmoid, 4√(2/(n + m)) = 4√(1/n): the mean square of z in layer 2 is 16 "
                "times that of a in layer 1, within 5 %.",
                experiment=_up("sigmoid, 4√(1/n)", 16.0),
                **ONE_LAYER,
            ),
            Claim(
                id=".met-backward",
                sentence="it works backward: equal widths",
                precise="In the same networks, the mean square of δ in layer 1 is 16 E σ'² times "
                "that in layer 2, within 5 %.",
                experiment=_down("sigmoid, 4√(1/n)", AT_16),
                **ONE_LAYER,
            ),
            Claim(
                id=".precise",
                sentence="the forward factor is 2n/(n + m)",
                precise="n = 1000, m = 750: the mean square of z in layer 2 is 16 · 8/7 times "
                "that of a in layer 1, within 5 %.",
                experiment=_up("sigmoid, compromise, tapering", 16.0 * 8 / 7),
                **ONE_LAYER,
            ),
            Claim(
                id=".precise-backward",
                sentence="the backward factor is 2m/(n + m)",
                precise="n = 1000, m = 750: the mean square of δ in layer 1 is 16 E σ'² · 6/7 "
                "times that in layer 2, within 5 %.",
                experiment=_down("sigmoid, compromise, tapering", AT_16 * 6 / 7),
                **ONE_LAYER,
            ),
            Claim(
                id=".depth",
                sentence="it keeps the size of z over ten tapering layers",
                precise="ReLU, √2 instead of 4, widths from 1000 down to 75: the mean square of z "
                "differs by less than a factor of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom(
                    "ReLU, compromise, tapering", "pre_activation_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".depth-backward",
                sentence="it keeps the gradient over ten tapering layers",
                precise="In the same networks, the mean square of δ differs by less than a factor "
                "of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("ReLU, compromise, tapering", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".growing",
                sentence="it keeps the size of z over ten growing layers",
                precise="ReLU, √2 instead of 4, widths from 75 up to 1000: the mean square of z "
                "differs by less than a factor of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom(
                    "ReLU, compromise, growing", "pre_activation_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".growing-backward",
                sentence="it keeps the gradient over ten growing layers",
                precise="In the same networks, the mean square of δ differs by less than a factor "
                "of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("ReLU, compromise, growing", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="A compromise: it errs less than a one-sided rule does in the direction that it "
        "neglects, but where the two conditions differ it meets neither.",
    ),
    Statement(
        id="BP7",
        kind="rule",
        sentence="w ~ U[±4√(6/(n + m))], if drawn from a uniform distribution.",
        precise="It has the same variance as the Gaussian rule, and the shape of the law does not "
        "matter for variances.",
        formula=r"\mathrm{Var}\,U[\pm b] = b^2/3",
        parts=(
            Claim(
                sentence="the uniform rule has the variance of the Gaussian one",
                precise="16 · 6/(n + m)/3 equals the variance of 4√(2/(n + m)) up to rounding, for "
                "widths from 1 to a million.",
                experiment=exact("uniform_mismatch"),
                high=ROUNDING,
            ),
            Claim(
                id=".forward",
                sentence="the shape does not matter in the forward direction",
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
                sentence="the shape does not matter in the backward direction",
                precise="Sigmoid: the mean square of δ in layer 1 is the same under both laws, "
                "within a factor of 1.25 after ten layers.",
                experiment=between(
                    "sigmoid, compromise, uniform",
                    "sigmoid, compromise, normal",
                    "gradient_mean_square",
                    1,
                ),
                **within(1.25),
            ),
        ),
        why="A sum of many weighted terms is close to normal whatever the law of the weights, and "
        "only their variance matters for it.",
    ),
)
