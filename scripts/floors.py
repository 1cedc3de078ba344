"""The allowed dependencies among the rooms of the package; data for `house` and its test.

A room is a folder of the package, or a loose module. ``python -m scripts.house`` prints import
cycles and duplicate file names in the form used here.
"""

from __future__ import annotations

# from the bottom up: a room may import from itself and from the rooms above it in this list
FLOORS: tuple[set[str], ...] = (
    {"checks"},
    {"printed"},
    {"files"},
    {"nets"},
    {"data"},
    {"statistics"},
    {"study"},
    {"examples"},
    {"inference", "claims", "figures", "theory"},  # the first three are leaves: only checks
    {"measured"},
    {"own_networks"},
    {"sampling"},
    {"advice"},
    {"words"},
    {"judging", "compare", "testing"},
    {"proof"},
    {"exhibits"},
    {"pages"},
    {"cli"},
)
LEAVES = {"inference", "claims", "figures"}

# Rooms that stand above another and may not import from it: sampling is tested against theory.
APART = {("sampling", "theory")}

# The number of loose modules in the folder of the package.
LOOSE = 7

# Import cycles that still exist. Remove an entry together with its cycle; never add one.
KNOWN: set[str] = set()

# File names that still occur more than once. Remove an entry with its name; never add one.
KNOWN_TWICE: set[str] = set()
