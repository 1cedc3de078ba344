"""Exhibits of your own: a function from a tidy table to a matplotlib Figure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.exhibits.exhibit import Exhibit, Shown
from saturation_lab.exhibits.material import Material
from saturation_lab.figures.theme import Canvas
from saturation_lab.nets.own import imported

DrawTable = Callable[[pd.DataFrame], Figure]


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)


TABLES: Mapping[str, Callable[[Material], pd.DataFrame]] = {
    "profile": lambda material: material.profile,
    "per_network": lambda material: _together(
        [x.per_network() for x in material.networks.values()]
    ),
    "histogram": lambda material: _together([x.histogram() for x in material.networks.values()]),
}
"""What such a function can be given; the column ``study`` names the networks."""


def own_exhibit(
    draw: DrawTable | str, *, title: str, table: str = "profile", id: str = ""
) -> Exhibit:
    """Return an exhibit that your own function draws.

    It is drawn for a wide and for a narrow screen, each in the theme of the package; its docstring
    becomes the caption.

    Parameters
    ----------
    draw
        The function, or where to import it from: ``module:function``.
    title
        What stands above the figure.
    table
        The table that the function is given, a key of `TABLES`.
    id
        Part of file names; "" for the name of the function.

    Raises
    ------
    InputError
        If there is no such table or no such function.

    Examples
    --------
    >>> def spread(table: pd.DataFrame) -> Figure:
    ...     "Every network is a point."
    ...     return Figure()
    >>> own_exhibit(spread, title="The spread", table="per_network").id
    'spread'
    """
    found = imported("show", draw) if isinstance(draw, str) else draw
    if not callable(found):
        raise InputError("show", expected="a function of a table", got=draw)
    name = id or str(getattr(found, "__name__", "own"))
    chosen = TABLES[choice("table", table, TABLES)]
    says = " ".join((found.__doc__ or "").split())

    def make(material: Material) -> Shown:
        how = f"{says} {material.size[0].upper()}{material.size[1:]}.".strip()
        return Shown(
            table=chosen(material),
            draw=partial(_drawn, draw=found, name=name),
            how=how,
            alt=how,
            footer=material.footer,
        )

    return Exhibit(id=name, title=title, make=make)


def _called(draw: DrawTable, table: pd.DataFrame, name: str) -> object:
    try:
        return draw(table)
    except Exception as error:  # whatever a user's function raises
        raise InputError(
            name,
            expected="a function that draws its table",
            got=Words(f"{type(error).__name__}: {error}"),
            hint=f"the table has the columns {', '.join(map(str, table.columns))}",
        ) from error


def _drawn(table: pd.DataFrame, *, canvas: Canvas, draw: DrawTable, name: str) -> Figure:
    """Return what a function draws, in the canvas's size where it sets none."""
    with mpl.rc_context(
        {"figure.figsize": (canvas.width, canvas.height), "figure.constrained_layout.use": True}
    ):
        found = _called(draw, table, name)
    if not isinstance(found, Figure):
        raise InputError(name, expected="a function that returns a Figure", got=Words(type(found)))
    if "matplotlib.pyplot" in sys.modules:  # which keeps every figure that it makes
        sys.modules["matplotlib.pyplot"].close(found)
    return found
