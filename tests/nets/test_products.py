"""Products of long rows, computed block by block, equal those of whole rows to rounding.

The shapes are on both sides of every boundary: one block, several blocks, and a last block of a
different width.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab.nets import column_blocks, entrywise, gram, grams, inner, mixed, products
from saturation_lab.nets.passes import BLOCK as ENTRIES
from saturation_lab.nets.products import BLOCK

Array = NDArray[Any]

# (networks, rows, columns)
SHAPES = [
    (1, 1, 1), (3, 4, 7), (2, 4, BLOCK // 4), (2, 4, BLOCK // 4 + 1), (1, 3, 3 * BLOCK),
    (2, 301, 41), (2, 0, 5),
]  # fmt: skip
ROUNDING = {"float32": 1e-6, "float64": 1e-14}

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def rows_of(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    return (np.random.default_rng(seed).standard_normal(shape) + 0.3).astype(dtype)


def off(measured: Array, expected: Array, size: Array) -> float:
    """Return the largest difference in units of a size."""
    assert measured.shape == expected.shape
    return float((np.abs(measured - expected) / size).max(initial=0))


def lengths(rows: Array) -> Array:
    length: Array = np.linalg.norm(rows.astype(np.float64), axis=-1)
    return length


@every_shape
def test_blocks_hold_every_column_once_and_stay_small(shape: tuple[int, int, int]) -> None:
    blocks = list(column_blocks(np.empty(shape)))
    places = [np.arange(shape[2])[block] for block in blocks]
    assert np.concatenate(places).tolist() == list(range(shape[2]))
    assert all(len(place) * shape[1] <= max(BLOCK, shape[1]) for place in places)


def gram_is_off_by(shape: tuple[int, int, int], dtype: str) -> float:
    rows = rows_of(shape, dtype)
    wide, size = rows.astype(np.float64), lengths(rows)
    whole = np.matmul(wide, wide.swapaxes(1, 2))
    return off(gram(rows), whole, size[..., None] * size[..., None, :])


@both_dtypes
@pytest.mark.parametrize("shape", [*SHAPES, (2, 9, 1300)], ids=str)
def test_gram_matrices_are_in_float64(shape: tuple[int, int, int], dtype: str) -> None:
    assert gram_is_off_by(shape, dtype) < ROUNDING["float64"]


def test_divided_rows_keep_their_own_digits() -> None:
    rows = rows_of((2, 5, 9000), "float64")
    sizes = np.array([1e-170, 1e170, 1.0, 1e-30, 3.0])[:, None]
    found = gram(rows * sizes, np.broadcast_to(sizes, (2, 5, 1)))
    assert off(found, gram(rows), np.full((2, 5, 5), 9000.0)) < ROUNDING["float64"]


@both_dtypes
@pytest.mark.parametrize("shape", SHAPES[:5], ids=str)
def test_inner_products_of_two_sets_of_rows(shape: tuple[int, int, int], dtype: str) -> None:
    a, b = rows_of(shape, dtype), rows_of((shape[0], 2, shape[2]), dtype, seed=1)
    found = inner(a, b)
    whole = np.matmul(a.astype(np.float64), b.astype(np.float64).swapaxes(1, 2))
    assert found.dtype == dtype
    assert off(found, whole, lengths(a)[..., None] * lengths(b)[..., None, :]) < ROUNDING[dtype]


@both_dtypes
@pytest.mark.parametrize("shape", [*SHAPES[:5], (2, 0, 5)], ids=str)
def test_rows_are_mixed_into_new_ones(shape: tuple[int, int, int], dtype: str) -> None:
    a, b = rows_of(shape, dtype), rows_of((1, 3, shape[2]), dtype, seed=1)
    left, right = rows_of((1, 6, shape[1]), "float64", seed=2), rows_of((6, 3), dtype, seed=3)
    found = mixed((left, a), (right, b), dtype=dtype)
    whole = left @ a.astype(np.float64) + right.astype(np.float64) @ b.astype(np.float64)
    assert found.dtype == dtype
    assert off(found, whole, np.full(whole.shape, 10.0)) < 3 * ROUNDING[dtype]


def forgotten_last(rows: Array) -> list[slice]:
    return list(column_blocks(rows))[:-1]


def overlapping(rows: Array) -> list[slice]:
    return [slice(max(0, block.start - 1), block.stop) for block in column_blocks(rows)]


@pytest.mark.parametrize("cut", [forgotten_last, overlapping])
def test_wrong_cuts_are_found_out(
    cut: Callable[[Array], list[slice]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "column_blocks", cut)
    rows = rows_of((1, 3, 3 * BLOCK), "float64")
    size = lengths(rows)
    assert off(inner(rows, rows), gram(rows), size[..., None] * size[..., None, :]) > 1e-6


def test_a_gram_matrix_of_rounded_sums_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def single(stack: Array, out: Array) -> None:
        out += np.matmul(stack, stack.swapaxes(1, 2))

    monkeypatch.setattr(grams, "_fill_grams", single)
    assert gram_is_off_by((3, 4, 700), "float32") > 10 * ROUNDING["float64"]


def test_a_network_gets_the_same_bits_in_any_stack() -> None:
    a, matrix = rows_of((5, 7, 6000), "float32"), rows_of((5, 7, 7), "float32", seed=1)
    together = gram(a), inner(a, a), mixed((matrix, a), dtype="float32")
    for i in range(5):
        one, its = a[i : i + 1], matrix[i : i + 1]
        alone = gram(one), inner(one, one), mixed((its, one), dtype="float32")
        for first, second in zip(together, alone, strict=True):
            assert first[i].tobytes() == second[0].tobytes()


@pytest.mark.parametrize("size", [0, 1, ENTRIES, ENTRIES + 1, 3 * ENTRIES + 5])
def test_functions_are_applied_to_every_entry(size: int) -> None:
    x = rows_of((size,), "float32")
    found = entrywise(np.tanh, x)
    assert found.dtype == np.float32
    assert np.array_equal(found, np.tanh(x))
    across = rows_of((2, 3, 50_000), "float64").swapaxes(1, 2)
    assert np.array_equal(entrywise(np.exp, across), np.exp(across))
    assert math.isclose(float(entrywise(np.exp, np.zeros((1, 1)))[0, 0]), 1)
