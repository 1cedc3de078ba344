"""What is a figure on a dark slide? Light becomes dark and dark light, every hue stays.

The same change as a page makes in its dark mode (CSS: ``invert(0.915) hue-rotate(180deg)``), so a
figure knows one set of colours: curves that darken from layer to layer lighten on a dark slide.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import Colormap, ListedColormap, to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from numpy.typing import NDArray

_Float64 = NDArray[np.float64]

_INVERSION = 0.915
_HALF_TURN = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])
"""The matrix of hue-rotate(180deg) (W3C, Filter Effects Module Level 1)."""


def night(colours: _Float64) -> _Float64:
    """Return colours [..., 3 or 4] as they are on a dark ground; opacity stays.

    c' = H (0.915 - 0.83 c), H the half turn of the hues that keeps luminance, cut to 0...1.

    >>> night(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])).round(3).tolist()
    [[0.085, 0.085, 0.085], [0.915, 0.915, 0.915]]
    """
    inverted = _INVERSION + (1 - 2 * _INVERSION) * colours[..., :3]
    turned = np.clip(inverted @ _HALF_TURN.T, 0, 1)
    return np.concatenate([turned, colours[..., 3:]], axis=-1)


def darken(figure: Figure, *, images: bool = True) -> None:
    """Give every artist of a figure its colours on a dark ground; photographs: ``images=False``."""
    for artist in set(figure.findobj()):
        if images or not isinstance(artist, AxesImage):
            _darken(artist)


@singledispatch
def _darken(artist: Artist) -> None:
    """Leave what has no colour of its own: axes, ticks, boxes."""


@_darken.register
def _(line: Line2D) -> None:
    face, edge = line.get_markerfacecolor(), line.get_markeredgecolor()  # the line's, if not set
    line.set_color(_one(line.get_color()))
    line.set_markerfacecolor(_one(face))
    line.set_markeredgecolor(_one(edge))


@_darken.register
def _(patch: Patch) -> None:
    face, edge = patch.get_facecolor(), patch.get_edgecolor()
    patch.set_facecolor(_one(face))
    patch.set_edgecolor(_one(edge))


@_darken.register
def _(text: Text) -> None:
    text.set_color(_one(text.get_color()))
    box = text.get_bbox_patch()
    if box is not None:
        _darken(box)


@_darken.register
def _(collection: Collection) -> None:
    face, edge = collection.get_facecolor(), collection.get_edgecolor()
    if collection.get_array() is not None:
        collection.set_cmap(_map(collection.get_cmap()))
        return
    collection.set_facecolor([tuple(colour) for colour in _many(face)])
    collection.set_edgecolor([tuple(colour) for colour in _many(edge)])


@_darken.register
def _(image: AxesImage) -> None:
    values = image.get_array()
    if values is not None and values.ndim == 3:
        image.set_data(night(np.asarray(values, dtype=np.float64)))
    else:
        image.set_cmap(_map(image.get_cmap()))


def _one(colour: Any) -> Any:
    red, green, blue, alpha = _many(to_rgba(colour))[0]
    return (red, green, blue, alpha) if alpha > 0 else "none"


def _many(colours: Any) -> _Float64:
    return night(to_rgba_array(colours))


def _map(colours: Colormap) -> Colormap:
    """Return a map of colours turned, with what lies beyond its ends."""
    turned = ListedColormap(_many(colours(np.arange(colours.N))))
    return turned.with_extremes(
        under=_one(colours.get_under()), over=_one(colours.get_over()), bad=_one(colours.get_bad())
    )
