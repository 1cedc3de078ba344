"""The studies of deep networks that statements are about, as plain data.

All share one seed, so that studies of one shape are compared network by network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEEP: Mapping[str, Any] = {
    "depth": 10,
    "width": 200,
    "inputs": "gaussian",
    "features": 200,
    "examples": 16,
    "dtype": "float64",
    "seed": 2025,
}
"""What studies have in common that say nothing else: standardised inputs as wide as the layers."""


def study(activation: str, initializer: str, **more: Any) -> dict[str, Any]:
    """Return the keys of a study of `_DEEP` networks; what is given beside it comes first."""
    common = {key: value for key, value in _DEEP.items() if key not in more}
    if "widths" in more:
        common = {key: value for key, value in common.items() if key not in ("depth", "width")}
    return {"activation": activation, "initializer": initializer, **common, **more}
