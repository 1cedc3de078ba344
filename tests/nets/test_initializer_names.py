"""Names of initializers from PyTorch, Keras, JAX and papers stand for the same law."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from saturation_lab import INITIALIZERS, Grid, Initializer, InputError, Study
from saturation_lab.nets import (
    ALIASES,
    PARAMETERS,
    TYPED,
    also_called,
    find_initializer,
    named_initializer,
)

CUT = float(stats.truncnorm(-2, 2).std())
LAWS = ("normal", "uniform", "truncated_normal")

_Rule = tuple[str, Callable[[int, int], float]]  # law and mean square of a weight


def _both(name: str, first: str, variance: Callable[[int, int], float]) -> dict[str, _Rule]:
    """Return the rows of NAME for the normal (``first``) and for the uniform law."""
    return {name.format("normal"): (first, variance), name.format("uniform"): ("uniform", variance)}


def _camel(paper: str, variance: Callable[[int, int], float]) -> dict[str, _Rule]:
    cut, flat = ("truncated_normal", variance), ("uniform", variance)
    return {f"{paper.title()}Normal": cut, f"{paper.title()}Uniform": flat} | _both(
        f"jax.nn.initializers.{paper}_{{}}", "truncated_normal", variance
    )


FORMULAS: dict[str, _Rule] = {
    **_both("xavier_{}", "normal", lambda n, m: 2 / (n + m)),
    **_both("kaiming_{}", "normal", lambda n, m: 2 / n),
    **_both("msra_{}", "normal", lambda n, m: 2 / n),
    **_both("kaiming_fan_out_{}", "normal", lambda n, m: 2 / m),
    **_both("torch.nn.init.xavier_{}_", "normal", lambda n, m: 2 / (n + m)),
    **_both("torch.nn.init.kaiming_{}_", "normal", lambda n, m: 2 / n),
    **_camel("glorot", lambda n, m: 2 / (n + m)),
    **_camel("he", lambda n, m: 2 / n),
    **_camel("lecun", lambda n, m: 1 / n),
    "msra": ("normal", lambda n, m: 2 / n),
    "zero": ("constant", lambda n, m: 0.0),
    "ones": ("constant", lambda n, m: 1.0),
    "eye": ("identity", lambda n, m: 1 / max(n, m)),
    "random_normal": ("normal", lambda n, m: 0.05**2),
    "random_uniform": ("uniform", lambda n, m: 0.05**2 / 3),
    "trunc_normal": ("truncated_normal", lambda n, m: CUT**2),
    "torch.nn.init.normal_": ("normal", lambda n, m: 1.0),
    "torch.nn.init.uniform_": ("uniform", lambda n, m: 1 / 3),
    "torch.nn.init.trunc_normal_": ("truncated_normal", lambda n, m: CUT**2),
    "torch.nn.init.ones_": ("constant", lambda n, m: 1.0),
    "torch.nn.init.zeros_": ("constant", lambda n, m: 0.0),
    "torch.nn.init.eye_": ("identity", lambda n, m: 1 / max(n, m)),
    "torch.nn.init.orthogonal_": ("orthogonal", lambda n, m: 1 / max(n, m)),
    "RandomNormal": ("normal", lambda n, m: 0.05**2),
    "RandomUniform": ("uniform", lambda n, m: 0.05**2 / 3),
    "TruncatedNormal": ("truncated_normal", lambda n, m: (0.05 * CUT) ** 2),
    "VarianceScaling": ("truncated_normal", lambda n, m: 1 / n),
    "Zeros": ("constant", lambda n, m: 0.0),
    "Ones": ("constant", lambda n, m: 1.0),
    "Identity": ("identity", lambda n, m: 1 / max(n, m)),
    "Orthogonal": ("orthogonal", lambda n, m: 1 / max(n, m)),
    "jax.nn.initializers.normal": ("normal", lambda n, m: 0.01**2),
    "jax.nn.initializers.uniform": ("uniform", lambda n, m: 0.01**2 / 3),
    "jax.nn.initializers.truncated_normal": ("truncated_normal", lambda n, m: (0.01 * CUT) ** 2),
    "jax.nn.initializers.zeros": ("constant", lambda n, m: 0.0),
    "jax.nn.initializers.ones": ("constant", lambda n, m: 1.0),
    "jax.nn.initializers.orthogonal": ("orthogonal", lambda n, m: 1 / max(n, m)),
}
"""Law and E w² of every name from elsewhere, by its own documentation."""

UNCENTRED = ("torch.nn.init.uniform_", "jax.nn.initializers.uniform")


def _named(name: str) -> Initializer:
    found = named_initializer(name)
    assert found is not None, name
    return found


def _moments(rule: Initializer, n: int, m: int) -> tuple[float, float]:
    """Return E w and E w²."""
    g = rule.gain
    assert g is not None
    mean = rule.mean(fan_in=n, fan_out=m, gain=g)
    std = rule.std(fan_in=n, fan_out=m, gain=g)
    return mean, std**2 + (0.0 if math.isnan(mean) else mean**2)


def test_every_name_has_its_formula() -> None:
    assert sorted(FORMULAS) == sorted(TYPED)


@pytest.mark.parametrize("name", TYPED)
def test_names_stand_for_the_law_and_variance_of_their_framework(name: str) -> None:
    law, square = FORMULAS[name]
    rule = _named(name)
    assert rule.law == law
    assert _named(rule.name) is rule  # our own name is found again
    for n, m in [(30, 50), (50, 30), (7, 7)]:
        mean, found = _moments(rule, n, m)
        assert found == pytest.approx(square(n, m), rel=1e-13)
        uncentred = name in UNCENTRED or (law == "constant" and found > 0)
        assert (mean > 0) == uncentred


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("mode", "variance"),
    [
        ("fan_in", lambda n, m: 1 / n),
        ("fan_out", lambda n, m: 1 / m),
        ("fan_avg", lambda n, m: 2 / (n + m)),
        ("fan_geo_avg", lambda n, m: 1 / math.sqrt(n * m)),
    ],
)
@pytest.mark.parametrize("scale", [2.0, 1.0, 0.3])
def test_variance_scaling_has_its_variance(
    scale: float, mode: str, law: str, variance: Callable[[int, int], float]
) -> None:
    rule = _named(f"variance_scaling:{scale},{mode},{law}")
    assert rule.law == law
    assert _named(rule.name) is rule
    for n, m in [(30, 50), (50, 30)]:
        mean, square = _moments(rule, n, m)
        assert mean == 0
        assert square == pytest.approx(scale * variance(n, m), rel=1e-14)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("variance_scaling:2,fan_in,truncated_normal", "he_truncated_normal"),
        ("variance_scaling:2, fan_in, untruncated_normal", "he_normal"),
        ("variance_scaling:1,fan_avg,uniform", "glorot_uniform"),
        ("variance_scaling:0.3333333333333333,fan_in,uniform", "standard_uniform"),
        ("jax.nn.initializers.variance_scaling:2,fan_out,normal", "he_fan_out_normal"),
        ("keras.initializers.VarianceScaling:2,fan_in,normal", "he_truncated_normal"),
        ("tf.keras.initializers.HeNormal()", "he_truncated_normal"),
        ("tensorflow.keras.initializers.he_normal", "he_truncated_normal"),
        ("flax.linen.initializers.kaiming_normal", "he_truncated_normal"),
        ("nn.initializers.xavier_normal()", "glorot_truncated_normal"),
        ("nn.init.xavier_normal_", "glorot_normal"),
        ("init.kaiming_uniform_", "he_uniform"),
        ("kaiming_uniform_:0.2", "he_uniform:0.2"),
        ("kaiming_uniform:0", "he_uniform"),
        ("XavierNormal", "glorot_normal"),
        ("he_normal", "he_normal"),
        ("glorot_normal:1", "glorot_normal"),
        ("xavier_uniform:1.50", "glorot_uniform:1.5"),
        ("normal:2e-2", "normal:0.02"),
        ("trunc_normal_:0.02", "normal:0.02"),  # PyTorch truncates at ±2, 100 deviations away
        ("RandomNormal:0.02", "normal:0.02"),
        ("ones", "constant"),
        ("constant:0.1", "constant:0.1"),
        ("constant_:0", "zeros"),
        ("truncated_normal:1.0", "truncated_normal"),
    ],
)
def test_studies_keep_our_own_name(typed: str, name: str) -> None:
    net: dict[str, Any] = {"activation": "relu", "widths": (8, 8), "inputs": "gaussian"}
    one, other = (Study(initializer=x, **net) for x in (typed, name))
    assert one.initializer == name
    assert one == other
    assert one.digest == other.digest
    assert Study.from_toml(one.to_toml()) == one


@pytest.mark.parametrize(
    ("name", "square"),
    [
        ("normal:0.02", lambda n, m: 0.02**2),
        ("truncated_normal:0.02", lambda n, m: 0.02**2),
        ("uniform:0.02", lambda n, m: 0.02**2 / 3),
        ("positive_uniform:0.02", lambda n, m: 0.02**2 / 3),
        ("constant:0.02", lambda n, m: 0.02**2),
        ("orthogonal:1.5", lambda n, m: 1.5**2 / max(n, m)),
        ("identity:1.5", lambda n, m: 1.5**2 / max(n, m)),
        ("glorot_uniform:1.5", lambda n, m: 1.5**2 * 2 / (n + m)),
        ("lecun_normal:1.5", lambda n, m: 1.5**2 / n),
        ("he_normal:0.2", lambda n, m: 2 / (1.04 * n)),
        ("he_fan_out_uniform:-0.2", lambda n, m: 2 / (1.04 * m)),
        (f"he_uniform:{math.sqrt(5)}", lambda n, m: 1 / (3 * n)),  # PyTorch's Linear
    ],
)
def test_parameters_set_what_they_say(name: str, square: Callable[[int, int], float]) -> None:
    assert name.partition(":")[0] in PARAMETERS
    rule = _named(name)
    assert rule.name == name
    assert _moments(rule, 30, 50)[1] == pytest.approx(square(30, 50), rel=1e-14)


@pytest.mark.parametrize("name", ["normal:0.02", "variance_scaling:0.3,fan_in,normal"])
def test_a_gain_beside_a_named_one_is_refused(name: str) -> None:
    net: dict[str, Any] = {"activation": "relu", "initializer": name, "widths": (8,)}
    said = f"^gain: expected nothing, because the name {name} sets it, got 3"
    with pytest.raises(InputError, match=said):
        Study(**net, gain=3.0)
    assert Study(**net).resolved().resolved().gain == find_initializer(name).gain


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kaiming_norml", 'did you mean "kaiming_normal" (he_normal: w ~ N('),
        ("henormal", 'did you mean "he_normal" (w ~ N('),
        ("glorot_unifrm", 'did you mean "glorot_uniform" (w ~ U['),
        ("HeNorml", 'did you mean "he_truncated_normal" (w ~ N('),
        ("keras.initializers.he_norml", 'did you mean "he_truncated_normal" (w ~ N('),
        ("identty", 'did you mean "identity"'),
        ("xavier", "name the law as well: xavier_normal or xavier_uniform"),
        ("he", "name the law as well: he_uniform or he_normal"),
        ("lecun_fan_out_normal", "saturation-lab list initializers"),
        ("kaiming_laplace", "saturation-lab list initializers"),
        ("normal:-1", "normal: expected a finite number above 0"),
        ("pytorch_default:2", "expected pytorch_default without a number"),
        ("trunc_normal:0.5", "PyTorch truncates at ±2 whatever it is"),
        ("variance_scaling:2,fan,normal", "mode: expected one of fan_in, fan_out, fan_avg"),
        ("variance_scaling:2", "expected variance_scaling:scale,mode,law"),
        ("normal:0,02", "a plain number after the colon: σ, the standard deviation"),
        ("kaiming_uniform:sqrt(5)", "a plain number after the colon: a, the slope"),
        ("he_normal:", "a plain number after the colon: a, the slope"),
        ("zeros:many", "expected zeros without a number"),
        ("variance_scaling:x,fan_in,normal", "scale: expected a number"),
        ("variance_scaling:-2,fan_in,normal", "scale: expected a finite number above 0"),
    ],
)
def test_unknown_names_are_refused_in_one_line(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=r"^initializer") as error:
        named_initializer(typed)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("typed", "written", "number", "name"),
    [
        ("normal_(std=0.02)", "normal_:NUMBER", "0.02", "normal:0.02"),
        ("nn.init.normal_(w, 0, 0.02)", "nn.init.normal_:NUMBER", "0.02", "normal:0.02"),
        ("RandomNormal(stddev=0.01)", "RandomNormal:NUMBER", "0.01", "normal:0.01"),
        ("Constant(0.1)", "Constant:NUMBER", "0.1", "constant:0.1"),
        ("xavier_uniform_(w, gain=2.5)", "xavier_uniform_:NUMBER", "2.5", "glorot_uniform:2.5"),
        ("kaiming_uniform_(a=0.2)", "kaiming_uniform_:NUMBER", "0.2", "he_uniform:0.2"),
        ("Zeros(dtype=None)", "Zeros", "", "zeros"),
        ("kaiming_normal_(w, mode='fan_out')", "kaiming_fan_out_normal", "", "he_fan_out_normal"),
        ("kaiming_normal:fan_out", "kaiming_fan_out_normal", "", "he_fan_out_normal"),
        (
            "VarianceScaling(2, 'fan_in', 'truncated_normal')",
            "variance_scaling:2,fan_in,truncated_normal", "", "he_truncated_normal",
        ),
    ],
)  # fmt: skip
def test_a_call_is_refused_with_what_to_write(
    typed: str, written: str, number: str, name: str
) -> None:
    with pytest.raises(InputError, match=r"^initializer") as error:
        named_initializer(typed)
    assert re.search(rf" {re.escape(written)}($| )", error.value.hint)
    found = named_initializer(written.replace("NUMBER", number))
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("he-normal", "he_normal"),
        ("Glorot uniform", "glorot_uniform"),
        ("'he_normal'", "he_normal"),
        ("LeCunNormal", "lecun_truncated_normal"),
        ("tf.initializers.he_normal", "he_truncated_normal"),
    ],
)
def test_hyphens_blanks_quotation_marks_and_capitals_do_not_matter(typed: str, name: str) -> None:
    found = named_initializer(typed)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("known", [*INITIALIZERS, *ALIASES[""]])
@pytest.mark.parametrize("change", ["drop", "double", "swap"])
def test_a_suggestion_never_changes_law_or_variance(known: str, change: str) -> None:
    """One wrong letter in any place: what is suggested is the rule that was meant, or nothing."""
    meant = _named(known)
    for i in range(len(known) - 1):
        typed = {
            "drop": known[:i] + known[i + 1 :],
            "double": known[: i + 1] + known[i:],
            "swap": known[:i] + known[i + 1] + known[i] + known[i + 2 :],
        }[change]
        try:
            found = named_initializer(typed)
        except InputError as error:
            near = error.hint.partition('did you mean "')[2].partition('"')[0]
            found = named_initializer(near) if near else meant
        assert found is not None
        if typed not in ("", known) and found is not meant:
            # one letter from one rule to another: truly another name ("nn.init." is a prefix)
            pytest.fail(f"{typed}: {found.name}, not {meant.name}")


def test_listings_name_each_alias_once() -> None:
    said = [one.partition(" (")[0] for rule in INITIALIZERS for one in also_called(rule)]
    assert sorted(said) == sorted(TYPED)


def test_a_grid_knows_aliases_as_one_rule() -> None:
    study = Study(activation="tanh", initializer="he_normal", widths=(8, 8))
    with pytest.raises(InputError, match="he_normal twice"):
        Grid(study=study, activations=["tanh"], initializers=["he_normal", "kaiming_normal_"])
    grid = Grid(study=study, activations=["tanh"], initializers=["HeNormal", "normal:0.02"])
    assert list(grid.studies) == [("tanh", "he_truncated_normal"), ("tanh", "normal:0.02")]
    assert Grid.from_toml(grid.to_toml()) == grid


@pytest.mark.parametrize("name", [typed for typed in TYPED if typed.startswith("torch.nn.init.")])
def test_pytorch_draws_the_same_law(name: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.empty(200, 300, dtype=torch.float64)
    getattr(torch.nn.init, name.removeprefix("torch.nn.init."))(theirs)
    rule = _named(name)
    assert rule.gain is not None
    std = rule.std(fan_in=300, fan_out=200, gain=rule.gain)
    mean = rule.mean(fan_in=300, fan_out=200, gain=rule.gain)
    ours = rule.draw(np.random.default_rng(0), (200, 300), std=std, mean=mean, dtype="float64")
    if rule.law in ("constant", "identity"):
        assert theirs.numpy() == pytest.approx(ours, abs=1e-15)
        return
    found = stats.ks_2samp(theirs.numpy().ravel(), ours.ravel())
    assert found.pvalue > 1e-6  # 60,000 draws each: a factor of 1.05 is rejected
    assert stats.ks_2samp(1.05 * theirs.numpy().ravel(), ours.ravel()).pvalue < 1e-3
