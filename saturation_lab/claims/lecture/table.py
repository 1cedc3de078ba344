"""What does the lecture state in its table of initializations, and of ReLU in deep networks?"""

from __future__ import annotations

import math

from saturation_lab.claims.claim import (
    AgainstTheory,
    Between,
    Claim,
    Exact,
    NearerToOne,
    Ratio,
    TopOverBottom,
    Value,
)
from saturation_lab.claims.statement import Statement
from saturation_lab.claims.studies import study

TAPERING = {"widths": [1024, 512, 256, 128, 64], "features": 1024}
DEEPER = {"depth": 30, "width": 500, "features": 500}
CRITICAL = {"gain": 1.4099661975627251, "bias": "normal", "bias_scale": 0.7450793049880975}
"""SiLU's critical point: `critical_point("silu")`."""
PRESERVING = 1.6765324703310913
"""Of SiLU: `gains("silu").variance_preserving`."""

STUDIES = {
    "table: tanh": study("tanh", "lecture_normal"),
    "table: tanh, uniform": study("tanh", "lecture_uniform"),
    "table: tanh, 30 layers": study("tanh", "lecture_normal", **DEEPER),
    "table: sigmoid": study("sigmoid", "lecture_normal"),
    "table: sigmoid, uniform": study("sigmoid", "lecture_uniform"),
    "table: sigmoid, 1x": study("sigmoid", "glorot_normal"),
    "table: sigmoid, 30 layers": study("sigmoid", "lecture_normal", **DEEPER),
    "table: relu": study("relu", "lecture_normal"),
    "table: relu, uniform": study("relu", "lecture_uniform"),
    "table: relu, tapering": study("relu", "lecture_normal", **TAPERING),
    "table: relu, tapering, uniform": study("relu", "lecture_uniform", **TAPERING),
    "table: relu, tapering, He": study("relu", "he_normal", **TAPERING),
    "table: relu, 30 layers": study("relu", "he_normal", **DEEPER),
    "table: silu": study("silu", "lecture_normal"),
    "table: silu, uniform": study("silu", "lecture_uniform"),
    "table: silu, preserving": study("silu", "lecun_normal", gain=PRESERVING),
    "table: silu, critical": study("silu", "lecun_normal", **CRITICAL),
}

SOURCE = "Lecture, Glorot and He initialization"
DEMO = "Lecture, demo"
_TWICE = math.log(2)
_TENTH = math.log(1.1)
_Z, _G = "pre_activation_mean_square", "gradient_mean_square"


def kept(key: str, of: str, *, study: str, says: str, expected: str, source: str = SOURCE) -> Claim:
    """Return the claim that a row of `KEPT` changes by less than a factor 2 over the depth."""
    return Claim(
        id=key,
        source=source,
        sentence=KEPT[of][0],
        precise=f"{says}: {KEPT[of][1]} differs by less than a factor 2 between the first and the "
        "last hidden layer.",
        experiment=TopOverBottom(study=study, quantity=KEPT[of][2], times=KEPT[of][3]),
        low=-_TWICE,
        high=_TWICE,
        expected=expected,
    )


KEPT = {
    "signal": (
        "the signal is kept",
        "the variance of the activations over the examples",
        "activation_mean_square",
        "activation_input_share_of_variance",
    ),
    "length": (
        "the activations keep their size",
        "the mean square of the activations",
        "activation_mean_square",
        "",
    ),
    "gradient": (
        "the gradient is kept",
        "the mean square of the back-propagated gradients",
        _G,
        "",
    ),
}
"""In words, in full, and the quantities whose product it is."""

