"""Tables of theoretical results for activations: overview, constants and rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import Any

from saturation_lab.exhibits.constants import (
    IN_OVERVIEW,
    TITLES,
    RuleCell,
    constants_of,
    constants_rows,
    place_text,
    rule_cells,
    sentence,
)
from saturation_lab.exhibits.material import Material
from saturation_lab.pages.blocks import Block, Cell, Facts, Rich, Span, Table, Text, marked
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.spec import Theory
from saturation_lab.pages.texts import text
from saturation_lab.theory.outlook import RECOMMENDED, RULES, Outlook, kind_of

_LOOK = "verdicts marks constants"
_NONE = Span("none", "quiet")


def theory_facts(theory: Theory, one: Outlook) -> Facts:
    """Return the facts of a page from theory alone.

    Parameters
    ----------
    theory : Theory
        The depth and width of the networks.
    one : Outlook
        The theory of any activation, from which the rules that do not depend on it are taken.

    Returns
    -------
    Facts
        The layers, the inputs, and σ_w and σ_b of each rule.
    """
    layers = f"{theory.depth}, each {theory.width:,} units wide; nothing is sampled"
    rules = "Rules, given as σ_w = √n Std w and σ_b = Std b for layers of equal width"
    inputs = ("Inputs", "standardized: mean square 1")
    return Facts(rows=[("Layers", layers), inputs, (rules, "; ".join(_rules(one)))])


def _rules(one: Outlook) -> Iterator[str]:
    for key, rule in RULES.items():
        placed = one.rule(key)
        if key == "lecture":
            yield "Lecture: 4 sigmoid, 1 tanh, √2 ReLU and SiLU"
        elif placed is not None:
            bias = f" with σ_b = {placed.sigma_b:.3g}" if placed.sigma_b else ""
            yield f"{rule.title}: {placed.sigma_w:.4g}{bias}"


def theory_overview(
    groups: Mapping[str, Material], theory: Theory, links: Mapping[str, str]
) -> Table:
    """Return a table of critical points and of the effect of some rules on each activation.

    Parameters
    ----------
    groups : mapping of str to Material
        The groups, with the theory of their activations.
    theory : Theory
        The depth and width of the networks.
    links : mapping of str to str
        The target that the rows of a group link to, by the group's name; groups without an entry
        are not linked.

    Returns
    -------
    Table
        One row per activation.
    """
    places = [
        (name, title, one)
        for name, group in groups.items()
        for title, one in group.outlooks.items()
    ]
    rows: list[Sequence[Rich | Cell]] = []
    for name, title, one in places:
        cells = rule_cells(one)
        linked = Span(title, "link", links[name]) if name in links else title
        placed = (_placed(cells[key], key) if key in cells else _NONE for key in IN_OVERVIEW)
        rows.append([linked, _critical(one), *placed])
    signs = {**TITLES, RECOMMENDED: f"{TITLES[RECOMMENDED]} (σ_w, σ_b)"}
    return Table(
        id="overview",
        caption=marked(text("theory.overview", depth=theory.depth)),
        head=("", "Critical point (σ_w, σ_b)", *(signs[key] for key in IN_OVERVIEW)),
        rows=rows,
        look=_LOOK,
        data=[{"group": name, **_numbers(title, one)} for name, title, one in places],
    )


def _critical(one: Outlook) -> Rich | Cell:
    if one.critical is None:
        return _NONE
    return Cell([Span(place_text(one.critical), "number"), Span(kind_of(one.critical), "quiet")])


def _placed(cell: RuleCell, key: str) -> Cell:
    """Return the phase of a rule and the change of the gradient, as a cell of the overview."""
    put = Span(cell.short, "number") if key == RECOMMENDED else _phase(cell)
    return Cell([put, _gradient(cell)])


def _phase(cell: RuleCell) -> Span:
    return Span(cell.phase, "phase", cell.phase)


def _gradient(cell: RuleCell) -> Span:
    return Span(cell.gradient, "verdict", "holds" if cell.kept else "fails")


def _numbers(title: str, one: Outlook) -> dict[str, Any]:
    tuning = one.tuning
    return {
        **constants_of(one),
        "recommended": {
            "sigma_w": tuning.sigma_w,
            "sigma_b": tuning.sigma_b,
            "basis": tuning.basis.value,
        },
        "rules": _rule_numbers(one),
        "sentence": sentence(title, one),
    }


def _rule_numbers(one: Outlook) -> list[dict[str, Any]]:
    return [{**asdict(rule), "phase": rule.phase.value} for rule in one.placed]


_Column = Callable[[Any], Rich | Cell]


def _number(key: str) -> _Column:
    """Return a column of formatted numbers, which line breaks do not split."""
    return lambda row: Cell([getattr(row, key)], "number")


_GAINS: Mapping[str, _Column] = {
    "": attrgetter("title"),
    "E φ²": _number("square"),
    "E φ'²": _number("slope_square"),
    "Keeps E z²": _number("forward"),
    "Keeps gradient": _number("backward"),
    "PyTorch": attrgetter("pytorch"),
    "PyTorch’s χ₁": _number("pytorch_chi"),
}
_LINES: Mapping[str, _Column] = {
    "": attrgetter("title"),
    "critical: q*": attrgetter("q"),
    "σ_w²": attrgetter("weights"),
    "σ_b²": attrgetter("biases"),
    "kind": attrgetter("kind"),
    "E φ²": attrgetter("square"),
    "E φ'²": attrgetter("slope_square"),
}


def constants_tables(outlooks: Mapping[str, Outlook]) -> list[Block]:
    """Return tables of the critical points, moments and gains of activations.

    Parameters
    ----------
    outlooks : mapping of str to Outlook
        The theory of each activation, by its title.

    Returns
    -------
    list of Block
        A table of critical points, and a table of moments and gains.
    """
    rows = constants_rows(outlooks)
    numbers = [_number(key) for key in ("q", "weights", "biases")]
    critical = Table(
        id="critical-points",
        caption=(f"{text('theory.critical')} ", *marked(text("theory.stability"))),
        head=("", "q*", "σ_w²", "σ_b²", "Kind"),
        rows=[
            [x.title, x.why] if x.why else [x.title, *(says(x) for says in numbers), x.kind]
            for x in rows
        ],
        look=_LOOK,
    )
    return [
        critical,
        tabled("gains", _GAINS, rows, caption=marked(text("theory.gains")), look=_LOOK),
    ]


def constants_lines(outlooks: Mapping[str, Outlook]) -> Table:
    """Return one table of critical points and moments, for a terminal.

    Parameters
    ----------
    outlooks : mapping of str to Outlook
        The theory of each activation, by its title.

    Returns
    -------
    Table
        One row per activation.
    """
    return tabled("constants", _LINES, constants_rows(outlooks))


def rules_blocks(group: Material, theory: Theory) -> Iterator[Block]:
    """Yield the effect of each rule on the activations of a group, and the recommendation.

    Parameters
    ----------
    group : Material
        The group, with the theory of its activations.
    theory : Theory
        The depth and width of the networks.

    Yields
    ------
    Block
        For each activation, a sentence, the command that recommends an initialization, and a table
        with one row per rule.
    """
    columns: Mapping[str, _Column] = {
        "": attrgetter("title"),
        "σ_w": _number("weights"),
        "σ_b": _number("biases"),
        "Phase": _phase,
        "q*": _number("q"),
        "χ₁": _number("chi"),
        f"Gradient, layer {theory.depth} down to 1": _gradient,
        "ξ_q": _number("length"),
        "ξ_c": _number("correlation"),
    }
    options = f"--depth {theory.depth} --width {theory.width}"
    for title, one in group.outlooks.items():
        yield Text(sentence(title, one), "found")
        command = f"saturation-lab recommend --activation {one.activation.name} {options}"
        yield Text(command, "command")
        data, look = _rule_numbers(one), f"{_LOOK} rules-of"
        yield tabled(f"rules-{group.name}", columns, rule_cells(one).values(), look=look, data=data)
