"""Refuses what a report asks to show but its groups cannot, before anything is drawn."""

from __future__ import annotations

from saturation_lab.checks import InputError, Words, within
from saturation_lab.judging.evidence import refuse_unfit as refuse_unfit_statement
from saturation_lab.pages.spec import ALL, EACH, FORESEEN, SAMPLED, GroupSpec, SectionSpec, Spec


def refuse_unfit(spec: Spec) -> None:
    """Raise `InputError` for the first statement, table or exhibit that a group cannot show."""
    for name, group in spec.groups.items():
        with within(f"{spec.name}: {name}"):
            for statement in group.judged:
                refuse_unfit_statement(statement, group.studies)
    if [section.group for section in spec.sections].count(EACH) > 1:
        raise InputError(spec.name, expected="one section for each group", got=Words("several"))
    seen = set()
    for section in spec.sections:
        where = f"{spec.name}: {section.title}"
        _refuse_unfit_table(spec, section, f"{where}: table")
        for group_name in spec.shown_in(section):
            for exhibit in section.exhibits:
                if (group_name, exhibit.id) in seen:
                    raise InputError(where, expected="each exhibit of a group once", got=exhibit.id)
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
        raise InputError(where, expected=f"group {ALL}", got=section.group)
    if section.table != "constants" and joined:
        raise InputError(where, expected="a group or each", got=section.group)
    for name in spec.shown_in(section):
        for part in spec.parts_of(name):
            _refuse_unfit_group(spec.groups[part], section.table, name, where)


def _refuse_unfit_group(group: GroupSpec, table: str, name: str, where: str) -> None:
    if bool(group.foreseen) is not (table in FORESEEN):
        expected = "foreseen groups" if table in FORESEEN else "studies"
        raise InputError(where, expected=f"{expected} for {table}", got=Words(name))
    if table == "cells" and not group.blocks:
        raise InputError(where, expected="a group with activations", got=Words(name))
    if table == "keeps" and group.blocks:
        raise InputError(where, expected="cells, as the group has activations", got="keeps")
    if table in SAMPLED:
        some = next(iter(group.studies.values()))
        if some.examples < 2:  # the signal is a variance over them
            raise InputError(where, expected="two examples to compare", got=some.examples)
        if len(some.widths) < 2:
            raise InputError(
                where, expected="two hidden layers to compare, or no table", got=Words("one")
            )
