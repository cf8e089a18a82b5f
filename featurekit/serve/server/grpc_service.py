"""The gRPC services of TensorFlow Serving: PredictionService and ModelService.

Errors have the status and text that REST has, and the fields of the error as JSON in
the trailing metadata `featurekit-error`.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
from tensorflow.core.protobuf import error_codes_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from featurekit.errors import FeatureKitError, RequestError
from featurekit.serve.server.failures import error_body, grpc_status
from featurekit.serve.server.grpc_tensors import (
    read_examples,
    read_inputs,
    write_outputs,
)
from featurekit.serve.server.loaded_version import Arrays, LoadedVersion, as_strings
from featurekit.serve.server.predictor import Predictor
from featurekit.serve.server.rest_tensors import DEFAULT_SIGNATURE
from featurekit.serve.server.signatures import Signature, head_signature

Response = TypeVar("Response")
ERROR_KEY = "featurekit-error"
_MAX_METADATA = 2048
_METADATA_FIELD = "signature_def"


class _Answering:
    """What all methods have in common.

    Args:
        predictor: The model.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    async def _answer(
        self,
        method: str,
        request: Any,
        context: Any,
        answer: Callable[[LoadedVersion, Any], Awaitable[Response]],
    ) -> Response:
        """Answers from one version; an error becomes a status."""
        with self._predictor.metrics.request("grpc", method) as outcome:
            outcome.code = "CANCELLED"  # until there is an answer
            try:
                spec = request.model_spec
                self._predictor.check_name(spec.name)
                with self._predictor.versions.lease(*_wanted(spec)) as model:
                    found = await answer(model, request)
                outcome.code = "OK"
                return found
            except FeatureKitError as error:
                outcome.code = error.code
                refused = error
        return await _abort(context, refused)  # type: ignore[no-any-return]

    def _describe(self, spec: Any, model: LoadedVersion, signature: str) -> None:
        """Names the version and signature of an answer."""
        spec.name = self._predictor.name
        spec.version.value = model.number
        spec.signature_name = signature


class PredictionService(
    _Answering, prediction_service_pb2_grpc.PredictionServiceServicer
):
    """Predict, Classify, Regress and GetModelMetadata."""

    async def Predict(self, request: Any, context: Any) -> Any:
        """The outputs of a signature for its inputs."""
        return await self._answer("predict", request, context, self._predict)

    async def _predict(self, model: LoadedVersion, request: Any) -> Any:
        name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        signature = model.signatures[name]
        inputs = read_inputs(signature, request.inputs)
        outputs = await self._predictor.run(model, signature, inputs)
        response = predict_pb2.PredictResponse()
        write_outputs(outputs, request.output_filter, response.outputs)
        self._describe(response.model_spec, model, name)
        return response

    async def Classify(self, request: Any, context: Any) -> Any:
        """Classes and scores for tf.Examples."""
        return await self._answer("classify", request, context, self._classify)

    async def _classify(self, model: LoadedVersion, request: Any) -> Any:
        signature, outputs = await self._head(model, request, {"classes", "scores"})
        response = classification_pb2.ClassificationResponse()
        self._describe(response.model_spec, model, signature.name)
        classes, scores = outputs.get("classes"), outputs.get("scores")
        either = classes if classes is not None else outputs["scores"]
        for row in range(len(either)):
            found = response.result.classifications.add()
            for at in range(either.shape[1]):
                one = found.classes.add()
                if classes is not None:
                    one.label = classes[row, at].decode(errors="replace")
                if scores is not None:
                    one.score = scores[row, at]
        return response

    async def Regress(self, request: Any, context: Any) -> Any:
        """One number for each tf.Example."""
        return await self._answer("regress", request, context, self._regress)

    async def _regress(self, model: LoadedVersion, request: Any) -> Any:
        signature, outputs = await self._head(model, request, {"outputs"})
        response = regression_pb2.RegressionResponse()
        self._describe(response.model_spec, model, signature.name)
        for value in outputs["outputs"].reshape(-1).tolist():
            response.result.regressions.add(value=value)
        return response

    async def _head(
        self, model: LoadedVersion, request: Any, names: set[str]
    ) -> tuple[Signature, Arrays]:
        asked = request.model_spec.signature_name
        signature = head_signature(model.signatures, asked, names)
        examples = as_strings(read_examples(request.input))
        inputs = {str(signature.text_input): examples}
        return signature, await self._predictor.run(model, signature, inputs)

    async def GetModelMetadata(self, request: Any, context: Any) -> Any:
        """The signatures."""
        return await self._answer("metadata", request, context, self._metadata)

    async def _metadata(self, model: LoadedVersion, request: Any) -> Any:
        if list(request.metadata_field) != [_METADATA_FIELD]:
            raise RequestError(
                "the metadata is not known",
                code="BAD_REQUEST",
                expected=f"metadata_field {_METADATA_FIELD!r}",
            )
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        self._describe(response.model_spec, model, "")
        found = get_model_metadata_pb2.SignatureDefMap()
        for name, definition in model.signatures.definitions.items():
            found.signature_def[name].CopyFrom(definition)
        response.metadata[_METADATA_FIELD].Pack(found)
        return response


class ModelService(_Answering, model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus."""

    async def GetModelStatus(self, request: Any, context: Any) -> Any:
        """The states of the versions."""
        try:
            self._predictor.check_name(request.model_spec.name)
            number, label = _wanted(request.model_spec)
            if label is not None:
                with self._predictor.versions.lease(label=label) as model:
                    number = model.number
        except FeatureKitError as error:
            return await _abort(context, error)
        response = get_model_status_pb2.GetModelStatusResponse()
        states = get_model_status_pb2.ModelVersionStatus.State
        for status in self._predictor.versions.statuses():
            if number not in (None, status.number):
                continue
            one = response.model_version_status.add()
            one.version = status.number
            one.state = states.Value(str(status.state))
            if status.error is not None:
                one.status.error_code = error_codes_pb2.FAILED_PRECONDITION
            one.status.error_message = status.message
        return response


def _wanted(spec: Any) -> tuple[int | None, str | None]:
    """The version or label that a request names."""
    choice = spec.WhichOneof("version_choice")
    if choice == "version":
        return spec.version.value, None
    return None, spec.version_label if choice == "version_label" else None


async def _abort(context: Any, error: FeatureKitError) -> Any:
    body = error_body(error)
    fields = json.dumps(body, ensure_ascii=True)
    # Metadata is ASCII, and has to be small.
    trailing = ((ERROR_KEY, fields),) if len(fields) <= _MAX_METADATA else ()
    status = grpc.StatusCode[grpc_status(error)]
    located = [
        f"{name}={value}" for name, value in error.where.items() if name != "file"
    ]
    await context.abort(status, " ".join([body["error"], *located]), trailing)
