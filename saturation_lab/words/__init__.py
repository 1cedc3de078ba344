"""Texts composed from numbers, lists, verdicts and studies."""
