"""A user's own rule runs like a built-in one; a rule that breaks its own statement is refused.

The check of draws is deterministic: its probes come from fixed seeds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from latex2mathml.converter import convert
from numpy.typing import NDArray

from saturation_lab import INITIALIZERS, InputError, Study, own_initializer, sample
from saturation_lab.cli import main
from saturation_lab.nets import FIXED, LAWS, PROBE, find_initializer

Array = NDArray[Any]
Rng = np.random.Generator
ORTHOGONAL = INITIALIZERS["orthogonal"]


def glorot(fan_in: int, fan_out: int) -> float:
    return math.sqrt(2 / (fan_in + fan_out))


def normal(rng: Rng, shape: tuple[int, int]) -> Array:
    """Draw Glorot's normal law."""
    return rng.standard_normal(shape) * glorot(shape[1], shape[0])


def study_of(rule: Any, **changes: Any) -> Study:
    given: dict[str, Any] = {
        "activation": "tanh", "initializer": rule, "widths": (20, 30), "inputs": "gaussian",
        "networks": 3, "examples": 4,
    }  # fmt: skip
    return Study(**{**given, **changes})


def values(rule: Any, *, workers: int = 1, **changes: Any) -> Array:
    return sample(study_of(rule, **changes), workers=workers).summary.values


@pytest.mark.parametrize("law", ["normal", "uniform", "truncated_normal"])
def test_a_rule_of_the_table_written_by_hand_gives_the_same_numbers(law: str) -> None:
    mine = own_initializer("mine", std=glorot, law=law)
    np.testing.assert_allclose(values(mine), values(f"glorot_{law}"), rtol=1e-5)
    np.testing.assert_allclose(values(mine, gain=2.0), values(f"glorot_{law}", gain=2.0), rtol=1e-5)


@pytest.mark.parametrize("workers", [1, 2])
def test_own_draws_give_what_the_law_gives(workers: int) -> None:
    mine = own_initializer("mine", std=glorot, law=normal)
    for gain in (1.0, 2.0):
        given: dict[str, Any] = {"gain": gain, "dtype": "float64"}
        np.testing.assert_allclose(
            values(mine, workers=workers, **given), values("glorot_normal", **given), rtol=1e-9
        )


def test_at_gain_1_own_draws_are_taken_to_the_bit() -> None:
    mine = own_initializer("mine", std=glorot, law=normal)
    for shape in ((3, 5), (70, 11), (64, 64)):
        std = mine.std(fan_in=shape[1], fan_out=shape[0], gain=1.0)
        drawn = mine.draw(np.random.default_rng(1), shape, std=std, dtype="float64")
        assert np.array_equal(drawn, normal(np.random.default_rng(1), shape))


