"""What does the lecture state, in the order of its slides?"""

from saturation_lab.claims.lecture.backward import BACKWARD
from saturation_lab.claims.lecture.backward_rule import BACKWARD_RULE
from saturation_lab.claims.lecture.figure_7 import FIGURE_7
from saturation_lab.claims.lecture.forward import FORWARD
from saturation_lab.claims.lecture.forward_rule import FORWARD_RULE
from saturation_lab.claims.lecture.gaussian_rule import GAUSSIAN_RULE
from saturation_lab.claims.statement import Statement

LECTURE: tuple[Statement, ...] = (
    *GAUSSIAN_RULE,
    *FORWARD,
    *FORWARD_RULE,
    *BACKWARD,
    *BACKWARD_RULE,
    *FIGURE_7,
)
"""Its statements, slide by slide."""
