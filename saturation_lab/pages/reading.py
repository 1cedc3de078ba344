"""Reads a report's TOML into groups of studies and sections, or refuses it by the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from saturation_lab.checks import NOTHING, InputError, Words, choice, whole
from saturation_lab.claims import SETS, STATEMENTS
from saturation_lab.claims.statement import Statement
from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.judging.forms import within
from saturation_lab.judging.statement_files import read_statements
from saturation_lab.nets.own import find_activation
from saturation_lab.pages.fitting import refuse_unfit
from saturation_lab.pages.own_exhibit import own_exhibit
from saturation_lab.pages.spec import (
    ALL,
    EACH,
    JOIN,
    TABLES,
    GroupSpec,
    SectionSpec,
    Source,
    Spec,
    Theory,
)
from saturation_lab.study import SCHEMA, Study, keys_of
from saturation_lab.theory.recommend import recommend

_KEYS = (
    *("schema", "title", "question", "lead", "groups", "sections"),
    *("claims", "study", "roles", "theory", "statements"),
)
_GROUP = ("title", "claims", "roles", "activations", "foreseen")
"""Keys of a group that are none of a study."""
_ROLE = ("title", "recommended")
"""The same of a role."""

_PLACES = (
    Path(__file__).parent / "shipped",  # an installed wheel
    Path(__file__).parents[2] / "reports",  # a checkout
)

Table = Mapping[str, Any]


def shipped_reports() -> Iterator[Path]:
    """Return the TOML files of the reports that come with the package."""
    for place in _PLACES:
        if place.is_dir():
            yield from sorted(place.glob("*.toml"))
            return


def read_spec(name: str) -> Spec:
    """Return a report by its name, or by the path of a TOML file of your own.

    Raises:
        InputError: there is no such report, or the file cannot be used; names the key.
    """
    if name.endswith(".toml"):
        path = Path(name)
    else:
        known = {found.stem: found for found in shipped_reports()}
        path = known[choice("report", name, known)]
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError("report", expected="UTF-8 text", got=Words(path)) from error
    except ValueError as error:
        raise InputError(str(path), expected="TOML", got=Words(error)) from error
    except OSError as error:
        reason = error.strerror
        raise InputError(
            "report", expected="a readable TOML file", got=Words(f"{path}: {reason}")
        ) from error
    return spec_from(
        data, name=path.stem, command=f"saturation-lab report {name}", folder=path.parent
    )


def spec_from(data: Table, *, name: str, command: str = "", folder: str | Path = Path()) -> Spec:
    """Return the report that plain data describes.

    A group has the roles of the report, or ``roles`` of its own; with ``activations`` it has each
    role for every one of them, with ``foreseen`` nothing is sampled: theory speaks of them.

    Parameters
    ----------
    data
        What a TOML file says.
    name
        How the report is called.
    command
        How it is made again.
    folder
        Where the path in ``statements``, a file of your own, begins.
    """
    for key in data:
        choice(f"{name}: key", key, _KEYS)
    for key in ("title", "question", "groups", "sections"):
        if key not in data:
            raise InputError(f"{name}: {key}", expected="a value", got=NOTHING)
    schema = data.get("schema", SCHEMA)
    if schema != SCHEMA or isinstance(schema, bool):
        raise InputError(f"{name}: schema", expected=str(SCHEMA), got=schema)
    tables = _tables(data, "groups", name)
    for reserved in {ALL, EACH} & set(tables):
        raise InputError(
            f"{name}: groups",
            expected="another name, as 'all' and 'each' are reserved",
            got=reserved,
        )
    if not isinstance(data["sections"], list):
        raise InputError(f"{name}: sections", expected="a list of tables", got=data["sections"])
    common = _Common.read(data, name)
    groups = {key: _group(table, common, f"{name}: groups.{key}") for key, table in tables.items()}
    sources = tuple(_sources(data, name, Path(folder)))
    stated = [statement.id for statements, _ in sources for statement in statements]
    spec = Spec(
        name=name,
        title=_text(data, "title", name),
        question=_text(data, "question", name),
        lead=_text(data, "lead", name) if "lead" in data else "",
        command=command,
        groups=groups,
        sections=tuple(
            _section(_table(one, f"{name}: sections"), groups, stated, f"{name}: sections[{i}]")
            for i, one in enumerate(data["sections"])
        ),
        theory=common.theory,
        sources=sources,
    )
    _refuse_unlike(spec)
    refuse_unfit(spec)
    return spec


def _sources(data: Table, name: str, folder: Path) -> Iterator[Source]:
    """Yield the statements that sections can name: the package's, then those of an own file."""
    if any("statements" in one for one in data["sections"] if isinstance(one, Mapping)):
        yield read_statements()
    if "statements" in data:
        own, studies = read_statements(folder / _text(data, "statements", name))
        for statement in own:
            if statement.id in [known.id for known in STATEMENTS]:
                where = f"{name}: statements: id"
                raise InputError(where, expected="an id of its own", got=statement.id)
        yield own, studies


