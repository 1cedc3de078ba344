"""What theory alone says of activations: overview, constants, rules, as blocks of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
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
from saturation_lab.pages.spec import Theory
from saturation_lab.theory.outlook import RECOMMENDED, RULES, Outlook, kind_of

_OVERVIEW = (
    "Where an initialization puts {depth} layers, and what becomes of the mean square of the "
    "*gradient* on its way from layer {depth} down to 1: divided (÷) or multiplied (×) by. ✓ by "
    "less than a factor 2; ✗ by more. The critical point is where no size and no gradient changes "
    "at any depth"
)
_CRITICAL = (
    "Critical points: σ_w² = 1/E φ'² and σ_b² = q* − E φ²/E φ'² where z ~ N(0, q*). ",
    *marked(
        "*Half-stable*: χ∥ = 1 as well, so that a disturbance of q neither grows nor shrinks to "
        "first order. *Stable*: it shrinks"
    ),
)
_GAINS = (
    "Moments for z ~ N(0, 1) and the gains σ_w, without biases, that keep E z² at 1 (1/√E φ²) or "
    "the gradient there (1/√E φ'²); what PyTorch’s `calculate_gain` returns, and the factor χ₁ by "
    "which one layer then changes the mean square of the gradient"
)
_LOOK = "verdicts marks constants"


def theory_facts(theory: Theory, one: Outlook) -> Facts:
    """Return how far theory looks, and where rules lie that are the same for every activation."""
    layers = f"{theory.depth}, each {theory.width:,} units wide; nothing is sampled"
    rules = "Rules, as σ_w = √n Std w and σ_b = Std b where all layers are equally wide"
    return Facts(
        rows=[
            ("Layers", layers),
            ("Inputs", "standardized: mean square 1"),
            (rules, "; ".join(_rules(one))),
        ]
    )


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
    places = [
        (name, title, one)
        for name, group in groups.items()
        for title, one in group.outlooks.items()
    ]
    rows: list[Sequence[Rich | Cell]] = []
    for name, title, one in places:
        cells = rule_cells(one)
        linked = Span(says=title, role="link", of=links[name]) if name in links else title
        placed = (_place(cells.get(key), key) for key in IN_OVERVIEW)
        rows.append([linked, _critical(one), *placed])
    signs = {RECOMMENDED: f"{TITLES[RECOMMENDED]} (σ_w, σ_b)"}
    return Table(
        id="overview",
        caption=marked(_OVERVIEW.format(depth=theory.depth)),
        head=(
            "",
            "Critical point (σ_w, σ_b)",
            *(signs.get(key, TITLES[key]) for key in IN_OVERVIEW),
        ),
        rows=rows,
        look=_LOOK,
        data=[{"group": name, **_numbers(one)} for name, _, one in places],
    )


_NONE = Span(says="none", role="quiet")


def _critical(one: Outlook) -> Rich | Cell:
    if one.critical is None:
        return _NONE
    place = Span(says=place_text(one.critical), role="number")
    return Cell(lines=[place, Span(says=kind_of(one.critical), role="quiet")])


def _place(cell: RuleCell | None, key: str) -> Rich | Cell:
    if cell is None:
        return _NONE
    put = Span(says=cell.short, role="number") if key == RECOMMENDED else _phase(cell)
    return Cell(lines=[put, _gradient(cell)])


def _phase(cell: RuleCell) -> Span:
    return Span(says=cell.phase, role="phase", of=cell.phase)


def _gradient(cell: RuleCell) -> Span:
    return Span(says=cell.gradient, role="verdict", of="holds" if cell.kept else "fails")


def _numbers(one: Outlook) -> dict[str, Any]:
    tuning = one.tuning
    return {
        **constants_of(one),
        "recommended": {
            "sigma_w": tuning.sigma_w,
            "sigma_b": tuning.sigma_b,
            "basis": tuning.basis.value,
        },
        "rules": [{**asdict(rule), "phase": rule.phase.value} for rule in one.placed],
        "sentence": sentence(one.activation.title, one),
    }


def constants_tables(outlooks: Mapping[str, Outlook]) -> list[Block]:
    """Return the critical points, and the moments and gains, of activations."""
    return [
        Table(
            id="critical-points",
            caption=_CRITICAL,
            head=("", "q*", "σ_w²", "σ_b²", "Kind"),
            rows=[
                [row.title, row.why]
                if row.why
                else [row.title, *map(_number, (row.q, row.weights, row.biases)), row.kind]
                for row in constants_rows(outlooks)
            ],
            look=_LOOK,
        ),
        Table(
            id="gains",
            caption=marked(_GAINS),
            head=("", "E φ²", "E φ'²", "Keeps E z²", "Keeps gradient", "PyTorch", "its χ₁"),
            rows=[
                [
                    row.title,
                    *map(_number, (row.square, row.slope_square, row.forward, row.backward)),
                    row.pytorch,
                    _number(row.pytorch_chi),
                ]
                for row in constants_rows(outlooks)
            ],
            look=_LOOK,
        ),
    ]


def _number(says: str) -> Cell:
    return Cell(lines=[says], look="number")


def rules_blocks(group: Material, theory: Theory) -> Iterator[Block]:
    """Yield what each rule does to the activation of a group, and what to start it with."""
    for title, one in group.outlooks.items():
        yield Text(says=sentence(title, one), role="found")
        yield Text(
            says=f"saturation-lab recommend --activation {one.activation.name} --depth "
            f"{theory.depth} --width {theory.width}",
            role="command",
        )
        yield Table(
            id=f"rules-{group.name}",
            head=(
                *("", "σ_w", "σ_b", "Phase", "q*", "χ₁"),
                *(f"Gradient, layer {theory.depth} down to 1", "ξ_q", "ξ_c"),
            ),
            rows=[
                [
                    cell.title,
                    *map(_number, (cell.weights, cell.biases)),
                    _phase(cell),
                    *map(_number, (cell.q, cell.chi)),
                    _gradient(cell),
                    *map(_number, (cell.length, cell.correlation)),
                ]
                for cell in rule_cells(one).values()
            ],
            look=f"{_LOOK} rules-of",
            data=[{**asdict(rule), "phase": rule.phase.value} for rule in one.placed],
        )
