"""The graph that is exported: preprocessing, model, and the ways to call them."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeAlias, get_args

import pyarrow as pa
import tensorflow as tf

from featurekit.backends.keras.program import Program
from featurekit.backends.keras.token_tables import MakeTable, table_in_graph
from featurekit.backends.missing import (
    END_TEXT,
    MISSING_TEXT,
    NO_LIST_TEXT,
    to_tensors,
)
from featurekit.errors import ArtifactError
from featurekit.plan.lower import compile_spec
from featurekit.plan.stats import Stats
from featurekit.serve.example_rows import input_dtype, parse_examples
from featurekit.serve.heads import (
    CLASSIFY,
    METHODS,
    PROBABILITIES,
    REGRESS,
    Probability,
    class_names,
    classify,
    is_regression,
    num_classes,
    regress,
)
from featurekit.serve.json_rows import JsonRows
from featurekit.serve.model_outputs import named_outputs
from featurekit.serve.refusals import Refusal, require_none
from featurekit.serve.tensor_names import tensor_names as tensor_names
from featurekit.spec.feature_spec import FeatureSpec
from featurekit.spec.inputs import Input, element_dtype

Tensors: TypeAlias = Mapping[str, tf.Tensor]
_TO_PROBABILITY = {"sigmoid": tf.sigmoid, "softmax": tf.nn.softmax}

DEFAULT = "serving_default"
EXAMPLES = "serving_examples"
JSON = "serving_json"
TRANSFORM = "transform"
"""Preprocessing alone, on raw columns: what golden vectors are compared by."""
TRANSFORM_EXAMPLES = "transform_examples"
TEXT_INPUTS = {
    EXAMPLES: "examples",
    TRANSFORM_EXAMPLES: "examples",
    JSON: "rows",
    **dict.fromkeys(METHODS, "inputs"),
}
"""What the one tensor of texts is called, by signature."""


class ServingModule(tf.Module):
    """Raw columns in, the model's outputs out, in three notations.

    Args:
        model: A Keras model on the TensorFlow backend that takes the features by name;
            None to serve the features themselves.
        spec: The declaration.
        stats: Its statistics.
        probability: What turns the model's logits into an output "probabilities".
        make_table: Makes the tables of the vocabularies. Defaults to such that are part
            of the graph.
    """

    def __init__(
        self,
        model: Any,
        spec: FeatureSpec,
        stats: Stats,
        *,
        probability: Probability | None = None,
        make_table: MakeTable = table_in_graph,
    ) -> None:
        super().__init__(name="featurekit")
        if probability is not None and probability not in get_args(Probability):
            raise ArtifactError(
                "unknown kind of probability",
                code="BAD_ARGUMENT",
                got=probability,
                expected="'sigmoid', 'softmax' or None",
            )
        self.plan = compile_spec(spec, stats, serving=True)
        self.program = Program(self.plan, few_rows=True, make_table=make_table)
        read = set(self.plan.columns)
        self.inputs = tuple(one for one in spec.serving_inputs if one.name in read)
        self.json_rows = JsonRows(self.inputs, (one.name for one in spec.inputs))
        self._probability = probability
        self.class_names = partial(class_names, spec, stats)
        # A function is not tracked: of the model, the graph keeps the variables only.
        self._run_model: Callable[[Tensors], Any] = lambda features: features
        self.model_variables: list[tf.Variable] = []
        self.has_model = model is not None
        if model is not None:
            self._run_model = lambda features: model(features, training=False)
            self.model_variables = [one.value for one in model.variables]

    def signatures(self) -> dict[str, Any]:
        """All ways to call the graph, by name."""
        names = tensor_names(self.inputs)
        columns = {
            one.name: tf.TensorSpec(
                [None] if element_dtype(one.dtype) is None else [None, None],
                input_dtype(one),
                name=names[one.name],
            )
            for one in self.inputs
        }

        # Functions that the others call: each graph is held, and loaded, once.
        transform = _traced(self.transform, columns)

        def predict(columns: Tensors) -> Tensors:
            features = transform(**{names[n]: one for n, one in columns.items()})
            return self.outputs(features)

        default = _traced(predict, columns)
        parse = partial(parse_examples, inputs=self.inputs)

        def by_columns(call: Any, columns: Tensors) -> Tensors:
            return call(**{names[name]: one for name, one in columns.items()})  # type: ignore[no-any-return]

        found: dict[str, Callable[[tf.Tensor], Tensors]] = {
            EXAMPLES: lambda texts: by_columns(default, parse(texts)),
            TRANSFORM_EXAMPLES: lambda texts: by_columns(transform, parse(texts)),
        }
        if self.takes_json:
            found[JSON] = lambda texts: by_columns(default, self.json_rows.parse(texts))
        for name, head in self._heads(default.structured_outputs).items():
            found[name] = partial(_headed, head, found[EXAMPLES])
        texts = {
            name: _traced(
                call, tf.TensorSpec([None], tf.string, name=TEXT_INPUTS[name])
            )
            for name, call in found.items()
        }
        return {TRANSFORM: transform, DEFAULT: default, **texts}

    def _heads(
        self, outputs: Mapping[str, tf.TensorSpec]
    ) -> dict[str, Callable[[Tensors], Tensors]]:
        """What turns the outputs into those of TensorFlow Serving's own calls."""
        if not self.has_model:
            return {}
        if self._probability is None:
            return {REGRESS: regress} if is_regression(outputs) else {}
        count = num_classes(outputs, self._probability)
        if count is None:
            return {}
        names = self.class_names(count)
        return {CLASSIFY: partial(classify, probability=self._probability, names=names)}

    @property
    def takes_json(self) -> bool:
        """Whether rows can be written as JSON, which has no bytes."""
        return all(one.dtype != "bytes" for one in self.inputs)

    def transform(self, columns: Tensors) -> dict[str, tf.Tensor]:
        """The features of raw columns."""
        computed = self.program.compute(columns)
        with tf.control_dependencies([require_utf8(columns, self.inputs)]):
            return self.program.require_accepted(computed)

    def predict(self, columns: Tensors) -> dict[str, tf.Tensor]:
        """The model's outputs for raw columns; the features if there is no model."""
        return self.outputs(self.transform(columns))

    def outputs(self, features: Tensors) -> dict[str, tf.Tensor]:
        """The model's outputs, by name."""
        found = named_outputs(self._run_model(features))
        if self._probability is not None:
            if len(found) != 1:
                raise ArtifactError(
                    "probabilities need a model with one output",
                    got=", ".join(found),
                    hint="leave out probability, or put the activation into the model",
                )
            (logits,) = found.values()
            # Keeps TensorFlow from merging the sigmoid into the layer before it where
            # nobody else reads the logits: that one rounds otherwise, and `classify`
            # would differ from `serving_default`.
            logits = tf.ensure_shape(logits, logits.shape)
            found[PROBABILITIES] = _TO_PROBABILITY[self._probability](logits)
        return found


