"""All commands."""

from typing import Annotated

import typer

from featurekit._version import __version__
from featurekit.cli import (
    analyze,
    certify,
    convert,
    diff,
    drift,
    explain,
    export,
    infer,
    inspect,
    serve,
    verify,
)
from featurekit.cli.exit_codes import EPILOG
from featurekit.cli.failures import CommandGroup

app = typer.Typer(
    name="featurekit",
    cls=CommandGroup,
    help="Declare features once: the same plan converts, trains and serves.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=infer.EXAMPLE)(infer.infer)
app.command(epilog=analyze.EXAMPLE)(analyze.analyze)
app.command(epilog=convert.EXAMPLE)(convert.convert)
app.command(epilog=verify.EXAMPLE)(verify.verify)
app.command(epilog=inspect.EXAMPLE)(inspect.inspect)
app.command(epilog=explain.EXAMPLE)(explain.explain)
app.command(epilog=export.EXAMPLE)(export.export)
app.command(epilog=certify.EXAMPLE)(certify.certify)
app.command(epilog=serve.EXAMPLE)(serve.serve)
app.command(epilog=diff.EXAMPLE)(diff.diff)
app.command(epilog=drift.EXAMPLE)(drift.drift)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"featurekit {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Holds the options that stand before a command."""
