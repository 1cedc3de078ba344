"""Tests of results in Python: ``print`` shows what the command line prints."""

from __future__ import annotations

import pytest

from saturation_lab import Grid, Measured, Study, measure, predict, recommend, sample, sample_grid
from saturation_lab.cli.app import main
from saturation_lab.compare import compare
from saturation_lab.sampling import trace_network

STUDY = Study(
    activation="tanh", initializer="glorot_normal", widths=(8, 8), networks=4, inputs="digits"
)
OPTIONS = "--activation tanh --init glorot_normal --widths 8,8 --inputs digits"


def own() -> Measured:
    return measure([trace_network(STUDY, i) for i in range(4)], title="My networks")


@pytest.mark.parametrize(
    ("verb", "found"),
    [
        ("sample --networks 4", lambda: sample(STUDY, workers=1)),
        ("theory", lambda: predict(STUDY)),
    ],
)
def test_print_shows_the_text_of_the_command_line(
    verb: str, found: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*verb.split(), *OPTIONS.split()]) == 0
    printed = capsys.readouterr().out.strip()
    assert str(found()).strip() == printed  # type: ignore[operator]


def test_every_result_has_a_text_and_a_line() -> None:
    grid = Grid(study=STUDY, activations=["tanh", "relu"], initializers=["he_normal"])
    result = sample(STUDY, workers=1)
    for found in (own(), recommend(STUDY), sample_grid(grid, workers=1), compare(result, result)):
        line = repr(found)
        assert line.startswith(f"<{type(found).__name__}: ")
        assert "\n" not in line
        assert len(line) < 200
        assert len(str(found).splitlines()) > 5
    assert repr(own()) == "<Measured: My networks, 50 examples, 4 networks>"
