"""What theory alone says of activations: overview, constants, rules, as blocks of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from saturation_lab.exhibits.constants import (
    IN_OVERVIEW,
    TITLES,
    GainRow,
    RuleCell,
    constants_of,
    critical_rows,
    gain_rows,
    overview_rows,
    rule_cells,
    sentence,
)
from saturation_lab.exhibits.material import Material
from saturation_lab.pages.blocks import Block, Cell, Facts, Rich, Span, Table, Text, marked
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.spec import Theory
from saturation_lab.pages.texts import text
from saturation_lab.theory.outlook import RECOMMENDED, RULES, Outlook

_LOOK = "verdicts marks constants"
_NONE = Span("none", "quiet")
Row = TypeVar("Row")


def theory_facts(theory: Theory, one: Outlook) -> Facts:
    """Return how far theory looks, and where rules lie that are the same for every activation."""
    layers = f"{theory.depth}, each {theory.width:,} units wide; nothing is sampled"
    rules = "Rules, as σ_w = √n Std w and σ_b = Std b where all layers are equally wide"
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
    """Return what some rules do to each activation, and where its critical point is.

    Parameters
    ----------
    groups
        With their outlooks.
    theory
        How far theory looks.
    links
        Where the part of a group stands, by the group's name.
    """
    places = [(name, one) for name, group in groups.items() for one in group.outlooks.items()]
    rows = [{"group": name, **overview_rows(dict([one]))[0]} for name, one in places]
    signs = {**TITLES, RECOMMENDED: f"{TITLES[RECOMMENDED]} (σ_w, σ_b)"}
    columns: dict[str, Callable[[dict[str, Any]], Rich | Cell]] = {
        "": lambda row: (
            Span(row["title"], "link", links[row["group"]])
            if row["group"] in links
            else row["title"]
        ),
        "Critical point (σ_w, σ_b)": lambda row: (
            Cell([Span(row["critical"], "number"), Span(row["kind"], "quiet")])
            if row["critical"]
            else _NONE
        ),
        **{signs[key]: _placed(key) for key in IN_OVERVIEW},
    }
    return tabled(
        "overview",
        columns,
        rows,
        caption=marked(text("theory.overview", depth=theory.depth)),
        look=_LOOK,
        data=[{"group": name, **_numbers(one)} for name, (_, one) in places],
    )


def _placed(key: str) -> Callable[[dict[str, Any]], Rich | Cell]:
    """Return what a rule does, as a cell of the overview."""

    def said(row: dict[str, Any]) -> Rich | Cell:
        cell: RuleCell | None = row["cells"].get(key)
        if cell is None:
            return _NONE
        put = Span(cell.short, "number") if key == RECOMMENDED else _phase(cell)
        return Cell([put, _gradient(cell)])

    return said


def _phase(cell: RuleCell) -> Span:
    return Span(cell.phase, "phase", cell.phase)


def _gradient(cell: RuleCell) -> Span:
    return Span(cell.gradient, "verdict", "holds" if cell.kept else "fails")


def _numbers(one: Outlook) -> dict[str, Any]:
    tuning = one.tuning
    return {
        **constants_of(one),
        "recommended": {
            "sigma_w": tuning.sigma_w,
            "sigma_b": tuning.sigma_b,
            "basis": tuning.basis.value,
        },
        "rules": _rule_numbers(one),
        "sentence": sentence(one.activation.title, one),
    }


def _rule_numbers(one: Outlook) -> list[dict[str, Any]]:
    return [{**asdict(rule), "phase": rule.phase.value} for rule in one.placed]


def _number(says: Callable[[Row], str]) -> Callable[[Row], Cell]:
    """Return a column of numbers, which no line break may part."""
    return lambda row: Cell([says(row)], "number")


_GAINS: Mapping[str, Callable[[GainRow], Rich | Cell]] = {
    "": lambda row: row.title,
    "E φ²": _number(lambda row: row.square),
    "E φ'²": _number(lambda row: row.slope_square),
    "Keeps E z²": _number(lambda row: row.forward),
    "Keeps gradient": _number(lambda row: row.backward),
    "PyTorch": lambda row: row.pytorch,
    "its χ₁": _number(lambda row: row.pytorch_chi),
}


def constants_tables(outlooks: Mapping[str, Outlook]) -> list[Block]:
    """Return the critical points, and the moments and gains, of activations."""
    critical = Table(
        id="critical-points",
        caption=(f"{text('theory.critical')} ", *marked(text("theory.stability"))),
        head=("", "q*", "σ_w²", "σ_b²", "Kind"),
        rows=[
            [row.title, row.why]
            if row.why
            else [
                row.title,
                *(Cell([x], "number") for x in (row.q, row.weights, row.biases)),
                row.kind,
            ]
            for row in critical_rows(outlooks)
        ],
        look=_LOOK,
    )
    caption = marked(text("theory.gains"))
    gains = tabled("gains", _GAINS, gain_rows(outlooks), caption=caption, look=_LOOK)
    return [critical, gains]


def constants_lines(outlooks: Mapping[str, Outlook]) -> Table:
    """Return critical points and moments in one table, for a terminal."""
    return tabled(
        "constants",
        {
            "": lambda row: row[0].title,
            "critical: q*": lambda row: row[0].q,
            "σ_w²": lambda row: row[0].weights,
            "σ_b²": lambda row: row[0].biases,
            "kind": lambda row: row[0].kind,
            "E φ²": lambda row: row[1].square,
            "E φ'²": lambda row: row[1].slope_square,
        },
        zip(critical_rows(outlooks), gain_rows(outlooks), strict=True),
    )


def rules_blocks(group: Material, theory: Theory) -> Iterator[Block]:
    """Yield what each rule does to the activation of a group, and what to start it with."""
    columns: dict[str, Callable[[RuleCell], Rich | Cell]] = {
        "": lambda cell: cell.title,
        "σ_w": _number(lambda cell: cell.weights),
        "σ_b": _number(lambda cell: cell.biases),
        "Phase": _phase,
        "q*": _number(lambda cell: cell.q),
        "χ₁": _number(lambda cell: cell.chi),
        f"Gradient, layer {theory.depth} down to 1": _gradient,
        "ξ_q": _number(lambda cell: cell.length),
        "ξ_c": _number(lambda cell: cell.correlation),
    }
    options = f"--depth {theory.depth} --width {theory.width}"
    for title, one in group.outlooks.items():
        yield Text(sentence(title, one), "found")
        command = f"saturation-lab recommend --activation {one.activation.name} {options}"
        yield Text(command, "command")
        yield tabled(
            f"rules-{group.name}",
            columns,
            rule_cells(one).values(),
            look=f"{_LOOK} rules-of",
            data=_rule_numbers(one),
        )
