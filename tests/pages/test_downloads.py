"""Test that every figure of a page can be downloaded as SVG, PNG and CSV."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import time
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from saturation_lab.exhibits import Shown
from saturation_lab.pages import Page, Section, Table, csv, packed, tables_of
from saturation_lab.pages.as_html import as_html
from tests.pages.undrawn import undrawn

TABLE = "application/zlib"


class _Downloads(HTMLParser):
    """Collects the lines with buttons, the packed tables and the drawings of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, dict[str, str | None]] = {}
        self.buttons: dict[str, dict[str, str]] = {}
        self.tables: dict[str, str] = {}
        self.drawings: list[str] = []
        self._figure = self._table = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "figure":
            self._figure = str(found["id"])
        elif found.get("class") == "downloads":
            self.lines[self._figure] = found
            self.buttons[self._figure] = {}
        elif tag == "button":
            kind, name = str(found["data-kind"]), str(found["aria-label"])
            self.buttons[self._figure][kind] = name
        elif tag == "img":
            self.drawings.append(str(found["src"]))
        elif tag == "script" and found.get("type") == TABLE:
            self._table = str(found["id"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure":
            self._figure = ""

    def handle_data(self, data: str) -> None:
        if self._table:
            self.tables[self._table] = data
            self._table = ""


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text, validate=True))


def _read(content: bytes, like: pd.DataFrame) -> pd.DataFrame:
    types: dict[Any, Any] = {name: like[name].dtype for name in like.columns}
    return pd.read_csv(io.BytesIO(content), dtype=types, keep_default_na=False, na_values=[""])


CLICKED = ("digits-figure_7", "digits-contact_sheet")


@pytest.fixture(scope="module")
def drawn(page: Page) -> Page:
    """Return the page's figures, two of them with their drawings."""
    section = Section(id="all", title="All", blocks=page.figures)
    return undrawn(replace(page, cover=(), sections=[section]), but=CLICKED)


@pytest.fixture(scope="module")
def html(drawn: Page) -> str:
    return as_html(drawn)


def _parsed(html: str) -> _Downloads:
    parsed = _Downloads()
    parsed.feed(html)
    return parsed


def _shown(page: Page, id: str) -> Shown:
    return next(figure.shown for figure in page.figures if figure.id == id)


def test_every_figure_can_be_taken_in_three_ways(page: Page, html: str) -> None:
    found = _parsed(html)
    assert [name for name in found.lines if name] == [figure.id for figure in page.figures]
    for figure in page.figures:
        line = found.lines[figure.id]
        assert "hidden" in line  # until the script has run
        assert line["data-name"] == f"small-{figure.id}"
        named = f"{figure.title}, {figure.group}" if figure.group else figure.title
        for kind in ("svg", "png", "csv"):
            assert found.buttons[figure.id][kind] == f"Download {named} as {kind.upper()}"
    names = [name for of_figure in found.buttons.values() for name in of_figure.values()]
    assert len(set(names)) == len(names) == 3 * len(page.figures)


def test_the_csv_in_the_page_is_the_table_behind_the_figure(page: Page, html: str) -> None:
    found = _parsed(html)
    for figure in page.figures:
        table = figure.shown.table.reset_index(drop=True)
        content = _unpacked(found.tables[str(found.lines[figure.id]["data-table"])])
        assert content.splitlines()[0].decode() == ",".join(table.columns)
        assert_frame_equal(_read(content, table), table, check_exact=True)


def test_a_table_that_lost_digits_is_noticed(page: Page) -> None:
    table = _shown(page, "digits-profile_signal").table.reset_index(drop=True)
    with pytest.raises(AssertionError):
        assert_frame_equal(_read(csv(table.round(6)), table), table, check_exact=True)


def test_the_numbers_of_a_table_of_words_can_be_taken(page: Page) -> None:
    (table,) = (
        one for one in page.blocks if isinstance(one, Table) and one.id == "verdicts-digits"
    )
    only = Section(id="verdicts", title="Verdicts", blocks=[table])
    found = _parsed(as_html(replace(page, sections=[only], answer=[], top=[], again=[])))
    assert list(found.buttons[""]) == ["csv"]
    content = _unpacked(found.tables["table-verdicts-digits"])
    read = pd.read_csv(io.BytesIO(content))
    assert read["measured.estimate"].tolist() == [row["measured"]["estimate"] for row in table.data]


