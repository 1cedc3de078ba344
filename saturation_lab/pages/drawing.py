"""Pictures of exhibits: each is drawn on a canvas, signed, and returned as bytes."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.figures.builds import build
from saturation_lab.figures.dark import darken
from saturation_lab.figures.theme import CANVASES, Canvas, sign, theme, written

SCREENS = tuple(replace(CANVASES[name], background="none") for name in ("page", "phone"))
"""The canvases of a page, for wide and narrow screens; their background is transparent."""


def picture(shown: Shown, canvas: Canvas, kind: str) -> bytes:
    """Return the complete picture of an exhibit.

    Parameters
    ----------
    shown : Shown
        The content of the exhibit.
    canvas : Canvas
        The size, the theme, and whether the background is dark.
    kind : str
        The file format: ``svg``, ``png`` or ``pdf``.

    Returns
    -------
    bytes
        The content of the file.
    """
    return pictures(shown, shown.table, canvas, kind, builds=False)[-1]


def pictures(
    shown: Shown, table: pd.DataFrame, canvas: Canvas, kind: str, *, builds: bool
) -> list[bytes]:
    """Return the picture of a table, or the pictures of its step-by-step build.

    Parameters
    ----------
    shown : Shown
        The content of the exhibit.
    table : DataFrame
        The table to draw: that of ``shown``, or some of its rows.
    canvas : Canvas
        The size, the theme, and whether the background is dark.
    kind : str
        The file format: ``svg``, ``png`` or ``pdf``.
    builds : bool
        Whether to add one picture for each step of the build.

    Returns
    -------
    list of bytes
        The content of each file; the complete picture is the last.
    """
    with theme(canvas):
        figure = shown.draw(table, canvas=canvas)
        if shown.footer:
            sign(figure, canvas, shown.footer)
        if canvas.dark:
            darken(figure, images=not shown.photo)
        return build(figure, kind) if builds else [written(figure, kind)]


def data_uri(svg: bytes) -> Markup:
    """Return an SVG as a data URI.

    It is percent-encoded, or encoded in base64 if that is shorter, as for embedded photographs.

    Parameters
    ----------
    svg : bytes
        The content of the SVG file.

    Returns
    -------
    Markup
        The URI, marked as safe for the template.

    Examples
    --------
    >>> print(data_uri(b'<svg a="1"/>'))
    data:image/svg+xml,%3Csvg%20a='1'/%3E
    """
    if b"'" not in svg:
        svg = svg.replace(b'"', b"'")  # single quotes need neither encoding nor escaping
    # spaces must be encoded, because a space ends the address in a srcset
    text = "data:image/svg+xml," + quote(svg.decode(), safe="='/:;()-_.!*?@+$~|{}[]^`")
    packed_svg = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return Markup(min(text, packed_svg, key=len))
