"""What does each cell of the lecture's table do at depth? A row an activation, a column a gain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from saturation_lab.exhibits.exhibit import CELLED, ONE_GROUP, SAMPLED, Exhibit, made_of
from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.figures.cells import cells_chart
from saturation_lab.inference.digits import short
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import Kept
from saturation_lab.judging.kept_words import WORDS, what_is_kept
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.initializers import MEAN_FAN
from saturation_lab.study import Study
from saturation_lab.words.lists import listed
from saturation_lab.words.numbers import power_text

WAYS = {"signal": 1, "gradient": -1}
"""From layer 1 up to L, and from L down to 1."""
_LAWS = ("normal", "uniform")
_GAINS = {one.lecture_gain for one in ACTIVATIONS.values()} - {None}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One initialization of one activation, and what it does.

    Attributes:
        activation, role, title: whose it is, and what the initialization is called.
        study: with it.
        kept: what becomes of signal and gradient.
    """

    activation: str
    role: str
    title: str
    study: Study
    kept: Kept

    @property
    def spelled(self) -> str:
        """Return the activation as people write it."""
        return self.study.architecture.activation.title

    def of_the_lecture(self, gains: Iterable[float | None]) -> bool:
        """Return whether the weights are the lecture's, at one of these gains, without biases."""
        net = self.study.architecture
        rule, biased = net.initializer, any(layer.bias_std for layer in net.layers)
        lectured = rule.scale is MEAN_FAN and rule.law in _LAWS and not biased
        return lectured and any(g is not None and math.isclose(net.gain, g) for g in gains)

    @property
    def tabled(self) -> bool:
        """Return whether the gain is one of the lecture's, for whatever activation."""
        return self.of_the_lecture(_GAINS)

    @property
    def own(self) -> bool:
        """Return whether it is the very cell: the gain that the lecture gives this activation."""
        return self.of_the_lecture([self.study.architecture.activation.lecture_gain])

    @property
    def sigmas(self) -> tuple[str, ...]:
        """Return σ_w = √n Std w, and σ_b where there are biases; nothing for the lecture's gains.

        Nor where layers differ in them.
        """
        layers = self.study.architecture.layers[: len(self.study.widths)]
        weights = {short(math.sqrt(one.fan_in) * one.weight_std) for one in layers}
        biases = {short(one.bias_std) for one in layers}
        if self.tabled or len(weights) > 1 or len(biases) > 1:
            return ()
        said = {"σ_w": weights.pop(), "σ_b": biases.pop()}
        return tuple(f"{name} = {x}" for name, x in said.items() if x != "0")

    @property
    def findings(self) -> dict[str, Finding]:
        """Return what was found of signal and gradient."""
        return {"signal": self.kept.signal, "gradient": self.kept.gradient}

    def change(self, way: str) -> str:
        """Return by how much the signal, or the gradient, is divided or multiplied on its way."""
        ratio = self.findings[way].measured.estimate
        return power_text(WAYS[way] * math.log10(ratio)) if ratio > 0 else "undefined"


def cells_of(material: Material) -> list[Cell]:
    """Return the cells of a group with activations, those of an activation one after the other."""
    return [
        Cell(
            activation=activation,
            role=role,
            title=material.titles[role],
            study=study_of(material.networks[role]),
            kept=material.kept[role],
        )
        for role, activation in material.blocks.items()
    ]


def cell_rows(material: Material) -> dict[str, list[dict[str, object]]]:
    """Return what the page's table says, by activation."""
    return {
        activation: [
            {
                "title": cell.title,
                "own": cell.own,
                "sigmas": cell.sigmas,
                "marks": {
                    way: {
                        "verdict": finding.verdict.value,
                        "word": WORDS[finding.verdict],
                        "change": cell.change(way),
                    }
                    for way, finding in cell.findings.items()
                },
            }
            for cell in cells
        ]
        for activation, cells in groupby(cells_of(material), key=lambda cell: cell.spelled)
    }


# --- sentences ------------------------------------------------------------------------------------


def in_sentences(material: Material) -> list[str]:
    """Return how many cells of the lecture, and of other columns, keep signal and gradient."""
    cells = cells_of(material)
    own = [cell for cell in cells if cell.own]
    tabled = [cell for cell in cells if cell.tabled]
    said = [_own(own)] if own else []
    if tabled:
        said.append(_any(tabled))
    others = [cell for cell in cells if not cell.tabled]
    return [*said, *(_column(one, others) for one in dict.fromkeys(x.title for x in others))]


def _own(cells: Sequence[Cell]) -> str:
    verdicts = [cell.kept.both for cell in cells]
    count = _count(verdicts)
    keeps = "keep" if count not in ("none", "1") else _keeps(verdicts)
    own = f"{len(cells)} cells" if len(cells) > 1 else "cell"
    head = f"Of the lecture’s own {own} {count} {keeps}"
    return f"{head} both signal and gradient{_rest(cells)}."


