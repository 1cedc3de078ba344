"""Run the documented examples for other test suites, and compare their message with the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from saturation_lab.testing import assert_variance_preserved

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
NUMPY, TORCH, *_ = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
(MESSAGE,) = re.findall(r"message\n\n```\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), names)
    return names


def shape(message: str) -> str:
    return re.sub(r"\d[\d.,]*( × 10[⁻⁰-⁹²³¹]+)?", "#", message)


def test_the_initializer() -> None:
    run(NUMPY)["test_my_initializer"]()


def test_the_model() -> None:
    pytest.importorskip("torch")
    run(TORCH)["test_my_model"]()


def test_the_message() -> None:
    pytest.importorskip("torch")
    other = TORCH.replace(
        'kaiming_normal_(linear.weight, nonlinearity="relu")', "xavier_normal_(linear.weight)"
    )
    with pytest.raises(AssertionError) as caught:
        assert_variance_preserved(run(other)["draw"])
    # PyTorch's numbers differ in their last digits from processor to processor
    assert shape(str(caught.value) + "\n") == shape(MESSAGE)
