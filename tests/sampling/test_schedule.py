"""Tests that numbers do not depend on the schedule, and that random streams are separate.

Every comparison is exact. The same comparison rejects planted faults: a sampler that draws by a
network's position in its lane, one flipped bit, and streams without a spawn key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from saturation_lab import (
    INITIALIZERS,
    QUANTITIES,
    InputError,
    Quantity,
    Result,
    Study,
    Trace,
    sample,
    trace_network,
)
from saturation_lab.data import Examples
from saturation_lab.examples import shared_examples
from saturation_lab.nets import UNDRAWN, Purpose, stream
from saturation_lab.sampling import (
    SAMPLERS,
    Order,
    axes_of,
    dense_trace,
    measure_networks,
    with_ranges,
)
from saturation_lab.statistics import Kind, Summary, TracedLayer, merge

Differences = Callable[[Summary, Summary], list[str]]

R = 12

STUDIES: dict[str, Study] = {
    "labels": Study(
        activation="tanh",
        initializer="glorot_uniform",
        widths=(16, 5, 9),
        inputs="digits",
        examples=7,
        singular_values=3,
        networks=R,
        seed=1,
    ),
    "width 1, one example": Study(
        activation="relu",
        initializer="he_normal",
        widths=(1, 1, 1),
        inputs="gaussian",
        features=3,
        examples=1,
        bias="normal",
        bias_scale=0.5,
        fresh_inputs=True,
        dtype="float64",
        networks=R,
        seed=2**63 - 1,
    ),
    "uneven, fresh labels": Study(
        activation="sigmoid",
        initializer="lecture_normal",
        widths=(5, 1, 33, 2),
        inputs="shapeset",
        examples=3,
        fresh_inputs=True,
        networks=R,
        seed=3,
    ),
    "biases of its own": Study(
        activation="silu",
        initializer="pytorch_default",
        widths=(13, 4),
        inputs="gaussian",
        examples=2,
        networks=R,
        seed=4,
    ),
    "labels, random cotangent": Study(
        activation="softsign",
        initializer="glorot_normal",
        widths=(64, 64),
        inputs="digits",
        examples=50,
        loss="random_cotangent",
        bias="uniform",
        bias_scale=0.1,
        networks=R,
        seed=5,
    ),
    "one example with a label": Study(
        activation="tanh",
        initializer="standard_uniform",
        widths=(9, 9),
        inputs="digits",
        examples=1,
        fresh_inputs=True,
        dtype="float64",
        networks=R,
        seed=6,
    ),
    "overflow": Study(
        activation="identity",
        initializer="he_normal",
        widths=(3,) * 6,
        inputs="gaussian",
        examples=2,
        gain=2e6,
        networks=R,
        seed=7,
    ),
}

every_study = pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES.keys())
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS)


def served(study: Study, sampler: str) -> Study:
    """Return the study as a sampler can serve it: without weights some things cannot be had."""
    if sampler == "dense":
        return replace(study, sampler=sampler)
    law = study.architecture.initializer.law
    rule = study.initializer if law in UNDRAWN else "glorot_normal"
    own = study.resolved_bias
    return replace(study, sampler=sampler, initializer=rule, bias=own, singular_values=0)


@cache
def one_by_one(study: Study, sampler: str) -> Result:
    """Return what one worker gives that takes each network alone."""
    result = sample(served(study, sampler), workers=1, chunk=1, lane=1)
    assert result.study.sampler == sampler
    return result


# --- schedules ------------------------------------------------------------------------------------


@every_sampler
@every_study
def test_workers_change_no_bit(study: Study, sampler: str, differences: Differences) -> None:
    base = one_by_one(study, sampler)
    other = sample(served(study, sampler), workers=2, chunk=3, lane=2)
    assert other.study == base.study
    assert not differences(base.summary, other.summary)


@every_sampler
@every_study
@pytest.mark.parametrize(("lane", "chunk"), [(2, 7), (5, None), (64, R)])
def test_lanes_and_chunks_change_no_bit(
    study: Study, sampler: str, lane: int, chunk: int | None, differences: Differences
) -> None:
    base = one_by_one(study, sampler)
    other = sample(base.study, workers=1, lane=lane, chunk=chunk)
    assert not differences(base.summary, other.summary)


@every_sampler
@every_study
def test_the_order_of_merging_changes_no_bit(
    study: Study, sampler: str, differences: Differences
) -> None:
    base = one_by_one(study, sampler)
    order = Order(
        study=base.study, shared=shared_examples(base.study), axes=axes_of(base.study), lane=5
    )
    parts = [measure_networks(order, range(i, min(i + 5, R))) for i in range(0, R, 5)]
    rng = np.random.default_rng(8)
    for _ in range(2):
        shuffled = [parts[i] for i in rng.permutation(len(parts))]
        assert not differences(base.summary, merge(shuffled))
        nested = merge([merge(shuffled[:2]), *shuffled[2:]])
        assert not differences(base.summary, nested)


shapes = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    widths=shapes,
    examples=st.integers(1, 6),
    dtype=st.sampled_from(["float32", "float64"]),
    activation=st.sampled_from(["tanh", "sigmoid", "relu", "silu", "softsign", "identity"]),
    inputs=st.sampled_from(["digits", "gaussian"]),
    fresh=st.booleans(),
    bias=st.sampled_from([None, 0.3]),
    networks=st.integers(1, 9),
    lane=st.integers(1, 10),
    chunk=st.integers(1, 10),
    sampler=st.sampled_from(list(SAMPLERS)),
)
def test_any_small_shape_is_the_same_in_any_lane_and_chunk(
    widths: tuple[int, ...],
    examples: int,
    dtype: str,
    activation: str,
    inputs: str,
    fresh: bool,
    bias: float | None,
    networks: int,
    lane: int,
    chunk: int,
    sampler: str,
    differences: Differences,
) -> None:
    study = Study(
        activation=activation,
        initializer="glorot_normal",
        widths=widths,
        inputs=inputs,
        examples=examples,
        bias=None if bias is None else "normal",
        bias_scale=bias,
        fresh_inputs=fresh,
        dtype=dtype,
        sampler=sampler,
        networks=networks,
        ranges=dict.fromkeys(
            ("pre_activation", "activation", "gradient", "weight_gradient"), (-1.0, 1.0)
        ),
    )
    alone = sample(study, workers=1, lane=1, chunk=1)
    assert not differences(alone.summary, sample(study, workers=1, lane=lane, chunk=chunk).summary)


@pytest.mark.parametrize("key", ["lane", "chunk", "workers"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_a_schedule_that_is_none_is_refused_by_its_key(key: str, value: Any) -> None:
    schedule: dict[str, Any] = {"workers": 1, key: value}
    with pytest.raises(InputError) as refusal:
        sample(STUDIES["labels"], **schedule)
    assert refusal.value.key == key


# --- interruption ---------------------------------------------------------------------------------


@every_sampler
@pytest.mark.parametrize("name", ["labels", "width 1, one example", "uneven, fresh labels"])
@pytest.mark.parametrize("through_folder", [False, True])
def test_adding_networks_equals_drawing_them_at_once(
    name: str, sampler: str, through_folder: bool, tmp_path: Path, differences: Differences
) -> None:
    study, at_once = served(STUDIES[name], sampler), one_by_one(STUDIES[name], sampler)
    first = sample(replace(study, networks=5), workers=1, lane=3)
    if through_folder:
        first = Result.load(first.save(tmp_path / "first"))
    resumed = sample(study, workers=1, start=first, lane=5)
    assert resumed.study == at_once.study
    assert not differences(resumed.summary, at_once.summary)
    assert differences(first.summary, at_once.summary)  # and 5 are not 12


# --- planted faults -------------------------------------------------------------------------------


def by_place_in_lane(
    study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool = False
) -> Trace:
    """The fault: network i draws from the stream of its place in the lane."""
    return dense_trace(study, range(len(networks)), shared, pilot=pilot)


@pytest.mark.parametrize("lane", [2, 5, 64])
def test_a_sampler_that_draws_by_place_in_the_lane_is_seen(
    lane: int, monkeypatch: pytest.MonkeyPatch, differences: Differences
) -> None:
    study = one_by_one(STUDIES["labels"], "dense").study
    monkeypatch.setitem(SAMPLERS, "dense", by_place_in_lane)
    alone = sample(study, workers=1, lane=1)
    assert differences(alone.summary, sample(study, workers=1, lane=lane).summary)


@pytest.mark.parametrize("name", ["values", "conditional", "first_bad_layer", "counts"])
def test_one_bit_is_seen(name: str, differences: Differences) -> None:
    old = one_by_one(STUDIES["labels"], "dense").summary
    if name == "counts":
        histograms = dict(old.histograms)
        linear, wide = histograms["gradient"]
        counts = linear.counts.copy()
        counts[0, 0] += 1
        histograms["gradient"] = replace(linear, counts=counts), wide
        assert differences(old, replace(old, histograms=histograms)) == ["gradient.linear.counts"]
        return
    array = getattr(old, name).copy()
    array.view(np.uint8).reshape(-1)[-8] ^= 1
    changes: dict[str, Any] = {name: array}
    assert differences(old, replace(old, **changes)) == [name]


# --- streams --------------------------------------------------------------------------------------

SEEDS = (0, 1, 2, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1)
INDICES = (0, 1, 2, 15, 16, 17, 2**16, 2**32 - 2)
OWN_PILOT = [p for p in Purpose if p < Purpose.PILOT_WEIGHTS and p != Purpose.SHARED_INPUTS]

Key = tuple[int, int, Purpose, bool]
Stream = Callable[[Key], np.random.Generator]


def repeated(keys: Iterable[Key], streams: Stream) -> list[tuple[Key, Key]]:
    """Return the pairs of keys whose streams begin alike."""
    seen: dict[bytes, Key] = {}
    pairs = []
    for key in keys:
        drawn = streams(key).bytes(16)
        if drawn in seen:
            pairs.append((seen[drawn], key))
        seen[drawn] = key
    return pairs


def keys_that_must_differ() -> list[Key]:
    """Return (seed, network, purpose, pilot) of every stream that a run may use."""
    own = [
        (seed, i, purpose, pilot)
        for seed in SEEDS
        for i in INDICES
        for purpose in OWN_PILOT
        for pilot in (False, True)
    ]
    return [*own, *((seed, 0, Purpose.SHARED_INPUTS, False) for seed in SEEDS)]


def of_the_house(key: Key) -> np.random.Generator:
    seed, network, purpose, pilot = key
    return stream(seed, network=network, purpose=purpose, pilot=pilot)


def without_spawn_key(key: Key) -> np.random.Generator:
    """The fault: all in one list, where a seed of two words runs into the next number."""
    seed, network, purpose, pilot = key
    return np.random.default_rng([seed, network, int(purpose) + 16 * pilot])


def pilots_as_networks(key: Key) -> np.random.Generator:
    """The fault: pilots draw what networks draw."""
    seed, network, purpose, _ = key
    return stream(seed, network=network, purpose=purpose)


def test_all_streams_are_apart() -> None:
    assert not repeated(keys_that_must_differ(), of_the_house)


@pytest.mark.parametrize("faulty", [without_spawn_key, pilots_as_networks])
def test_streams_that_run_together_are_seen(faulty: Stream) -> None:
    assert repeated(keys_that_must_differ(), faulty)


def test_a_stream_is_that_of_the_promise() -> None:
    promised = np.random.SFC64(np.random.SeedSequence(5, spawn_key=(7, 2))).random_raw(4)
    words = stream(5, network=7, purpose=Purpose.INPUTS).bit_generator.random_raw(4)
    assert words.tolist() == promised.tolist()
    assert len({int(purpose) for purpose in Purpose}) == len(Purpose)


def drawn_by(trace: Trace) -> dict[str, NDArray[Any]]:
    """Return everything that streams decide, one row a network."""
    return {
        "inputs": trace.layers[0].below,
        "first z": trace.layers[0].pre_activation,
        "last z": trace.layers[-1].pre_activation,
        "gradient": trace.layers[-1].gradient,
    }


@every_sampler
@pytest.mark.parametrize("loss", ["softmax_nll", "random_cotangent"])
def test_networks_and_pilots_show_different_draws(sampler: str, loss: str) -> None:
    asked = Study(
        activation="tanh",
        initializer="glorot_uniform",
        widths=(6, 6),
        inputs="digits",
        examples=4,
        fresh_inputs=True,
        bias="normal",
        bias_scale=0.1,
        loss=loss,
    )
    study = served(asked, sampler).resolved()
    networks = drawn_by(SAMPLERS[sampler](study, [0, 1, 2], None))
    pilots = drawn_by(SAMPLERS[sampler](study, [0, 1, 2], None, pilot=True))
    for name, rows in networks.items():
        for first, second in combinations([*rows, *pilots[name]], 2):
            assert not np.array_equal(first, second), name


Asked = tuple[int, Purpose, bool]


def asked_for(study: Study, networks: list[int], monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Return every stream that a trace of networks and pilots opens."""
    opened: list[Asked] = []

    def recording(
        seed: int, *, network: int, purpose: Purpose, pilot: bool = False
    ) -> np.random.Generator:
        assert seed == study.seed
        opened.append((network, purpose, pilot))
        return stream(seed, network=network, purpose=purpose, pilot=pilot)

    for module in ("examples", "sampling.dense", "sampling.given", "sampling.weight_free"):
        monkeypatch.setattr(f"saturation_lab.{module}.stream", recording)
    full = study.resolved()
    for pilot in (False, True):
        SAMPLERS[full.sampler](full, networks, None, pilot=pilot)
    return opened


