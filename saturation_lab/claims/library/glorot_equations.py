"""Statements of Glorot & Bengio (2010) about variances, equations 5 to 16.

The paper writes s for the pre-activation and z for the activation; here they are z and a. The
number of layers is d.
"""

from __future__ import annotations

import math
from itertools import pairwise

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import (
    against_theory,
    exact,
    layer_ratio,
    ratio,
    top_over_bottom,
)
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.library.glorot_figures import FIGURES, PAPER, known
from saturation_lab.claims.margins import OVER_DEPTH, TO_ROUNDING, within
from saturation_lab.claims.statement import Statement

_TANH = {
    "depth": 5,
    "width": 500,
    "inputs": "shapeset",
    "features": 1024,
    "scaling": "signed",
    "examples": 100,
    "dtype": "float32",
}
_TAPERING = (800, 600, 400, 300, 200)

STUDIES = {
    "standard": study("tanh", "standard_uniform", **_TANH),
    "normalized": study("tanh", "glorot_uniform", **_TANH),
    "standard, Jacobians": study("tanh", "standard_uniform", **_TANH, singular_values=1),
    "normalized, Jacobians": study("tanh", "glorot_uniform", **_TANH, singular_values=1),
    "Glorot 2010: linear, normalized": study("identity", "glorot_normal"),
    "Glorot 2010: linear, standard": study("identity", "lecun_normal", gain=1 / math.sqrt(3)),
    "Glorot 2010: linear, tapering": study(
        "identity", "glorot_normal", widths=_TAPERING, features=800
    ),
}


def _weight_gradient_growth() -> float:
    """Return layer 5 over layer 1 by eq. 7, for the tapering linear networks."""
    pairs = [(_TAPERING[0], _TAPERING[0]), *pairwise(_TAPERING)]
    up = math.prod(2 * n / (n + m) for n, m in pairs[:-1])
    down = math.prod(2 * m / (n + m) for n, m in pairs[1:])
    return up / down


