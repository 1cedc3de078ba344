"""Weight tensors of any framework as NumPy arrays, with their precision, fans and rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.nets.arrays import Array, as_numpy
from saturation_lab.nets.own_initializers import LAYOUTS, Layout

MOST_AXES = 5
"""The largest number of axes: those of a kernel in three dimensions."""

_EPS = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}
_EPS_8 = {"e5m2": 2.0**-2, "e4m3": 2.0**-3, "e3m4": 2.0**-4}
"""The machine epsilon of the kinds of float8, by the start of what follows its name."""


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """The entries of one tensor and their precision.

    Attributes
    ----------
    values : array of any shape
        The entries as float32 or float64, at least as precise as they were given.
    eps : float
        The machine epsilon of the dtype in which they were given; 0 for integers.
    """

    values: Array
    eps: float


def read_tensor(key: str, given: object, *, most_axes: int = MOST_AXES) -> Tensor:
    """Return a NumPy copy of a tensor of any framework.

    Tensors of PyTorch are detached and moved to the CPU, and those in bfloat16 are converted, all
    by their own methods, so no framework is imported.

    Parameters
    ----------
    key : str
        The name of the tensor in an error message.
    given : object
        A tensor or an array_like of real numbers.
    most_axes : int
        The largest number of axes that is accepted.

    Returns
    -------
    Tensor
        The entries, which share no memory with ``given``.

    Raises
    ------
    InputError
        If it cannot be read, is masked, empty, not finite or not real, or has too many axes.

    Examples
    --------
    >>> read_tensor("w", np.ones((2, 3), dtype=np.float16)).eps
    0.0009765625
    """
    expected = f"an array of real numbers with at most {most_axes} axes"
    dtype = str(getattr(given, "dtype", "")).rpartition(".")[2]
    try:
        array = as_numpy(given)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise InputError(key, expected=expected, got=Words(str(error))) from error
    masked = isinstance(given, np.ma.MaskedArray)
    array = array.astype(np.int8) if array.dtype.kind == "b" else array
    if masked or array.dtype.kind not in "iuf" or not array.size or array.ndim > most_axes:
        kind = "a masked array" if masked else f"shape {array.shape} of {array.dtype}"
        raise InputError(key, expected=expected, got=Words(kind))
    if not np.isfinite(array).all():
        bad = Words(f"{array[~np.isfinite(array)][0]}")
        raise InputError(key, expected="finite numbers", got=bad)
    eps = _eps(dtype or str(array.dtype))
    wide = np.float32 if array.dtype in (np.float16, np.float32) else np.float64
    return Tensor(values=np.array(array, dtype=wide, order="C"), eps=eps)


def _eps(dtype: str) -> float:
    """Return the machine epsilon of a dtype; 0 for integers.

    >>> _eps("float8_e4m3fn"), _eps("int64")
    (0.125, 0.0)
    """
    kind = dtype.removeprefix("float8_")[:4]
    return _EPS_8.get(kind, 0.25) if dtype.startswith("float8") else _EPS.get(dtype, 0.0)


def coarsest_eps(tensor: Tensor) -> float:
    """Return the machine epsilon of the coarsest dtype that holds all entries exactly.

    Weights that were initialized in bfloat16 keep its rounding errors in float32.

    Parameters
    ----------
    tensor : Tensor
        The entries.

    Returns
    -------
    float
        The machine epsilon, at least that of the tensor.

    Examples
    --------
    >>> coarsest_eps(read_tensor("w", np.float64([0.1, 0.2]))) == 2.0**-52
    True
    >>> coarsest_eps(read_tensor("w", np.float64([0.125, 0.25]))) == 2.0**-7
    True
    """
    x = tensor.values
    if x.dtype == np.float64:
        single = x.astype(np.float32)
        if not np.array_equal(single, x):
            return tensor.eps
        x = single
    if not (np.ascontiguousarray(x).view(np.uint32) & 0xFFFF).any():
        return max(tensor.eps, _EPS["bfloat16"])
    with np.errstate(over="ignore", under="ignore"):
        half = bool(np.array_equal(x.astype(np.float16), x))
    return max(tensor.eps, _EPS["float16" if half else "float32"])


def checked_layout(layout: object) -> Layout | None:
    """Return a layout if it is None or one of the two names.

    Parameters
    ----------
    layout : object
        The value of the option.

    Returns
    -------
    {"out_in", "in_out"} or None
        The layout.

    Examples
    --------
    >>> checked_layout("out_in")
    'out_in'
    """
    return None if layout is None else choice("layout", layout, LAYOUTS)  # type: ignore[return-value]


def fans(shape: tuple[int, ...], layout: Layout) -> tuple[int, int]:
    """Return fan-in and fan-out: the channels times the receptive field of the kernel.

    Parameters
    ----------
    shape : tuple of int
        The shape of a matrix or a kernel.
    layout : {"out_in", "in_out"}
        The order of the axes: ``(out, in, *kernel)`` or ``(*kernel, in, out)``.

    Returns
    -------
    fan_in, fan_out : int
        The number of terms of a pre-activation, and of a back-propagated gradient.

    Examples
    --------
    >>> fans((64, 3, 7, 7), "out_in")
    (147, 3136)
    """
    if layout == "out_in":
        fan_out, fan_in, *kernel = shape
    else:
        *kernel, fan_in, fan_out = shape
    field = math.prod(kernel)
    return fan_in * field, fan_out * field


def as_matrix(values: Array, layout: Layout | None) -> Array:
    """Return a tensor as a matrix with an output unit per row, or per column.

    Parameters
    ----------
    values : array of any shape
        The entries.
    layout : {"out_in", "in_out"} or None
        The order of the axes. None is read as ``"out_in"``, which matters only to kernels.

    Returns
    -------
    array of shape (rows, columns)
        A vector becomes one row; a kernel has the shape (out, in × field) or (field × in, out).

    Examples
    --------
    >>> as_matrix(np.ones((64, 3, 7, 7)), "out_in").shape
    (64, 147)
    """
    if values.ndim < 2:
        return values.reshape(1, -1)
    if layout == "in_out":
        return values.reshape(-1, values.shape[-1])
    return values.reshape(len(values), -1)


def shape_words(shape: tuple[int, ...]) -> str:
    """Return a shape in words.

    Parameters
    ----------
    shape : tuple of int
        The shape.

    Returns
    -------
    str
        The sizes with a multiplication sign between them.

    Examples
    --------
    >>> shape_words((1000, 20))
    '1,000 × 20'
    """
    return " × ".join(f"{size:,}" for size in shape) or "1"
