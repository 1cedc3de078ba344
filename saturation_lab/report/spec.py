"""What does a report show? One TOML: the studies, the claims and the sections."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from saturation_lab.checks import NOTHING, InputError, Words, choice, whole
from saturation_lab.claims import CLAIM_SETS, STATEMENTS
from saturation_lab.claims.claim import Claim, OverLayers
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.report.exhibit import Exhibit
from saturation_lab.report.exhibits import EXHIBITS
from saturation_lab.report.phases import THEORY_EXHIBITS
from saturation_lab.study import SCHEMA, Study

_ALWAYS = ("schema", "title", "question", "lead", "groups", "sections")
_SAMPLED, _THEORY = ("claims", "study", "roles"), ("theory",)
ALL, EACH, JOIN = "all", "each", "+"
"""What a section may name for a group: all of them in one figure, each of them in turn, or some of
them in one figure: one+other."""

TABLES = ("keeps",)
"""Tables that a section may show: which initialization keeps signal and gradient."""
THEORY_TABLES = ("constants", "rules")
"""The same for a report from theory alone: constants, and where each rule puts an activation."""

_PLACES = (
    Path(__file__).parent / "shipped",  # an installed wheel
    Path(__file__).parents[2] / "reports",  # a checkout
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page: title, text, statements, a table of `TABLES`, exhibits of a group."""

    title: str
    text: str
    group: str
    exhibits: tuple[str, ...]
    table: str = ""
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Theory:
    """What a report from theory alone is about, in place of studies.

    Attributes:
        depth: of the networks for which an initialization is recommended.
        width: of all layers, on which PyTorch's biases depend.
        activations: one for each group.
    """

    depth: int
    width: int
    activations: Mapping[str, Activation]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a report's TOML says.

    Attributes:
        name: how the report is called.
        title, question, lead: the top of the page.
        claims: for each group the keys of `CLAIM_SETS` that are judged in it.
        command: how this very report is made again.
        groups, roles: their names and titles; a study for each pair.
        studies: by group and role.
        sections: the body of the page.
        theory: of a report that samples nothing, which has no studies, roles and claims.
        own_exhibits: of a page that no TOML describes, in place of the known ones.
    """

    name: str
    title: str
    question: str
    lead: str
    claims: Mapping[str, tuple[str, ...]]
    command: str
    groups: Mapping[str, str]
    roles: Mapping[str, str]
    studies: Mapping[tuple[str, str], Study]
    sections: tuple[Section, ...]
    theory: Theory | None = None
    own_exhibits: Mapping[str, Exhibit] | None = None

    @property
    def known_exhibits(self) -> Mapping[str, Exhibit]:
        """Return the figures that the report may show."""
        if self.own_exhibits is not None:
            return self.own_exhibits
        return EXHIBITS if self.theory is None else THEORY_EXHIBITS

    def shown_in(self, section: Section) -> tuple[str, ...]:
        """Return the groups that a section shows one after the other."""
        return tuple(self.groups) if section.group == EACH else (section.group,)

    def parts_of(self, group: str) -> tuple[str, ...]:
        """Return the groups that a section's group stands for."""
        return tuple(self.groups) if group == ALL else tuple(group.split(JOIN))

    @property
    def at_the_top(self) -> tuple[tuple[str, Exhibit], ...]:
        """Return (group, exhibit) of what stands beside the verdicts: what no section shows."""
        shown = {
            (group, name)
            for section in self.sections
            for group in self.shown_in(section)
            for name in section.exhibits
        }
        return tuple(
            (group, exhibit)
            for group, sets in self.claims.items()
            for exhibit in self.known_exhibits.values()
            if sets and exhibit.judged and (group, exhibit.id) not in shown
        )

    @property
    def keeps(self) -> bool:
        """Return whether the page says which initialization keeps signal and gradient."""
        return any(section.table == "keeps" for section in self.sections)

    def with_networks(self, networks: object) -> Spec:
        """Return the same report with another number of networks in every study."""
        count = whole("networks", networks, low=1)
        if self.theory is not None:
            raise InputError("networks", expected="a report that draws some", got=Words(self.name))
        studies = {key: replace(study, networks=count) for key, study in self.studies.items()}
        command = f"{self.command} --networks {count}"
        return replace(self, studies=studies, command=command)


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
    return spec_from(data, name=path.stem, command=f"saturation-lab report {name}")


