"""`featurekit certify`: does an exported model reproduce itself, in every way?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from featurekit.cli import options as o
from featurekit.cli.exit_codes import ExitCode
from featurekit.cli.failures import report as report_error
from featurekit.cli.formats import visible
from featurekit.cli.terminal import Grid, Terminal

if TYPE_CHECKING:
    from featurekit.serve.certificate import Certificate
    from featurekit.serve.replay import Replay

EXAMPLE = "Example: featurekit certify served/1 && copy-to-production served/1"

Model = Annotated[
    Path,
    typer.Argument(
        metavar="DIR/VERSION", help="The model's folder.", show_default=False
    ),
]


def certify(model: Model, json: o.AsJson = False) -> None:
    """Replay the golden rows of an exported model; exit 1 if anything differs.

    Every file is compared with its digest, the graph may hold operations that compute
    and nothing else, and batch conversion, the row path, the Keras layer and every
    signature of the graph have to give what they gave when the model was exported.
    """
    from featurekit.serve import load_serving

    terminal = Terminal(json=json)
    with terminal.progress("certifying"):
        found: Certificate = load_serving("certificate").certify(model)
    if json:
        terminal.write_json(_as_json(found))
    else:
        _show(terminal, found)
    if not found.sound:
        raise typer.Exit(ExitCode.BAD_DATA)


def _show(terminal: Terminal, found: "Certificate") -> None:
    count = len(found.problems)
    verdict = "sound" if found.sound else f"{count} problem{'s' * (count > 1)}"
    style = "bold green" if found.sound else "bold red"
    terminal.line(f"{visible(str(found.path))}: {verdict}", style=style)
    made = found.description
    terminal.facts(
        {
            "made by": f"featurekit {made.library_version}, "
            f"TensorFlow {made.tensorflow_version}",
            "plan": made.plan_fingerprint,
            "golden": f"{found.rows} rows, sha256 {found.digest}",
        }
    )
    if found.replays:
        terminal.show(_grid(found))
    for problem in found.problems:
        report_error(problem)


def _grid(found: "Certificate") -> Grid:
    numbers = ("values", "differing", "seconds")
    grid = Grid("way", "compared", *numbers, "what differs", right=numbers)
    for one in found.replays:
        names = ", ".join(different.name for different in one.differences)
        grid.add(
            one.way,
            one.compared,
            f"{one.values:,}",
            str(len(one.differences)),
            f"{one.seconds:.2f}",
            visible(names),
            style="red" if one.differences else None,
        )
    return grid


def _as_json(found: "Certificate") -> dict[str, object]:
    made = found.description
    return {
        "path": str(found.path),
        "sound": found.sound,
        "rows": found.rows,
        "digest": found.digest,
        "library_version": made.library_version,
        "tensorflow_version": made.tensorflow_version,
        "plan_fingerprint": made.plan_fingerprint,
        "replays": [_replay(one) for one in found.replays],
        "problems": [problem.as_dict() for problem in found.problems],
    }


def _replay(one: "Replay") -> dict[str, object]:
    return {
        "way": one.way,
        "compared": one.compared,
        "values": one.values,
        "seconds": one.seconds,
        "differences": [
            {
                "name": different.name,
                "rows": different.rows,
                "row": different.row,
                "got": repr(different.got),
                "expected": repr(different.expected),
                "largest": different.largest,
            }
            for different in one.differences
        ],
    }
