"""Test that every renderer handles every kind of block and shows all of its content."""

from __future__ import annotations

import html
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, get_args
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure as Drawing

from saturation_lab import Statement, Study, write_page
from saturation_lab.exhibits import Shown
from saturation_lab.figures import CANVASES, Canvas, blank
from saturation_lab.judging import Evidence
from saturation_lab.pages import (
    Block,
    Card,
    Cell,
    Details,
    Facts,
    Figure,
    Page,
    Section,
    Span,
    Studied,
    Table,
    Text,
    data_uri,
    in_lines,
    marked,
    tables_of,
    write_figures,
)
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.as_text import as_text

HOSTILE = '<script>alert(1)</script> & "quotes"'
STUDY = Study(
    activation="tanh", initializer="he_normal", widths=(8, 8), networks=3, inputs="gaussian"
)
TABLE = pd.DataFrame({"layer": [1, 2], "share": [0.1, math.nan], "left": [-math.inf, 1.0]})


def _draw(table: pd.DataFrame, canvas: Canvas) -> Drawing:
    figure = blank(canvas)
    figure.subplots().plot(table["layer"], table["layer"])
    return figure


SHOWN = Shown(
    table=TABLE, draw=_draw, see="It rises.", how="Points.", numbers="1 and 2.", alt="1, 2.",
    footer="Some networks",
)  # fmt: skip
STATEMENT = Statement(
    id="S1", kind="attribution", source="A book, eq. 1", chapter="A book", sentence="It was said.",
    precise="Somebody said it.", formula=r"a = b,\quad c = d", assumes="nothing",
)  # fmt: skip
SAID = Evidence(statement=STATEMENT, findings=(), origins={})
EVERY: tuple[Block, ...] = (
    Text(says=["Read `code`, ", Span(says="holds", role="verdict", of="holds"), " here."]),
    Facts(rows=[("Networks", "3"), ("Law", ["w ~ ", Span(says=r"\frac{1}{n}", role="formula")])]),
    Table(
        id="t", head=("", "Signal", "Gradient"), caption=marked("How to *read* it"),
        rows=[("Glorot", Cell(lines=["kept", "÷ 2"], look="own"), "3"), ("He", "none at all")],
        data=[{"role": "glorot", "signal": {"estimate": 0.5, "high": math.inf}}],
    ),
    Figure(id="g-one", title="A figure", shown=SHOWN, group="Digits"),
    Card(evidence=SAID),
    Details(summary="More", blocks=[Text(says="Folded."), Details(blocks=[Text(says="A note.")])]),
    Studied(id="g-he", title="He", origin=STUDY, says="All were drawn."),
)  # fmt: skip


def page_with(*blocks: Block, answer: tuple[Block, ...] = ()) -> Page:
    return Page(
        name="some", title="A page", question="What is it?", command="make it", answer=answer,
        sections=[Section(id="first", title="First", blocks=blocks)], versions={"numpy": "2"},
    )  # fmt: skip


def test_every_kind_of_block_is_here() -> None:
    assert {type(block) for block in EVERY} == set(get_args(Block))


@pytest.mark.parametrize("block", EVERY, ids=lambda block: type(block).__name__)
def test_every_kind_is_rendered_three_times(block: Block) -> None:
    page = page_with(block)
    assert as_html(page) != as_html(page_with())
    (said,) = as_json(page)["blocks"]["sections"][0]["blocks"]
    assert said["kind"] == type(block).__name__.lower()
    assert as_text([block])
    assert as_text(page) != as_text(page_with())


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_page(page_with(*EVERY), tmp_path / folder)
    for name in ("index.html", "report.json"):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two
    assert b"http://" not in re.sub(rb"http://www.w3.org/\d+", b"", one)


@pytest.mark.parametrize(
    "block",
    [
        Text(says=HOSTILE),
        Text(says=HOSTILE, role="command"),
        Text(says=[Span(says=HOSTILE, role="quiet"), Span(says="x", role="link", of=HOSTILE)]),
        Text(says=Span(says="x", role=HOSTILE)),
        Facts(rows=[(HOSTILE, HOSTILE)]),
        Table(
            id=HOSTILE, head=("", HOSTILE), rows=[(HOSTILE, Cell(lines=[HOSTILE] * 2))],
            caption=HOSTILE,
        ),
        Figure(
            id=HOSTILE, title=HOSTILE, group=HOSTILE,
            shown=replace(SHOWN, see=HOSTILE, numbers=HOSTILE, alt=HOSTILE),
        ),
        Card(evidence=replace(SAID, statement=replace(STATEMENT, sentence=HOSTILE, formula="a<b"))),
        Details(summary=HOSTILE, blocks=[Text(says=HOSTILE)]),
        Studied(id="x", title=HOSTILE, origin=STUDY, says=HOSTILE, made_with={HOSTILE: HOSTILE}),
    ],
    ids=lambda block: type(block).__name__,
)  # fmt: skip
def test_words_are_escaped(block: Block) -> None:
    assert "<script>alert" not in as_html(page_with(block))
    assert '& "quotes' not in as_html(page_with(block))
    html_page = replace(page_with(), title=HOSTILE, question=HOSTILE, lead=HOSTILE, command=HOSTILE)
    assert "<script>alert" not in as_html(html_page)