def test_a_table_of_two_figures_stands_in_the_page_once(drawn: Page, html: str) -> None:
    tables = tables_of(drawn)
    for number in (6, 7, 8):
        assert tables.behind[f"digits-ridges_{number}"] == f"digits-figure_{number}"
    assert set(tables.behind.values()) == set(tables.named)
    contents = [csv(table) for table in tables.named.values()]
    assert len(set(contents)) == len(contents)
    found = _parsed(html)
    assert {f"table-{name}" for name in tables.named} <= set(found.tables)
    assert len(set(found.drawings)) == len(found.drawings) == len(drawn.figures)
    assert all(html.count(drawing) == 1 for drawing in found.drawings)


def test_packing_is_small_and_has_no_clock(page: Page) -> None:
    content = csv(_shown(page, "digits-figure_7").table)
    assert packed(content) == packed(content)
    assert base64.b64decode(packed(content))[:1] == b"\x78"  # zlib: gzip would write a time
    assert len(packed(content)) < len(content) / 3


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")

CLICKS = """
<script>
let blob;
URL.createObjectURL = (made) => { blob = made; return "#"; };
HTMLAnchorElement.prototype.click = async function () {
  fetch(this.download, { method: "POST", body: await blob.arrayBuffer() });
};
for (const button of document.querySelectorAll("FIGURES")) { button.click(); }
</script>
"""


class _Taker(BaseHTTPRequestHandler):
    """Shows the page, and takes what the page's buttons would have saved."""

    page = b""
    asked: ClassVar[list[str]] = []
    files: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self._answer(200, self.page)

    def do_POST(self) -> None:
        self.files[self.path.strip("/")] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, b"")

    def _answer(self, code: int, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _clicked(html: str, folder: Path) -> dict[str, bytes]:
    """Return the files that a browser makes when the buttons of two figures are clicked."""
    clicks = CLICKS.replace("FIGURES", ", ".join(f"#{key} button" for key in CLICKED))
    text = html.replace("</body>", clicks + "</body>")
    asked: list[str] = []
    files: dict[str, bytes] = {}
    taker = type("Taker", (_Taker,), {"page": text.encode(), "asked": asked, "files": files})
    options = (
        "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
        f"--user-data-dir={folder / 'profile'}"
    )
    # threads, as a browser opens connections that it does not use
    with ThreadingHTTPServer(("127.0.0.1", 0), taker) as server:
        server.timeout = 1
        address = f"http://127.0.0.1:{server.server_port}/"
        quiet = subprocess.DEVNULL
        browser = subprocess.Popen([str(BROWSER), *options.split(), address], stderr=quiet)
        try:
            end = time.monotonic() + 60
            while len(files) < 3 * len(CLICKED) and time.monotonic() < end:
                server.handle_request()
        finally:
            browser.terminate()
            browser.wait()
    if not asked:
        pytest.skip("the browser opens no page here")
    return files


@pytest.mark.skipif(BROWSER is None, reason="no browser to click in")
def test_a_browser_makes_the_three_files(page: Page, html: str, tmp_path: Path) -> None:
    files = _clicked(html, tmp_path)
    for key in CLICKED:
        stem = f"small-{key}"
        assert files[f"{stem}.csv"] == csv(_shown(page, key).table)
        root = ElementTree.fromstring(files[f"{stem}.svg"])
        assert root[0].tag.endswith("rect")
        assert root[0].attrib == {"width": "100%", "height": "100%", "fill": "white"}
        _check_picture(files[f"{stem}.png"])


def _check_picture(content: bytes) -> None:
    from matplotlib.image import imread

    picture = imread(io.BytesIO(content))
    assert picture.shape == (1440, 2560, 4)
    assert (picture[..., 3] == 1).all()  # nothing shines through
    assert (picture[0, 0] == 1).all()  # white
    assert picture[..., :3].min() < 0.5  # and something is drawn
