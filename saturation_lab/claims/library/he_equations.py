"""Statements of He, Zhang, Ren & Sun (2015), equations 8 to 15, and their assumptions.

The paper writes y for the pre-activation, x for the input of a layer, and Δx and Δy for the
gradients; here they are z, a and δ = ∂C/∂z.
"""

from __future__ import annotations

import math

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Asked, Claim
from saturation_lab.claims.experiments import exact, layer_ratio, ratio, top_over_bottom
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import OVER_DEPTH, TO_ROUNDING, within
from saturation_lab.claims.statement import Statement

_WIDE = {"width": 500, "features": 500}
_TAPERING = {"widths": (800, 600, 400, 300, 200), "features": 800}
_NARROW = {"depth": 30, "width": 20, "features": 20, "examples": 1}

STUDIES = {
    "He 2015: ReLU": study("relu", "he_normal", **_WIDE),
    "He 2015: SiLU": study("silu", "he_normal", **_WIDE),
    "He 2015: ReLU, 30 layers": study("relu", "he_normal", **_WIDE, depth=30),
    "He 2015: ReLU, Glorot, 30 layers": study("relu", "glorot_normal", **_WIDE, depth=30),
    "He 2015: ReLU, narrow": study("relu", "he_normal", **_NARROW),
    "He 2015: ReLU, fan-in, tapering": study("relu", "he_normal", **_TAPERING),
    "He 2015: ReLU, fan-out, tapering": study("relu", "he_fan_out_normal", **_TAPERING),
}

PAPER = "He et al. 2015"

NARROW_LOSS = -3.978
"""E ln(Σa²_30/Σa²_1) for 20 units per layer, He's rule and one example (`theory.finite_width`)."""


def _half(name: str) -> Asked:
    """Specify E a²/E z² in layer 5, divided by 1/2."""
    return ratio(name, ("activation_mean_square", 5), ("pre_activation_mean_square", 5), times=0.5)


