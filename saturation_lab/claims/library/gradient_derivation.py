"""Statements of the lecture's backward derivation, and the assumption behind each step."""

from __future__ import annotations

from saturation_lab.claims.claim import Asked, Claim, ask
from saturation_lab.claims.experiments import exact, layer_ratio, top_over_bottom
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import ONE_LAYER, OVER_DEPTH, ROUNDING, close_to
from saturation_lab.claims.statement import Statement, of_source

AT_16 = 0.255950443225210
"""χ₁ = 16 E σ'² at z ~ N(0, 16), layer 1 of the lecture's sigmoid network on N(0, 1) inputs."""
AT_FIXED_POINT = 0.398879006543737
"""χ₁ where its layers settle."""

TAPERING = (1000, 750, 562, 422, 316, 237, 178, 133, 100, 75)

STUDIES = {
    "ReLU, √2√(1/m), tapering": study("relu", "he_fan_out_normal", widths=TAPERING, features=1000),
    "sigmoid, 4√(1/n), width 2": study(
        "sigmoid", "lecun_normal", gain=4.0, depth=2, width=2, features=1000
    ),
    "sigmoid, 4√(1/n), width 1000": study(
        "sigmoid", "lecun_normal", gain=4.0, depth=2, width=1000, features=1000
    ),
    "ReLU, √2√(1/n), width 8": study("relu", "he_normal", depth=2, width=8, features=1000),
}

SOURCE = "Lecture, Glorot weight initialization: backward"


def _one_back(name: str, times: float, layer: int = 5) -> Asked:
    """Return the mean square of δ in a layer over ``times`` that of the layer above."""
    return layer_ratio(name, "gradient_mean_square", layer, layer + 1, times)


def _mean_back(name: str, times: float) -> Asked:
    """Return the mean of that ratio in layer 1, whose z is normal at every width."""
    return Asked("mean_ratio", _one_back(name, times, layer=1).keys)


