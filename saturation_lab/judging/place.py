"""A quantity in one layer of some networks: its values, prediction, law and description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.averages import Known
from saturation_lab.measured import Measured, Origin
from saturation_lab.nets.arrays import Float64
from saturation_lab.study import Study
from saturation_lab.theory.finite_width import Scatter
from saturation_lab.theory.network_law import law_of, ratio_law_of
from saturation_lab.theory.propagation import Prediction, predict
from saturation_lab.words.symbols import SYMBOLS

Networks = Mapping[str, Measured]
Origins = Mapping[str, Origin]


class Place(NamedTuple):
    """A quantity in one layer of some networks, measured or predicted.

    Attributes
    ----------
    quantity : str
        A key of `QUANTITIES`.
    layer : int
        The layer, counted from 1 at the bottom or from -1 at the top hidden layer downwards; L + 1
        is the output layer.
    study : str
        The role of the networks.
    theory : bool
        Whether the value is the theoretical prediction instead of the measurement.
    """

    quantity: str
    layer: int
    study: str
    theory: bool = False

    def number(self, depth: int) -> int:
        """Return the layer as counted from the bottom.

        Parameters
        ----------
        depth : int
            L, the number of hidden layers.

        Returns
        -------
        int
            The layer, from 1 to L + 1.
        """
        return self.layer if self.layer > 0 else depth + 1 + self.layer

    def values(self, networks: Networks) -> Float64:
        """Return the measured values, of shape (networks,), or the predicted value as a scalar."""
        found = networks[self.study]
        number = self.number(found.depth)
        if self.theory:
            return np.asarray(_foretold(found, self.quantity, number))
        return found.values(self.quantity, number)

    def known(self, networks: Networks) -> Known:
        """Return what is known in advance about the values."""
        found = networks[self.study]
        return found.known(self.quantity, self.number(found.depth))

    def expected(self, networks: Networks) -> float:
        """Return the predicted value; nan if theory has no answer."""
        found = networks[self.study]
        number = self.number(found.depth)
        if self.theory:
            return _foretold(found, self.quantity, number)
        return found.predicted(self.quantity, number)

    def layer_words(self, origins: Origins) -> str:
        """Return the name of the layer.

        Parameters
        ----------
        origins : mapping of str to Origin
            Where the networks come from, by role.

        Returns
        -------
        str
            The name, such as "layer 3" or "the output".
        """
        labels = origins[self.study].layer_labels
        number = self.number(len(labels))
        return f"layer {labels[number - 1]}" if number <= len(labels) else "the output"

    def words(self, origins: Origins) -> str:
        """Return the symbol of the quantity and the layer."""
        return f"{SYMBOLS[self.quantity]} in {self.layer_words(origins)}"

    def refuse_unfit(self, origins: Origins) -> None:
        """Raise `InputError` if networks of these origins cannot provide the quantity.

        Parameters
        ----------
        origins : mapping of str to Origin
            Where the networks come from, by role.

        Raises
        ------
        InputError
            If theory is asked for networks that are not from a study, or a study records no
            singular values.
        """
        origin = origins[self.study]
        if self.theory and not isinstance(origin, Study):
            raise InputError(
                "experiment",
                expected="networks sampled from a study, as theory has no prediction for others",
                got=Words(self.study),
            )
        singular = self.quantity.startswith("singular_value")
        if singular and isinstance(origin, Study) and not origin.singular_values:
            raise InputError(
                "experiment",
                expected="a study with singular_values above 0",
                got=origin.singular_values,
            )


def law_of_ratio(
    of: tuple[Place, ...], over: tuple[Place, ...], networks: Networks
) -> Scatter | None:
    """Return the exact law over networks of a quantity or of a ratio of two, if it is known.

    Parameters
    ----------
    of, over : tuple of Place
        The factors of the numerator and of the denominator. A prediction in the denominator is a
        constant.
    networks : mapping of str to Measured
        The measured networks by role.

    Returns
    -------
    Scatter or None
        The law, up to a constant factor; None if it is not known.
    """
    if len(of) != 1 or len(over) > 1 or of[0].theory:
        return None
    (above,), origin = of, networks[of[0].study].origin
    if not isinstance(origin, Study):
        return None
    number = above.number(len(origin.widths))
    if not over or over[0].theory:
        return law_of(origin, above.quantity, number)
    if over[0].study != above.study or over[0].quantity != above.quantity:
        return None
    return ratio_law_of(origin, above.quantity, number, over[0].number(len(origin.widths)))


@lru_cache(maxsize=512)
def _prediction(study: Study, quantity: str, number: int) -> Prediction:
    return predict(study, only=frozenset({(quantity, number)}))


def _foretold(found: Measured, quantity: str, number: int) -> float:
    """Return the prediction of a quantity in a layer, computed here if it is missing."""
    if found.expected is not None:
        return found.predicted(quantity, number)
    if not isinstance(found.origin, Study):
        raise InputError(
            "experiment",
            expected="networks sampled from a study, as theory has no prediction for others",
            got=Words(found.title or found.name),
        )
    study = replace(found.origin, networks=1)
    return found.expecting(_prediction(study, quantity, number)).predicted(quantity, number)
