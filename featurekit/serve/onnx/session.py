"""ONNX Runtime: loading a graph, running it, and which rows it accepts."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from featurekit.errors import ArtifactError

ACCEPTED = "accepted"
"""The output that says which rows the plan accepts, bool, shape (batch,)."""


def load(model: Path | bytes) -> ort.InferenceSession:
    """A session on the processor.

    Raises:
        ArtifactError: ONNX Runtime cannot load the model.
    """
    source = model if isinstance(model, bytes) else str(model)
    try:
        return ort.InferenceSession(source, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no common class of errors
        raise _failed("load", error) from error


def run(session: ort.InferenceSession, feeds: dict[str, Any]) -> dict[str, Any]:
    """All outputs by name.

    Raises:
        ArtifactError: ONNX Runtime fails on these rows.
    """
    try:
        found = session.run(None, feeds)
    except Exception as error:  # ONNX Runtime has no common class of errors
        raise _failed("run", error) from error
    names = (one.name for one in session.get_outputs())
    return dict(zip(names, found, strict=True))


def check_accepted(
    found: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Compares which rows a graph accepts with those that batch conversion accepts.

    Args:
        found: The output `accepted`.
        rows: The positions of the rows that batch conversion accepts.

    Returns:
        `found`.

    Raises:
        ArtifactError: They differ; with the row.
    """
    wanted = np.zeros(len(found), np.bool_)
    wanted[rows] = True
    different = np.flatnonzero(found != wanted)
    if len(different):
        at = int(different[0])
        raise ArtifactError(
            "the ONNX graph does not refuse the rows that batch conversion refuses",
            code="GOLDEN_MISMATCH",
            feature=ACCEPTED,
            row=at,
            got=str(found[at]),
            expected=str(wanted[at]),
            hint="this runtime computes another result than the one that exported",
        )
    return found


def _failed(what: str, error: Exception) -> ArtifactError:
    reason = " ".join(str(error).split())
    return ArtifactError(
        f"ONNX Runtime does not {what} the graph: {reason[:200]}",
        code="ONNX_RUNTIME",
        hint="the file is damaged, or this ONNX Runtime is too old; or export a "
        "SavedModel",
    )
