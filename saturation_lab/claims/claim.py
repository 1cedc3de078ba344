"""Claims: who says what, the number that decides it, and the region where it must lie.

A claim is plain data, fixed before anything is sampled. Its number is specified by a kind of
experiment and the keys of that kind; `judging.forms` lists the kinds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Place = tuple[str, int]
"""A quantity and a layer: 1 to L from the bottom, or -1 to -L from the top; L + 1 is the output."""


@dataclass(frozen=True)
class Asked:
    """The specification of a number that decides a claim.

    Attributes
    ----------
    kind : str
        The kind of experiment, a key of ``judging.forms.FORMS``.
    keys : tuple of (str, value)
        The keys of that kind and their values.
    """

    kind: str
    keys: tuple[tuple[str, Any], ...]


def ask(kind: str, **keys: Any) -> Asked:
    """Specify the number of an experiment.

    Parameters
    ----------
    kind : str
        The kind of experiment, a key of ``judging.forms.FORMS``.
    **keys : object
        The keys of that kind.

    Returns
    -------
    Asked
        The specification. Its keys are checked later, when the experiment is made.

    Examples
    --------
    >>> ask("value", study="mine", at=("activation_variance", 1))
    Asked(kind='value', keys=(('study', 'mine'), ('at', ('activation_variance', 1))))
    """
    return Asked(kind, tuple(keys.items()))


@dataclass(frozen=True, kw_only=True)
class Unit:
    """The unit in which a source states a number, if it is not that of the experiment.

    Attributes
    ----------
    says : str
        The name of the number, such as "Std z".
    of : float
        The number that corresponds to 1 in the experiment, such as 4 if the experiment measures
        E z² / 16 and the source speaks of Std z.
    root : bool
        Whether the source speaks of the square root of what the experiment measures.
    ends : str
        What follows the number, such as " %".
    asks : str
        The number that the source asks for, such as "4"; "" if it does not name one.

    Examples
    --------
    >>> Unit(says="Std z", of=4.0, root=True)(0.25)
    2.0
    """

    says: str
    of: float = 1.0
    root: bool = False
    ends: str = ""
    asks: str = ""

    def __call__(self, x: float) -> float:
        """Convert a number.

        Parameters
        ----------
        x : float
            The number of the experiment: a ratio, not its logarithm.

        Returns
        -------
        float
            The number in this unit.
        """
        return self.of * (math.copysign(math.sqrt(abs(x)), x) if self.root else x)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One part of a statement and the number that decides it.

    Attributes
    ----------
    experiment : Asked
        The number, one for each network.
    id : str
        A stable identifier, part of the interface and never reused. An id that starts with a dot
        is appended to the statement's id. The first part may omit it and then has the statement's.
    source, sentence, precise : str
        Where the claim is made, what it says (in quotation marks if quoted), and what is tested.
        They default to those of the statement.
    low, high : float
        The bounds between which the mean over networks must lie for the claim to hold.
    expected : str
        The verdict on record, "holds" or "fails"; a different one is reported.
    unit : Unit or None
        The unit of the source, in which the number and its bounds are shown. It does not affect
        ``low``, ``high`` and the verdict.
    case : str
        What is tested, in a word or two, for a line that compares two parts: "tanh", "layer 5".
    """

    experiment: Asked
    id: str = ""
    source: str = ""
    sentence: str = ""
    precise: str = ""
    low: float = -math.inf
    high: float = math.inf
    expected: str = "holds"
    unit: Unit | None = None
    case: str = ""
