"""Errors of commands: one message, no traceback, and an exit code that says what."""

import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from featurekit.cli.exit_codes import ExitCode, exit_code
from featurekit.cli.interrupts import report_interrupt
from featurekit.errors import FeatureKitError, show

# What a hint calls by its Python name has another one here.
_OPTIONS = {
    "overwrite=True": "--overwrite",
    "allow_duplicates=True": "--allow-duplicates",
    "null_values": "--csv-null",
    "a larger block_bytes": "a larger --csv-block-bytes",
}
_JSON = "featurekit.json"


class CommandGroup(TyperGroup):
    """The commands; whatever one of them raises ends here."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # A usage error comes before options are parsed, and is JSON as well.
        ctx.meta[_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for."""
        as_json = bool(ctx.meta.get(_JSON))
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except FeatureKitError as error:
            report(error, as_json=as_json)
            code = exit_code(error)
        except KeyboardInterrupt:
            code = report_interrupt()
            _write_json(as_json, "INTERRUPTED", "interrupted")
        except Exception as error:
            if hasattr(error, "format_message"):  # a usage error, which Typer shows
                _write_json(as_json, "USAGE", error.format_message())
                raise
            traceback.print_exc(file=sys.stderr)
            print("This is a bug in featurekit: please report it.", file=sys.stderr)
            _write_json(as_json, "BUG", f"{type(error).__name__}: {error}")
            code = ExitCode.BUG
        raise typer.Exit(code)


def _write_json(as_json: bool, code: str, message: str) -> None:
    if as_json:
        from featurekit.cli.terminal import Terminal

        Terminal(json=True).write_json({"error": {"code": code, "message": message}})


def report(error: FeatureKitError, *, as_json: bool = False) -> None:
    """Writes an error to stderr; as JSON to stdout too, if asked for."""
    from rich.text import Text

    from featurekit.cli.formats import visible
    from featurekit.cli.terminal import Terminal, print_facts

    terminal = Terminal(json=as_json)
    if as_json:
        terminal.write_json({"error": error.as_dict()})
    head = Text(f"error {error.code}: ", style="bold red")
    head.append(visible(error.message), style="default not bold")
    terminal.err.print(head, soft_wrap=True)
    print_facts(terminal.err, details(error), indent="  ")


def details(error: FeatureKitError) -> dict[str, str]:
    """Where, what came, what was expected and what to do, by name."""
    found = {name: str(value) for name, value in error.where.items()}
    for name in ("row", "record"):
        if name in found:
            found[name] += " (the first is 0)"
    if error.got is not None:
        found["got"] = show(error.got)
    if error.expected is not None:
        found["expected"] = error.expected
    if error.hint is not None:
        hint = error.hint
        for name, option in _OPTIONS.items():
            hint = hint.replace(name, option)
        found["hint"] = hint
    for note in getattr(error, "__notes__", ()):
        found["note"] = note
    return found
