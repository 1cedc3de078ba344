"""Assertions that few pre-activations are saturated and few units are dead."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from saturation_lab.checks import NOTHING, InputError, Words, real, whole
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.own import find_activation
from saturation_lab.testing.assurance import FALSE_ALARM, POWER, Assurance, Terms
from saturation_lab.testing.question import (
    MOST_NETWORKS,
    MOST_SECONDS,
    Comparison,
    Limits,
    Question,
)
from saturation_lab.testing.subjects import INPUT, OUTPUT, Layout, Subject, networks_of


def assert_not_saturated(
    subject: Subject,
    *,
    activation: str | Activation | None = None,
    thresholds: tuple[float, float] | None = None,
    most: float = 0.05,
    detects: float | None = None,
    seed: int = 0,
    most_networks: int = MOST_NETWORKS,
    most_seconds: float = MOST_SECONDS,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that in every layer at most a share ``most`` of the pre-activations is saturated.

    Parameters
    ----------
    subject : Trace, sequence or mapping of arrays, or callable
        The networks, as in `assert_variance_preserved`. The arrays are the pre-activations z. Keys
        "input" and "output" are ignored, since no activation is applied to them.
    activation : str or Activation, optional
        The activation whose tails count as saturated: those where |φ'| stays below 5 % of its
        maximum. For ReLU that is z < 0, which is half of all z.
    thresholds : tuple of two floats, optional
        The values (low, high) outside which z counts as saturated. Exactly one of ``activation``
        and ``thresholds`` must be given.
    most : float, default 0.05
        The largest allowed share in a layer, averaged over networks.
    detects : float, optional
        A mean share of this size is detected with probability ``power``. The default is twice
        ``most``, or halfway from ``most`` to 1 if that is less.
    seed : int, default 0
        Network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.
    most_networks : int, default 10,000
        The largest number of networks to draw.
    most_seconds : float, default 120
        The longest time to spend on drawing.
    false_alarm : float, default 1e-6
        The largest rate at which a true statement is rejected. See Notes for shares above one half.
    power : float, default 0.999
        The smallest probability of detecting a share of ``detects``.

    Returns
    -------
    Assurance
        What was measured, and the error rates of the test.

    Raises
    ------
    AssertionError
        If the data contradict the statement, or if a network overflows.
    InputError
        If the activation has no saturated tail, if not exactly one of ``activation`` and
        ``thresholds`` is given, or if the subject cannot be used, as in
        `assert_variance_preserved`.

    See Also
    --------
    assert_few_dead_units : The share of units that are saturated for all examples.

    Notes
    -----
    The share is counted in each network over units and examples. The statement is about its mean
    over networks and is tested with Student's t interval at level 1 - false_alarm/L. Shares above
    one half are skewed towards 0, which raises the false-alarm rate at a true share of exactly
    ``most``. Measured at a rate of 1e-4 and a share of 0.9, it is 3 times the stated rate for
    networks of 20 independent values and 26 times for 4 values. For shares up to one half and
    networks of 20 or more values it is no more than stated.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = [rng.normal(0, 1, (20, 10, 50)) for _ in range(3)]
    >>> assert_not_saturated(z, activation="tanh").parts[0].name
    'layer 1'
    """
    __tracebackhide__ = True
    tails = _Tails.of(activation, thresholds)

    def share(z: Array) -> float:
        return float(np.mean((z < tails.low) | (z > tails.high)))

    return _few(
        subject,
        share,
        what=f"of the pre-activations lies outside {tails.says}",
        most=most,
        detects=detects,
        seed=seed,
        limits=Limits(most_networks=most_networks, most_seconds=most_seconds),
        false_alarm=false_alarm,
        power=power,
    )


