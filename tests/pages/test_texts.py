"""Test that every entry of the longer texts is used, and that no entry is missing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import saturation_lab

PACKAGE = Path(saturation_lab.__file__).parent
IN_A_LOOP = {"calibration.guarantees", "calibration.faults"}


def test_texts_are_used_and_there() -> None:
    tables = tomllib.loads((PACKAGE / "pages" / "texts.toml").read_text(encoding="utf-8"))
    there = {f"{table}.{key}" for table, texts in tables.items() for key in texts}
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    used = set(re.findall(rf"""["']((?:{"|".join(tables)})\.[a-z_]+)["']""", code))
    assert used | IN_A_LOOP == there
