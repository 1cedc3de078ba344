"""The lecture's initialization table, one statement for each row."""

from __future__ import annotations

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Claim, ask
from saturation_lab.claims.experiments import exact, nearer_to_one, ratio
from saturation_lab.claims.library.weight_table import SOURCE, Networks, at_depths, kept
from saturation_lab.claims.margins import OVER_DEPTH, close_to, within
from saturation_lab.claims.statement import Statement, of_source

_Z, _G = "pre_activation_mean_square", "gradient_mean_square"

_TANH = Networks("table: tanh", "Tanh, 10 layers, Gaussian weights")
_SIGMOID = Networks("table: sigmoid", "Sigmoid, 10 layers, Gaussian weights")
_RELU_TAPERING = Networks("table: relu, tapering", "ReLU, widths 1024, 512, 256, 128, 64")
_RELU = Networks("table: relu", "ReLU, 10 layers of 200 units")
_SILU = Networks("table: silu", "SiLU, 10 layers, Gaussian weights")
_SILU_PRESERVING = Networks(
    "table: silu, preserving", "SiLU, 10 layers, the gain that preserves q = 1, standardized inputs"
)
_SILU_CRITICAL = Networks("table: silu, critical", "SiLU, 10 layers at its critical point")
_HE_TAPERING = Networks(
    "table: relu, tapering, He", "ReLU with √(2/n), widths 1024, 512, 256, 128, 64"
)


def _both(*depths: int) -> set[str]:
    """Return the ids of the parts on signal and gradient at some depths."""
    return {f".layers{depth}.{of}" for depth in depths for of in ("signal", "gradient")}