_EQUATIONS = (
    Statement(
        id="GB5",
        kind="derivation",
        source=f"{PAPER}, eq. 5",
        sentence="“Var[z^i] = Var[x] ∏ n_i' Var[W^i']”",
        precise="Each layer multiplies the mean square by n Var w E φ(z)²/E z², which is n Var w "
        "only if φ is linear: q_l = n Var w E φ(√q_{l-1} ε)², ε ~ N(0, 1).",
        formula=r"\mathrm{Var}\,a_i = \mathrm{Var}\,x\,\prod_{l=1}^{i} n_{l-1}\,\mathrm{Var}\,w_l",
        assumes="a linear regime: φ(z) = z for all z that occur",
        needs="a linear regime",
        should="Each layer contributes n Var w E φ²/E z², which is n Var w only if φ(z) = z.",
        idea=ideas.LINEAR,
        parts=(
            Claim(
                case="tanh",
                sentence="n Var w = 1: the activations keep their size",
                precise="Tanh, normalized initialization, 5 layers: the mean square of a in layer "
                "5 is within a factor of 2 of that of z in layer 1.",
                experiment=ratio(
                    "normalized", ("activation_mean_square", -1), ("pre_activation_mean_square", 1)
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="linear",
                sentence="the same if φ is linear",
                precise="Identity, Glorot, 10 layers: the mean square of a in layer 10 is within a "
                "factor of 2 of that in layer 1.",
                experiment=top_over_bottom(
                    "Glorot 2010: linear, normalized", "activation_mean_square"
                ),
                **OVER_DEPTH,
            ),
            Claim(
                id=".precise",
                source=f"{PAPER}, eq. 5, with φ",
                sentence="each layer contributes E φ²",
                precise="Tanh, normalized initialization: the mean square of a in layer 5 is "
                "within 10 % of the value from the recursion with E φ².",
                experiment=against_theory("normalized", "activation_mean_square", 5),
                **within(1.1),
            ),
        ),
        why="The equation describes a linear network; tanh compresses all values that are not "
        "small.",
    ),
    Statement(
        id="GB6",
        kind="derivation",
        source=f"{PAPER}, eq. 6",
        sentence="“Var[∂Cost/∂s^i] = Var[∂Cost/∂s^d] ∏ n_i'+1 Var[W^i']”",
        precise="Each layer multiplies the mean square of δ by m Var w E φ'(z)², m = fan-out.",
        formula=r"\mathrm{Var}\,\delta_i = \mathrm{Var}\,\delta_d\,"
        r"\prod_{l=i+1}^{d} n_l\,\mathrm{Var}\,w_l",
        assumes="f'(s) ≈ 1 (eq. 4), and that δ is independent of the weights through which it is "
        "back-propagated",
        needs="a linear regime, where φ' = 1",
        should="Each layer contributes m Var w E φ'², which is m Var w only if φ' = 1.",
        idea=ideas.LINEAR,
        parts=(
            Claim(
                case="tanh",
                source=f"{PAPER}, eqs. 4 and 6",
                sentence="n Var w = 1: the gradients keep their size",
                precise="Tanh, normalized initialization, 5 layers: the mean square of δ in layer "
                "5 is within a factor of 2 of that in layer 1.",
                experiment=top_over_bottom("normalized", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="linear",
                source=f"{PAPER}, eqs. 4 and 6",
                sentence="the same if φ' = 1",
                precise="Identity, Glorot, 10 layers: the mean square of δ in layer 10 is within a "
                "factor of 2 of that in layer 1.",
                experiment=top_over_bottom(
                    "Glorot 2010: linear, normalized", "gradient_mean_square"
                ),
                **OVER_DEPTH,
            ),
            Claim(
                id=".precise",
                source=f"{PAPER}, eq. 6, with φ'",
                sentence="each layer contributes E φ'²",
                precise="Tanh, normalized initialization: the mean square of δ in layer 1 is "
                "within 10 % of the value from the recursion with E φ'².",
                experiment=against_theory("normalized", "gradient_mean_square", 1),
                **within(1.1),
            ),
        ),
        why="The slope of tanh is below 1 wherever z is not small, and the slopes of all layers "
        "multiply.",
    ),
    Statement(
        id="GB12",
        kind="identity",
        source=f"{PAPER}, eqs. 10 to 12",
        sentence="“when all layers have the same width”, Var W = 2/(n_i + n_i+1) satisfies both "
        "n_i Var W = 1 and n_i+1 Var W = 1",
        precise="The two products are 2n/(n + m) and 2m/(n + m). Both are 1 if and only if n = m; "
        "otherwise one is as far above 1 as the other is below.",
        formula=r"n\,\mathrm{Var}\,w = \frac{2n}{n+m},\quad m\,\mathrm{Var}\,w = \frac{2m}{n+m}",
        parts=(
            Claim(
                source=f"{PAPER}, eq. 12",
                sentence="both constraints at equal widths",
                precise="n = m, from 1 to a million: |n Var w - 1| and |m Var w - 1| are 0 up to "
                "rounding.",
                experiment=exact("fan_mismatch", "glorot_normal", 1.0),
                **TO_ROUNDING,
            ),
            Claim(
                id=".uneven",
                source=f"{PAPER}, eq. 12",
                sentence="both constraints at any widths",
                precise="m = n/2: |n Var w - 1| and |m Var w - 1| are 0 up to rounding.",
                experiment=exact("fan_mismatch", "glorot_normal", 0.5),
                **TO_ROUNDING,
                expected="fails",
            ),
        ),
        why="A compromise between two conditions meets both only if they coincide.",
    ),
    Statement(
        id="GB13",
        kind="rule",
        source=f"{PAPER}, eq. 13",
        sentence="“the variance of the backpropagated gradient might still vanish or explode as "
        "we consider deeper networks”: Var[∂Cost/∂s^i] = [n Var[W]]^(d-i) Var[x]",
        precise="By eq. 6, the last factor is Var[∂Cost/∂s^d]; Var[x] is a misprint. With n Var w "
        "= 1/3, the mean square of δ falls by a factor of 3 per layer on its way down if φ is "
        "linear, and by 3/E φ'² if it is not.",
        formula=r"\mathrm{Var}\,\delta_i = (n\,\mathrm{Var}\,w)^{d-i}\,\mathrm{Var}\,\delta_d",
        assumes="equal widths and a linear regime",
        parts=(
            known("F8-gradient"),
            Claim(
                id=".rate",
                sentence="a factor of 1/3 per layer",
                precise="Tanh, standard initialization: the mean square of δ in layer 1, divided "
                "by that in layer 5, is within a factor of 2 of 3⁻⁴.",
                experiment=layer_ratio("standard", "gradient_mean_square", 1, -1, 3.0**-4),
                **OVER_DEPTH,
            ),
            Claim(
                id=".linear",
                sentence="a factor of 1/3 per layer",
                precise="Identity, n Var w = 1/3, 10 layers: the mean square of δ in layer 1, "
                "divided by that in layer 10, is within a factor of 2 of 3⁻⁹.",
                experiment=layer_ratio(
                    "Glorot 2010: linear, standard", "gradient_mean_square", 1, -1, 3.0**-9
                ),
                **OVER_DEPTH,
            ),
        ),
        why="A quantity that every layer multiplies by the same factor grows or shrinks "
        "exponentially.",
    ),
    Statement(
        id="GB14",
        kind="derivation",
        source=f"{PAPER}, eqs. 7 and 14",
        sentence="“the variance of the gradient on the weights is the same for all layers”",
        precise="The factors that the activations have lost on their way up to a layer are those "
        "that δ has yet to lose on its way down. The product is the same in every layer if all "
        "widths are equal, including that of the input.",
        formula=r"\mathrm{Var}\,\frac{\partial C}{\partial w_i} = (n\,\mathrm{Var}\,w)^{d}\,"
        r"\mathrm{Var}\,x\,\mathrm{Var}\,\delta_d",
        assumes="equal widths, one initialization for all layers, a linear regime",
        parts=(
            known("F8-weights"),
            known("F8-normalized", id=".normalized"),
            known("F8-batch", id=".batch"),
            Claim(
                id=".uneven",
                source=f"{PAPER}, eq. 14",
                sentence="the same for all layers, at any widths",
                precise="Identity, Glorot, widths 800 to 200: the mean square of one example's "
                "weight gradient in layer 5 is within a factor of 2 of that in layer 1.",
                experiment=top_over_bottom(
                    "Glorot 2010: linear, tapering", "weight_gradient_mean_square"
                ),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".precise",
                source=f"{PAPER}, eq. 7",
                sentence="the product of both directions",
                precise="The same networks: the ratio of layer 5 to layer 1 is within 25 % of eq. "
                "7, the product of 2n/(n + m) on the way up divided by the product of 2m/(n + m) "
                "on the way down.",
                experiment=layer_ratio(
                    "Glorot 2010: linear, tapering",
                    "weight_gradient_mean_square",
                    -1,
                    1,
                    _weight_gradient_growth(),
                ),
                **within(1.25),
            ),
        ),
        why="With equal widths, the changes on the way up and on the way down cancel; with other "
        "widths they do not.",
    ),
    Statement(
        id="GB15",
        kind="identity",
        source=f"{PAPER}, eqs. 1 and 15",
        sentence="“n Var[W] = 1/3” for the standard initialization U[-1/√n, 1/√n]",
        precise="The variance of U[-b, b] is b²/3.",
        formula=r"n\,\mathrm{Var}\,w = \frac{1}{3}",
        parts=(
            Claim(
                source=f"{PAPER}, eq. 15",
                sentence="n Var w = 1/3",
                precise="For n and m from 1 to a million, |3 n Var w - 1| is 0 up to rounding.",
                experiment=exact("variance_mismatch", "standard_uniform", "third_of_fan_in"),
                **TO_ROUNDING,
            ),
        ),
        why="Without a factor of √3 in the bound, every linear layer loses two thirds of the "
        "variance.",
    ),
    Statement(
        id="GB16",
        kind="identity",
        source=f"{PAPER}, eq. 16",
        sentence="W ~ U[-√6/√(n_j + n_j+1), √6/√(n_j + n_j+1)] has the variance of eq. 12",
        precise="(√6/√(n + m))²/3 = 2/(n + m).",
        formula=r"\frac{1}{3}\left(\frac{\sqrt{6}}{\sqrt{n+m}}\right)^2 = \frac{2}{n+m}",
        parts=(
            Claim(
                sentence="Var w = 2/(n + m)",
                precise="For n and m from 1 to a million, |Var w (n + m)/2 - 1| is 0 up to "
                "rounding.",
                experiment=exact("variance_mismatch", "glorot_uniform", "mean_fan"),
                **TO_ROUNDING,
            ),
        ),
        why="The 6 under the root is the 2 of eq. 12 times 3, because the variance of a uniform "
        "law is a third of its squared bound.",
    ),
)

GLOROT: tuple[Statement, ...] = (*_EQUATIONS, *FIGURES)
"""The statements in the order of the equations, followed by those about the figures."""
