"""The table of weight initializers.

Every sound rule has the form Var w = gain² · scale(fan_in, fan_out), with a centred law. The rules
that show what fails (zeros, constant, identity, positive_uniform) are in the same table: their
weights have a mean, or no spread. A new initializer is one `Initializer` object and one row of
`INITIALIZERS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from saturation_lab.checks import NOTHING, InputError
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.normals import fill_normal
from saturation_lab.nets.weight_draws import (
    fill_identity,
    fill_nothing,
    fill_orthogonal,
    fill_uniform,
)

Draw = Callable[[np.random.Generator, Array, float], None]
"""``draw(rng, out, std)`` fills ``out`` with draws of that standard deviation."""


def precision(dtype: str) -> type[np.float32] | type[np.float64]:
    """Return the NumPy scalar type for the dtype of a study.

    Parameters
    ----------
    dtype : str
        float32 or float64.

    Returns
    -------
    type
        ``np.float32`` or ``np.float64``.

    Examples
    --------
    >>> precision("float32").__name__
    'float32'
    """
    return np.float32 if dtype == "float32" else np.float64


def _truncated_normal(rng: np.random.Generator, out: Array, std: float) -> None:
    fill_normal(rng, out)
    flat = out.reshape(-1, copy=False)
    beyond = np.flatnonzero(np.abs(flat) > TRUNCATED_AT)
    while beyond.size:  # redraw values outside the bounds, 4.6 % of the draws each time
        again = np.empty(beyond.size, out.dtype)
        fill_normal(rng, again)
        flat[beyond] = again
        beyond = beyond[np.abs(again) > TRUNCATED_AT]
    out *= std / TRUNCATED_STD


TRUNCATED_AT = 2.0
TRUNCATED_STD = math.sqrt(
    1 - 2 * TRUNCATED_AT * math.exp(-(TRUNCATED_AT**2) / 2) / math.sqrt(2 * math.pi)
    / math.erf(TRUNCATED_AT / math.sqrt(2))
)  # fmt: skip
"""The standard deviation of a standard normal truncated at ±2, 0.8796; draws are divided by it."""

LAWS: dict[str, Draw] = {
    "normal": fill_normal,
    "uniform": fill_uniform,
    "truncated_normal": _truncated_normal,
    "orthogonal": fill_orthogonal,
}
"""Centred laws: ``draw(rng, out, std)`` fills an array with entries of that standard deviation.

