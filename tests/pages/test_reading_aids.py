"""Tests of what helps to read a page: the filter by verdict, the print style, and their size."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from saturation_lab.judging import examine, read_statements
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.statements_page import statements_page

SOME = {"GL3": "holds", "R1": "holds", "WI3": "advice", "WI6": "needs", "BP1": "notation"}
"""Statements that need no networks, or few, and their verdicts."""
MOST_BYTES = 40_000


@pytest.fixture(scope="module")
def html() -> str:
    """Return a page of some statements."""
    statements, studies = read_statements()
    found = examine([one for one in statements if one.id in SOME], studies, workers=1)
    return as_html(statements_page(found, command="saturation-lab claims"))


def test_every_card_carries_its_verdict(html: str) -> None:
    cards = dict(re.findall(r'<article id="(\w+)" data-verdict="(\w+)">', html))
    assert cards == SOME


def test_style_and_scripts_are_small_and_alone(html: str) -> None:
    shell = re.findall(r"<style>(.*?)</style>|<script>(.*?)</script>", html, re.S)
    assert sum(len(one.encode()) for pair in shell for one in pair) < MOST_BYTES
    assert not re.search(r"""(src|href)=["'](https?:)?//""", html)


def test_nothing_is_opened_for_print(html: str) -> None:
    assert "beforeprint" not in html


CHROMIUM = shutil.which("chromium")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_shows_a_button_for_each_verdict(html: str, tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    click = """<script>
      const all = [...document.querySelectorAll(".filter button")];
      all.find((button) => /needs/.test(button.textContent)).click();
    </script>"""
    page.write_text(html.replace("</body>", f"{click}</body>"), encoding="utf-8")
    assert CHROMIUM is not None
    shown = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    buttons = re.findall(r'<button[^>]*aria-pressed="(\w+)"[^>]*> (\w+) \((\d)\)<', shown)
    assert sorted(buttons) == [
        ("false", "advice", "1"), ("false", "holds", "2"), ("false", "notation", "1"),
        ("true", "needs", "1"),
    ]  # fmt: skip
    hidden = re.findall(r'<article id="(\w+)" data-verdict="\w+" hidden', shown)
    assert set(hidden) == set(SOME) - {"WI6"}
