"""The lecture's statements on the forward rule: the factor 4 and its effect over many layers."""

from __future__ import annotations

import math

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Asked, Claim, Unit
from saturation_lab.claims.experiments import (
    against_theory,
    exact,
    ratio,
    signal_kept,
    top_over_bottom,
    value,
)
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.library.variance_derivation import SOURCE
from saturation_lab.claims.margins import ONE_LAYER, OVER_DEPTH, ROUNDING, Ends, close_to
from saturation_lab.claims.statement import Statement, of_source

HOLDING_GAIN = 6.25599533610172
"""√(16/E σ²) at z ~ N(0, 16), the gain at which a sigmoid layer preserves Std z = 4."""

STUDIES = {
    "sigmoid, Std z = 4 held": study(
        "sigmoid", "lecun_normal", gain=HOLDING_GAIN, saturation_beyond=4.0, width=500, features=500
    ),
    "sigmoid, 4√(1/n), digits from 0 to 1": study(
        "sigmoid",
        "lecture_forward_normal",
        depth=1,
        width=500,
        inputs="digits",
        scaling="unit",
        features=64,
        loss="random_cotangent",
    ),
}

_ROUNDED_TO_4: Ends = {"low": 2 * math.log(3.5 / 4), "high": 2 * math.log(4.5 / 4)}
"""Std z from 3.5 to 4.5, expressed as the logarithm of E z²/16."""


_STD_Z = Unit(says="Std z", of=4.0, root=True, asks="4")


def _square_over_16(name: str, layer: int) -> Asked:
    """Specify E z² of a layer divided by the claimed value 16."""
    return ratio(name, ("pre_activation_mean_square", layer), times=16.0)