CELLS = of_source(
    SOURCE,
    Statement(
        id="GHt",
        kind="rule",
        sentence="Tanh: w ~ √(6/(n+m)) uniform, √(2/(n+m)) Gaussian.",
        precise="Tanh is critical at σ_w = 1, with the fixed point 0: E z² in layer l is about "
        "1/(2l), and E δ² in layer l is proportional to l, so that L layers lose a factor of the "
        "order of L. The loss is polynomial, not exponential, but signal and gradient are not "
        "preserved.",
        formula=r"q_l \simeq \frac{1}{2l},\quad \chi_1 = 1 - 2 q_l \simeq 1 - \frac{1}{l},\quad "
        r"E[\delta_l^2] \simeq \frac{l}{L}\, E[\delta_L^2]",
        assumes="z near 0, where tanh z ≈ z",
        needs="few layers",
        should="A good start for a few layers. The loss is small and polynomial: E z² falls like "
        "1/(2l), and E δ² in layer l is proportional to l.",
        idea=ideas.LINEAR,
        parts=(
            kept("signal", _TANH, expected="fails", case="10 layers"),
            *at_depths("tanh", "Tanh", fewest=".met", fails=_both(3, 5) | {".layers2.gradient"}),
            kept("gradient", _TANH, id=".gradient", expected="fails"),
            Claim(
                id=".length",
                sentence="E z² falls like 1/(2l)",
                precise="Tanh, Gaussian weights: E z² in layer 30 is half of that in layer 15, "
                "within a factor of 1.1.",
                experiment=ratio("table: tanh, 30 layers", (_Z, 30), (_Z, 15), times=0.5),
                **within(1.1),
            ),
            Claim(
                id=".constant",
                sentence="E z² is 1/(2l)",
                precise="Tanh, Gaussian weights: E z² in layer 30 is 1/60, within a factor of "
                "1.25.",
                experiment=ratio("table: tanh, 30 layers", (_Z, 30), times=1 / 60),
                **within(1.25),
            ),
            Claim(
                id=".rate",
                sentence="E δ² in layer l is proportional to l",
                precise="Tanh, 30 layers, Gaussian weights: E δ² in layer 15 is half of that in "
                "layer 30, within a factor of 1.1.",
                experiment=ratio("table: tanh, 30 layers", (_G, 15), (_G, 30), times=0.5),
                **within(1.1),
            ),
        ),
        why="A small, polynomial loss: each tanh layer shrinks large values the most, so the loss "
        "slows down as z becomes smaller.",
    ),
    Statement(
        id="GHs",
        kind="rule",
        sentence="Sigmoid: w ~ 4√(6/(n+m)) uniform, 4√(2/(n+m)) Gaussian.",
        precise="Much better than without the 4, but still exponential: the activations keep their "
        "size and forget the input, and the gradient shrinks by χ₁ < 1 per layer.",
        formula=r"\chi_1 = 16\,E[\sigma'(z)^2] < 1",
        assumes="centred activations and a slope of 1/4 everywhere",
        should="The 4 helps a great deal, and still is no cure: use tanh or ReLU in networks with "
        "more than one hidden layer.",
        idea=ideas.MEAN,
        parts=(
            *at_depths("sigmoid", "Sigmoid", fewest="", fails=_both(2, 3, 5) | {""}),
            kept("signal", _SIGMOID, id=".layers10.signal", expected="fails", case="10 layers"),
            kept("gradient", _SIGMOID, id=".gradient", expected="fails"),
            kept("length", _SIGMOID, id=".length"),
            Claim(
                id=".better",
                sentence="the 4 helps",
                precise="Sigmoid, 10 layers: the gradient changes by a smaller factor over the "
                "depth than with √(2/(n+m)).",
                experiment=nearer_to_one("table: sigmoid", "table: sigmoid, 1x", _G),
                low=0.0,
            ),
            Claim(
                id=".rate",
                sentence="the gradient shrinks exponentially",
                precise="Sigmoid: E δ² changes from layer 20 to 10 by the same factor as from "
                "layer 30 to 20, within a factor of 2. An equally steep power law would be off by "
                "hundreds.",
                experiment=ask(
                    "ratio",
                    study="table: sigmoid, 30 layers",
                    of=((_G, 10), (_G, 30)),
                    over=((_G, 20), (_G, 20)),
                ),
                **OVER_DEPTH,
            ),
        ),
        why="**The 4 helps by many orders of magnitude over ten layers, and still is no cure.** "
        "The pooled activations look healthy, but they are nearly the same for every input.",
    ),
    Statement(
        id="GHr",
        kind="rule",
        sentence="ReLU: w ~ √2 √(6/(n+m)) uniform, √2 √(2/(n+m)) Gaussian.",
        precise="This equals He's rule if n = m. On tapering widths, a layer multiplies E a² by "
        "2n/(n+m) and E δ² by 2m/(n+m), so neither is preserved; He's fan-in rule preserves E a². "
        "The verdict is on E a², which the rule is derived to keep; the other rows are judged by "
        "the signal, the variance of a over the examples. In deep networks the signal is lost even "
        "if n = m.",
        formula=r"E[a_l^2] = \frac{2n}{n+m} E[a_{l-1}^2],\quad "
        r"E[\delta_{l-1}^2] = \frac{2m}{n+m} E[\delta_l^2]",
        assumes="n = m",
        needs="equal widths",
        should="√2 √(2/(n+m)) if all layers are equally wide; otherwise √(2/n), which keeps the "
        "activations, or √(2/m), which keeps the gradients (He).",
        idea=ideas.FANS,
        parts=(
            kept("length", _RELU_TAPERING, expected="fails", case="tapering widths"),
            kept("gradient", _RELU_TAPERING, id=".gradient", expected="fails"),
            kept("length", _RELU, id=".met", case="equal widths"),
            kept("gradient", _RELU, id=".met.gradient"),
            kept("length", _HE_TAPERING, id=".he"),
            kept("gradient", _HE_TAPERING, id=".he.gradient", expected="fails"),
            Claim(
                id=".precise",
                sentence="E a² grows by 2n/(n+m) per layer",
                precise="ReLU, widths halving four times: E a² in layer 5 is (4/3)⁴ times that in "
                "layer 1, within a factor of 1.25.",
                experiment=ratio(
                    "table: relu, tapering",
                    ("activation_mean_square", 5),
                    ("activation_mean_square", 1),
                    times=(4 / 3) ** 4,
                ),
                **within(1.25),
            ),
            kept("signal", _RELU, id=".signal", expected="fails"),
            *at_depths("relu", "ReLU", fails={".layers5.signal"}),
        ),
        why="The forward pass needs the fan-in and the backward pass the fan-out. If both are "
        "equal, their mean keeps the size and the gradient, but not the signal, as inputs become "
        "alike (D2).",
    ),
    Statement(
        id="GHi",
        kind="rule",
        sentence="SiLU: w ~ √2 √(6/(n+m)) uniform, √2 √(2/(n+m)) Gaussian.",
        precise="Neither is preserved: E silu(z)² < q/2 at every q, so that signal and gradient "
        "vanish. The gain that preserves q = 1 makes it an unstable fixed point; the critical "
        "point needs a bias.",
        formula=r"2\,E[\mathrm{silu}(z)^2] < q",
        assumes="that SiLU halves the mean square as ReLU does",
        needs="few layers",
        should="SiLU needs a larger gain than ReLU, or a bias: its critical point has σ_b > 0.",
        idea=ideas.LINEAR,
        parts=(
            kept("signal", _SILU, expected="fails", case="10 layers"),
            *at_depths("silu", "SiLU", fewest=".met", fails=_both(5) | {".layers3.signal"}),
            kept("gradient", _SILU, id=".gradient", expected="fails"),
            Claim(
                id=".huge",
                sentence="√2 compensates for SiLU if z is huge",
                precise="At q = 10⁴, where SiLU is almost ReLU, 2 E silu(z)²/q is within 0.01 of "
                "1.",
                experiment=exact("growth", "silu", 2.0, 1e4),
                **close_to(1.0, 0.01),
            ),
            Claim(
                id=".first",
                sentence="√2 compensates for SiLU in the first layer",
                precise="At q = 2, as in the first layer, 2 E silu(z)²/q is within 0.01 of 1.",
                experiment=exact("growth", "silu", 2.0, 2.0),
                **close_to(1.0, 0.01),
                expected="fails",
            ),
            Claim(
                id=".bound",
                sentence="√2 is too small for SiLU at every q",
                precise="2 E silu(z)²/q is below 1 at every q from 10⁻⁸ to 10⁴. At the largest q, "
                "where SiLU is almost ReLU, it is below 1 by a few millionths.",
                experiment=exact("most_growth", "silu", 2.0),
                high=1.0,
            ),
            Claim(
                id=".unstable",
                sentence="the gain that preserves q = 1 is stable",
                precise="With the gain that preserves q = 1, a small deviation of q shrinks: χ∥ < "
                "1.",
                experiment=exact("preserving_chi_parallel", "silu"),
                high=1.0,
                expected="fails",
            ),
            kept("length", _SILU_PRESERVING, id=".preserving", expected="fails"),
            Claim(
                id=".bias",
                sentence="no bias is needed",
                precise="The critical point of SiLU has σ_b < 0.1.",
                experiment=exact("critical_bias", "silu"),
                high=0.1,
                expected="fails",
            ),
            kept("length", _SILU_CRITICAL, id=".critical"),
            Claim(
                id=".better",
                sentence="the critical point keeps the gradient better",
                precise="SiLU, 10 layers: the gradient changes by a smaller factor over the depth "
                "at the critical point than under the lecture's rule.",
                experiment=nearer_to_one("table: silu, critical", "table: silu", _G),
                low=0.0,
            ),
        ),
        why="SiLU passes on less than ReLU at every size of z, so ReLU's factor is too small for "
        "it.",
    ),
    Statement(
        id="GHx",
        kind="attribution",
        sentence="Summarized by Glorot and He.",
        precise="Tanh: both columns are in Glorot & Bengio 2010, eqs. 12 and 16. Sigmoid: the 4 is "
        "in neither paper. ReLU: He et al. 2015 have √(2/n) (eq. 10) or √(2/m) (eq. 14), not the "
        "mean of n and m. SiLU: in neither paper, as both are older.",
        why="Two of the eight cells are in these papers.",
    ),
)
"""One statement for each row of the table, and one about its sources."""
