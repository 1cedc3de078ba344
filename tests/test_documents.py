"""Run the examples of the README and of the documents, and check their commands and links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from saturation_lab.cli.app import app
from saturation_lab.statistics.quantities import set_own_quantities

HOME = Path(__file__).parents[1]
DOCUMENTS = [HOME / "README.md", HOME / "CONTRIBUTING.md", *sorted((HOME / "docs").glob("*.md"))]
LARGE = "widths=[1000] * 5, networks=20"
"""What an example draws; the test draws less."""


def _blocks(language: str) -> list[tuple[Path, str]]:
    pattern = rf"```{language}\n(.*?)```"
    return [
        (path, block)
        for path in DOCUMENTS
        for block in re.findall(pattern, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    ]


def _commands() -> list[str]:
    lines = [
        line.split("  #")[0]
        for _, block in _blocks("sh")
        for line in block.replace("\\\n", " ").split("\n")
    ]
    return [line for line in lines if line.startswith("saturation-lab ")]


@pytest.mark.parametrize(("path", "source"), _blocks("python"), ids=lambda one: str(one)[-40:])
def test_examples_run(path: Path, source: str) -> None:
    if "import torch" in source:
        pytest.importorskip("torch")
    names: dict[str, Any] = {}
    source = source.replace(LARGE, "widths=[50] * 3, networks=3")
    try:
        exec(compile(source, str(path), "exec"), names)
        for name, value in names.items():
            if name.startswith("test_"):
                value()
    finally:
        set_own_quantities(())  # an example adds one


def test_there_are_examples_and_commands() -> None:
    assert len(_blocks("python")) >= 8
    assert len(_commands()) >= 25


@pytest.mark.parametrize("command", _commands())
def test_commands_are_understood(command: str) -> None:
    app.parse_args(shlex.split(command)[1:], print_error=False, exit_on_error=False)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_is_short() -> None:
    assert len(DOCUMENTS[0].read_text(encoding="utf-8").splitlines()) <= 200
