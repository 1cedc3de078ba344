"""Type aliases for arrays of either precision, and NumPy copies of the tensors of frameworks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""An array of float32 or float64, depending on the dtype of the study."""

Float64 = NDArray[np.float64]
"""An array of float64, the precision of statistics and theory."""

_NOT_IN_NUMPY = ("bfloat16", "float8")


def as_numpy(given: Any) -> Array:
    """Return a NumPy array of a tensor of any framework, without importing the framework.

    Parameters
    ----------
    given : object
        An array_like, or a tensor, which is detached and moved to the CPU by its own methods.

    Returns
    -------
    array of any shape
        The entries; dtypes that NumPy does not have (bfloat16, float8) become float32.

    Examples
    --------
    >>> as_numpy([1, 2]).shape
    (2,)
    """
    for step in ("detach", "cpu"):
        if callable(getattr(given, step, None)):
            given = getattr(given, step)()
    short = str(getattr(given, "dtype", "")).rpartition(".")[2].startswith(_NOT_IN_NUMPY)
    if short and callable(getattr(given, "float", None)):
        given = given.float()
    array: Array = np.asarray(given)
    return array.astype(np.float32) if array.dtype.name.startswith(_NOT_IN_NUMPY) else array
