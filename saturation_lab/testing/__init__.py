"""Assertions for test suites: whether initializers and networks behave as stated.

They are used like those of ``numpy.testing``. Because the subject is random, each assertion
guarantees two error rates:

- False alarms. `AssertionError` is raised only if the data contradict the statement. With correct
  code this happens in at most ``false_alarm`` of all runs (1e-6 by default, divided among layers or
  properties by Bonferroni's correction). The exceptions are small and are documented at each
  assertion; saturated shares above one half can exceed the rate (see `assert_not_saturated`).
- Power. An error of the size ``detects`` is found with probability ``power``. A set of networks
  that is too small for that is refused with `saturation_lab.InputError`, which says how many are
  needed.
  Given weights are tested for what their size can reveal, unless ``detects`` or ``rare`` asks for
  more. A callable is called until there is enough.
"""

from saturation_lab.testing.assurance import Assurance, Part
from saturation_lab.testing.draws import assert_follows_law
from saturation_lab.testing.laws import Law
from saturation_lab.testing.models import assert_model_follows_laws
from saturation_lab.testing.networks import assert_gradient_preserved, assert_variance_preserved
from saturation_lab.testing.shares import assert_few_dead_units, assert_not_saturated

__all__ = [
    "Assurance",
    "Law",
    "Part",
    "assert_few_dead_units",
    "assert_follows_law",
    "assert_gradient_preserved",
    "assert_model_follows_laws",
    "assert_not_saturated",
    "assert_variance_preserved",
]
