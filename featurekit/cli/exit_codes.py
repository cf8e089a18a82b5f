"""What the exit code of a command says.

| code | meaning                                                                    |
|------|----------------------------------------------------------------------------|
| 0    | done; `diff`: the specs are equal; `explain`: the row is written           |
| 1    | the data, the dataset or the artefact is bad; `explain`: the row is        |
|      | refused, or left out; `drift`: the rows have drifted                       |
| 2    | the command line, the spec or the statistics are wrong: no data is at fault|
| 3    | the surroundings: the output exists, is busy, full or cannot be written; a |
|      | package is not installed; a worker process died                            |
| 10   | `diff`: serve-compatible: records, models and exports stay valid           |
| 11   | `diff`: re-transform: records have to be written again                     |
| 12   | `diff`: re-index: as well, rows of embeddings have to be moved             |
| 13   | `diff`: retrain: no weights can be kept for what has changed               |
| 70   | a bug in featurekit; a traceback follows                                   |
| 130  | interrupted by Ctrl-C; the same command resumes a conversion               |
"""

from enum import IntEnum

from featurekit.errors import (
    DatasetError,
    DatasetIncompleteError,
    FeatureKitError,
    MissingDependencyError,
    SpecError,
    StatisticsError,
    VersionTooNewError,
    WorkerError,
)

# Older versions of Typer join the lines: hence the semicolons.
EPILOG = """Exit codes:
  0    done (diff: equal; explain: the row is written);
  1    bad data, dataset or artefact (explain: the row is refused; drift: found);
  2    wrong command line, spec or statistics;
  3    the output exists or cannot be written, a package is missing, a worker died;
  10   diff: serve-compatible;
  11   diff: re-transform;
  12   diff: re-index;
  13   diff: retrain;
  70   a bug in featurekit;
  130  interrupted by Ctrl-C."""


class ExitCode(IntEnum):
    """The exit codes of all commands."""

    OK = 0
    BAD_DATA = 1
    REFUSED = 1
    BAD_USAGE = 2
    SURROUNDINGS = 3
    SERVE_COMPATIBLE = 10
    RE_TRANSFORM = 11
    RE_INDEX = 12
    RETRAIN = 13
    BUG = 70
    INTERRUPTED = 130


# By code first: what a class stands for in general is not what these say.
_BY_CODE = {
    "BAD_ARGUMENT": ExitCode.BAD_USAGE,
    "BAD_LABEL": ExitCode.BAD_USAGE,
    "NO_SUCH_ROW": ExitCode.BAD_USAGE,
    "UNKNOWN_SPLIT": ExitCode.BAD_USAGE,
}
# The first class that fits decides.
_BY_CLASS: tuple[tuple[type[FeatureKitError], ExitCode], ...] = (
    (SpecError, ExitCode.BAD_USAGE),
    (StatisticsError, ExitCode.BAD_USAGE),
    (VersionTooNewError, ExitCode.BAD_USAGE),
    (DatasetIncompleteError, ExitCode.BAD_DATA),
    (DatasetError, ExitCode.SURROUNDINGS),
    (WorkerError, ExitCode.SURROUNDINGS),
    (MissingDependencyError, ExitCode.SURROUNDINGS),
)


def exit_code(error: FeatureKitError) -> ExitCode:
    """The exit code of a command that raised this."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    for kind, code in _BY_CLASS:
        if isinstance(error, kind):
            return code
    return ExitCode.BAD_DATA