The entries are independent, except for orthogonal, which draws a uniform (Haar) frame.
"""

FIXED: dict[str, Draw] = {"constant": fill_nothing, "identity": fill_identity}
"""Weights that are not random: equal weights, whose deviation from their mean is 0, and the
identity matrix, whose entries have the root mean square ``std``."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The variance of a weight at gain 1 as a function of fan-in n and fan-out m.

    Attributes
    ----------
    variance : callable
        A function of ``(fan_in, fan_out)`` that returns Var w at gain 1.
    std : str
        The standard deviation at gain 1, in plain text.
    bound : str
        The bound of the uniform law with that standard deviation, in plain text.
    latex : str
        The variance at gain 1, in LaTeX.
    """

    variance: Callable[[int, int], float]
    std: str
    bound: str
    latex: str


FAN_IN = Scale(variance=lambda n, m: 1 / n, std="√(1/n)", bound="√(3/n)", latex=r"\frac{1}{n}")
_FAN_OUT = Scale(variance=lambda n, m: 1 / m, std="√(1/m)", bound="√(3/m)", latex=r"\frac{1}{m}")
MEAN_FAN = Scale(
    variance=lambda n, m: 2 / (n + m),
    std="√(2/(n+m))",
    bound="√(6/(n+m))",
    latex=r"\frac{2}{n+m}",
)
_LARGER_FAN = Scale(
    variance=lambda n, m: 1 / max(n, m),
    std="√(1/max(n, m))",
    bound="√(3/max(n, m))",
    latex=r"\frac{1}{\max(n, m)}",
)
NO_FAN = Scale(variance=lambda n, m: 1.0, std="1", bound="√3", latex="1")
_GEOMETRIC_FAN = Scale(
    variance=lambda n, m: 1 / math.sqrt(n * m),
    std="(n m)^(-1/4)",
    bound="√3 (n m)^(-1/4)",
    latex=r"\frac{1}{\sqrt{n m}}",
)
FANS = {
    "fan_in": FAN_IN,
    "fan_out": _FAN_OUT,
    "fan_avg": MEAN_FAN,
    "fan_geo_avg": _GEOMETRIC_FAN,
}
"""The scales by the names that Keras and JAX give them."""


@dataclass(frozen=True, kw_only=True)
class Initializer:
    """A rule for the weights of a layer: Var w = gain² · scale(fan_in, fan_out), E w = 0.

    For a law that is not centred, s = gain · √scale is the unit of its mean and of its standard
    deviation.

    Attributes
    ----------
    name : str
        The key in `INITIALIZERS`.
    law : str
        A key of `LAWS` or `FIXED`; the name of the user's law if ``own`` is given.
    scale : Scale
        The variance at gain 1 as a function of fan-in and fan-out.
    gain : float or None
        The gain that belongs to the rule; None if it depends on the activation (the lecture's
        rules).
    formula, latex : str
        The law in plain text and in LaTeX; n = fan-in, m = fan-out, g = gain.
    bias : str
        The bias law that belongs to the rule, a key of `BIASES`.
    own : callable or None
        A function that a user supplied to draw the weights; None for a law of `LAWS`.
    centre, spread : float
        The mean and the standard deviation of a weight in units of s: 0 and 1 for a centred law.
        The mean is nan if the weights are not draws of one law (identity); then s is their root
        mean square.
    source : str
        The paper and equation.

    Examples
    --------
    >>> INITIALIZERS["glorot_uniform"].std(fan_in=300, fan_out=300, gain=1.0) ** 2 * 300
    1.0
    """

    name: str
    law: str
    scale: Scale
    gain: float | None
    formula: str
    latex: str
    bias: str = "zero"
    own: Draw | None = None
    centre: float = 0.0
    spread: float = 1.0
    source: str

    def std(self, *, fan_in: int, fan_out: int, gain: float) -> float:
        """Return the standard deviation of one weight.

        Parameters
        ----------
        fan_in, fan_out : int
            The number of units below and above the weights.
        gain : float
            The factor on the standard deviation at gain 1.

        Returns
        -------
        float
            The standard deviation; for the identity, the root mean square.
        """
        return gain * math.sqrt(self.scale.variance(fan_in, fan_out)) * self.spread

    def mean(self, *, fan_in: int, fan_out: int, gain: float) -> float:
        """Return the mean of one weight.

        Parameters
        ----------
        fan_in, fan_out : int
            The number of units below and above the weights.
        gain : float
            The factor on the mean at gain 1.

        Returns
        -------
        float
            The mean: 0 for a centred law, nan for the identity.

        Examples
        --------
        >>> INITIALIZERS["positive_uniform"].mean(fan_in=30, fan_out=20, gain=0.5)
        0.25
        """
        return gain * math.sqrt(self.scale.variance(fan_in, fan_out)) * self.centre

    def gain_for(self, activation: Activation) -> float:
        """Return the gain that is used if a study does not specify one.

        Parameters
        ----------
        activation : Activation
            The activation of the network.

        Returns
        -------
        float
            The gain of the rule, or the lecture's gain for the activation.

        Raises
        ------
        InputError
            If the rule has no gain for this activation.

        Examples
        --------
        >>> from saturation_lab.nets.activations import ACTIVATIONS
        >>> INITIALIZERS["lecture_normal"].gain_for(ACTIVATIONS["sigmoid"])
        4.0
        """
        gain = activation.lecture_gain if self.gain is None else self.gain
        if gain is None:
            raise InputError(
                "gain",
                expected=f"a number, because {self.name} has no gain of its own "
                f"for {activation.name}",
                got=NOTHING,
                hint="specify one (--gain 1)",
            )
        return gain

    def draw(
        self,
        rng: np.random.Generator,
        shape: tuple[int, int],
        *,
        std: float,
        mean: float = 0.0,
        dtype: str,
    ) -> Array:
        """Draw the weight matrix of one layer.

        Parameters
        ----------
        rng : Generator
            The source of randomness.
        shape : (int, int)
            (fan_out, fan_in).
        std, mean : float
            The standard deviation and the mean of one weight.
        dtype : str
            float32 or float64.

        Returns
        -------
        array of shape (fan_out, fan_in)
            The weights.
        """
        drawn = np.empty(shape, precision(dtype))
        self.fill(rng, drawn, std=std, mean=mean)
        return drawn

    def fill(self, rng: np.random.Generator, out: Array, *, std: float, mean: float = 0.0) -> None:
        """Draw the weight matrix of one layer in place.

        Parameters
        ----------
        rng : Generator
            The source of randomness.
        out : array of shape (fan_out, fan_in)
            The array that is filled; it must be contiguous.
        std, mean : float
            The standard deviation and the mean of one weight, as `std` and `mean` return them.
        """
        draw = (LAWS | FIXED)[self.law] if self.own is None else self.own
        draw(rng, out, std)
        if mean > 0:  # not the nan of the identity
            out += mean


_FORMULAS = {
    "normal": ("N(0, std = g {std})", r"N\left(0,\ g^2 {latex}\right)"),
    "uniform": ("U[-g {bound}, g {bound}]", r"U\left[\pm g\sqrt{{3 \cdot {latex}}}\right]"),
    "truncated_normal": (
        "N(0, std = g {std}), truncated at ±2 standard deviations, then rescaled to this std",
        r"N_{{|w| \leq 2\sigma}}\left(0,\ g^2 {latex}\right)",
    ),
    "orthogonal": (
        "g × a uniformly distributed (Haar) frame, entries of std g {std}",
        r"g \times \mathrm{{Haar}}",
    ),
}


def _rule(
    name: str, law: str, scale: Scale, gain: float | None, source: str, *, bias: str = "zero"
) -> Initializer:
    """Return an initializer whose formula is composed from its law and scale."""
    plain, latex = _FORMULAS[law]
    said = _GAIN_WORDS.get(gain) or f"{gain:.6g}"
    law_words = plain.format(std=scale.std, bound=scale.bound).replace("g 1", "g")  # 1: no fan
    return Initializer(
        name=name,
        law=law,
        scale=scale,
        gain=gain,
        formula=f"{law_words}, g = {said}",
        latex=latex.format(latex=scale.latex),
        bias=bias,
        source=source,
    )


def scaled_rule(name: str, law: str, scale: Scale, gain: float) -> Initializer:
    """Return a rule of a given variance, Var w = gain² · scale.

    Parameters
    ----------
    name : str
        The name of the rule.
    law : str
        A key of `LAWS`.
    scale : Scale
        The variance at gain 1.
    gain : float
        The gain.

    Returns
    -------
    Initializer
        The rule, whose formula is composed from its law and scale.

    Examples
    --------
    >>> scaled_rule("mine", "normal", FAN_IN, 1.5).formula
    'N(0, std = g √(1/n)), g = 1.5'
    """
    return _rule(name, law, scale, gain, "variance scaling, as Keras and JAX have it")


_ROOT_2, _ROOT_THIRD = math.sqrt(2), 1 / math.sqrt(3)
_GAIN_WORDS: dict[float | None, str] = {
    1.0: "1",
    _ROOT_2: "√2",
    _ROOT_THIRD: "1/√3",
    None: "4 for sigmoid, 1 for tanh, √2 for ReLU and SiLU",
}

_GLOROT = "Glorot & Bengio 2010, eq. 16"
_GLOROT_12 = "Glorot & Bengio 2010, eq. 12"
_HE = "He, Zhang, Ren & Sun 2015, ICCV, eq. 10"
_HE_OUT = "He, Zhang, Ren & Sun 2015, ICCV, eq. 14"
_LECUN = "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, eq. 16"
_LECTURE = "the lecture, Glorot weight initialization"
_CUT = "; Keras calls the truncated law normal"
_GIVEN = "the lecture's self-test: too large a variance"

INITIALIZERS: dict[str, Initializer] = {
    "standard_uniform": replace(
        _rule("standard_uniform", "uniform", FAN_IN, _ROOT_THIRD, "Glorot & Bengio 2010, eq. 1"),
        formula="U[-1/√n, 1/√n]",
        latex=r"U\left[-\frac{1}{\sqrt{n}},\ \frac{1}{\sqrt{n}}\right]",
    ),
    "glorot_uniform": replace(
        _rule("glorot_uniform", "uniform", MEAN_FAN, 1.0, _GLOROT),
        latex=r"U\left[-\frac{\sqrt{6}}{\sqrt{n+m}},\ \frac{\sqrt{6}}{\sqrt{n+m}}\right]",
    ),
    "glorot_normal": _rule("glorot_normal", "normal", MEAN_FAN, 1.0, _GLOROT_12),
    "glorot_truncated_normal": _rule(
        "glorot_truncated_normal", "truncated_normal", MEAN_FAN, 1.0, _GLOROT_12 + _CUT
    ),
    "he_uniform": _rule("he_uniform", "uniform", FAN_IN, _ROOT_2, _HE),
    "he_normal": _rule("he_normal", "normal", FAN_IN, _ROOT_2, _HE),
    "he_truncated_normal": _rule(
        "he_truncated_normal", "truncated_normal", FAN_IN, _ROOT_2, _HE + _CUT
    ),
    "he_fan_out_uniform": _rule("he_fan_out_uniform", "uniform", _FAN_OUT, _ROOT_2, _HE_OUT),
    "he_fan_out_normal": _rule("he_fan_out_normal", "normal", _FAN_OUT, _ROOT_2, _HE_OUT),
    "he_fan_out_truncated_normal": _rule(
        "he_fan_out_truncated_normal", "truncated_normal", _FAN_OUT, _ROOT_2, _HE_OUT + _CUT
    ),
    "lecun_uniform": _rule("lecun_uniform", "uniform", FAN_IN, 1.0, _LECUN),
    "lecun_normal": _rule("lecun_normal", "normal", FAN_IN, 1.0, _LECUN),
    "lecun_truncated_normal": _rule(
        "lecun_truncated_normal", "truncated_normal", FAN_IN, 1.0, _LECUN + _CUT
    ),
    "lecture_uniform": _rule(
        "lecture_uniform", "uniform", MEAN_FAN, None, _LECTURE + ", uniform law"
    ),
    "lecture_normal": _rule(
        "lecture_normal", "normal", MEAN_FAN, None, _LECTURE + ", the compromise"
    ),
    "lecture_truncated_normal": _rule(
        "lecture_truncated_normal", "truncated_normal", MEAN_FAN, None, _LECTURE + _CUT
    ),
    "lecture_forward_normal": _rule(
        "lecture_forward_normal", "normal", FAN_IN, None, _LECTURE + ", forward"
    ),
    "lecture_backward_normal": _rule(
        "lecture_backward_normal", "normal", _FAN_OUT, None, _LECTURE + ", backward"
    ),
    "orthogonal": _rule(
        "orthogonal",
        "orthogonal",
        _LARGER_FAN,
        1.0,
        "Saxe, McClelland & Ganguli 2014, arXiv:1312.6120; Mezzadri 2007, arXiv:math-ph/0609050",
    ),
    "normal": _rule("normal", "normal", NO_FAN, 1.0, _GIVEN),
    "uniform": _rule("uniform", "uniform", NO_FAN, 1.0, _GIVEN),
    "truncated_normal": _rule("truncated_normal", "truncated_normal", NO_FAN, 1.0, _GIVEN),
    "pytorch_default": replace(
        _rule(
            "pytorch_default",
            "uniform",
            FAN_IN,
            _ROOT_THIRD,
            "torch.nn.Linear.reset_parameters: kaiming_uniform_(a=√5)",
            bias="pytorch_default",
        ),
        formula="U[-1/√n, 1/√n], weights and biases alike",
        latex=r"U\left[-\frac{1}{\sqrt{n}},\ \frac{1}{\sqrt{n}}\right]",
    ),
    "zeros": Initializer(
        name="zeros",
        law="constant",
        scale=Scale(variance=lambda n, m: 0.0, std="0", bound="0", latex="0"),
        gain=1.0,
        formula="0",
        latex="0",
        source="what fails: no signal, and no gradient below the last layer",
    ),
    "constant": Initializer(
        name="constant",
        law="constant",
        scale=NO_FAN,
        gain=1.0,
        formula="g, g = 1",
        latex="g",
        centre=1.0,
        spread=0.0,
        source="what fails: all units of a layer stay equal; the gain is the value",
    ),
    "positive_uniform": Initializer(
        name="positive_uniform",
        law="uniform",
        scale=NO_FAN,
        gain=1.0,
        formula="U[0, g], g = 1",
        latex=r"U\left[0,\ g\right]",
        centre=1 / 2,
        spread=1 / math.sqrt(12),
        source="what fails: weights of mean g/2, as numpy.random.rand draws them",
    ),
    "identity": Initializer(
        name="identity",
        law="identity",
        scale=_LARGER_FAN,
        gain=1.0,
        formula="g × the identity matrix (g on the main diagonal, 0 elsewhere), g = 1",
        latex=r"g \times I",
        centre=math.nan,
        source="Le, Jaitly & Hinton 2015, arXiv:1504.00941, for recurrent networks; not random",
    ),
}
"""All initializers by name. For normal, uniform and truncated_normal, whose standard deviation does
not depend on the width, the gain is that standard deviation."""
