"""How does a figure grow on slides, one step after the other, while nothing that stands moves?

A drawing function says which artists belong to which step, in one line where it makes them::

    step(layer, *axes.plot(x, y))

All else (axes, titles, legend) is there from the first picture on. Steps are whole numbers from 0
that appear in their order; artists of one number appear together.
"""

from __future__ import annotations

import re

from matplotlib.artist import Artist
from matplotlib.container import Container
from matplotlib.figure import Figure

from saturation_lab.figures.theme import written


def step(number: int, *artists: Artist | Container) -> None:
    """Say in which step artists appear; of a container, such as error bars, all its parts.

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
    """Return a picture a step, as svg, png or pdf; the last is the full figure.

    Axes, legend and letters stand in all pictures where they stand in the full one. A figure
    without steps is one picture.
    """
    full = written(figure, kind)  # lays it out
    figure.set_layout_engine("none")
    steps = _tagged(figure)
    pictures = [full]
    for number in sorted(steps, reverse=True)[:-1]:
        for artist in steps[number]:
            artist.set_visible(False)
        pictures.append(written(figure, kind))
    return pictures[::-1]


def _tagged(figure: Figure) -> dict[int, list[Artist]]:
    """Return the artists of each step that are seen in the full figure."""
    steps: dict[int, list[Artist]] = {}
    for artist in figure.findobj(Artist.get_visible):
        found = re.fullmatch(r"step_(\d+)", artist.get_gid() or "")
        if found:
            steps.setdefault(int(found[1]), []).append(artist)
    return steps
