"""Custom exhibits: each is a function from a tidy table to a matplotlib Figure."""

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
"""The tables that can be passed to such a function; the column ``study`` names the networks."""


def own_exhibit(
    draw: DrawTable | str, *, title: str, table: str = "profile", id: str = ""
) -> Exhibit:
    """Return an exhibit that is drawn by your own function.

    The function is called once for a wide and once for a narrow screen, with the theme of the
    package active. Its docstring becomes the caption.

    Parameters
    ----------
    draw : callable or str
        A function that takes a table and returns a Figure, or its import path:
        ``module:function``.
    title : str
        The heading above the figure.
    table : str
        The table passed to the function, a key of `TABLES`.
    id : str
        The name of the exhibit in file names; "" uses the name of the function.

    Returns
    -------
    Exhibit
        The exhibit, for `page_of`.

    Raises
    ------
    InputError
        If there is no such table or no such function. When the exhibit is drawn: if the function
        raises an error or does not return a Figure.

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
        raise InputError("show", expected="a function that takes a table", got=draw)
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
            expected="a function that draws its table without an error",
            got=Words(f"{type(error).__name__}: {error}"),
            hint=f"the columns of the table are {', '.join(map(str, table.columns))}",
        ) from error


def _drawn(table: pd.DataFrame, *, canvas: Canvas, draw: DrawTable, name: str) -> Figure:
    """Return the figure that a function draws; its default size is that of the canvas."""
    with mpl.rc_context(
        {"figure.figsize": (canvas.width, canvas.height), "figure.constrained_layout.use": True}
    ):
        found = _called(draw, table, name)
    if not isinstance(found, Figure):
        raise InputError(name, expected="a function that returns a Figure", got=Words(type(found)))
    if "matplotlib.pyplot" in sys.modules:  # pyplot keeps every figure until it is closed
        sys.modules["matplotlib.pyplot"].close(found)
    return found
