"""The evidence for all statements of the package, which several test modules share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from saturation_lab import Study
from saturation_lab.claims import STATEMENTS
from saturation_lab.judging import Evidence, examine, read_statements

Unexpected = Callable[..., set[str]]
"""From ids of parts to those whose verdict is not on record; ``width=`` narrows the networks."""


@pytest.fixture(scope="session")
def found() -> Mapping[str, Evidence]:
    """Return the evidence for every statement at the shipped size, by its id.

    The seeds are fixed. Each verdict is wrong with a probability of at most one in twenty.
    """
    statements, studies = read_statements()
    return {e.statement.id: e for e in examine(statements, studies, workers=1)}


@pytest.fixture
def unexpected() -> Unexpected:
    """Return a function that settles parts anew, in the package as a fault has left it."""

    def narrowed(study: Study, width: int | None) -> Study:
        return study if width is None else replace(study, widths=[width] * len(study.widths))

    def parts_unexpected(*ids: str, width: int | None = None) -> set[str]:
        chosen = [(s, tuple(p for p in s.parts if p.id in ids)) for s in STATEMENTS]
        statements = [replace(statement, parts=parts) for statement, parts in chosen if parts]
        studies = {name: narrowed(one, width) for name, one in read_statements()[1].items()}
        evidence = examine(statements, studies, workers=1)
        assert {part.id for one in statements for part in one.parts} == set(ids)
        return {finding.claim.id for e in evidence for finding in e.unexpected}

    return parts_unexpected
