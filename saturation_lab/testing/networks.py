"""Assertions that networks preserve signal and gradient and are not saturated."""

from __future__ import annotations

import math

import numpy as np

from saturation_lab.checks import InputError, Words, choice, real
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.testing.assurance import FALSE_ALARM, POWER, Assurance, Terms
from saturation_lab.testing.mistakes import steps_that_fit
from saturation_lab.testing.question import DOWN, UP, Direction, Question
from saturation_lab.testing.subjects import Subject, log_mean_square, networks_of

SIGNALS = {"pre_activation": "pre-activations", "activation": "activations"}


def assert_variance_preserved(
    subject: Subject,
    *,
    factor: float = 2.0,
    detects: float | None = None,
    of: str = "pre_activation",
    seed: int = 0,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that the mean square of the signal is preserved from layer 1 to all later layers.

    Parameters
    ----------
    subject : Trace, sequence of arrays, or callable
        The networks: a `Trace`; one array of shape (networks, examples, units) for each hidden
        layer, from the bottom up; or a function ``draw(rng)`` that returns the layers of one
        network, arrays of shape (examples, units) or a `Trace` of one network. It is called until
        there are enough networks. Every network needs its own weights (see Notes).
    factor : float, default 2.0
        The mean square may change by less than this factor, which is above 1.
    detects : float, optional
        A change by this factor is detected with probability ``power``. The default is ``factor``
        squared. The number of networks needed is computed from their spread, never from the
        estimated change.
    of : {"pre_activation", "activation"}
        The signal to take from a `Trace`, and its name in messages.
    seed : int, default 0
        Network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``. It is used only
        if ``subject`` is callable.
    false_alarm : float, default 1e-6
        The largest rate at which a true statement is rejected.
    power : float, default 0.999
        The smallest probability of detecting a change by ``detects``.

    Returns
    -------
    Assurance
        What was measured, and the error rates of the test.

    Raises
    ------
    AssertionError
        If the data contradict the statement, which includes a network that overflows or that is 0
        in a layer.
    InputError
        If there are fewer than two networks or layers, or too few networks to detect ``detects``,
        if an array contains nan, or if two networks are equal in every number.

    See Also
    --------
    assert_gradient_preserved : The same for the back-propagated gradient.

    Notes
    -----
    Let m_l be the mean square over units and examples in layer l of one network. The statement is
    ``|E ln(m_l/m_1)| < ln factor`` for every later layer l, with the expectation over networks: in
    the typical network, the geometric mean over networks, the mean square changes by less than the
    factor. It is contradicted if Student's t interval of ln(m_l/m_1) over networks, at level
    1 - false_alarm/(L - 1), lies outside. That is exact for log-normal mean squares, which those of
    deep networks nearly are. The logarithm of a network that overflows or is 0 in a layer has no
    finite mean, so one such network contradicts the statement.

    The measured false-alarm rates at a true ratio of exactly ``factor`` are:

    - For networks drawn from a callable, whose number depends on their spread, 1.1 to 1.6 times
      that of a given set of networks (measured at a rate of 1e-4). It stays within ``false_alarm``,
      since only one end of the interval can err.
    - For very narrow layers, whose logarithms are skewed, up to 3 times the stated rate at 4 units
      and 1.3 times at 16 units (measured at 1e-5).

    Every network needs its own weights. One network evaluated on different examples looks like
    several networks, but their spread is far too small: correct ReLU networks are then rejected in
    16 of 100 runs for 10 layers of 64 units, and in 60 of 100 runs for 20 layers.

    References
    ----------
    .. [1] K. He et al., "Delving deep into rectifiers: surpassing human-level performance on
       ImageNet classification", ICCV 2015, arXiv:1502.01852, section 2.2.

    Examples
    --------
    >>> def draw(rng):  # ReLU with He's rule, 4 layers of 100 units
    ...     a, layers = rng.standard_normal((8, 100)), []
    ...     for _ in range(4):
    ...         layers.append(a @ rng.normal(0, (2 / 100) ** 0.5, (100, 100)))
    ...         a = np.maximum(layers[-1], 0)
    ...     return layers
    >>> assert_variance_preserved(draw).over
    '20 networks'
    """
    return _preserved(
        subject,
        signal=of,
        way=UP,
        what=SIGNALS[choice("of", of, SIGNALS)],
        factor=factor,
        detects=detects,
        seed=seed,
        false_alarm=false_alarm,
        power=power,
    )


def assert_gradient_preserved(
    subject: Subject,
    *,
    factor: float = 2.0,
    detects: float | None = None,
    seed: int = 0,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that the back-propagated gradient is preserved from the top to all lower layers.

    The test is that of `assert_variance_preserved`, with the top hidden layer as the reference in
    place of layer 1.

    Parameters
    ----------
    subject : Trace, sequence of arrays, or callable
        The networks, as in `assert_variance_preserved`. The arrays are the gradients ∂C/∂z (or
        ∂C/∂a) of each example, from the bottom layer up. A `Trace` provides its ``gradient``.
    factor : float, default 2.0
        The mean square may change by less than this factor, which is above 1.
    detects : float, optional
        A change by this factor is detected with probability ``power``. The default is ``factor``
        squared.
    seed : int, default 0
        Network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.
    false_alarm : float, default 1e-6
        The largest rate at which a true statement is rejected.
    power : float, default 0.999
        The smallest probability of detecting a change by ``detects``.

    Returns
    -------
    Assurance
        What was measured, and the error rates of the test.

    Raises
    ------
    AssertionError
        If the data contradict the statement.
    InputError
        If the subject cannot be used, as in `assert_variance_preserved`.

    See Also
    --------
    assert_variance_preserved : The same for the signal, with notes on the test.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, section 4.2.1, eq. 9.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> vanishing = [rng.normal(0, 2.0**l, (20, 5, 30)) for l in range(6)]
    >>> assert_gradient_preserved(vanishing)
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: the mean square of the back-propagated gradients ...
      layer 5 / layer 6: 0.255, interval [0.199, 0.327], expected 0.5 to 2
      ...
    """
    return _preserved(
        subject,
        signal="gradient",
        way=DOWN,
        what="back-propagated gradients",
        factor=factor,
        detects=detects,
        seed=seed,
        false_alarm=false_alarm,
        power=power,
    )


def assert_not_saturated(
    subject: Subject,
    *,
    activation: str | Activation | None = None,
    thresholds: tuple[float, float] | None = None,
    most: float = 0.05,
    detects: float | None = None,
    seed: int = 0,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that in every layer at most a share ``most`` of the pre-activations is saturated.

    Parameters
    ----------
    subject : Trace, sequence of arrays, or callable
        The networks, as in `assert_variance_preserved`. The arrays are the pre-activations z.
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
        ``most``. It must be above ``most`` and at most 1.
    seed : int, default 0
        Network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.
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
    low, high = _thresholds(activation, thresholds)
    most = real("most", most, above=0)
    found_at = 2 * most if detects is None else real("detects", detects)
    if not most < found_at <= 1:
        expected = f"a share above most = {most:g} and at most 1"
        raise InputError("detects", expected=expected, got=found_at)
    question = Question(
        terms=Terms(
            statement=f"in every layer a share of at most {most:g} of the pre-activations lies "
            f"outside [{low:.4g}, {high:.4g}], averaged over networks",
            false_alarm=false_alarm,
            detects=found_at,
            effect=f"a share of {found_at:g}",
            power=power,
        ),
        compared=lambda shares: shares,
        names=lambda layers: [f"layer {number}" for number in range(1, layers + 1)],
        least=-math.inf,
        most=most,
        planned_for=found_at,
    )
    networks = networks_of(
        subject,
        signal="pre_activation",
        measure=lambda z: float(np.mean((z < low) | (z > high))),
        seed=seed,
        least_layers=1,
    )
    return question.answer(networks)


def _preserved(
    subject: Subject,
    *,
    way: Direction,
    signal: str,
    what: str,
    factor: float,
    detects: float | None,
    seed: int,
    false_alarm: float,
    power: float,
) -> Assurance:
    factor = real("factor", factor, above=1)
    found_at = factor * factor if detects is None else detects  # ** would raise OverflowError
    found_at = real("detects", found_at, above=factor)
    question = Question(
        terms=Terms(
            statement=f"the mean square of the {what} in the typical network changes by less than "
            f"a factor of {factor:g} from {way.says}",
            false_alarm=false_alarm,
            detects=found_at,
            effect=f"a factor of {found_at:g}",
            power=power,
        ),
        compared=way.log_ratios,
        names=way.names,
        scale=math.exp,
        least=-math.log(factor),
        most=math.log(factor),
        planned_for=math.log(found_at),
        hints=lambda parts, widths: steps_that_fit(parts, way.along(widths)),
    )
    networks = networks_of(
        subject, signal=signal, measure=log_mean_square, seed=seed, least_layers=2
    )
    return question.answer(networks)


def _thresholds(
    activation: str | Activation | None, thresholds: tuple[float, float] | None
) -> tuple[float, float]:
    if (activation is None) == (thresholds is None):
        raise InputError(
            "thresholds",
            expected="either an activation or thresholds=(low, high)",
            got=Words("neither" if activation is None else "both"),
        )
    if thresholds is None:
        found = find_activation(activation)
        low, high = found.thresholds()
        name = found.name
    else:
        low, high = _pair(thresholds)
        name = "thresholds"
    if not low < high or (low, high) == (-math.inf, math.inf):
        raise InputError(
            "thresholds",
            expected="low < high, not both infinite",
            got=Words(f"({low:g}, {high:g}) from {name}"),
            hint="without a saturated tail there is nothing to test",
        )
    return low, high


def _pair(thresholds: object) -> tuple[float, float]:
    try:
        low, high = np.asarray(thresholds, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "thresholds", expected="two numbers (low, high)", got=thresholds
        ) from error
    return float(low), float(high)
