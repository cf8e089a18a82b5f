"""The folder of an exported model: what is in it, and that it is all there.

    served/1/
        saved_model.pb  variables/  fingerprint.pb    loads with plain TensorFlow
        assets.extra/tf_serving_warmup_requests           TensorFlow Serving's warm-up
        assets.extra/featurekit/
            spec.pb  stats.pb          the declaration, and what it learned
            golden_inputs.arrow  golden_features.arrow  golden_outputs.arrow
            drift.pb                   optional: sketches of the training rows
            artifact.json              versions, and a digest of every other file

The folder appears complete or not at all.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from featurekit.errors import ArtifactError, OutputExistsError, VersionTooNewError
from featurekit.io.os_errors import located_os_errors
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_from_proto

VERSION = 1
EXTRA = "assets.extra/featurekit"
DESCRIPTION = f"{EXTRA}/artifact.json"


@dataclass(frozen=True, slots=True)
class Description:
    """What `artifact.json` says.

    Args:
        library_version: The featurekit that exported the model.
        tensorflow_version: The TensorFlow that wrote the graph.
        spec_fingerprint: Of the declaration.
        stats_fingerprint: Of the statistics.
        plan_fingerprint: Of the preprocessing.
        golden_rows: How many rows the golden vectors have.
        digests: SHA-256 of every other file, by path.
        version: Of the layout of the folder.
        ways: By which ways the golden rows were computed, and agreed.
    """

    library_version: str
    tensorflow_version: str
    spec_fingerprint: str
    stats_fingerprint: str
    plan_fingerprint: str
    golden_rows: int
    digests: dict[str, str]
    version: int = VERSION
    ways: tuple[str, ...] = ()

    def save(self, root: Path) -> None:
        """Writes the file."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True)
        (root / DESCRIPTION).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def open(cls, root: Path) -> "Description":
        """Reads the file.

        Raises:
            ArtifactError: It is not there, or is not what `save` wrote.
            VersionTooNewError: A newer featurekit wrote it.
        """
        path = root / DESCRIPTION
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except OSError:
            raise ArtifactError(
                "the folder is no exported model of featurekit",
                file=str(path),
                hint="give the folder that fk.export wrote, its version included",
            ) from None
        except ValueError as error:
            raise _damaged(path, str(error)) from None
        version = found.get("version") if isinstance(found, dict) else None
        if isinstance(version, int) and version > VERSION:
            raise VersionTooNewError(
                f"the model was exported in layout {version}; this featurekit reads "
                f"up to {VERSION}",
                file=str(path),
                hint="upgrade featurekit",
            )
        try:
            return cls(**{**found, "ways": tuple(found.get("ways", ()))})
        except (AttributeError, TypeError) as error:
            raise _damaged(path, str(error)) from None


def open_whole(root: Path) -> tuple[Description, FeatureSpec, Stats]:
    """What an exported model says of itself, once every file has its digest.

    Raises:
        ArtifactError: The folder is damaged, or is no exported model.
        VersionTooNewError: A newer featurekit wrote it.
    """
    description = Description.open(root)
    check_digests(root, description.digests)
    return description, *declaration(root)


def declaration(root: Path) -> tuple[FeatureSpec, Stats]:
    """The spec and the statistics of an exported model whose files are whole."""
    spec = spec_from_proto((root / EXTRA / "spec.pb").read_bytes())
    stats = Stats.from_proto((root / EXTRA / "stats.pb").read_bytes())
    return spec, stats


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file of the folder but its description, by path."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name != DESCRIPTION:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def check_digests(root: Path, expected: dict[str, str]) -> None:
    """Compares the files of a folder with its description.

    Raises:
        ArtifactError: A file is missing, differs, or is unknown; with a note of every
            such file.
    """
    found = damages(root, expected)
    if not found:
        return
    for one in found:
        found[0].add_note(f"{one.where['file']}: {one.message}")
    raise found[0]


def damages(root: Path, expected: dict[str, str]) -> list[ArtifactError]:
    """All files of a folder that are not as its description says."""
    found = digests(root)
    problems = []
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) == expected.get(name):
            continue
        if name not in found:
            problem = "a file is gone"
        elif name not in expected:
            problem = "an unknown file was added"
        else:
            problem = "a file is not the one that was exported"
        problems.append(
            ArtifactError(
                problem,
                code="ARTIFACT_DAMAGED",
                file=str(root / name),
                hint="copy the folder again, or export the model again",
            )
        )
    return problems


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder that gets its name when the block ends without an exception.

    Raises:
        OutputExistsError: The name is taken; an exported version never changes.
    """
    if target.exists():
        raise OutputExistsError(
            "the folder exists; an exported version never changes",
            file=str(target),
            hint="export to the next version, such as served/2",
        )
    # Beside the target, so that renaming it is one step; a server that watches the
    # parent folder takes numbers for versions, and this is none.
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
    with located_os_errors(target):
        partial.mkdir(parents=True)
    try:
        yield partial
        with located_os_errors(target):
            _sync(partial)
            partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _sync(root: Path) -> None:
    """Makes all files durable before the folder gets its name."""
    for path in root.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _damaged(path: Path, reason: str) -> ArtifactError:
    return ArtifactError(
        f"the description of the model cannot be read: {reason}",
        code="ARTIFACT_DAMAGED",
        file=str(path),
    )
