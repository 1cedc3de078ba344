"""Imports point downwards, files are in their rooms, and importing the package is cheap."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import saturation_lab
from scripts.floors import APART, FLOORS, KNOWN, KNOWN_TWICE, LEAVES, LOOSE
from scripts.house import (
    MAP,
    House,
    code_lines,
    file_circles,
    house_map,
    imports,
    loose,
    public_names,
    read_house,
    room_circles,
    twice,
    unused,
    without_first_line,
)

PACKAGE = Path(saturation_lab.__file__).parent


@pytest.fixture(scope="module")
def house() -> House:
    return read_house(PACKAGE)


def _room(module: str) -> str:
    return module.split(".")[1]


def _faults(module: str, imported: str) -> str | None:
    floor = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}
    here, there = _room(module), _room(imported)
    if there not in floor:
        return f"{there} is on no floor: add it to FLOORS"
    if here == there:
        return None
    if here in LEAVES and floor[there] > 0:
        return f"{here} is a leaf and may not import {there}"
    if (here, there) in APART:
        return f"{here} may not import {there}: the two are tested against each other"
    if floor[there] >= floor[here]:
        return f"{here} (floor {floor[here]}) may not import {there} (floor {floor[there]})"
    return None


def test_imports_point_downwards(house: House) -> None:
    print("\n".join(f"{i}: {', '.join(sorted(rooms))}" for i, rooms in enumerate(FLOORS)))
    faults = []
    for module in house.values():
        if not module.room:  # the lazy public names
            continue
        for imported, line in imports(module, house):
            fault = _faults(module.name, imported)
            if fault:
                faults.append(f"{module.path.relative_to(PACKAGE)}:{line}: {fault}")
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
        ("saturation_lab.sampling.run", "saturation_lab.sample"),
    ],
)
def test_an_import_upwards_is_seen(module: str, imported: str) -> None:
    assert _faults(module, imported)


def _planted(folder: Path, sources: dict[str, str]) -> House:
    """Read a package of these modules, ``{"room/name": source}``."""
    package = folder / "saturation_lab"
    for name, source in {"__init__": "", **sources}.items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return read_house(package)


def _differ(found: list[str], known: set[str]) -> str:
    """What came, and what is gone but still noted in ``scripts/floors.py``."""
    new = [f"new: {entry}" for entry in found if entry not in known]
    return "\n".join(new + [f"gone, strike it: {entry}" for entry in sorted(known - {*found})])


def test_every_room_on_a_floor_is_there(house: House) -> None:
    assert set().union(*FLOORS) == {module.room for module in house.values() if module.room}


def test_imports_run_in_no_circle(house: House) -> None:
    differ = _differ(room_circles(house) + file_circles(house), KNOWN)
    assert not differ, differ


def test_a_circle_of_files_is_seen(tmp_path: Path) -> None:
    planted = _planted(
        tmp_path,
        {
            "nets/a": "from saturation_lab.nets import b",
            "nets/b": "def late():\n    from saturation_lab.nets.c import x",
            "nets/c": "if TYPE_CHECKING:\n    from .a import x",
            "nets/d": "import saturation_lab.nets.a",
        },
    )
    assert file_circles(planted) == ["nets: a, b, c"]
    assert not room_circles(planted)


def test_a_circle_of_rooms_is_seen(tmp_path: Path) -> None:
    planted = _planted(
        tmp_path,
        {
            "nets/a": "from saturation_lab.study import Study",
            "study": "from saturation_lab.figures.b import x",
            "figures/b": "",
            "figures/c": "from saturation_lab.nets.a import x",
        },
    )
    assert room_circles(planted) == ["rooms: figures, nets, study"]
    assert not file_circles(planted)


def test_what_is_known_must_be_there() -> None:
    assert _differ(["a", "b"], {"a", "b"}) == ""
    assert _differ(["a", "b"], {"a", "c"}) == "new: b\ngone, strike it: c"


def test_no_file_name_occurs_twice(house: House) -> None:
    differ = _differ(twice(house), KNOWN_TWICE)
    assert not differ, differ


def test_a_file_name_that_occurs_twice_is_seen(tmp_path: Path) -> None:
    names = ("nets/__init__", "nets/layers", "figures/__init__", "figures/deep/layers", "layers")
    planted = _planted(tmp_path, dict.fromkeys(names, ""))
    assert twice(planted) == ["layers.py: figures/deep, loose, nets"]


def test_few_modules_are_loose(house: House) -> None:
    assert len(loose(house)) == LOOSE, "fewer: lower LOOSE; more: move one into a room"


def test_a_loose_module_is_seen(tmp_path: Path) -> None:
    assert loose(_planted(tmp_path, {"study": "", "nets/__init__": "", "nets/a": ""})) == ["study"]


def test_every_module_says_what_it_answers(house: House) -> None:
    assert not without_first_line(house)


def test_a_module_that_says_nothing_is_seen(tmp_path: Path) -> None:
    sources = {"__init__": '"""All."""', "a": "X = 1", "b": '""" """', "nets/c": '"""What?"""'}
    assert without_first_line(_planted(tmp_path, sources)) == [
        "saturation_lab.a",
        "saturation_lab.b",
    ]


def test_the_map_is_of_this_house(house: House) -> None:
    written = MAP.read_text(encoding="utf-8")
    assert written == house_map(house, FLOORS), "write it: python -m scripts.house --map"


def test_the_map_shows_every_first_line(tmp_path: Path) -> None:
    sources = {
        "nets/__init__": '"""What is a network?"""\n',
        "nets/deep/passes": '"""Forward | back?\n\nMore."""\n',
        "study": '"""What is drawn?"""\n',
    }
    page = house_map(_planted(tmp_path, sources), [{"study"}, {"nets"}])
    assert "## nets\n\nWhat is a network?\n" in page
    assert "| `deep/passes` | Forward \\| back? |" in page
    assert "## Modules outside any folder\n" in page
    assert "| `study` | What is drawn? |" in page


def test_only_lines_of_code_are_counted(tmp_path: Path) -> None:
    source = '"""What?\n\nMore."""\n\n# why\nX = """a\n\nb"""  # three\n"""X is."""\nY = [\n]\n'
    assert code_lines(_planted(tmp_path, {"study": source})["saturation_lab.study"]) == 5


def test_a_name_nobody_else_uses_is_seen(tmp_path: Path) -> None:
    source = "A, _B = 1, 2\nC: int = max(c for c in (A,))\ndef d(): e = 1\nclass F: g = 1\nH = C\n"
    planted = _planted(
        tmp_path,
        {
            "nets/a": source,
            "nets/b": "from saturation_lab.nets.a import A\nH = 1",
            "study": 'from saturation_lab.nets import a\na.d()\n"saturation_lab.nets.a.F"',
        },
    )
    assert public_names(planted["saturation_lab.nets.a"]) == ["A", "C", "d", "F", "H"]
    found = [(name.module.inside, name.name, name.mentions) for name in unused(planted, [])]
    assert found == [("a", "C", 0), ("a", "H", 1), ("b", "H", 1)]


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
    listing = "from saturation_lab.cli.app import main\nmain(['--help'])"
    assert not (HEAVY | {"numpy"}) & _loaded_by(listing)
    assert not (HEAVY | {"numpy"}) & _loaded_by(listing.replace("[", "['sample', "))


def test_public_names_arrive_when_used() -> None:
    for name in dir(saturation_lab):
        assert getattr(saturation_lab, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = saturation_lab.nonsense  # type: ignore[attr-defined]
    assert {"sample", "Study", "Measured"} <= set(dir(saturation_lab))


def test_no_module_is_too_long(house: House) -> None:
    counts = {module.name: code_lines(module) for module in house.values()}
    assert {name: count for name, count in counts.items() if count > 320} == {}
