"""Run the documented examples for other test suites, and compare their message with the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from saturation_lab.testing import assert_variance_preserved

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
(MESSAGE,) = re.findall(r"message\n\n```\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)


def block(name: str) -> str:
    """Return the example that defines a test of this name."""
    (found,) = (source for source in BLOCKS if f"def {name}(" in source)
    return str(found)


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), names)
    return names


def shape(message: str) -> str:
    return re.sub(r"\d[\d.,]*( × 10[⁻⁰-⁹²³¹]+)?", "#", message)


def test_the_initializer() -> None:
    run(block("test_my_initializer"))["test_my_initializer"]()


def test_the_model() -> None:
    pytest.importorskip("torch")
    run(block("test_my_model"))["test_my_model"]()


def test_the_recipe() -> None:
    pytest.importorskip("torch")
    names = run(block("test_the_gradient"))
    names["test_the_signal"]()
    names["test_the_gradient"]()
    linear = names["torch"].nn.Linear(4, 4)
    with pytest.raises(ValueError, match="0 is applied twice: its weights are tied"):
        names["passes"](names["torch"].nn.Sequential(linear, linear), names["torch"].ones(2, 4))
    draw = names["draw"]
    with pytest.raises(AssertionError, match=r"3 (alone is off|multiplies the mean square)"):
        assert_variance_preserved(
            lambda rng: draw(rng)[0], expected={"0": 2, "3": 4, "output": 1 / 6}
        )


def test_the_message() -> None:
    pytest.importorskip("torch")
    other = block("test_my_model").replace(
        'kaiming_normal_(linear.weight, nonlinearity="relu")', "xavier_normal_(linear.weight)"
    )
    with pytest.raises(AssertionError) as caught:
        assert_variance_preserved(run(other)["draw"])
    # PyTorch's numbers differ in their last digits from processor to processor
    assert shape(str(caught.value) + "\n") == shape(MESSAGE)
