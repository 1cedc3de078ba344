"""Tests of dark figures: every colour is turned exactly once, and nothing else changes."""

from __future__ import annotations

import io
import re

import matplotlib.image
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from saturation_lab.figures import CANVASES, INK, QUIET, darken, layer_colours, night, written
from saturation_lab.figures.theme import theme


def _turned(colour: str) -> list[float]:
    return [float(part) for part in night(np.array(to_rgba(colour)))]


def _luminance(colours: np.ndarray) -> np.ndarray:
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear[..., :3] @ np.array([0.2126, 0.7152, 0.0722]))


def _contrast(colours: np.ndarray) -> np.ndarray:
    """Return the contrast with the ground (WCAG 2.1)."""
    ground = _luminance(night(np.ones(3)))
    return (_luminance(colours) + 0.05) / (ground + 0.05)


def _figure() -> Figure:
    """Return a figure of every kind of artist."""
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], "o-", color="#c44e00", label="line")
    axes.plot([0, 1], [1, 0], "s", color="#c44e00", markerfacecolor="none", alpha=0.5)
    axes.fill_between([0, 1], 0, 1, color="#0173b2", alpha=0.3)
    axes.axvspan(0.2, 0.3, color="#f7e2d4")
    axes.errorbar([0.5], [0.5], yerr=[0.1], color="#00694f")
    axes.text(0.5, 0.5, "words", bbox={"facecolor": "white"})
    axes.imshow(np.full((2, 2, 3), 0.25), extent=(0, 1, 0, 1), zorder=0)
    mapped = axes.imshow(np.eye(2), extent=(0, 1, 1, 2), cmap="gray")
    figure.colorbar(mapped)
    figure.legend()
    return figure


def test_text_and_layers_can_be_read_on_the_dark_ground() -> None:
    ink = night(np.array([to_rgba(INK), to_rgba(QUIET)]))
    assert (_contrast(ink) > 4.5).all()
    layers = _luminance(night(np.array(layer_colours(10))))
    assert (np.diff(layers) > 0).all()  # dark at the bottom, light at the top
    assert (_contrast(night(np.array(layer_colours(10)))) > 1.8).all()


def test_every_artist_is_turned_once() -> None:
    with theme(CANVASES["talk"]):
        figure = _figure()
        darken(figure)
    axes = figure.axes[0]
    solid, hollow = axes.lines[:2]
    orange = _turned("#c44e00")
    for colour in (solid.get_color(), solid.get_markerfacecolor(), solid.get_markeredgecolor()):
        assert list(to_rgba(colour)) == pytest.approx(orange)
    assert hollow.get_markerfacecolor() == "none"
    (hill,) = (one for one in axes.collections if isinstance(one, PolyCollection))
    assert np.asarray(hill.get_facecolor())[0].tolist() == pytest.approx(
        [*_turned("#0173b2")[:3], 0.3]
    )
    (words,) = axes.texts
    assert list(to_rgba(words.get_color())) == pytest.approx(_turned(INK))
    box = words.get_bbox_patch()
    assert box is not None
    assert list(box.get_facecolor()) == pytest.approx(_turned("white"))
    assert list(figure.get_facecolor()) == pytest.approx(_turned("white"))
    diagram, mapped = axes.images
    assert np.asarray(diagram.get_array())[0, 0].tolist() == pytest.approx([0.7075] * 3)
    assert mapped.get_cmap()(1.0) == pytest.approx(tuple(_turned("white")))


def test_photographs_keep_their_colours() -> None:
    with theme(CANVASES["talk"]):
        figure = _figure()
        darken(figure, images=False)
    diagram, mapped = figure.axes[0].images
    assert np.asarray(diagram.get_array())[0, 0].tolist() == [0.25] * 3
    assert mapped.get_cmap()(1.0) == (1.0, 1.0, 1.0, 1.0)


def test_nothing_but_colours_changes_and_no_light_ground_is_left() -> None:
    with theme(CANVASES["talk"]):
        light, dark = _figure(), _figure()
        darken(dark)
        both = [written(one, "svg").decode() for one in (light, dark)]
        pixels = matplotlib.image.imread(io.BytesIO(written(dark, "png")))
    drawn = [re.findall(r' d="[^"]*"|transform="[^"]*"', svg) for svg in both]
    assert drawn[0] == drawn[1]
    assert pixels[0, 0, :3] == pytest.approx([0.085] * 3, abs=0.01)
    for light_colour in ("#ffffff", INK, QUIET):
        assert light_colour not in both[1]


def test_the_page_turns_its_plots_in_the_same_way() -> None:
    from importlib.resources import files

    css = (files("saturation_lab.pages") / "static/page.css").read_text(encoding="utf-8")
    assert "img.plot { filter: invert(0.915) hue-rotate(180deg); }" in css