RANGE = (
    Statement(
        id="GH0",
        kind="derivation",
        source=SOURCE,
        sentence="We have solved this assuming the activation output is in the range −4 to 4 (for "
        "a sigmoid).",
        precise="The pre-activation z is what has a standard deviation of 4, in the first layer; "
        "the output of a sigmoid lies in (0, 1), its standard deviation below 1/2.",
        formula=r"\mathrm{Std}\,z_1 = 4,\quad \mathrm{Var}\,a \le 1/4",
        assumes="that output means pre-activation",
        parts=(
            Claim(
                id="GH0",
                source=SOURCE,
                sentence="the activations spread over −4 to 4",
                precise="Sigmoid, the lecture's Gaussian weights: Var a of layer 1 lies within a "
                "factor 2 of 16.",
                experiment=Ratio(
                    study="table: sigmoid", of=(("activation_variance", 1),), times=16.0
                ),
                low=-_TWICE,
                high=_TWICE,
                expected="fails",
            ),
            Claim(
                id="GH0.met",
                source=SOURCE,
                sentence="z spreads over −4 to 4",
                precise="Sigmoid, the lecture's Gaussian weights: E z² of layer 1 lies within a "
                "factor 1.1 of 16, for standardised inputs.",
                experiment=Ratio(study="table: sigmoid", of=((_Z, 1),), times=16.0),
                low=-_TENTH,
                high=_TENTH,
            ),
        ),
        why="A sigmoid's output cannot leave (0, 1): the range is that of its input z.",
    ),
    Statement(
        id="GH1",
        kind="rule",
        source=SOURCE,
        sentence="This range is different depending on the activation and assuming Gaussian or "
        "Uniform sampling.",
        precise="Gaussian and uniform weights of one variance act alike on every mean square; only "
        "the bound is √3 times the standard deviation.",
        formula=r"w \sim U[\pm b]:\ \mathrm{Var}\,w = b^2/3",
        parts=(
            Claim(
                id="GH1",
                source=SOURCE,
                sentence="the two columns of the table act alike",
                precise="Sigmoid, 10 layers: E z² of layer 10 is the same for uniform and for "
                "Gaussian weights, within a factor 1.1.",
                experiment=Between(
                    study="table: sigmoid, uniform", than="table: sigmoid", at=(_Z, -1)
                ),
                low=-_TENTH,
                high=_TENTH,
            ),
            Claim(
                id="GH1.gradient",
                source=SOURCE,
                sentence="the two columns act alike on the gradient",
                precise="Sigmoid, 10 layers: E δ² of layer 1 is the same for both, within a "
                "factor 2.",
                experiment=Between(
                    study="table: sigmoid, uniform", than="table: sigmoid", at=(_G, 1)
                ),
                low=-_TWICE,
                high=_TWICE,
            ),
            Claim(
                id="GH1.bound",
                source=SOURCE,
                sentence="the bound depends on the law",
                precise="Where the Gaussian weights of tanh have Std w = 1/10 (n = m = 100), the "
                "uniform ones are bounded by √3/10.",
                experiment=Exact(of="bound", args=("lecture_uniform", "tanh", 100.0, 100.0)),
                low=0.1732,
                high=0.1733,
            ),
            Claim(
                id="GH1.activation",
                source=SOURCE,
                sentence="the range depends on the activation",
                precise="E z² of layer 1 is 16 times as large for the sigmoid's weights as for "
                "tanh's, within a factor 1.1.",
                experiment=Between(study="table: sigmoid", than="table: tanh", at=(_Z, 1)),
                low=math.log(16) - _TENTH,
                high=math.log(16) + _TENTH,
            ),
        ),
        why="What a layer does to mean squares depends on the variance of its weights alone.",
    ),
)