FORWARD_RULE = of_source(
    SOURCE,
    Statement(
        id="GL7",
        kind="derivation",
        sentence="Std z = √n Std w.",
        precise="Std z = √n Std w √(E a²). This equals √n Std w only in layer 1, and there only "
        "for standardized inputs.",
        formula=r"\mathrm{Std}\,z = \sqrt{n}\,\mathrm{Std}\,w\,\sqrt{\mathrm{E}[a^2]}",
        assumes="E a² = 1",
        needs="E a² = 1, as set in GL1",
        should="Std z = √n Std w √(E a²), which is √n Std w in layer 1 only, for standardized "
        "inputs.",
        idea=ideas.MEAN,
        parts=(
            Claim(
                case="layer 5",
                unit=_STD_Z,
                sentence="Std z = √n Std w in a deeper layer of a sigmoid network",
                precise="Sigmoid, 4√(1/n): the mean square of z in layer 5 is 16 within 5 %.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", 5),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="layer 1",
                unit=_STD_Z,
                sentence="the same in layer 1, standardized inputs",
                precise="Sigmoid, 4√(1/n), N(0, 1) inputs: the mean square of z in layer 1 is 16 "
                "within 5 %.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", 1),
                **ONE_LAYER,
            ),
            Claim(
                id=".digits",
                unit=_STD_Z,
                sentence="the same in layer 1, grey values from 0 to 1",
                precise="Sigmoid, 4√(1/n), digits from 0 to 1: the mean square of z in layer 1 is "
                "16 within 5 %.",
                experiment=_square_over_16("sigmoid, 4√(1/n), digits from 0 to 1", 1),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="Std z = √n Std w √(E a²), grey values from 0 to 1",
                precise="In the same layer, the mean square of z is 16 times that of the inputs, "
                "within 5 %.",
                experiment=ratio(
                    "sigmoid, 4√(1/n), digits from 0 to 1",
                    ("pre_activation_mean_square", 1),
                    ("conditional_mean_square", 1),
                ),
                **ONE_LAYER,
            ),
        ),
        why="The mean square of a was set to 1 in GL1, but only the inputs are standardized.",
    ),
    Statement(
        id="GL8",
        kind="derivation",
        sentence="Std z: want to keep about 4.",
        precise="Std z is 4 in layer 1 and converges from there to the fixed point of the length "
        "map.",
        formula=r"q^* = 16\,\mathrm{E}[\sigma(z)^2],\quad z \sim \mathcal{N}(0, q^*)",
        assumes="E a² = 1 in every layer",
        needs="E a² = 1",
        should="Std z is 4 in layer 1 and settles below it, at the fixed point of the length map.",
        idea=ideas.MEAN,
        parts=(
            Claim(
                case="layer 10",
                unit=_STD_Z,
                sentence="Std z stays about 4",
                precise="Sigmoid, 4√(1/n), layer 10: the root mean square of z rounds to 4.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", -1),
                **_ROUNDED_TO_4,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="layer 1",
                unit=_STD_Z,
                sentence="it is about 4 if E a² = 1",
                precise="In layer 1 of the same networks, whose inputs are standardized, it rounds "
                "to 4.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", 1),
                **_ROUNDED_TO_4,
            ),
            Claim(
                id=".fixed",
                sentence="Std z converges to 4",
                precise="The Std z at the fixed point of the length map rounds to 4.",
                experiment=exact("settled_std", "sigmoid", 4.0),
                low=3.5,
                high=4.5,
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="Std z converges to the fixed point of the length map",
                precise="Sigmoid, 4√(1/n), layer 10: the mean square of z agrees with theory "
                "within 5 %.",
                experiment=against_theory("sigmoid, 4√(1/n)", "pre_activation_mean_square", -1),
                **ONE_LAYER,
            ),
        ),
        why="Std z does not stay at its initial value of 4: layer by layer it approaches the fixed "
        "point.",
    ),
    Statement(
        id="GL9",
        kind="rule",
        sentence="w ~ N(0, 4√(1/n)): forward, from the sigmoid.",
        precise="Neither Std z nor the signal is kept. A larger gain keeps Std z = 4 at depth, but "
        "it saturates a share of 2Φ(-1) of all units, and the signal is still lost.",
        formula=r"\sigma_w^2 = 16\,/\,\mathrm{E}[\sigma(z)^2],\quad z \sim \mathcal{N}(0, 16)",
        assumes="everything that the forward derivation assumes",
        should="A gain of √(16/E σ²) at z ~ N(0, 16) would hold Std z = 4. It saturates a third of "
        "the units, and the signal is lost all the same.",
        idea=ideas.MEAN,
        parts=(
            Claim(
                case="layer 10",
                unit=_STD_Z,
                sentence="the forward rule keeps Std z = 4",
                precise="Sigmoid, 4√(1/n), layer 10: the root mean square of z rounds to 4.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", -1),
                **_ROUNDED_TO_4,
                expected="fails",
            ),
            Claim(
                id=".input",
                sentence="worse: the forward rule keeps the signal",
                precise="Sigmoid, 4√(1/n): the variance of a over the examples differs by less "
                "than a factor of 2 between hidden layers 1 and 10.",
                experiment=signal_kept("sigmoid, 4√(1/n)"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".square",
                sentence="the rule keeps Std z",
                precise="In the same networks, the mean square of z differs by less than a factor "
                "of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, 4√(1/n)", "pre_activation_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".gain",
                sentence="4 is the gain that keeps Std z = 4",
                precise="The gain √(16/E σ²) at z ~ N(0, 16) is 4 within 5 %.",
                experiment=exact("holding_gain", "sigmoid", 4.0),
                **close_to(4.0, 0.05),
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="√(16/E σ²) is the gain that keeps it",
                precise="Sigmoid with that gain: the mean square of z in layer 10 is 16, within 5 "
                "%.",
                experiment=_square_over_16("sigmoid, Std z = 4 held", -1),
                **ONE_LAYER,
            ),
            Claim(
                id=".price",
                sentence="… without saturation",
                precise="In the same networks, less than 5 % of the z in layer 10 lies beyond ±4.",
                experiment=value("sigmoid, Std z = 4 held", "saturated_share", -1),
                high=0.05,
                expected="fails",
            ),
            Claim(
                id=".signal",
                sentence="… and keeps the signal",
                precise="In the same networks, the variance of a over the examples differs by less "
                "than a factor of 2 between hidden layers 1 and 10.",
                experiment=signal_kept("sigmoid, Std z = 4 held"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="Std z does not stay at 4. Worse, the signal is lost: nearly all of z is the same for "
        "every input, whatever its size.",
    ),
    Statement(
        id="GL0",
        kind="theorem",
        sentence="The factor 4 is for a sigmoid.",
        precise="Our theorem: with u = z/2 and t = tanh u, a sigmoid network with 4 times Glorot's "
        "weights is a tanh network with Glorot's weights (twice those in layer 1) and a frozen "
        "bias W·1.",
        formula=r"u_1 = 2 W_1 x,\quad u_l = W_l\,t_{l-1} + W_l \mathbf{1},\quad u = z/2,\ "
        r"t = \tanh u",
        assumes="that activations are centred",
        parts=(
            Claim(
                sentence="a 4 × Glorot sigmoid network is Glorot's tanh network with a frozen bias",
                precise="Ten layers of 200 units, 16 examples: z/2 equals u, and 2δ equals the δ "
                "of the tanh network, up to rounding relative to the largest value in the layer.",
                experiment=exact("tanh_twin_mismatch", "frozen bias"),
                high=ROUNDING,
            ),
            Claim(
                id=".without",
                sentence="it is Glorot's tanh network without a bias",
                precise="The same without the bias: the largest difference is less than 0.01 times "
                "the largest value in the layer.",
                experiment=exact("tanh_twin_mismatch", "no bias"),
                high=0.01,
                expected="fails",
            ),
            Claim(
                id=".forgets",
                sentence="z depends on the input as it does in a tanh network: sigmoid",
                precise="Sigmoid, 4√(1/n): the share of the mean square of z that comes from the "
                "input differs by less than a factor of 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, 4√(1/n)", "input_share_of_variance"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="… as it does if the activations are centred: tanh",
                precise="tanh, √(1/n): the same.",
                experiment=top_over_bottom("tanh, √(1/n)", "input_share_of_variance"),
                **OVER_DEPTH,
            ),
        ),
        why="The factor 4 compensates for the sigmoid's slope, but the sigmoid's centre at 1/2 "
        "acts as a bias of the size of the weights, the same for every input.",
    ),
)
