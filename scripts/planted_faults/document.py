"""The page ``docs/planted_faults.md``: a first part, followed by sections with their own tables."""

from __future__ import annotations

import re
from pathlib import Path

from saturation_lab.files import write_atomically

DOCUMENT = Path(__file__).parents[2] / "docs" / "planted_faults.md"


def sections(text: str) -> dict[str, str]:
    """Return the parts of the page by title.

    Parameters
    ----------
    text : str
        The page in Markdown.

    Returns
    -------
    dict of str to str
        The first part under the key "", and each section without its heading.

    Examples
    --------
    >>> sections("# Page\\n\\nText.\\n\\n## One\\n\\nMore.\\n")
    {'': '# Page\\n\\nText.\\n', 'One': 'More.\\n'}
    """
    first, *rest = re.split(r"^## (.*)\n\n", text, flags=re.MULTILINE)
    parts = {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}
    return {title: part.rstrip("\n") + "\n" for title, part in parts.items()}


def joined(parts: dict[str, str]) -> str:
    """Return the page that consists of these parts, with one blank line around each heading.

    Parameters
    ----------
    parts : dict of str to str
        The parts by title, as `sections` returns them.

    Returns
    -------
    str
        The page in Markdown.

    Examples
    --------
    >>> joined({"": "# Page\\n\\nText.\\n", "One": "More.\\n"})
    '# Page\\n\\nText.\\n\\n## One\\n\\nMore.\\n'
    """
    return "\n".join(f"## {name}\n\n{part}" if name else part for name, part in parts.items())


def write_section(title: str, text: str) -> None:
    """Write a part of the page and keep the others.

    Parameters
    ----------
    title : str
        The heading of the section; "" for the first part.
    text : str
        Its content.
    """
    parts = {**sections(DOCUMENT.read_text(encoding="utf-8")), title: text}
    write_atomically(DOCUMENT, joined(parts).encode())