def _headed(head: Any, call: Any, texts: tf.Tensor) -> Tensors:
    return head(call(texts))  # type: ignore[no-any-return]


def _traced(call: Callable[..., Tensors], argument: Any) -> Any:
    return tf.function(
        call, input_signature=[argument], autograph=False
    ).get_concrete_function()


def named_tensors(
    batch: pa.RecordBatch, inputs: Iterable[Input]
) -> dict[str, tf.Tensor]:
    """The columns of a batch as a signature takes them."""
    names = tensor_names(one for one in inputs if one.name in batch.schema.names)
    tensors = to_tensors(batch)
    return {names[column]: tf.constant(tensor) for column, tensor in tensors.items()}


def require_utf8(columns: Tensors, inputs: Iterable[Input]) -> tf.Operation:
    """Refuses text that batch conversion would refuse."""
    names, refusals = [], []
    for one in inputs:
        if element_dtype(one.dtype) == "string":
            refusals.append(_broken_lists(columns[one.name], one.name))
        elif input_dtype(one) == tf.string and one.dtype != "bytes":
            names.append(one.name)
    if names:
        refusals.append(_broken_texts(columns, names))
    return require_none(refusals) if refusals else tf.no_op()


def _broken_lists(texts: tf.Tensor, name: str) -> Refusal:
    repaired = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
    broken = tf.not_equal(texts, repaired)
    for marker in (MISSING_TEXT, END_TEXT, NO_LIST_TEXT):
        broken &= tf.not_equal(texts, marker)
    return Refusal(
        tf.reduce_any(broken, axis=1),
        tf.strings.reduce_join(tf.where(broken, repaired, ""), axis=1),
        code="BAD_UTF8",
        message="a text of the list is not valid UTF-8",
        column=name,
        expected="UTF-8",
    )


def _broken_texts(columns: Tensors, names: list[str]) -> Refusal:
    texts = tf.stack([columns[name] for name in names])
    repaired = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
    return Refusal(
        tf.not_equal(texts, repaired) & tf.not_equal(texts, MISSING_TEXT),
        repaired,
        code="BAD_UTF8",
        message="the text is not valid UTF-8",
        column=tuple(names),
        expected="UTF-8",
    )
