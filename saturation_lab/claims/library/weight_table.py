"""The studies for the lecture's initialization table, and the statements above the table."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

from saturation_lab.claims import ideas
from saturation_lab.claims.claim import Claim, Unit
from saturation_lab.claims.experiments import between, exact, ratio, top_over_bottom
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import OVER_DEPTH, within
from saturation_lab.claims.statement import Statement, of_source

_TAPERING = {"widths": [1024, 512, 256, 128, 64], "features": 1024}
_DEEPER = {"depth": 30, "width": 500, "features": 500}
_WIDER = {"depth": 30, "width": 1000, "features": 1000}
CRITICAL = {"gain": 1.4099661975627251, "bias": "normal", "bias_scale": 0.7450793049880975}
"""The critical point of SiLU, as returned by `critical_point("silu")`."""
PRESERVING = 1.6765324703310913
"""The variance-preserving gain of SiLU, `gains("silu").variance_preserving`."""

DEPTHS = (2, 3, 5)
"""The numbers of hidden layers, besides 10, at which every row of the table is tested."""

STUDIES = {
    **{
        f"table: {activation}, {depth} layers": study(activation, "lecture_normal", depth=depth)
        for activation in ("tanh", "sigmoid", "relu", "silu")
        for depth in DEPTHS
    },
    "table: tanh": study("tanh", "lecture_normal"),
    "table: tanh, uniform": study("tanh", "lecture_uniform"),
    "table: tanh, 30 layers": study("tanh", "lecture_normal", **_WIDER),
    "table: sigmoid": study("sigmoid", "lecture_normal"),
    "table: sigmoid, uniform": study("sigmoid", "lecture_uniform"),
    "table: sigmoid, 1x": study("sigmoid", "glorot_normal"),
    "table: sigmoid, 30 layers": study("sigmoid", "lecture_normal", **_DEEPER),
    "table: relu": study("relu", "lecture_normal"),
    "table: relu, uniform": study("relu", "lecture_uniform"),
    "table: relu, tapering": study("relu", "lecture_normal", **_TAPERING),
    "table: relu, tapering, uniform": study("relu", "lecture_uniform", **_TAPERING),
    "table: relu, tapering, He": study("relu", "he_normal", **_TAPERING),
    "table: relu, 30 layers": study("relu", "he_normal", **_DEEPER),
    "table: silu": study("silu", "lecture_normal"),
    "table: silu, uniform": study("silu", "lecture_uniform"),
    "table: silu, preserving": study("silu", "lecun_normal", gain=PRESERVING),
    "table: silu, critical": study("silu", "lecun_normal", **CRITICAL),
}

SOURCE = "Lecture, Glorot and He initialization"
_Z, _G = "pre_activation_mean_square", "gradient_mean_square"

_KEPT = {
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
"""For each property: a short and a full description, and the quantities that are multiplied."""


class Networks(NamedTuple):
    """A study and the description of its networks.

    Attributes
    ----------
    study : str
        The name of the study.
    says : str
        The description, with which the texts of claims begin.
    """

    study: str
    says: str


def kept(
    of: str, networks: Networks, *, id: str = "", expected: str = "holds", case: str = ""
) -> Claim:
    """Return the claim that a property changes by less than a factor of 2 over the depth.

    Parameters
    ----------
    of : {"signal", "length", "gradient"}
        The property: the variance of a over the examples, the mean square of a, or that of δ.
    networks : Networks
        The study and its description.
    id : str
        The id of the claim; by default that of its statement.
    expected : {"holds", "fails"}
        The verdict on record.
    case : str
        What is tested, for a line that compares two parts.

    Returns
    -------
    Claim
        The claim.
    """
    sentence, number, quantity, times = _KEPT[of]
    study, says = networks
    return Claim(
        id=id,
        sentence=f"{says}: {sentence}",
        precise=f"{says}: {number} differs by less than a factor of 2 between the first and the "
        "last hidden layer.",
        experiment=top_over_bottom(study, quantity, times=times),
        **OVER_DEPTH,
        expected=expected,
        case=case,
        unit=Unit(says=_CHANGES[of]) if case else None,
    )


_CHANGES = {
    "signal": "signal, top ÷ layer 1",
    "length": "E a², top ÷ layer 1",
    "gradient": "E δ², top ÷ layer 1",
}


def at_depths(
    activation: str, name: str, *, fails: Collection[str] = (), fewest: str = ".layers2.signal"
) -> tuple[Claim, ...]:
    """Return the claims that a rule keeps signal and gradient at each of `DEPTHS`.

    Parameters
    ----------
    activation : str
        The activation, as in the names of the studies.
    name : str
        Its name in texts.
    fails : collection of str
        The ids of those that fail.
    fewest : str
        The id of the claim on the signal at the smallest depth.

    Returns
    -------
    tuple of Claim
        Two for each depth.
    """
    return tuple(
        kept(
            of,
            Networks(
                f"table: {activation}, {depth} layers", f"{name}, {depth} layers, Gaussian weights"
            ),
            id=id,
            expected="fails" if id in fails else "holds",
            case=f"{depth} layers",
        )
        for depth in DEPTHS
        for of in ("signal", "gradient")
        for id in (fewest if (depth, of) == (DEPTHS[0], "signal") else f".layers{depth}.{of}",)
    )


RANGE = of_source(
    SOURCE,
    Statement(
        id="GH0",
        kind="derivation",
        sentence="We have solved this assuming the activation output is in the range −4 to 4 (for "
        "a sigmoid).",
        precise="Right if “output” is read as the pre-activation z, whose standard deviation is 4 "
        "in the first layer. The output of a sigmoid itself lies in (0, 1), with a standard "
        "deviation below 1/2.",
        formula=r"\mathrm{Std}\,z_1 = 4,\quad \mathrm{Var}\,a \le 1/4",
        assumes="that “output” means the pre-activation",
        notation="read z for “output”",
        should="… assuming that the pre-activation z is in the range −4 to 4.",
        idea=ideas.WORDS,
        parts=(
            Claim(
                case="output",
                unit=Unit(says="Std a", of=4.0, root=True, asks="4"),
                sentence="the activations spread over −4 to 4",
                precise="Sigmoid, the lecture's Gaussian weights: Var a in layer 1 is within a "
                "factor of 2 of 16.",
                experiment=ratio("table: sigmoid", ("activation_variance", 1), times=16.0),
                **OVER_DEPTH,
                expected="fails",
            ),
            Claim(
                id=".repaired",
                case="pre-activation",
                unit=Unit(says="Std z", of=4.0, root=True, asks="4"),
                sentence="z spreads over −4 to 4",
                precise="Sigmoid, the lecture's Gaussian weights, standardized inputs: E z² in "
                "layer 1 is within a factor of 1.1 of 16.",
                experiment=ratio("table: sigmoid", (_Z, 1), times=16.0),
                **within(1.1),
            ),
        ),
        why="The output of a sigmoid cannot leave (0, 1); the range −4 to 4 is that of its input "
        "z.",
    ),
    Statement(
        id="GH1",
        kind="rule",
        sentence="This range is different depending on the activation and assuming Gaussian or "
        "Uniform sampling.",
        precise="The range depends on the activation, as the slide says. Gaussian and uniform "
        "weights of equal variance have the same effect on every mean square; only the bound of "
        "the uniform law is √3 times the standard deviation.",
        formula=r"w \sim U[\pm b]:\ \mathrm{Var}\,w = b^2/3",
        parts=(
            Claim(
                case="sigmoid against tanh",
                unit=Unit(says="Std z in layer 1, ratio", root=True),
                sentence="the range depends on the activation",
                precise="E z² in layer 1 is 16 times as large with the sigmoid's weights as with "
                "those for tanh, within a factor of 1.1.",
                experiment=between("table: sigmoid", "table: tanh", _Z, 1),
                **within(1.1, about=math.log(16)),
            ),
            Claim(
                id=".laws",
                sentence="the two columns of the table have the same effect",
                precise="Sigmoid, 10 layers: E z² in layer 10 is the same for uniform and for "
                "Gaussian weights, within a factor of 1.1.",
                experiment=between("table: sigmoid, uniform", "table: sigmoid", _Z, -1),
                **within(1.1),
            ),
            Claim(
                id=".gradient",
                sentence="the two columns have the same effect on the gradient",
                precise="Sigmoid, 10 layers: E δ² in layer 1 is the same for both, within a factor "
                "of 1.25.",
                experiment=between("table: sigmoid, uniform", "table: sigmoid", _G, 1),
                **within(1.25),
            ),
            Claim(
                id=".bound",
                sentence="the bound depends on the law",
                precise="For n = m = 100, where the Gaussian weights for tanh have Std w = 1/10, "
                "the uniform ones are bounded by √3/10.",
                experiment=exact("bound", "lecture_uniform", "tanh", 100.0, 100.0),
                low=0.1732,
                high=0.1733,
            ),
        ),
        why="The range differs, as the slide says. The effect of a layer on mean squares depends "
        "only on the variance of its weights, not on their law.",
    ),
)
"""The statements above the table."""
