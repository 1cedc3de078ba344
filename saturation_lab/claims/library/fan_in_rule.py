"""Statements of the lecture's forward rule: the factor 4, and what it does over many layers."""

from __future__ import annotations

import math

from saturation_lab.claims.claim import Asked, Claim
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
"""√(16/E σ²) at z ~ N(0, 16): the gain with which a sigmoid layer keeps Std z = 4."""

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
"""Std z from 3.5 to 4.5, as a ratio of mean squares to 16."""


def _square_over_16(name: str, layer: int) -> Asked:
    """Return E z² of a layer over the 16 that it is said to be."""
    return ratio(name, ("pre_activation_mean_square", layer), times=16.0)


FORWARD_RULE = of_source(
    SOURCE,
    Statement(
        id="GL7",
        kind="derivation",
        sentence="Std z = √n Std w.",
        precise="Std z = √n Std w √(E a²): √n Std w alone in layer 1, and there for standardised "
        "inputs only.",
        formula=r"\mathrm{Std}\,z = \sqrt{n}\,\mathrm{Std}\,w\,\sqrt{\mathrm{E}[a^2]}",
        assumes="E a² = 1",
        parts=(
            Claim(
                sentence="Std z = √n Std w in a layer of a sigmoid network",
                precise="Sigmoid, 4√(1/n): the mean square of z in layer 5 is 16 within 5 %.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", 5),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="the same in layer 1, standardised inputs",
                precise="Sigmoid, 4√(1/n), N(0, 1) inputs: the mean square of z in layer 1 is 16 "
                "within 5 %.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", 1),
                **ONE_LAYER,
            ),
            Claim(
                id=".digits",
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
                precise="There it is 16 times the mean square of the inputs, within 5 %.",
                experiment=ratio(
                    "sigmoid, 4√(1/n), digits from 0 to 1",
                    ("pre_activation_mean_square", 1),
                    ("conditional_mean_square", 1),
                ),
                **ONE_LAYER,
            ),
        ),
        why="The mean square of a was set to 1 without a word, and only inputs are standardised.",
    ),
    Statement(
        id="GL8",
        kind="derivation",
        sentence="Std z: want to keep about 4.",
        precise="Std z is 4 in layer 1 and runs from there to the fixed point of its length map.",
        formula=r"q^* = 16\,\mathrm{E}[\sigma(z)^2],\quad z \sim \mathcal{N}(0, q^*)",
        assumes="E a² = 1 in every layer",
        parts=(
            Claim(
                sentence="Std z stays about 4",
                precise="Sigmoid, 4√(1/n), layer 10: the root mean square of z rounds to 4.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", -1),
                **_ROUNDED_TO_4,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="it is 4 where E a² = 1",
                precise="There, layer 1, whose inputs are standardised: it rounds to 4.",
                experiment=_square_over_16("sigmoid, 4√(1/n)", 1),
                **_ROUNDED_TO_4,
            ),
            Claim(
                id=".fixed",
                sentence="4 is where it settles",
                precise="The fixed point of the length map, as Std z, rounds to 4.",
                experiment=exact("settled_std", "sigmoid", 4.0),
                low=3.5,
                high=4.5,
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="it settles at the fixed point of the length map",
                precise="Sigmoid, 4√(1/n), layer 10: the mean square of z is what theory expects, "
                "within 5 %.",
                experiment=against_theory("sigmoid, 4√(1/n)", "pre_activation_mean_square", -1),
                **ONE_LAYER,
            ),
        ),
        why="Every layer forgets the 4 of the layer below and goes to a Std z of its own.",
    ),
    Statement(
        id="GL9",
        kind="rule",
        sentence="w ~ N(0, 4√(1/n)): forward, from the sigmoid.",
        precise="Neither Std z nor the signal is kept. A larger gain holds Std z = 4 at depth, "
        "saturates 2Φ(-1) of all units for it, and loses the signal all the same.",
        formula=r"\sigma_w^2 = 16\,/\,\mathrm{E}[\sigma(z)^2],\quad z \sim \mathcal{N}(0, 16)",
        assumes="all that the forward derivation assumes",
        parts=(
            Claim(
                sentence="the forward rule keeps the signal",
                precise="Sigmoid, 4√(1/n): the variance of a over the examples differs by less "
                "than a factor 2 between hidden layers 1 and 10.",
                experiment=signal_kept("sigmoid, 4√(1/n)"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".square",
                sentence="the rule keeps Std z",
                precise="There the mean square of z differs by less than a factor 2.",
                experiment=top_over_bottom("sigmoid, 4√(1/n)", "pre_activation_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".gain",
                sentence="4 is the gain that holds Std z = 4",
                precise="The gain √(16/E σ²) at z ~ N(0, 16) is 4 within 5 %.",
                experiment=exact("holding_gain", "sigmoid", 4.0),
                **close_to(4.0, 0.05),
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="√(16/E σ²) is the gain that holds it",
                precise="Sigmoid with that gain: the mean square of z in layer 10 is 16, to 5 %.",
                experiment=_square_over_16("sigmoid, Std z = 4 held", -1),
                **ONE_LAYER,
            ),
            Claim(
                id=".price",
                sentence="… without saturation",
                precise="There less than 5 % of z lies beyond ±4 in layer 10.",
                experiment=value("sigmoid, Std z = 4 held", "saturated_share", -1),
                high=0.05,
                expected="fails",
            ),
            Claim(
                id=".signal",
                sentence="… and keeps the signal",
                precise="There the variance of a over the examples differs by less than a factor "
                "2 between hidden layers 1 and 10.",
                experiment=signal_kept("sigmoid, Std z = 4 held"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="A steady Std z is no signal: what is steady is the same for every input.",
    ),
    Statement(
        id="GL0",
        kind="identity",
        sentence="The factor 4 is for a sigmoid.",
        precise="With u = z/2 and t = tanh u, a sigmoid network with 4 times Glorot's weights is a "
        "tanh network with Glorot's, plus a frozen bias W·1 (and twice Glorot's in layer 1).",
        formula=r"u_1 = 2 W_1 x,\quad u_l = W_l\,t_{l-1} + W_l \mathbf{1},\quad u = z/2,\ "
        r"t = \tanh u",
        assumes="that activations are centred",
        parts=(
            Claim(
                sentence="a 4 × Glorot sigmoid network is Glorot's tanh network with a frozen bias",
                precise="Ten layers of 200 units, 16 examples: the largest mismatch of z/2 and u, "
                "and of 2δ and the tanh network's δ, as a share of the layer's largest value, is "
                "rounding.",
                experiment=exact("tanh_twin_mismatch", "frozen bias"),
                high=ROUNDING,
            ),
            Claim(
                id=".without",
                sentence="it is Glorot's tanh network",
                precise="The same without the bias: the largest mismatch is less than 0.01 times "
                "the layer's largest value.",
                experiment=exact("tanh_twin_mismatch", "no bias"),
                high=0.01,
                expected="fails",
            ),
            Claim(
                id=".forgets",
                sentence="so z still depends on the input as in a tanh network: sigmoid",
                precise="Sigmoid, 4√(1/n): the share of the spread of z that comes from the input "
                "differs by less than a factor 2 between hidden layers 1 and 10.",
                experiment=top_over_bottom("sigmoid, 4√(1/n)", "input_share_of_variance"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="… as it does where activations are centred: tanh",
                precise="tanh, √(1/n): the same.",
                experiment=top_over_bottom("tanh, √(1/n)", "input_share_of_variance"),
                **OVER_DEPTH,
            ),
        ),
        why="The factor 4 undoes the sigmoid's slope; the 1/2 that it centres on becomes a bias of "
        "the size of the weights, the same for every input.",
    ),
)
