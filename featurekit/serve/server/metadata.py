"""The signatures of a version in TensorFlow Serving's own words."""

from typing import Any

from google.protobuf import json_format

from featurekit.serve.server.loaded_version import LoadedVersion

TYPE = "type.googleapis.com/tensorflow.serving.SignatureDefMap"


def metadata_json(name: str, model: LoadedVersion) -> dict[str, Any]:
    """The answer of GET .../metadata."""
    signatures = {
        key: json_format.MessageToDict(
            definition,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        )
        for key, definition in sorted(model.signatures.definitions.items())
    }
    return {
        "model_spec": {
            "name": name,
            "signature_name": "",
            "version": str(model.number),
        },
        "metadata": {"signature_def": {"@type": TYPE, "signature_def": signatures}},
    }