def assert_few_dead_units(
    subject: Subject,
    *,
    activation: str | Activation | None = None,
    thresholds: tuple[float, float] | None = None,
    axis: int | None = None,
    most: float = 0.05,
    detects: float | None = None,
    seed: int = 0,
    most_networks: int = MOST_NETWORKS,
    most_seconds: float = MOST_SECONDS,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that in every layer at most a share ``most`` of the units is dead.

    A unit is dead if its pre-activation is at or beyond the same threshold for all examples, as
    that of a ReLU unit which is never above 0.

    Parameters
    ----------
    subject : Trace, sequence or mapping of arrays, or callable
        The networks, as in `assert_not_saturated`.
    activation : str or Activation, optional
        The activation whose tails count, as in `assert_not_saturated`.
    thresholds : tuple of two floats, optional
        The values (low, high) at or beyond which a unit counts as dead. Exactly one of
        ``activation`` and ``thresholds`` must be given.
    axis : int, optional
        The axis of the units in the array of one network, [examples, ...]: 1 for PyTorch's
        convolutions [examples, channels, height, width], -1 for tokens [examples, tokens, features]
        and for channels in the last place. All other axes count as examples. It is required for
        arrays of more than two axes.
    most : float, default 0.05
        The largest allowed share in a layer, averaged over networks.
    detects : float, optional
        A mean share of this size is detected with probability ``power``. The default is twice
        ``most``, or halfway from ``most`` to 1 if that is less.
    seed : int, default 0
        Network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.
    most_networks : int, default 10,000
        The largest number of networks to draw.
    most_seconds : float, default 120
        The longest time to spend on drawing.
    false_alarm : float, default 1e-6
        The largest rate at which a true statement is rejected.
    power : float, default 0.999
        The smallest probability of detecting a share of ``detects``.

    Returns
    -------
    Assurance
        What was measured, and the error rates of the test.

    Raises
    ------
    AssertionError
        If the data contradict the statement, or if a network overflows.
    InputError
        If the activation has no saturated tail, if not exactly one of ``activation`` and
        ``thresholds`` is given, if ``axis`` is missing or does not exist, or if the subject cannot
        be used, as in `assert_variance_preserved`.

    See Also
    --------
    assert_not_saturated : The share of single pre-activations that are saturated.

    Notes
    -----
    Whether a unit counts as dead depends on the examples: the more there are, the fewer units are
    beyond a threshold for all of them. With B independent examples and a symmetric distribution of
    z, a ReLU unit is never above 0 with probability 1/2 to the power B in the first layer (1/256
    for 8). Examples become more alike from layer to layer, so that this probability approaches 1/2
    in a very deep network, in which no unit is broken. Compare only results for the same number of
    examples, and use at least 32.

    The test is that of `assert_not_saturated`. The share in each network is skewed towards large
    values if it is small, which makes false alarms rarer than stated.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = [rng.normal(0, 1, (20, 32, 50)) for _ in range(3)]
    >>> assert_few_dead_units(z, activation="relu").parts[0].estimate
    0.0
    >>> assert_few_dead_units([z[0], z[1] - 5], activation="relu")
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: in every layer a share of at most 0.05 (most) of the units is ...
      layer 2: 1, expected at most 0.05
    based on 20 networks; false-alarm rate at most 1 in 1,000,000, power 99.9 % to detect ...
    """
    __tracebackhide__ = True
    tails = _Tails.of(activation, thresholds)

    def share(z: Array) -> float:
        units = _units_axis(axis, z.ndim)
        others = tuple(i for i in range(z.ndim) if i != units)
        dead = (z.max(axis=others) <= tails.low) | (z.min(axis=others) >= tails.high)
        return float(np.mean(dead))

    return _few(
        subject,
        share,
        what=f"of the units is dead (at or beyond one end of {tails.says} for all examples)",
        most=most,
        detects=detects,
        seed=seed,
        limits=Limits(most_networks=most_networks, most_seconds=most_seconds),
        false_alarm=false_alarm,
        power=power,
    )


def _few(
    subject: Subject,
    share: Callable[[Array], float],
    *,
    what: str,
    most: float,
    detects: float | None,
    seed: int,
    limits: Limits,
    false_alarm: float,
    power: float,
) -> Assurance:
    __tracebackhide__ = True
    most = real("most", most, above=0)
    if most >= 1:
        raise InputError("most", expected="a share above 0 and below 1", got=most)
    found_at = min(2 * most, (1 + most) / 2) if detects is None else real("detects", detects)
    if not most < found_at <= 1:
        expected = f"a share above most = {most:g} and at most 1"
        raise InputError("detects", expected=expected, got=found_at)

    def compare(layout: Layout) -> list[Comparison]:
        return [Comparison(name=name, layer=i, most=most) for i, name in enumerate(layout.names)]

    question = Question(
        terms=Terms(
            statement=f"in every layer a share of at most {most:g} (most) {what}, averaged over "
            "networks",
            false_alarm=false_alarm,
            detects=found_at,
            effect=f"a share of {found_at:g}",
            power=power,
        ),
        compare=compare,
        distance=found_at - most,
        detects=lambda distance: most + distance if most + distance <= 1 else math.inf,
        limits=limits,
    )
    networks = networks_of(
        subject, signal="pre_activation", measure=share, seed=seed, ignored=(INPUT, OUTPUT)
    )
    return question.answer(networks)


@dataclass(frozen=True, kw_only=True)
class _Tails:
    """The saturated tails, below ``low`` and above ``high``, and where they come from."""

    low: float
    high: float
    whence: str

    @classmethod
    def of(
        cls, activation: str | Activation | None, thresholds: tuple[float, float] | None
    ) -> _Tails:
        if (activation is None) == (thresholds is None):
            raise InputError(
                "thresholds",
                expected="either an activation or thresholds=(low, high)",
                got=Words("neither" if activation is None else "both"),
            )
        if thresholds is None:
            found = find_activation(activation)
            low, high = found.thresholds()
            whence = f"activation {found.name}"
        else:
            low, high = _pair(thresholds)
            whence = "thresholds"
        if not low < high or (low, high) == (-math.inf, math.inf):
            raise InputError(
                "thresholds",
                expected="low < high, not both infinite",
                got=Words(f"({low:g}, {high:g}) from {whence}"),
                hint="without a saturated tail there is nothing to test",
            )
        return cls(low=low, high=high, whence=whence)

    @property
    def says(self) -> str:
        return f"[{self.low:.4g}, {self.high:.4g}] ({self.whence})"


def _pair(thresholds: object) -> tuple[float, float]:
    try:
        low, high = np.asarray(thresholds, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "thresholds", expected="two numbers (low, high)", got=thresholds
        ) from error
    return float(low), float(high)


def _units_axis(axis: int | None, axes: int) -> int:
    """Return the axis of the units in an array of one network, whose first axis is examples."""
    if axis is None:
        if axes == 2:
            return 1
        raise InputError(
            "axis",
            expected=f"the axis of the units in arrays of {axes} axes, [examples, ...]",
            got=NOTHING,
            hint="1 for channels in front, as in PyTorch, and -1 for features or channels at last",
        )
    found = whole("axis", axis, low=-axes, high=axes - 1) % axes
    if found == 0:
        raise InputError("axis", expected="the axis of the units", got=Words("that of examples"))
    return found
