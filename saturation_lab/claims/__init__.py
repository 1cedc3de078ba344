"""Statements and claims as plain data: what is asserted, and what is measured to decide it."""

from collections.abc import Mapping
from typing import Any

from saturation_lab.claims.library import glorot_initial, lecture, papers
from saturation_lab.claims.statement import Statement

STATEMENTS: tuple[Statement, ...] = (*lecture.LECTURE, *papers.PAPERS)
"""All statements that bring their own studies: the lecture's in slide order, then the papers'."""

STUDIES: dict[str, Mapping[str, Any]] = {**lecture.STUDIES, **papers.STUDIES}
"""The studies that the claims of `STATEMENTS` name."""

SETS: dict[str, tuple[Statement, ...]] = {
    "glorot_2010": glorot_initial.GLOROT_2010,
    "glorot_2010_jacobians": glorot_initial.GLOROT_2010_JACOBIANS,
}
"""Named sets of statements about the networks of a report."""
