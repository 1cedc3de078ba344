"""The verb `selfcheck`: whether the samplers are right on this machine."""

from __future__ import annotations

import sys

from saturation_lab.cli.options import Json
from saturation_lab.cli.printing import print_json, show


def run(*, json_output: Json = False) -> int:
    """Check the samplers on this machine: adjoint, whitening, dense against weight-free.

    Exit code 1 says that a check failed.
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
