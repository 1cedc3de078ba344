"""What is an exhibit? One figure with its table, its words, and what it needs to be shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.material import Group
from saturation_lab.figures.theme import Canvas
from saturation_lab.study import Study

Draw = Callable[[pd.DataFrame, Canvas, Group], Figure]
Sentence = Callable[[Group], str]


@dataclass(frozen=True, kw_only=True)
class Need:
    """What an exhibit asks of the studies that it shows, in words and as a test."""

    words: str
    met: Callable[[Sequence[Study]], bool]


def _square_images(studies: Sequence[Study]) -> bool:
    first = studies[0].resolved()
    width = first.architecture.input_width
    keys = ("inputs", "labels", "inputs_sha256", "features", "scaling")
    alike = all(getattr(s.resolved(), key) == getattr(first, key) for s in studies for key in keys)
    return alike and not first.fresh_inputs and math.isqrt(width) ** 2 == width


def _with_singular_values(studies: Sequence[Study]) -> bool:
    return all(study.singular_values for study in studies)


def _with_two_layers(studies: Sequence[Study]) -> bool:
    return all(len(study.widths) > 1 for study in studies)


TWO_LAYERS = Need(words="two hidden layers", met=_with_two_layers)
SQUARE_IMAGES = Need(words="square images, the same for every network", met=_square_images)
SINGULAR_VALUES = Need(
    words="singular_values above 0",
    met=_with_singular_values,
)


def nothing(group: Group) -> str:
    """Say nothing of a group."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One figure: what it is drawn from, how, and what is said of it.

    Attributes:
        id: its key, part of file names.
        title: above the figure.
        table: the tidy table behind it.
        draw: table, canvas and group to a figure.
        caption: what to see first, then how to read it, and of how many networks.
        numbers: what a caption need not say at once, folded under it on a page.
        alt: the numbers that decide the caption, for who cannot see the figure.
        plot: False for photographs and the like, which keep their colours on a dark page.
        need: what studies must be like to be shown; None for any.
        across: whether it can show all groups of a report at once.
        cut: the column by which a table that is too long for one slide is cut into several.
        stated: whether it shows statements, of which the page then must have some.
        judged: whether it shows verdicts, of which its group then must have some.
        plain: whether it shows the activations themselves, and no network.
        celled: whether it shows what the table of cells says, which its group then must have.
    """

    id: str
    title: str
    table: Callable[[Group], pd.DataFrame]
    draw: Draw
    caption: Sentence
    alt: Sentence
    numbers: Sentence = nothing
    plot: bool = True
    need: Need | None = None
    across: bool = False
    judged: bool = False
    cut: str = ""
    stated: bool = False
    celled: bool = False
    plain: bool = False

    @property
    def alone(self) -> bool:
        """Return whether nothing of the group's networks is in it, so that it is not named."""
        return self.stated or self.plain


def changes(group: Group, quantities: dict[str, str], *, percent: bool = False) -> str:
    """Return one sentence a role: how each quantity goes from the bottom layer to the top."""
    sentences = []
    for role, title in group.titles.items():
        parts = [
            f"{label} {group.change(role, quantity, percent=percent)}"
            for quantity, label in quantities.items()
        ]
        sentences.append(f"{title}, layer 1 to {group.depth}: {', '.join(parts)}.")
    return " ".join(sentences)
