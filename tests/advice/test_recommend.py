"""The recommended initialization does at its own depth and width what its scores say."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from saturation_lab import ACTIVATIONS, InputError, Study, recommend, sample
from saturation_lab.advice import (
    Candidate,
    Recommendation,
    Scores,
    recommended_study,
    sample_options,
    scores,
)
from saturation_lab.cli import main
from saturation_lab.examples import mean_square_of_inputs
from saturation_lab.inference import mean_interval
from saturation_lab.pages import advice_blocks
from saturation_lab.pages.as_text import as_text
from saturation_lab.theory import Basis, expected_profile, tuned
from saturation_lab.theory.profile import Profile

QUANTITIES = ("pre_activation", "activation", "gradient", "weight_gradient")
RANGES = dict.fromkeys(QUANTITIES, (-9.0, 9.0))  # of histograms; given, no pilot is drawn for them


def _study(name: Any, depth: int = 50, width: int = 100, **more: Any) -> Study:
    data = {"activation": name, "initializer": "lecun_normal", "inputs": "gaussian", **more}
    return Study.from_dict({"widths": (width,) * depth, **data})


@cache
def _recommended(name: str, depth: int = 50, width: int = 100) -> Recommendation:
    return recommend(_study(name, depth, width))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_wide_layers_keep_the_gradient_in_every_layer(name: str) -> None:
    tuning = tuned(name, depth=50)
    study = recommended_study(_study(name))
    assert study is not None
    profile = expected_profile(study.architecture)
    off = np.abs(np.log(profile.gradient / profile.gradient[-1])).max()
    assert off <= (1e-5 if tuning.basis is not Basis.THIS_DEPTH else math.log(1.5) + 1e-6)
    if tuning.basis is Basis.CRITICAL:
        assert profile.pre_activation == pytest.approx(tuning.q, rel=1e-5)
    wrong = replace(study, gain=1.03 * study.architecture.gain)
    ratio = expected_profile(wrong.architecture).gradient_ratio
    assert math.isnan(ratio) or abs(math.log(ratio)) > 0.3  # planted: 3 % of gain


@pytest.mark.parametrize("name", ["tanh", "gelu", "hardtanh", "sigmoid"])
def test_the_correlation_is_that_of_two_inputs_in_wide_networks(name: str) -> None:
    # the mean over 12 networks of width 1000 is within 0.03 of the limit, 5 standard errors
    tuning = tuned(name, depth=8)
    study = recommended_study(_study(name, 8, 1000, examples=2, networks=12, ranges=RANGES))
    assert study is not None
    result = sample(replace(study, fresh_inputs=True), workers=1)
    found = result.values("input_correlation", 8).mean()
    assert found == pytest.approx(tuning.correlation, abs=0.03)
    shares = [result.values("saturated_share", layer).mean() for layer in (1, 8)]
    assert max(shares) == pytest.approx(tuning.saturated, abs=0.01) or math.isnan(max(shares))


def test_q_is_the_largest_that_keeps_inputs_apart() -> None:
    for depth, aim in ((10, 0.5), (10, 0.2), (60, 0.5)):
        found = tuned("tanh", depth=depth, alike=aim)
        assert found.correlation == pytest.approx(aim, abs=1e-9)
    shallow = tuned("erf", depth=2)  # here saturation is what limits q
    assert shallow.saturated == pytest.approx(0.05, abs=1e-9)
    assert shallow.correlation < 0.5


def test_what_it_rests_on() -> None:
    bases = {name: tuned(name, depth=50).basis for name in ACTIVATIONS}
    linear = {name for name, basis in bases.items() if basis is Basis.EVERY_Q}
    assert linear == {"relu", "leaky_relu", "identity"}
    assert {name for name, basis in bases.items() if basis is Basis.THIS_DEPTH} == {"softplus"}


SHAPES = ("tanh", "sigmoid", "relu", "silu", "gelu", "elu", "softplus", "sin", "hardtanh", "selu")
SIZES = (1e-3, 0.37, 40.0, 1e3)


@pytest.mark.parametrize(
    ("name", "s"),
    [
        ("tanh", 1e-3),
        ("relu", 1e3),
        ("gelu", 1e3),
        *(pytest.param(name, s, marks=pytest.mark.proof) for name in SHAPES for s in SIZES),
    ],
)
def test_a_rescaled_activation_gets_the_rescaled_initialization(name: str, s: float) -> None:
    one = ACTIVATIONS[name]
    kinks, bounds = one.kinks, one.bounds
    z_low, z_high = one.z_low, one.z_high
    inner = replace(
        one, value=lambda z: one.value(s * z), derivative=lambda z: s * one.derivative(s * z),
        kinks=tuple(kink / s for kink in kinks),
        z_low=None if z_low is None else z_low / s, z_high=None if z_high is None else z_high / s,
    )  # fmt: skip
    outer = replace(
        one, value=lambda z: s * one.value(z), derivative=lambda z: s * one.derivative(z),
        bounds=(s * bounds[0], s * bounds[1]),
    )  # fmt: skip
    plain = tuned(name, depth=20)
    for scaled, z, a in ((inner, s, 1.0), (outer, 1.0, s)):
        found = tuned(scaled, depth=20)
        assert found.basis is plain.basis
        assert found.sigma_w == pytest.approx(plain.sigma_w / (z * a), rel=1e-6)
        assert found.sigma_b == pytest.approx(plain.sigma_b / z, rel=1e-6, abs=1e-300)
        if plain.basis is not Basis.EVERY_Q:
            assert found.first_sigma_w == pytest.approx(plain.first_sigma_w / z, rel=1e-6)
            assert found.q == pytest.approx(plain.q / z**2, rel=1e-6)


def test_scores_do_not_depend_on_the_scale_of_the_activation() -> None:
    """sin(5z) and 100 tanh z were said to have no initialization that keeps the gradient."""
    for plain, scaled in (("sin", lambda z: np.sin(5 * z)), ("tanh", lambda z: 100 * np.tanh(z))):
        one, other = recommend(_study(plain, 5)), recommend(_study(scaled, 5))
        assert one.chosen is not None
        assert other.chosen is not None
        assert other.chosen.scores.ratio == pytest.approx(one.chosen.scores.ratio, rel=1e-4)
        assert other.good


def _again(study: Study, seed: int) -> Scores:
    return scores(study, seed=seed)


@pytest.mark.parametrize(
    ("name", "depth", "width", "failed"),
    [
        ("tanh", 30, 100, ()),
        ("gelu", 20, 100, ()),
        ("relu", 50, 32, ("gradient", "inputs", "scatter")),
        ("sigmoid", 30, 50, ("gradient", "inputs", "scatter", "saturation")),
        pytest.param("selu", 20, 100, (), marks=pytest.mark.proof),
        pytest.param("relu", 5, 100, (), marks=pytest.mark.proof),
        pytest.param("relu", 100, 100, ("gradient", "inputs", "scatter"), marks=pytest.mark.proof),
    ],
)
def test_the_verdict_is_about_this_depth_and_width(
    name: str, depth: int, width: int, failed: tuple[str, ...]
) -> None:
    found = _recommended(name, depth, width)
    assert found.chosen is not None
    assert found.chosen.scores.failed == failed
    assert found.good is not bool(failed)
    assert _again(found.chosen.study, 1).failed == failed  # other networks say the same
    if failed:
        assert found.instead is not None
        assert found.instead.scores.good
        assert _again(found.instead.study, 1).good
        said = " ".join(as_text(advice_blocks(found)).split())
        assert f"No good choice for {name} with {depth} layers of {width} units" in said
        assert f"Use {found.instead.title}" in said


def test_a_wrong_gain_fails_its_score() -> None:
    found = _recommended("tanh", 30, 100)
    assert found.chosen is not None
    study = found.chosen.study
    gain = study.architecture.gain
    assert "gradient" in _again(replace(study, gain=0.93 * gain), 2).failed
    assert "inputs" in _again(replace(study, bias_scale=2.0), 2).failed
    assert "saturation" in _again(replace(study, layer_gains={"1": 8.0}, gain=4.0), 2).failed


def test_exact_scores_are_those_of_sampled_networks() -> None:
    # a quantile of the logarithm is known to 0.02 and the mean to 0.01; the law is nearly normal
    he = _study("relu", 20, 200, initializer="he_normal", dtype="float64", ranges=RANGES)
    exact = scores(he)
    assert exact.exact
    order = replace(he, examples=1, fresh_inputs=True, networks=4000, loss="random_cotangent")
    wanted = frozenset({("gradient_mean_square", 1), ("gradient_mean_square", 20)})
    result = sample(order, workers=1, only=wanted)
    first, last = (result.values("gradient_mean_square", layer) for layer in (1, 20))
    logs = np.log(first / last)
    interval = mean_interval(logs)
    assert abs(math.log(exact.ratio) - interval.estimate) < 5 * interval.se
    assert np.quantile(logs, (0.05, 0.95)) == pytest.approx(np.log(exact.spread), abs=0.12)
    within = (abs(logs - interval.estimate) < math.log(2)).mean()
    assert exact.within == pytest.approx(within, abs=0.04)


def test_where_none_exists_it_says_so() -> None:
    found = recommend(_study(lambda z: np.exp(-z * 0) + 0 * z, 5))  # φ' = 0
    assert found.chosen is None
    assert found.tuning.basis is Basis.NONE
    assert found.options == ()
    assert found.code("pytorch") == ()
    assert "no initialization keeps the gradient" in as_text(advice_blocks(found))
    assert found.to_json()["recommended"] is None


def _profile(one: Candidate) -> Profile:
    assert one.profile is not None
    return one.profile


def test_uneven_widths_say_what_each_fan_does() -> None:
    found = recommend(_study("relu", widths=(784, 512, 256, 10)))
    assert found.chosen is not None
    by_out, by_both, default = found.others
    assert _profile(found.chosen).gradient_ratio == pytest.approx(10 / 784)
    assert _profile(found.chosen).gradient_norm_ratio == pytest.approx(1)
    assert _profile(found.chosen).signal_ratio == pytest.approx(1)
    assert _profile(by_out).gradient_ratio == pytest.approx(1)
    assert _profile(by_out).signal_ratio == pytest.approx(784 / 10)
    assert 10 / 784 < _profile(by_both).gradient_ratio < 1
    assert default.study.initializer == "pytorch_default"
    assert "n_L / n_1 = 10 / 784" in " ".join(as_text(advice_blocks(found)).split())


def test_what_the_user_has_is_looked_at() -> None:
    found = recommend(_study("tanh", 50, 500, gain=1.0), own=True)
    yours = found.others[-1]
    assert yours.title == "yours"
    assert _profile(yours).gradient_ratio == pytest.approx(0.0146, rel=1e-2)
    assert "gradient" in yours.scores.failed


def test_profiles_are_those_of_sampled_networks() -> None:
    order = _study("silu", depth=6, widths=(300, 200, 400, 300, 200, 100), gain=1.5, networks=40,
                   examples=4, bias="normal", bias_scale=0.4)  # fmt: skip
    profile, result = expected_profile(order.architecture), sample(order, workers=1)
    for layer in range(1, 7):
        for quantity, expected in (
            ("pre_activation_mean_square", profile.pre_activation),
            ("gradient_mean_square", profile.gradient),
        ):
            interval = mean_interval(result.values(quantity, layer))
            # five standard errors, and what a finite width adds
            room = 5 * interval.se + 0.03 * interval.estimate
            assert abs(interval.estimate - expected[layer - 1]) < room
            assert abs(interval.estimate - 1.5 * expected[layer - 1]) > room  # planted


def test_inputs_of_another_size_change_the_first_layer_only() -> None:
    digits = _study("tanh", 5, 30, inputs="digits")
    assert mean_square_of_inputs(_study("tanh")) == 1.0
    m = mean_square_of_inputs(digits)
    found, plain = recommend(digits), _recommended("tanh", 5, 30)
    assert found.input_mean_square == m
    assert found.tuning.first_sigma_w == pytest.approx(plain.tuning.first_sigma_w / math.sqrt(m))
    assert replace(found.tuning, first_sigma_w=plain.tuning.first_sigma_w) == plain.tuning
    assert recommend(digits, input_mean_square=1.0).tuning == plain.tuning


def test_the_lines_of_pytorch_set_what_is_sampled() -> None:
    torch = pytest.importorskip("torch")
    for name in ("normal weights", "orthogonal weights"):
        found = _recommended("tanh", 5, 100)
        chosen = next(one for one in (found.chosen, *found.others) if one and one.title == name)
        found = replace(found, chosen=chosen)
        sizes = (100,) * 6 + (10,)
        layers: list[Any] = []
        for n, m in pairwise(sizes):
            layers += [torch.nn.Linear(n, m), torch.nn.Tanh()]
        model = torch.nn.Sequential(*layers[:-1])
        torch.manual_seed(0)
        exec("\n".join(found.code("pytorch")), {"torch": torch, "model": model})
        linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
        net = chosen.study.architecture
        for layer, expected in zip(linear[:-1], net.layers, strict=True):
            weights, biases = (x.detach().std().item() for x in (layer.weight, layer.bias))
            assert weights == pytest.approx(expected.weight_std, rel=0.04)
            assert biases == pytest.approx(expected.bias_std, rel=0.4)
        with torch.no_grad():
            out = model(torch.randn(2000, 100))
        assert float(out.square().mean().sqrt()) == pytest.approx(0.5, rel=0.25)


def test_the_lines_of_keras_have_the_same_variances() -> None:
    lines = dict(
        line.split(" = ") for line in _recommended("tanh", 5, 100).code("keras") if " = " in line
    )
    study = recommended_study(_study("tanh", 5, 100))
    assert study is not None
    net = study.architecture
    for name, layer in (("first", net.layers[0]), ("hidden", net.layers[1])):
        scale = float(lines[name].partition("VarianceScaling(")[2].partition(",")[0])
        assert math.sqrt(scale / 100) == pytest.approx(layer.weight_std, rel=1e-6)


@pytest.mark.parametrize(
    "line",
    [
        "--activation silu --widths 40,30,20,10",
        "--activation relu --depth 3 --width 20 --inputs digits --examples 4",
        "--activation sigmoid --depth 3 --width 20 --features 7 --seed 3 --fresh-inputs",
    ],
)
def test_the_options_run_as_they_are(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", *line.split()]) == 0
    said = capsys.readouterr().out
    command = next(row for row in said.splitlines() if row.startswith("saturation-lab sample"))
    assert main([*shlex.split(command)[1:], "--dry-run"]) == 0
    assert main([*shlex.split(command)[1:], "--networks", "2", "--workers", "1"]) == 0
    assert "Backward pass" in capsys.readouterr().out


def test_options_and_study_are_the_same() -> None:
    from saturation_lab.cli import StudyOptions, study_from
    from saturation_lab.cli.app import app

    assert app is not None
    study = _study("tanh", depth=3, width=8, gain=1.25, bias="normal", bias_scale=0.5, seed=9)
    read = dict(zip(*[iter(sample_options(study))] * 2, strict=True))
    pair = {"activation": read.pop("--activation"), "initializer": read.pop("--init")}
    kinds = {"gain": float, "bias_scale": float, "depth": int, "width": int, "seed": int}
    given = {key[2:].replace("-", "_"): text for key, text in read.items()}
    typed = {key: kinds.get(key, str)(text) for key, text in given.items()}
    again = study_from({**pair, **StudyOptions(**typed).given()}, None, None)
    assert again.digest == study.digest


def test_json_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    line = ["recommend", "--activation", "mish", "--depth", "4", "--width", "9", "--json"]
    assert main([*line, "--init", "he_normal", "--gain", "2"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["options"][:2] == ["--activation", "mish"]
    titles = [data["recommended"]["title"], *(one["title"] for one in data["others"])]
    assert set(titles[:2]) == {"orthogonal weights", "normal weights"}
    assert titles[2:] == ["PyTorch's default", "yours"]
    assert len(data["recommended"]["gradient_mean_square"]) == 4


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--activation silux", 'did you mean "silu"?'),
        ("--gain 2", "gain: expected --init as well"),
        ("--input-mean-square 0", "input_mean_square: expected a finite number above 0"),
        ("--widths 10,x", "widths: expected whole numbers"),
    ],
)
def test_bad_input_is_one_line(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", *line.split()]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_arguments_are_checked() -> None:
    with pytest.raises(InputError, match="depth"):
        tuned("tanh", depth=0)
    with pytest.raises(InputError, match="alike"):
        tuned("tanh", depth=2, alike=1.0)
    assert tuned("tanh", depth=1).basis is not Basis.NONE
    assert recommend(_study("silu", 1)).good


@pytest.mark.parametrize("name", ["relu", "silu"])
def test_what_vanishes_over_many_layers_is_said_to(name: str) -> None:
    small = _study(name, depth=120, width=4, gain=0.05)  # at most 0.0025 is left by each layer
    biased = replace(small, bias="normal", bias_scale=0.3)
    assert expected_profile(biased.architecture).gradient_ratio == 0
    assert expected_profile(biased.architecture).pre_activation[-1] >= 0.09
    assert "gradient" in scores(biased).failed
    assert expected_profile(small.architecture).pre_activation[-1] == 0
    assert not scores(small).ratio > 0
    assert scores(small).lost > 0.99
