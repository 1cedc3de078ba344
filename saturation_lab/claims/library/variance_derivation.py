"""The lecture's statements about the variance of a sum, each with its assumption."""

from __future__ import annotations

import math

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Asked, Claim, Unit
from saturation_lab.claims.experiments import exact, ratio, value
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import ONE_LAYER, TO_ROUNDING, close_to
from saturation_lab.claims.statement import Statement, of_source

UNIT_GAIN = math.sqrt(2 / (1 - 1 / math.pi))
"""The σ_w at which a ReLU layer on standardized inputs has Var a = σ_w² (1 - 1/π)/2 = 1."""

_WIDE = {"width": 500, "features": 500}

STUDIES = {
    "sigmoid, 4√(1/n)": study("sigmoid", "lecture_forward_normal", **_WIDE),
    "tanh, √(1/n)": study("tanh", "lecture_forward_normal", **_WIDE),
    "ReLU, √2√(1/n)": study("relu", "lecture_forward_normal", **_WIDE),
    "SiLU, √2√(1/n)": study("silu", "lecture_forward_normal", **_WIDE),
    "sigmoid, 400√(1/n)": study("sigmoid", "lecun_normal", gain=400.0, depth=1, **_WIDE),
    "ReLU, Var a = 1": study("relu", "lecun_normal", gain=UNIT_GAIN, depth=1, **_WIDE),
}

SOURCE = "Lecture, Glorot weight initialization: forward"


_KEPT = Unit(says="Var a / E a²")


def _kept(name: str) -> Asked:
    """Specify Var a / E a² in layer 5, the share of Var z that the slide keeps."""
    of, over = ("activation_variance", 5), ("activation_mean_square", 5)
    return ratio(name, of, over)


def _square_over(below: str, name: str, variance: float) -> Asked:
    """Specify E z² in layer 6 divided by σ_w² times a quantity of layer 5."""
    return ratio(name, ("pre_activation_mean_square", 6), (below, 5), times=variance)


_PREDICTED = Unit(says="Var z ÷ n Var w Var a")


def _terms(case: str) -> Asked:
    return exact("three_terms_mismatch", case)


