"""What does a report show? One TOML: the studies, the claims and the sections."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from saturation_lab.checks import NOTHING, InputError, Words, choice, whole
from saturation_lab.claims import CLAIM_SETS
from saturation_lab.report.exhibits import EXHIBITS
from saturation_lab.study import SCHEMA, Study

_KEYS = ("schema", "title", "question", "lead", "claims", "study", "roles", "groups", "sections")
_PLACES = (
    Path(__file__).parent / "shipped",  # an installed wheel
    Path(__file__).parents[2] / "reports",  # a checkout
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the page: a title, a text, and exhibits of one group."""

    title: str
    text: str
    group: str
    exhibits: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a report's TOML says.

    Attributes:
        name: how the report is called.
        title, question, lead: the top of the page.
        claims: a key of `CLAIM_SETS`, judged in every group.
        groups, roles: their names and titles; a study for each pair.
        studies: by group and role.
        sections: the body of the page.
    """

    name: str
    title: str
    question: str
    lead: str
    claims: str
    groups: Mapping[str, str]
    roles: Mapping[str, str]
    studies: Mapping[tuple[str, str], Study]
    sections: tuple[Section, ...]

    def with_networks(self, networks: object) -> Spec:
        """Return the same report with another number of networks in every study."""
        count = whole("networks", networks, low=1)
        studies = {key: replace(study, networks=count) for key, study in self.studies.items()}
        return replace(self, studies=studies)


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
    except tomllib.TOMLDecodeError as error:
        raise InputError(str(path), expected="TOML", got=Words(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(
            "report", expected="a readable TOML file", got=Words(f"{path}: {reason}")
        ) from error
    return spec_from(data, name=path.stem)


def spec_from(data: Mapping[str, Any], *, name: str) -> Spec:
    """Return the report that plain data describes."""
    for key in data:
        choice(f"{name}: key", key, _KEYS)
    for key in ("title", "question", "study", "roles", "groups", "sections"):
        if key not in data:
            raise InputError(f"{name}: {key}", expected="a value", got=NOTHING)
    if data.get("schema", SCHEMA) != SCHEMA:
        raise InputError(f"{name}: schema", expected=str(SCHEMA), got=data["schema"])
    groups, roles = _tables(data, "groups", name), _tables(data, "roles", name)
    base = _table(data["study"], f"{name}: study")
    return Spec(
        name=name,
        title=_text(data, "title", name),
        question=_text(data, "question", name),
        lead=_text(data, "lead", name) if "lead" in data else "",
        claims=choice(f"{name}: claims", data.get("claims", "glorot_2010"), CLAIM_SETS),
        groups={
            key: _text(table, "title", f"{name}: groups.{key}") for key, table in groups.items()
        },
        roles={key: _text(table, "title", f"{name}: roles.{key}") for key, table in roles.items()},
        studies={
            (group, role): Study.from_dict(
                {k: v for k, v in {**base, **in_group, **in_role}.items() if k != "title"},
                where=f"{name}: {group}, {role}",
            )
            for group, in_group in groups.items()
            for role, in_role in roles.items()
        },
        sections=tuple(
            _section(_table(section, f"{name}: sections"), groups, f"{name}: sections[{i}]")
            for i, section in enumerate(data["sections"])
        ),
    )


def _section(data: Mapping[str, Any], groups: Mapping[str, Any], where: str) -> Section:
    for key in data:
        choice(f"{where} key", key, ("title", "text", "group", "exhibits"))
    exhibits = data.get("exhibits", [])
    if isinstance(exhibits, str) or not hasattr(exhibits, "__iter__"):
        raise InputError(f"{where} exhibits", expected="a list of names", got=exhibits)
    return Section(
        title=_text(data, "title", where),
        text=_text(data, "text", where) if "text" in data else "",
        group=choice(f"{where} group", data.get("group"), groups),
        exhibits=tuple(choice(f"{where} exhibits", name, EXHIBITS) for name in exhibits),
    )


def _tables(data: Mapping[str, Any], key: str, name: str) -> dict[str, Mapping[str, Any]]:
    tables = _table(data[key], f"{name}: {key}")
    if not tables:
        raise InputError(f"{name}: {key}", expected="at least one", got=Words("none"))
    return {inner: _table(table, f"{name}: {key}.{inner}") for inner, table in tables.items()}


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(where, expected="a table", got=value)
    return value


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key, NOTHING)
    if not isinstance(value, str) or isinstance(value, Words):
        raise InputError(f"{where} {key}", expected="a text", got=value)
    return value
