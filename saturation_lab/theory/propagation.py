"""The prediction for every layer of a study's networks, without drawing any of them.

`predict` follows the examples that the study shows (or the law of fresh ones) up through the
network and a gradient down, for infinitely wide layers whose widths keep their ratios. All numbers
have the names that the sampler uses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from saturation_lab.checks import InputError, Words, choice, whole
from saturation_lab.examples import mean_square_of_inputs
from saturation_lab.nets.arrays import Float64
from saturation_lab.printed import Printed
from saturation_lab.statistics.quantities import PEAK, QUANTITIES, Only
from saturation_lab.study import SCHEMA, Study
from saturation_lab.theory.backward import Cotangent, Logits, Top, descend, top_of
from saturation_lab.theory.expected import EXPECTED, Hidden
from saturation_lab.theory.expected_output import EXPECTED_OUTPUT, Output
from saturation_lab.theory.forward import NORMS, Shown, Step, ascend, shown_by
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.typical_values import Typical, typical

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Prediction(Printed):
    """A resolved study and the values that theory expects.

    Attributes
    ----------
    study : Study
        The study, with every default filled in.
    values : array of shape (layers, quantities)
        The quantities are in the order of `QUANTITIES`, and the output layer is last. An entry is
        nan if theory has no value.
    """

    study: Study
    values: Float64

    @cached_property
    def typical(self) -> dict[str, Typical]:
        """What a finite width does to the study's networks (see `finite_width`); {} if unknown."""
        try:
            return finite_width(self.study)
        except NoAnswer:
            return {}

    @property
    def depth(self) -> int:
        """L, the number of hidden layers."""
        return len(self.study.widths)

    def value(self, quantity: str, layer: int) -> float:
        """Return the expected value of a quantity in a layer.

        Parameters
        ----------
        quantity : str
            A key of `QUANTITIES`.
        layer : int
            The hidden layer, from 1 to L, or L + 1 for the output layer.

        Returns
        -------
        float
            The value; nan if theory has none.

        Raises
        ------
        InputError
            If there is no such quantity or layer.
        """
        choice("quantity", quantity, QUANTITIES)
        number = whole("layer", layer, low=1, high=len(self.values))
        return float(self.values[number - 1, list(QUANTITIES).index(quantity)])

    def refuse_other(self, origin: object) -> None:
        """Raise `InputError` if the prediction is about other networks or inputs.

        Parameters
        ----------
        origin : object
            The study that a result comes from. The number of networks, the sampler, the data type
            and the histogram settings may differ.

        Raises
        ------
        InputError
            If ``origin`` is not a study, or is a study of other networks or inputs.
        """
        if not isinstance(origin, Study) or _drawn_from(origin) != _drawn_from(self.study):
            raise InputError(
                "predicted",
                expected="a prediction of this result's study",
                got=Words("one for other networks or inputs"),
            )

    def profile(self) -> pd.DataFrame:
        """Return ``profile(layer, quantity, value)`` of the hidden layers, ordered like results."""
        import pandas as pd

        index = pd.MultiIndex.from_product(
            [range(1, self.depth + 1), list(QUANTITIES)], names=["layer", "quantity"]
        )
        flat = self.values[: self.depth].reshape(-1)
        return pd.DataFrame({"value": flat}, index=index).reset_index()

    def to_json(self) -> dict[str, Any]:
        """Return the study and the expected values as plain data; None where there is no theory."""
        layers = [
            {
                name: {"value": float(x) if math.isfinite(x) else None}
                for name, x in zip(QUANTITIES, row, strict=True)
            }
            for row in self.values
        ]
        return {
            "schema": SCHEMA,
            "study": self.study.to_json(),
            "digest": self.study.digest if self.study.can_be_written else None,
            "input_notes": list(self.study.input_notes),
            "layers": [{"layer": i, **layer} for i, layer in enumerate(layers[: self.depth], 1)],
            "output": layers[self.depth] if len(layers) > self.depth else None,
            "finite_width": {name: one.to_json() for name, one in self.typical.items()},
        }


def finite_width(study: Study) -> dict[str, Typical]:
    """Return what a finite width does to the signal on top and to the gradient in layer 1.

    Parameters
    ----------
    study : Study
        The networks and their inputs.

    Returns
    -------
    dict of str to Typical
        "pre_activation_mean_square" of the last hidden layer and "gradient_mean_square" of layer 1,
        relative to the values that theory expects for wide layers: the typical network (geometric
        mean) and the spread over networks. They are those of one example with the mean square of
        the study's inputs. A quantity whose scatter is too large for an expansion in L/n is left
        out, and so is the gradient if it comes from labels.

    Raises
    ------
    NoAnswer
        If the weights or biases are not independent normal ones, or an expectation diverges.
    InputError
        If the study's inputs cannot be read.

    References
    ----------
    .. [1] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020, theorem 1.
    .. [2] S. Yaida, "Non-Gaussian processes and neural networks at finite widths", MSML 2020,
       arXiv:1910.00019, section 3.

    Examples
    --------
    >>> study = Study(
    ...     activation="relu", initializer="he_normal", widths=[100] * 10, inputs="gaussian"
    ... )
    >>> round(finite_width(study)["gradient_mean_square"].factor, 2)
    0.78
    """
    study = study.resolved()
    found = typical(study.architecture, input_mean_square=mean_square_of_inputs(study))
    if study.loss != "random_cotangent":
        found.pop("gradient_mean_square", None)
    return found


