"""Measures of the package's structure: lines of code, import cycles and unused names.

``python -m scripts.house`` prints the lines of code by room, the loose modules, duplicate file
names, import cycles, and the number of public names that no other file uses. ``--unused`` lists
these names; ``--map`` writes ``docs/house.md``. A room is a folder of the package, or a loose
module.

The files are only read, never imported. Imports count everywhere: at the top of a file, in a
function, or under ``if TYPE_CHECKING:``.
"""

from __future__ import annotations

import argparse
import ast
import doctest
import io
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

from scripts.floors import FLOORS

HOME = Path(__file__).parents[1]
PACKAGE = HOME / "saturation_lab"
OTHERS = ("tests", "scripts", "benchmarks")
MAP = HOME / "docs" / "house.md"
SUFFIXES = (".html", ".css", ".js")
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip
HEAD = """\
# Map of the package

The folders of the package, from the bottom up, followed by the modules outside any folder. A folder
imports only from folders above it on this page. `python -m scripts.house --map` writes this page
from the first lines of docstrings.
"""

Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name (that of the folder for ``__init__``), path and source."""

    name: str
    path: Path
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.source)

    @property
    def is_init(self) -> bool:
        """Whether this is the ``__init__`` of a folder."""
        return self.path.name == "__init__.py"

    @property
    def room(self) -> str:
        """The folder below the package, or the name of a loose module; empty for the package."""
        return f"{self.name}.".split(".")[1]

    @property
    def is_loose(self) -> bool:
        """Whether it is directly in the folder of the package."""
        return self.name.count(".") == 1 and not self.is_init

    @property
    def inside(self) -> str:
        """Its name within its room."""
        return self.name.partition(f"{self.room}.")[2] or "__init__"

    @property
    def first_line(self) -> str:
        """The first line of the docstring; empty without one."""
        return (ast.get_docstring(self.tree) or "").partition("\n")[0].strip()


House = Mapping[str, Module]


def read_house(package: Path) -> House:
    """Read all modules of a package, keyed by dotted name."""
    modules = {}
    for path in sorted(package.rglob("*.py")):
        parts = (package.name, *path.relative_to(package).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path, path.read_text(encoding="utf-8"))
    return modules


def code_lines(module: Module) -> int:
    """Count the lines of code, without docstrings, comments and blank lines."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(module.source).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for text in _bare_strings(module.tree):
        lines.difference_update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def _bare_strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield all docstrings, including those below constants."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value


def imports(module: Module, house: House) -> Iterator[tuple[str, int]]:
    """Yield the modules of its own package that a module imports, with line numbers."""
    package = module.name.split(".", maxsplit=1)[0]
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            source = _source(node, module)
            names = [_longest(source, name, house, package) for name in names]
        for name in dict.fromkeys(names):
            own = name.startswith(f"{package}.") and not name.endswith("__")  # no __version__
            if own:
                yield name, node.lineno


def _source(node: ast.ImportFrom, module: Module) -> str:
    """Return the absolute name of the module from which names are imported."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + module.is_init]
    return ".".join((*parts, node.module) if node.module else parts)


def _longest(source: str, name: str, house: House, package: str) -> str:
    """Return ``source.name`` if that is a module or a lazy name of the package, else ``source``."""
    longer, lazy = f"{source}.{name}", source == package and not name.startswith("__")
    return longer if longer in house or lazy else source


def circles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components of two or more nodes, sorted."""
    reach = {node: _reach(node, graph) for node in graph}
    found = {
        tuple(sorted({there for there in reach[node] if node in reach.get(there, ())}))
        for node in graph
    }
    return [list(circle) for circle in sorted(found) if len(circle) > 1]


def _reach(start: str, graph: Graph) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        new = graph.get(todo.pop(), set()) - seen
        seen |= new
        todo.extend(new)
    return seen


