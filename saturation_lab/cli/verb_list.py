"""The verb `list`: the members of a table."""

from __future__ import annotations


def run(table: str, /) -> None:
    """Show the members of a table, each with formula and source.

    Parameters
    ----------
    table
        activations, initializers, inputs or reports
    """
    from saturation_lab.checks import choice
    from saturation_lab.pages.terminal import LISTINGS

    print(LISTINGS[choice("list", table, LISTINGS)]())
