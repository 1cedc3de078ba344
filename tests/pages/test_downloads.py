"""Can every figure be taken from the page: as SVG, PNG and CSV, from what stands there once?"""

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

from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.figures.theme import CANVASES
from saturation_lab.pages.build import draw_exhibit
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_page import page as write
from saturation_lab.pages.tables import csv, packed, tables_of

SHOWN = [name for name, exhibit in EXHIBITS.items() if not (exhibit.stated or exhibit.celled)]

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

    def handle_data(self, data: str) -> None:
        if self._table:
            self.tables[self._table] = data
            self._table = ""


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text, validate=True))


def _read(content: bytes, like: pd.DataFrame) -> pd.DataFrame:
    types: dict[Any, Any] = {name: like[name].dtype for name in like.columns}
    return pd.read_csv(io.BytesIO(content), dtype=types, keep_default_na=False, na_values=[""])


CLICKED = ("figure_7", "contact_sheet")


@pytest.fixture
def page(report: Report, tmp_path: Path) -> Path:
    """Write the page with two of its drawings; empty ones stand for the others, to be quick."""
    see_through = replace(CANVASES["page"], background="none")
    figures = {}
    for key, exhibit, group in report.exhibits():
        wide = f"<svg><title>{key}</title></svg>".encode()
        if exhibit.id in CLICKED:
            wide = draw_exhibit(exhibit, group, see_through, "svg")
        figures[key] = {"page": wide, "phone": f"<svg><title>upright {key}</title></svg>".encode()}
    path = tmp_path / "index.html"
    path.write_text(write(report, figures), encoding="utf-8")
    return path


def _parsed(page: Path) -> _Downloads:
    parsed = _Downloads()
    parsed.feed(page.read_text(encoding="utf-8"))
    return parsed


def test_every_figure_can_be_taken_in_three_ways(report: Report, page: Path) -> None:
    found = _parsed(page)
    assert list(found.lines) == [key for key, _, _ in report.exhibits()]
    for key, exhibit, group in report.exhibits():
        line = found.lines[key]
        assert "hidden" in line  # until the script has run
        assert line["data-name"] == f"small-{key}"
        for kind in ("svg", "png", "csv"):
            expected = f"Download {exhibit.title}, {group.title}, as {kind.upper()}"
            assert found.buttons[key][kind] == expected
    names = [name for of_figure in found.buttons.values() for name in of_figure.values()]
    assert len(set(names)) == len(names) == 3 * len(SHOWN)


def test_the_csv_in_the_page_is_the_table_behind_the_figure(report: Report, page: Path) -> None:
    found = _parsed(page)
    for key, exhibit, group in report.exhibits():
        table = exhibit.table(group).reset_index(drop=True)
        content = _unpacked(found.tables[str(found.lines[key]["data-table"])])
        assert content.splitlines()[0].decode() == ",".join(table.columns)
        assert_frame_equal(_read(content, table), table, check_exact=True)


def test_a_table_that_lost_digits_is_noticed(report: Report) -> None:
    table = EXHIBITS["profile_signal"].table(report.groups["digits"]).reset_index(drop=True)
    with pytest.raises(AssertionError):
        assert_frame_equal(_read(csv(table.round(6)), table), table, check_exact=True)


def test_a_table_of_two_figures_stands_in_the_page_once(report: Report, page: Path) -> None:
    tables = tables_of(report)
    for number in (6, 7, 8):
        assert tables.behind[f"digits-ridges_{number}"] == f"digits-figure_{number}"
    assert set(tables.behind.values()) == set(tables.named)
    contents = [csv(table) for table in tables.named.values()]
    assert len(set(contents)) == len(contents)
    found = _parsed(page)
    assert set(found.tables) == {f"table-{name}" for name in tables.named}
    assert len(set(found.drawings)) == len(found.drawings) == len(SHOWN)
    text = page.read_text(encoding="utf-8")
    assert all(text.count(drawing) == 1 for drawing in found.drawings)


def test_groups_do_not_share_tables(report: Report) -> None:
    section = report.spec.sections[0]
    sections = (section, replace(section, group="other"))
    other = replace(report.groups["digits"], name="other")
    both = replace(
        report,
        spec=replace(report.spec, sections=sections),
        groups={**report.groups, "other": other},
    )
    behind = tables_of(both).behind
    assert behind["other-ridges_7"] == "other-figure_7"
    assert behind["digits-ridges_7"] == "digits-figure_7"


def test_packing_is_small_and_has_no_clock(report: Report) -> None:
    content = csv(EXHIBITS["figure_7"].table(report.groups["digits"]))
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


def _clicked(page: Path) -> dict[str, bytes]:
    """Return the files that a browser makes when the buttons of two figures are clicked."""
    clicks = CLICKS.replace("FIGURES", ", ".join(f"#digits-{key} button" for key in CLICKED))
    text = page.read_text(encoding="utf-8").replace("</body>", clicks + "</body>")
    asked: list[str] = []
    files: dict[str, bytes] = {}
    taker = type("Taker", (_Taker,), {"page": text.encode(), "asked": asked, "files": files})
    options = (
        "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
        f"--user-data-dir={page.parent / 'profile'}"
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
def test_a_browser_makes_the_three_files(report: Report, page: Path) -> None:
    files = _clicked(page)
    for key in CLICKED:
        stem = f"small-digits-{key}"
        table = EXHIBITS[key].table(report.groups["digits"])
        assert files[f"{stem}.csv"] == csv(table)
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
