"""The verb `cards`: a card of each activation as a file."""

from __future__ import annotations

from saturation_lab.cli.options import Pictures


def run(*names: str, pictures: Pictures) -> None:
    """Draw a card of each activation: φ and φ', saturated tails, N(0, 1) behind.

    Parameters
    ----------
    names
        see: saturation-lab list activations; or module:attribute of your own; default: all
    """
    from saturation_lab.exhibits.activation_card import write_cards

    canvas, kinds = pictures.canvas()
    for path in write_cards(pictures.output, names or None, formats=kinds, canvas=canvas):
        print(path)
