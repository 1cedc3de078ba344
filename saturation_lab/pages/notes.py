"""How a page is to be read: verdicts, letters, and how often verdicts err, as blocks."""

from __future__ import annotations

from collections.abc import Sequence

from saturation_lab.claims.statement import KINDS
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LOOK_LEVEL
from saturation_lab.pages.blocks import Block, Details, Facts, Rich, Span, Table, Text, marked
from saturation_lab.proof.guarantees import GuaranteeRow, recorded

_UNIT = (
    "The network is the unit: one draw of all its weights gives one number. Units and examples of "
    "one network depend on one another, so they never count as repetitions. The 95 % interval is "
    "Student’s t over {over}; a ratio’s is taken on its logarithm, so a ratio is a geometric mean. "
    "Where the number must lie was fixed before anything was drawn. A statement"
)
_ANSWERS = {
    "holds": "where the whole interval lies inside that region,",
    "fails": "where all of it lies outside,",
    "undecided": "where the interval reaches across an end, or where there is none. That is "
    "neither yes nor no: it asks for more networks. Where their number is given, so many would "
    "decide with 90 % power if the estimate were the truth; an estimate nearer to an end than its "
    "standard error is too close to be decided.",
}
_SHOWN = (
    "What is *shown* is the smallest margin, or the farthest bound, that these networks would "
    "confirm: had less been allowed, the answer would not be *holds*."
)
_EVIDENCE = (
    "**How to read a verdict.** A statement is asked as one or more numbers, each with the region "
    "in which it must lie, fixed before anything was drawn; the first number decides. Where it is "
    "measured, the network is the unit: 16 are drawn, then twice as many, until the {level} "
    "interval of Student’s t over networks lies all inside the region (**holds**) or all outside "
    "(**fails**); after eight looks it stays **undecided**. Eight such intervals together err as "
    "rarely as one of 95 %. A ratio’s interval is taken on its logarithm, so a ratio is a "
    "geometric mean. Before a number stands what it is, the measured one in front of the ÷, what "
    "it is compared with behind: “E z² in layer 10 ÷ 16” is 1 where a formula’s 16 is right, and "
    "“E δ², layer 10 ÷ layer 1” above 1 is a gradient that shrinks on its way down. Theory is of "
    "the same number, for infinitely wide layers, and decides nothing. A number that needs no "
    "network is *computed*."
)
_LETTERS = {
    "z, a": "pre-activation and activation: z = W a of the layer below + b, a = φ(z)",
    "δ = v, v⁺": "the back-propagated gradient ∂C/∂z of a layer, and of the layer above; C is the "
    "loss",
    "n, m, n⁺": "fan-in and fan-out of a weight’s layer; n⁺ the units of the layer above, the "
    "fan-in of the way back",
    "E, Var, Std": "in a number: mean, variance and standard deviation over units and examples of "
    "one network; in a formula over the weights too; Varₓ over examples alone",
    "g, σ_w, σ_b": "the gain, by which a rule’s Std w is multiplied; σ_w = √n Std w; σ_b = Std b",
    "q, q*": "the variance of z; the value at which the layers settle. The length map takes q to "
    "that of the next layer",
    "χ₁, χ∥": "σ_w² E φ'(z)², the factor on E δ² in each layer; σ_w² dE φ²/dq, that on a small "
    "change of q",
    "0-peak": "the share of values within ±1/100 of half the width of the axis that compared "
    "networks share",
    "saturated": "where |φ'| is below 5 % of its maximum, if nothing else is said (sigmoid: |z| > "
    "4.36); where a statement speaks of ±4, |z| > 4",
    "ulp, rounding": "the distance from a number to the next one that the computer has",
    "from the input": "the variance over examples (divided by their number − 1), as a share of "
    "the mean square: about 1 at most",
    "N(0, ·)": "the second argument is a variance, where it does not say std; only in the "
    "lecture’s quotes it is a standard deviation",
}


def verdict_note(networks: str, more: Sequence[Block] = (), *, whole: bool = True) -> Details:
    """Return how verdicts on given networks are found.

    Parameters
    ----------
    networks
        How many there are, in words.
    more
        What else must be known, below.
    whole
        Whether nothing else on the page says how verdicts are read, and how often they err.
    """
    alone = "networks (here there is one, so there is none)"
    said = _UNIT.format(over=alone if networks == "1" else f"the {networks} networks")
    answers: list[tuple[Rich, Rich]] = [
        (Span(says=verdict, role="verdict", of=verdict), words)
        for verdict, words in _ANSWERS.items()
    ]
    return Details(
        blocks=[
            Text(says=marked("**How to read a verdict.** " * whole + said)),
            Facts(rows=answers, look="list"),
            Text(says=marked(_SHOWN)),
            *more,
            *([calibration()] if whole else []),
        ]
    )


def evidence_note() -> Details:
    """Return how the verdicts of statements are found that were drawn for until settled."""
    return Details(
        blocks=[
            Text(says=marked(_EVIDENCE.format(level=percent(LOOK_LEVEL)))),
            Facts(rows=list(KINDS.items()), look="kinds"),
            Text(says=marked("**Letters.**")),
            Facts(rows=list(_LETTERS.items()), look="letters"),
            calibration(),
        ]
    )


def calibration() -> Details:
    """Return how often verdicts err, as a recorded run counted."""
    record = recorded()
    first = record.rows[0]
    text = (
        "All else on this page was computed for it. These numbers were not: they come from a "
        f"recorded run of {first.studies:,} simulated studies a row, seed {first.seed}. A study is "
        f"{record.size} networks, or as many as the row plans for, drawn from {record.pool:,} "
        f"sampled ones of {record.layers} layers of {record.width} units; ± is the Monte Carlo "
        "error. To count them again, in a minute or two:"
    )
    return Details(
        summary="How often such verdicts err",
        blocks=[
            Text(says=text),
            Text(says=record.command, role="command"),
            _rates(
                "calibration", "What is guaranteed, which must lie inside its band", record.sound
            ),
            _rates("planted-faults", "Planted faults, which must lie outside", record.faults),
        ],
    )


def _rates(id: str, title: str, rows: Sequence[GuaranteeRow]) -> Table:
    return Table(
        id=id,
        head=(title, "came true", "band"),
        rows=[
            (
                row.guarantee,
                Span(says=row.came, role="verdict", of="holds" if row.as_it_should else "fails"),
                row.band,
            )
            for row in rows
        ],
        look="short rates",
        data=[row.to_json() for row in rows],
    )