def room_circles(house: House) -> list[str]:
    """Return the import cycles among rooms and loose modules, as ``rooms: a, b``."""
    graph: dict[str, set[str]] = defaultdict(set)
    for module in house.values():
        if module.room:  # skip the lazy names of the package itself
            there = {name.split(".")[1] for name, _ in imports(module, house)}
            graph[module.room] |= there - {module.room}
    return [f"rooms: {', '.join(circle)}" for circle in circles(graph)]


def file_circles(house: House) -> list[str]:
    """Return the import cycles among the files of each room, as ``room: a, b``."""
    found = []
    for room, modules in _by_room(house).items():
        graph = {
            module.inside: {
                house[name].inside
                for name, _ in imports(module, house)
                if name in house and house[name].room == room
            }
            for module in modules
        }
        found += [f"{room}: {', '.join(circle)}" for circle in circles(graph)]
    return found


def _by_room(house: House) -> dict[str, list[Module]]:
    rooms: dict[str, list[Module]] = defaultdict(list)
    for module in house.values():
        if module.room and not module.is_loose:
            rooms[module.room].append(module)
    return rooms


def loose(house: House) -> list[str]:
    """Return the loose modules, without ``__init__``."""
    return [module.name.split(".")[1] for module in house.values() if module.is_loose]


