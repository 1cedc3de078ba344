"""What each cell of the lecture's table does at depth: a row an activation, a column a gain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from saturation_lab.exhibits.exhibit import CELLED, ONE_GROUP, SAMPLED, Exhibit, Shown
from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.figures.cells import cells_chart
from saturation_lab.inference.digits import count_text, short
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import Kept
from saturation_lab.judging.kept_words import what_is_kept
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.initializers import MEAN_FAN
from saturation_lab.study import Study
from saturation_lab.words.lists import alike, listed, sentences
from saturation_lab.words.numbers import power_text

_WAYS = {"signal": 1, "gradient": -1}
"""From layer 1 up to L, and from L down to 1."""
_LAWS = ("normal", "uniform")
_GAINS = {one.lecture_gain for one in ACTIVATIONS.values()} - {None}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One initialization of one activation, and what it does.

    Attributes
    ----------
    activation, role, title
        Whose it is, and what the initialization is called.
    study
        With it.
    kept
        What becomes of signal and gradient.
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

    def _of_the_lecture(self, gains: Iterable[float | None]) -> bool:
        """Return whether the weights are the lecture's, at one of these gains, without biases."""
        net = self.study.architecture
        rule, biased = net.initializer, any(layer.bias_std for layer in net.layers)
        lectured = rule.scale is MEAN_FAN and rule.law in _LAWS and not biased
        return lectured and any(g is not None and math.isclose(net.gain, g) for g in gains)

    @property
    def tabled(self) -> bool:
        """Return whether the gain is one of the lecture's, for whatever activation."""
        return self._of_the_lecture(_GAINS)

    @property
    def own(self) -> bool:
        """Return whether it is the very cell: the gain that the lecture gives this activation."""
        return self._of_the_lecture([self.study.architecture.activation.lecture_gain])

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

    def log_change(self, way: str) -> float:
        """Return log10 of the change of the signal, or of the gradient, on its way; nan if none."""
        ratio = self.findings[way].measured.estimate
        return _WAYS[way] * math.log10(ratio) if ratio > 0 else math.nan

    def change(self, way: str) -> str:
        """Return by how much the signal, or the gradient, is divided or multiplied on its way."""
        return power_text(self.log_change(way))


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


# --- sentences ------------------------------------------------------------------------------------


def in_sentences(cells: Sequence[Cell]) -> list[str]:
    """Return how many cells of the lecture, and of other columns, keep signal and gradient."""
    own = [cell for cell in cells if cell.own]
    tabled = [cell for cell in cells if cell.tabled]
    others = _columns(cell for cell in cells if not cell.tabled)
    said = [_own(own)] if own else []
    said += [_any(tabled)] if tabled else []
    return [*said, *(_column(title, some) for title, some in others.items())]


def _columns(cells: Iterable[Cell]) -> Mapping[str, list[Cell]]:
    columns: dict[str, list[Cell]] = {}
    for cell in cells:
        columns.setdefault(cell.title, []).append(cell)
    return columns


def _own(cells: Sequence[Cell]) -> str:
    verdicts = [cell.kept.both for cell in cells]
    count = _count(verdicts)
    keeps = "keep" if count not in ("none", "1") else _keeps(verdicts)
    own = f"{len(cells)} cells" if len(cells) > 1 else "cell"
    head = f"Of the lecture’s own {own} {count} {keeps}"
    return f"{head} both signal and gradient{_rest(cells)}."


def _any(cells: Sequence[Cell]) -> str:
    """Say for how many activations some gain keeps both."""
    found: dict[str, set[Verdict]] = {}
    for cell in cells:
        found.setdefault(cell.spelled, set()).add(cell.kept.both)
    ranks = (Verdict.HOLDS, Verdict.UNDECIDED, Verdict.FAILS)
    best = {name: next(one for one in ranks if one in some) for name, some in found.items()}
    kept, open_ = ([name for name in best if best[name] is rank] for rank in ranks[:2])
    named = f": {listed(kept)}" if kept else ""
    named += f"; undecided: {listed(open_)}" if open_ else ""
    verdicts = list(best.values())
    head = f"Some gain of the lecture’s table {_keeps(verdicts)} both for {_count(verdicts)} of "
    return f"{head}{count_text(len(best), 'activation')}{named}."


def _column(title: str, cells: Sequence[Cell]) -> str:
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
    rest = [cell for cell in cells if cell.kept.both is not Verdict.HOLDS]
    words = alike((cell.spelled, what_is_kept(cell.kept)) for cell in rest)
    said = [f"{word}: {listed(names)}" for word, names in words.items()]
    return f" ({'; '.join(said)})" if said else ""


# --- the figure -----------------------------------------------------------------------------------


def _make(material: Material) -> Shown:
    cells = cells_of(material)
    said = in_sentences(cells)
    ringed = any(cell.own for cell in cells)
    titles = {way: f"{way.title()}, {material.route(sign)}" for way, sign in _WAYS.items()}
    names = {cell.activation: cell.spelled for cell in cells}
    return Shown(
        table=_table(cells),
        draw=partial(cells_chart, titles=titles, names=names),
        see="".join(said[:1]),
        how=sentences(
            "The signal is the variance of a over the examples, the gradient the mean square of δ.",
            "In the band it changes by less than a factor 2; the farther from 1, the larger the "
            "steps of the axis.",
            "Ringed: the gain that the lecture gives the activation." * ringed,
            f"Marks: geometric means over {material.size}; bars: 95 % intervals, each for itself.",
        ),
        alt=" ".join([*said, *_each_own(cells), *_spans(cells)]),
        footer=material.footer,
    )


def _table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the table of `cells_chart`: a row for a cell's signal, one for its gradient."""
    return pd.DataFrame(
        [
            {
                "activation": cell.activation,
                "role": cell.title,
                "own": cell.own,
                "quantity": way,
                **_turned(finding, _WAYS[way]),
                "verdict": finding.verdict.value,
            }
            for cell in cells
            for way, finding in cell.findings.items()
        ]
    )


def _turned(finding: Finding, way: int) -> dict[str, float]:
    """Return the factor on the way: that from layer L down to 1 is one over the ratio."""
    found = finding.measured
    factors = [found.estimate, found.low, found.high]
    if way < 0:
        factors = [1 / x if x > 0 else math.nan for x in (found.estimate, found.high, found.low)]
    return dict(zip(("factor", "low", "high"), factors, strict=True))


def _each_own(cells: Sequence[Cell]) -> list[str]:
    """Return what the lecture's own cells do."""
    said = [
        f"{cell.spelled}, {cell.title}: signal {cell.change('signal')}, gradient "
        f"{cell.change('gradient')}."
        for cell in cells
        if cell.own
    ]
    return ["The lecture’s own cells.", *said] if said else []


def _spans(cells: Sequence[Cell]) -> list[str]:
    """Return the smallest and largest changes of each column."""
    return [
        "From the least to the greatest activation.",
        *(
            f"{title}: {', '.join(_span(some, way) for way in _WAYS)}."
            for title, some in _columns(cells).items()
        ),
    ]


def _span(cells: Sequence[Cell], way: str) -> str:
    changes = [cell.log_change(way) for cell in cells]
    known = [change for change in changes if math.isfinite(change)]
    ends = " to ".join(map(power_text, (min(known), max(known)))) if known else "none"
    lost = len(changes) - len(known)
    return f"{way} {ends} ({lost} undefined)" if lost else f"{way} {ends}"


CELLS = Exhibit(
    id="cells",
    title="The table’s cells at depth",
    make=_make,
    needs=(SAMPLED, ONE_GROUP, CELLED),
)
