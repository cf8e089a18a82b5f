"""The program `featurekit`."""

import gc
import sys
from io import TextIOWrapper

from featurekit.cli.exit_codes import ExitCode
from featurekit.cli.interrupts import report_interrupt


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        # Where the terminal's encoding lacks a character, its code is shown.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        # Imported here: a missing package is a message, and Ctrl-C counts already.
        from featurekit.cli.commands import app

        app()
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        print(
            f"error MISSING_DEPENDENCY: {error.name} is not installed\n"
            '  hint  pip install "featurekit[cli]"',
            file=sys.stderr,
        )
        sys.exit(ExitCode.SURROUNDINGS)
    except KeyboardInterrupt:
        sys.exit(report_interrupt())
    finally:
        # Python's last collection would free each of the compiler's objects: 0.3 s.
        gc.freeze()


if __name__ == "__main__":
    main()
