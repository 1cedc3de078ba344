"""Readers for statements and their studies, from a user's file or from the package."""

from __future__ import annotations

import math
import runpy
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from saturation_lab.checks import (
    NOTHING,
    InputError,
    Reader,
    Words,
    choice,
    each_of,
    one_of,
    read_keys,
    real,
    table,
    text,
    truth,
    within,
)
from saturation_lab.claims import STATEMENTS, STUDIES
from saturation_lab.claims.claim import Asked, Claim, Unit
from saturation_lab.claims.statement import KINDS, Statement
from saturation_lab.inference.verdict import Judgement
from saturation_lab.judging.forms import asked_from, checked
from saturation_lab.judging.judgement import condition_of
from saturation_lab.measured import Origin
from saturation_lab.study import SCHEMA, Study

_ON_RECORD = ("holds", "fails")
"""The verdicts that a claim may expect."""

_INHERITED = ("source", "sentence", "precise")
_ENDS = {"low": -math.inf, "high": math.inf}

_Read = tuple[list[Statement], dict[str, Study]]


def read_statements(file: str | Path | None = None) -> _Read:
    """Read statements and the studies that their claims name.

    Parameters
    ----------
    file : str or Path, optional
        A TOML file with the tables ``[studies.NAME]``, ``[[statements]]`` and
        ``[[statements.parts]]``, or a Python file that defines ``STATEMENTS`` and ``STUDIES``. By
        default, the statements of the package are returned.

    Returns
    -------
    statements : list of Statement
        The statements in the order of the file.
    studies : dict of str to Study
        The studies by name.

    Raises
    ------
    InputError
        If the file cannot be used; the message names the file and the key.

    Examples
    --------
    >>> statements, studies = read_statements()
    >>> statements[0].id
    'ST1'
    """
    if file is None:
        return list(STATEMENTS), _studies(STUDIES)
    path = Path(file)
    suffix = choice("file", path.suffix, _READERS)
    with within(path):
        statements, studies = _READERS[suffix](path)
        _refuse_twice([statement.id for statement in statements], "statements")
        _refuse_twice([part.id for one in statements for part in one.parts], "parts")
    return statements, studies


def _studies(data: Mapping[str, Any]) -> dict[str, Study]:
    studies = {}
    for name, given in data.items():
        with within(f"studies.{name}"):
            studies[name] = given if isinstance(given, Study) else Study.from_dict(given)
    return studies


def _from_toml(path: Path) -> _Read:
    written = _text(path)
    try:
        data = tomllib.loads(written)
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise InputError("file", expected="TOML", got=Words(error)) from error
    said = read_keys(data, _FILE, {"schema": SCHEMA, "studies": {}})
    return [_statement(one, said["studies"]) for one in said["statements"]], said["studies"]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            "file", expected="a readable file", got=Words(error.strerror or error)
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("file", expected="UTF-8 text", got=Words(error.reason)) from error


def schema(key: str, value: object) -> int:
    """Check the schema version of a file.

    Parameters
    ----------
    key : str
        The key, for the error message.
    value : object
        The version in the file.

    Returns
    -------
    int
        The version.

    Raises
    ------
    InputError
        If it is not the version of this package.

    Examples
    --------
    >>> schema("schema", 1)
    1
    """
    if value != SCHEMA or isinstance(value, bool):
        raise InputError(key, expected=str(SCHEMA), got=value)
    return SCHEMA


def _said(key: str, value: object) -> str:
    """Return a text that is not blank."""
    if not text(key, value).strip():
        raise InputError(key, expected="a text that is not blank", got=value)
    return str(value)


_OPTIONAL = (
    "source", "chapter", "formula", "assumes", "why", "needs", "notation", "should", "idea",
)  # fmt: skip
"""The texts of a statement that may be omitted."""
_FILE: Mapping[str, Reader] = {
    "schema": schema,
    "studies": lambda key, value: _studies(table(key, value)),
    "statements": each_of(table, kind="tables"),
}
_STATEMENT: Mapping[str, Reader] = {
    **dict.fromkeys(("id", "kind", "sentence", "precise"), _said),
    **dict.fromkeys(_OPTIONAL, text),
    "expected": one_of(tuple(Judgement)),
    "parts": each_of(table, kind="tables"),
}
_LEFT_OUT = {**dict.fromkeys((*_OPTIONAL, "expected"), ""), "parts": ()}
_UNIT: Mapping[str, Reader] = {"says": _said, "of": real, "root": truth, "ends": text, "asks": text}


def _statement(data: Mapping[str, Any], studies: Mapping[str, Study]) -> Statement:
    with within(f"statements.{_said('id', data.get('id', NOTHING))}"):
        said = read_keys(data, _STATEMENT, _LEFT_OUT)
        first = {"id": said["id"]}  # the default for the first part
        tables = [{**first, **one} if one is said["parts"][0] else one for one in said["parts"]]
        return _fit(Statement(**said | {"parts": tuple(_part(one, studies) for one in tables)}))