FORWARD = of_source(
    SOURCE,
    Statement(
        id="GL1",
        kind="derivation",
        sentence="Var a in the layer below: aim at 1.",
        precise="True of standardized inputs, impossible for a sigmoid: a variable between 0 and 1 "
        "has a variance of at most 1/4.",
        formula=r"\mathrm{Var}\,a \leq \tfrac14 (\sup\phi - \inf\phi)^2",
        assumes="a standardized, which is true of inputs",
        needs="a standardized, as inputs are",
        should="Std a = 1 is true of standardized inputs; a sigmoid has Std a ≤ 1/2, whatever its "
        "weights.",
        idea="The range of a sigmoid allows no Std a = 1.",
        parts=(
            Claim(
                case="a sigmoid at most",
                unit=Unit(says="Std a"),
                sentence="a sigmoid can have Std a = 1",
                precise="The largest possible Std a of a sigmoid unit, with half of its outputs at "
                "each bound, is at least 1.",
                experiment=exact("largest_std", "sigmoid"),
                low=1.0,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="inputs",
                unit=Unit(says="Std a", root=True),
                sentence="standardized inputs have Std a = 1",
                precise="Standardized inputs: their mean square, and so Var a, is 1 within 5 %.",
                experiment=ratio("sigmoid, 4√(1/n)", ("conditional_mean_square", 1), times=16.0),
                **ONE_LAYER,
            ),
            Claim(
                id=".unbounded",
                unit=Unit(says="Std a", root=True),
                sentence="an unbounded activation can have Std a = 1",
                precise="ReLU on standardized inputs, σ_w² = 2/(1 - 1/π): Var a = 1 within 5 %.",
                experiment=value("ReLU, Var a = 1", "activation_variance", 1),
                **close_to(1.0, 0.05),
            ),
            Claim(
                id=".precise",
                sentence="Var a ≤ 1/4 for a sigmoid",
                precise="Sigmoid, weights a hundred times those of the lecture: Var a is below "
                "1/4.",
                experiment=value("sigmoid, 400√(1/n)", "activation_variance", 1),
                high=0.25,
            ),
        ),
        why="The range of a sigmoid is too narrow for a standard deviation of 1, whatever the "
        "weights.",
    ),
    Statement(
        id="GL3",
        kind="identity",
        sentence="Assume iid, expand the variance of the sum into three terms.",
        precise="Exact if the weights are independent of a and of each other, and either their "
        "mean is 0 or the a are uncorrelated.",
        formula=r"\mathrm{Var}\,z = \sum_j \mathrm{E}[w_j]^2\,\mathrm{Var}\,a_j + \mathrm{Var}\,w_j"
        r"\,\mathrm{E}[a_j]^2 + \mathrm{Var}\,w_j\,\mathrm{Var}\,a_j",
        assumes="that w is independent of a",
        parts=(
            Claim(
                sentence="the three terms add up to Var z",
                precise="Two independent weights and two independent a with a few values each, in "
                "exact fractions: the sum of the terms equals Var z.",
                experiment=_terms("all independent"),
                **TO_ROUNDING,
            ),
            Claim(
                id=".centred",
                sentence="… also if the a are correlated and E w = 0",
                precise="The same with two equal a and E w = 0.",
                experiment=_terms("equal activations, centred weights"),
                **TO_ROUNDING,
            ),
            Claim(
                id=".correlated",
                sentence="… also if the a are correlated and E w is not 0",
                precise="The same with two equal a and E w = 1/2: the error is below 1 % of Var z.",
                experiment=_terms("equal activations"),
                high=0.01,
                expected="fails",
            ),
            Claim(
                id=".dependent",
                sentence="… also if w depends on a, as after training",
                precise="The same with w = a: the error is below 1 % of Var z.",
                experiment=_terms("weights equal to activations"),
                high=0.01,
                expected="fails",
            ),
        ),
        why="Just after initialization, the weights are independent of the values that they "
        "multiply.",
    ),
    Statement(
        id="GL4",
        kind="derivation",
        sentence="The first two terms are 0, if uncorrelated.",
        precise="Half right: the first term is 0 because E w = 0. The second, n Var w E[a]², is 0 "
        "only if E a = 0; for a sigmoid it is at least as large as the term that is kept.",
        formula=r"\mathrm{E}[w]^2\,\mathrm{Var}\,a = 0,\quad \mathrm{Var}\,w\,\mathrm{E}[a]^2 = 0",
        assumes="E w = 0 and E a = 0; correlation plays no role",
        needs="E a = 0",
        should="The first term is 0 because E w = 0. The second, n Var w E[a]², is 0 only if "
        "E a = 0, which is not so for a sigmoid, ReLU or SiLU.",
        idea=ideas.MEAN,
        parts=(
            *(
                Claim(
                    id=id,
                    case=networks.partition(",")[0].replace("Sig", "sig"),
                    unit=_KEPT,
                    sentence=f"the second term is 0{where}",
                    precise=f"{networks}, layer 5: Var a is at least 95 % of E a².",
                    experiment=_kept(name),
                    low=math.log(0.95),
                    expected=expected,
                )
                for id, where, name, networks, expected in (
                    ("", ": sigmoid", "sigmoid, 4√(1/n)", "Sigmoid, 4√(1/n)", "fails"),
                    (".met", " if E a = 0: tanh", "tanh, √(1/n)", "tanh, √(1/n)", "holds"),
                    (".relu", ": ReLU", "ReLU, √2√(1/n)", "ReLU, √2√(1/n)", "fails"),
                    (".silu", ": SiLU", "SiLU, √2√(1/n)", "SiLU, √2√(1/n)", "fails"),
                )
            ),
            Claim(
                id=".precise",
                sentence="the dropped term is at least as large as the kept one: sigmoid",
                precise="Sigmoid, 4√(1/n), layer 5: Var a is at most half of E a².",
                experiment=_kept("sigmoid, 4√(1/n)"),
                high=math.log(0.5),
            ),
        ),
        why="The outputs of a sigmoid are centred on 1/2: their mean contributes more to Var z in "
        "the next layer than their spread does.",
    ),
    Statement(
        id="GL5",
        kind="derivation",
        sentence="Var z = n Var w Var a.",
        precise="Var z = n Var w E[a²].",
        formula=r"\mathrm{Var}\,z = n\,\mathrm{Var}\,w\,\mathrm{E}[a^2]",
        assumes="E a = 0",
        should="Var z = n Var w E[a²].",
        idea=ideas.MEAN,
        parts=(
            Claim(
                case="sigmoid",
                unit=_PREDICTED,
                sentence="Var z = n Var w Var a: sigmoid",
                precise="Sigmoid, 4√(1/n): the mean square of z in layer 6 is 16 times the "
                "variance of a in layer 5, within 5 %.",
                experiment=_square_over("activation_variance", "sigmoid, 4√(1/n)", 16.0),
                **ONE_LAYER,
                expected="fails",
            ),
            Claim(
                id=".met",
                case="tanh",
                unit=_PREDICTED,
                sentence="the same if E a = 0: tanh",
                precise="tanh, √(1/n): the mean square of z in layer 6 is the variance of a in "
                "layer 5, within 5 %.",
                experiment=_square_over("activation_variance", "tanh, √(1/n)", 1.0),
                **ONE_LAYER,
            ),
            Claim(
                id=".precise",
                sentence="Var z = n Var w E[a²]: sigmoid",
                precise="Sigmoid, 4√(1/n): the mean square of z in layer 6 is 16 times the mean "
                "square of a in layer 5, within 5 %.",
                experiment=_square_over("activation_mean_square", "sigmoid, 4√(1/n)", 16.0),
                **ONE_LAYER,
            ),
            Claim(
                id=".relu",
                sentence="Var z = n Var w Var a: ReLU",
                precise="ReLU, √2√(1/n): the mean square of z in layer 6 is twice the variance of "
                "a in layer 5, within 5 %.",
                experiment=_square_over("activation_variance", "ReLU, √2√(1/n)", 2.0),
                **ONE_LAYER,
                expected="fails",
            ),
        ),
        why="A weight multiplies a itself, not its deviation from the mean.",
    ),
)
