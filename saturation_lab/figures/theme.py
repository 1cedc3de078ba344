"""The common look of all figures, and their reproducible output as svg, png or pdf."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from saturation_lab.checks import choice

INK = "#26323d"
QUIET = "#66737f"
GRID = "#e3e8ec"


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """The medium that a figure is drawn for.

    Attributes
    ----------
    name : str
        The key in `CANVASES`.
    width, height : float
        The size in inches.
    font : float
        The base font size in points.
    line : float
        The base line width in points.
    wide : bool
        Whether panels may be side by side; on other canvases they are stacked.
    background : str
        A matplotlib colour; "none" is transparent.
    footer : bool
        Whether the figure is a slide: it keeps its size and has a footer that describes it.
    dark : bool
        Whether the colours are converted for a dark background just before the figure is written
        (`dark.darken`).
    """

    name: str
    width: float
    height: float
    font: float
    line: float
    wide: bool = True
    background: str = "white"
    footer: bool = False
    dark: bool = False


CANVASES: dict[str, Canvas] = {
    "page": Canvas(name="page", width=8.8, height=4.95, font=10, line=1.5),
    "phone": Canvas(name="phone", width=4.0, height=5.2, font=9, line=1.3, wide=False),
    "talk": Canvas(name="talk", width=13.333, height=7.5, font=21, line=2.8, footer=True),
}
"""The available canvases: page and talk are 16:9, phone is in portrait format."""

KINDS = ("svg", "png", "pdf")
"""The file formats that `written` supports."""


def canvas_and_kinds(
    context: str, formats: str, *, dark: bool = False
) -> tuple[Canvas, tuple[str, ...]]:
    """Parse a user's choice of canvas and file formats.

    Parameters
    ----------
    context : str
        A key of `CANVASES`: "page", "phone" or "talk".
    formats : str
        One or more of `KINDS`, separated by commas.
    dark : bool
        Whether to draw for a dark background.

    Returns
    -------
    canvas : Canvas
        The chosen canvas.
    kinds : tuple of str
        The file formats, in the order given.

    Raises
    ------
    InputError
        If ``context`` or one of the formats is unknown.

    Examples
    --------
    >>> canvas_and_kinds("phone", "svg,png")[1]
    ('svg', 'png')
    """
    kinds = tuple(choice("formats", kind.strip(), KINDS) for kind in formats.split(","))
    return replace(CANVASES[choice("context", context, CANVASES)], dark=dark), kinds


@contextmanager
def theme(canvas: Canvas) -> Iterator[None]:
    """Apply the common fonts, colours and settings for reproducible output to matplotlib.

    Parameters
    ----------
    canvas : Canvas
        Sets the font sizes, line widths and background.

    Yields
    ------
    None
        Create, draw and write the figure inside the ``with`` block.
    """
    settings: dict[Any, Any] = {
        **sns.axes_style("ticks"),
        "font.family": "DejaVu Sans",
        "font.size": canvas.font,
        "axes.titlesize": canvas.font * 1.05,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": canvas.font,
        "xtick.labelsize": canvas.font * 0.9,
        "ytick.labelsize": canvas.font * 0.9,
        "legend.fontsize": canvas.font * 0.9,
        "legend.frameon": True,
        "legend.framealpha": 0.85,
        "legend.edgecolor": "none",
        "legend.fancybox": False,
        "lines.linewidth": canvas.line,
        "lines.markersize": canvas.line * 3.2,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": QUIET,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.grid": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6 * canvas.line,
        "axes.axisbelow": True,
        "figure.facecolor": canvas.background,
        "axes.facecolor": canvas.background,
        "savefig.facecolor": "auto",
        "path.simplify_threshold": 0.2,
        "svg.hashsalt": "saturation_lab",
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
    }
    # the output must not depend on the user's matplotlibrc
    settings = {**mpl.rcParamsDefault, **settings}
    settings.pop("backend")
    with mpl.rc_context(settings):
        yield


def blank(canvas: Canvas) -> Figure:
    """Return an empty figure of the canvas's size.

    Parameters
    ----------
    canvas : Canvas
        Sets the size of the figure and its padding.

    Returns
    -------
    matplotlib.figure.Figure
        A figure with constrained layout and no axes.
    """
    figure = Figure(figsize=(canvas.width, canvas.height))
    pad = 0.008 * canvas.width
    figure.set_layout_engine("constrained", w_pad=pad, h_pad=pad)
    return figure


def sign(figure: Figure, canvas: Canvas, words: str) -> None:
    """Write a footer that describes the figure, if the canvas has one.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, which is changed in place.
    canvas : Canvas
        Nothing is written if its ``footer`` is False.
    words : str
        The text of the footer.
    """
    if canvas.footer:
        figure.supxlabel(words, x=0.995, ha="right", fontsize=0.62 * canvas.font, color=QUIET)


def legend_above(figure: Figure, handles: Sequence[Any], labels: Sequence[str], most: int) -> None:
    """Add a legend above the panels, on as many lines as it needs to fit the figure's width.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, which is changed in place.
    handles : sequence of artists
        The symbols of the legend.
    labels : sequence of str
        Their labels, in the same order.
    most : int
        The largest number of entries on one line.
    """
    for lines in range(math.ceil(len(labels) / most), len(labels) + 1):
        legend = figure.legend(
            handles,
            labels,
            loc="outside upper left",
            ncols=math.ceil(len(labels) / lines),
            handlelength=1.4,
            columnspacing=1.6,
        )
        if legend.get_window_extent().width < 0.98 * figure.bbox.width or lines == len(labels):
            return
        legend.remove()


def layer_colours(count: int) -> Sequence[tuple[float, float, float]]:
    """Return one colour per layer, from light (bottom layer) to dark (top layer).

    Parameters
    ----------
    count : int
        The number of layers.

    Returns
    -------
    sequence of (float, float, float)
        RGB values between 0 and 1.

    Examples
    --------
    >>> len(layer_colours(5))
    5
    """
    colours: Sequence[tuple[float, float, float]] = sns.color_palette("rocket_r", count + 2)[1:-1]
    return colours


def study_colours(names: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Return one colour per study from a palette that is safe for colour-blind readers.

    Parameters
    ----------
    names : sequence of str
        The names of the studies.

    Returns
    -------
    dict of str to (float, float, float)
        The RGB values, between 0 and 1, of each study.

    Examples
    --------
    >>> list(study_colours(["a", "b"]))
    ['a', 'b']
    """
    palette = sns.color_palette("colorblind", max(len(names), 3))
    order = [palette[i] for i in (3, 0, *range(4, len(palette)), 1, 2) if i < len(palette)]
    return dict(zip(names, [*order, *palette], strict=False))