def test_json_is_strict_and_whole() -> None:
    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is not JSON")

    page = page_with(*EVERY, answer=(Text(says=marked("It **holds**.")),))
    said = json.loads(in_lines(as_json(page)), parse_constant=refuse)
    assert said == as_json(page)
    assert said["answer"] == ["It holds."]
    assert said["data"] == {"t": [{"role": "glorot", "signal": {"estimate": 0.5, "high": None}}]}
    assert said["tables"]["g-one"] == {"layer": [1, 2], "share": [0.1, None], "left": [None, 1.0]}
    (figure,) = said["figures"]
    assert figure["caption"] == "It rises. Points."
    assert [card["id"] for card in said["cards"]] == ["S1"]
    assert Study.from_dict(said["studies"][0]["study"]).digest == said["studies"][0]["digest"]


def test_words_of_json_are_those_of_the_page() -> None:
    page = page_with(*EVERY)
    shown = html.unescape(as_html(page)).replace("\N{NO-BREAK SPACE}", " ")
    for figure in as_json(page)["figures"]:
        for key in ("title", "caption", "numbers", "alt"):
            assert figure[key] in shown


def test_equal_tables_are_stored_once() -> None:
    other = replace(SHOWN, table=TABLE.assign(layer=[3, 4]))
    again = replace(SHOWN, table=TABLE.copy(), alt="The same again.")
    figures = [
        Figure(id=name, title=name, shown=shown)
        for name, shown in {"a": SHOWN, "b": other, "c": again}.items()
    ]
    tables = tables_of(page_with(*figures))
    assert tables.behind == {"a": "a", "b": "b", "c": "a"}
    assert list(as_json(page_with(*figures))["tables"]) == ["a", "b"]
    assert as_html(page_with(*figures)).count('type="application/zlib"') == 2


def test_a_short_row_ends_in_a_wide_cell() -> None:
    assert 'colspan="2"' in as_html(page_with(EVERY[2]))


def test_statements_are_listed_at_the_top() -> None:
    page = as_html(page_with(EVERY[4]))
    assert re.search(
        r'<a class="chapter" href="#first">First</a>\s*<a class="" href="#S1">S1</a>', page
    )
    assert page.count("<math") == 2
    assert "contents" not in as_html(page_with()).split("</style>")[1]


def test_parts_are_chosen_from() -> None:
    parts = [Section(id=f"each.{x}", title=x, blocks=[], part=True) for x in ("a", "b")]
    page = as_html(replace(page_with(), sections=parts))
    assert page.count('<nav class="chooser"') == 2
    assert page.count('aria-current="true"') == 2
    assert "choosing" in page
    assert '<nav class="chooser many"' in as_html(replace(page_with(), sections=parts * 4))


def test_every_block_is_well_formed() -> None:
    body = as_html(page_with(*EVERY)).split("<main", 1)[1].split("</main>")[0]
    body = re.sub(r"(<(?:img|source|wbr)[^>]*)>", r"\1/>", body).replace(" hidden>", ">")
    ElementTree.fromstring(f"<main{body}</main>")


def test_text_is_as_wide_as_the_terminal() -> None:
    long = Text(says="word " * 60)
    wide = Table(
        id="w", head=("layer", *"abcdef"), rows=[("1", *["0.123456789"] * 6)], caption="How."
    )
    said = as_text([long, wide], width=40)
    assert max(map(len, said.splitlines())) <= 40
    assert said.count("layer") == 3  # cut into parts, each with its first column
    prose = Table(id="p", head=("", "Says"), rows=[("A", "word " * 20)])
    assert as_text([prose], width=40).splitlines()[0] == "A"
    assert as_text([EVERY[5]], opened=False) == ""
    assert as_text([EVERY[5]]) == "More\n\nFolded.\n\nA note."


def test_figures_are_written_as_files(tmp_path: Path) -> None:
    figures = write_figures(
        page_with(EVERY[3]), tmp_path, formats=("svg", "png"), canvas=CANVASES["talk"]
    )
    assert [path.name for path in figures] == ["g-one.svg", "g-one.png"]
    assert figures[0].read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_a_drawing_is_a_data_uri() -> None:
    assert data_uri(b'<svg a="1"/>') == "data:image/svg+xml,%3Csvg%20a='1'/%3E"
