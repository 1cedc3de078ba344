"""Statements and claims as plain data: what is asserted, and what must be measured."""

from collections.abc import Mapping
from typing import Any

from saturation_lab.claims.library import glorot_initial, lecture, papers
from saturation_lab.claims.statement import Statement

STATEMENTS: tuple[Statement, ...] = (*lecture.LECTURE, *papers.PAPERS)
"""Every statement about networks of its own: the lecture's by slides, then those of the papers."""

STUDIES: dict[str, Mapping[str, Any]] = {**lecture.STUDIES, **papers.STUDIES}
"""The studies that their claims name."""

SETS: dict[str, tuple[Statement, ...]] = {
    "glorot_2010": glorot_initial.GLOROT_2010,
    "glorot_2010_jacobians": glorot_initial.GLOROT_2010_JACOBIANS,
}
"""Statements about whatever networks a report shows, in sets that it can name."""
