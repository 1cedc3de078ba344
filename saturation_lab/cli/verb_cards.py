"""The verb `cards`, which draws a card of each activation."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from saturation_lab.cli.options import Pictures

_HELP = (
    "Names of activations (saturation-lab list activations), or your own module:attribute. "
    "Default: all that are listed."
)
_Names = Annotated[str, Parameter(help=_HELP)]


def run(*names: _Names, pictures: Pictures) -> None:
    """Draw a card of each activation: φ and φ', saturated tails, N(0, 1) for comparison.

    Parameters
    ----------
    *names : str
        Names of activations, or your own module:attribute. Default: all that are listed.
    pictures : Pictures
        The folder and form of the files.
    """
    from saturation_lab.exhibits.activation_card import write_cards

    canvas, kinds = pictures.canvas()
    for path in write_cards(pictures.output, names or None, formats=kinds, canvas=canvas):
        print(path)
