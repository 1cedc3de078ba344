"""Statements of the lecture's practical Gaussian rule."""

from __future__ import annotations

import math

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import exact, ratio, top_over_bottom, value
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import OVER_DEPTH, within
from saturation_lab.claims.statement import Statement, of_source

_WIDTH = 200
_CRITICAL = 10.149
"""σ_w of a sigmoid with χ₁ = 1 and no biases."""

_NEAREST = 1.7
"""The Std z at which a sigmoid's output is about uniform."""

_ONE_LAYER = {"depth": 1, "width": _WIDTH, "examples": 64, "fresh_inputs": True}

STUDIES = {
    "sigmoid, tiny weights": study("sigmoid", "glorot_normal", gain=0.1),
    "sigmoid, saturated and χ₁ = 1": study("sigmoid", "lecun_normal", gain=_CRITICAL),
    **{
        name: study("sigmoid", "lecun_normal", gain=gain, saturation_beyond=4.0, **_ONE_LAYER)
        for name, gain in (
            ("Std w = 4/√n", 4.0),
            ("Var w = 4/√n", math.sqrt(4 * math.sqrt(_WIDTH))),
            ("Std w = 1.7/√n", _NEAREST),
        )
    },
}

_SOURCE = "Lecture, practical Gaussian initialization"


def _keeps(study: str, precise: str, *, id: str = "", expected: str = "holds") -> Claim:
    return Claim(
        id=id,
        sentence="a network keeps its gradient if it does not saturate right away, and only then",
        precise=f"{precise}: the mean square of δ differs by less than a factor 2 between hidden "
        "layers 10 and 1.",
        experiment=top_over_bottom(study, "gradient_mean_square"),
        **OVER_DEPTH,
        expected=expected,
    )


def _mean_square(
    study: str, variance: float, precise: str, *, id: str = "", expected: str = "holds"
) -> Claim:
    """Return the claim that Var z in layer 1 has this value, within 5 %."""
    return Claim(
        id=id,
        sentence="Std z = 4",
        precise=f"{precise}, within 5 %.",
        experiment=ratio(study, ("pre_activation_mean_square", 1), times=variance),
        **within(1.05),
        expected=expected,
    )


def _nearest(metric: str, name: str) -> Claim:
    return Claim(
        id=f".{metric}",
        sentence="a is well distributed on [0, 1]",
        precise=f"By {name} a is nearest to uniform at Std z = {_NEAREST}, within 5 %.",
        experiment=exact("nearest_to_uniform", metric),
        low=_NEAREST / 1.05,
        high=_NEAREST * 1.05,
    )


def _confined(std: float, law: str, *, id: str = "", expected: str = "holds") -> Claim:
    """Return the claim on a law that meets the slide's premise, −4 < z < 4."""
    return Claim(
        id=id,
        sentence="if −4 < z < 4, a is well distributed on [0, 1]",
        precise=f"z is {law}: the distance of a to uniform (Kolmogorov-Smirnov) is below 0.05.",
        experiment=exact("confined_ks_to_uniform", 4.0, std),
        high=0.05,
        expected=expected,
    )


def _uniform(study: str, precise: str, *, id: str = "", expected: str = "holds") -> Claim:
    return Claim(
        id=id,
        sentence="a is well distributed on [0, 1]",
        precise=f"{precise}, layer 1: the variance of a is that of a uniform law, 1/12, within "
        "5 %.",
        experiment=ratio(study, ("activation_variance", 1), times=1 / 12),
        **within(1.05),
        expected=expected,
    )


_WI1 = Statement(
    id="WI1",
    kind="rule",
    sentence="Try not to saturate your neurons right away.",
    precise="Not sufficient: a sigmoid network whose weights are too small ever to saturate loses "
    "its gradient, by σ_w²/16 a layer. Nor is it necessary: where χ₁ = 1 the mean square of δ is "
    "kept although more than half of the units are saturated; the others carry it.",
    formula=r"\chi_1 = \sigma_w^2\, E[\varphi'(z)^2] \to \sigma_w^2 / 16",
    assumes="that a gradient is lost by saturation only",
    parts=(
        _keeps("sigmoid, tiny weights", "Sigmoid, 10 layers, gain 0.1", expected="fails"),
        Claim(
            id=".unsaturated",
            sentence="no neuron is saturated",
            precise="There, less than 1 % of the units of layer 10 are saturated.",
            experiment=value("sigmoid, tiny weights", "saturated_share", -1),
            high=0.01,
        ),
        Claim(
            id=".precise",
            sentence="the gradient vanishes by σ_w²/16 a layer",
            precise="There, the mean square of δ falls by (16/0.1²)⁹ from layer 10 to layer 1, "
            "within a factor 2.",
            experiment=top_over_bottom("sigmoid, tiny weights", "gradient_mean_square"),
            **within(2, about=9 * math.log(16 / 0.1**2)),
        ),
        _keeps(
            "sigmoid, saturated and χ₁ = 1",
            f"Sigmoid, 10 layers, gain {_CRITICAL}, where χ₁ = 1",
            id=".saturated",
        ),
        Claim(
            id=".half",
            sentence="many neurons are saturated",
            precise="There, more than half of the units of layer 1 are saturated right away.",
            experiment=value("sigmoid, saturated and χ₁ = 1", "saturated_share", 1),
            low=0.5,
        ),
    ),
    why="Good advice, but not sufficient: where nothing saturates the slope of a sigmoid is still "
    "at most 1/4, and small weights make that worse.",
)

