"""The cells of the lecture's initialization table at depth, by activation and gain."""

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
"""The direction of propagation: 1 from layer 1 up to L, -1 from layer L down to 1."""
_LAWS = ("normal", "uniform")
_GAINS = {one.lecture_gain for one in ACTIVATIONS.values()} - {None}
_ALONE = {
    Verdict.HOLDS: "keeps",
    Verdict.FAILS: "does not keep",
    Verdict.UNDECIDED: "is not shown to keep",
}
"""The verb for a single cell, by its verdict."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One initialization of one activation and its effect on signal and gradient.

    Attributes
    ----------
    activation, role, title : str
        The activation, the role, and the title of the initialization.
    study : Study
        The study with this initialization.
    kept : Kept
        Whether it preserves signal and gradient.
    """

    activation: str
    role: str
    title: str
    study: Study
    kept: Kept

    @property
    def spelled(self) -> str:
        """The activation's name in its usual spelling."""
        return self.study.architecture.activation.title

    def _of_the_lecture(self, gains: Iterable[float | None]) -> bool:
        """Return whether this is the lecture's rule with one of these gains and without biases."""
        net = self.study.architecture
        rule, biased = net.initializer, any(layer.bias_square for layer in net.layers)
        lectured = rule.scale is MEAN_FAN and rule.law in _LAWS and not biased
        lectured &= all(layer.gain == net.gain for layer in net.layers) and not rule.centre
        return lectured and any(g is not None and math.isclose(net.gain, g) for g in gains)

    @property
    def tabled(self) -> bool:
        """Whether the gain is one of the lecture's table, for any activation."""
        return self._of_the_lecture(_GAINS)

    @property
    def own(self) -> bool:
        """Whether the gain is the one that the lecture gives for this activation."""
        return self._of_the_lecture([self.study.architecture.activation.lecture_gain])

    @property
    def sigmas(self) -> tuple[str, ...]:
        """The texts "σ_w = ...", with σ_w = √n Std w, and "σ_b = ..." if there are biases.

        A first layer with a gain of its own has a text of its own. Empty for the lecture's gains,
        and if other layers differ in σ_w or σ_b.
        """
        net = self.study.architecture
        layers = net.layers[: net.depth]
        first, *weights = (short(math.sqrt(one.fan_in) * one.weight_std) for one in layers)
        biases = {short(one.bias_std) for one in layers}
        if 1 not in dict(net.own_gains) or not weights:
            weights.append(first)
        if self.tabled or len({*weights}) > 1 or len(biases) > 1:
            return ()
        said = {"σ_w": weights[0], "σ_b": biases.pop()}
        if first != weights[0]:
            said["σ_w in layer 1"] = first
        return tuple(f"{name} = {x}" for name, x in said.items() if x != "0")

    @property
    def findings(self) -> dict[str, Finding]:
        """The findings on signal and gradient."""
        return {"signal": self.kept.signal, "gradient": self.kept.gradient}

    def log_change(self, way: str) -> float:
        """Return the decimal logarithm of the change in the direction of propagation.

        Parameters
        ----------
        way : {"signal", "gradient"}
            The signal from layer 1 up, or the gradient from layer L down.

        Returns
        -------
        float
            log10 of the change; nan if it is undefined.
        """
        ratio = self.findings[way].measured.estimate
        return _WAYS[way] * math.log10(ratio) if ratio > 0 else math.nan

    def change(self, way: str) -> str:
        """Return the change in the direction of propagation as text.

        Parameters
        ----------
        way : {"signal", "gradient"}
            The signal from layer 1 up, or the gradient from layer L down.

        Returns
        -------
        str
            A multiplication or division, such as "÷ 100".
        """
        return power_text(self.log_change(way))


def cells_of(material: Material) -> list[Cell]:
    """Return the cells of a group of several activations.

    Parameters
    ----------
    material : Material
        A group whose blocks are activations.

    Returns
    -------
    list of Cell
        A cell for each role, in the order of the blocks.

    Raises
    ------
    InputError
        If networks were not sampled from a study.
    """
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
    """State in sentences how many cells preserve both signal and gradient.

    Parameters
    ----------
    cells : sequence of Cell
        All cells.

    Returns
    -------
    list of str
        A sentence on the lecture's own cells, one on all gains of its table, and one for each other
        column; those without cells are left out.
    """
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
    head = f"Of the lecture’s own {len(cells)} cells, {count} {keeps}"
    if len(cells) == 1:
        head = f"The lecture’s own cell {_ALONE[verdicts[0]]}"
    return f"{head} both signal and gradient{_rest(cells)}."


def _any(cells: Sequence[Cell]) -> str:
    """State for how many activations some gain preserves both."""
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
    """Return the verb, "is shown to keep" if nothing holds and something is undecided."""
    open_ = Verdict.UNDECIDED in verdicts and Verdict.HOLDS not in verdicts
    return "is shown to keep" if open_ else "keeps"


def _rest(cells: Sequence[Cell]) -> str:
    """List what the other cells preserve instead of both, by activation."""
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
            "The signal is the variance of a over the examples; the gradient is the mean square "
            "of δ.",
            "Inside the band, both change by less than a factor of 2. The axis is logarithmic near "
            "1 and increasingly compressed farther away.",
            "A ring marks the gain that the lecture gives for the activation." * ringed,
            f"Marks: geometric means over {material.size}; bars: individual 95 % intervals.",
        ),
        alt=" ".join([*said, *_each_own(cells), *_spans(cells)]),
        footer=material.footer,
    )


def _table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return the table of `cells_chart`, with two rows for each cell: signal and gradient."""
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
    """Return the factor in the direction of propagation; downwards it is one over the ratio."""
    found = finding.measured
    factors = [found.estimate, found.low, found.high]
    if way < 0:
        factors = [1 / x if x > 0 else math.nan for x in (found.estimate, found.high, found.low)]
    return dict(zip(("factor", "low", "high"), factors, strict=True))


def _each_own(cells: Sequence[Cell]) -> list[str]:
    """Return the changes in the lecture's own cells."""
    said = [
        f"{cell.spelled}, {cell.title}: signal {cell.change('signal')}, gradient "
        f"{cell.change('gradient')}."
        for cell in cells
        if cell.own
    ]
    return ["The lecture’s own cells:", *said] if said else []


def _spans(cells: Sequence[Cell]) -> list[str]:
    """Return the smallest and largest changes of each column."""
    return [
        "Smallest to largest change over the activations:",
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


CELLS: Exhibit = Exhibit(
    id="cells",
    title="The lecture’s table, tested in deep networks",
    make=_make,
    needs=(SAMPLED, ONE_GROUP, CELLED),
    quantities=(),
)