CELLS = (
    Statement(
        id="GHt",
        kind="rule",
        source=SOURCE,
        sentence="Tanh: w ~ √(6/(n+m)) uniform, √(2/(n+m)) Gaussian.",
        precise="Critical (σ_w = 1), with the fixed point 0: E z² falls like 1/(2l) and the "
        "gradient, on its way down, like 1/l. No exponential, and not preserved.",
        formula=r"q_l \simeq \frac{1}{2l},\quad \chi_1 = 1 - 2 q_l \simeq 1 - \frac{1}{l}",
        assumes="z near 0, where tanh z is z",
        parts=(
            kept(
                "GHt",
                "signal",
                study="table: tanh",
                says="Tanh, 10 layers, Gaussian weights",
                expected="fails",
            ),
            kept(
                "GHt.gradient",
                "gradient",
                study="table: tanh",
                says="Tanh, 10 layers, Gaussian weights",
                expected="fails",
            ),
            Claim(
                id="GHt.length",
                source=SOURCE,
                sentence="E z² falls like 1/(2l)",
                precise="Tanh, Gaussian weights: E z² of layer 30 is half of that of layer 15, "
                "within a factor 1.1.",
                experiment=Ratio(
                    study="table: tanh, 30 layers", of=((_Z, 30),), over=((_Z, 15),), times=0.5
                ),
                low=-_TENTH,
                high=_TENTH,
            ),
            Claim(
                id="GHt.rate",
                source=SOURCE,
                sentence="the gradient falls like 1/l",
                precise="Tanh, Gaussian weights: E δ² of layer 15 is half of that of layer 30, "
                "within a factor 1.1.",
                experiment=Ratio(
                    study="table: tanh, 30 layers", of=((_G, 15),), over=((_G, 30),), times=0.5
                ),
                low=-_TENTH,
                high=_TENTH,
            ),
        ),
        why="Each layer of tanh shrinks what is not small, and by less the smaller it is.",
    ),
    Statement(
        id="GHs",
        kind="rule",
        source=SOURCE,
        sentence="Sigmoid: w ~ 4√(6/(n+m)) uniform, 4√(2/(n+m)) Gaussian.",
        precise="Much better than without the 4, and still exponential: the activations keep "
        "their size and forget the input, and the gradient shrinks by χ₁ < 1 a layer.",
        formula=r"\chi_1 = 16\,E[\sigma'(z)^2] < 1",
        assumes="centred activations and a slope of 1/4 everywhere",
        parts=(
            kept(
                "GHs",
                "signal",
                study="table: sigmoid",
                says="Sigmoid, 10 layers, Gaussian weights",
                expected="fails",
            ),
            kept(
                "GHs.gradient",
                "gradient",
                study="table: sigmoid",
                says="Sigmoid, 10 layers, Gaussian weights",
                expected="fails",
            ),
            kept(
                "GHs.length",
                "length",
                study="table: sigmoid",
                says="Sigmoid, 10 layers, Gaussian weights",
                expected="holds",
            ),
            Claim(
                id="GHs.better",
                source=SOURCE,
                sentence="the 4 helps",
                precise="Sigmoid, 10 layers: the gradient changes less from layer to layer than "
                "with √(2/(n+m)).",
                experiment=NearerToOne(
                    study="table: sigmoid", than="table: sigmoid, 1x", quantity=_G
                ),
                low=0.0,
            ),
            Claim(
                id="GHs.rate",
                source=SOURCE,
                sentence="the gradient shrinks exponentially",
                precise="Sigmoid: E δ² changes from layer 20 to 10 by the same factor as from 30 "
                "to 20, within a factor 2.",
                experiment=Ratio(
                    study="table: sigmoid, 30 layers",
                    of=((_G, 10), (_G, 30)),
                    over=((_G, 20), (_G, 20)),
                ),
                low=-_TWICE,
                high=_TWICE,
            ),
        ),
        why="The pooled activations look healthy, but every input gives nearly the same ones.",
    ),
    Statement(
        id="GHr",
        kind="rule",
        source=SOURCE,
        sentence="ReLU: w ~ √2 √(6/(n+m)) uniform, √2 √(2/(n+m)) Gaussian.",
        precise="This is He's rule only where n = m. On tapering widths a layer multiplies E a² by "
        "2n/(n+m) and E δ² by 2m/(n+m): neither is preserved. He's fan-in preserves E a².",
        formula=r"E[a_l^2] = \frac{2n}{n+m} E[a_{l-1}^2],\quad "
        r"E[\delta_{l-1}^2] = \frac{2m}{n+m} E[\delta_l^2]",
        assumes="n = m",
        parts=(
            kept(
                "GHr",
                "length",
                study="table: relu, tapering",
                says="ReLU, widths 1024, 512, 256, 128, 64",
                expected="fails",
            ),
            kept(
                "GHr.gradient",
                "gradient",
                study="table: relu, tapering",
                says="ReLU, widths 1024, 512, 256, 128, 64",
                expected="fails",
            ),
            kept(
                "GHr.met",
                "length",
                study="table: relu",
                says="ReLU, 10 layers of 200 units",
                expected="holds",
            ),
            kept(
                "GHr.met.gradient",
                "gradient",
                study="table: relu",
                says="ReLU, 10 layers of 200 units",
                expected="holds",
            ),
            kept(
                "GHr.he",
                "length",
                study="table: relu, tapering, He",
                says="ReLU with √(2/n), widths 1024, 512, 256, 128, 64",
                expected="holds",
            ),
            kept(
                "GHr.he.gradient",
                "gradient",
                study="table: relu, tapering, He",
                says="ReLU with √(2/n), widths 1024, 512, 256, 128, 64",
                expected="fails",
            ),
            Claim(
                id="GHr.precise",
                source=SOURCE,
                sentence="E a² grows by 2n/(n+m) a layer",
                precise="ReLU, widths halving four times: E a² of layer 5 is (4/3)⁴ times that of "
                "layer 1, within a factor 1.25.",
                experiment=Ratio(
                    study="table: relu, tapering",
                    of=(("activation_mean_square", 5),),
                    over=(("activation_mean_square", 1),),
                    times=(4 / 3) ** 4,
                ),
                low=-math.log(1.25),
                high=math.log(1.25),
            ),
        ),
        why="Forward needs the fan-in and backward the fan-out; their mean is right where both "
        "are equal.",
    ),
    Statement(
        id="GHi",
        kind="rule",
        source=SOURCE,
        sentence="SiLU: w ~ √2 √(6/(n+m)) uniform, √2 √(2/(n+m)) Gaussian.",
        precise="Not preserving: E silu(z)² < q/2 at every q, so that signal and gradient vanish. "
        "The gain that keeps q = 1 is an unstable fixed point; the critical point needs a bias.",
        formula=r"2\,E[\mathrm{silu}(z)^2] < q",
        assumes="that SiLU halves the mean square as ReLU does",
        parts=(
            kept(
                "GHi",
                "signal",
                study="table: silu",
                says="SiLU, 10 layers, Gaussian weights",
                expected="fails",
            ),
            kept(
                "GHi.gradient",
                "gradient",
                study="table: silu",
                says="SiLU, 10 layers, Gaussian weights",
                expected="fails",
            ),
            Claim(
                id="GHi.bound",
                source=SOURCE,
                sentence="√2 makes up for what SiLU takes",
                precise="2 E silu(z)²/q reaches 1 at some q from 10⁻⁸ to 10⁴.",
                experiment=Exact(of="most_growth", args=("silu", 2.0)),
                low=1.0,
                expected="fails",
            ),
            Claim(
                id="GHi.unstable",
                source=SOURCE,
                sentence="the gain that keeps q = 1 keeps q",
                precise="Under the gain that keeps q = 1 a small difference in q shrinks: χ∥ < 1.",
                experiment=Exact(of="preserving_chi_parallel", args=("silu",)),
                high=1.0,
                expected="fails",
            ),
            kept(
                "GHi.preserving",
                "length",
                study="table: silu, preserving",
                says="SiLU, 10 layers, the gain that keeps q = 1, standardised inputs",
                expected="fails",
            ),
            Claim(
                id="GHi.bias",
                source=SOURCE,
                sentence="no bias is needed",
                precise="The critical point of SiLU has σ_b < 0.1.",
                experiment=Exact(of="critical_bias", args=("silu",)),
                high=0.1,
                expected="fails",
            ),
            kept(
                "GHi.critical",
                "length",
                study="table: silu, critical",
                says="SiLU, 10 layers at its critical point",
                expected="holds",
            ),
            Claim(
                id="GHi.better",
                source=SOURCE,
                sentence="the critical point keeps the gradient better",
                precise="SiLU, 10 layers: the gradient changes less from layer to layer at the "
                "critical point than under the lecture's rule.",
                experiment=NearerToOne(
                    study="table: silu, critical", than="table: silu", quantity=_G
                ),
                low=0.0,
            ),
        ),
        why="SiLU passes less than ReLU at every size of z, so ReLU's factor is too small for it.",
    ),
    Statement(
        id="GHx",
        kind="attribution",
        source=SOURCE,
        sentence="Summarized by Glorot and He.",
        precise="Tanh, both columns: Glorot & Bengio 2010, eqs. 12 and 16. Sigmoid's 4: in neither "
        "paper. ReLU: He et al. 2015 have √(2/n) (eq. 10) or √(2/m) (eq. 14), not the mean of n "
        "and m. SiLU: in neither, both are older.",
        why="Two cells of the eight are in these papers.",
    ),
)

