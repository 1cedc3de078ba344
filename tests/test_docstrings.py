"""Check the docstrings of the package against the signatures of its functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.docstrings import PACKAGE, files_under, problems_in

GOOD = '''
def ratio(top, *others, bottom=1.0) -> float:
    """Return a ratio.

    Parameters
    ----------
    top : float
        The numerator.
    *others : float
        Further factors of the numerator.
    bottom : float
        The denominator.

    Returns
    -------
    float
        The ratio.

    Raises
    ------
    ValueError
        If the denominator is 0.
    """
    if bottom == 0:
        raise ValueError("expected a denominator other than 0")
    return top / bottom
'''


def test_docstrings_agree_with_signatures() -> None:
    assert problems_in(files_under([PACKAGE])) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("", "", None),
        ("top, *others", "numerator, *others", "the signature"),
        ("top, *others, bottom=1.0", "top, *others, bottom=1.0, more=0", "the signature"),
        ("    Returns\n    -------\n    float\n        The ratio.\n\n", "", "no section Returns"),
        ("    ValueError\n        If", "    TypeError\n        If", "Raises lacks ValueError"),
        ("Return a ratio.", "Return a ratio", "period"),
    ],
)
def test_a_planted_fault_is_found(old: str, new: str, problem: str | None, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(GOOD.replace(old, new) if old else GOOD)
    found = problems_in([file])
    assert (problem in found[0]) if problem else not found
