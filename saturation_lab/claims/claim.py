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


Experiment = TopOverBottom | NearerToOne | MeanOverLayers
"""Kinds of numbers that decide; a ``logarithmic`` one is a logarithm, and shown as a ratio."""


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
    """

    id: str
    source: str
    sentence: str
    precise: str
    experiment: Experiment
    low: float = -math.inf
    high: float = math.inf
