"""The lecture's statements on the backward derivation, each step with its assumption."""

from __future__ import annotations

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Asked, Claim, Unit, ask
from saturation_lab.claims.experiments import exact, layer_ratio, top_over_bottom
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import ONE_LAYER, OVER_DEPTH, ROUNDING, close_to
from saturation_lab.claims.statement import Statement, of_source

AT_16 = 0.255950443225210
"""χ₁ = 16 E σ'² at z ~ N(0, 16), in layer 1 of the lecture's sigmoid network on N(0, 1) inputs."""
AT_FIXED_POINT = 0.398879006543737
"""χ₁ at the fixed point to which its layers converge."""

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
    """Specify E δ² in a layer divided by ``times`` that of the layer above."""
    return layer_ratio(name, "gradient_mean_square", layer, layer + 1, times)


def _mean_back(name: str, times: float) -> Asked:
    """Specify the arithmetic mean over networks of E δ² in layer 1 over ``times`` that above it."""
    return Asked("mean_ratio", _one_back(name, times, layer=1).keys)


_FORETOLD = Unit(says="Var v ÷ predicted")
_OVER = Unit(says="gradient, layer 10 ÷ layer 1")
_ERROR = Unit(says="largest error ÷ largest entry")
_SLOPE = Unit(says="Std v ÷ predicted", root=True, asks="1")

