"""Reader for the TOML of a report: its groups of studies and its sections."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from saturation_lab.advice.recommend import recommended_study
from saturation_lab.checks import (
    NOTHING,
    InputError,
    Reader,
    Words,
    choice,
    each_of,
    one_of,
    read_keys,
    table,
    text,
    truth,
    whole,
    within,
)
from saturation_lab.claims import SETS, STATEMENTS
from saturation_lab.claims.statement import Statement
from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.judging.statement_files import read_statements, schema
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.nets.sigmas import SIGMAS
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

_PLACES = (
    Path(__file__).parent / "shipped",  # an installed wheel
    Path(__file__).parents[2] / "reports",  # a checkout
)
_NAMED = re.compile(r"[a-zA-Z0-9_-]+")
_ONE_FIGURE = ("architecture.depth",)
"""Keys that must agree over all groups if a figure of the page shows several groups together."""

_Table = Mapping[str, Any]


def shipped_reports() -> Iterator[Path]:
    """Yield the TOML files of the reports that come with the package.

    Yields
    ------
    Path
        Each file, in the order of their names.

    Examples
    --------
    >>> "phase" in [path.stem for path in shipped_reports()]
    True
    """
    for place in _PLACES:
        if place.is_dir():
            yield from sorted(place.glob("*.toml"))
            return


def read_spec(name: str) -> Spec:
    """Read the specification of a report.

    Parameters
    ----------
    name : str
        The name of a report that comes with the package, or the path of your own file, ending in
        ``.toml``.

    Returns
    -------
    Spec
        The checked specification; nothing is sampled.

    Raises
    ------
    InputError
        If there is no such report, or if the file is unreadable or invalid; the message names the
        key.

    Examples
    --------
    >>> read_spec("width").title
    'From width 10 to 1,000,000'
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
        raise InputError(str(path), expected="valid TOML", got=Words(error)) from error
    except OSError as error:
        got = Words(f"{path}: {error.strerror}")
        raise InputError("report", expected="a readable TOML file", got=got) from error
    return spec_from(
        data, name=path.stem, command=f"saturation-lab report {name}", folder=path.parent
    )


def spec_from(data: _Table, *, name: str, command: str = "", folder: str | Path = Path()) -> Spec:
    """Return the specification of a report from plain data.

    A group has the roles of the report, unless it has its own ``roles``. With ``activations``, it
    has each role for each of these activations. With ``foreseen``, nothing is sampled, and the
    group shows what theory predicts for these activations.

    Parameters
    ----------
    data : mapping
        The content of a TOML file.
    name : str
        The name of the report.
    command : str
        The command that makes the report.
    folder : str or Path
        The folder that the path under ``statements`` is relative to.

    Returns
    -------
    Spec
        The checked specification; nothing is sampled.

    Raises
    ------
    InputError
        If a key is unknown, missing or has an unusable value, if studies of one page differ where
        they must agree, or if a group cannot show what a section requests.

    Examples
    --------
    >>> spec = spec_from(
    ...     {
    ...         "title": "Small",
    ...         "question": "Does the gradient survive?",
    ...         "study": {"activation": "tanh", "depth": 3, "width": 16, "inputs": "gaussian"},
    ...         "roles": {"glorot": {"title": "Glorot", "initializer": "glorot_normal"}},
    ...         "groups": {"tanh": {"title": "Tanh"}},
    ...         "sections": [{"title": "All", "group": "tanh", "exhibits": ["profile_gradient"]}],
    ...     },
    ...     name="small",
    ... )
    >>> list(spec.studies)
    [('tanh', 'glorot')]
    """
    with within(name):
        said = read_keys(data, _REPORT, _LEFT_OUT)
        groups = {key: _group(key, one, said) for key, one in said["groups"].items()}
        sources = tuple(_sources(said, Path(folder)))
        stated = [statement.id for statements, _ in sources for statement in statements]
        sections = [_section(i, one, groups, stated) for i, one in enumerate(said["sections"])]
    spec = Spec(
        name=name,
        command=command,
        groups=groups,
        sections=tuple(sections),
        sources=sources,
        **{key: said[key] for key in ("title", "question", "lead", "theory", "cover")},
    )
    if spec.cover:
        with within(name):
            choice("cover", spec.cover, spec.pictured)
    _refuse_unlike(spec)
    refuse_unfit(spec)
    return spec


