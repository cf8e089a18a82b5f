"""What Ctrl-C ends with; needs no package, for it may come during imports."""

import sys

from featurekit.cli.exit_codes import ExitCode


def report_interrupt() -> ExitCode:
    """Says that Ctrl-C ended the command.

    CPython remembers an interrupt that left code compiled from text, as the imports
    of named tuples are, although it was caught later; and at its end dies of it, with
    another exit code. The next such code clears that.
    """
    print("interrupted", file=sys.stderr)
    exec("")
    return ExitCode.INTERRUPTED
