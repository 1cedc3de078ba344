"""The types of arrays in signatures: of either precision, and of double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""Of float32 or float64, whichever a study asks for."""

Float64 = NDArray[np.float64]
"""Of double precision, as sums and theory are."""