BACKWARD = of_source(
    SOURCE,
    Statement(
        id="BP1",
        kind="identity",
        sentence="v = a(1 - a) W · v⁺.",
        precise="v = φ'(z) ∘ (Wᵀ v⁺): the transpose of W, and an entrywise product.",
        formula=r"v = \phi'(z) \circ (W^\top v^+)",
        assumes="a notation in which W maps back",
        parts=(
            Claim(
                sentence="v = a(1 - a) ∘ (W v⁺), as printed",
                precise="Three square sigmoid layers: the largest error of what is printed, "
                "against ∂C/∂z by a complex step, is less than 0.01 times the largest entry.",
                experiment=exact("way_back_mismatch", "as printed"),
                high=0.01,
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="v = a(1 - a) ∘ (Wᵀ v⁺)",
                precise="There the same error of the transpose is rounding.",
                experiment=exact("way_back_mismatch", "transposed"),
                high=ROUNDING,
            ),
        ),
        why="Units that sent their output through a column of W get their gradient back through "
        "that column.",
    ),
    Statement(
        id="BP2",
        kind="derivation",
        sentence="Keep the variance of v stable in magnitude → stable gradient.",
        precise="The gradient of the weights is v aᵀ: it is stable where v and a are.",
        formula=r"\partial C / \partial W = v\,a^\top",
        assumes="that a is stable too",
        parts=(
            Claim(
                sentence="stable v, stable gradient: where a grows",
                precise="ReLU, √2√(1/m), widths from 1000 down to 75: the mean square of one "
                "example's weight gradient differs by less than a factor 2 between layers 1 and "
                "10.",
                experiment=top_over_bottom(
                    "ReLU, √2√(1/m), tapering", "weight_gradient_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".given",
                sentence="… though v is stable",
                precise="There the mean square of δ does.",
                experiment=top_over_bottom("ReLU, √2√(1/m), tapering", "gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".met",
                sentence="stable v, stable gradient: where a is stable too",
                precise="ReLU, √2√(1/n), equal widths: the mean square of one example's weight "
                "gradient differs by less than a factor 2.",
                experiment=top_over_bottom("ReLU, √2√(1/n)", "weight_gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".precise",
                sentence="the gradient of the weights is v aᵀ",
                precise="Tapering ReLU, layer 5: its mean square is the mean square of δ times "
                "that of a in layer 4, within 5 %.",
                experiment=ask(
                    "ratio",
                    study="ReLU, √2√(1/m), tapering",
                    of=(("weight_gradient_mean_square", 5),),
                    over=(("gradient_mean_square", 5), ("activation_mean_square", 4)),
                ),
                **ONE_LAYER,
            ),
        ),
        why="What trains a weight is both of its ends.",
    ),
    Statement(
        id="BP3",
        kind="derivation",
        sentence="Var v = n⁺ Var w Var[v⁺ a(1 - a)].",
        precise="E v² = E φ'(z)² · n⁺ Var w · E (v⁺)², as n → ∞; in narrow layers the weights of "
        "the way up, met again on the way down, leave a bias.",
        formula=r"\mathrm{E}\,v^2 = \mathrm{E}[\phi'(z)^2]\; n^+\,\mathrm{Var}\,w\;"
        r"\mathrm{E}[(v^+)^2]",
        assumes="gradient independence: v⁺ and φ' as independent, of each other and of W",
        parts=(
            Claim(
                sentence="the step back is exact: narrow sigmoid layers",
                precise="Sigmoid, 4√(1/n), width 2: E δ² in layer 1 over that in layer 2 is "
                "16 E σ'² at z ~ N(0, 16), in the mean within 5 %.",
                experiment=_mean_back("sigmoid, 4√(1/n), width 2", AT_16),
                **close_to(1.0, 0.05),
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="the step back is exact: wide sigmoid layers",
                precise="The same at width 1000.",
                experiment=_mean_back("sigmoid, 4√(1/n), width 1000", AT_16),
                **close_to(1.0, 0.05),
            ),
            Claim(
                id=".relu",
                sentence="the step back is exact: narrow ReLU layers",
                precise="ReLU, √2√(1/n), width 8: the same with E φ'² = 1/2. Its slope knows only "
                "the sign of z, and the random cotangent draws that of δ.",
                experiment=_mean_back("ReLU, √2√(1/n), width 8", 1.0),
                **close_to(1.0, 0.05),
            ),
        ),
        why="The same weights go up and down; only in wide layers does no single one of them "
        "matter.",
    ),
    Statement(
        id="BP4",
        kind="derivation",
        sentence="Std v = √n⁺ Std w · 0.25, want = 1.",
        precise="0.25 is the slope at z = 0, an upper bound: the factor is σ_w √(E φ'(z)²). The "
        "forward condition, Std z = 4, contradicts it.",
        formula=r"\mathrm{Std}\,v = \sigma_w \sqrt{\mathrm{E}[\phi'(z)^2]}\;\mathrm{Std}\,v^+",
        assumes="z = 0 everywhere",
        parts=(
            Claim(
                sentence="the factor on Std v is √n⁺ Std w / 4",
                precise="Sigmoid, 4√(1/n), so that it is 1: the mean square of δ in layer 5 is "
                "that of layer 6 within 5 %.",
                experiment=_one_back("sigmoid, 4√(1/n)", 1.0),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="it is where z is almost 0",
                precise="Sigmoid, 0.1√(1/n): the mean square of δ in layer 5 is 0.1²/16 times that "
                "of layer 6 within 5 %.",
                experiment=_one_back("sigmoid, tiny weights", 0.1**2 / 16),
                **ONE_LAYER,
            ),
            Claim(
                id=".precise",
                sentence="the factor on Std v is σ_w √(E φ'(z)²)",
                precise="Sigmoid, 4√(1/n): the mean square of δ in layer 5 is 16 E σ'², z as its "
                "layers settle, times that of layer 6 within 5 %.",
                experiment=_one_back("sigmoid, 4√(1/n)", AT_FIXED_POINT),
                **ONE_LAYER,
            ),
            Claim(
                id=".slope",
                sentence="the slope is 0.25 where Std z = 4",
                precise="√(E σ'²) at z ~ N(0, 16) is 0.25 within 5 %.",
                experiment=exact("slope", "sigmoid", 4.0),
                **close_to(0.25, 0.05),
                expected="fails",
            ),
            Claim(
                id=".conflict",
                sentence="what holds Std z = 4 keeps the gradient",
                precise="Sigmoid with the gain that holds Std z = 4: the mean square of δ differs "
                "by less than a factor 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, Std z = 4 held", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="The forward half spreads z to ±4, the backward half takes the slope at 0.",
    ),
)
