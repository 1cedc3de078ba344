"""What an initialization does to a neural network: theory, sampled networks, and tested claims.

Examples
--------
>>> from saturation_lab import Study, sample
>>> study = Study(activation="tanh", initializer="glorot_uniform", widths=(32, 32), networks=4)
>>> result = sample(study, workers=1)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from saturation_lab.checks import InputError as InputError
    from saturation_lab.claims.claim import Claim as Claim
    from saturation_lab.claims.claim import ask as ask
    from saturation_lab.claims.statement import Statement as Statement
    from saturation_lab.judging.evidence import hold as hold
    from saturation_lab.measured import Measured as Measured
    from saturation_lab.nets.activations import ACTIVATIONS as ACTIVATIONS
    from saturation_lab.nets.activations import Activation as Activation
    from saturation_lab.nets.initializers import INITIALIZERS as INITIALIZERS
    from saturation_lab.nets.initializers import Initializer as Initializer
    from saturation_lab.nets.own import own_activation as own_activation
    from saturation_lab.nets.own_initializers import own_initializer as own_initializer
    from saturation_lab.own_networks import measure as measure
    from saturation_lab.pages.own_exhibit import own_exhibit as own_exhibit
    from saturation_lab.pages.own_page import page_of as page_of
    from saturation_lab.pages.writing import write_page as write_page
    from saturation_lab.sampling.grid import Grid as Grid
    from saturation_lab.sampling.grid import GridResult as GridResult
    from saturation_lab.sampling.grid import sample_grid as sample_grid
    from saturation_lab.sampling.result import Result as Result
    from saturation_lab.sampling.run import sample as sample
    from saturation_lab.statistics.trace import Trace as Trace
    from saturation_lab.statistics.trace import TracedLayer as TracedLayer
    from saturation_lab.study import Study as Study
    from saturation_lab.theory.criticality import critical_point as critical_point
    from saturation_lab.theory.expectations import gaussian_mean as gaussian_mean
    from saturation_lab.theory.gains import gains as gains
    from saturation_lab.theory.length_map import fixed_points as fixed_points
    from saturation_lab.theory.no_answer import NoAnswer as NoAnswer
    from saturation_lab.theory.phase import phase_diagram as phase_diagram
    from saturation_lab.theory.propagation import Prediction as Prediction
    from saturation_lab.theory.propagation import predict as predict
    from saturation_lab.theory.recommend import recommend as recommend

# public names are imported on first use, so that importing the package takes almost no time
_HOMES = {
    "ACTIVATIONS": "saturation_lab.nets.activations",
    "Activation": "saturation_lab.nets.activations",
    "Claim": "saturation_lab.claims.claim",
    "Grid": "saturation_lab.sampling.grid",
    "GridResult": "saturation_lab.sampling.grid",
    "INITIALIZERS": "saturation_lab.nets.initializers",
    "Initializer": "saturation_lab.nets.initializers",
    "InputError": "saturation_lab.checks",
    "Measured": "saturation_lab.measured",
    "NoAnswer": "saturation_lab.theory.no_answer",
    "Prediction": "saturation_lab.theory.propagation",
    "Result": "saturation_lab.sampling.result",
    "Statement": "saturation_lab.claims.statement",
    "Study": "saturation_lab.study",
    "Trace": "saturation_lab.statistics.trace",
    "TracedLayer": "saturation_lab.statistics.trace",
    "ask": "saturation_lab.claims.claim",
    "critical_point": "saturation_lab.theory.criticality",
    "fixed_points": "saturation_lab.theory.length_map",
    "gains": "saturation_lab.theory.gains",
    "gaussian_mean": "saturation_lab.theory.expectations",
    "hold": "saturation_lab.judging.evidence",
    "measure": "saturation_lab.own_networks",
    "own_activation": "saturation_lab.nets.own",
    "own_exhibit": "saturation_lab.pages.own_exhibit",
    "own_initializer": "saturation_lab.nets.own_initializers",
    "page_of": "saturation_lab.pages.own_page",
    "phase_diagram": "saturation_lab.theory.phase",
    "predict": "saturation_lab.theory.propagation",
    "recommend": "saturation_lab.theory.recommend",
    "sample": "saturation_lab.sampling.run",
    "sample_grid": "saturation_lab.sampling.grid",
    "write_page": "saturation_lab.pages.writing",
}

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "Activation",
    "Claim",
    "Grid",
    "GridResult",
    "Initializer",
    "InputError",
    "Measured",
    "NoAnswer",
    "Prediction",
    "Result",
    "Statement",
    "Study",
    "Trace",
    "TracedLayer",
    "__version__",
    "ask",
    "critical_point",
    "fixed_points",
    "gains",
    "gaussian_mean",
    "hold",
    "measure",
    "own_activation",
    "own_exhibit",
    "own_initializer",
    "page_of",
    "phase_diagram",
    "predict",
    "recommend",
    "sample",
    "sample_grid",
    "write_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
