"""Tests of builds: every picture shows one more step, and nothing else moves."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text

from saturation_lab.figures import (
    CANVASES,
    build,
    depth_profile,
    layer_decades,
    layer_ridges,
    step,
    written,
)
from saturation_lab.figures.layer_curves import layer_curves
from saturation_lab.figures.theme import theme

LAYERS, TITLES = 3, {"one": "One", "other": "Other", "third": "A third"}


def _histogram() -> pd.DataFrame:
    """Return counts that are narrower from layer to layer and from study to study."""
    edges = np.linspace(-1, 1, 201)
    pieces = []
    for place, study in enumerate(TITLES):
        for layer in range(1, LAYERS + 1):
            count = np.exp(-(((1 + place) * layer * (edges[1:] + edges[:-1])) ** 2))
            rows = {"left": edges[:-1], "right": edges[1:], "count": count}
            pieces.append(pd.DataFrame({"study": study, "layer": layer, **rows}))
    return pd.concat(pieces, ignore_index=True)


def _profile() -> pd.DataFrame:
    rows = [
        {"study": study, "layer": layer, "quantity": "q", "estimate": 0.1**place / layer}
        for place, study in enumerate(TITLES)
        for layer in range(1, LAYERS + 1)
    ]
    table = pd.DataFrame(rows)
    return table.assign(
        low=0.9 * table["estimate"], high=1.1 * table["estimate"], predicted=table["estimate"]
    )


def _ridges(canvas: str = "talk", *, down: bool = False) -> Figure:
    return layer_ridges(_histogram(), canvas=CANVASES[canvas], titles=TITLES, label="a", down=down)


def _profiles() -> Figure:
    return depth_profile(
        _profile(),
        canvas=CANVASES["talk"],
        titles=TITLES,
        quantities={"q": "Q"},
        logarithmic=True,
    )


def _curves() -> Figure:
    return layer_curves(_histogram(), canvas=CANVASES["page"], titles=TITLES, label="a")


def _decades() -> Figure:
    return layer_decades(_histogram(), canvas=CANVASES["talk"], titles=TITLES, label="a")


def _plain() -> Figure:
    figure = Figure()
    axes = figure.subplots()
    for height in (1, 2):
        step(height, *axes.plot([0, 1], [0, height]))
    return figure


DRAWN: Mapping[str, tuple[Callable[[], Figure], int]] = {
    "ridges": (_ridges, LAYERS),
    "curves": (_curves, LAYERS),
    "decades": (_decades, LAYERS),
    "profiles": (_profiles, len(TITLES)),
    "plain": (_plain, 2),
}


def _tagged(artist: Artist) -> bool:
    return (artist.get_gid() or "").startswith("step_")


def _places(figure: Figure) -> list[float]:
    """Return where everything stands that belongs to no step, and the limits of all axes."""
    texts = [text for text in figure.findobj(Text) if not _tagged(text) and text.get_text()]
    boxes = [text.get_window_extent().bounds for text in texts]
    axes = [(*one.get_position().bounds, *one.get_xlim(), *one.get_ylim()) for one in figure.axes]
    return [float(length) for lengths in (*boxes, *axes) for length in lengths]


# what a build does with a figure does not depend on the file format: two of them once
@pytest.mark.parametrize(
    ("name", "kind"), [*((name, "svg") for name in DRAWN), ("plain", "png"), ("plain", "pdf")]
)
def test_pictures_are_as_many_as_steps_and_the_last_is_the_full_figure(
    name: str, kind: str
) -> None:
    draw, count = DRAWN[name]
    with theme(CANVASES["talk"]):
        pictures = build(draw(), kind)
        assert len(pictures) == len(set(pictures)) == count
        assert pictures[-1] == written(draw(), kind)


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_figure_gives_the_same_pictures(kind: str) -> None:
    with theme(CANVASES["talk"]):
        assert build(_plain(), kind) == build(_plain(), kind)


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_moves_and_only_steps_come_and_go(name: str) -> None:
    draw, _ = DRAWN[name]
    with theme(CANVASES["talk"]):
        figure = draw()
        pictures = build(figure, "svg")
        first = _places(figure)
        hidden = [one for one in figure.findobj(lambda a: not a.get_visible()) if _tagged(one)]
        assert hidden
        for artist in hidden:
            artist.set_visible(True)
        assert written(figure, "svg") == pictures[-1]
        assert _places(figure) == pytest.approx(first, abs=1e-6)
    for one, more in pairwise(pictures):
        rest = iter(_elements(more))
        assert all(element in rest for element in _elements(one))  # in order, none changed


def _elements(svg: bytes) -> list[bytes]:
    """Return what is drawn; glyphs, markers and clips stand where they are used first."""
    svg = re.sub(rb"<defs>.*?</defs>", b"", svg, flags=re.DOTALL)
    return re.findall(rb"<(?:path|use|g )[^>]*>", svg)


def test_a_moved_axis_would_be_seen() -> None:
    with theme(CANVASES["talk"]):
        figure = _ridges()
        build(figure, "svg")
        before = _places(figure)
        figure.axes[0].set_xlim(-2, 2)
        assert _places(figure) != pytest.approx(before, abs=1e-6)


def test_pixels_of_other_layers_stay() -> None:
    """The band of the upper layers is the same whether layer 1 has come yet or not."""
    with theme(CANVASES["talk"]):
        first, *_, last = (
            matplotlib.image.imread(io.BytesIO(one)) for one in build(_ridges(down=True), "png")
        )
    assert first.shape == last.shape
    changed = np.flatnonzero((first != last).any(axis=(1, 2)))
    assert changed.min() > 0.2 * len(first)  # the top ridge and the titles were there
    assert changed.max() < 0.9 * len(first)  # and so was the axis


def test_layers_come_from_below_or_from_above() -> None:
    with theme(CANVASES["talk"]):
        for down, layer in ((False, 1), (True, LAYERS)):
            figure = _ridges(down=down)
            build(figure, "svg")
            shown = [line for line in figure.axes[0].lines if line.get_visible() and _tagged(line)]
            assert {math.floor(np.min(np.asarray(line.get_ydata()))) for line in shown} == {layer}


def test_a_figure_without_steps_is_one_picture() -> None:
    with theme(CANVASES["page"]):
        figure = Figure()
        figure.subplots().plot([0, 1], [0, 1])
        assert len(build(figure, "svg")) == 1


def test_steps_appear_in_the_order_of_their_numbers() -> None:
    with theme(CANVASES["page"]):
        figure = Figure()
        axes = figure.subplots()
        lines = [axes.plot([0, 1], [0, height])[0] for height in (1, 2, 3)]
        for number, line in zip((12, 3, 3), lines, strict=True):
            step(number, line)
        assert len(build(figure, "svg")) == 2
        assert [line.get_visible() for line in lines] == [False, True, True]
