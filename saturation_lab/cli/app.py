"""The command-line application and its verbs, each imported only when it is called.

Exit codes: 0 for success; 1 if a check failed; 2 for unusable input, which one line on stderr
explains; 130 after an interrupt.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from saturation_lab import __version__
from saturation_lab.checks import InputError

VERBS = {
    "sample": "Draw networks and measure the signal and the gradient in each layer.",
    "theory": "Predict the signal and the gradient in each layer of wide networks, without "
    "sampling.",
    "recommend": "Recommend an initialization for a network, and explain why.",
    "grid": "Find out which initializations keep signal and gradient, for several activations.",
    "report": "Build a report: sample its studies, then write its page and its data as JSON.",
    "figures": "Write every figure of a report to a file named after its id.",
    "cards": "Draw a card of each activation: φ and φ', saturated tails, N(0, 1) for comparison.",
    "claims": "Predict and measure what statements say, and give a verdict on each.",
    "compare": "Compare two result folders, layer by layer.",
    "index": "Write an index page with links to all built pages.",
    "selfcheck": "Check that the samplers are correct on this machine.",
    "calibrate": "Measure how often verdicts are wrong, in simulated studies.",
    "list": "List the members of a table, such as all activations, with formulas and sources.",
}
"""The summary of each verb in ``--help``: the first line of the docstring of its ``run``."""

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
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str or None
        The words of the command line after the program's name; None for those of this process.

    Returns
    -------
    int
        The exit code.
    """
    if "" not in sys.path:
        sys.path.insert(0, "")  # finds the user's own functions (module:attribute)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without φ shows ?
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if words and words[0] in VERBS:
            app[words[0]].help = None  # imported now: show its whole docstring instead
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except (InputError, CycloptsError) as error:
        # cyclopts wraps the errors that our own converters raise
        cause = error.__cause__ if isinstance(error.__cause__, InputError) else error
        print(f"saturation-lab: {' '.join(str(cause).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsaturation-lab: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0
