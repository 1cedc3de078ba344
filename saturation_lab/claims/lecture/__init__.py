"""What does the lecture state, in the order of its slides?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from saturation_lab.claims.lecture import (
    backward,
    backward_rule,
    figure_7,
    forward,
    forward_rule,
    gaussian_rule,
    self_tests,
    table,
)
from saturation_lab.claims.lecture.activations import ACTIVATIONS
from saturation_lab.claims.lecture.cells import CELLS
from saturation_lab.claims.lecture.deep_relu import DEEP_RELU
from saturation_lab.claims.lecture.summary import SUMMARY
from saturation_lab.claims.statement import Statement

CHAPTERS: dict[str, tuple[Statement, ...]] = {
    "Self-tests": self_tests.SELF_TESTS,
    "The practical Gaussian rule": gaussian_rule.GAUSSIAN_RULE,
    "The derivation, forward": (*forward.FORWARD, *forward_rule.FORWARD_RULE),
    "The derivation, backward": (*backward.BACKWARD, *backward_rule.BACKWARD_RULE),
    "Figure 7 of Glorot and Bengio": figure_7.FIGURE_7,
    "Activations": ACTIVATIONS,
    "The initialization table": (*table.RANGE, *CELLS),
    "The summary of activations, and depth": (*SUMMARY, *DEEP_RELU),
}

LECTURE: tuple[Statement, ...] = tuple(
    replace(statement, chapter=title) for title, many in CHAPTERS.items() for statement in many
)
"""Its statements, slide by slide."""

STUDIES: dict[str, Mapping[str, Any]] = {
    **self_tests.STUDIES,
    **gaussian_rule.STUDIES,
    **forward.STUDIES,
    **forward_rule.STUDIES,
    **backward.STUDIES,
    **backward_rule.STUDIES,
    **figure_7.STUDIES,
    **table.STUDIES,
}
"""The studies that their claims name."""
