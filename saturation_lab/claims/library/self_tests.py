"""The lecture's self-tests; each answer that a test offers is a part of its statement.

"Too large" weights are 10 times those of the lecture's own rule, w ~ N(0, 4√(1/n)), so that most
units are saturated.
"""

from __future__ import annotations

import math

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import against_theory, between, exact, ratio, value
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.library.saturated_slope import SATURATED_SLOPE
from saturation_lab.claims.margins import FACTOR_2, close_to, within
from saturation_lab.claims.statement import Statement, of_source

_SOURCE = "Lecture, formative self-tests"

_HUGE = 40.0
_ONE_LAYER = {"depth": 1, "width": 200}
_SUMS = {"depth": 1, "width": 512, "examples": 256, "fresh_inputs": True}
_FEW, _SOME, _MANY = 8, 32, 128

STUDIES = {
    "sigmoid, huge weights": study("sigmoid", "lecun_normal", gain=_HUGE),
    **{
        f"{activation}, one layer{words}": study(
            activation, "lecun_normal", gain=gain, saturation_beyond=4.0, **_ONE_LAYER
        )
        for activation in ("sigmoid", "relu", "silu")
        for words, gain in (("", _HUGE / 10), (", huge weights", _HUGE))
    },
    **{
        f"sum of {n} terms": study("sigmoid", "lecun_normal", gain=4.0, features=n, **_SUMS)
        for n in (_FEW, _SOME, _MANY)
    },
    "sum of 128 uniform terms": study(
        "sigmoid", "lecun_normal", gain=4.0, features=_MANY, **{**_SUMS, "inputs": "uniform"}
    ),
    "digits": study(
        "relu",
        "he_normal",
        widths=[512, 512],
        features=64,
        inputs="digits",
        scaling="unit",
        examples=64,
    ),
}


def _excess(n: int) -> Claim:
    """Return the claim that the kurtosis of a sum of n terms is 6/n above the Gaussian value 3."""
    return Claim(
        id=f".n{n}",
        sentence=f"z is not Gaussian: its kurtosis is 3 + 6/n, n = {n}",
        precise=f"W and a both Gaussian, n = {n}: the kurtosis of z is 3 + 6/n, within a fifth of "
        "6/n. That of a Gaussian is 3.",
        experiment=value(f"sum of {n} terms", "pre_activation_kurtosis", 1),
        low=3 + 0.8 * 6 / n,
        high=3 + 1.2 * 6 / n,
    )


def _grows(activation: str, name: str, *, expected: str = "holds") -> Claim:
    return Claim(
        id=f".{activation}",
        sentence="with larger weights a saturates",
        precise=f"{name}, one layer: with weights 10 times as large, the mean square of a is less "
        "than twice as large.",
        experiment=between(
            f"{activation}, one layer, huge weights",
            f"{activation}, one layer",
            "activation_mean_square",
            1,
        ),
        high=FACTOR_2,
        expected=expected,
    )


_ST1 = Statement(
    id="ST1",
    kind="derivation",
    sentence="If you initialized the weights W with too large variance, you would expect the "
    "output of the neuron to be: A. saturated to “1”; B. saturated to “0”; C. either; D. not "
    "saturated.",
    precise="C: across neurons, z is symmetric about 0, so as many neurons saturate high as "
    "low. In deep layers, however, its state is mostly determined by the weights: because a "
    "has a nonzero mean, the input accounts for less than half of the mean square of z. ReLU "
    "and SiLU do not saturate for large z; they grow.",
    formula=r"P(z > t) = P(z < -t), \qquad \frac{\mathrm{Var}_x\, z}{E[z^2]} \le "
    r"\frac{\mathrm{Var}\, a}{E[a^2]}",
    assumes="a sigmoid, and a neuron picked at random",
    parts=(
        Claim(
            sentence="C. a neuron could be saturated to 0 or to 1",
            precise="Sigmoid, huge weights: in layer 10, as many units are saturated high as low, "
            "within 10 %.",
            experiment=ratio(
                "sigmoid, huge weights", ("saturated_high_share", -1), ("saturated_low_share", -1)
            ),
            **within(1.1),
        ),
        Claim(
            id=".one",
            sentence="A. saturated to 1",
            precise="In the same layer, more than 90 % of the saturated units are high.",
            experiment=ratio(
                "sigmoid, huge weights", ("saturated_high_share", -1), ("saturated_share", -1)
            ),
            low=math.log(0.9),
            expected="fails",
        ),
        Claim(
            id=".zero",
            sentence="B. saturated to 0",
            precise="In the same layer, more than 90 % of the saturated units are low.",
            experiment=ratio(
                "sigmoid, huge weights", ("saturated_low_share", -1), ("saturated_share", -1)
            ),
            low=math.log(0.9),
            expected="fails",
        ),
        Claim(
            id=".not",
            sentence="D. would not be saturated",
            precise="In the same layer, less than 5 % of the units are saturated.",
            experiment=value("sigmoid, huge weights", "saturated_share", -1),
            high=0.05,
            expected="fails",
        ),
        Claim(
            id=".neuron",
            sentence="a single neuron can saturate either way, depending on the input",
            precise="In the same layer, the input accounts for more than half of the mean square "
            "of z of a unit, averaged over units.",
            experiment=value("sigmoid, huge weights", "input_share_of_variance", -1),
            low=0.5,
            expected="fails",
        ),
        Claim(
            id=".neuron.met",
            sentence="a single neuron can saturate either way, depending on the input",
            precise="The same in layer 1, whose inputs have mean 0, so that the input accounts for "
            "nearly all of it (not quite, because the mean of B inputs is not exactly 0).",
            experiment=value("sigmoid, huge weights", "input_share_of_variance", 1),
            low=0.5,
        ),
        Claim(
            id=".neuron.precise",
            sentence="the state of a single neuron is mostly determined by its weights",
            precise="In layer 10, the share due to the input agrees with theory within 10 %.",
            experiment=against_theory("sigmoid, huge weights", "input_share_of_variance", -1),
            **within(1.1),
        ),
        Claim(
            id=".side",
            sentence="a single neuron keeps its side",
            precise="In layer 10, the activations of two examples, which are almost all 0 or 1, "
            "have a cosine above 2/3: a unit that is high for one example is usually high for the "
            "other.",
            experiment=value("sigmoid, huge weights", "activation_correlation", -1),
            low=2 / 3,
        ),
        _grows("sigmoid", "Sigmoid"),
        _grows("relu", "ReLU", expected="fails"),
        _grows("silu", "SiLU", expected="fails"),
    ),
    why="Each neuron is equally likely to saturate high or low, but the weights decide which: in "
    "deep layers, a different input rarely changes it.",
)