@dataclass(frozen=True, kw_only=True)
class _Common:
    """What groups take from the report where they do not say it themselves."""

    study: Table | None
    roles: Mapping[str, Table]
    claims: object
    theory: Theory | None

    @classmethod
    def read(cls, data: Table, name: str) -> _Common:
        study = _table(data["study"], f"{name}: study") if "study" in data else None
        return cls(
            study=study,
            roles=_tables(data, "roles", name) if "roles" in data else {},
            claims=data.get("claims", []),
            theory=_theory(data["theory"], f"{name}: theory") if "theory" in data else None,
        )


def _theory(given: object, where: str) -> Theory:
    table = _table(given, where)
    for key in table:
        choice(f"{where} key", key, ("depth", "width"))
    return Theory(
        depth=whole(f"{where}: depth", table.get("depth", NOTHING), low=2),
        width=whole(f"{where}: width", table.get("width", NOTHING), low=1),
    )


def _group(table: Table, common: _Common, where: str) -> GroupSpec:
    title = _text(table, "title", where)
    if "foreseen" in table:
        for key in table:
            choice(f"{where} key", key, ("title", "foreseen"))
        if common.theory is None:
            raise InputError("theory", expected="a table of depth and width", got=NOTHING)
        names = [_named(one, f"{where} foreseen") for one in _list(table, "foreseen", where)]
        return GroupSpec(title=title, foreseen=tuple(map(find_activation, names)))
    if common.study is None:
        raise InputError(f"{where.partition(':')[0]}: study", expected="a value", got=NOTHING)
    roles = _tables(table, "roles", where) if "roles" in table else common.roles
    if not roles:
        raise InputError(f"{where}: roles", expected="at least one", got=Words("none"))
    base = _over(common.study, {k: v for k, v in table.items() if k not in _GROUP})
    studies, titles, blocks, advised = {}, {}, {}, set()
    for activation in _list(table, "activations", where) if "activations" in table else [None]:
        for role, given in roles.items():
            key = role if activation is None else f"{activation}-{role}"
            studies[key] = _study(base, given, activation, f"{where}, {key}")
            titles[key] = _text(given, "title", f"{where}: roles.{role}")
            if activation is not None:
                blocks[key] = str(activation)
            if given.get("recommended"):
                advised.add(key)
    claims = _claims(table.get("claims", common.claims), where)
    return GroupSpec(
        title=title,
        studies=studies,
        titles=titles,
        blocks=blocks,
        recommended=frozenset(advised),
        judged=claims,
    )


def _over(base: Table, own: Table) -> dict[str, Any]:
    """Return keys of a study with others in their place; widths stand for depth and width.

    >>> _over({"depth": 2, "width": 8, "seed": 1}, {"widths": [8, 4]})
    {'seed': 1, 'widths': [8, 4]}
    >>> _over({"widths": [8, 4]}, {"depth": 3, "width": 8})
    {'depth': 3, 'width': 8}
    """
    shape = ("depth", "width") if "widths" in own else ("widths",) if "width" in own else ()
    return {**{k: v for k, v in base.items() if k not in shape}, **own}


def _study(base: Table, role: Table, activation: object, where: str) -> Study:
    keys = _over(base, {k: v for k, v in role.items() if k not in _ROLE})
    if activation is not None:
        keys["activation"] = activation
    advised = role.get("recommended", False)
    if not isinstance(advised, bool):
        raise InputError(f"{where}: recommended", expected="true or false", got=advised)
    if not advised:
        return Study.from_dict(keys, where=where)
    for key in {"initializer", "gain", "bias", "bias_scale"} & set(role):
        raise InputError(f"{where}: {key}", expected="none, as one is recommended", got=role[key])
    chosen = recommend(Study.from_dict(keys | {"initializer": "lecun_normal"}, where=where)).chosen
    if chosen is None:
        raise InputError(
            f"{where}: recommended",
            expected="an activation for which some initialization keeps the gradient",
            got=activation or keys.get("activation"),
        )
    return chosen.study


