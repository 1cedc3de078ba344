"""What is a claim?

A claim is plain data: who says what, the precise statement, the number that decides it, and the
region in which that number must lie, fixed before anything is drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class TopOverBottom:
    """In each network of ``study``: log of a quantity in hidden layer L over that in layer 1.

    With ``times`` the quantity is a product of two, as a mean square times a share of it.
    """

    study: str
    quantity: str
    times: str = ""
    logarithmic: ClassVar[bool] = True

    @property
    def quantities(self) -> tuple[str, ...]:
        """Return the factors of what is compared between the layers."""
        return (self.quantity, self.times) if self.times else (self.quantity,)

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study,)


@dataclass(frozen=True, kw_only=True)
class MeanOverLayers:
    """In each network of ``study``: the mean of a quantity over the hidden layers 1..L."""

    study: str
    quantity: str
    logarithmic: ClassVar[bool] = False

    @property
    def quantities(self) -> tuple[str, ...]:
        """Return what is averaged, as a product of one."""
        return (self.quantity,)

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study,)


@dataclass(frozen=True, kw_only=True)
class NearerToOne:
    """In each pair of networks: |log(L over 1)| in ``than`` minus |log(L over 1)| in ``study``.

    Positive where the quantity changes less from layer to layer in ``study``. Networks are paired
    by their index, as studies of one seed share their streams.
    """

    study: str
    than: str
    quantity: str
    logarithmic: ClassVar[bool] = True

    @property
    def quantities(self) -> tuple[str, ...]:
        """Return what is compared between the layers, as a product of one."""
        return (self.quantity,)

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study, self.than)


Place = tuple[str, int]
"""A quantity and a layer: 1 to L from the bottom, -1 to -L from the top; L + 1 is the output."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """In each network of ``study``: log of what stands in some places over that in others.

    The product over ``of``, divided by ``times`` and by the product over ``over``: what a formula
    says that it is, if that formula is right, is 1.
    """

    study: str
    of: tuple[Place, ...]
    over: tuple[Place, ...] = ()
    times: float = 1.0
    logarithmic: ClassVar[bool] = True

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study,)


@dataclass(frozen=True, kw_only=True)
class MeanRatio:
    """In each network of ``study``: the ratio itself, for what is exact in the mean over networks.

    Its logarithm is not: the narrower the network, the more of log E x - E log x there is.
    """

    study: str
    of: tuple[Place, ...]
    over: tuple[Place, ...] = ()
    times: float = 1.0
    logarithmic: ClassVar[bool] = False

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study,)


@dataclass(frozen=True, kw_only=True)
class Value:
    """In each network of ``study``: the quantity of one layer."""

    study: str
    at: Place
    logarithmic: ClassVar[bool] = False

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study,)


@dataclass(frozen=True, kw_only=True)
class Between:
    """In each pair of networks: log of a quantity in one layer of ``study`` over that in ``than``.

    Networks are paired by their index, as studies of one seed share their streams.
    """

    study: str
    than: str
    at: Place
    logarithmic: ClassVar[bool] = True

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study, self.than)


@dataclass(frozen=True, kw_only=True)
class AgainstTheory:
    """In each network of ``study``: log of a quantity over what theory of wide layers expects."""

    study: str
    at: Place
    logarithmic: ClassVar[bool] = True

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the studies that it needs."""
        return (self.study,)


@dataclass(frozen=True, kw_only=True)
class Exact:
    """A number that needs no network: a row of ``exact.EXACT``, computed for its arguments."""

    of: str
    args: tuple[float | str, ...] = ()
    logarithmic: ClassVar[bool] = False
    roles: ClassVar[tuple[str, ...]] = ()


OverLayers = TopOverBottom | NearerToOne | MeanOverLayers
"""Experiments over all hidden layers."""

Sampled = OverLayers | Ratio | MeanRatio | Value | Between | AgainstTheory
"""Kinds of numbers of networks that decide; a ``logarithmic`` one is shown as a ratio."""

Experiment = Sampled | Exact
"""Kinds of numbers that decide."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence of a source and what decides it.

    Attributes:
        id: part of the interface; never reused.
        source: paper, figure.
        sentence: what the source says, in quotes where it is quoted.
        precise: the statement that is tested.
        experiment: the number, one for each network.
        low, high: the mean over networks must lie between them for the claim to hold.
        expected: the verdict on record, holds or fails: another one is news.
    """

    id: str
    source: str
    sentence: str
    precise: str
    experiment: Experiment
    low: float = -math.inf
    high: float = math.inf
    expected: str = "holds"
