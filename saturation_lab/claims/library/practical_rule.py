"""The lecture's statements on the practical Gaussian rule."""

from __future__ import annotations

import math

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Claim, Unit
from saturation_lab.claims.experiments import exact, ratio, top_over_bottom, value
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import OVER_DEPTH, within
from saturation_lab.claims.statement import Statement, of_source

_WIDTH = 200
_CRITICAL = 10.149
"""The σ_w at which a sigmoid network without biases has χ₁ = 1."""

_NEAREST = 1.7
"""The Std z at which the output of a sigmoid is approximately uniform."""

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


def _keeps(says: str, study: str, precise: str, *, id: str = "", expected: str = "holds") -> Claim:
    return Claim(
        id=id,
        sentence=says,
        precise=f"{precise}: the mean square of δ differs by less than a factor of 2 between "
        "hidden layers 10 and 1.",
        experiment=top_over_bottom(study, "gradient_mean_square"),
        **OVER_DEPTH,
        expected=expected,
    )


def _mean_square(
    study: str,
    variance: float,
    precise: str,
    *,
    says: str = "Std z = 4",
    id: str = "",
    expected: str = "holds",
) -> Claim:
    """Return the claim that Var z in layer 1 has this value, within 5 %."""
    return Claim(
        id=id,
        sentence=says,
        precise=f"{precise}, within 5 %.",
        experiment=ratio(study, ("pre_activation_mean_square", 1), times=variance),
        **within(1.05),
        expected=expected,
    )


def _nearest(metric: str, name: str) -> Claim:
    return Claim(
        id=f".{metric}",
        sentence=f"a is closest to uniform at Std z = {_NEAREST}",
        precise=f"Judged by {name}, a is closest to uniform at Std z = {_NEAREST}, within 5 %.",
        experiment=exact("nearest_to_uniform", metric),
        low=_NEAREST / 1.05,
        high=_NEAREST * 1.05,
    )


def _confined(std: float, law: str, *, id: str = "", expected: str = "holds") -> Claim:
    """Return the claim for a law that meets the slide's premise, −4 < z < 4."""
    return Claim(
        id=id,
        sentence="if −4 < z < 4, a is well distributed on [0, 1]",
        precise=f"z is {law}: the Kolmogorov-Smirnov distance of a from uniform is below 0.05.",
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
    kind="advice",
    should="tiny weights do not saturate a sigmoid either, and still lose the gradient",
    idea=ideas.EMPTY,
    sentence="Try not to saturate your neurons right away.",
    precise="Not sufficient: a sigmoid network whose weights are too small ever to saturate still "
    "loses its gradient, by a factor of σ_w²/16 per layer. Nor is it necessary: at χ₁ = 1 the mean "
    "square of δ is kept although more than half of the units are saturated, as the other units "
    "carry it.",
    formula=r"\chi_1 = \sigma_w^2\, E[\varphi'(z)^2] \to \sigma_w^2 / 16",
    assumes="that a gradient is lost only through saturation",
    parts=(
        _keeps(
            "a network that does not saturate right away keeps its gradient",
            "sigmoid, tiny weights",
            "Sigmoid, 10 layers, gain 0.1",
            expected="fails",
        ),
        Claim(
            id=".unsaturated",
            sentence="no neuron is saturated",
            precise="In the same networks, less than 1 % of the units in layer 10 are saturated.",
            experiment=value("sigmoid, tiny weights", "saturated_share", -1),
            high=0.01,
        ),
        Claim(
            id=".precise",
            sentence="the mean square of δ falls by a factor of σ_w²/16 per layer",
            precise="In the same networks, the mean square of δ falls by (16/0.1²)⁹ from layer 10 "
            "to layer 1, within a factor of 2.",
            experiment=top_over_bottom("sigmoid, tiny weights", "gradient_mean_square"),
            **within(2, about=9 * math.log(16 / 0.1**2)),
        ),
        _keeps(
            "a network that saturates right away can keep its gradient",
            "sigmoid, saturated and χ₁ = 1",
            f"Sigmoid, 10 layers, gain {_CRITICAL}, at which χ₁ = 1",
            id=".saturated",
        ),
        Claim(
            id=".half",
            sentence="many neurons are saturated",
            precise="In the same networks, more than half of the units in layer 1 are saturated "
            "right away.",
            experiment=value("sigmoid, saturated and χ₁ = 1", "saturated_share", 1),
            low=0.5,
        ),
    ),
    why="Good advice, but incomplete: even without saturation the slope of a sigmoid is at most "
    "1/4, and small weights shrink the gradient further.",
)

_BEYOND = Unit(says="share of z beyond ±4", of=100.0, ends=" %")

