"""What is asserted? Data only: sentences, and what must be measured to decide them."""

from collections.abc import Mapping
from typing import Any

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.library import lecture, papers
from saturation_lab.claims.library.glorot_initial import GLOROT_2010, GLOROT_2010_JACOBIANS
from saturation_lab.claims.statement import Statement

CLAIM_SETS: dict[str, Mapping[str, Claim]] = {
    "glorot_2010": GLOROT_2010,
    "glorot_2010_jacobians": GLOROT_2010_JACOBIANS,
}
"""Claims by id, in the sets that a report can name."""

STATEMENTS: tuple[Statement, ...] = (*lecture.LECTURE, *papers.PAPERS)
"""Every statement: the lecture's in the order of its slides, then those of the papers."""

STUDIES: dict[str, Mapping[str, Any]] = {**lecture.STUDIES, **papers.STUDIES}
"""The studies that their claims name, as plain data."""
