"""What an ONNX file says of itself, in its `metadata_props`: it needs no second file.

The values of metadata are text, so that messages and Arrow files are in base64.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.ipc as ipc

from featurekit._version import __version__
from featurekit.errors import ArtifactError, VersionTooNewError
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.serialize import spec_from_proto, spec_to_proto

VERSION = 1


@dataclass(frozen=True)
class Description:
    """What a file was made from.

    Args:
        spec: The declaration.
        stats: Its statistics.
        has_model: Whether the outputs are those of a model; else they are features.
        golden_inputs: Rows, of which some may not be accepted.
        golden_outputs: The outputs of those that are.
    """

    spec: FeatureSpec
    stats: Stats
    has_model: bool
    golden_inputs: pa.RecordBatch
    golden_outputs: pa.RecordBatch

    def to_properties(self) -> dict[str, str]:
        """The metadata of a file."""
        binary = {
            "spec": spec_to_proto(self.spec),
            "stats": self.stats.to_proto(),
            "golden_inputs": _to_arrow_file(self.golden_inputs),
            "golden_outputs": _to_arrow_file(self.golden_outputs),
        }
        return {
            "featurekit_format": str(VERSION),
            "featurekit_version": __version__,
            "content": "model" if self.has_model else "features",
            **fingerprints(self.spec, self.stats),
            **{name: b64encode(one).decode() for name, one in binary.items()},
        }

    @classmethod
    def from_properties(
        cls, found: Mapping[str, str], *, file: str | None = None
    ) -> "Description":
        """Reads what `to_properties` wrote.

        Raises:
            ArtifactError: It is not there, or is damaged.
            VersionTooNewError: A newer featurekit wrote it.
        """
        _check_version(found, file)
        try:
            binary = {
                name: b64decode(found[name], validate=True)
                for name in ("spec", "stats", "golden_inputs", "golden_outputs")
            }
            made = cls(
                spec_from_proto(binary["spec"]),
                Stats.from_proto(binary["stats"]),
                {"model": True, "features": False}[found["content"]],
                _from_arrow_file(binary["golden_inputs"]),
                _from_arrow_file(binary["golden_outputs"]),
            )
        except (KeyError, ValueError, pa.ArrowException) as error:
            raise _damaged(str(error), file) from error
        for name, fingerprint in fingerprints(made.spec, made.stats).items():
            if found.get(name) != fingerprint:
                raise _damaged(f"another {name.replace('_', ' ')}", file)
        return made


def fingerprints(spec: FeatureSpec, stats: Stats) -> dict[str, str]:
    """Of the declaration, of the statistics, and of the preprocessing."""
    plan = compile_spec(spec, stats, serving=True)
    return {
        "spec_fingerprint": spec.fingerprint(),
        "stats_fingerprint": stats.fingerprint(),
        "plan_fingerprint": plan.fingerprint(),
    }


def _check_version(found: Mapping[str, str], file: str | None) -> None:
    version = found.get("featurekit_format", "")
    if not version.isdecimal():
        raise ArtifactError(
            "the file does not say what it was made from",
            code="ARTIFACT_DAMAGED",
            file=file,
            hint="give a file that fk.export_onnx wrote",
        )
    if int(version) > VERSION:
        raise VersionTooNewError(
            f"the file was exported in format {version}; this featurekit reads up to "
            f"{VERSION}",
            file=file,
            hint="upgrade featurekit",
        )


def _to_arrow_file(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with ipc.new_file(sink, batch.schema) as file:
        file.write_batch(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _from_arrow_file(data: bytes) -> pa.RecordBatch:
    with ipc.open_file(pa.BufferReader(data)) as file:
        return file.get_batch(0)


def _damaged(reason: str, file: str | None) -> ArtifactError:
    return ArtifactError(
        f"the description of the model cannot be read: {reason[:200]}",
        code="ARTIFACT_DAMAGED",
        file=file,
        hint="copy the file again, or export the model again",
    )
