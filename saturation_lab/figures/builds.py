"""Figures that build up step by step on slides, without anything already shown moving.

A drawing function assigns artists to steps where it creates them::

    step(layer, *axes.plot(x, y))

Everything else (axes, titles, legend) is visible from the first picture on. Steps are whole numbers
from 0; they appear in ascending order, and artists of the same step appear together.
"""

from __future__ import annotations

import re

from matplotlib.artist import Artist
from matplotlib.container import Container
from matplotlib.figure import Figure

from saturation_lab.figures.theme import written


def step(number: int, *artists: Artist | Container) -> None:
    """Assign artists to a step of the build.

    Parameters
    ----------
    number : int
        The step in which the artists appear, from 0.
    *artists : matplotlib.artist.Artist or matplotlib.container.Container
        The artists; all parts of a container, such as error bars, are assigned.

    Examples
    --------
    >>> axes = Figure().subplots()
    >>> step(1, *axes.plot([0, 1], [0, 1]))
    >>> step(2, axes.errorbar([0], [1], yerr=[1]))
    >>> sorted(_tagged(axes.figure))
    [1, 2]
    """
    for artist in artists:
        for part in artist.get_children() if isinstance(artist, Container) else [artist]:
            part.set_gid(f"step_{number}")


def build(figure: Figure, kind: str) -> list[bytes]:
    """Return one picture per step; the last one is the complete figure.

    The layout of the complete figure is used for all pictures. A figure without steps gives one
    picture.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The complete figure, drawn inside `theme.theme`. Its later steps are hidden afterwards.
    kind : {"svg", "png", "pdf"}
        The file format.

    Returns
    -------
    list of bytes
        The content of each file, in the order of the steps.
    """
    full = written(figure, kind)  # computes the layout
    figure.set_layout_engine("none")
    steps = _tagged(figure)
    pictures = [full]
    for number in sorted(steps, reverse=True)[:-1]:
        for artist in steps[number]:
            artist.set_visible(False)
        pictures.append(written(figure, kind))
    return pictures[::-1]


def _tagged(figure: Figure) -> dict[int, list[Artist]]:
    """Return the artists of each step that are visible in the complete figure."""
    steps: dict[int, list[Artist]] = {}
    for artist in figure.findobj(Artist.get_visible):
        found = re.fullmatch(r"step_(\d+)", artist.get_gid() or "")
        if found:
            steps.setdefault(int(found[1]), []).append(artist)
    return steps
