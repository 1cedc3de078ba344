"""What do the papers behind the lecture state, Glorot & Bengio 2010 and He et al. 2015?"""

from collections.abc import Mapping
from typing import Any

from saturation_lab.claims.papers import glorot, he
from saturation_lab.claims.statement import Statement

PAPERS: tuple[Statement, ...] = (*glorot.GLOROT, *he.HE)
"""Their statements, paper by paper in the order of their equations."""

STUDIES: dict[str, Mapping[str, Any]] = {**glorot.STUDIES, **he.STUDIES}
"""The studies that their claims name."""
