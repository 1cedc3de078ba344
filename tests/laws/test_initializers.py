"""Weights and biases follow their law: the whole distribution, not only its variance.

Each check asks six questions of 350,000 draws. It rejects correct code for one seed in a million.
A spread that is off by 1 % is at least 8.4 standard errors away; the limit is 5.2, so the error is
missed for fewer than one seed in a thousand.

The entries of an orthogonal matrix are not independent: its law is held in test_orthogonal.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from saturation_lab import (
    ACTIVATIONS,
    INITIALIZERS,
    Activation,
    Initializer,
    InputError,
    Study,
    own_initializer,
)
from saturation_lab.nets import BIASES, LAWS, BiasLaw
from saturation_lab.nets.weight_draws import BLOCK

Array = NDArray[Any]

FALSE_ALARM = 1e-6
FANS = [(700, 500), (500, 700)]  # (fan_in, fan_out)
DRAWS = 350_000
SCALE = 0.3  # of biases that take one
GAINED = ACTIVATIONS["sigmoid"]  # its lecture gain is 4: forgetting it shows
LECTURE_GAIN = {"sigmoid": 4.0, "tanh": 1.0, "relu": math.sqrt(2), "silu": math.sqrt(2)}

WEIGHTS: dict[str, tuple[str, Callable[[int, int, str], float]]] = {
    "standard_uniform": ("uniform", lambda n, m, a: 1 / (3 * n)),
    "glorot_uniform": ("uniform", lambda n, m, a: 2 / (n + m)),
    "glorot_normal": ("normal", lambda n, m, a: 2 / (n + m)),
    "glorot_truncated_normal": ("truncated_normal", lambda n, m, a: 2 / (n + m)),
    "he_uniform": ("uniform", lambda n, m, a: 2 / n),
    "he_normal": ("normal", lambda n, m, a: 2 / n),
    "he_truncated_normal": ("truncated_normal", lambda n, m, a: 2 / n),
    "he_fan_out_uniform": ("uniform", lambda n, m, a: 2 / m),
    "he_fan_out_normal": ("normal", lambda n, m, a: 2 / m),
    "he_fan_out_truncated_normal": ("truncated_normal", lambda n, m, a: 2 / m),
    "lecun_uniform": ("uniform", lambda n, m, a: 1 / n),
    "lecun_normal": ("normal", lambda n, m, a: 1 / n),
    "lecun_truncated_normal": ("truncated_normal", lambda n, m, a: 1 / n),
    "lecture_uniform": ("uniform", lambda n, m, a: LECTURE_GAIN[a] ** 2 * 2 / (n + m)),
    "lecture_normal": ("normal", lambda n, m, a: LECTURE_GAIN[a] ** 2 * 2 / (n + m)),
    "lecture_truncated_normal": (
        "truncated_normal",
        lambda n, m, a: LECTURE_GAIN[a] ** 2 * 2 / (n + m),
    ),
    "lecture_forward_normal": ("normal", lambda n, m, a: LECTURE_GAIN[a] ** 2 / n),
    "lecture_backward_normal": ("normal", lambda n, m, a: LECTURE_GAIN[a] ** 2 / m),
    "orthogonal": ("orthogonal", lambda n, m, a: 1 / max(n, m)),
    "normal": ("normal", lambda n, m, a: 1.0),
    "uniform": ("uniform", lambda n, m, a: 1.0),
    "truncated_normal": ("truncated_normal", lambda n, m, a: 1.0),
    "pytorch_default": ("uniform", lambda n, m, a: 1 / (3 * n)),
}
"""Law and Var w of every random, centred initializer: n = fan-in, m = fan-out, a = the activation's
name."""

FAILING: dict[str, tuple[str, float, Callable[[Array], Array]]] = {
    "zeros": ("constant", 0.0, np.zeros_like),
    "constant": ("constant", 1.0, np.ones_like),
    "identity": ("identity", math.nan, lambda w: np.eye(*w.shape)),
    "positive_uniform": ("uniform", 0.5, lambda w: w),
}
"""Law and E w at gain 1 of the others, and the only matrix that they can draw at gain 1, if any."""

OFFSETS: dict[str, tuple[str, Callable[[int], float]]] = {
    "zero": ("zero", lambda n: 0.0),
    "normal": ("normal", lambda n: SCALE**2),
    "uniform": ("uniform", lambda n: SCALE**2 / 3),
    "constant": ("constant", lambda n: 0.0),
    "fan_in_normal": ("normal", lambda n: SCALE**2 / n),
    "fan_in_uniform": ("uniform", lambda n: SCALE**2 / (3 * n)),
    "pytorch_default": ("uniform", lambda n: 1 / (3 * n)),
}
"""Law and Var b of every bias law at the scale `SCALE`; n = fan-in."""

CUT = stats.truncnorm(-2, 2)  # a standard normal cut off at ±2
CUT_STD = float(CUT.std())
CUT_RULE = "he_truncated_normal"

CDF: dict[str, Callable[[Array], Array]] = {
    "normal": special.ndtr,
    "uniform": lambda x: np.clip((x / math.sqrt(3) + 1) / 2, 0, 1),
    "truncated_normal": lambda x: np.clip(
        (special.ndtr(CUT_STD * x) - special.ndtr(-2)) / special.erf(math.sqrt(2)), 0, 1
    ),
}
MOMENT: dict[str, dict[int, float]] = {
    "normal": {4: 3.0, 6: 15.0, 8: 105.0},
    "uniform": {4: 9 / 5, 6: 27 / 7, 8: 9.0},
    "truncated_normal": {k: float(CUT.moment(k)) / CUT_STD**k for k in (4, 6, 8)},
}
BOUND = {"uniform": math.sqrt(3), "truncated_normal": 2 / CUT_STD}
"""Distribution function, even moments and bound of a law at variance 1."""

SOUND = {name: rule for name, rule in INITIALIZERS.items() if name not in FAILING}
INDEPENDENT = [rule for rule in SOUND.values() if rule.law != "orthogonal"]
BOUNDED = [name for name, rule in SOUND.items() if rule.law in BOUND]

independent_rules = pytest.mark.parametrize("rule", INDEPENDENT, ids=lambda rule: rule.name)
every_rule = pytest.mark.parametrize("rule", SOUND.values(), ids=SOUND)
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
every_bias = pytest.mark.parametrize("bias", BIASES.values(), ids=BIASES)
both_fans = pytest.mark.parametrize(("fan_in", "fan_out"), FANS)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def weight_law(name: str) -> tuple[str, Callable[[int, int, str], float]]:
    if name not in WEIGHTS:
        pytest.fail(f"initializer {name} has no row in WEIGHTS of {__name__}: write its Var w")
    return WEIGHTS[name]


def bias_law(name: str) -> tuple[str, Callable[[int], float]]:
    if name not in OFFSETS:
        pytest.fail(f"bias law {name} has no row in OFFSETS of {__name__}: write its Var b")
    return OFFSETS[name]


def two_sided(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def kolmogorov(x: Array, cdf: Callable[[Array], Array]) -> float:
    """Return a bound on the Kolmogorov-Smirnov p-value: 2 e^(-2 n D²), for any n (Massart 1990)."""
    below = cdf(np.sort(x))
    steps = np.arange(x.size + 1) / x.size
    distance = max(float((steps[1:] - below).max()), float((below - steps[:-1]).max()))
    return 2 * math.exp(-2 * x.size * distance**2)


def p_value(draws: Array, law: str, variance: float) -> float:
    """Return the p-value of "iid from this centred law of this variance", from six statistics.

    Kolmogorov-Smirnov; the means of x, x², x³ and x⁴ in standard errors; the lag-one correlation.
    Six at once: the smallest p-value times six (Bonferroni).
    """
    x = draws.reshape(-1).astype(np.float64) / math.sqrt(variance)
    root, square, moment = math.sqrt(x.size), np.square(x), MOMENT[law]
    p_values = [
        kolmogorov(x, CDF[law]),
        two_sided(x.mean() * root),
        two_sided((square.mean() - 1) * root / math.sqrt(moment[4] - 1)),
        two_sided(float(square @ x) / root / math.sqrt(moment[6])),
        two_sided(
            (float(square @ square) / x.size - moment[4])
            * root
            / math.sqrt(moment[8] - moment[4] ** 2)
        ),
        two_sided(float(x[1:] @ x[:-1]) / root),
    ]
    return min(1.0, len(p_values) * min(p_values))


def alignment_p_value(weights: Array) -> float:
    """Return the p-value of "no two rows and no two columns belong together".

    For independent normal vectors of n entries the squared cosine of two is Beta(1/2, (n - 1)/2);
    for bounded ones large cosines are rarer still. Bonferroni over all pairs.
    """
    p_values: list[float] = []
    for rows in (weights, weights.T):
        unit = rows.astype(np.float64)
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        cosine = np.triu(unit @ unit.T, k=1)
        count, length = rows.shape
        pairs = count * (count - 1) / 2
        largest = min(1.0, float(np.square(cosine).max()))
        p_values.append(pairs * float(stats.beta(0.5, (length - 1) / 2).sf(largest)))
    return min(1.0, 2 * min(p_values))


def draw(rule: Initializer, fan_in: int, fan_out: int, dtype: str, seed: int) -> Array:
    std = rule.std(fan_in=fan_in, fan_out=fan_out, gain=rule.gain_for(GAINED))
    rng = np.random.default_rng(seed)
    return rule.draw(rng, (fan_out, fan_in), std=std, dtype=dtype)


def test_every_member_has_its_law_and_every_law_a_member() -> None:
    assert sorted([*WEIGHTS, *FAILING]) == sorted(INITIALIZERS)
    assert sorted(OFFSETS) == sorted(BIASES)


@every_rule
def test_rows_say_what_they_are(rule: Initializer) -> None:
    assert INITIALIZERS[rule.name] is rule
    assert rule.law == weight_law(rule.name)[0]
    assert (rule.centre, rule.spread) == (0, 1)
    assert rule.bias == ("pytorch_default" if rule.name == "pytorch_default" else "zero")
    assert rule.formula
    assert rule.latex
    assert rule.source


@both_dtypes
@both_fans
@independent_rules
def test_weights_follow_their_law(rule: Initializer, fan_in: int, fan_out: int, dtype: str) -> None:
    law, variance = weight_law(rule.name)
    weights = draw(rule, fan_in, fan_out, dtype, seed=1)
    assert weights.shape == (fan_out, fan_in)
    assert weights.dtype == dtype
    assert p_value(weights, law, variance(fan_in, fan_out, GAINED.name)) > FALSE_ALARM


@both_dtypes
@both_fans
@pytest.mark.parametrize("name", FAILING)
def test_weights_that_fail_are_what_they_say(
    name: str, fan_in: int, fan_out: int, dtype: str
) -> None:
    (law, mean, only), rule = FAILING[name], INITIALIZERS[name]
    assert rule.law == law
    assert rule.mean(fan_in=fan_in, fan_out=fan_out, gain=3.0) == pytest.approx(
        3 * mean, nan_ok=True
    )
    study = Study(
        activation="tanh",
        initializer=name,
        widths=(fan_out,),
        features=fan_in,
        gain=3.0,
        inputs="gaussian",
    )
    layer = study.architecture.layers[0]
    weights = rule.draw(
        np.random.default_rng(8),
        (fan_out, fan_in),
        std=layer.weight_std,
        mean=layer.weight_mean,
        dtype=dtype,
    )
    assert weights.dtype == dtype
    expected = only(weights / 3)
    assert weights / 3 == pytest.approx(expected, abs=1e-6 if dtype == "float32" else 1e-15)
    if name == "positive_uniform":
        assert weights.min() >= 0
        assert p_value(weights - 1.5, "uniform", 9 / 12) > FALSE_ALARM
    else:  # exactly the second moment
        assert np.square(weights, dtype=np.float64).mean() == pytest.approx(
            layer.weight_square, rel=1e-6
        )


@independent_rules
def test_rows_and_columns_are_independent(rule: Initializer) -> None:
    for fan_in, fan_out in FANS:
        assert alignment_p_value(draw(rule, fan_in, fan_out, "float64", seed=2)) > FALSE_ALARM


@pytest.mark.parametrize("name", BOUNDED)
@both_dtypes
@both_fans
def test_bounded_weights_fill_their_bounds(
    name: str, fan_in: int, fan_out: int, dtype: str
) -> None:
    rule = INITIALIZERS[name]
    weights = draw(rule, fan_in, fan_out, dtype, seed=3)
    law, variance = weight_law(name)
    bound = BOUND[law] * math.sqrt(variance(fan_in, fan_out, GAINED.name))
    assert np.abs(weights).max() <= bound * (1 + 2 * float(np.finfo(dtype).eps))
    # an edge zone of 1e-3 stays empty with probability e^-50
    assert weights.max() > bound * (1 - 1e-3)
    assert weights.min() < -bound * (1 - 1e-3)


def cut_at(bound: float, rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Return a standard normal, cut off at ±bound and restored to variance 1."""
    law = stats.truncnorm(-bound, bound)
    drawn: Array = law.ppf(rng.random(shape)) / law.std()
    return drawn


