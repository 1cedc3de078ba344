"""Checks that the groups of a report can show what its sections request, before sampling."""

from __future__ import annotations

from saturation_lab.checks import InputError, Words, within
from saturation_lab.judging.evidence import refuse_unfit as refuse_unfit_statement
from saturation_lab.pages.spec import ALL, EACH, FORESEEN, SAMPLED, GroupSpec, SectionSpec, Spec


def refuse_unfit(spec: Spec) -> None:
    """Raise an error for the first statement, table or exhibit that a group cannot show.

    Parameters
    ----------
    spec : Spec
        The specification of the report.

    Raises
    ------
    InputError
        If the networks of a group cannot decide a statement or lack what a table or an exhibit
        needs, if an exhibit is repeated for a group, or if several sections show "each" group.
    """
    for name, group in spec.groups.items():
        with within(f"{spec.name}: {name}"):
            for statement in group.judged:
                refuse_unfit_statement(statement, group.studies)
    count = [section.group for section in spec.sections].count(EACH)
    if count > 1:
        expected = f'at most one section with group "{EACH}"'
        raise InputError(spec.name, expected=expected, got=count)
    seen = set()
    for section in spec.sections:
        where = f"{spec.name}: {section.title}"
        _refuse_unfit_table(spec, section, f"{where}: table")
        for group_name in spec.shown_in(section):
            for exhibit in section.exhibits:
                if (group_name, exhibit.id) in seen:
                    expected = "each exhibit at most once per group"
                    raise InputError(where, expected=expected, got=exhibit.id)
                seen.add((group_name, exhibit.id))
                need = exhibit.missing(spec.planned(group_name))
                if need is not None:
                    expected = f"{need.words} for the exhibit {exhibit.id}"
                    raise InputError(where, expected=expected, got=Words(f"group {group_name}"))


def _refuse_unfit_table(spec: Spec, section: SectionSpec, where: str) -> None:
    if not section.table:
        return
    joined = section.group != EACH and section.group not in spec.groups
    if section.table == "constants" and section.group != ALL:
        expected = f'group "{ALL}" for the table constants'
        raise InputError(where, expected=expected, got=section.group)
    if section.table != "constants" and joined:
        expected = f'one group, or "{EACH}", for the table {section.table}'
        raise InputError(where, expected=expected, got=section.group)
    for name in spec.shown_in(section):
        for part in spec.parts_of(name):
            _refuse_unfit_group(spec.groups[part], section.table, name, where)


def _refuse_unfit_group(group: GroupSpec, table: str, name: str, where: str) -> None:
    if bool(group.foreseen) is not (table in FORESEEN):
        needed = "foreseen activations" if table in FORESEEN else "sampled studies"
        expected = f"a group with {needed} for the table {table}"
        raise InputError(where, expected=expected, got=Words(f"group {name}"))
    if table == "cells" and not group.blocks:
        expected = "a group with a list of activations for the table cells"
        raise InputError(where, expected=expected, got=Words(f"group {name}"))
    if table == "keeps" and group.blocks:
        expected = 'the table "cells", because the group has a list of activations'
        raise InputError(where, expected=expected, got="keeps")
    if table in SAMPLED:
        some = next(iter(group.studies.values()))
        if some.examples < 2:  # the signal is a variance over them
            raise InputError(where, expected="at least two examples", got=some.examples)
        if len(some.widths) < 2:
            raise InputError(
                where,
                expected="at least two hidden layers",
                got=len(some.widths),
                hint="add a layer or remove the table",
            )
