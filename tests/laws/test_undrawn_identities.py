"""What undrawn weights show, forward and backward, has exactly the law of drawn ones.

All identities hold to rounding, without sampling error. A (B examples) and delta are fixed here; as
the identities hold for every delta, they hold for one that was computed from z and from whatever
lies above.

normal: (A Wᵀ, delta W) is jointly normal with mean 0, so its covariance is its law. Both ways it is
linear in what is drawn, W or the two blocks: M Mᵀ must be the same.

orthogonal: the frame, its image and the unseen rows are one partial isometry of R^N, so Gram
matrices and inner products are kept. Turning the block turns the image, by any rotation, and the
unseen rows, by any rotation that leaves the frame alone: no direction is preferred, and that
makes them uniform. Together this is the law of a Haar matrix given its frame.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, INITIALIZERS, Study, sample
from saturation_lab.examples import shared_examples
from saturation_lab.nets import (
    BIASES,
    UNDRAWN,
    Purpose,
    Rows,
    Seen,
    frames,
    root_of,
    spanned,
    stream,
)
from saturation_lab.sampling import biases_of, weight_free_trace
from tests.laws.undrawn_faults import FAULTS, FORGOTTEN_BIAS, Plant

Array = NDArray[Any]

STD = 0.7
ROUNDING = {"float64": 1e-13, "float32": 1e-5}
"""Of an identity, in units of what is compared; measured: at most 4e-15 and 1e-6."""

# (examples, fan_in, fan_out)
SHAPES = [
    (1, 5, 5), (1, 1, 1), (3, 1, 4), (3, 4, 1), (2, 6, 4), (2, 4, 6), (4, 5, 5),
    (5, 5, 5), (7, 5, 5), (7, 3, 6), (7, 6, 3), (3, 9, 2), (3, 2, 9), (6, 7, 8),
]  # fmt: skip
EXAMPLES = ("random", "repeated", "zero", "rank one", "tiny")

every_law = pytest.mark.parametrize("law", UNDRAWN)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
every_kind = pytest.mark.parametrize("kind", EXAMPLES)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def rows_of(kind: str, count: int, width: int, seed: int, dtype: str = "float64") -> Array:
    """Return [count, width] rows with what examples may have: repeats, zeros, tiny ones."""
    rows = np.random.default_rng(seed).standard_normal((count, width))
    if kind == "repeated":
        rows[1::2] = rows[: count // 2]
    elif kind == "zero":
        rows[::2] = 0
    elif kind == "rank one":
        rows[1:] = np.arange(1, count)[:, None] * rows[0]
    elif kind == "tiny":
        rows[-1] *= 1e-12
    return rows.astype(dtype)


def blocks_of(law: str, shape: tuple[int, int, int], seed: int, networks: int = 1) -> list[Array]:
    """Return the normal blocks of the way up and of the way down."""
    rng = np.random.default_rng(seed)
    sizes = UNDRAWN[law].first(*shape), UNDRAWN[law].second(*shape)
    return [rng.standard_normal((networks, *size)) for size in sizes]


def passed(law: str, a: Array, delta: Array, blocks: list[Array]) -> tuple[Array, Array]:
    """Return z and delta W for stacked blocks."""
    dtype = a.dtype
    up, down = (block.astype(dtype) for block in blocks)
    z, seen = UNDRAWN[law].forward(Rows(a), up, delta.shape[-1], STD)
    full = np.broadcast_to(delta, (len(z), *delta.shape[-2:]))
    return z, UNDRAWN[law].backward(seen, Rows(full), down)


def in_units(difference: Array, rows: Array, columns: Array) -> float:
    """Return the largest entry of a difference in units of rows times columns."""
    size = np.multiply.outer(rows, columns)
    return float((np.abs(difference) / np.where(size > 0, size, 1)).max(initial=0))


def covariance_is_off_by(kind: str, shape: tuple[int, int, int], dtype: str) -> float:
    """Return how far the covariance of (z, delta W) is from that of drawn normal weights."""
    examples, n, m = shape
    a, delta = (rows_of(kind, examples, w, s, dtype)[None] for w, s in ((n, 1), (m, 2)))
    first, second = UNDRAWN["normal"].first(*shape), UNDRAWN["normal"].second(*shape)
    numbers = first[0] * first[1], second[0] * second[1]
    unit = np.eye(sum(numbers))  # one number of the two blocks at a time
    blocks = [
        unit[:, : numbers[0]].reshape(-1, *first),
        unit[:, numbers[0] :].reshape(-1, *second),
    ]
    weights = STD * np.eye(n * m).reshape(-1, m, n)
    undrawn = passed("normal", a, delta, blocks)
    drawn = a[0] @ weights.swapaxes(1, 2), delta[0] @ weights

    def map_of(pair: tuple[Array, Array]) -> Array:
        return np.concatenate([x.reshape(len(x), -1).astype(np.float64) for x in pair], axis=1)

    ours, theirs = map_of(undrawn), map_of(drawn)
    spread = np.linalg.norm(theirs, axis=0)
    return in_units(ours.T @ ours - theirs.T @ theirs, spread, spread)


@both_dtypes
@every_kind
@every_shape
def test_normal_weights_show_the_covariance_of_drawn_ones(
    shape: tuple[int, int, int], kind: str, dtype: str
) -> None:
    assert covariance_is_off_by(kind, shape, dtype) < ROUNDING[dtype]


@pytest.mark.parametrize("plant", FAULTS["normal"].values(), ids=FAULTS["normal"])
def test_a_planted_fault_has_another_covariance(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert covariance_is_off_by("random", (3, 5, 6), "float64") > 0.01


def gram_is_off_by(rows: Array, of: Array, gain: float) -> float:
    """Return how far the Gram matrix of rows is from gain² that of others, in units of norms."""
    wide, other = rows.astype(np.float64), gain * of.astype(np.float64)
    size = np.linalg.norm(other, axis=-1)[0]
    difference = wide @ wide.swapaxes(1, 2) - other @ other.swapaxes(1, 2)
    return max(in_units(each, size, size) for each in difference)


@both_dtypes
@every_kind
@every_shape
def test_orthogonal_weights_keep_angles_where_they_must(
    shape: tuple[int, int, int], kind: str, dtype: str
) -> None:
    examples, n, m = shape
    a, delta = (rows_of(kind, examples, w, s, dtype)[None] for w, s in ((n, 1), (m, 2)))
    z, back = passed("orthogonal", a, delta, blocks_of("orthogonal", shape, 3, networks=20))
    gain = STD * np.sqrt(max(n, m))
    if n <= m:
        assert gram_is_off_by(z, a, gain) < ROUNDING[dtype]
    if m <= n:
        assert gram_is_off_by(back, delta, gain) < ROUNDING[dtype]
    for image, rows in ((z, a), (back, delta)):
        lengths = np.linalg.norm(image, axis=-1)
        assert (lengths <= (1 + ROUNDING[dtype]) * gain * np.linalg.norm(rows, axis=-1)).all()


def adjoint_is_off_by(
    a: Array, back: Array, z: Array, delta: Array, bias: Array | None = None
) -> float:
    """Return the worst ⟨a_c, Wᵀδ_b⟩ - ⟨z_c - bias, δ_b⟩ over networks and pairs, in norms."""
    shift = np.zeros((len(z), 1, z.shape[-1])) if bias is None else bias[:, None, :]
    a, back, z, delta, shift = (x.astype(np.float64) for x in (a, back, z, delta, shift))
    left = back @ a.swapaxes(1, 2)
    right = delta @ (z - shift).swapaxes(1, 2)
    norms = [np.linalg.norm(x, axis=-1) for x in (back, a, delta, z, shift)]
    up = norms[3] + norms[4]  # what the bias has taken from the digits of z is not the law's fault
    size = norms[0][:, :, None] * norms[1][:, None] + norms[2][:, :, None] * up[:, None]
    return float((np.abs(left - right) / np.where(size > 0, size, 1)).max())


def law_is_off_by(law: str, shape: tuple[int, int, int], kind: str, dtype: str) -> float:
    examples, n, m = shape
    a, delta = (rows_of(kind, examples, w, s, dtype)[None] for w, s in ((n, 1), (m, 2)))
    z, back = passed(law, a, delta, blocks_of(law, shape, 4, networks=100))
    return adjoint_is_off_by(a, back, z, delta)


@both_dtypes
@every_kind
@every_shape
@every_law
def test_the_way_back_is_the_adjoint_of_the_way_up(
    law: str, shape: tuple[int, int, int], kind: str, dtype: str
) -> None:
    assert law_is_off_by(law, shape, kind, dtype) < ROUNDING[dtype]


@pytest.mark.parametrize("law", UNDRAWN)
@pytest.mark.parametrize(
    "what", ["fresh weights on the way back", "known part left out", "projection left out"]
)
def test_a_planted_fault_is_no_adjoint(
    law: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    FAULTS[law][what](monkeypatch)
    assert law_is_off_by(law, (2, 6, 8), "random", "float64") > 0.1


@pytest.mark.parametrize("size", [1e-44, 1e-40, 1e-37, 1e30, 1e36])
@every_law
def test_examples_of_every_size_go_up_and_down(law: str, size: float) -> None:
    a, delta = (rows_of("random", 4, width, width, "float32") for width in (400, 300))
    blocks = blocks_of(law, (4, 400, 300), 16, networks=3)
    scaled = a * np.float32(size)
    z, back = passed(law, scaled[None], delta[None], blocks)
    assert np.isfinite(z).all()
    assert np.isfinite(back).all()
    if size > 1e-38:  # below, z has no digits left
        assert adjoint_is_off_by(scaled[None], back, z, delta[None]) < ROUNDING["float32"]


def test_a_network_whose_signal_vanishes_has_not_overflowed() -> None:
    study = Study(
        activation="tanh", initializer="glorot_normal", gain=0.5, widths=(40,) * 150,
        inputs="gaussian", features=40, examples=3, networks=2, sampler="weight-free",
    )  # fmt: skip
    result = sample(study, workers=1)
    assert result.summary.overflowed == 0
    assert np.isfinite(result.values("gradient_mean_square", 1)).all()


def rotation(width: int, seed: int, frame: Array | None = None) -> Array:
    """Return a rotation of R^width, one that leaves the rows of a frame alone if one is named."""
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.standard_normal((width, width)))[0]
    if frame is None:
        return turned
    full = np.linalg.qr(np.concatenate([frame, rng.standard_normal((width, width))]).T)[0]
    kept = len(frame)
    rest = full[:, kept:width]
    inner = np.linalg.qr(rng.standard_normal((width - kept, width - kept)))[0]
    fixed: Array = frame.T @ frame + rest @ inner @ rest.T
    return fixed


def frame_prefers_a_direction_by() -> float:
    """Return how far the frame of a turned block is from the turned frame."""
    block, turn = np.random.default_rng(5).standard_normal((50, 3, 7)), rotation(7, 6)
    difference = frames.uniform_frame(block @ turn) - frames.uniform_frame(block) @ turn
    return float(np.abs(difference).max())


def test_turning_a_block_turns_its_frame() -> None:
    assert frame_prefers_a_direction_by() < 1e-12


def test_without_signs_a_frame_prefers_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS["orthogonal"]["QR without signs"](monkeypatch)
    assert frame_prefers_a_direction_by() > 0.1


@every_kind
@every_shape
def test_turning_the_blocks_turns_what_orthogonal_weights_show(
    shape: tuple[int, int, int], kind: str
) -> None:
    examples, n, m = shape
    wide = max(n, m)
    a, delta = (rows_of(kind, examples, w, s)[None] for w, s in ((n, 1), (m, 2)))
    up, down = blocks_of("orthogonal", shape, 7, networks=20)
    law, turn = UNDRAWN["orthogonal"], rotation(wide, 8)
    z, seen = law.forward(Rows(a), up, m, STD)
    _, turned = law.forward(Rows(a), up @ turn, m, STD)
    assert np.abs(turned.image - seen.image @ turn).max() < 1e-11
    q, root = spanned(a)
    whole = root.swapaxes(1, 2) @ seen.image * seen.gain
    assert np.abs(z - whole[..., :m]).max() <= 1e-13 * np.abs(whole).max(initial=0)
    # seen from H: nothing of delta W is cut off, so let the fan-in be the whole of R^N
    frame = np.pad(q, [(0, 0), (0, 0), (0, wide - n)])[0]
    fixing = rotation(wide, 9, frame)
    assert np.abs(frame @ fixing - frame).max() < 1e-13
    all_of = replace(seen, fan_in=wide)
    full = np.broadcast_to(delta, (20, *delta.shape[1:]))
    back, again = (law.backward(all_of, Rows(full), block) for block in (down, down @ fixing))
    assert np.abs(again - back @ fixing).max() < 1e-10
    assert gram_is_off_by(back, delta, seen.gain) < ROUNDING["float64"]


@both_dtypes
@every_kind
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (4, 9), (9, 4), (6, 6)], ids=str)
def test_the_span_reproduces_the_examples(size: tuple[int, int], kind: str, dtype: str) -> None:
    a = np.stack([rows_of(kind, *size, seed, dtype) for seed in range(30)])
    q, root = spanned(a)
    assert q.dtype == root.dtype == a.dtype
    assert q.shape == (30, min(size), size[1])
    wide, other = q.astype(np.float64), root.astype(np.float64)
    orthonormal = wide @ wide.swapaxes(1, 2)
    assert np.abs(orthonormal - np.eye(min(size))).max() < ROUNDING[dtype]
    lengths = np.linalg.norm(a, axis=-1, keepdims=True)
    difference = other.swapaxes(1, 2) @ wide - a
    assert (np.abs(difference) <= ROUNDING[dtype] * lengths).all()


def one_minus_cosine(rows: Array) -> float:
    """Return 1 - cos of the first two rows, from their difference: no digit is lost."""
    first, second = (row / np.linalg.norm(row) for row in rows[:2].astype(np.float64))
    return float(np.square(first - second).sum() / 2)


@both_dtypes
@pytest.mark.parametrize("apart", [1e-3, 1e-4, 1e-5, 1e-6])
@pytest.mark.parametrize("count", [2, 10, 200])
def test_nearly_equal_examples_keep_what_they_differ_in(
    count: int, apart: float, dtype: str
) -> None:
    rng = np.random.default_rng(10)
    common = 0.2 + rng.random(300)
    a = (common * (1 + apart * rng.standard_normal((count, 300)))).astype(dtype)
    _, root = spanned(a)
    # 1 - c is about apart²; float32 holds 1 in 16 million of an example
    rounding = {"float32": 1e-7, "float64": 1e-15}[dtype]
    exact = one_minus_cosine(a)
    assert exact > 0.3 * apart**2
    assert one_minus_cosine(root.T) == pytest.approx(exact, rel=3 * rounding / apart)


@pytest.mark.parametrize("size", [1.0, 1e-170, 1e170])
def test_the_root_serves_rows_of_every_size(size: float) -> None:
    rows = np.random.default_rng(11).standard_normal((8, 30))
    rows[2:4] *= 1e-12
    rows[5] = 0
    root = root_of(Rows(size * rows), 8) / size
    length = np.linalg.norm(rows, axis=1)
    assert in_units(root.T @ root - rows @ rows.T, length, length) < ROUNDING["float64"]
    assert not root[:, 5].any()


@both_dtypes
@every_law
def test_an_example_without_a_gradient_sends_none_down(law: str, dtype: str) -> None:
    delta = rows_of("random", 9, 12, 12, dtype)
    delta[[2, 7]] = 0
    delta[[3, 4]] *= 1e-12
    a, blocks = rows_of("random", 9, 20, 13, dtype), blocks_of(law, (9, 20, 12), 14, networks=50)
    _, back = passed(law, a[None], delta[None], blocks)
    assert not back[:, [2, 7]].any()
    size = np.linalg.norm(back[:, [3, 4]].astype(np.float64), axis=-1) / np.linalg.norm(
        delta[[3, 4]].astype(np.float64), axis=-1
    )
    assert 0.2 < size.min() < size.max() < 10


@both_dtypes
@every_law
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_network_that_overflowed_spoils_no_other(law: str, dtype: str, bad: float) -> None:
    a, delta = (
        np.stack([rows_of("random", 3, width, seed, dtype) for seed in range(4)])
        for width in (6, 8)
    )
    blocks = blocks_of(law, (3, 6, 8), 15, networks=4)
    z, back = passed(law, a, delta, blocks)
    spoilt_a, spoilt_delta = a.copy(), delta.copy()
    spoilt_a[1, 2, 3] = bad
    spoilt_delta[2, 0, 1] = bad
    with np.errstate(invalid="ignore"):
        bad_z, bad_back = passed(law, spoilt_a, spoilt_delta, blocks)
    assert np.isnan(bad_z[1, 2]).all()
    assert np.isnan(bad_back[[1, 2]]).all()
    assert np.array_equal(bad_z[[0, 2, 3]], z[[0, 2, 3]])
    assert np.array_equal(bad_back[[0, 3]], back[[0, 3]])


def study_of(initializer: str, **changes: Any) -> Study:
    given: dict[str, Any] = {
        "activation": "tanh",
        "initializer": initializer,
        "widths": (9, 1, 12, 5),
        "gain": 1.2,
        "examples": 6,
        "inputs": "digits",
        "seed": 11,
        "dtype": "float64",
        "sampler": "weight-free",
    }
    return Study(**{**given, **changes}).resolved()


def trace_is_off_by(study: Study, networks: range = range(10)) -> float:
    """Return how far the way back of any layer is from the adjoint of its way up."""
    layers = weight_free_trace(study, networks, shared_examples(study)).every_layer
    biases = biases_of(study, networks, pilot=False)
    slope = ACTIVATIONS[study.architecture.activation.name].derivative
    found = []
    for lower, upper, b in zip(layers[:-1], layers[1:], biases[1:], strict=True):
        back = lower.gradient / slope(lower.pre_activation)
        z, delta = upper.pre_activation, upper.gradient
        found.append(adjoint_is_off_by(lower.activation, back, z, delta, b))
    return max(found)


LEFT_UNDRAWN = [name for name, rule in INITIALIZERS.items() if rule.law in UNDRAWN]


@pytest.mark.parametrize(
    ("examples", "activation", "inputs"),
    [(1, "tanh", "digits"), (6, "identity", "digits"), (6, "tanh", "gaussian"),
     (15, "identity", "gaussian"), (15, "tanh", "digits")],
)  # fmt: skip
@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("initializer", LEFT_UNDRAWN)
def test_every_trace_is_adjoint(
    initializer: str, bias: str, examples: int, activation: str, inputs: str
) -> None:
    study = study_of(
        initializer,
        gain=0.4 if initializer == "normal" else 1.2,
        bias=bias,
        bias_scale=0.4 if BIASES[bias].takes_scale else None,
        examples=examples,
        activation=activation,
        inputs=inputs,
    )
    assert trace_is_off_by(study) < 1e-12
    assert trace_is_off_by(replace(study, dtype="float32")) < 1e-4


@pytest.mark.parametrize("initializer", ["glorot_normal", "orthogonal"])
def test_planted_faults_make_a_trace_no_adjoint(
    initializer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_of(initializer, bias="normal", bias_scale=0.4, widths=(9, 7, 12, 5), examples=3)
    assert trace_is_off_by(study) < 1e-12
    with monkeypatch.context() as patch:
        FORGOTTEN_BIAS(patch)
        assert trace_is_off_by(study) > 0.1
    FAULTS[study.architecture.initializer.law]["fresh weights on the way back"](monkeypatch)
    assert trace_is_off_by(study) > 0.1


def repeated_numbers(study: Study, patch: pytest.MonkeyPatch) -> int:
    """Count the random numbers of three networks that stand in some block for a second time."""
    drawn: list[Array] = []
    law = UNDRAWN[study.architecture.initializer.law]

    def forward(a: Rows, block: Array, fan_out: int, std: float) -> tuple[Array, Seen]:
        drawn.append(block.copy().reshape(-1))
        return law.forward(a, block, fan_out, std)

    def backward(seen: Seen, delta: Rows, block: Array) -> Array:
        drawn.append(block.copy().reshape(-1))
        return law.backward(seen, delta, block)

    recording = replace(law, forward=forward, backward=backward)
    patch.setitem(UNDRAWN, study.architecture.initializer.law, recording)
    weight_free_trace(study, [0, 1, 7], shared_examples(study))
    numbers = np.concatenate(drawn)
    assert numbers.size > 700
    return int(numbers.size - np.unique(numbers).size)


@pytest.mark.parametrize("initializer", ["glorot_normal", "orthogonal"])
def test_no_random_number_is_used_twice(initializer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # 1,000 numbers of 52 bits: two agree by chance with probability 1e-10
    study = study_of(initializer)
    with monkeypatch.context() as patch:
        assert repeated_numbers(study, patch) == 0

    def one_for_both(seed: int, *, purpose: Purpose, **which: Any) -> np.random.Generator:
        return stream(seed, purpose=Purpose.WEIGHTS, **which)

    monkeypatch.setattr("saturation_lab.sampling.weight_free.stream", one_for_both)
    assert repeated_numbers(study, monkeypatch) > 100