def _any(cells: Sequence[Cell]) -> str:
    """Say for how many activations some gain keeps both."""
    verdicts: dict[str, set[Verdict]] = {}
    for cell in cells:
        verdicts.setdefault(cell.spelled, set()).add(cell.kept.both)
    kept = [name for name, found in verdicts.items() if Verdict.HOLDS in found]
    open_ = [n for n, found in verdicts.items() if n not in kept and Verdict.UNDECIDED in found]
    named = [f": {listed(kept)}"] if kept else []
    named += [f"; undecided: {listed(open_)}"] if open_ else []
    best = [
        Verdict.HOLDS if n in kept else Verdict.UNDECIDED if n in open_ else Verdict.FAILS
        for n in verdicts
    ]
    head = f"Some gain of the lecture’s table {_keeps(best)} both for {_count(best)} of "
    return f"{head}{len(best)} activation{'s' * (len(best) != 1)}{''.join(named)}."


def _column(title: str, others: Sequence[Cell]) -> str:
    cells = [cell for cell in others if cell.title == title]
    verdicts = [cell.kept.both for cell in cells]
    return f"{title} {_keeps(verdicts)} both for {_count(verdicts)} of {len(cells)}{_rest(cells)}."


def _count(verdicts: Sequence[Verdict]) -> str:
    count = verdicts.count(Verdict.HOLDS)
    return "none" if count == 0 else "all" if count == len(verdicts) else str(count)


def _keeps(verdicts: Sequence[Verdict]) -> str:
    """Return the verb: where nothing holds and something is undecided, nothing is shown."""
    open_ = Verdict.UNDECIDED in verdicts and Verdict.HOLDS not in verdicts
    return "is shown to keep" if open_ else "keeps"


def _rest(cells: Sequence[Cell]) -> str:
    """Return what is kept by the cells that do not keep both, by activation."""
    words: dict[str, list[str]] = {}
    for cell in cells:
        if cell.kept.both is not Verdict.HOLDS:
            words.setdefault(what_is_kept(cell.kept), []).append(cell.spelled)
    said = [f"{word}: {listed(names)}" for word, names in words.items()]
    return f" ({'; '.join(said)})" if said else ""


# --- the figure -----------------------------------------------------------------------------------


def cells_table(material: Material) -> pd.DataFrame:
    """Return the table of `cells_chart`: a row for a cell's signal, one for its gradient."""
    return pd.DataFrame(
        [
            {
                "activation": cell.activation,
                "role": cell.title,
                "own": cell.own,
                "quantity": way,
                **_turned(finding, WAYS[way]),
                "verdict": finding.verdict.value,
            }
            for cell in cells_of(material)
            for way, finding in cell.findings.items()
        ]
    )


def _turned(finding: Finding, way: int) -> dict[str, float]:
    """Return the factor on the way: that from layer L down to 1 is one over the ratio."""
    found = finding.measured
    ends = {"factor": found.estimate, "low": found.low, "high": found.high}
    if way > 0:
        return ends
    turned = {name: 1 / x if x > 0 else math.nan for name, x in ends.items()}
    return {**turned, "low": turned["high"], "high": turned["low"]}


def _titles(material: Material) -> dict[str, str]:
    depth = material.depth
    return {
        "signal": f"Signal, layer 1 up to {depth}",
        "gradient": f"Gradient, layer {depth} down to 1",
    }


def _names(material: Material) -> dict[str, str]:
    return {cell.activation: cell.spelled for cell in cells_of(material)}


def _caption(material: Material) -> str:
    ringed = any(cell.own for cell in cells_of(material))
    return " ".join(
        [
            *in_sentences(material)[:1],
            "The signal is the variance of a over the examples, the gradient the mean square of δ.",
            "In the band it changes by less than a factor 2; the farther from 1, the larger the "
            "steps of the axis.",
            *(["Ringed: the gain that the lecture gives the activation."] * ringed),
            f"Marks: geometric means over {material.size}; bars: 95 % intervals, each for itself.",
        ]
    )


def _alternative(material: Material) -> str:
    cells = cells_of(material)
    own = [
        f"{cell.spelled}, {cell.title}: signal {cell.change('signal')}, gradient "
        f"{cell.change('gradient')}."
        for cell in cells
        if cell.own
    ]
    columns = [
        f"{title}: {', '.join(_span([c for c in cells if c.title == title], way) for way in WAYS)}."
        for title in dict.fromkeys(cell.title for cell in cells)
    ]
    said = [*in_sentences(material), *(["The lecture’s own cells.", *own] if own else [])]
    return " ".join([*said, "From the least to the greatest activation.", *columns])


def _span(cells: Sequence[Cell], way: str) -> str:
    """Return the smallest and largest change of a column."""
    known = [cell for cell in cells if cell.findings[way].measured.estimate > 0]
    known.sort(key=lambda cell: WAYS[way] * math.log(cell.findings[way].measured.estimate))
    said = f"{way} {known[0].change(way)} to {known[-1].change(way)}" if known else f"{way} none"
    lost = len(cells) - len(known)
    return f"{said} ({lost} undefined)" if lost else said


CELLS = Exhibit(
    id="cells",
    title="The table’s cells at depth",
    make=made_of(
        table=cells_table,
        draw=lambda table, canvas, material: cells_chart(
            table, canvas=canvas, titles=_titles(material), names=_names(material)
        ),
        caption=_caption,
        alt=_alternative,
    ),
    needs=(SAMPLED, ONE_GROUP, CELLED),
)
