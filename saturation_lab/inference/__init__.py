"""Confidence intervals over networks, and the verdicts that follow from them.

Every function that computes a standard error takes `replicates.Replicates`, whose rows each name
the network they come from. A standard error cannot be computed from the units or the examples of a
single network. Every result is frozen, has a one-line summary (``.sentence``) and converts to plain
data for JSON (``.to_json()``).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