def _drawn_from(study: Study) -> Study:
    """Return the study without the settings that do not affect its networks and inputs.

    These are the number of networks, the sampler, the data type and the histogram settings.
    """
    return replace(study, networks=1, sampler="auto", dtype="float64", bins=2, ranges={})


def predict(study: Study, *, only: Only | None = None) -> Prediction:
    """Return what theory expects of every quantity in every layer of a study's networks.

    Parameters
    ----------
    study : Study
        The networks and their inputs.
    only : frozenset of tuple, optional
        The quantities to compute, each with the number of its layer; the others are nan. None for
        all.

    Returns
    -------
    Prediction
        The expected values; nan where there is no theory.

    Raises
    ------
    NoAnswer
        If the weights are not centred, or an expectation of the activation diverges.
    InputError
        If the study's inputs cannot be read.

    Notes
    -----
    The law of the weights enters through its variance, and z is normal; with uniform or constant
    biases, it is normal given the bias, and every value is the mean over that bias. The mean over
    networks of z², or of anything linear in the Gram matrix, is exact in layer 1 and off by O(1/n)
    above it. Ratios, shares, percentiles and singular values are limits as well. The weights of the
    backward pass are treated as independent of the forward pass. Fresh inputs are treated as having
    a large number of features (`INPUT_LAWS`), except for the kurtosis of z in layer 1, which is
    3 + 6/n for n Gaussian features. Fresh inputs without such a law are those of the first `SETS`
    networks. A layer takes about 0.1 s at 50 examples, and the time grows like B² beyond; with
    uniform biases, a second, or a few if they are large.

    There is no theory for: dead_share with several examples; weight_gradient_peak_share;
    gradient_mean under the softmax unless φ is odd; kurtosis, percentiles and peak share of the
    gradient of layer L under the softmax unless the weights are normal or orthogonal, because
    ∂C/∂a_L is a sum over a few classes; other peak shares if the study specifies no range (the
    study of a result does); singular values if a user's own function draws the weights; layers
    whose mean square exceeds 1e150, and all gradients below them.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eqs. 3 and 5.
    .. [2] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, eq. 9.
    .. [3] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, eqs. 5 to 14 (the linear case).

    Examples
    --------
    >>> he = Study(activation="relu", initializer="he_normal", widths=[100] * 5, inputs="digits")
    >>> found = predict(replace(he, examples=20))
    >>> first, last = (found.value("pre_activation_mean_square", layer) for layer in (1, 5))
    >>> round(last / first, 12)
    1.0
    """
    study = study.resolved()
    sets = [_of_one_set(study, shown, only) for shown in shown_by(study)]
    values = np.mean(sets, axis=0)
    if study.fresh_inputs and study.inputs in NORMS:
        values[0, list(QUANTITIES).index("pre_activation_kurtosis")] += _norms_differ(study)
    return Prediction(study=study, values=values)


def _norms_differ(study: Study) -> float:
    """Return the kurtosis of z in layer 1 that fresh examples add, whose norms vary."""
    first = study.architecture.layers[0]
    from_input = first.fan_in * first.weight_std**2
    share = from_input / (from_input + first.bias_std**2)
    return 3 * NORMS[study.inputs] / first.fan_in * share**2


def _of_one_set(study: Study, shown: Shown, only: Only | None) -> Float64:
    architecture = study.architecture
    values = np.full((len(architecture.layers), len(QUANTITIES)), np.nan)
    steps = ascend(architecture, shown.gram)
    hidden = steps[: architecture.depth]
    if not hidden:
        return values
    whole_way = len(steps) == len(architecture.layers)
    top = top_of(architecture, steps, shown.labels) if whole_way else _unknown(hidden)

    def asked(name: str, number: int) -> bool:
        return only is None or (name, number) in only

    for number, layer in enumerate(_layers(study, hidden, top), start=1):
        found = {name: expect(layer) for name, expect in EXPECTED.items() if asked(name, number)}
        _fill(values[number - 1], found)
    if isinstance(top, Logits):
        last, number = steps[-1], len(values)
        output = Output(architecture=architecture, step=last, top=top, peaks=_peaks(study))
        rows = EXPECTED_OUTPUT.items()
        _fill(values[-1], {name: expect(output) for name, expect in rows if asked(name, number)})
    return values


def _unknown(hidden: list[Step]) -> Cotangent:
    """Return a top about which nothing is known, because layers below it overflow."""
    return Cotangent(examples=len(hidden[0].z.square), size=math.nan)


def _fill(row: Float64, found: dict[str, float]) -> None:
    for column, name in enumerate(QUANTITIES):
        row[column] = found.get(name, math.nan)


def _layers(study: Study, hidden: list[Step], top: Top) -> list[Hidden]:
    layers = []
    for step, way in zip(hidden, descend(hidden), strict=True):
        assert step.response is not None
        assert step.a is not None
        layers.append(
            Hidden(
                architecture=study.architecture,
                thresholds=study.thresholds,
                peaks=_peaks(study),
                step=step,
                response=step.response,
                a=step.a,
                top=top,
                way=way,
                topmost=step is hidden[-1],
            )
        )
    return layers


def _peaks(study: Study) -> dict[str, float]:
    return {name: PEAK * (high - low) / 2 for name, (low, high) in study.ranges.items()}
