"""The verbs of the command line; each is imported only when it is typed.

Exit codes: 0 fine, 1 a check failed, 2 wrong use (one line on stderr says what, expected, got).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from saturation_lab import __version__
from saturation_lab.checks import InputError

VERBS = {
    "sample": "Draw networks and show what each layer does to signal and gradient.",
    "theory": "Show what each layer of wide networks does to signal and gradient, without drawing "
    "one.",
    "recommend": "Say which initialization suits, and why.",
    "grid": "Draw networks of every pair and say which initialization keeps signal and gradient.",
    "report": "Make a report: sample its studies, write its page and the same as JSON.",
    "figures": "Write every figure of a report by its id.",
    "cards": "Draw a card of each activation: φ and φ', saturated tails, N(0, 1) behind.",
    "claims": "Predict, measure and judge statements.",
    "compare": "Say in what two result folders differ.",
    "index": "Write a page that leads to all pages.",
    "selfcheck": "Check the samplers on this machine: adjoint, whitening, dense against "
    "weight-free.",
    "calibrate": "Count how often verdicts err.",
    "list": "Show the members of a table, each with formula and source.",
}
"""What each verb does, as `--help` lists it: the first line of the docstring of its ``run``."""

app = App(
    name="saturation-lab",
    help="What does this initialization do to my network, and how do you know?",
    version=__version__,
    help_format="plaintext",
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
)
for _verb, _line in VERBS.items():
    app.command(f"saturation_lab.cli.verb_{_verb}:run", name=_verb, help=_line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if "" not in sys.path:
        sys.path.insert(0, "")  # the user's own functions (module:attribute) lie where they work
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without φ shows a question mark
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if words and words[0] in VERBS:
            app[words[0]].help = None  # it is imported now: its help is its whole docstring
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except (InputError, CycloptsError) as error:
        # the library wraps what our own readers of values raise
        cause = error.__cause__ if isinstance(error.__cause__, InputError) else error
        print(f"saturation-lab: {' '.join(str(cause).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsaturation-lab: stopped before the end", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0