def planted_weights(name: str) -> dict[str, Array]:
    """Return weights with a fault each, where those of ``name`` at `FANS[0]` are right."""
    rule, (n, m) = INITIALIZERS[name], FANS[0]
    right, exact = draw(rule, n, m, "float64", seed=4), weight_law(name)[1](n, m, "relu")
    rng = np.random.default_rng(4)
    clipped = np.clip(rng.standard_normal((m, n)), -2, 2)
    return {
        "gain 1 % up": 1.01 * right,
        "gain 1 % down": 0.99 * right,
        "fans swapped": draw(rule, m, n, "float64", seed=4).T,
        **{
            f"the {law} law": draw(INITIALIZERS[f"he_{law}"], n, m, "float64", seed=4)
            for law in CDF
            if law != rule.law
        },
        "cut at 2, not restored": CUT_STD * draw(INITIALIZERS[CUT_RULE], n, m, "float64", seed=4),
        "cut at 3": np.sqrt(exact) * cut_at(3, rng, (m, n)),
        "what is beyond the cut moved to it": np.sqrt(exact) * clipped / float(clipped.std()),
        "variance read as standard deviation": rule.draw(rng, (m, n), std=exact, dtype="float64"),
        "mean a hundredth of the spread": right + 0.01 * math.sqrt(exact),
        "lopsided": np.where(right > 0, 1.02, 0.98) * right,
        "every draw used twice": np.repeat(right[:, : n // 2], 2, axis=1),
    }


@pytest.mark.parametrize("name", ["he_normal", "he_uniform", CUT_RULE])
def test_planted_weights_are_rejected(name: str) -> None:
    law, variance = weight_law(name)
    n, m = FANS[0]
    exact = variance(n, m, "relu")
    assert p_value(draw(INITIALIZERS[name], n, m, "float64", seed=4), law, exact) > FALSE_ALARM
    accepted = [
        what
        for what, weights in planted_weights(name).items()
        if p_value(weights, law, exact) > FALSE_ALARM
    ]
    assert accepted == []


def test_planted_alignment_is_rejected() -> None:
    right = draw(INITIALIZERS["glorot_normal"], *FANS[0], "float64", seed=5)
    assert alignment_p_value(right) > FALSE_ALARM
    repeated_row, shared_part = right.copy(), right.copy()
    repeated_row[300] = -right[17]
    shared_part += 0.5 * right[:, :1]
    assert alignment_p_value(repeated_row) < FALSE_ALARM
    assert alignment_p_value(shared_part) < FALSE_ALARM


@independent_rules
def test_swapped_fans_are_told_apart_wherever_the_rule_does(rule: Initializer) -> None:
    law, variance = weight_law(rule.name)
    n, m = FANS[0]
    exact, swapped = variance(n, m, "sigmoid"), variance(m, n, "sigmoid")
    weights = draw(rule, m, n, "float64", seed=6).T
    assert (p_value(weights, law, exact) > FALSE_ALARM) == (exact == swapped)


@every_activation
@every_rule
def test_the_standard_deviation_is_the_formula(rule: Initializer, activation: Activation) -> None:
    _, variance = weight_law(rule.name)
    gain = rule.gain if rule.gain is not None else LECTURE_GAIN.get(activation.name)
    if gain is None:
        with pytest.raises(InputError, match=f"^gain: .*{rule.name}") as error:
            rule.gain_for(activation)
        assert error.value.key == "gain"
    else:
        for n, m in [(3, 7), (7, 3), (1, 1), (1024, 10), (10, 1024)]:
            std = rule.std(fan_in=n, fan_out=m, gain=rule.gain_for(activation))
            assert std**2 == pytest.approx(variance(n, m, activation.name), rel=1e-14)


@every_rule
def test_a_named_gain_takes_the_place_of_the_own_one(rule: Initializer) -> None:
    _, variance = weight_law(rule.name)
    study = Study(
        activation="sigmoid",
        initializer=rule.name,
        widths=(30, 50, 20),
        inputs="gaussian",
        features=40,
    )
    own = rule.gain_for(ACTIVATIONS["sigmoid"])
    named = Study.from_dict({**study.to_dict(), "gain": 0.7})
    fans = [(40, 30), (30, 50), (50, 20)]
    for layer, other, (n, m) in zip(
        study.architecture.layers, named.architecture.layers, fans, strict=True
    ):
        assert (layer.fan_in, layer.fan_out) == (n, m)
        exact = variance(n, m, "sigmoid")
        assert layer.weight_std**2 == pytest.approx(exact, rel=1e-14)
        assert other.weight_std**2 == pytest.approx(exact * (0.7 / own) ** 2, rel=1e-14)


def _mixture(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Draw N(0, 4/n) as the sum of two halves, in float64 whatever the study's dtype."""
    return (rng.standard_normal(shape) + rng.standard_normal(shape)) * math.sqrt(2 / shape[1])


@both_dtypes
@pytest.mark.parametrize("gain", [1.0, 0.3])
@pytest.mark.parametrize("law", ["normal", "uniform", "truncated_normal", _mixture])
def test_a_users_rule_follows_the_law_and_spread_it_names(
    law: Any, gain: float, dtype: str
) -> None:
    rule = own_initializer("mine", std=lambda n, m: 2 / math.sqrt(n), law=law)
    for n, m in FANS:
        std = rule.std(fan_in=n, fan_out=m, gain=gain)
        assert std == pytest.approx(gain * 2 / math.sqrt(n), rel=1e-14)
        weights = rule.draw(np.random.default_rng(7), (m, n), std=std, dtype=dtype)
        assert weights.dtype == dtype
        named = "normal" if callable(law) else law
        assert p_value(weights, named, std**2) > FALSE_ALARM
        assert p_value(1.01 * weights, named, std**2) < FALSE_ALARM
        assert alignment_p_value(weights) > FALSE_ALARM


@pytest.mark.parametrize("name", [n for n, rule in INITIALIZERS.items() if rule.gain is None])
def test_a_study_without_a_gain_is_refused_where_the_lecture_has_none(name: str) -> None:
    def study(gain: float | None) -> Study:
        return Study(activation="softsign", initializer=name, widths=(8, 8), gain=gain)

    with pytest.raises(InputError, match=rf"^gain: .* {name} .* softsign, .*--gain"):
        study(None)
    assert study(1.5).architecture.gain == 1.5


@both_dtypes
@every_bias
def test_biases_follow_their_law(bias: BiasLaw, dtype: str) -> None:
    law, variance = bias_law(bias.name)
    assert BIASES[bias.name] is bias
    assert bias.formula
    assert bias.source
    for fan_in in (40, 1000):
        std = bias.std(SCALE, fan_in)
        assert std**2 == pytest.approx(variance(fan_in), rel=1e-14)
        mean = bias.mean(SCALE)
        drawn = bias.draw(np.random.default_rng(7), DRAWS, std=std, mean=mean, dtype=dtype)
        assert drawn.shape == (DRAWS,)
        assert drawn.dtype == dtype
        if law in ("zero", "constant"):
            assert (drawn == np.dtype(dtype).type(SCALE if law == "constant" else 0)).all()
        else:
            assert p_value(drawn, law, variance(fan_in)) > FALSE_ALARM
            assert p_value(1.01 * drawn, law, variance(fan_in)) < FALSE_ALARM
        if law == "uniform":
            bound = math.sqrt(3 * variance(fan_in)) * (1 + 2 * float(np.finfo(dtype).eps))
            assert np.abs(drawn).max() <= bound


@every_bias
def test_only_the_laws_that_take_a_scale_depend_on_it(bias: BiasLaw) -> None:
    one, two, none = ((bias.std(s, 50), bias.mean(s)) for s in (1.0, 2.0, 0.0))
    assert bias.takes_scale == (one != two)
    if bias.takes_scale:
        assert two == (2 * one[0], 2 * one[1])
        assert none == (0, 0)


def test_members_without_their_law_fail() -> None:
    with pytest.raises(pytest.fail.Exception, match="stranger has no row in WEIGHTS"):
        weight_law("stranger")
    with pytest.raises(pytest.fail.Exception, match="stranger has no row in OFFSETS"):
        bias_law("stranger")


def uniform_by_numpy(rng: np.random.Generator, out: Array, std: float) -> None:
    rng.random(out=out, dtype=np.float32)
    out -= 0.5
    out *= 2 * math.sqrt(3) * std


@pytest.mark.parametrize("count", [2, 10, BLOCK - 2, BLOCK, BLOCK + 2, 3 * BLOCK + 4])
@pytest.mark.parametrize("std", [0.02, 1e-36])
def test_uniform_weights_are_numpys_to_the_bit(count: int, std: float) -> None:
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    one, other = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for _ in range(2):
        LAWS["uniform"](ours, one, std)
        uniform_by_numpy(theirs, other, std)
        assert one.tobytes() == other.tobytes()
    LAWS["uniform"](ours, one[1:], std)  # of the last pair one half is thrown away
    uniform_by_numpy(theirs, other, std)
    assert one[1:].tobytes() == other[:-1].tobytes()
    assert ours.bytes(8) == theirs.bytes(8)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_law_fills_all_that_it_is_given_and_nothing_beside(law: str, dtype: str) -> None:
    block = np.full((3, 4, 5), np.nan, dtype)
    LAWS[law](np.random.default_rng(0), block[1], 1.0)
    assert np.isfinite(block[1]).all()
    assert np.isnan(block[[0, 2]]).all()
