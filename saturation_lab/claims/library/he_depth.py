"""Statements of He et al. (2015) about depth, over which a wrong factor per layer accumulates."""

from __future__ import annotations

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import exact, layer_ratio, signal_kept, top_over_bottom
from saturation_lab.claims.library.he_equations import PAPER
from saturation_lab.claims.margins import FACTOR_2, OVER_DEPTH
from saturation_lab.claims.statement import Statement

HE_DEPTH: tuple[Statement, ...] = (
    Statement(
        id="HE01",
        kind="identity",
        source=f"{PAPER}, discussion of eq. 14",
        sentence="With weights of standard deviation 0.01 the gradient's standard deviation, from "
        "conv10 to conv2 of a VGG network, is “1/(5.9 × 4.2² × 2.9² × 2.1⁴) = 1/(1.7 × 10⁴)” of "
        "what they derive",
        precise="√(2/n̂) divided by 0.01, multiplied over conv 2 to 10, which have 64, 128, 128, "
        "256, 256 and four times 512 filters of 3 × 3.",
        formula=r"\prod_l \frac{\sqrt{2/\hat{n}_l}}{0.01},\quad \hat{n}_l = 3^2 d_l",
        parts=(
            Claim(
                sentence="Std w = 0.01 loses a factor of 1.7 × 10⁴ from conv 10 to conv 2",
                precise="The product is 1.7 × 10⁴, to the two digits that are printed.",
                experiment=exact("he_over_constant", 0.01, 64, 128, 128, 256, 256, *[512] * 4),
                low=1.65e4,
                high=1.75e4,
            ),
        ),
        why="A standard deviation that ignores the widths is off by a factor in every layer.",
    ),
    Statement(
        id="HE30",
        kind="derivation",
        source=f"{PAPER}, section 2.2 and Figure 3",
        sentence="With 30 layers Glorot's initialization “completely stalls the learning, and the "
        "gradients are diminishing”",
        precise="Under Glorot's rule, a ReLU network loses a factor of ½ per layer in both "
        "directions; He's √2 makes up for it. But He's rule keeps only the size: inputs become "
        "alike, and the part that depends on the input is still lost.",
        formula=r"\left(\frac{1}{2}\right)^{L-1}",
        assumes="that activations of the right size still carry the signal",
        parts=(
            Claim(
                source=f"{PAPER}, Figure 3",
                sentence="the gradient diminishes under Glorot's rule",
                precise="ReLU, Glorot, 30 layers: the mean square of δ in layer 30 is more than "
                "twice that in layer 1.",
                experiment=top_over_bottom(
                    "He 2015: ReLU, Glorot, 30 layers", "gradient_mean_square"
                ),
                low=FACTOR_2,
            ),
            Claim(
                id=".rate",
                source=f"{PAPER}, section 2.2",
                sentence="a factor of ½ per layer",
                precise="The same networks: the mean square of δ in layer 30, divided by that in "
                "layer 1, is within a factor of 2 of 2²⁹.",
                experiment=layer_ratio(
                    "He 2015: ReLU, Glorot, 30 layers", "gradient_mean_square", -1, 1, 2.0**29
                ),
                **OVER_DEPTH,
            ),
            Claim(
                id=".He",
                source=f"{PAPER}, Figure 3",
                sentence="under He's rule it does not diminish",
                precise="ReLU, He, 30 layers: the mean square of δ in layer 30 is within a factor "
                "of 2 of that in layer 1.",
                experiment=top_over_bottom("He 2015: ReLU, 30 layers", "gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".signal",
                source=f"{PAPER}, what the argument leaves out",
                sentence="the part that depends on the input is kept",
                precise="ReLU, He, 30 layers: the variance of a over the examples in layer 30 is "
                "within a factor of 2 of that in layer 1.",
                experiment=signal_kept("He 2015: ReLU, 30 layers"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="A missing √2 costs a factor in every layer; but activations that keep their size may "
        "still forget their input.",
    ),
)
"""The statements, at the depths that the paper discusses."""