def twice(house: House) -> list[str]:
    """Return the file names that occur more than once, except ``__init__.py``."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in house.values():
        if not module.is_init:
            folder = module.name.split(".")[1:-1]
            places[module.path.name].append("/".join(folder) or "loose")
    return [
        f"{name}: {', '.join(folders)}"
        for name, folders in sorted(places.items())
        if len(folders) > 1
    ]


def without_first_line(house: House) -> list[str]:
    """Return the modules without a docstring, or whose docstring starts with an empty line."""
    return [module.name for module in house.values() if not module.first_line]


def public_names(module: Module) -> list[str]:
    """Return the public functions, classes and constants of a module."""
    names = chain.from_iterable(_defined(node) for node in module.tree.body)
    return [name for name in dict.fromkeys(names) if not name.startswith("_")]


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.If | ast.Try | ast.For | ast.With):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.stmt):
                yield from _defined(part)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for part in chain.from_iterable(map(ast.walk, targets)):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id


@dataclass(frozen=True, kw_only=True)
class Unused:
    """A public name that no other file imports, and the number of files that contain the word."""

    module: Module
    name: str
    mentions: int


def unused(house: House, others: Iterable[Module]) -> list[Unused]:
    """Return the public names that no other file of the package or of ``others`` imports."""
    used: set[tuple[str, str]] = set()
    words: Counter[str] = Counter()
    for module in (*house.values(), *others):
        used |= {(where, name) for where, name in _uses(module, house) if where != module.name}
        words.update(_words(module))
    return [
        Unused(module=module, name=name, mentions=words[name] - 1)
        for module in house.values()
        for name in public_names(module)
        if (module.name, name) not in used
    ]


def _words(module: Module) -> set[str]:
    return set(re.findall(r"[^\W\d]\w*", module.source))


def _uses(module: Module, house: House) -> Iterator[tuple[str, str]]:
    """Yield pairs of a module and a name that is imported from it or accessed through it."""
    trees = [module.tree, *_examples(module.tree)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    aliases: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            source = _source(node, module)
            for alias in node.names:
                yield source, alias.name
                aliases[alias.asname or alias.name] = f"{source}.{alias.name}"
        elif isinstance(node, ast.Import):
            aliases |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.Attribute):
            base = ast.unparse(node.value)
            yield aliases.get(base, base), node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            where, _, name = node.value.replace(":", ".").rpartition(".")
            if where in house:
                yield where, name
        elif isinstance(node, ast.Call) and len(node.args) > 1:  # setattr(module, "name", ...)
            base, name = map(ast.unparse, node.args[:2])
            yield aliases.get(base, base), name.strip("'")


def _examples(tree: ast.Module) -> Iterator[ast.Module]:
    """Yield the parsed examples of all docstrings."""
    for text in _bare_strings(tree):
        for example in doctest.DocTestParser().get_examples(str(text.value)):
            try:
                yield ast.parse(example.source)
            except SyntaxError:
                continue


def house_map(house: House, floors: Sequence[set[str]]) -> str:
    """Format the map: a table for each room from the bottom up, then the loose modules."""
    rooms = _by_room(house)
    order = [room for floor in floors for room in sorted(floor)]
    order += sorted({module.room for module in house.values() if module.room} - set(order))
    package = next(iter(house))
    parts = [HEAD]
    for room in order:
        if room in rooms:
            door = house.get(f"{package}.{room}")
            parts.append(f"## {room}\n\n{door.first_line if door else ''}\n")
            parts.append(_table(module for module in rooms[room] if module is not door))
    shut = [house[f"{package}.{room}"] for room in order if f"{package}.{room}" in house]
    parts += [
        "## Modules outside any folder\n",
        _table(module for module in shut if module.is_loose),
    ]
    return "\n".join(parts)


def _table(modules: Iterable[Module]) -> str:
    rows = ["| module | contents |", "|---|---|"]
    for module in modules:
        name = module.name.split(".")[-1] if module.is_loose else module.inside.replace(".", "/")
        line = module.first_line.replace("|", "\\|")
        rows.append(f"| `{name}{'/' * module.is_init}` | {line} |")
    return "\n".join(rows) + "\n"


def _lines(house: House, package: Path) -> Iterator[str]:
    lines: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for module in house.values():
        room = "loose" if module.is_loose or not module.room else module.room
        lines[room] += code_lines(module)
        files[room] += 1
    yield "lines of code (without docstrings, comments, blank lines)"
    for room, count in lines.most_common():
        yield f"  {room:<12}{count:>7,} in {files[room]:>3} files"
    yield f"  {'total':<12}{lines.total():>7,} in {files.total():>3} files"
    for suffix in SUFFIXES:
        texts = [path.read_text(encoding="utf-8") for path in package.rglob(f"*{suffix}")]
        count = sum(bool(line.strip()) for text in texts for line in text.splitlines())
        yield f"  {suffix:<12}{count:>7,} in {len(texts):>3} files"


def _listed(title: str, entries: Sequence[str]) -> Iterator[str]:
    yield f"{title}: {len(entries)}"
    yield from (f"  {entry}" for entry in entries)


def _names(house: House, found: Sequence[Unused]) -> Iterator[str]:
    total = sum(len(public_names(module)) for module in house.values())
    silent = sum(not name.mentions for name in found)
    yield f"public names: {total:,}"
    yield f"  imported by no other file: {len(found):,}"
    yield f"  not even mentioned in another file: {silent:,}"


def main() -> None:
    """Print the measures, or write the map."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--unused", action="store_true", help="list public names used nowhere else")
    parser.add_argument("--map", action="store_true", help=f"write {MAP.relative_to(HOME)}")
    options = parser.parse_args()
    house = read_house(PACKAGE)
    if options.map:
        MAP.write_text(house_map(house, FLOORS), encoding="utf-8")
        print(MAP.relative_to(HOME))
        return
    found = unused(house, chain.from_iterable(read_house(HOME / o).values() for o in OTHERS))
    if options.unused:
        for name in found:
            where = name.module.path.relative_to(HOME)
            print(f"{where}: {name.name}", f"(word in {name.mentions})" * bool(name.mentions))
        return
    print(*_lines(house, PACKAGE), sep="\n")
    print(f"files: {len(house)}")
    print(f"loose modules: {len(loose(house))}")
    print(*_listed("file names that occur more than once", twice(house)), sep="\n")
    print(*_listed("import cycles among rooms", room_circles(house)), sep="\n")
    print(*_listed("import cycles among the files of a room", file_circles(house)), sep="\n")
    print(*_names(house, found), sep="\n")


if __name__ == "__main__":
    main()