@every_sampler
def test_every_use_opens_a_stream_of_its_own(sampler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, biases, inputs and cotangent of each network and pilot: one stream each, once."""
    undrawn = {Purpose.UNSEEN, Purpose.BLOCK}
    purposes = set(OWN_PILOT) - (undrawn if sampler == "dense" else set())
    study = served(STUDIES["width 1, one example"], sampler)
    opened = asked_for(study, [4, 9], monkeypatch)
    assert sorted(opened) == sorted((i, p, q) for i in (4, 9) for p in purposes for q in (0, 1))


def weights_of(study: Study, network: int) -> list[NDArray[np.float64]]:
    """Solve for the weights of every hidden layer of a network without biases."""
    full = study.resolved()
    trace = dense_trace(full, [network], shared_examples(full))
    return [
        np.linalg.lstsq(layer.below[0], layer.pre_activation[0], rcond=None)[0].T
        for layer in trace.layers
    ]


def linear(initializer: str, *, seed: int = 0) -> Study:
    return Study(
        activation="identity",
        initializer=initializer,
        widths=(5, 5, 7),
        features=5,
        gain=1.0,
        bias="zero",
        inputs="gaussian",
        examples=20,
        dtype="float64",
        seed=seed,
    )


def proportional(first: Study, second: Study) -> bool:
    """Say whether the weights of two studies are multiples of each other, layer by layer."""
    for one, other in zip(weights_of(first, 3), weights_of(second, 3), strict=True):
        factors = one / other
        if not np.allclose(factors, factors.flat[0], rtol=1e-9):
            return False
    return True


@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_initializers_of_one_law_share_their_draws(law: str) -> None:
    # a law that is not centred adds its mean to the same draws
    first, *others = [x for x, rule in INITIALIZERS.items() if rule.law == law and not rule.centre]
    assert others
    for other in others:
        assert proportional(linear(first), linear(other)), other
    different = next(name for name, rule in INITIALIZERS.items() if rule.law != law)
    assert not proportional(linear(first), linear(different))
    assert not proportional(linear(first), linear(others[0], seed=1))


def test_layers_and_networks_have_weights_of_their_own() -> None:
    study = linear("glorot_normal")
    found = [weights_of(study, network)[layer] for network in (0, 1) for layer in (0, 1)]
    for first, second in combinations(found, 2):
        assert not np.isclose(first, second, rtol=1e-6).any()


def test_shared_inputs_are_the_same_in_studies_of_one_seed() -> None:
    first, second = (
        shared_examples(s.resolved()) for s in (linear("he_normal"), linear("he_uniform"))
    )
    other = shared_examples(linear("he_normal", seed=1).resolved())
    assert first is not None
    assert second is not None
    assert other is not None
    assert np.array_equal(first.x, second.x)
    assert not np.isclose(first.x, other.x).any()


def test_ranges_are_part_of_what_is_the_same() -> None:
    study = STUDIES["labels"]
    assert with_ranges(study).ranges == one_by_one(study, "dense").study.ranges


def _largest(factor: int, layer: TracedLayer, tallies: object) -> Any:
    return factor * np.abs(layer.pre_activation).max(axis=(1, 2))


def test_a_quantity_of_the_user_is_measured_by_every_worker() -> None:
    study = replace(STUDIES["labels"], networks=R)
    for factor in (1, 2):  # workers outlive a run: the second one must not use the first function
        QUANTITIES["largest_z"] = Quantity(
            name="largest_z",
            definition="a multiple of the largest |z|",
            kind=Kind.SIZE,
            measure=partial(_largest, factor),
        )
        try:
            found = [sample(study, workers=workers, chunk=2) for workers in (1, 2)]
            one, two = (x.values("largest_z", 1) for x in found)
            assert one.tolist() == two.tolist()
            assert one[3] == factor * np.abs(trace_network(study, 3).layers[0].pre_activation).max()
        finally:
            del QUANTITIES["largest_z"]
    sample(study, workers=2, chunk=2)  # the workers have forgotten it