def spec_from(data: Mapping[str, Any], *, name: str, command: str = "") -> Spec:
    """Return the report that plain data describes."""
    alone = "theory" in data
    for key in data:
        choice(f"{name}: key", key, (*_ALWAYS, *(_THEORY if alone else (*_SAMPLED, *_THEORY))))
    needed = ("theory",) if alone else ("study", "roles")
    for key in ("title", "question", *needed, "groups", "sections"):
        if key not in data:
            raise InputError(f"{name}: {key}", expected="a value", got=NOTHING)
    schema = data.get("schema", SCHEMA)
    if schema != SCHEMA or isinstance(schema, bool):
        raise InputError(f"{name}: schema", expected=str(SCHEMA), got=schema)
    groups = _tables(data, "groups", name)
    for reserved in {ALL, EACH} & set(groups):
        raise InputError(f"{name}: groups", expected="names but all and each", got=reserved)
    if not isinstance(data["sections"], list):
        raise InputError(f"{name}: sections", expected="a list of tables", got=data["sections"])
    spec = (_theory_spec if alone else _sampled_spec)(data, groups, name, command)
    _refuse_unfit_exhibits(spec)
    return spec


def _theory_spec(
    data: Mapping[str, Any], groups: Mapping[str, Mapping[str, Any]], name: str, command: str
) -> Spec:
    given = _table(data["theory"], f"{name}: theory")
    for key in given:
        choice(f"{name}: theory key", key, ("depth", "width"))
    for group, table in groups.items():
        for key in table:
            choice(f"{name}: groups.{group} key", key, ("title", "activation"))
    theory = Theory(
        depth=whole(f"{name}: theory: depth", given.get("depth", NOTHING), low=2),
        width=whole(f"{name}: theory: width", given.get("width", NOTHING), low=1),
        activations={
            group: find_activation(_text(table, "activation", f"{name}: groups.{group}"))
            for group, table in groups.items()
        },
    )
    return Spec(
        **_words(data, groups, name, tables=THEORY_TABLES, exhibits=THEORY_EXHIBITS),
        name=name,
        command=command,
        claims={},
        roles={},
        studies={},
        theory=theory,
    )


def _sampled_spec(
    data: Mapping[str, Any], groups: Mapping[str, Mapping[str, Any]], name: str, command: str
) -> Spec:
    roles = _tables(data, "roles", name)
    base = _table(data["study"], f"{name}: study")
    studies = {
        (group, role): Study.from_dict(
            {k: v for k, v in {**base, **in_group, **in_role}.items() if k not in _NO_STUDY},
            where=f"{name}: {group}, {role}",
        )
        for group, in_group in groups.items()
        for role, in_role in roles.items()
    }
    _refuse_unlike(studies, name)
    return Spec(
        **_words(data, groups, name, tables=TABLES, exhibits=EXHIBITS),
        name=name,
        claims={
            group: _claims(table.get("claims", data.get("claims", [])), roles, studies, group, name)
            for group, table in groups.items()
        },
        command=command,
        roles={key: _text(table, "title", f"{name}: roles.{key}") for key, table in roles.items()},
        studies=studies,
    )


def _words(
    data: Mapping[str, Any],
    groups: Mapping[str, Mapping[str, Any]],
    name: str,
    *,
    tables: Iterable[str],
    exhibits: Iterable[str],
) -> dict[str, Any]:
    """Return what every report says: title, question, lead, groups and sections."""
    return {
        "title": _text(data, "title", name),
        "question": _text(data, "question", name),
        "lead": _text(data, "lead", name) if "lead" in data else "",
        "groups": {
            key: _text(table, "title", f"{name}: groups.{key}") for key, table in groups.items()
        },
        "sections": tuple(
            _section(
                _table(section, f"{name}: sections"), groups, f"{name}: sections[{i}]",
                tables, exhibits,
            )
            for i, section in enumerate(data["sections"])
        ),
    }  # fmt: skip


_NO_STUDY = ("title", "claims")
"""Keys of a group or role that are none of a study."""

_ONE_PAGE = ("architecture.depth", "examples", "fresh_inputs", "seed", "dtype", "loss")
_ONE_GROUP = (
    *("widths", "networks"),
    *("inputs", "labels", "inputs_sha256", "features", "scaling"),
    *("saturation_beyond", "singular_values"),
)


def _refuse_unlike(studies: Mapping[tuple[str, str], Study], name: str) -> None:
    """Refuse studies that differ in what a page says once, or a figure shows on one axis."""
    first = next(iter(studies.values())).resolved()
    for (group, role), study in studies.items():
        leader = next(s for (g, _), s in studies.items() if g == group).resolved()
        for key, like in [(k, leader) for k in _ONE_GROUP] + [(k, first) for k in _ONE_PAGE]:
            value, expected = (attrgetter(key)(one) for one in (study.resolved(), like))
            if value != expected:
                raise InputError(
                    f"{name}: {group}, {role}: {key.rpartition('.')[2]}",
                    expected=f"{expected} as in the other studies",
                    got=value,
                    hint="a report shows studies of one kind",
                )


def _claims(
    given: object,
    roles: Mapping[str, Any],
    studies: Mapping[tuple[str, str], Study],
    group: str,
    name: str,
) -> tuple[str, ...]:
    """Return the names of the claims of a group, whose studies must be roles of the report."""
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list):
        raise InputError(f"{name}: claims", expected="a name or a list of names", got=given)
    chosen = tuple(choice(f"{name}: claims", one, CLAIM_SETS) for one in listed)
    for key in chosen:
        for claim in CLAIM_SETS[key].values():
            _refuse_unfit_claim(claim, f"{name}: {group}: {key}", roles, studies, group)
    return chosen


