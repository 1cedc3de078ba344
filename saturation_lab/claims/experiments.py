"""Specifications of the experiments that the library's claims use, one function for each kind.

Each function returns the result of `ask`. Claims that need another kind or key call `ask` itself.
"""

from __future__ import annotations

from saturation_lab.claims.claim import Asked, Place, ask


def exact(of: str, *args: float | str) -> Asked:
    """Specify a number that needs no network.

    Parameters
    ----------
    of : str
        The name of the number, a key of ``judging.exact.EXACT``.
    *args : float or str
        The arguments of its function.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> exact("slope", "sigmoid", 4.0).keys
    (('of', 'slope'), ('args', ('sigmoid', 4.0)))
    """
    return ask("exact", of=of, **({"args": args} if args else {}))


def value(study: str, quantity: str, layer: int) -> Asked:
    """Specify a quantity of one layer.

    Parameters
    ----------
    study : str
        The name of the study.
    quantity : str
        The recorded quantity.
    layer : int
        The layer, counted from 1 at the bottom or from -1 at the top.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> value("mine", "saturated_share", -1).keys
    (('study', 'mine'), ('at', ('saturated_share', -1)))
    """
    return ask("value", study=study, at=(quantity, layer))


def between(study: str, than: str, quantity: str, layer: int) -> Asked:
    """Specify the ratio of a quantity of one layer between two studies.

    Parameters
    ----------
    study, than : str
        The names of the studies in the numerator and in the denominator.
    quantity : str
        The recorded quantity.
    layer : int
        The layer, counted from 1 at the bottom or from -1 at the top.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> between("mine", "yours", "gradient_mean_square", 1).kind
    'between'
    """
    return ask("between", study=study, than=than, at=(quantity, layer))


def against_theory(study: str, quantity: str, layer: int) -> Asked:
    """Specify the ratio of a measured quantity of one layer to its theoretical expectation.

    Parameters
    ----------
    study : str
        The name of the study.
    quantity : str
        The recorded quantity.
    layer : int
        The layer, counted from 1 at the bottom or from -1 at the top.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> against_theory("mine", "gradient_mean_square", 1).kind
    'against_theory'
    """
    return ask("against_theory", study=study, at=(quantity, layer))


def top_over_bottom(study: str, quantity: str, **times: str) -> Asked:
    """Specify the ratio of a quantity, or of a product of two, in hidden layer L to layer 1.

    Parameters
    ----------
    study : str
        The name of the study.
    quantity : str
        The recorded quantity.
    **times : str
        ``times="..."`` names a second quantity by which the first is multiplied.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> top_over_bottom("mine", "gradient_mean_square").keys
    (('study', 'mine'), ('quantity', 'gradient_mean_square'))
    """
    return ask("top_over_bottom", study=study, quantity=quantity, **times)


def signal_kept(study: str) -> Asked:
    """Specify the ratio of the signal, Var a over the examples, in hidden layer L to layer 1.

    Parameters
    ----------
    study : str
        The name of the study.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> dict(signal_kept("mine").keys)["times"]
    'activation_input_share_of_variance'
    """
    share = "activation_input_share_of_variance"
    return top_over_bottom(study, "activation_mean_square", times=share)


def mean_over_layers(study: str, quantity: str) -> Asked:
    """Specify the mean of a quantity over the hidden layers.

    Parameters
    ----------
    study : str
        The name of the study.
    quantity : str
        The recorded quantity.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> mean_over_layers("mine", "singular_value_mean").kind
    'mean_over_layers'
    """
    return ask("mean_over_layers", study=study, quantity=quantity)


def nearer_to_one(study: str, than: str, quantity: str) -> Asked:
    """Specify how many times less a quantity changes over depth in one study than in another.

    Parameters
    ----------
    study, than : str
        The names of the study that should change less and of the study it is compared with.
    quantity : str
        The recorded quantity.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> nearer_to_one("mine", "yours", "gradient_mean_square").kind
    'nearer_to_one'
    """
    return ask("nearer_to_one", study=study, than=than, quantity=quantity)


def ratio(study: str, of: Place, over: Place | None = None, times: float | None = None) -> Asked:
    """Specify a quantity of one layer, divided by a constant and by another quantity or layer.

    Parameters
    ----------
    study : str
        The name of the study.
    of : Place
        The quantity and the layer in the numerator.
    over : Place, optional
        The quantity and the layer in the denominator.
    times : float, optional
        A constant factor of the denominator.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> ratio("mine", ("activation_variance", 1), times=0.5).keys
    (('study', 'mine'), ('of', (('activation_variance', 1),)), ('times', 0.5))
    """
    below = {} if over is None else {"over": (over,)}
    return ask(
        "ratio", study=study, of=(of,), **below, **({} if times is None else {"times": times})
    )


def layer_ratio(study: str, quantity: str, of: int, over: int, times: float) -> Asked:
    """Specify the ratio of a quantity between two layers, divided by a constant.

    Parameters
    ----------
    study : str
        The name of the study.
    quantity : str
        The recorded quantity.
    of, over : int
        The layers in the numerator and in the denominator.
    times : float
        A constant factor of the denominator.

    Returns
    -------
    Asked
        The specification.

    Examples
    --------
    >>> layer_ratio("mine", "gradient_mean_square", 1, 2, 0.5).keys[2:]
    (('over', (('gradient_mean_square', 2),)), ('times', 0.5))
    """
    return ratio(study, (quantity, of), (quantity, over), times)
