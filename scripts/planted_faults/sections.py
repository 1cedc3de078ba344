"""Sections of ``docs/planted_faults.md``, each written by a program of its own."""

from __future__ import annotations

import re


def first_part(document: str) -> str:
    """Return what comes before the first section.

    Parameters
    ----------
    document : str
        The page in Markdown.

    Returns
    -------
    str
        The page up to the first heading of the second level, with one line break at its end.

    Examples
    --------
    >>> first_part("# Page\\n\\nText.\\n\\n## One\\n\\nMore.\\n")
    '# Page\\n\\nText.\\n'
    """
    return _parts(document)[0]


def section(document: str, title: str) -> str:
    """Return a section with its heading.

    Parameters
    ----------
    document : str
        The page in Markdown.
    title : str
        The heading of the section.

    Returns
    -------
    str
        The section, or "" if there is none of this title.

    Examples
    --------
    >>> section("# Page\\n\\n## One\\n\\nText.\\n\\n## Two\\n", "One")
    '## One\\n\\nText.\\n'
    """
    return next((part for part in _parts(document)[1:] if _titled(part, title)), "")


def with_section(document: str, text: str) -> str:
    """Return the page with a section put in place of that of the same title, or at its end.

    Parameters
    ----------
    document : str
        The page in Markdown.
    text : str
        The section with its heading.

    Returns
    -------
    str
        The new page.

    Examples
    --------
    >>> with_section("# Page\\n\\n## One\\n\\nOld.\\n\\n## Two\\n", "## One\\n\\nNew.\\n")
    '# Page\\n\\n## One\\n\\nNew.\\n\\n## Two\\n'
    """
    title = text.splitlines()[0].removeprefix("## ")
    first, *rest = _parts(document)
    if not any(_titled(part, title) for part in rest):
        rest.append(text)
    return "\n".join([first, *(text if _titled(part, title) else part for part in rest)])


def with_first_part(document: str, text: str) -> str:
    """Return the page with another first part.

    Parameters
    ----------
    document : str
        The page in Markdown.
    text : str
        What comes before the first section.

    Returns
    -------
    str
        The new page.

    Examples
    --------
    >>> with_first_part("# Page\\n\\n## One\\n", "# New\\n")
    '# New\\n\\n## One\\n'
    """
    return "\n".join([text, *_parts(document)[1:]])


def _parts(document: str) -> list[str]:
    return [part.rstrip("\n") + "\n" for part in re.split(r"(?m)^(?=## )", document)]


def _titled(part: str, title: str) -> bool:
    return part.startswith(f"## {title}\n")
