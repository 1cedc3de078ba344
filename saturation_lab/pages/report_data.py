"""The data of a report in JSON, apart from its blocks: groups, roles, and changes over layers."""

from __future__ import annotations

from typing import Any

from saturation_lab.exhibits.material import Material
from saturation_lab.measured import Measured
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.in_short import changes
from saturation_lab.pages.report import Report
from saturation_lab.study import Study
from saturation_lab.words.study_words import bias_words


def report_data(report: Report) -> dict[str, Any]:
    """Return the groups and roles of a report, and how mean squares change over its layers.

    Parameters
    ----------
    report : Report
        The computed report.

    Returns
    -------
    dict
        Plain data: the titles of ``groups``, ``depth`` and ``width`` of the theory, ``loss`` and
        ``biases`` of the studies, the ``roles`` of each group, and ``in_short``, the ratios of mean
        squares in hidden layer L to those in layer 1 (see `changes`). Undefined numbers are nan.
    """
    groups = report.groups
    found: dict[str, Any] = {"groups": {name: group.title for name, group in groups.items()}}
    theory = report.spec.theory
    if theory is not None:
        found |= {"depth": theory.depth, "width": theory.width}
    studies = list(report.spec.studies.values())
    if studies:
        found |= {"loss": LOSSES[studies[0].resolved_loss].formula, "biases": bias_words(studies)}
    return found | {
        "roles": {name: _roles(group) for name, group in report.sampled.items()},
        "in_short": changes(report.sampled),
    }


def _roles(group: Material) -> dict[str, dict[str, str]]:
    return {role: _role(group.titles[role], one) for role, one in group.networks.items()}


def _role(title: str, networks: Measured) -> dict[str, str]:
    if not isinstance(networks.origin, Study):
        return {"title": title}
    architecture = networks.origin.architecture
    rule = architecture.initializer
    return {
        "title": title,
        "activation": architecture.activation.name,
        "initializer": rule.name,
        "law": rule.formula,
        "source": rule.source,
    }
