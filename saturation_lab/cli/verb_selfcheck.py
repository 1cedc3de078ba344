"""The verb `selfcheck`, which checks that the samplers are correct on this machine."""

from __future__ import annotations

import sys

from saturation_lab.cli.options import Json
from saturation_lab.cli.printing import print_json, show


def run(*, json_output: Json = False) -> int:
    """Check that the samplers are correct on this machine.

    Tests that the backward pass is the adjoint of the forward pass, that
    pre-activations have the covariance that the layer below implies, and that
    dense and weight-free sampling agree. The exit code is 1 if a check fails.

    Parameters
    ----------
    json_output : bool
        Print JSON instead of text.

    Returns
    -------
    int
        The exit code: 1 if a check failed, otherwise 0.
    """
    from saturation_lab.proof.selfcheck import selfcheck

    done = []
    for check in selfcheck():
        done.append(check)
        if not json_output:
            show(check, as_json=False)
            sys.stdout.flush()
    if json_output:
        print_json({"checks": [check.to_json() for check in done]})
    return int(not all(check.passed for check in done))
