"""What an exhibit is: a figure with its table and its words, computed once from its material."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.material import Material
from saturation_lab.figures.theme import Canvas
from saturation_lab.measured import Origin
from saturation_lab.nets.activations import Activation
from saturation_lab.study import Study, keys_of


class _Draw(Protocol):
    """Draws a table on a canvas, as the functions of `figures` do."""

    def __call__(self, table: pd.DataFrame, /, *, canvas: Canvas) -> Figure: ...


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Everything that is shown of one exhibit.

    Attributes
    ----------
    table
        The tidy table behind the figure.
    draw
        Draws the table, or a part of it (`cut`), on a canvas.
    see
        What to see first, computed from the numbers.
    how
        How to read the figure, and of how many networks it is.
    numbers
        What a caption need not say at once; folded under it on a page.
    alt
        The numbers that decide the caption, for readers who cannot see the figure.
    footer
        What a slide says of the networks shown; "" where it shows none.
    cut
        The column by which a table that is too long for one slide is cut into several.
    photo
        Whether it keeps its colours on a dark page, as photographs do.
    """

    table: pd.DataFrame
    draw: _Draw
    see: str = ""
    how: str
    numbers: str = ""
    alt: str
    footer: str
    cut: str = ""
    photo: bool = False

    @property
    def caption(self) -> str:
        """Return what to see first, then how to read it."""
        return f"{self.see} {self.how}".strip()


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What an exhibit would show, known before anything is drawn.

    Attributes
    ----------
    origins
        Where the networks come from.
    foreseen
        The activations that theory alone speaks of.
    groups
        How many groups stand together.
    judged, celled, stated
        Whether there are verdicts on the networks, a table of cells, statements on the page.
    """

    origins: Sequence[Origin] = ()
    foreseen: Sequence[Activation] = ()
    groups: int = 1
    judged: bool = False
    celled: bool = False
    stated: bool = False

    @property
    def studies(self) -> list[Study]:
        """Return the origins that are studies."""
        return [origin for origin in self.origins if isinstance(origin, Study)]


@dataclass(frozen=True, kw_only=True)
class Need:
    """What an exhibit asks of its material, in words and as a test."""

    words: str
    met: Callable[[Planned], bool]


def _square_images(planned: Planned) -> bool:
    if not _sampled(planned):
        return False
    first = planned.studies[0].resolved()
    width = first.architecture.input_width
    alike = all(
        getattr(study.resolved(), key) == getattr(first, key)
        for study in planned.studies
        for key in keys_of("matched")
    )
    return alike and not first.fresh_inputs and math.isqrt(width) ** 2 == width


def _sampled(planned: Planned) -> bool:
    return bool(planned.origins) and len(planned.studies) == len(planned.origins)


NETWORKS = Need(words="networks", met=lambda planned: bool(planned.origins))
SAMPLED = Need(words="sampled studies", met=_sampled)
ONE_GROUP = Need(words="one group at a time", met=lambda planned: planned.groups == 1)
TWO_LAYERS = Need(
    words="two hidden layers",
    met=lambda planned: all(len(origin.widths) > 1 for origin in planned.origins),
)
SQUARE_IMAGES = Need(words="square images, the same for every network", met=_square_images)
SINGULAR_VALUES = Need(
    words="singular_values above 0",
    met=lambda planned: _sampled(planned) and all(s.singular_values for s in planned.studies),
)
FORESEEN = Need(words="a foreseen group", met=lambda planned: bool(planned.foreseen))
ONE_ACTIVATION = Need(
    words="one activation", met=lambda planned: len(planned.foreseen) == 1 and planned.groups == 1
)
JUDGED = Need(words="a group with claims", met=lambda planned: planned.judged)
CELLED = Need(words="a table of cells", met=lambda planned: planned.celled)
STATED = Need(words="statements on the page", met=lambda planned: planned.stated)


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One kind of figure: its id, its title, what it needs, and how it is made.

    Attributes
    ----------
    id
        Its key, part of file names.
    title
        Above the figure.
    make
        Computes everything that is shown, once.
    needs
        What its material must be like.
    """

    id: str
    title: str
    make: Callable[[Material], Shown]
    needs: Sequence[Need] = field(default=(NETWORKS, ONE_GROUP))

    def missing(self, planned: Planned) -> Need | None:
        """Return the first need that is not met; None where the exhibit can be made."""
        return next((need for need in self.needs if not need.met(planned)), None)