BACKWARD = of_source(
    SOURCE,
    Statement(
        id="BP1",
        kind="identity",
        sentence="v = a(1 - a) W · v⁺.",
        precise="Right once the notation is repaired: v = φ'(z) ∘ (Wᵀ v⁺), with the transpose of W "
        "and an entrywise product.",
        formula=r"v = \phi'(z) \circ (W^\top v^+)",
        assumes="a notation in which W maps gradients back",
        notation="v = φ'(z) ∘ (Wᵀ v⁺)",
        should="v = φ'(z) ∘ (Wᵀ v⁺), with the transpose of W and an entrywise product.",
        idea=ideas.WORDS,
        parts=(
            Claim(
                case="as printed",
                unit=_ERROR,
                sentence="v = a(1 - a) ∘ (W v⁺), as printed",
                precise="Three square sigmoid layers: the largest error of the printed formula, "
                "compared with ∂C/∂z from a complex step, is less than 0.01 times the largest "
                "entry.",
                experiment=exact("way_back_mismatch", "as printed"),
                high=0.01,
                expected="fails",
            ),
            Claim(
                id=".repaired",
                case="repaired",
                unit=_ERROR,
                sentence="v = a(1 - a) ∘ (Wᵀ v⁺)",
                precise="In the same layers, the error with the transpose is rounding.",
                experiment=exact("way_back_mismatch", "transposed"),
                high=ROUNDING,
            ),
        ),
        why="A unit that sends its output through a column of W receives its gradient through the "
        "same column.",
    ),
    Statement(
        id="BP2",
        kind="derivation",
        sentence="Keep the variance of v stable in magnitude → stable gradient.",
        precise="The gradient of the weights is v aᵀ, so it is stable if both v and a are.",
        formula=r"\partial C / \partial W = v\,a^\top",
        assumes="that a is stable too, which is the other half of the derivation",
        needs="a stable too, the other half of the derivation",
        should="Keep v and a stable: the gradient of the weights is v aᵀ.",
        idea=ideas.FANS,
        parts=(
            Claim(
                case="where a grows",
                unit=_OVER,
                sentence="a stable v gives a stable gradient, even if a grows",
                precise="ReLU, √2√(1/m), widths from 1000 down to 75: the mean square of one "
                "example's weight gradient differs by less than a factor of 2 between layers 1 and "
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
                precise="In the same networks, the mean square of δ differs by less than a factor "
                "of 2 between layers 1 and 10.",
                experiment=top_over_bottom("ReLU, √2√(1/m), tapering", "gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".met",
                case="where a is stable",
                unit=_OVER,
                sentence="a stable v gives a stable gradient if a is stable too",
                precise="ReLU, √2√(1/n), equal widths: the mean square of one example's weight "
                "gradient differs by less than a factor of 2 between layers 1 and 10.",
                experiment=top_over_bottom("ReLU, √2√(1/n)", "weight_gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".precise",
                sentence="the gradient of the weights is v aᵀ",
                precise="The tapering ReLU networks, layer 5: the mean square of the weight "
                "gradient is that of δ times that of a in layer 4, within 5 %.",
                experiment=ask(
                    "ratio",
                    study="ReLU, √2√(1/m), tapering",
                    of=(("weight_gradient_mean_square", 5),),
                    over=(("gradient_mean_square", 5), ("activation_mean_square", 4)),
                ),
                **ONE_LAYER,
            ),
        ),
        why="The gradient of a weight is the product of the activation below it and the δ above "
        "it.",
    ),
    Statement(
        id="BP3",
        kind="derivation",
        sentence="Var v = n⁺ Var w Var[v⁺ a(1 - a)].",
        precise="E v² = E φ'(z)² · n⁺ Var w · E (v⁺)² is exact as n → ∞. In narrow layers it is "
        "not exact, because the backward pass uses the same weights as the forward pass.",
        formula=r"\mathrm{E}\,v^2 = \mathrm{E}[\phi'(z)^2]\; n^+\,\mathrm{Var}\,w\;"
        r"\mathrm{E}[(v^+)^2]",
        assumes="gradient independence: that v⁺ and φ' are independent of each other and of W",
        needs="wide layers",
        should="Exact as n → ∞; within 2 % at a width of 1,000.",
        idea="Gradient independence holds for wide layers only.",
        parts=(
            Claim(
                case="width 2",
                unit=_FORETOLD,
                sentence="one backward step is exact: narrow sigmoid layers",
                precise="Sigmoid, 4√(1/n), width 2: the mean over networks of E δ² in layer 1 over "
                "that in layer 2 is 16 E σ'² at z ~ N(0, 16), within 5 %.",
                experiment=_mean_back("sigmoid, 4√(1/n), width 2", AT_16),
                **close_to(1.0, 0.05),
                expected="fails",
            ),
            Claim(
                id=".met",
                case="width 1000",
                unit=_FORETOLD,
                sentence="one backward step is exact: wide sigmoid layers",
                precise="The same at width 1000, within 2 %.",
                experiment=_mean_back("sigmoid, 4√(1/n), width 1000", AT_16),
                **close_to(1.0, 0.02),
            ),
            Claim(
                id=".relu",
                sentence="one backward step is exact: narrow ReLU layers",
                precise="ReLU, √2√(1/n), width 8: the same with E φ'² = 1/2. The slope of ReLU "
                "depends only on the sign of z, and the random cotangent determines the sign of δ.",
                experiment=_mean_back("ReLU, √2√(1/n), width 8", 1.0),
                **close_to(1.0, 0.05),
            ),
        ),
        why="Both passes use the same weights; only in wide layers is the influence of each single "
        "weight negligible.",
    ),
    Statement(
        id="BP4",
        kind="derivation",
        sentence="Std v = √n⁺ Std w · 0.25, want = 1.",
        precise="0.25 is the slope at z = 0 and an upper bound; the factor is σ_w √(E φ'(z)²). The "
        "forward condition Std z = 4 contradicts z = 0.",
        formula=r"\mathrm{Std}\,v = \sigma_w \sqrt{\mathrm{E}[\phi'(z)^2]}\;\mathrm{Std}\,v^+",
        assumes="z = 0 everywhere",
        should="Std v = σ_w √(E φ'(z)²) Std v⁺; 0.25 is the slope at z = 0, an upper bound.",
        idea=ideas.SLOPE,
        parts=(
            Claim(
                case="the lecture's rule",
                unit=_SLOPE,
                sentence="the factor on Std v is √n⁺ Std w / 4",
                precise="Sigmoid, 4√(1/n), for which this factor is 1: the mean square of δ in "
                "layer 5 equals that in layer 6, within 5 %.",
                experiment=_one_back("sigmoid, 4√(1/n)", 1.0),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="tiny weights",
                unit=_SLOPE,
                sentence="the same if z is almost 0",
                precise="Sigmoid, 0.1√(1/n): the mean square of δ in layer 5 is 0.1²/16 times that "
                "in layer 6, within 5 %.",
                experiment=_one_back("sigmoid, tiny weights", 0.1**2 / 16),
                **ONE_LAYER,
            ),
            Claim(
                id=".precise",
                sentence="the factor on Std v is σ_w √(E φ'(z)²)",
                precise="Sigmoid, 4√(1/n): the mean square of δ in layer 5 is 16 E σ'² times that "
                "in layer 6, with z at the fixed point of the length map, within 5 %.",
                experiment=_one_back("sigmoid, 4√(1/n)", AT_FIXED_POINT),
                **ONE_LAYER,
            ),
            Claim(
                id=".slope",
                sentence="the slope is 0.25 if Std z = 4",
                precise="√(E σ'²) at z ~ N(0, 16) is 0.25, within 5 %.",
                experiment=exact("slope", "sigmoid", 4.0),
                **close_to(0.25, 0.05),
                expected="fails",
            ),
            Claim(
                id=".conflict",
                sentence="the gain that keeps Std z = 4 also keeps the gradient",
                precise="Sigmoid with the gain that keeps Std z = 4: the mean square of δ differs "
                "by less than a factor of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, Std z = 4 held", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="The forward derivation lets z spread to ±4, while the backward derivation uses the "
        "slope at 0.",
    ),
)
