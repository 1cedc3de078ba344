"""The experiments that the claims of the library ask for: one function for each kind.

Each returns what `ask` does; a claim that needs a kind or a key that is not here calls `ask`.
"""

from __future__ import annotations

from saturation_lab.claims.claim import Asked, Place, ask


def exact(of: str, *args: float | str) -> Asked:
    """Ask for a number that needs no network.

    >>> exact("slope", "sigmoid", 4.0).keys
    (('of', 'slope'), ('args', ('sigmoid', 4.0)))
    """
    return ask("exact", of=of, **({"args": args} if args else {}))


def value(study: str, quantity: str, layer: int) -> Asked:
    """Ask for a quantity of one layer."""
    return ask("value", study=study, at=(quantity, layer))


def between(study: str, than: str, quantity: str, layer: int) -> Asked:
    """Ask for a quantity of one layer in ``study`` over the same in ``than``."""
    return ask("between", study=study, than=than, at=(quantity, layer))


def against_theory(study: str, quantity: str, layer: int) -> Asked:
    """Ask for a quantity of one layer over what theory expects of it."""
    return ask("against_theory", study=study, at=(quantity, layer))


def top_over_bottom(study: str, quantity: str, **times: str) -> Asked:
    """Ask for a quantity, or its product with ``times``, in hidden layer L over layer 1."""
    return ask("top_over_bottom", study=study, quantity=quantity, **times)


def signal_kept(study: str) -> Asked:
    """Ask for the signal, the variance of a over the examples, in hidden layer L over layer 1."""
    share = "activation_input_share_of_variance"
    return top_over_bottom(study, "activation_mean_square", times=share)


def mean_over_layers(study: str, quantity: str) -> Asked:
    """Ask for the mean of a quantity over the hidden layers."""
    return ask("mean_over_layers", study=study, quantity=quantity)


def nearer_to_one(study: str, than: str, quantity: str) -> Asked:
    """Ask by how many times a quantity changes less over depth in ``study`` than in ``than``."""
    return ask("nearer_to_one", study=study, than=than, quantity=quantity)


def ratio(study: str, of: Place, over: Place | None = None, times: float | None = None) -> Asked:
    """Ask for a quantity of one layer over ``times`` another quantity, of this layer or another.

    >>> ratio("mine", ("activation_variance", 1), times=0.5).keys
    (('study', 'mine'), ('of', (('activation_variance', 1),)), ('times', 0.5))
    """
    below = {} if over is None else {"over": (over,)}
    return ask(
        "ratio", study=study, of=(of,), **below, **({} if times is None else {"times": times})
    )


def layer_ratio(study: str, quantity: str, of: int, over: int, times: float) -> Asked:
    """Ask for a quantity of one layer over ``times`` the same quantity of another layer."""
    return ratio(study, (quantity, of), (quantity, over), times)