DEEP_RELU = (
    Statement(
        id="D2",
        kind="rule",
        source=DEMO,
        sentence="ReLU nonlinearities are important for deep networks.",
        precise="Under He's rule χ₁ = 1 at every q, so that a ReLU network keeps its gradient at "
        "any depth; but its inputs become alike: their correlation rises towards 1.",
        formula=r"\chi_1 = 2\,E[\varphi'(z)^2] = 1,\quad 1 - c_l \simeq \frac{9\pi^2}{2 l^2}",
        parts=(
            kept(
                "D2",
                "gradient",
                study="table: relu, 30 layers",
                says="ReLU, He's rule, 30 layers of 500 units",
                expected="holds",
                source=DEMO,
            ),
            Claim(
                id="D2.slope",
                source=DEMO,
                sentence="χ₁ = 1 at every depth",
                precise="2 E φ'(z)² of ReLU is 1 at every q from 10⁻⁸ to 10⁴, to twelve digits.",
                experiment=Exact(of="chi_1_error", args=("relu", 2.0)),
                high=1e-12,
            ),
            kept(
                "D2.sigmoid",
                "gradient",
                study="table: sigmoid, 30 layers",
                says="Sigmoid, the lecture's rule, 30 layers of 500 units",
                expected="fails",
                source=DEMO,
            ),
            kept(
                "D2.signal",
                "signal",
                study="table: relu, 30 layers",
                says="ReLU, He's rule, 30 layers of 500 units",
                expected="fails",
                source=DEMO,
            ),
            Claim(
                id="D2.alike",
                source=DEMO,
                sentence="unlike inputs stay unlike",
                precise="ReLU, He's rule: after 30 layers unrelated inputs have activations of a "
                "cosine below 0.5.",
                experiment=Value(study="table: relu, 30 layers", at=("activation_correlation", -1)),
                high=0.5,
                expected="fails",
            ),
            Claim(
                id="D2.precise",
                source=DEMO,
                sentence="the correlation rises as theory says",
                precise="ReLU, He's rule: the share of E a² of layer 30 that still comes from the "
                "input is the one that theory expects, within a factor 2.",
                experiment=AgainstTheory(
                    study="table: relu, 30 layers",
                    at=("activation_input_share_of_variance", -1),
                ),
                low=-_TWICE,
                high=_TWICE,
            ),
        ),
        why="ReLU keeps the gradient alive at any depth, at the price that inputs become alike.",
    ),
)

TABLE: tuple[Statement, ...] = (*RANGE, *CELLS)
