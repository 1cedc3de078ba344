"""What does the lecture state, in the order of its slides?"""

from saturation_lab.claims.lecture.activations import ACTIVATIONS
from saturation_lab.claims.lecture.cells import CELLS
from saturation_lab.claims.lecture.deep_relu import DEEP_RELU
from saturation_lab.claims.lecture.gaussian_rule import GAUSSIAN_RULE
from saturation_lab.claims.lecture.self_tests import SELF_TESTS
from saturation_lab.claims.lecture.summary import SUMMARY
from saturation_lab.claims.lecture.table import RANGE
from saturation_lab.claims.statement import Statement

LECTURE: tuple[Statement, ...] = (
    *SELF_TESTS,
    *GAUSSIAN_RULE,
    *ACTIVATIONS,
    *RANGE,
    *CELLS,
    *SUMMARY,
    *DEEP_RELU,
)
"""Its statements, slide by slide."""
