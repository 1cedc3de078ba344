"""The verb `list`: the members of a table."""

from __future__ import annotations

from saturation_lab.cli.printing import print_blocks


def run(table: str, /) -> None:
    """Show the members of a table, each with formula and source.

    Parameters
    ----------
    table
        activations, initializers, inputs, reports or exhibits
    """
    from saturation_lab.checks import choice
    from saturation_lab.pages.listings import LISTINGS, listed

    print_blocks([listed(choice("list", table, LISTINGS))])
