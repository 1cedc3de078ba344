"""The lines of PyTorch and Keras that set a recommended initialization.

A new framework is one function and one row of `FRAMEWORKS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from saturation_lab.checks import choice
from saturation_lab.study import Study
from saturation_lab.theory.expectations import gaussian_mean

LOGITS = 0.5
"""The recommended standard deviation of the outputs.

A softmax over C outputs of standard deviation s starts with a loss of about ln C + s²/2.
"""


def code_lines(
    study: Study, framework: str, *, pre_activation_mean_square: float = 1.0
) -> tuple[str, ...]:
    """Return the lines that initialize a model like the networks of a study.

    Parameters
    ----------
    study : Study
        A study with normal weights scaled by fan-in, or orthogonal ones, and with normal biases or
        none, as `recommend` proposes it.
    framework : str
        A key of `FRAMEWORKS`.
    pre_activation_mean_square : float
        E z² of the last hidden layer, from which the scale of the output layer follows.

    Returns
    -------
    tuple of str
        Lines of Python. The output layer is set so that outputs start with standard deviation 0.5.

    Raises
    ------
    InputError
        If there is no such framework.

    Examples
    --------
    >>> he = Study(activation="relu", initializer="he_normal", widths=(8, 8), inputs="gaussian")
    >>> print(code_lines(he, "pytorch", pre_activation_mean_square=2.0)[2])
        torch.nn.init.normal_(layer.weight, std=1.4142136 / layer.in_features**0.5)
    """
    square = float(gaussian_mean(study.architecture.activation, pre_activation_mean_square))
    return tuple(FRAMEWORKS[choice("framework", framework, FRAMEWORKS)](study, square))


def _gains(study: Study) -> tuple[float, dict[int, float]]:
    """Return the gain of the hidden layers, and those of single ones, by number."""
    net = study.architecture
    own = {n: gain for n, gain in net.own_gains if n <= net.depth and gain != net.gain}
    return net.gain, own


def _pytorch(study: Study, square: float) -> Iterator[str]:
    gain, own = _gains(study)
    init = "torch.nn.init"

    def weight(layer: str, gain: float) -> str:
        if study.architecture.initializer.law == "orthogonal":
            return f"{init}.orthogonal_({layer}.weight, gain={gain:.8g})"
        return f"{init}.normal_({layer}.weight, std={gain:.8g} / {layer}.in_features**0.5)"

    biased = study.bias_scale
    yield "layers = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]"
    yield "for layer in layers[:-1]:"
    yield f"    {weight('layer', gain)}"
    yield f"    {init}." + (
        f"normal_(layer.bias, std={biased:.8g})" if biased else "zeros_(layer.bias)"
    )
    for number, one in own.items():
        yield weight(f"layers[{number - 1}]", one)
    output = LOGITS / math.sqrt(square)
    yield f"{init}.normal_(layers[-1].weight, std={output:.4g} / layers[-1].in_features**0.5)"
    yield f"{init}.zeros_(layers[-1].bias)"


def _keras(study: Study, square: float) -> Iterator[str]:
    gain, own = _gains(study)
    init = "keras.initializers"

    def scaled(gain: float) -> str:
        return f'{init}.VarianceScaling({gain**2:.8g}, "fan_in", distribution="untruncated_normal")'

    def weight(gain: float) -> str:
        if study.architecture.initializer.law == "orthogonal":
            return f"{init}.Orthogonal({gain:.8g})"
        return scaled(gain)

    biased = study.bias_scale
    bias = f"{init}.RandomNormal(stddev={biased:.8g})" if biased else '"zeros"'
    yield f"hidden = {weight(gain)}"
    yield f"first = {weight(own.pop(1))}" if 1 in own else "first = hidden"
    yield from (f"layer_{number} = {weight(one)}" for number, one in own.items())
    yield f"output = {scaled(LOGITS / math.sqrt(square))}"
    yield f"bias = {bias}"
    yield "# Dense(n, activation=..., kernel_initializer=first, bias_initializer=bias), then"
    yield "# kernel_initializer=hidden; last Dense(classes, kernel_initializer=output)"


FRAMEWORKS: dict[str, Callable[[Study, float], Iterator[str]]] = {
    "pytorch": _pytorch,
    "keras": _keras,
}
"""The functions that yield the lines, by framework."""