_ST1B = Statement(
    id="ST1b",
    kind="derivation",
    sentence="For adding Gaussian random variables, variances add together; assume each element of "
    "a is Gaussian.",
    precise="Variances add if the terms are uncorrelated, whether Gaussian or not. The output of a "
    "sigmoid is not Gaussian but logit-normal. With Gaussian weights and activations, z has the "
    "kurtosis 3 + 6/n, which reaches the Gaussian value only as n → ∞. With real inputs, whose "
    "norms differ, it does not reach that value even then.",
    formula=r"\mathrm{Var}\sum_j w_j a_j = \sum_j \mathrm{Var}(w_j a_j), \qquad "
    r"\mathrm{kurt}\, z = 3\,\frac{E\lVert a\rVert^4}{(E\lVert a\rVert^2)^2}",
    assumes="that the terms are uncorrelated; they need not be Gaussian",
    parts=(
        Claim(
            sentence="variances add together",
            precise="128 terms, Gaussian activations: the mean square of z is the sum of the "
            "variances of its terms, within 2 %.",
            experiment=ratio(
                "sum of 128 terms",
                ("pre_activation_mean_square", 1),
                ("conditional_mean_square", 1),
            ),
            **within(1.02),
        ),
        Claim(
            id=".uniform",
            sentence="variances add together",
            precise="The same with uniform activations.",
            experiment=ratio(
                "sum of 128 uniform terms",
                ("pre_activation_mean_square", 1),
                ("conditional_mean_square", 1),
            ),
            **within(1.02),
        ),
        Claim(
            id=".correlated",
            sentence="variances add together",
            precise="64 Gaussian terms with pairwise correlation 0.1: the variance of their sum is "
            "the sum of their variances, within 5 %.",
            experiment=exact("variance_over_sum", 64.0, 0.1),
            **close_to(1.0, 0.05),
            expected="fails",
        ),
        Claim(
            id=".gaussian",
            sentence="assume each element of a is Gaussian",
            precise="Sigmoid, w ~ N(0, 4√(1/n)): the kurtosis of a is 3, within 0.3.",
            experiment=value("sum of 128 terms", "activation_kurtosis", 1),
            low=2.7,
            high=3.3,
            expected="fails",
        ),
        *(_excess(n) for n in (_FEW, _SOME, _MANY)),
        Claim(
            id=".digits",
            sentence="z is nearly Gaussian for large n: kurtosis below 3 + 12/n",
            precise="Digits, ReLU, He's rule: in layer 2 (n = 512), the kurtosis of z is below 3 + "
            "12/n, which allows twice the excess that Gaussian a would give.",
            experiment=value("digits", "pre_activation_kurtosis", 2),
            high=3 + 12 / 512,
            expected="fails",
        ),
        Claim(
            id=".digits.precise",
            sentence="z is Gaussian given the input",
            precise="Digits, layer 1: within 2 %, the kurtosis of z is that of a mixture of normal "
            "laws, one for each example, with standard deviations proportional to the norms of the "
            "examples.",
            experiment=against_theory("digits", "pre_activation_kurtosis", 1),
            **within(1.02),
        ),
    ),
    why="Variances add because the terms are uncorrelated, and independent weights with mean 0 "
    "ensure this for any a.",
)

SELF_TESTS = of_source(_SOURCE, _ST1, _ST1B, SATURATED_SLOPE)
