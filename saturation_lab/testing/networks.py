"""Assertions that networks preserve signal and gradient."""

from __future__ import annotations

import math
from typing import Literal

from saturation_lab.checks import choice
from saturation_lab.testing.assurance import FALSE_ALARM, POWER, Assurance, Terms
from saturation_lab.testing.question import MOST_NETWORKS, MOST_SECONDS, Limits, Question
from saturation_lab.testing.ratios import Expected, Ratios
from saturation_lab.testing.subjects import INPUT, Subject, log_mean_square, networks_of

SIGNALS = {"pre_activation": "pre-activations", "activation": "activations"}


def assert_variance_preserved(
    subject: Subject,
    *,
    factor: float = 2.0,
    expected: Expected | None = None,
    reference: int | str | None = None,
    detects: float | None = None,
    of: Literal["pre_activation", "activation"] = "pre_activation",
    seed: int = 0,
    most_networks: int = MOST_NETWORKS,
    most_seconds: float = MOST_SECONDS,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that the mean square of the signal is preserved, or changes as expected.

    Every layer is compared with the layer below it and with a reference layer.

    Parameters
    ----------
    subject : Trace, sequence or mapping of arrays, or callable
        The networks:

        - One array of shape (networks, examples, ...) for each layer, from the bottom up. The other
          axes are units, or channels and pixels, or tokens and features. PyTorch tensors are
          accepted as they are. In a list the layers are named "layer 1", "layer 2", and so on; a
          mapping has their names as keys. Its first key may be "input" and its last "output".
        - A function ``draw(rng)`` that returns the layers of one network, arrays of shape
          (examples, ...), in a list or a mapping, or as a `Trace` of one network. It is called
          until there are enough networks.
        - A `Trace`, which has the input.

        Every network needs its own weights (see Notes).
    factor : float, default 2.0
        A mean square may differ from what is expected by less than this factor, which is above 1.
    expected : number, sequence, or mapping, optional
        The mean square of each layer over that of the reference: one number for all layers, a
        sequence with a number for each layer but the reference, from the bottom up, or a mapping
        from names to numbers. By default the mean square is preserved, except from the input to
        the first layer and from the last one to the output (see Notes).
    reference : int or str, optional
        The reference layer, by number (the input is 0) or by name. The default is the first layer;
        with ``expected``, the input if the subject has it.
    detects : float, optional
        A deviation by this factor is detected with probability ``power``. The default is ``factor``
        squared. The number of networks needed is computed from their spread, never from the
        estimated change.
    of : {"pre_activation", "activation"}
        The signal to take from a `Trace`, and its name in messages.
    seed : int, default 0
        Network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``. It is used only
        if ``subject`` is callable.
    most_networks : int, default 10,000
        The largest number of networks to draw.
    most_seconds : float, default 120
        The longest time to spend on drawing. After ten seconds, lines on stderr report the
        progress.
    false_alarm : float, default 1e-6
        The largest rate at which a true statement is rejected.
    power : float, default 0.999
        The smallest probability of detecting a deviation by ``detects``.

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
        If there are fewer than two networks or layers, or too few networks to detect ``detects``
        within the limits, if an array contains nan, if two networks or two layers are equal in
        every number, or if ``expected`` or ``reference`` does not suit the layers.

    See Also
    --------
    assert_gradient_preserved : The same for the back-propagated gradient.

    Notes
    -----
    Let m_l be the mean square over all units and examples of layer l of one network, and e_l its
    expectation, which is 1 in every layer by default. With the reference layer r, the statement is
    ``|E ln(m_l/m_k) - ln(e_l/e_k)| < ln factor`` for every layer l, both with k = r and with k the
    layer below. The expectation is over networks: the typical network is meant, the geometric mean
    over networks. The statement is contradicted if Student's t interval of one of the K
    logarithms, at level 1 - false_alarm/K, lies outside. That is exact for log-normal mean squares,
    which those of deep networks nearly are. The logarithm of a network that overflows or is 0 in a
    layer has no finite mean, so one such network contradicts the statement.

    Without ``expected``, the input and the output are compared only with the layer next to them,
    and the usual rules are allowed for: the ratio of the first layer to the input may lie between
    1/factor and 2 · factor, as He's rule doubles it [1]_ (from 1/(2 · factor) for activations), and
    that of the output to the last layer between 1/(2 · factor) and factor, as ReLU halves it. For
    a sharper test, state ``expected``. A layer is then compared with all others through the
    reference, so any architecture can be described: a normalized layer has mean square 1, a
    residual stream grows by 1 with every normalized block.

    A message names the layer in which the fault lies. A well-known mistake is named only if its
    prediction agrees with every measured ratio, no other one's does, and every array is
    [examples, units]: widths of convolutions are not fans.

    Weights that are tied across layers leave no trace in mean squares; only the weights themselves
    show them.

    The measured false-alarm rates at a true ratio of exactly ``factor`` are:

    - For networks drawn from a callable, whose number depends on their spread, 1.1 to 1.6 times
      that of a given set of networks (measured at a rate of 1e-4). It stays within ``false_alarm``,
      since only one end of the interval can err.
    - For very narrow layers, whose logarithms are skewed, up to 3 times the stated rate at 4 units
      and 1.3 times at 16 units (measured at 1e-5).

    Every network needs its own weights. One network evaluated on different examples looks like
    several networks, but their spread is far too small: correct ReLU networks are then rejected in
    13 of 100 runs for 10 layers of 64 units, and in 55 of 100 runs for 20 layers.

    References
    ----------
    .. [1] K. He et al., "Delving deep into rectifiers: surpassing human-level performance on
       ImageNet classification", ICCV 2015, arXiv:1502.01852, section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> def draw(rng):  # ReLU with He's rule, 4 layers of 100 units
    ...     a = rng.standard_normal((8, 100))
    ...     layers = {"input": a}
    ...     for number in range(1, 5):
    ...         z = a @ rng.normal(0, (2 / 100) ** 0.5, (100, 100))
    ...         layers[f"layer {number}"], a = z, np.maximum(z, 0)
    ...     return layers
    >>> assert_variance_preserved(draw).over
    '20 networks'
    >>> assert_variance_preserved(draw, expected=2, reference="input").parts[-1].name
    'layer 4 / input'
    """
    __tracebackhide__ = True
    return _preserved(
        subject,
        signal=of,
        ratios=Ratios(
            up=True,
            factor=factor,
            expected=expected,
            reference=reference,
            halved=of == "activation",
        ),
        what=SIGNALS[choice("of", of, SIGNALS)],
        detects=detects,
        seed=seed,
        limits=Limits(most_networks=most_networks, most_seconds=most_seconds),
        false_alarm=false_alarm,
        power=power,
    )


def assert_gradient_preserved(
    subject: Subject,
    *,
    factor: float = 2.0,
    expected: Expected | None = None,
    reference: int | str | None = None,
    detects: float | None = None,
    seed: int = 0,
    most_networks: int = MOST_NETWORKS,
    most_seconds: float = MOST_SECONDS,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that the back-propagated gradient is preserved, or changes as expected.

    The test is that of `assert_variance_preserved` in the other direction: every layer is compared
    with the layer above it and with a reference layer, by default the top one.

    Parameters
    ----------
    subject : Trace, sequence or mapping of arrays, or callable
        The networks, as in `assert_variance_preserved`. The arrays are the gradients ∂C/∂z (or
        ∂C/∂a) of each example, from the bottom layer up. The last key of a mapping may be
        "output": the gradient at the output of the network. A key "input" is ignored. A `Trace`
        provides its ``gradient``, and that at the output if it has an output layer.
    factor : float, default 2.0
        A mean square may differ from what is expected by less than this factor, which is above 1.
    expected : number, sequence, or mapping, optional
        The mean square of each layer over that of the reference, as in
        `assert_variance_preserved`: a sequence goes from the bottom up. By default the mean square
        is preserved, except from the output to the last hidden layer (see Notes).
    reference : int or str, optional
        The reference layer, by number or by name. The default is the top hidden layer; with
        ``expected``, the output if the subject has it.
    detects : float, optional
        A deviation by this factor is detected with probability ``power``. The default is ``factor``
        squared.
    seed : int, default 0
        Network i is drawn with ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.
    most_networks : int, default 10,000
        The largest number of networks to draw.
    most_seconds : float, default 120
        The longest time to spend on drawing.
    false_alarm : float, default 1e-6
        The largest rate at which a true statement is rejected.
    power : float, default 0.999
        The smallest probability of detecting a deviation by ``detects``.

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

    Notes
    -----
    An output of m units above a layer of n units multiplies the mean square by m/n if its weights
    follow the fan-in rule, by 1 under the fan-out rule, and by a number in between under Glorot's.
    Therefore, without ``expected``, the ratio of the last hidden layer to the output may lie
    between min(1, m/n)/(2 · factor) and max(1, m/n) · factor, as ReLU may halve it too. A layer
    that averages over pixels or tokens needs an ``expected`` ratio.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, section 4.2.1, eq. 9.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> vanishing = [rng.normal(0, 2.0**l, (20, 5, 30)) for l in range(6)]
    >>> assert_gradient_preserved(vanishing)
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: the mean square of the back-propagated gradients ...
      layer 5 / layer 6: 0.255, interval [0.197, 0.331], expected 0.5 to 2
      ...
    """
    __tracebackhide__ = True
    return _preserved(
        subject,
        signal="gradient",
        ratios=Ratios(up=False, factor=factor, expected=expected, reference=reference),
        what="back-propagated gradients",
        detects=detects,
        seed=seed,
        limits=Limits(most_networks=most_networks, most_seconds=most_seconds),
        false_alarm=false_alarm,
        power=power,
    )


def _preserved(
    subject: Subject,
    *,
    ratios: Ratios,
    signal: str,
    what: str,
    detects: float | None,
    seed: int,
    limits: Limits,
    false_alarm: float,
    power: float,
) -> Assurance:
    __tracebackhide__ = True
    found_at = ratios.found_at(detects)
    question = Question(
        terms=Terms(
            statement=f"the mean square of the {what} in the typical network {ratios.says}",
            false_alarm=false_alarm,
            detects=found_at,
            effect=f"a factor of {found_at:g}",
            power=power,
        ),
        compare=ratios.compare,
        distance=math.log(found_at) - math.log(ratios.factor),
        detects=lambda distance: ratios.factor * math.exp(distance),
        scale=math.exp,
        distinct=ratios.up,
        limits=limits,
        hints=ratios.causes,
    )
    networks = networks_of(
        subject,
        signal=signal,
        measure=log_mean_square,
        seed=seed,
        ignored=() if ratios.up else (INPUT,),
        least_layers=2,
    )
    return question.answer(networks)