def log_ticks(axes: Axes) -> None:
    """Make the y axis logarithmic, without grid lines between the decades.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes, which are changed in place.
    """
    axes.set_yscale("log")
    axes.grid(visible=False, which="minor")


def written(figure: Figure, kind: str, *, dpi: int = 200) -> bytes:
    """Return the figure as svg, png or pdf bytes, without timestamps or random ids.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure drawn inside `theme`.
    kind : {"svg", "png", "pdf"}
        The file format.
    dpi : int
        The resolution in dots per inch.

    Returns
    -------
    bytes
        The content of the file; equal figures give equal bytes.
    """
    no_clock = {
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None},
        "png": {"Software": None},
    }
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, metadata=no_clock[kind])
    return _squeezed(buffer.getvalue()) if kind == "svg" else buffer.getvalue()


def _squeezed(svg: bytes) -> bytes:
    """Return a smaller SVG: no comments, no redundant whitespace, coordinates to 1/100 point.

    Numbers below 1 are kept in full, because the scale factors of glyphs are among them.

    >>> _squeezed(b'<g id="text_7">\\n <!-- 7 -->\\n<path d="M 1.23456 20.5\\nL 0.015625 3"/></g>')
    b'<g><path d="M1.23 20.5L0.015625 3"/></g>'
    """
    svg = re.sub(rb"<!--.*?-->", b"", svg, flags=re.DOTALL)
    svg = re.sub(rb"\s*\n\s*", b" ", svg).replace(b"> <", b"><").strip()
    svg = re.sub(rb"(?<![\w.])([1-9]\d*\.\d\d)\d+", rb"\1", svg)
    svg = re.sub(rb'<g id="[a-z]+_\d+">', b"<g>", svg, flags=re.IGNORECASE)
    svg = svg.replace(b"DejaVuSans-", b"")  # the name is repeated at every glyph drawn
    svg = re.sub(rb' d="[^"]*"', lambda d: re.sub(rb" ?([A-Za-z]) ", rb"\1", d[0]), svg)
    return re.sub(rb' style="[^"]*"', lambda s: re.sub(rb"([:;]) ", rb"\1", s[0]), svg)
