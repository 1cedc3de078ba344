"""Type aliases for arrays: of either precision, and of double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""An array of float32 or float64, depending on the dtype of the study."""

Float64 = NDArray[np.float64]
"""An array of float64, the precision of statistics and theory."""
