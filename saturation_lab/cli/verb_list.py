"""The verb `list`, which prints the members of a table."""

from __future__ import annotations

from saturation_lab.cli.printing import print_blocks


def run(table: str, /) -> None:
    """List the members of a table, such as all activations, with formulas and sources.

    Parameters
    ----------
    table : str
        activations, initializers, inputs, reports or exhibits.
    """
    from saturation_lab.checks import choice
    from saturation_lab.pages.listings import LISTINGS, listed

    print_blocks([listed(choice("list", table, LISTINGS))])
