"""How do all figures look, and how are they written so that the same table gives the same bytes?"""

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
    """What a figure is drawn for: its size in inches, font size in points, and line width.

    ``wide`` canvases put panels side by side where that helps; others stack them. A background
    of "none" lets the page shine through; a footer says what a figure that stands alone shows; a
    dark one is drawn like a light one and turned over before it is written (`dark.darken`).
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
"""page and talk are 16:9; phone is upright, for a narrow screen."""

KINDS = ("svg", "png", "pdf")
"""Files that `written` can make."""


def canvas_and_kinds(
    context: str, formats: str, *, dark: bool = False
) -> tuple[Canvas, tuple[str, ...]]:
    """Return what figures are drawn for, and the kinds of files, from words that a person gives.

    >>> canvas_and_kinds("phone", "svg,png")[1]
    ('svg', 'png')
    """
    kinds = tuple(choice("formats", kind.strip(), KINDS) for kind in formats.split(","))
    return replace(CANVASES[choice("context", context, CANVASES)], dark=dark), kinds


@contextmanager
def theme(canvas: Canvas) -> Iterator[None]:
    """Set fonts, colours and reproducible output for what is drawn and written inside."""
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
    # a matplotlibrc of the user's must not change a byte
    settings = {**mpl.rcParamsDefault, **settings}
    settings.pop("backend")
    with mpl.rc_context(settings):
        yield


def blank(canvas: Canvas) -> Figure:
    """Return an empty figure of the canvas's size."""
    figure = Figure(figsize=(canvas.width, canvas.height))
    pad = 0.008 * canvas.width
    figure.set_layout_engine("constrained", w_pad=pad, h_pad=pad)
    return figure


def sign(figure: Figure, canvas: Canvas, words: str) -> None:
    """Write at the foot of a figure what it shows, where the canvas asks for it."""
    if canvas.footer:
        figure.supxlabel(words, x=0.995, ha="right", fontsize=0.62 * canvas.font, color=QUIET)


def legend_above(figure: Figure, handles: Sequence[Any], labels: Sequence[str], most: int) -> None:
    """Write a legend over the panels: ``most`` entries in a line, fewer where these are long."""
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
    """Return one colour a layer, light at the bottom layer and dark at the top."""
    colours: Sequence[tuple[float, float, float]] = sns.color_palette("rocket_r", count + 2)[1:-1]
    return colours


def study_colours(names: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Return one colour a study, told apart by colour-blind readers too."""
    palette = sns.color_palette("colorblind", max(len(names), 3))
    order = [palette[i] for i in (3, 0, *range(4, len(palette)), 1, 2) if i < len(palette)]
    return dict(zip(names, [*order, *palette], strict=False))


def log_ticks(axes: Axes) -> None:
    """Make the y axis logarithmic with plain decades."""
    axes.set_yscale("log")
    axes.grid(visible=False, which="minor")


def written(figure: Figure, kind: str, *, dpi: int = 200) -> bytes:
    """Return the figure as svg, png or pdf bytes without clock or random ids."""
    no_clock = {
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None},
        "png": {"Software": None},
    }
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, metadata=no_clock[kind])
    return _squeezed(buffer.getvalue()) if kind == "svg" else buffer.getvalue()


def _squeezed(svg: bytes) -> bytes:
    """Return an SVG without comments and needless blanks, its coordinates to 1/100 point.

    Numbers below 1 stay: scales of glyphs are among them.

    >>> _squeezed(b'<g id="text_7">\\n <!-- 7 -->\\n<path d="M 1.23456 20.5\\nL 0.015625 3"/></g>')
    b'<g><path d="M1.23 20.5L0.015625 3"/></g>'
    """
    svg = re.sub(rb"<!--.*?-->", b"", svg, flags=re.DOTALL)
    svg = re.sub(rb"\s*\n\s*", b" ", svg).replace(b"> <", b"><").strip()
    svg = re.sub(rb"(?<![\w.])([1-9]\d*\.\d\d)\d+", rb"\1", svg)
    svg = re.sub(rb'<g id="[a-z]+_\d+">', b"<g>", svg, flags=re.IGNORECASE)
    svg = svg.replace(b"DejaVuSans-", b"")  # every glyph that is drawn names its shape
    svg = re.sub(rb' d="[^"]*"', lambda d: re.sub(rb" ?([A-Za-z]) ", rb"\1", d[0]), svg)
    return re.sub(rb' style="[^"]*"', lambda s: re.sub(rb"([:;]) ", rb"\1", s[0]), svg)
