"""Check the docstrings of the package, and report how complete they are.

``python -m scripts.docstrings`` prints one row for each room: how many public functions and methods
it has, and which share of them documents its parameters, shapes, return value, errors, an example
and a source. ``python -m scripts.docstrings PATH ...`` lists what is missing or wrong in files or
folders. The sections are those of numpydoc.

A public function documents every parameter of its signature, what it returns, and every exception
that its own body raises. A public method does so where it takes parameters. Two kinds of methods
need a summary only: those that a protocol of the package documents, and properties. The files are
only read, never imported.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from numpydoc.docscrape import NumpyDocString

HOME = Path(__file__).parents[1]
PACKAGE = HOME / "saturation_lab"
ARRAYS = ("Float64", "ndarray", "NDArray", "ArrayLike", "Bool", "Int64")
COLUMNS = ("parameters", "shapes", "returns", "raises", "example", "source")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Documented:
    """A public function or method and its parsed docstring."""

    path: Path
    node: Function
    owner: ast.ClassDef | None
    by_protocol: bool

    @property
    def where(self) -> str:
        """The place in the form that editors understand."""
        name = f"{self.owner.name}.{self.node.name}" if self.owner else self.node.name
        path = self.path.relative_to(HOME) if self.path.is_relative_to(HOME) else self.path
        return f"{path}:{self.node.lineno}: {name}"

    @cached_property
    def text(self) -> str:
        """The docstring, dedented; empty where there is none."""
        return ast.get_docstring(self.node) or ""

    @cached_property
    def sections(self) -> NumpyDocString:
        """The docstring, parsed into the sections of numpydoc."""
        return NumpyDocString(self.text)

    @cached_property
    def decorators(self) -> set[str]:
        """The names of the decorators."""
        return {ast.unparse(one).split("(")[0] for one in self.node.decorator_list}

    @property
    def is_property(self) -> bool:
        """Whether it is read like an attribute."""
        return bool({"property", "cached_property"} & self.decorators)

    @cached_property
    def parameters(self) -> list[str]:
        """The names of the parameters in the order of the signature, without ``self``."""
        takes = self.node.args
        listed = [*takes.posonlyargs, *takes.args, *takes.kwonlyargs]
        names = [one.arg for one in listed]
        if self.owner and "staticmethod" not in self.decorators:
            names = names[1:]
        star = [f"*{takes.vararg.arg}"] if takes.vararg else []
        positional = len(names) - len(takes.kwonlyargs)
        double = [f"**{takes.kwarg.arg}"] if takes.kwarg else []
        return [*names[:positional], *star, *names[positional:], *double]

    @property
    def described(self) -> list[str]:
        """The names that the section ``Parameters`` describes."""
        entries = [*self.sections["Parameters"], *self.sections["Other Parameters"]]
        return [name.strip() for entry in entries for name in entry.name.split(",")]

    @property
    def gives(self) -> bool:
        """Whether it returns or yields something."""
        kind = ast.unparse(self.node.returns) if self.node.returns else "None"
        return kind not in {"None", "NoReturn"}

    @cached_property
    def raised(self) -> set[str]:
        """The exceptions that its own body raises."""
        found = {_name_of(one) for one in _own_nodes(self.node) if isinstance(one, ast.Raise)}
        return {name for name in found if name}

    @property
    def has_arrays(self) -> bool:
        """Whether an array goes in or comes out."""
        takes = self.node.args
        kinds = [one.annotation for one in [*takes.posonlyargs, *takes.args, *takes.kwonlyargs]]
        said = " ".join(ast.unparse(kind) for kind in [*kinds, self.node.returns] if kind)
        return any(array in said for array in ARRAYS)

    @property
    def needs_sections(self) -> bool:
        """Whether a summary alone is too little."""
        if self.by_protocol or self.is_property or "overload" in self.decorators:
            return False
        return self.owner is None or bool(self.parameters)

    def shares(self) -> dict[str, bool]:
        """Which of the sections that apply are there."""
        found = {"example": ">>> " in self.text, "source": self._has_source()}
        if self.parameters:
            found["parameters"] = self.described == self.parameters
        if self.has_arrays:
            found["shapes"] = "shape" in self.text or "scalar" in self.text
        if self.gives:
            found["returns"] = bool(self.sections["Returns"] or self.sections["Yields"])
        if self.raised:
            found["raises"] = bool(self.sections["Raises"])
        return found

    def _has_source(self) -> bool:
        return bool(self.sections["References"]) or "eq." in self.text or "arXiv" in self.text

    def problems(self) -> Iterator[str]:
        """Yield what is missing or wrong, a line each."""
        first = self.text.split("\n")[0]
        if not self.text:
            if not self.by_protocol:
                yield "has no docstring"
            return
        if not first.endswith((".", ":")):
            yield f"the summary is not one line that ends in a period: {first!r}"
        if not self.needs_sections:
            return
        if self.described != self.parameters:
            yield f"Parameters has {self.described}, the signature {self.parameters}"
        if self.gives and not (self.sections["Returns"] or self.sections["Yields"]):
            yield "no section Returns or Yields"
        listed = {entry.type or entry.name for entry in self.sections["Raises"]}
        if missing := self.raised - listed:
            yield f"Raises lacks {', '.join(sorted(missing))}"


def public_functions(files: Iterable[Path]) -> Iterator[Documented]:
    """Yield every public function and method of some files."""
    files = list(files)
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}
    protocols = _protocol_methods()
    for path, tree in trees.items():
        if path.stem.startswith("_") and path.stem != "__init__":
            continue
        for owner, node in _public(tree):
            known = owner is not None and (
                (not _is_protocol(owner) and node.name in protocols) or node.name.startswith("_")
            )
            yield Documented(path=path, node=node, owner=owner, by_protocol=known)


@cache
def _protocol_methods() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    classes = [one for tree in trees for one in tree.body if isinstance(one, ast.ClassDef)]
    return {
        node.name
        for one in classes
        if _is_protocol(one)
        for node in one.body
        if isinstance(node, Function) and ast.get_docstring(node)
    }


def _is_protocol(owner: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split("[")[0] in {"Protocol", "ABC"} for base in owner.bases)


def _public(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | None, Function]]:
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield None, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for inner in node.body:
                if isinstance(inner, Function) and not inner.name.startswith("_"):
                    yield node, inner


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


def _name_of(node: ast.Raise) -> str:
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    said = ast.unparse(error) if error is not None else ""
    return said if said[:1].isupper() else ""


def files_under(places: Sequence[Path]) -> list[Path]:
    """Return the files of Python in some files and folders."""
    return sorted(
        file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place])
    )


def problems_in(files: Iterable[Path]) -> list[str]:
    """Return a line for everything that is missing or wrong in the docstrings of some files."""
    return [
        f"{function.where}: {problem}"
        for function in public_functions(files)
        for problem in function.problems()
    ]


def table() -> str:
    """Return the shares of all rooms as lines of text."""
    rooms: dict[str, list[Documented]] = defaultdict(list)
    for function in public_functions(files_under([PACKAGE])):
        parts = function.path.relative_to(PACKAGE).parts
        rooms[parts[0] if len(parts) > 1 else "loose modules"].append(function)
    rooms["all"] = [one for functions in list(rooms.values()) for one in functions]
    head = f"{'room':14}{'public':>8}" + "".join(f"{name:>12}" for name in COLUMNS)
    return "\n".join([head, *(_row(room, functions) for room, functions in rooms.items())])


def _row(room: str, functions: Sequence[Documented]) -> str:
    counted = [one for one in functions if one.needs_sections]
    found = [one.shares() for one in counted]
    cells = []
    for name in COLUMNS:
        asked = [shares[name] for shares in found if name in shares]
        cells.append(f"{sum(asked) / len(asked):>12.0%}" if asked else f"{'-':>12}")
    return f"{room:14}{len(counted):>8}" + "".join(cells)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or the problems of the files that are named; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=lambda said: Path(said).resolve())
    paths = parser.parse_args(arguments).paths
    if not paths:
        print(table())
        return 0
    found = problems_in(files_under(paths))
    print("\n".join([*found, f"{len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
