"""The program `featurekit`."""

import sys
from io import TextIOWrapper

from featurekit.cli.exit_codes import ExitCode


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
        print("interrupted", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
