"""Do imports point one way, and is importing the package cheap?"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import saturation_lab

PACKAGE = Path(saturation_lab.__file__).parent

# from the ground up: a room may import from rooms below it and from itself
FLOORS = (
    {"checks"},
    {"files"},
    {"nets"},
    {"statistics"},
    {"study"},
    {"examples"},
    {"inference", "claims", "figures"},  # leaves: nothing of ours but checks
    {"measured"},
    {"own_networks"},
    {"sampling", "theory"},  # neither sees the other
    {"words"},
    {"judging", "compare", "testing"},
    {"proof"},
    {"exhibits"},
    {"pages"},
    {"cli"},
)
LEAVES = FLOORS[6]


def _room(module: str) -> str:
    return module.split(".")[1]


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if not isinstance(node, ast.ImportFrom | ast.Import):
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "saturation_lab":
                names = [f"saturation_lab.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("saturation_lab."):
                yield name, node.lineno


def _module(path: Path) -> str:
    return ".".join(("saturation_lab", *path.relative_to(PACKAGE).with_suffix("").parts))


def _faults(module: str, imported: str) -> str | None:
    floor = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}
    here, there = _room(module), _room(imported)
    if there not in floor:
        return f"{there} is on no floor: add it to FLOORS"
    if here == there:
        return None
    if here in LEAVES and floor[there] > 0:
        return f"{here} is a leaf and may not import {there}"
    if floor[there] >= floor[here]:
        return f"{here} (floor {floor[here]}) may not import {there} (floor {floor[there]})"
    return None


def test_imports_point_downwards() -> None:
    print("\n".join(f"{i}: {', '.join(sorted(rooms))}" for i, rooms in enumerate(FLOORS)))
    faults = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path == PACKAGE / "__init__.py":  # the lazy public names
            continue
        for imported, line in _imports(path):
            fault = _faults(_module(path), imported)
            if fault:
                faults.append(f"{path.relative_to(PACKAGE)}:{line}: {fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("saturation_lab.nets.passes", "saturation_lab.study"),
        ("saturation_lab.figures.layer_curves", "saturation_lab.statistics.summary"),
        ("saturation_lab.inference.verdict", "saturation_lab.sampling.run"),
        ("saturation_lab.sampling.run", "saturation_lab.attic"),
        ("saturation_lab.theory.expectations", "saturation_lab.sampling.run"),
        ("saturation_lab.sampling.run", "saturation_lab.theory.expectations"),
    ],
)
def test_an_import_upwards_is_seen(module: str, imported: str) -> None:
    assert _faults(module, imported)


def _loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    return {name.split(".")[0] for name in run.stdout.split()}


HEAVY = {"matplotlib", "pandas", "scipy", "seaborn", "sklearn", "statsmodels", "joblib", "jinja2"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not (HEAVY | {"numpy"}) & _loaded_by("import saturation_lab")


def test_help_loads_nothing_heavy() -> None:
    assert not HEAVY & _loaded_by("import saturation_lab.cli.app")


def test_public_names_arrive_when_used() -> None:
    for name in saturation_lab.__all__:
        assert getattr(saturation_lab, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = saturation_lab.nonsense
    assert "sample" in dir(saturation_lab)


def test_no_module_is_too_long() -> None:
    long = {
        str(path.relative_to(PACKAGE)): count
        for path in PACKAGE.rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert not long
