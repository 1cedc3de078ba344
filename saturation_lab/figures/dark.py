"""Conversion of a figure to a dark background: lightness is inverted, hues are kept.

This is the change that a page makes in its dark mode (CSS: ``invert(0.915) hue-rotate(180deg)``),
so figures define a single set of colours. Curves that darken from layer to layer lighten on a dark
slide.
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
    """Return the colours to use on a dark background.

    c' = H (0.915 - 0.83 c), clipped to [0, 1], where H rotates hues by half a turn and keeps the
    luminance.

    Parameters
    ----------
    colours : array of shape (..., 3) or (..., 4)
        RGB or RGBA values between 0 and 1.

    Returns
    -------
    array of the same shape
        The converted colours; opacity is unchanged.

    References
    ----------
    .. [1] W3C, "Filter Effects Module Level 1": ``invert`` and ``hue-rotate``.

    Examples
    --------
    >>> night(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])).round(3).tolist()
    [[0.085, 0.085, 0.085], [0.915, 0.915, 0.915]]
    """
    inverted = _INVERSION + (1 - 2 * _INVERSION) * colours[..., :3]
    turned = np.clip(inverted @ _HALF_TURN.T, 0, 1)
    return np.concatenate([turned, colours[..., 3:]], axis=-1)


def darken(figure: Figure, *, images: bool = True) -> None:
    """Convert the colours of every artist of a figure for a dark background.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, which is changed in place.
    images : bool
        Whether to convert images as well; pass False if they are photographs.
    """
    for artist in set(figure.findobj()):
        if images or not isinstance(artist, AxesImage):
            _darken(artist)


@singledispatch
def _darken(artist: Artist) -> None:
    """Do nothing for artists without a colour of their own, such as axes and ticks."""


@_darken.register
def _(line: Line2D) -> None:
    face, edge = line.get_markerfacecolor(), line.get_markeredgecolor()  # default: the line's
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
    """Return a converted colour map, including its colours for values out of range."""
    turned = ListedColormap(_many(colours(np.arange(colours.N))))
    return turned.with_extremes(
        under=_one(colours.get_under()), over=_one(colours.get_over()), bad=_one(colours.get_bad())
    )