_WI3 = Statement(
    id="WI3",
    kind="advice",
    should="a Gaussian z with Std z = 4 leaves a share of 2Φ(−1), a third, beyond ±4; with "
    "Std z = 2 or less, 95 % lies within",
    idea=ideas.BOUND,
    sentence="We want each z between −ε and ε for no saturation, ε = 4.",
    precise="A Gaussian z cannot be confined to an interval: at the slide's own Std z = 4, a share "
    "of 2Φ(−1) lies beyond ±4.",
    formula=r"P(|z| > 4) = 2\,\Phi(-4/\mathrm{Std}\,z)",
    assumes="that ±4 is two standard deviations of z or more, not one",
    parts=(
        Claim(
            sentence="z lies within ±4",
            precise="Less than 5 % of N(0, 4²) lies beyond ±4. The 5 % are our criterion.",
            case="Std z = 4",
            unit=_BEYOND,
            experiment=exact("share_outside", 4.0, 4.0),
            high=0.05,
            expected="fails",
        ),
        Claim(
            id=".met",
            sentence="z lies within ±4",
            precise="Less than 5 % of N(0, 2²) lies beyond ±4.",
            case="Std z = 2",
            unit=_BEYOND,
            experiment=exact("share_outside", 4.0, 2.0),
            high=0.05,
        ),
        Claim(
            id=".precise",
            sentence="a known share lies outside",
            precise="Sigmoid, w ~ N(0, 4√(1/n)): in layer 1, a share of 2Φ(−1) of the z lies "
            "beyond ±4, within 5 %.",
            experiment=ratio(
                "Std w = 4/√n", ("saturated_share", 1), times=math.erfc(math.sqrt(0.5))
            ),
            **within(1.05),
        ),
    ),
    why="The goal is sound, but a standard deviation of 4 is not a bound at 4.",
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
        _mean_square("Std w = 4/√n", 16.0, "Read as a standard deviation: Var z = 16 in layer 1"),
        _mean_square(
            "Var w = 4/√n",
            16.0,
            "Read as a variance, n = 200: Var z = 16 in layer 1",
            id=".variance",
            expected="fails",
        ),
        _mean_square(
            "Var w = 4/√n",
            4 * math.sqrt(_WIDTH),
            "Read as a variance, n = 200: Var z = 4√n in layer 1",
            says="Std z grows with the width",
            id=".variance.precise",
        ),
    ),
    why="Only if the argument is a standard deviation is Std z the same at every width. This "
    "concerns the notation, in layer 1; for deeper layers see GL9 and BP5.",
)

_DISTANCE = Unit(says="distance from uniform")

_WI6 = Statement(
    id="WI6",
    kind="derivation",
    needs="Std z ≈ 1.7",
    should="At Std z = 4, a piles up at 0 and 1. It is flattest on [0, 1] at Std z ≈ 1.7, where "
    "98 % of z lie within ±4.",
    idea=ideas.BOUND,
    sentence="For a sigmoid, if −ε < z < ε where ε = 4, then a is well distributed on [0, 1].",
    precise="“Well distributed” is read as close to uniform. This does not follow even for z "
    "confined to ±4, whether uniform there or a Gaussian cut off. For a Gaussian that is not cut "
    "off, the density of σ(z) has two humps if Var z > 2; at Std z = 4 they are near 0 and 1. It "
    "is closest to uniform at Std z = 1.70 by the Kolmogorov-Smirnov distance, 1.64 by the "
    "Wasserstein distance and 1.69 by the variance 1/12.",
    formula=r"p(a) = \frac{\mathcal{N}(\mathrm{logit}\,a;\, 0, s^2)}{a\,(1 - a)}",
    assumes="that z is distributed like N(0, 1.7²), which is close to the logistic law",
    parts=(
        Claim(
            sentence="a is well distributed on [0, 1]",
            precise="At Std z = 4, the Kolmogorov-Smirnov distance of a from uniform is below "
            "0.05, which is our criterion.",
            case="Std z = 4",
            unit=_DISTANCE,
            experiment=exact("ks_to_uniform", 4.0),
            high=0.05,
            expected="fails",
        ),
        Claim(
            id=".met",
            sentence="a is well distributed on [0, 1]",
            precise=f"The same at Std z = {_NEAREST}.",
            case=f"Std z = {_NEAREST}",
            unit=_DISTANCE,
            experiment=exact("ks_to_uniform", _NEAREST),
            high=0.05,
        ),
        _confined(4.0, "N(0, 4²) cut off at ±4", id=".cut", expected="fails"),
        _confined(math.inf, "uniform on ±4", id=".uniform", expected="fails"),
        _confined(_NEAREST, f"N(0, {_NEAREST}²) cut off at ±4", id=".cut.met"),
        Claim(
            id=".humps",
            sentence="the density of a has one hump up to Var z = 2 and two beyond",
            precise="The second hump appears at Var z = 2, within 0.001.",
            experiment=exact("two_humps_beyond"),
            low=1.999,
            high=2.001,
        ),
        _nearest("ks", "the Kolmogorov-Smirnov distance"),
        _nearest("wasserstein", "the Wasserstein distance"),
        _nearest("variance", "the variance, 1/12 if uniform"),
        _uniform("Std w = 4/√n", "Sigmoid, w ~ N(0, 4√(1/n))", id=".network", expected="fails"),
        _uniform("Std w = 1.7/√n", "Sigmoid, w ~ N(0, 1.7√(1/n))", id=".network.met"),
    ),
    why="Lying within ±4 is not enough, as the sigmoid maps values near ±4 and beyond to values "
    "near 0 and 1. For a to be well distributed, Std z must be less than half of 4.",
)

GAUSSIAN_RULE = of_source(_SOURCE, _WI1, _WI3, _WI5, _WI6)