@pytest.mark.parametrize(
    "law",
    [
        lambda rng, shape: rng.choice([-1, 1], shape),
        lambda rng, shape: rng.choice(np.array([-1, 1], dtype="f2"), shape),
        lambda rng, shape: rng.standard_normal(shape, dtype="f4"),
        lambda rng, shape: rng.laplace(0, math.sqrt(0.5), shape),
        lambda rng, shape: rng.standard_normal(shape) * (rng.random(shape) < 0.1) * math.sqrt(10),
        lambda rng, shape: rng.standard_t(5, shape) * math.sqrt(3 / 5),
        lambda rng, shape: ORTHOGONAL.draw(rng, shape, std=1.0, dtype="float64"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_of_any_law_of_that_spread_are_taken(law: Any, dtype: str) -> None:
    mine = own_initializer("mine", std=1, law=law)
    drawn = mine.draw(np.random.default_rng(1), (9, 7), std=0.5, dtype=dtype)
    assert drawn.dtype == dtype
    assert np.array_equal(
        drawn, (0.5 * np.asarray(law(np.random.default_rng(1), (9, 7)), "f8")).astype(dtype)
    )


def _late_nan(rng: Rng, shape: tuple[int, int]) -> Array:
    drawn = normal(rng, shape)
    if shape[0] < PROBE[0]:
        drawn[0, 0] = np.nan
    return drawn


def _raising(rng: Rng, shape: tuple[int, int]) -> Array:
    raise RuntimeError("no such\nlaw")


def _scaled_cauchy(rng: Rng, shape: tuple[int, int]) -> Array:
    w = rng.standard_cauchy(shape)
    return glorot(*shape) * w / math.sqrt(float(np.square(w).mean()))


def _rare_outliers(rng: Rng, shape: tuple[int, int]) -> Array:
    return normal(rng, shape) * np.where(rng.random(shape) < 1e-6, 1000, 1)


def _repeated_row(rng: Rng, shape: tuple[int, int]) -> Array:
    w = normal(rng, shape)
    w[-1] = w[0]
    return w


def _low_rank(rng: Rng, shape: tuple[int, int]) -> Array:
    a, b = rng.standard_normal((shape[0], 8)), rng.standard_normal((8, shape[1]))
    return glorot(*shape) * a @ b / math.sqrt(8)


def _moving(rng: Rng, shape: tuple[int, int]) -> Array:
    w = rng.standard_normal((shape[0] + 1, shape[1]))
    return glorot(*shape) * (w[1:] + 0.1 * w[:-1]) / math.sqrt(1.01)


SPREAD = r"expected weights of standard deviation 0\.1336, .*std\(48, 64\), got mine, which"

DREW = "drew weights of standard deviation"
REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "2 % up": (lambda rng, shape: 1.02 * normal(rng, shape), SPREAD + rf" {DREW} 0\.136"),
    "2 % down": (lambda rng, shape: 0.98 * normal(rng, shape), SPREAD),
    "twice": (lambda rng, shape: 2 * normal(rng, shape), SPREAD + rf" {DREW} 0\.26"),
    "zero": (lambda rng, shape: np.zeros(shape), SPREAD + f" {DREW} 0"),
    "variance for std": (
        lambda rng, shape: rng.standard_normal(shape) * glorot(*shape) ** 2, SPREAD
    ),
    "lopsided": (
        lambda rng, shape: normal(rng, shape) + 0.1 * glorot(*shape), "expected weights of mean 0"
    ),
    "slightly lopsided": (
        lambda rng, shape: normal(rng, shape) + 0.01 * glorot(*shape), "expected weights of mean 0"
    ),
    "Cauchy": (
        lambda rng, shape: glorot(*shape) * rng.standard_cauchy(shape),
        "expected weights whose mean square has a relative standard error of at most 10 %",
    ),
    "Cauchy, scaled to its own mean square": (
        _scaled_cauchy, r"expected weights of which none holds over 10 % of the sum of squares"
    ),
    "outliers": (
        _rare_outliers,
        "expected weights whose mean square has a relative standard error of at most 3 %",
    ),
    "a spread of each matrix": (
        lambda rng, shape: normal(rng, shape) * math.sqrt(rng.exponential()),
        ".* or all weights of a matrix share a factor",
    ),
    "one sign for each row": (
        lambda rng, shape: glorot(*shape) * rng.choice([-1, 1], (shape[0], 1)) * np.ones(shape),
        ".* neighbours along the rows have the correlation 1",
    ),
    "a moving average": (_moving, ".* neighbours along the columns have the correlation 0.1"),
    "a repeated row": (_repeated_row, ".* 1 of 512 rows equal another one"),
    "low rank": (_low_rank, ".* as in a matrix of low rank"),
    "transposed": (lambda rng, shape: normal(rng, shape[::-1]), r"float64 of shape \(48, 64\)"),
    "a number": (lambda rng, shape: rng.standard_normal(), r"float64 of shape \(\)"),
    "truths": (lambda rng, shape: rng.random(shape) < 0.5, "returned bool of shape"),
    "complex": (lambda rng, shape: 1j * normal(rng, shape), "returned complex128"),
    "words": (lambda rng, shape: np.full(shape, "w"), "returned <U1"),
    "NaN": (lambda rng, shape: np.full(shape, np.nan), "expected finite weights, .* drew nan"),
    "infinity": (lambda rng, shape: np.full(shape, -np.inf), "drew -inf"),
    "raises": (_raising, "raised RuntimeError: no such law"),
    "takes one": (lambda rng: rng, "raised TypeError"),
    "a generator of its own": (
        lambda rng, shape: normal(np.random.default_rng(), shape), "drew other weights from an"
    ),
}  # fmt: skip
"""Planted faults of draws whose standard deviation is Glorot's."""


@pytest.mark.parametrize("name", REFUSED)
def test_draws_that_are_not_what_they_say_are_refused_in_one_line(name: str) -> None:
    law, said = REFUSED[name]
    with pytest.raises(InputError, match=rf"^initializer: (expected .*)?{said}") as error:
        own_initializer("mine", std=glorot, law=law)
    assert "\n" not in str(error.value)
    assert "mine, which " in str(error.value)


def test_the_other_layout_can_be_drawn() -> None:
    def law(rng: Rng, shape: tuple[int, int]) -> Array:
        return rng.standard_normal(shape) / math.sqrt(shape[0])  # (fan_in, fan_out)

    mine = own_initializer("mine", std=lambda n, m: n**-0.5, law=law, layout="in_out")
    drawn = mine.draw(np.random.default_rng(1), (5, 3), std=3**-0.5, dtype="float64")
    np.testing.assert_allclose(drawn, law(np.random.default_rng(1), (3, 5)).T)
    with pytest.raises(InputError, match=r"drew weights of standard deviation 0\.125"):
        own_initializer("mine", std=lambda n, m: n**-0.5, law=law)
    with pytest.raises(InputError, match="layout: expected one of out_in, in_out"):
        own_initializer("mine", std=1, layout="io")  # type: ignore[arg-type]


@pytest.mark.proof
@pytest.mark.parametrize("df", [5, 6])
def test_student_is_refused_as_rarely_as_documented(df: int) -> None:
    """At 1 in 10,000 each, 300 checks of other seeds refuse 3 or more in 1 run of 200,000."""
    refused = 0
    for offset in range(300):

        def law(rng: Rng, shape: tuple[int, int], offset: int = offset) -> Array:
            other = np.random.default_rng([offset, int(rng.integers(2**62))])
            return other.standard_t(df, shape) * math.sqrt((df - 2) / df)

        try:
            own_initializer("mine", std=1, law=law)
        except InputError:
            refused += 1
    assert refused < 3


def test_swapped_fans_are_seen() -> None:
    def swapped(fan_in: int, fan_out: int) -> float:
        return math.sqrt(1 / fan_out)

    def law(rng: Rng, shape: tuple[int, int]) -> Array:
        return rng.standard_normal(shape) / math.sqrt(shape[1])

    with pytest.raises(InputError, match=r"of standard deviation 0\.125"):
        own_initializer("mine", std=swapped, law=law)


@pytest.mark.parametrize(
    ("std", "said"),
    [
        (0, "got 0"),
        (-1.0, "got -1.0"),
        (math.nan, "got nan"),
        (math.inf, "got inf"),
        ("0.1", 'got "0.1"'),
        (None, "got None"),
        (True, "got true"),
        (lambda n, m: 1 / (n - n), "got ZeroDivisionError: division by zero"),
        (lambda n: 1 / n, "got TypeError: "),
        (lambda n, m: -n, "got -48"),
    ],
)
def test_a_standard_deviation_that_is_none_is_refused(std: Any, said: str) -> None:
    with pytest.raises(InputError, match=rf"^std\(48, 64\) of mine: expected .*{said}") as error:
        own_initializer("mine", std=std)
    assert "\n" not in str(error.value)


def test_unknown_laws_and_biases_are_refused() -> None:
    with pytest.raises(InputError, match=r'law: .* did you mean "normal"'):
        own_initializer("mine", std=1, law="norml")
    with pytest.raises(InputError, match="bias: expected one of"):
        own_initializer("mine", std=1, bias="none")
    with pytest.raises(TypeError, match="std"):
        own_initializer("mine")  # type: ignore[call-arg]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_fails_later_fails_in_one_line(workers: int) -> None:
    mine = own_initializer("mine", std=glorot, law=_late_nan)
    with pytest.raises(InputError, match=r"^initializer: expected finite weights, got mine"):
        sample(study_of(mine), workers=workers)
    odd = own_initializer("odd", std=lambda n, m: 1.0 if n == PROBE[1] else -1.0)
    with pytest.raises(InputError, match=r"^std\(20, 20\) of odd: expected"):
        sample(study_of(odd), workers=workers)


def test_its_words_and_bias_are_those_of_a_rule() -> None:
    mine = own_initializer("mine", std=0.1, law=lambda rng, shape: rng.choice([-0.1, 0.1], shape))
    assert (mine.name, mine.law, mine.source) == ("mine", "own", "the user's own")
    assert mine.formula == "own law, std = g s(n, m), g = 1"
    assert convert(mine.latex).startswith("<math")
    assert find_initializer(mine) is mine
    biased = own_initializer("biased", std=0.1, bias="pytorch_default")
    assert study_of(biased).resolved_bias == "pytorch_default"
    assert all(layer.bias_std > 0 for layer in study_of(biased).architecture.layers)


def test_a_module_and_attribute_run_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules_of_mine.py").write_text(
        "from saturation_lab import own_initializer\n"
        'wide = own_initializer("wide", std=lambda n, m: 2 / n**0.5, law="uniform")\n'
        'wrong = "he_normal"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    given = ["sample", "--inputs", "digits", "--depth", "2", "--width", "9", "--networks", "2"]
    given += ["--workers", "1", "--init"]
    assert main([*given, "rules_of_mine:wide"]) == 0
    assert "tanh, wide, digits" in capsys.readouterr().out
    assert main([*given, "rules_of_mine:wide", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["study"]["initializer"] == "rules_of_mine:wide"
    assert main([*given, "rules_of_mine:none"]) == 2
    assert "AttributeError" in capsys.readouterr().err


def test_the_table_has_no_draws_of_its_own() -> None:
    assert all(rule.own is None and rule.law in LAWS | FIXED for rule in INITIALIZERS.values())
