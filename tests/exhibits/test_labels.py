"""Test that figures and captions of networks with named layers use these names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from saturation_lab import Measured, Study, measure
from saturation_lab.exhibits import EXHIBITS, Material, Planned
from saturation_lab.figures import CANVASES
from saturation_lab.figures.theme import theme
from saturation_lab.sampling import trace_network

LABELS = ("conv", "dense", "head")
STUDY = Study(
    activation="tanh", initializer="glorot_uniform", widths=(12,) * 3, inputs="gaussian",
    examples=6, networks=3,
)  # fmt: skip


def _measured(labels: tuple[str, ...] | None) -> Measured:
    traces = (trace_network(STUDY, network) for network in range(3))
    return measure(traces, title="Mine", name="mine", seed=1, labels=labels)


def _material(*, labels: tuple[str, ...] | None) -> Material:
    networks = {"mine": _measured(labels)}
    return Material(name="own", title="Own", networks=networks, titles={"mine": "Mine"})


@pytest.fixture(scope="module")
def named() -> Material:
    return _material(labels=LABELS)


@pytest.fixture(scope="module")
def numbered() -> Material:
    return _material(labels=None)


def test_words_name_the_layers(named: Material, numbered: Material) -> None:
    fitting = [
        one
        for one in EXHIBITS.values()
        if one.missing(Planned(origins=[named.first.origin])) is None
    ]
    assert len(fitting) > 10
    for exhibit in fitting:
        said, plain = (exhibit.make(one) for one in (named, numbered))
        for words in ("caption", "numbers", "alt"):
            assert "layer 1" not in getattr(said, words), exhibit.id
        assert ("layer 1" in plain.alt) == ("layer conv" in said.alt)
        assert said.table.equals(plain.table)


def test_ticks_of_profiles_are_the_labels(named: Material, numbered: Material) -> None:
    assert _ticks(named) == list(LABELS)
    assert _ticks(numbered) == ["1", "2", "3"]


def _ticks(material: Material) -> list[str]:
    shown, canvas = EXHIBITS["profile_gradient"].make(material), CANVASES["page"]
    with theme(canvas):
        figure = shown.draw(shown.table, canvas=canvas)
        figure.draw_without_rendering()
    return [tick.get_text() for tick in figure.axes[0].get_xticklabels()]


def test_layers_that_differ_in_their_names_have_numbers(named: Material) -> None:
    both = {"mine": named.first, "other": replace(_measured(None), name="other")}
    titles = {"mine": "Mine", "other": "Other"}
    assert replace(named, networks=both, titles=titles).labels == ("1", "2", "3")
