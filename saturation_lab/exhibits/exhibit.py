"""The definition of an exhibit: a figure with its table and texts, computed from its material."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
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
    """A function that draws a table on a canvas, such as those in `figures`."""

    def __call__(self, table: pd.DataFrame, /, *, canvas: Canvas) -> Figure: ...


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The content of one exhibit.

    Attributes
    ----------
    table : DataFrame
        The tidy table behind the figure.
    draw : callable
        Draws the table, or a part of it (see ``cut``), on a canvas.
    see : str
        The start of the caption: the main result, computed from the numbers.
    how : str
        The rest of the caption: how to read the figure, and the number of networks.
    numbers : str
        Further numbers, which a page shows folded below the caption.
    alt : str
        The alternative text: the numbers that decide the caption.
    footer : str
        The line at the foot of a slide that describes the networks; "" if there are none.
    cut : str
        The column by which a table that is too long for one slide is split into several.
    photo : bool
        Whether the figure keeps its colours on a dark page, as photographs do.
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
        """The main result, then how to read the figure."""
        return f"{self.see} {self.how}".strip()


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is known about the material of an exhibit before anything is sampled.

    Attributes
    ----------
    origins : sequence of Origin
        The studies, or the networks of a user, one for each role.
    foreseen : sequence of Activation
        The activations that are described by theory only.
    groups : int
        The number of groups shown together.
    judged, celled, stated : bool
        Whether there are verdicts on the networks, a table of cells, and statements on the page.
    """

    origins: Sequence[Origin] = ()
    foreseen: Sequence[Activation] = ()
    groups: int = 1
    judged: bool = False
    celled: bool = False
    stated: bool = False

    @property
    def studies(self) -> list[Study]:
        """The origins that are studies."""
        return [origin for origin in self.origins if isinstance(origin, Study)]


@dataclass(frozen=True, kw_only=True)
class Need:
    """A requirement of an exhibit on its material, in words and as a test."""

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


NETWORKS: Need = Need(words="networks", met=lambda planned: bool(planned.origins))
SAMPLED: Need = Need(words="sampled studies", met=_sampled)
ONE_GROUP: Need = Need(words="one group at a time", met=lambda planned: planned.groups == 1)
TWO_LAYERS: Need = Need(
    words="two hidden layers",
    met=lambda planned: all(len(origin.widths) > 1 for origin in planned.origins),
)
SQUARE_IMAGES: Need = Need(words="square images, the same for every network", met=_square_images)
SINGULAR_VALUES: Need = Need(
    words="singular_values above 0",
    met=lambda planned: _sampled(planned) and all(s.singular_values for s in planned.studies),
)
FORESEEN: Need = Need(
    words="a group with foreseen activations", met=lambda planned: bool(planned.foreseen)
)
ONE_ACTIVATION: Need = Need(
    words="one activation", met=lambda planned: len(planned.foreseen) == 1 and planned.groups == 1
)
JUDGED: Need = Need(words="a group with claims", met=lambda planned: planned.judged)
CELLED: Need = Need(words="a table of cells", met=lambda planned: planned.celled)
STATED: Need = Need(words="statements on the page", met=lambda planned: planned.stated)


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A kind of figure.

    Attributes
    ----------
    id : str
        The key of the exhibit, which is part of file names.
    title : str
        The title above the figure.
    make : callable
        Computes the content from the material.
    needs : sequence of Need
        The requirements on the material.
    quantities : collection of str or None
        The quantities that it shows, besides those that a table of the group needs; None for any of
        them, and histograms. A group is sampled for what its page shows.
    """

    id: str
    title: str
    make: Callable[[Material], Shown]
    needs: Sequence[Need] = field(default=(NETWORKS, ONE_GROUP))
    quantities: Collection[str] | None = None

    def missing(self, planned: Planned) -> Need | None:
        """Return the first requirement that is not met.

        Parameters
        ----------
        planned : Planned
            What is known about the material.

        Returns
        -------
        Need or None
            The requirement; None if the exhibit can be made.

        Examples
        --------
        >>> exhibit = Exhibit(id="x", title="X", make=lambda material: ...)
        >>> exhibit.missing(Planned()).words
        'networks'
        """
        return next((need for need in self.needs if not need.met(planned)), None)
