"""Test that the index links to every page and to nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from saturation_lab import InputError
from saturation_lab.cli import main
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.index_page import index_page
from tests.pages.parsed import Seen


def _page(folder: Path, title: str) -> None:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>page</p>", encoding="utf-8")
    said = {"title": title, "question": "Why?"}
    (folder / "report.json").write_text(json.dumps(said), encoding="utf-8")


def test_every_page_is_named_and_linked(tmp_path: Path) -> None:
    _page(tmp_path / "one", "Gains & losses")
    _page(tmp_path / "two words", "Two")
    (tmp_path / "empty").mkdir()
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "report.json").write_text("{}", encoding="utf-8")
    html = as_html(index_page(tmp_path))
    seen = Seen(html)
    pages = {"Gains & losses": "one", "Two": "two%20words"}
    for title, place in pages.items():
        assert not seen.lacks(title)
        assert {f"{place}/index.html", f"{place}/report.json"} <= set(seen.links)
    assert sum(link.endswith("index.html") for link in seen.links) == len(pages)
    assert as_html(index_page(tmp_path)) == html
    assert main(["index", str(tmp_path)]) == 0
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == html


def test_the_picture_of_a_page_is_shown(tmp_path: Path) -> None:
    _page(tmp_path / "one", "One <&>")
    assert "<img class" not in as_html(index_page(tmp_path))
    (tmp_path / "one" / "cover.svg").write_bytes(b"<svg><text>'&quot;</text></svg>")
    html = as_html(index_page(tmp_path))
    assert html.count("<img class") == 1
    assert 'alt="One &lt;&amp;&gt;" src="data:image/svg+xml' in html


def test_nothing_to_lead_to_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "saturation-lab: index: expected a folder whose subfolders contain pages, got "
    )
    assert said.count("\n") == 1


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    _page(tmp_path / "one", "One")
    (tmp_path / "one" / "report.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"^index: expected a readable report.json .*, got .*one"):
        index_page(tmp_path)