def _part(data: Mapping[str, Any], studies: Mapping[str, Study]) -> Claim:
    """Return a claim; it inherits omitted texts from its statement."""

    def experiment(key: str, value: object) -> Asked:
        with within(key):
            return asked_from(value, studies)

    readers: Mapping[str, Reader] = {
        **dict.fromkeys(("id", *_INHERITED), _said),
        "case": text,
        "unit": _unit,
        "experiment": experiment,
        **dict.fromkeys(_ENDS, real),
        "expected": one_of(_ON_RECORD),
    }
    defaults = {
        **dict.fromkeys((*_INHERITED, "case"), ""),
        **_ENDS,
        "unit": None,
        "expected": "holds",
    }
    with within(f"parts.{_said('id', data.get('id', NOTHING))}"):
        return _decidable(Claim(**read_keys(data, readers, defaults)))


def _unit(key: str, value: object) -> Unit:
    with within(key):
        return Unit(
            **read_keys(
                table(key, value), _UNIT, {"of": 1.0, "root": False, "ends": "", "asks": ""}
            )
        )


def _from_python(path: Path) -> _Read:
    _text(path)
    try:
        found = runpy.run_path(str(path))
    except (Exception, SystemExit) as error:  # whatever a user's file raises
        raise InputError(
            "file",
            expected="a Python file that runs",
            got=Words(f"{type(error).__name__}: {error}"),
        ) from error
    for name in ("STATEMENTS", "STUDIES"):
        if name not in found:
            raise InputError(name, expected="a value", got=NOTHING)
    studies = _studies(table("STUDIES", found["STUDIES"]))
    statements = found["STATEMENTS"]
    if not isinstance(statements, list | tuple) or not all(
        isinstance(one, Statement) for one in statements
    ):
        raise InputError("STATEMENTS", expected="a list of Statement objects", got=statements)
    return [_checked(one, studies) for one in statements], studies


def checked_statements(
    statements: Sequence[Statement], origins: Mapping[str, Origin]
) -> tuple[Statement, ...]:
    """Check statements created in Python in the same way as statements read from a file.

    Parameters
    ----------
    statements : sequence of Statement
        The statements.
    origins : mapping of str to Origin
        The networks that their parts may name.

    Returns
    -------
    tuple of Statement
        The checked statements, with the keys of their experiments normalized.

    Raises
    ------
    InputError
        If an id is used twice, or a part names unknown networks, has a key that its kind does not
        have, or has a region that is empty or unbounded on both sides.
    """
    _refuse_twice([statement.id for statement in statements], "statements")
    _refuse_twice([part.id for one in statements for part in one.parts], "parts")
    return tuple(_checked(one, origins) for one in statements)


def _checked(statement: Statement, studies: Mapping[str, Origin]) -> Statement:
    """Check a statement created in Python in the same way as one read from a file."""
    with within(f"statements.{statement.id}"):
        parts = []
        for part in statement.parts:
            with within(f"parts.{part.id}"):
                with within("experiment"):
                    experiment = checked(part.experiment, studies)
                parts.append(_decidable(replace(part, experiment=experiment)))
        return _fit(replace(statement, parts=tuple(parts)))


def _fit(statement: Statement) -> Statement:
    """Check that a statement's kind is known, and that it has parts unless it is an attribution."""
    choice("kind", statement.kind, KINDS)
    if (statement.kind == "attribution") == bool(statement.parts):
        asked = "none, as an attribution has no verdict" if statement.parts else "at least one part"
        raise InputError("parts", expected=asked, got=len(statement.parts))
    name = condition_of(statement)
    if name and statement.parts and not statement.parts_called(name):
        key = {"met": "needs", "repaired": "notation"}[name]
        asked = f"a part with the id {statement.id}.{name}, because {key!r} is given"
        raise InputError("parts", expected=asked, got=Words(_ids(statement)))
    if statement.expected:
        choice("expected", statement.expected, tuple(Judgement))
    _refuse_unreadable(statement.formula)
    return statement


def _ids(statement: Statement) -> str:
    return ", ".join(part.id for part in statement.parts)


def _decidable(claim: Claim) -> Claim:
    """Check that a claim can fail, and that its expected verdict is a valid one."""
    choice("expected", claim.expected, _ON_RECORD)
    for key in _ENDS:
        if not isinstance(getattr(claim, key), int | float):
            raise InputError(key, expected="a number", got=getattr(claim, key))
    if not claim.low < claim.high:
        raise InputError("low", expected=f"a number below high = {claim.high:g}", got=claim.low)
    if math.isinf(claim.low) and math.isinf(claim.high):
        raise InputError("low", expected="low, high or both", got=NOTHING)
    return claim


def _refuse_unreadable(formula: str) -> None:
    from latex2mathml.converter import convert

    try:
        convert(formula or "x")
    except Exception as error:  # whatever the converter raises
        raise InputError("formula", expected="valid LaTeX", got=formula) from error


def _refuse_twice(ids: Iterable[str], key: str) -> None:
    seen = set()
    for id in ids:
        if id in seen:
            raise InputError(f"{key}: id", expected="unique ids", got=Words(f"{id} twice"))
        seen.add(id)


_READERS: dict[str, Callable[[Path], _Read]] = {".toml": _from_toml, ".py": _from_python}
"""The readers of files by suffix."""