_WI3 = Statement(
    id="WI3",
    kind="rule",
    sentence="We want each z between −ε and ε for no saturation, ε = 4.",
    precise="A Gaussian cannot be confined: of z ~ N(0, 4²), the slide's own Std z, a share 2Φ(−1) "
    "lies beyond ±4.",
    formula=r"P(|z| > 4) = 2\,\Phi(-4/\mathrm{Std}\,z)",
    assumes="that ±4 is two standard deviations of z or more, not one",
    parts=(
        Claim(
            sentence="z lies within ±4",
            precise="Less than 5 % of N(0, 4²) lies beyond ±4.",
            experiment=exact("share_outside", 4.0, 4.0),
            high=0.05,
            expected="fails",
        ),
        Claim(
            id=".met",
            sentence="z lies within ±4",
            precise="Less than 5 % of N(0, 2²) lies beyond ±4.",
            experiment=exact("share_outside", 4.0, 2.0),
            high=0.05,
        ),
        Claim(
            id=".precise",
            sentence="a known share lies outside",
            precise="Sigmoid, w ~ N(0, 4√(1/n)): in layer 1 a share 2Φ(−1) of z lies beyond ±4, "
            "within 5 %.",
            experiment=ratio(
                "Std w = 4/√n", ("saturated_share", 1), times=math.erfc(math.sqrt(0.5))
            ),
            **within(1.05),
        ),
    ),
    why="A standard deviation is no bound.",
)

_WI5 = Statement(
    id="WI5",
    kind="rule",
    sentence="w ~ N(0, 4·√(1/n)).",
    precise="The second argument is a standard deviation: n Var w = 16. Read as a variance, it "
    "gives n Var w = 4√n, which grows with the width.",
    formula=r"w \sim \mathcal{N}\bigl(0,\ (4\sqrt{1/n})^2\bigr), \qquad n\,\mathrm{Var}\,w = 16",
    assumes="inputs of mean square 1",
    parts=(
        _mean_square("Std w = 4/√n", 16.0, "As a standard deviation: layer 1, Var z = 16"),
        _mean_square(
            "Var w = 4/√n",
            16.0,
            "As a variance, n = 200: layer 1, Var z = 16",
            id=".variance",
            expected="fails",
        ),
        _mean_square(
            "Var w = 4/√n",
            4 * math.sqrt(_WIDTH),
            "As a variance, n = 200: layer 1, Var z = 4√n",
            id=".variance.precise",
        ),
    ),
    why="Only as a standard deviation does the rule make Std z the same at every width. This is "
    "about the notation, in layer 1; at depth see GL9 and BP5.",
)

_WI6 = Statement(
    id="WI6",
    kind="rule",
    sentence="For a sigmoid, if −ε < z < ε where ε = 4, then a is well distributed on [0, 1].",
    precise="Not even where z is confined to ±4, uniform there or a Gaussian cut off. For a whole "
    "Gaussian the density of σ(z) has two humps where Var z > 2, near 0 and 1 at Std z = 4. It is "
    "nearest to uniform at Std z = 1.70 by Kolmogorov-Smirnov, 1.64 by Wasserstein, 1.69 by the "
    "variance 1/12.",
    formula=r"p(a) = \frac{\mathcal{N}(\mathrm{logit}\,a;\, 0, s^2)}{a\,(1 - a)}",
    assumes="that z spreads as N(0, 1.7²) does, which is nearly the logistic law",
    parts=(
        Claim(
            sentence="a is well distributed on [0, 1]",
            precise="At Std z = 4 the distance of a to uniform (Kolmogorov-Smirnov) is below 0.05.",
            experiment=exact("ks_to_uniform", 4.0),
            high=0.05,
            expected="fails",
        ),
        Claim(
            id=".met",
            sentence="a is well distributed on [0, 1]",
            precise=f"The same at Std z = {_NEAREST}.",
            experiment=exact("ks_to_uniform", _NEAREST),
            high=0.05,
        ),
        _confined(4.0, "N(0, 4²) cut off at ±4", id=".cut", expected="fails"),
        _confined(math.inf, "uniform on ±4", id=".uniform", expected="fails"),
        _confined(_NEAREST, f"N(0, {_NEAREST}²) cut off at ±4", id=".cut.met"),
        Claim(
            id=".humps",
            sentence="the density of a has one hump",
            precise="It has two from Var z = 2 on, within 0.001.",
            experiment=exact("two_humps_beyond"),
            low=1.999,
            high=2.001,
        ),
        _nearest("ks", "Kolmogorov-Smirnov"),
        _nearest("wasserstein", "Wasserstein"),
        _nearest("variance", "the variance, 1/12,"),
        _uniform("Std w = 4/√n", "Sigmoid, w ~ N(0, 4√(1/n))", id=".network", expected="fails"),
        _uniform("Std w = 1.7/√n", "Sigmoid, w ~ N(0, 1.7√(1/n))", id=".network.met"),
    ),
    why="Lying within ±4 is not enough: the sigmoid crowds what lies near ±4 and beyond at its two "
    "ends. Well distributed needs less than half of Std z = 4.",
)

GAUSSIAN_RULE = of_source(_SOURCE, _WI1, _WI3, _WI5, _WI6)
