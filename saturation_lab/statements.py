"""Which statements are there: those of the package, or those of a file of the user's own?"""

from __future__ import annotations

from pathlib import Path

from saturation_lab.claims import STATEMENTS, STUDIES
from saturation_lab.claims.statement import Statement
from saturation_lab.study import Study


def read_statements(file: Path | None = None) -> tuple[list[Statement], dict[str, Study]]:
    """Return statements, and the studies that their claims name.

    >>> statements, studies = read_statements()
    >>> statements[0].id
    'ST1'
    """
    studies = {name: Study.from_dict(data, where=name) for name, data in STUDIES.items()}
    return list(STATEMENTS), studies