def _refuse_unfit_claim(
    claim: Claim,
    where: str,
    roles: Mapping[str, Any],
    studies: Mapping[tuple[str, str], Study],
    group: str,
) -> None:
    assert isinstance(claim.experiment, OverLayers)  # a report's claims are
    for role in claim.experiment.roles:
        choice(f"{where}: roles for the claims", role, roles)
        study = studies[group, role]
        if len(study.widths) < 2:
            raise InputError(
                where, expected="two hidden layers to compare", got=Words("claims on one")
            )
        if claim.experiment.quantity.startswith("singular_value") and not study.singular_values:
            raise InputError(where, expected="singular_values above 0", got=study.singular_values)


def _refuse_unfit_exhibits(spec: Spec) -> None:
    seen = set()
    for section in spec.sections:
        where = f"{spec.name}: {section.title}"
        _refuse_unfit_section(spec, section, where)
        for group in spec.shown_in(section):
            studies = [s for (g, _), s in spec.studies.items() if g in spec.parts_of(group)]
            for exhibit in section.exhibits:
                if (group, exhibit) in seen:
                    raise InputError(where, expected="each exhibit of a group once", got=exhibit)
                seen.add((group, exhibit))
                found, need = spec.known_exhibits[exhibit], spec.known_exhibits[exhibit].need
                if found.judged and not (spec.claims.get(group) or spec.keeps):
                    raise InputError(where, expected="a group with claims", got=Words(group))
                if found.stated and not any(one.statements for one in spec.sections):
                    raise InputError(where, expected="statements on the page", got=Words("none"))
                if need is not None and not need.met(studies):
                    raise InputError(where, expected=need.words, got=Words(f"{exhibit} without"))


def _refuse_unfit_section(spec: Spec, section: Section, where: str) -> None:
    across = [name for name, exhibit in spec.known_exhibits.items() if exhibit.across]
    joined = section.group == ALL or JOIN in section.group
    for exhibit in section.exhibits if joined else ():
        choice(f"{where}: exhibits of several groups", exhibit, across)
    if section.group == EACH and [s.group for s in spec.sections].count(EACH) > 1:
        raise InputError(where, expected="one section for each group", got=Words("several"))
    if section.table == "constants" and section.group != ALL:
        raise InputError(f"{where}: table", expected=f"group {ALL}", got=section.group)
    if section.table in ("keeps", "rules") and joined:
        raise InputError(f"{where}: table", expected="a group or each", got=section.group)
    if section.table == "keeps" and len(next(iter(spec.studies.values())).widths) < 2:
        raise InputError(
            f"{where}: table",
            expected="two hidden layers to compare, or no table",
            got=Words("one"),
        )


def _section(
    data: Mapping[str, Any],
    groups: Mapping[str, Any],
    where: str,
    tables: Iterable[str],
    known: Iterable[str],
) -> Section:
    for key in data:
        choice(f"{where} key", key, ("title", "text", "group", "table", "statements", "exhibits"))
    exhibits, statements = (_names(data, key, where) for key in ("exhibits", "statements"))
    stated = [statement.id for statement in STATEMENTS]
    return Section(
        title=_text(data, "title", where),
        text=_text(data, "text", where) if "text" in data else "",
        group=_shown(data.get("group"), groups, f"{where} group"),
        table=choice(f"{where} table", data["table"], tables) if "table" in data else "",
        exhibits=tuple(choice(f"{where} exhibits", name, known) for name in exhibits),
        statements=tuple(choice(f"{where} statements", name, stated) for name in statements),
    )


def _names(data: Mapping[str, Any], key: str, where: str) -> list[Any]:
    names = data.get(key, [])
    if not isinstance(names, list):
        raise InputError(f"{where} {key}", expected="a list of names", got=names)
    return names


def _shown(group: object, groups: Mapping[str, Any], where: str) -> str:
    """Return what a section names for its group: a name, all, each, or names and plus signs."""
    if isinstance(group, str) and JOIN in group:
        names = [choice(where, name, groups) for name in group.split(JOIN)]
        if len(set(names)) == len(names):
            return group
        raise InputError(where, expected="each group once", got=group)
    return choice(where, group, [*groups, ALL, EACH])


def _tables(data: Mapping[str, Any], key: str, name: str) -> dict[str, Mapping[str, Any]]:
    tables = _table(data[key], f"{name}: {key}")
    if not tables:
        raise InputError(f"{name}: {key}", expected="at least one", got=Words("none"))
    for inner in tables:  # they become parts of file names
        if not re.fullmatch(r"[a-zA-Z0-9_-]+", inner):
            raise InputError(
                f"{name}: {key}", expected="names of letters, digits, - and _", got=inner
            )
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
