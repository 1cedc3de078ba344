"""The statements of the papers behind the lecture: Glorot & Bengio 2010 and He et al. 2015."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from saturation_lab.claims.library import glorot_equations, he_depth, he_equations
from saturation_lab.claims.statement import Statement

PAPERS: tuple[Statement, ...] = tuple(
    replace(statement, chapter=paper)
    for paper, many in {
        "Glorot & Bengio 2010": glorot_equations.GLOROT,
        "He et al. 2015": (*he_equations.HE, *he_depth.HE_DEPTH),
    }.items()
    for statement in many
)
"""The papers' statements, in the order of their equations."""

STUDIES: dict[str, Mapping[str, Any]] = {**glorot_equations.STUDIES, **he_equations.STUDIES}
"""The studies that the claims of `PAPERS` name."""