HE: tuple[Statement, ...] = (
    Statement(
        id="HE8",
        kind="derivation",
        source=f"{PAPER}, eq. 8",
        sentence="“Var[y_l] = ½ n_l Var[w_l] Var[y_l-1]”",
        precise="Var z = n Var w E a² holds for every φ. E a² = ½ Var z holds for ReLU, if z is "
        "symmetric about 0.",
        formula=r"\mathrm{Var}\,z_l = \frac{1}{2}\,n\,\mathrm{Var}\,w\,\mathrm{Var}\,z_{l-1}",
        assumes="ReLU, no biases, weights symmetric about 0",
        parts=(
            Claim(
                sentence="E a² = ½ Var z",
                precise="ReLU, He: in layer 5, the mean square of a is within 10 % of half that of "
                "z.",
                experiment=_half("He 2015: ReLU"),
                **within(1.1),
            ),
            Claim(
                id=".violated",
                sentence="the same for an activation other than ReLU",
                precise="SiLU, He: in layer 5, the mean square of a is within 10 % of half that of "
                "z.",
                experiment=_half("He 2015: SiLU"),
                **within(1.1),
                expected="fails",
            ),
            Claim(
                id=".precise",
                source=f"{PAPER}, eq. 7",
                sentence="Var z = n Var w E a²",
                precise="SiLU, He: in layer 5, the mean square of z is within 10 % of n Var w "
                "times that of a in the layer below.",
                experiment=ratio(
                    "He 2015: SiLU",
                    ("pre_activation_mean_square", 5),
                    ("activation_mean_square", 4),
                    times=2.0,
                ),
                **within(1.1),
            ),
        ),
        why="The factor ½ is specific to ReLU; the formula with the mean square is true of every "
        "activation.",
    ),
    Statement(
        id="HE10",
        kind="rule",
        source=f"{PAPER}, eq. 10",
        sentence="“½ n_l Var[w_l] = 1, ∀ l” avoids “reducing or magnifying the magnitudes of "
        "input signals exponentially”",
        precise="The mean over networks is kept at every width, but the typical network loses a "
        "factor of about exp(-½ Σ 5/n_l).",
        formula=r"\frac{1}{2}\,n\,\mathrm{Var}\,w = 1",
        assumes="a mean over networks, which is not typical of narrow, deep networks",
        parts=(
            Claim(
                sentence="the signal keeps its size",
                precise="ReLU, He, 10 layers: the mean square of z in layer 10 is within a factor "
                "of 2 of that in layer 1.",
                experiment=top_over_bottom("He 2015: ReLU", "pre_activation_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".narrow",
                sentence="the same in narrow, deep networks",
                precise="ReLU, He, 30 layers of 20 units: in the typical network, the mean square "
                "of a in layer 30 is within a factor of 2 of that in layer 1.",
                experiment=top_over_bottom("He 2015: ReLU, narrow", "activation_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".precise",
                source=f"{PAPER}, eq. 10, at finite width",
                sentence="the loss in the typical network agrees with finite-width theory",
                precise="The same networks: the ratio is within a factor of 2 of the exponential "
                "of its expected logarithm, which is known exactly for ReLU, Gaussian weights and "
                "one example.",
                experiment=layer_ratio(
                    "He 2015: ReLU, narrow", "activation_mean_square", -1, 1, math.exp(NARROW_LOSS)
                ),
                **OVER_DEPTH,
            ),
        ),
        why="A product of random factors with mean 1 is typically below 1.",
    ),
    Statement(
        id="HE14",
        kind="rule",
        source=f"{PAPER}, eq. 14",
        sentence="“½ n̂_l Var[w_l] = 1, ∀ l”: “the gradient is not exponentially large/small”",
        precise="n̂ is the fan-out. With it, the gradient keeps its size on uneven widths; with "
        "the fan-in of eq. 10, it changes by n_L/n_1.",
        formula=r"\frac{1}{2}\,m\,\mathrm{Var}\,w = 1",
        assumes="that the slopes of ReLU are independent of the back-propagated gradient",
        parts=(
            Claim(
                sentence="the gradient keeps its size",
                precise="ReLU, He's fan-out rule, widths 800 to 200: the mean square of δ in layer "
                "5 is within a factor of 2 of that in layer 1.",
                experiment=top_over_bottom(
                    "He 2015: ReLU, fan-out, tapering", "gradient_mean_square"
                ),
                **OVER_DEPTH,
            ),
            Claim(
                id=".fan-in",
                sentence="the same with the fan-in instead",
                precise="ReLU, He's fan-in rule, the same widths: the mean square of δ in layer 5 "
                "is within a factor of 2 of that in layer 1.",
                experiment=top_over_bottom(
                    "He 2015: ReLU, fan-in, tapering", "gradient_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="On its way down, a gradient is summed over the fan-out.",
    ),
    Statement(
        id="HEor",
        kind="derivation",
        source=f"{PAPER}, after eq. 14",
        sentence="“it is sufficient to use either Eqn.(14) or Eqn.(10) alone”: “if the "
        "initialization properly scales the backward signal, then this is also the case for the "
        "forward signal; and vice versa”",
        precise="The other direction changes by a ratio of two widths, whatever the depth. This is "
        "not exponential, but it is not 1 either.",
        formula=r"\prod_{l=2}^{L} \frac{1}{2}\,n_{l-1}\,\mathrm{Var}\,w_l = \frac{n_1}{n_L}",
        assumes="that the first and the last layer have similar widths",
        needs="similar widths of the first and the last layer",
        should="Either suffices if the first and the last layer have similar widths; otherwise the "
        "other direction changes by the ratio of these widths, whatever the depth.",
        idea=ideas.FANS,
        parts=(
            Claim(
                case="800 to 200 units",
                sentence="scaled properly backward, therefore also forward",
                precise="ReLU, He's fan-out rule, widths 800 to 200: the mean square of z in layer "
                "5 is within a factor of 2 of that in layer 1.",
                experiment=top_over_bottom(
                    "He 2015: ReLU, fan-out, tapering", "pre_activation_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="equal widths",
                sentence="at equal widths: scaled properly forward, therefore also backward",
                precise="ReLU, He, 10 equal layers: the mean square of δ in layer 10 is within a "
                "factor of 2 of that in layer 1.",
                experiment=top_over_bottom("He 2015: ReLU", "gradient_mean_square"),
                **OVER_DEPTH,
            ),
            Claim(
                id=".precise",
                sentence="the forward change is n_1/n_L",
                precise="He's fan-out rule, widths 800 to 200: the mean square of z in layer 5, "
                "divided by that in layer 1, is within 25 % of 800/200.",
                experiment=layer_ratio(
                    "He 2015: ReLU, fan-out, tapering",
                    "pre_activation_mean_square",
                    -1,
                    1,
                    800 / 200,
                ),
                **within(1.25),
            ),
            Claim(
                id=".back",
                sentence="the backward change is n_L/n_1",
                precise="He's fan-in rule, the same widths: the mean square of δ in layer 5, "
                "divided by that in layer 1, is within 25 % of 800/200.",
                experiment=layer_ratio(
                    "He 2015: ReLU, fan-in, tapering", "gradient_mean_square", -1, 1, 800 / 200
                ),
                **within(1.25),
            ),
        ),
        why="Only one factor is left instead of one per layer: either rule suffices if the first "
        "and the last layer have similar widths.",
    ),
    Statement(
        id="HE15",
        kind="identity",
        source=f"{PAPER}, eq. 15",
        sentence="“½(1 + a²) n_l Var[w_l] = 1”; “if a = 0, it becomes the ReLU case; if a = 1, it "
        "becomes the linear case”",
        precise="For z symmetric about 0, slope 1 above 0 and a below it: E φ² = ½(1 + a²) E z² "
        "and E φ'² = ½(1 + a²).",
        formula=r"\frac{1}{2}(1 + a^2)\,n\,\mathrm{Var}\,w = 1",
        parts=tuple(
            Claim(
                id=id,
                sentence=f"E φ² is ½(1 + a²) E z² for a = {slope:g}",
                precise=f"{said}, E z² from 1e-8 to 1e4: E φ²/E z² and E φ'² are ½(1 + a²) up to "
                "rounding.",
                experiment=exact("leak_mismatch", name, slope),
                **TO_ROUNDING,
            )
            for id, name, slope, said in (
                ("", "leaky_relu", 0.01, "Leaky ReLU"),
                (".relu", "relu", 0.0, "ReLU"),
                (".linear", "identity", 1.0, "Identity"),
            )
        ),
        why="Half of a symmetric law lies on either side of 0.",
    ),
)
"""The statements in the order of the equations; `he_depth` has those about depth."""
