"""A study is plain data; unusable values are refused in one line."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from saturation_lab import InputError, Study, sample

GOOD: dict[str, Any] = {
    "activation": "tanh",
    "initializer": "glorot_uniform",
    "widths": [30, 20],
    "networks": 3,
}

BAD = [
    ("activation", "tahn", 'did you mean "tanh"?'),
    ("activation", None, "one of sigmoid"),
    ("initializer", "glorot", "name the law as well: glorot_uniform or glorot_normal"),
    ("initializer", 7, "got 7"),
    ("widths", [], "at least one hidden layer"),
    ("widths", [0], "at least 1, got 0"),
    ("widths", [-1], "got -1"),
    ("widths", [1e9], "a whole number"),
    ("widths", [64.5], "got 64.5"),
    ("widths", [float("nan")], "got nan"),
    ("widths", [True], "got true"),
    ("widths", ["64"], 'got "64"'),
    ("widths", "64", "a list of whole numbers"),
    ("widths", 64, "a list of whole numbers"),
    ("gain", 0, "above 0"),
    ("gain", float("inf"), "finite"),
    ("gain", "4", 'got "4"'),
    ("gain", True, "got true"),
    ("bias", "gaussian", "one of zero, normal"),
    ("bias_scale", -1, "at least 0"),
    ("bias_scale", 0.1, "zero biases take no scale"),
    ("inputs", "mnist", "one of shapeset, digits, gaussian"),
    ("features", 0, "at least 1"),
    ("features", 12, "1024 or nothing"),
    ("scaling", "zscore", "one of signed"),
    ("examples", 0, "at least 1"),
    ("examples", 2.5, "got 2.5"),
    ("fresh_inputs", "yes", "true or false"),
    ("loss", "mse", "one of softmax_nll"),
    ("columns", [], "the names of columns"),
    ("columns", ["a", 1.5], "the name of a column or array, got 1.5"),
    ("drop", ["a"], "nothing, because shapeset inputs are not a file"),
    ("missing", "median", "one of drop, mean"),
    ("inputs", np.zeros((3, 2)), 'np.save("mine.npy", x); inputs = "mine.npy"'),
    ("saturation_beyond", 0, "above 0"),
    ("networks", 0, "from 1"),
    ("networks", 2**32, "to 4,294,967,295"),
    ("networks", float("nan"), "got nan"),
    ("seed", -1, "from 0"),
    ("seed", 2**63, "to 9,223,372,036,854,775,807"),
    ("dtype", "float16", "one of auto, float32, float64"),
    ("sampler", "fast", "one of auto, dense"),
    ("bins", 1, "from 2"),
    ("ranges", {"gradient": [1.0, -1.0]}, "above 1"),
    ("ranges", {"gradients": [-1.0, 1.0]}, 'did you mean "gradient"?'),
    ("ranges", [1, 2], "a table"),
]


@pytest.mark.parametrize(("key", "value", "said"), BAD)
def test_what_cannot_be_used_is_refused_with_its_key(key: str, value: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Study(**{**GOOD, key: value})
    line = str(caught.value)
    assert line.startswith(key)
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"inputs": "digits", "examples": 1798},
            "examples: expected a whole number from 1 to 1,797",
        ),
        ({"inputs": "gaussian", "loss": "softmax_nll"}, "loss: expected random_cotangent"),
        ({"inputs": "gaussian", "scaling": "unit"}, "scaling: expected standardized, standard"),
        ({"bias": "normal"}, "bias_scale: expected a number"),
        ({"activation": "softsign", "initializer": "lecture_normal"}, "gain: expected a number"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Study(**{**GOOD, **changes})


def test_one_network_and_numpy_numbers_are_fine() -> None:
    study = Study(**{**GOOD, "networks": np.int64(1), "widths": np.array([3, 4])})
    assert study.networks == 1
    assert study.widths == (3, 4)
    assert type(study.widths[0]) is int


def test_toml_and_pickle_round_trips() -> None:
    study = Study(
        **GOOD,
        gain=1.5,
        bias="normal",
        bias_scale=0.1,
        ranges={"gradient": (-1.0, 1.0)},
        seed=2**62,
    )
    for again in (
        Study.from_toml(study.to_toml()),
        Study.from_dict(study.to_dict()),
        pickle.loads(pickle.dumps(study)),
    ):
        assert again == study
        assert again.digest == study.digest


def test_digest_is_stable_and_sees_every_key() -> None:
    study = Study(**GOOD)
    # written down: a digest that changes with the code no longer names the studies of before
    assert study.digest == ("4bfc91bb885bafc9b014dc47e76e7626c0ea1895d576622d249c2edb2d2b982d")
    assert study.digest == study.resolved().digest
    digests = {study.digest}
    changes: list[dict[str, Any]] = [
        {"activation": "relu"}, {"initializer": "he_normal"}, {"widths": [20, 30]}, {"gain": 2.0},
        {"bias": "pytorch_default"}, {"inputs": "digits"}, {"scaling": "unit"}, {"examples": 9},
        {"fresh_inputs": True}, {"loss": "random_cotangent"}, {"saturation_beyond": 4.0},
        {"singular_values": 1}, {"networks": 4}, {"seed": 1}, {"dtype": "float64"}, {"bins": 100},
        {"ranges": {"gradient": (-1.0, 1.0)}},
    ]  # fmt: skip
    for change in changes:
        digests.add(replace(study, **change).digest)
    assert len(digests) == len(changes) + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("activation = 3 =", "expected TOML"),
        ('schema = 2\nactivation = "tanh"', "schema: expected 1, got 2"),
        ('activaton = "tanh"', 'did you mean "activation"?'),
        ('activation = "tanh"', "initializer: expected a value, got nothing"),
        ('activation = "tanh"\ninitializer = "he_normal"\ndepth = 0\nwidth = 9', "depth: expected"),
        ('activation = "tanh"\ninitializer = "he_normal"\ndepth = 5', "width: expected a value"),
        (
            'activation = "tanh"\ninitializer = "he_normal"\ndepth = 5\nwidth = 9\nwidths = [3]',
            "either widths, or depth and width",
        ),
    ],
)
def test_bad_toml_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Study.from_toml(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_users_function_runs_and_is_written_down_only_where_it_can_be_found() -> None:
    named = Study(**{**GOOD, "activation": "numpy:arctan", "inputs": "digits", "examples": 5})
    assert Study.from_toml(named.to_toml()) == named
    loose = replace(named, activation=lambda z: 1.0 * np.arctan(z))
    assert not loose.can_be_written
    for write in (loose.to_toml, loose.to_dict, lambda: loose.digest):
        with pytest.raises(InputError, match=r"activation: expected a name .* or module"):
            write()
    ranges = {"pre_activation": (-9.0, 9.0), "activation": (-2.0, 2.0)}
    results = [sample(replace(s, ranges=ranges), workers=2) for s in (named, loose)]
    np.testing.assert_array_equal(results[0].summary.values, results[1].summary.values)
    assert results[1].to_json()["digest"] is None
    with pytest.raises(InputError, match="activation"):
        Study(**{**GOOD, "activation": "numpy:no_such_function"})
    with pytest.raises(InputError, match="activation"):
        Study(**{**GOOD, "activation": np.argsort})


def test_resolved_is_idempotent_and_keeps_what_was_said() -> None:
    study = Study(**{**GOOD, "activation": "sigmoid", "initializer": "lecture_normal"}).resolved()
    assert study.gain == 4.0
    assert study.resolved() == study
    assert replace(study, gain=2.0).resolved().gain == 2.0
    assert Study(**{**GOOD, "initializer": "pytorch_default"}).resolved().bias == "pytorch_default"


def test_thresholds_follow_saturation_beyond() -> None:
    assert Study(**GOOD, saturation_beyond=4.0).thresholds == (-4.0, 4.0)
    low, high = Study(**GOOD).thresholds
    assert -2.2 < low < -2.1
    assert high == -low
