"""Does what a report asks to show fit its groups? If not, it is refused before any is drawn."""

from __future__ import annotations

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.claims import CLAIM_SETS
from saturation_lab.claims.claim import Claim, OverLayers
from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.phase_diagrams import THEORY_EXHIBITS
from saturation_lab.pages.spec import ALL, EACH, JOIN, Planned, Section, Spec

_SAMPLED, _FORESEEN = ("keeps", "cells"), ("constants", "rules")


def refuse_unfit(spec: Spec) -> None:
    """Raise `InputError` for the first claim, table or exhibit that its group cannot show."""
    for name, group in spec.groups.items():
        for key in group.claims:
            for claim in CLAIM_SETS[key].values():
                _refuse_unfit_claim(claim, f"{spec.name}: {name}: {key}", group)
    seen = set()
    for section in spec.sections:
        where = f"{spec.name}: {section.title}"
        _refuse_unfit_section(spec, section, where)
        for group_name in spec.shown_in(section):
            for exhibit in section.exhibits:
                if (group_name, exhibit) in seen:
                    raise InputError(where, expected="each exhibit of a group once", got=exhibit)
                seen.add((group_name, exhibit))
                _refuse_unfit_exhibit(spec, spec.known_exhibits[exhibit], group_name, where)


def _refuse_unfit_claim(claim: Claim, where: str, group: Planned) -> None:
    assert isinstance(claim.experiment, OverLayers)  # a report's claims are
    for role in claim.experiment.roles:
        choice(f"{where}: roles for the claims", role, group.studies)
        study = group.studies[role]
        if len(study.widths) < 2:
            raise InputError(
                where, expected="two hidden layers to compare", got=Words("claims on one")
            )
        if claim.experiment.quantity.startswith("singular_value") and not study.singular_values:
            raise InputError(where, expected="singular_values above 0", got=study.singular_values)


def _refuse_unfit_exhibit(spec: Spec, exhibit: Exhibit, name: str, where: str) -> None:
    parts = [spec.groups[part] for part in spec.parts_of(name)]
    studies = [study for part in parts for study in part.studies.values()]
    foreseen = [one for part in parts for one in part.foreseen]
    if exhibit.id in THEORY_EXHIBITS and not foreseen:
        raise InputError(where, expected=f"a foreseen group for {exhibit.id}", got=Words(name))
    if exhibit.id not in THEORY_EXHIBITS and not studies and spec.own_exhibits is None:
        raise InputError(where, expected=f"studies for {exhibit.id}", got=Words(name))
    if len(foreseen) > 1 and not exhibit.across:
        raise InputError(where, expected=f"one activation for {exhibit.id}", got=Words("several"))
    claims = any(part.claims for part in parts)
    if exhibit.judged and not claims and name not in spec.tabled(*_SAMPLED):
        raise InputError(where, expected="a group with claims", got=Words(name))
    if exhibit.celled and name not in spec.tabled("cells"):
        raise InputError(where, expected="a table of cells for cells", got=Words(name))
    if exhibit.stated and not any(one.statements for one in spec.sections):
        raise InputError(where, expected="statements on the page", got=Words("none"))
    if exhibit.need is not None and not exhibit.need.met(studies):
        raise InputError(where, expected=exhibit.need.words, got=Words(f"{exhibit.id} without"))


def _refuse_unfit_section(spec: Spec, section: Section, where: str) -> None:
    across = [name for name, exhibit in spec.known_exhibits.items() if exhibit.across]
    joined = section.group == ALL or JOIN in section.group
    for exhibit in section.exhibits if joined else ():
        choice(f"{where}: exhibits of several groups", exhibit, across)
    if section.group == EACH and [s.group for s in spec.sections].count(EACH) > 1:
        raise InputError(where, expected="one section for each group", got=Words("several"))
    if section.table:
        _refuse_unfit_table(spec, section, where, joined=joined)


def _refuse_unfit_table(spec: Spec, section: Section, where: str, *, joined: bool) -> None:
    where = f"{where}: table"
    if section.table == "constants" and section.group != ALL:
        raise InputError(where, expected=f"group {ALL}", got=section.group)
    if section.table != "constants" and joined:
        raise InputError(where, expected="a group or each", got=section.group)
    for name in spec.shown_in(section):
        parts = [spec.groups[part] for part in spec.parts_of(name)]
        foreseen = all(part.foreseen for part in parts)
        if foreseen is not (section.table in _FORESEEN):
            expected = "foreseen groups" if section.table in _FORESEEN else "studies"
            raise InputError(where, expected=f"{expected} for {section.table}", got=Words(name))
        if section.table == "cells" and not parts[0].blocks:
            raise InputError(where, expected="a group with activations", got=Words(name))
        if section.table == "keeps" and parts[0].blocks:
            raise InputError(where, expected="cells, as the group has activations", got="keeps")
        if section.table in _SAMPLED:
            some = next(iter(parts[0].studies.values()))
            if some.examples < 2:  # the signal is a variance over them
                raise InputError(where, expected="two examples to compare", got=some.examples)
            if len(some.widths) < 2:
                raise InputError(
                    where,
                    expected="two hidden layers to compare, or no table",
                    got=Words("one"),
                )
