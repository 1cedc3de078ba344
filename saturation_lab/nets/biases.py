"""The table of bias laws."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from saturation_lab.checks import NOTHING, InputError, choice, real
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.initializers import FIXED, LAWS, precision


@dataclass(frozen=True, kw_only=True)
class BiasLaw:
    """A law for the biases of a layer.

    Attributes
    ----------
    name : str
        The key in `BIASES`.
    law : str
        A key of `LAWS`.
    takes_scale : bool
        Whether the law has a scale that a study must specify.
    std : callable
        A function of ``(scale, fan_in)`` that returns the standard deviation of one bias.
    mean : callable
        A function of the scale that returns the mean of one bias.
    formula : str
        The law in plain text; "scale" is a placeholder.
    source : str
        The paper and equation.
    """

    name: str
    law: str
    takes_scale: bool
    std: Callable[[float, int], float]
    mean: Callable[[float], float] = lambda scale: 0.0
    formula: str
    source: str

    def bound(self, scale: float, fan_in: int) -> float:
        """Return the bound of a uniform law.

        Parameters
        ----------
        scale : float
            The scale; ignored by laws that take none.
        fan_in : int
            The number of units below.

        Returns
        -------
        float
            The largest possible bias; 0 for a law that is not uniform.

        Examples
        --------
        >>> round(BIASES["uniform"].bound(3.0, 100), 12)
        3.0
        """
        return math.sqrt(3) * self.std(scale, fan_in) if self.law == "uniform" else 0.0

    def draw(
        self, rng: np.random.Generator, count: int, *, std: float, mean: float = 0.0, dtype: str
    ) -> Array:
        """Draw the bias vector of one layer.

        Parameters
        ----------
        rng : Generator
            The source of randomness.
        count : int
            The number of units in the layer.
        std, mean : float
            The standard deviation and the mean of one bias.
        dtype : str
            float32 or float64.

        Returns
        -------
        array of shape (count,)
            The biases.
        """
        drawn = np.empty(count, precision(dtype))
        (LAWS | FIXED)[self.law](rng, drawn, std)
        if mean:
            drawn += mean
        return drawn


BIASES: dict[str, BiasLaw] = {
    "zero": BiasLaw(
        name="zero",
        law="normal",
        takes_scale=False,
        std=lambda scale, fan_in: 0.0,
        formula="0",
        source="Glorot & Bengio 2010, section 2.3",
    ),
    "normal": BiasLaw(
        name="normal",
        law="normal",
        takes_scale=True,
        std=lambda scale, fan_in: scale,
        formula="N(0, std = scale)",
        source="Poole et al. 2016, arXiv:1606.05340, eq. 1",
    ),
    "uniform": BiasLaw(
        name="uniform",
        law="uniform",
        takes_scale=True,
        std=lambda scale, fan_in: scale / math.sqrt(3),
        formula="U[-scale, scale]",
        source="variance scale²/3",
    ),
    "constant": BiasLaw(
        name="constant",
        law="constant",
        takes_scale=True,
        std=lambda scale, fan_in: 0.0,
        mean=lambda scale: scale,
        formula="constant scale",
        source="a small positive value for ReLU: Goodfellow, Bengio & Courville 2016, section 6.3",
    ),
    "fan_in_normal": BiasLaw(
        name="fan_in_normal",
        law="normal",
        takes_scale=True,
        std=lambda scale, fan_in: scale / math.sqrt(fan_in),
        formula="N(0, std = scale/√n)",
        source="the scale of the weights, normal",
    ),
    "fan_in_uniform": BiasLaw(
        name="fan_in_uniform",
        law="uniform",
        takes_scale=True,
        std=lambda scale, fan_in: scale / math.sqrt(3 * fan_in),
        formula="U[-scale/√n, scale/√n]",
        source="the scale of the weights, uniform; scale 1 is torch.nn.Linear.reset_parameters",
    ),
    "pytorch_default": BiasLaw(
        name="pytorch_default",
        law="uniform",
        takes_scale=False,
        std=lambda scale, fan_in: 1 / math.sqrt(3 * fan_in),
        formula="U[-1/√n, 1/√n]",
        source="torch.nn.Linear.reset_parameters",
    ),
}
"""All bias laws by name."""


def checked_bias(key: str, value: object) -> str:
    """Return the name of a bias law.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        A key of `BIASES`, or a spelling of zeros in a framework.

    Returns
    -------
    str
        The key of `BIASES`.

    Raises
    ------
    InputError
        If there is no such law.

    Examples
    --------
    >>> checked_bias("bias", "nn.init.zeros_")
    'zero'
    """
    typed = value.strip().lower() if isinstance(value, str) else ""
    law, colon, scale = typed.partition(":")
    if typed.rpartition(".")[2].removesuffix("_") in ("zero", "zeros"):
        return "zero"
    if typed == "ones" or (colon and law in BIASES):
        law, scale = (law, scale) if colon else ("constant", "1")
        takes = BIASES[law].takes_scale
        raise InputError(
            key,
            expected=f"one of {', '.join(BIASES)}",
            got=value,
            hint=f"set bias = {law}" + f" and bias_scale = {scale}" * takes,
        )
    return choice(key, value, BIASES)


def refuse_other_scale(bias: BiasLaw, scale: float | None) -> None:
    """Check that a scale is given if and only if a bias law takes one.

    Parameters
    ----------
    bias : BiasLaw
        The law.
    scale : float or None
        The scale that a study specifies.

    Raises
    ------
    InputError
        If it is missing or not wanted, or negative for a law in which only its size matters.

    Examples
    --------
    >>> refuse_other_scale(BIASES["normal"], 0.1)
    """
    if scale is not None and not bias.mean(1.0):
        real("bias_scale", scale, least=0)  # only a mean may be negative
    if bias.takes_scale and scale is None:
        raise InputError(
            "bias_scale", expected=f"a number, the scale of {bias.name} biases", got=NOTHING
        )
    if not bias.takes_scale and scale is not None:
        raise InputError(
            "bias_scale",
            expected=f"nothing, because {bias.name} biases take no scale",
            got=scale,
            hint="choose a bias law that takes one (bias = normal or uniform)",
        )
