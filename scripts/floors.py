"""What should the house look like, and where does it not yet? Data only, for `house` and its test.

``python -m scripts.house`` prints the circles and the names in the form they have here.
"""

from __future__ import annotations

# from the ground up: a room may import from rooms below it and from itself
FLOORS: tuple[set[str], ...] = (
    {"checks"},
    {"files"},
    {"nets"},
    {"statistics"},
    {"study"},
    {"examples"},
    {"inference", "claims", "figures"},  # leaves: nothing of ours but checks
    {"measured"},
    {"own_networks"},
    {"sampling", "theory"},  # neither sees the other
    {"words"},
    {"judging", "compare", "testing"},
    {"proof"},
    {"exhibits"},
    {"pages"},
    {"cli"},
)
LEAVES = {"inference", "claims", "figures"}

# Loose modules at the top of the package.
LOOSE = 6

# Circles that are still there: an entry goes with its circle, and none may come.
KNOWN: set[str] = set()

# File names that still occur more than once: an entry goes with its name, and none may come.
KNOWN_TWICE: set[str] = set()