_ONE_FIGURE = ("architecture.depth",)
"""The same on all of a page some figure of which shows groups together."""


def _refuse_unlike(spec: Spec) -> None:
    """Refuse studies that differ in what a page says once, or a figure shows on one axis."""
    if spec.alone:
        return
    first = next(iter(spec.studies.values())).resolved()
    joined = any(len(spec.parts_of(section.group)) > 1 for section in spec.sections)
    everywhere = keys_of("page") + _ONE_FIGURE * joined
    for (group, role), study in spec.studies.items():
        leader = next(iter(spec.groups[group].studies.values())).resolved()
        for key, like in [(k, leader) for k in keys_of("group")] + [(k, first) for k in everywhere]:
            value, expected = (attrgetter(key)(one) for one in (study.resolved(), like))
            if value != expected:
                raise InputError(
                    f"{spec.name}: {group}, {role}: {key.rpartition('.')[2]}",
                    expected=f"{expected} as in the other studies",
                    got=value,
                    hint="a report shows studies of one kind",
                )


def _claims(given: object, where: str) -> tuple[Statement, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list):
        raise InputError(f"{where}: claims", expected="a name or a list of names", got=given)
    return tuple(x for name in listed for x in SETS[choice(f"{where}: claims", name, SETS)])


def _section(
    data: Table, groups: Mapping[str, GroupSpec], stated: Sequence[str], where: str
) -> SectionSpec:
    for key in data:
        choice(f"{where} key", key, ("title", "text", "group", "table", "statements", "exhibits"))
    exhibits, statements = (
        _list(data, key, where) if key in data else [] for key in ("exhibits", "statements")
    )
    return SectionSpec(
        title=_text(data, "title", where),
        text=_text(data, "text", where) if "text" in data else "",
        group=_shown(data.get("group"), groups, f"{where} group"),
        table=choice(f"{where} table", data["table"], TABLES) if "table" in data else "",
        exhibits=tuple(_exhibit(one, f"{where} exhibits") for one in exhibits),
        statements=tuple(choice(f"{where} statements", name, stated) for name in statements),
    )


_SHOW = ("show", "title", "table")


def _exhibit(given: object, where: str) -> Exhibit:
    """Return an exhibit by its name, or by a table: one under another title, or your own."""
    if not isinstance(given, Mapping):
        return EXHIBITS[choice(where, given, EXHIBITS)]
    for key in given:
        choice(f"{where} key", key, _SHOW)
    show, title = (_text(given, key, where) for key in ("show", "title"))
    with within(where):
        if ":" in show:
            return own_exhibit(show, title=title, table=given.get("table", "profile"))
        if "table" in given:
            raise InputError("table", expected="none, as this exhibit has its own", got=show)
        return replace(EXHIBITS[choice("show", show, EXHIBITS)], title=title)


def _list(data: Table, key: str, where: str) -> list[Any]:
    names = data[key]
    if not isinstance(names, list):
        raise InputError(f"{where} {key}", expected="a list of names", got=names)
    return names


def _named(name: object, where: str) -> str:
    if not isinstance(name, str):
        raise InputError(where, expected="names", got=name)
    return name


def _shown(group: object, groups: Mapping[str, Any], where: str) -> str:
    """Return what a section names for its group: a name, all, each, or names and plus signs."""
    if isinstance(group, str) and JOIN in group:
        names = [choice(where, name, groups) for name in group.split(JOIN)]
        if len(set(names)) == len(names):
            return group
        raise InputError(where, expected="each group once", got=group)
    return choice(where, group, [*groups, ALL, EACH])


def _tables(data: Table, key: str, name: str) -> dict[str, Table]:
    tables = _table(data[key], f"{name}: {key}")
    if not tables:
        raise InputError(f"{name}: {key}", expected="at least one", got=Words("none"))
    for inner in tables:  # they become parts of file names
        if not re.fullmatch(r"[a-zA-Z0-9_-]+", inner):
            raise InputError(
                f"{name}: {key}", expected="names of letters, digits, - and _", got=inner
            )
    return {inner: _table(table, f"{name}: {key}.{inner}") for inner, table in tables.items()}


def _table(value: object, where: str) -> Table:
    if not isinstance(value, Mapping):
        raise InputError(where, expected="a table", got=value)
    return value


def _text(data: Table, key: str, where: str) -> str:
    value = data.get(key, NOTHING)
    if not isinstance(value, str) or isinstance(value, Words):
        raise InputError(f"{where} {key}", expected="a text", got=value)
    return value
