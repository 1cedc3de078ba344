"""Studies of deep networks for the statements, as plain data.

All share one seed, so that studies of equal shape can be compared network by network.
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
"""The default keys of the studies: standardized inputs, as many features as units per layer."""


def study(activation: str, initializer: str, **more: Any) -> dict[str, Any]:
    """Return the keys of a study of deep networks.

    Parameters
    ----------
    activation : str
        The name of the activation.
    initializer : str
        The name of the initializer.
    **more : object
        Keys that are added to the defaults or replace them; ``widths`` replaces depth and width.

    Returns
    -------
    dict of str to object
        The keys of `Study`.

    Examples
    --------
    >>> study("relu", "he_normal", depth=3)["depth"]
    3
    """
    common = {key: value for key, value in _DEEP.items() if key not in more}
    if "widths" in more:
        common = {key: value for key, value in common.items() if key not in ("depth", "width")}
    return {"activation": activation, "initializer": initializer, **common, **more}