# --- the keys of a report -------------------------------------------------------------------------


def _tables(key: str, value: object) -> dict[str, _Table]:
    """Read at least one named table; the names are used in file names."""
    tables = table(key, value)
    if not tables:
        raise InputError(key, expected="at least one", got=Words("none"))
    for inner in tables:
        if not _NAMED.fullmatch(inner):
            expected = "a name made of letters, digits, - and _"
            raise InputError(key, expected=expected, got=inner)
    return {inner: table(f"{key}.{inner}", one) for inner, one in tables.items()}


def _groups(key: str, value: object) -> dict[str, _Table]:
    tables = _tables(key, value)
    for reserved in {ALL, EACH} & set(tables):
        raise InputError(
            key, expected="another name", got=reserved, hint="'all' and 'each' are reserved"
        )
    return tables


def _theory(key: str, value: object) -> Theory:
    readers: Mapping[str, Reader] = {"depth": partial(whole, low=2), "width": partial(whole, low=1)}
    with within(key):
        return Theory(**read_keys(table(key, value), readers, {}))


def _claims(key: str, value: object) -> tuple[Statement, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise InputError(key, expected="a name or a list of names", got=value)
    return tuple(x for name in listed for x in SETS[choice(key, name, SETS)])


_REPORT: Mapping[str, Reader] = {
    "schema": schema,
    **dict.fromkeys(("title", "question", "lead", "statements", "cover"), text),
    "groups": _groups,
    "sections": each_of(table, kind="tables"),
    "claims": _claims,
    "study": table,
    "roles": _tables,
    "theory": _theory,
}
_LEFT_OUT: _Table = {
    "schema": SCHEMA,
    "lead": "",
    "cover": "",
    "claims": (),
    "roles": {},
    **dict.fromkeys(("study", "theory", "statements")),
}


def _sources(said: _Table, folder: Path) -> Iterator[Source]:
    """Yield the statements that sections can name: the built-in ones, then those of a file."""
    if any("statements" in one for one in said["sections"]):
        yield read_statements()
    if said["statements"] is not None:
        own, studies = read_statements(folder / said["statements"])
        for statement in own:
            if statement.id in [known.id for known in STATEMENTS]:
                expected = "an id that no built-in statement has"
                raise InputError("statements: id", expected=expected, got=statement.id)
        yield own, studies


# --- groups ---------------------------------------------------------------------------------------


def _foreseen(key: str, value: object) -> Activation:
    if not isinstance(value, str):
        raise InputError(key, expected="the name of an activation", got=value)
    return find_activation(value)


_OF_THEORY: Mapping[str, Reader] = {"title": text, "foreseen": each_of(_foreseen, least=1)}
_OF_STUDIES: Mapping[str, Reader] = {
    "title": text,
    "claims": _claims,
    "roles": _tables,
    "activations": each_of(lambda key, value: value, least=1),
}
"""The keys of a group that are not keys of a study."""
_ROLE: Mapping[str, Reader] = {"title": text, "recommended": truth}
"""The keys of a role that are not keys of a study."""


def _group(name: str, data: _Table, report: _Table) -> GroupSpec:
    with within(f"groups.{name}"):
        if "foreseen" not in data:
            return _of_studies(data, report)
        found = read_keys(data, _OF_THEORY, {})
        if report["theory"] is None:
            raise InputError("theory", expected="a table with depth and width", got=NOTHING)
        return GroupSpec(**found)


def _of_studies(data: _Table, report: _Table) -> GroupSpec:
    if report["study"] is None:
        raise InputError("study", expected="a table with keys of a study", got=NOTHING)
    own, keys = _parted(data, _OF_STUDIES)
    common = {"claims": report["claims"], "roles": report["roles"], "activations": [None]}
    group = read_keys(own, _OF_STUDIES, common)
    if not group["roles"]:
        raise InputError("roles", expected="at least one", got=Words("none"))
    called = [given.get("title") for given in group["roles"].values()]
    if len(set(map(str, called))) < len(called):
        expected = "a different title for each role"
        raise InputError("roles: title", expected=expected, got=Words(called))
    base = _over(report["study"], keys)
    studies, titles, blocks, advised = {}, {}, {}, set()
    for activation in group["activations"]:
        for role, given in group["roles"].items():
            key = role if activation is None else f"{activation}-{role}"
            with within(key):
                own, keys = _parted(given, _ROLE)
                said = read_keys(own, _ROLE, {"recommended": False})
                if activation is not None:
                    blocks[key] = str(activation)
                    keys["activation"] = activation
                titles[key] = said["title"]
                studies[key] = (_recommended if said["recommended"] else _study)(base, keys)
                if said["recommended"]:
                    advised.add(key)
    return GroupSpec(
        title=group["title"],
        studies=studies,
        titles=titles,
        blocks=blocks,
        recommended=frozenset(advised),
        judged=group["claims"],
    )


def _parted(data: _Table, readers: Mapping[str, Reader]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a table into the keys that have readers and the others, which belong to a study."""
    own = {key: value for key, value in data.items() if key in readers}
    return own, {key: value for key, value in data.items() if key not in readers}


def _over(base: _Table, own: _Table) -> dict[str, Any]:
    """Return the keys of a study, overridden by others; widths replace depth and width.

    >>> _over({"depth": 2, "width": 8, "seed": 1}, {"widths": [8, 4]})
    {'seed': 1, 'widths': [8, 4]}
    >>> _over({"widths": [8, 4]}, {"depth": 3, "width": 8})
    {'depth': 3, 'width': 8}
    """
    shape = ("depth", "width") if "widths" in own else ("widths",) if "width" in own else ()
    return {**{k: v for k, v in base.items() if k not in shape}, **own}


def _study(base: _Table, own: _Table) -> Study:
    return Study.from_dict(_over(base, own))


def _recommended(base: _Table, own: _Table) -> Study:
    """Return a study with the initialization that theory recommends for it."""
    for key in ("initializer", "gain", "layer_gains", "bias", "bias_scale", *SIGMAS):
        if key in own:
            expected = "no value, because the initialization is recommended by theory"
            raise InputError(key, expected=expected, got=own[key])
    study = _study(base, {**own, "initializer": "lecun_normal"})
    chosen = recommended_study(study)
    if chosen is None:
        raise InputError(
            "recommended",
            expected="an activation for which some initialization keeps the gradient",
            got=study.activation,
        )
    return chosen


def _refuse_unlike(spec: Spec) -> None:
    """Raise an error if studies differ in a key that a page states once or a figure shares."""
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
                    hint="studies that are shown together must agree in this key",
                )


# --- sections -------------------------------------------------------------------------------------


def _section(
    number: int, data: _Table, groups: Mapping[str, GroupSpec], stated: Sequence[str]
) -> SectionSpec:
    readers: Mapping[str, Reader] = {
        "title": text,
        "text": text,
        "group": partial(_shown, groups),
        "table": one_of(TABLES),
        "statements": each_of(one_of(stated)),
        "exhibits": each_of(_exhibit),
    }
    left_out = {"text": "", "table": "", "statements": (), "exhibits": ()}
    with within(f"sections[{number}]"):
        return SectionSpec(**read_keys(data, readers, left_out))


def _exhibit(key: str, value: object) -> Exhibit:
    """Return an exhibit given by its name, or by a table with a different title or function."""
    if not isinstance(value, Mapping):
        return EXHIBITS[choice(key, value, EXHIBITS)]
    with within(key):
        said = read_keys(value, dict.fromkeys(("show", "title", "table"), text), {"table": ""})
        show, title = said["show"], said["title"]
        if ":" in show:
            return own_exhibit(show, title=title, table=said["table"] or "profile")
        if said["table"]:
            expected = f"no table, because the exhibit {show} has its own"
            raise InputError("table", expected=expected, got=said["table"])
        return replace(EXHIBITS[choice("show", show, EXHIBITS)], title=title)


def _shown(groups: Mapping[str, GroupSpec], key: str, value: object) -> str:
    """Read the group of a section: a name, all, each, or names joined by plus signs."""
    if isinstance(value, str) and JOIN in value:
        names = [choice(key, name, groups) for name in value.split(JOIN)]
        if len(set(names)) == len(names):
            return value
        raise InputError(key, expected="each group at most once", got=value)
    return choice(key, value, [*groups, ALL, EACH])
