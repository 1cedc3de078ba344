"""How to describe the method of a page in a paper, and how to cite the package."""

from __future__ import annotations

from saturation_lab.pages.blocks import Block, Details, Page, Text
from saturation_lab.pages.texts import text

_BIBTEX = """\
@software{{saturation_lab,
  title   = {{{{saturation\\_lab}}: what an initialization does to a neural network}},
  version = {{{version}}},
  note    = {{Page: {title}. Command: \\texttt{{{command}}}}},
}}"""

_LATEX = {"±": r"$\pm$", "%": r"\%", "_": r"\_", "×": r"$\times$", "√": r"$\sqrt{}$", "&": r"\&"}


def citing(page: Page, *, level: str, seeds: str) -> Details:
    """Return what a reader needs to cite a page.

    Parameters
    ----------
    page : Page
        The page.
    level : str
        The level of its intervals, as in "95 %".
    seeds : str
        The seeds of its networks; "" if none were drawn.

    Returns
    -------
    Details
        A methods paragraph as text and in LaTeX, and a BibTeX entry.
    """
    versions = ", ".join(f"{name} {number}" for name, number in page.versions.items())
    drawn = text("citing.drawn", level=level, seeds=seeds) if seeds else text("citing.computed")
    methods = f"{drawn} {text('citing.made', versions=versions)}"
    entry = _BIBTEX.format(
        version=page.versions.get("saturation_lab", ""),
        title=in_latex(page.title),
        command=in_latex(page.command),
    )
    blocks: list[Block] = [
        Text(methods),
        Text(in_latex(methods), role="command"),
        Text(entry, role="command"),
    ]
    return Details(summary="How to cite: a methods paragraph, in LaTeX, and BibTeX", blocks=blocks)


def in_latex(words: str) -> str:
    r"""Return a text with the characters that LaTeX needs escaped.

    Parameters
    ----------
    words : str
        The text.

    Returns
    -------
    str
        The same in LaTeX.

    Examples
    --------
    >>> in_latex("95 % of he_normal")
    '95 \\% of he\\_normal'
    """
    return "".join(_LATEX.get(letter, letter) for letter in words)
