"""Do signal and gradient keep their size through a network, and is it free of saturation?"""

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
    """Assert that the signal keeps its size: layer 1 against every later hidden layer.

    With m_l the mean square over units and examples of layer l of one network, the statement is
    abs E ln(m_l/m_1) < ln ``factor``, E over networks: the typical network (geometric mean) changes
    by less than the factor. It is contradicted where Student's t interval of ln(m_l/m_1) over
    networks, at level 1 - false_alarm/(L - 1), lies outside: exact for log-normal mean squares,
    which those of deep networks nearly are. (Drawn until their spread says enough, a true ratio of
    just ``factor`` is rejected 1.1 to 1.6 times as often as in networks that are given: counted at
    1e-4, and within ``false_alarm``, as only one end errs. Of very narrow layers logarithms are
    skewed. A true ratio of just ``factor`` is then rejected up to 3 times as often as stated at 4
    units, 1.3 times at 16, counted at 1e-5.) A network that overflows, or that is 0 in a layer,
    contradicts it by itself, as its logarithm has no finite mean.

    Every network needs weights of its own. The same weights fed other examples cannot be told from
    networks, but their spread is far too small: so drawn, right ReLU networks of 10 layers of 64
    units are rejected in 16 of 100 runs, of 20 layers in 60.

    Args:
        subject: a `Trace` of networks; arrays [networks, examples, units], one a layer, from the
            bottom up; or ``draw(rng)`` that returns one network's layers [examples, units] (or a
            Trace of one network) and is called until there are enough.
        detects: a change by this factor is found with ``power``; by default ``factor`` squared.
            How many networks that takes follows from their spread alone, never from the estimate.
        of: what is taken of a Trace, and what messages call it: pre_activation or activation.
        seed: network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.
        false_alarm: in how many runs, at most, a true statement is rejected.

    Raises:
        AssertionError: the data contradict the statement.
        InputError: too few networks for ``detects``; fewer than two networks or layers; nan; two
            networks equal in every number.

    Source: He et al. 2015 (arXiv:1502.01852), section 2.2, on what is preserved.

    >>> def draw(rng):  # ReLU under He, 4 layers of 100 units
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
    """Assert that the back-propagated gradient keeps its size: the top layer against every lower.

    The arrays are ∂C/∂z (or ∂C/∂a) of each example, from the bottom layer up as they lie in the
    network; of a `Trace` its ``gradient``. All else is as in `assert_variance_preserved`, with the
    top hidden layer in the place of layer 1.

    Raises:
        AssertionError: the data contradict the statement.
        InputError: as `assert_variance_preserved`.

    Source: Glorot & Bengio 2010, section 4.2.1, equation 9.

    >>> rng = np.random.default_rng(1)
    >>> vanishing = [rng.normal(0, 2.0**l, (20, 5, 30)) for l in range(6)]
    >>> assert_gradient_preserved(vanishing)
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: the typical network's mean square of the back-propagated ...
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

    The share is counted in each network over units and examples; the statement is about its mean
    over networks, by Student's t at level 1 - false_alarm/L. (Shares above a half are skewed
    towards 0, and at a true share of just ``most`` more are rejected than stated: counted at 1e-4
    and a share of 0.9, 3 times as many for networks of 20 independent values, 26 times for 4; up to
    a half and from 20 values on no more than stated.)

    Args:
        subject: as in `assert_variance_preserved`; arrays are pre-activations z.
        activation: whose tails count: where |φ'| stays below 5 % of its maximum. Of ReLU that is
            z < 0, half of all z.
        thresholds: (low, high) outside which z is saturated, in place of an activation.
        detects: a mean share of so much is found with ``power``; by default twice ``most``.

    Raises:
        AssertionError: the data contradict the statement, or a network overflows.
        InputError: an activation without a saturated tail; not one of ``activation`` and
            ``thresholds``; as `assert_variance_preserved`.

    >>> rng = np.random.default_rng(1)
    >>> z = [rng.normal(0, 1, (20, 10, 50)) for _ in range(3)]
    >>> assert_not_saturated(z, activation="tanh").parts[0].name
    'layer 1'
    """
    low, high = _thresholds(activation, thresholds)
    most = real("most", most, above=0)
    found_at = 2 * most if detects is None else real("detects", detects)
    if not most < found_at <= 1:
        expected = f"a share above most = {most:g}, up to 1"
        raise InputError("detects", expected=expected, got=found_at)
    question = Question(
        terms=Terms(
            statement=f"in every layer a share of at most {most:g} of the pre-activations lies "
            f"outside {low:.4g} to {high:.4g}, on average over networks",
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
    found_at = factor * factor if detects is None else detects  # a power would raise, not be inf
    found_at = real("detects", found_at, above=factor)
    question = Question(
        terms=Terms(
            statement=f"the typical network's mean square of the {what} changes by less than a "
            f"factor {factor:g} from {way.says}",
            false_alarm=false_alarm,
            detects=found_at,
            effect=f"a factor {found_at:g}",
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
            got=Words(f"{low:g} and {high:g} of {name}"),
            hint="where nothing counts as saturated, there is nothing to test",
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
