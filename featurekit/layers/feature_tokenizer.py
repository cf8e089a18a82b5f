"""Turns named model inputs into one token per feature."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from featurekit.layers.feature_inputs import (
    FeatureInputs,
    input_names,
    normalize_features,
)
from featurekit.layers.flops import product_flops
from featurekit.layers.id_embedding import IdEmbedding


@keras.saving.register_keras_serializable(package="featurekit")
class FeatureTokenizer(keras.layers.Layer):
    """One token per feature: an embedding for ids, an affine map for numbers.

    The work is fused by kind, because at serving batch sizes the number of operations
    costs more than their size: ids whose vectors have one width share an `IdEmbedding`,
    and all scalars share one stacked affine map. Vectors, such as one-hot features,
    have a matrix each.

    Args:
        features: The inputs, in either form of `normalize_features`: categorical ones
            have `num_ids`, numeric ones `width`. Where ids have an `embedding_dim`
            other than `dim`, a matrix maps their vectors to tokens. Where they have a
            `length`, the token combines the vectors of the ids of a row that are not 0,
            by `combiner`, with the `weights` of that name. Ids of one `table` and one
            width have the same vectors.
        dim: Width of a token.
        cls_token: Whether a learned token, the same for all rows, comes first; models
            read their output from it. Defaults to `False`.

    Call arguments:
        inputs: A mapping with one tensor per feature, in any order. Categorical: any
            integer dtype, shape `(batch,)` or `(batch, 1)`; with a length, shape
            `(batch, length)`, as weights, of any floating dtype. Numeric: any floating
            dtype, shape `(batch, width)`, or `(batch,)` where the width is 1.

    Output shape:
        `(batch, tokens, dim)` in the compute dtype. `token_names` has their order:
        the learned token, then ids by the width of their vectors, scalars, vectors, and
        padded ids, each in declared order.

    Semantics:
        - An id outside of `[0, num_ids)` gives a token of NaN on every backend. It
          never reads the row of another feature.
        - Padded ids that are all 0: a token of zeros.
        - Weights that are zero, negative or NaN: the id is left out, save by "sum".
        - NaN and infinities of numeric inputs reach their own token only.
        - Missing, additional, wrongly typed and wrongly shaped inputs are errors.

    Raises:
        ValueError: The description or the inputs are not as above.
        TypeError: The inputs are not a mapping.

    Reference:
        Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", 2021,
        section 3.3 (Feature Tokenizer).

    Example:
        >>> import numpy as np
        >>> tokenizer = FeatureTokenizer(
        ...     [{"name": "carrier", "num_ids": 5}, {"name": "seats", "width": 1}], 8
        ... )
        >>> inputs = {"carrier": np.array([4, 0]), "seats": np.array([0.5, 2.0])}
        >>> tuple(tokenizer(inputs).shape)
        (2, 2, 8)
        >>> tokenizer.token_names
        ['carrier', 'seats']
    """

    def __init__(
        self,
        features: FeatureInputs,
        dim: int,
        *,
        cls_token: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if dim < 1:
            raise ValueError(f"Expected a positive width of a token. Received: {dim=}")
        self.features = normalize_features(features)
        self.dim = dim
        self.cls_token = cls_token
        self._ids: dict[int, list[dict[str, Any]]] = {}
        self._bags = [feature for feature in self.features if "length" in feature]
        singles = [f for f in self.features if "num_ids" in f and "length" not in f]
        for feature in (*singles, *self._bags):
            width = feature.get("embedding_dim", dim)
            self._ids.setdefault(width, []).append(feature)
        self._scalars = [f for f in self.features if f.get("width") == 1]
        self._vectors = [f for f in self.features if f.get("width", 1) > 1]

    @property
    def token_names(self) -> list[str]:
        """The feature of each output token; `"[CLS]"` for the learned one."""
        ids = [feature for group in self._ids.values() for feature in _singles(group)]
        ordered = [*ids, *self._scalars, *self._vectors, *self._bags]
        return ["[CLS]"] * self.cls_token + [feature["name"] for feature in ordered]

    def build(self, input_shape: Any = None) -> None:
        """Creates one table, one stacked affine map, and a matrix per vector."""
        bound = self.dim**-0.5
        self._embeddings = []
        for width, group in self._ids.items():
            self._embeddings.append(self._embedding(group, width, f"ids_{width}"))
        self._scale = self._shift = None
        if self._scalars:
            shape = (len(self._scalars),)
            self._scale = self._weight("scale", shape, bound)
            self._shift = self._weight("shift", shape, bound)
        self._matrices = []
        for feature in self._vectors:
            name, width = feature["name"], feature["width"]
            matrix = self._weight(f"{name}_matrix", (width,), bound)
            self._matrices.append((matrix, self._weight(f"{name}_shift", (), bound)))
        self._cls = self._weight("cls", (1, 1), bound) if self.cls_token else None

    def _embedding(
        self, group: list[dict[str, Any]], width: int, name: str
    ) -> IdEmbedding:
        sizes = [feature["num_ids"] for feature in group]
        policy = self.dtype_policy
        embedding = IdEmbedding(
            sizes,
            width,
            dim=self.dim,
            shared=_shared(group),
            padded=["length" in feature for feature in group],
            max_norms=[feature.get("max_norm") for feature in group],
            dtype=policy,
            name=name,
        )
        embedding.build()
        return embedding

    def _weight(self, name: str, shape: tuple[int, ...], bound: float) -> Any:
        uniform = keras.initializers.RandomUniform(-bound, bound)
        return self.add_weight(name=name, shape=(*shape, self.dim), initializer=uniform)

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """Makes the tokens of each row."""
        self._check(inputs)
        parts = []
        for group, embedding in zip(self._ids.values(), self._embeddings, strict=True):
            if _singles(group):
                parts.append(embedding(_stack_ids(_singles(group), inputs)))
        if self._scalars:
            columns = [ops.reshape(inputs[f["name"]], (-1,)) for f in self._scalars]
            stacked = ops.cast(ops.stack(columns, axis=1), self.compute_dtype)
            parts.append(ops.einsum("bs,sd->bsd", stacked, self._scale) + self._shift)
        for feature, (matrix, shift) in zip(self._vectors, self._matrices, strict=True):
            vector = ops.cast(inputs[feature["name"]], self.compute_dtype)
            parts.append(ops.expand_dims(ops.matmul(vector, matrix) + shift, 1))
        parts.extend(self._combined(feature, inputs) for feature in self._bags)
        if self._cls is not None:
            rows = ops.shape(parts[0])[0]
            parts.insert(0, ops.tile(ops.cast(self._cls, parts[0].dtype), (rows, 1, 1)))
        return ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]

    def _combined(self, feature: dict[str, Any], inputs: Mapping[str, Any]) -> Any:
        """The token of padded ids."""
        embedding, index = self._find_ids(feature["name"])
        weights = inputs[feature["weights"]] if "weights" in feature else None
        found = embedding.combine(
            index, inputs[feature["name"]], weights, feature.get("combiner", "mean")
        )
        return ops.expand_dims(found, 1)

    def get_vectors(self, feature: str) -> Any:
        """The trained vectors of a feature's ids, one row for each; a NumPy array.

        Row 0 of padded ids is that of the padding, which no token reads.

        Raises:
            ValueError: There is no such feature, or it has no ids.
        """
        embedding, index = self._find_ids(feature)
        return embedding.get_vectors(index)

    def set_vectors(self, feature: str, vectors: Any) -> None:
        """Replaces the vectors of a feature's ids: what `fk.warm_start` gives.

        Features of the same `table` and width get them as well.

        Raises:
            ValueError: There is no such feature, it has no ids, or the shape differs.
        """
        embedding, index = self._find_ids(feature)
        embedding.set_vectors(index, vectors)

    def _find_ids(self, feature: str) -> tuple[IdEmbedding, int]:
        if not self.built:
            self.build()
        for group, embedding in zip(self._ids.values(), self._embeddings, strict=True):
            names = [entry["name"] for entry in group]
            if feature in names:
                return embedding, names.index(feature)
        raise ValueError(f"Expected a feature with ids. Received: {feature!r}")

    def _check(self, inputs: Mapping[str, Any]) -> None:
        if not isinstance(inputs, Mapping):
            raise TypeError(
                f"Expected a mapping from feature names to tensors. "
                f"Received: {type(inputs).__name__}"
            )
        expected = set(input_names(self.features))
        missing, unknown = expected - set(inputs), set(inputs) - expected
        if missing or unknown:
            raise ValueError(
                f"Expected one tensor for each declared feature. "
                f"Missing: {sorted(missing)}, unknown: {sorted(unknown)}"
            )
        for feature in self.features:
            _check_tensor(feature, inputs[feature["name"]])
            if "weights" in feature:
                name, length = feature["weights"], feature["length"]
                described = {"name": name, "width": length, "length": length}
                _check_tensor(described, inputs[name])

    def flops(self, batch: int) -> int:
        """Floating-point operations of `call`, see `featurekit.layers.flops`."""
        numbers = len(self._scalars) + sum(one["width"] for one in self._vectors)
        return product_flops(batch, numbers, self.dim) + sum(
            embedding.flops(batch) for embedding in self._embeddings
        )

    def compute_output_shape(
        self, input_shape: Mapping[str, tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        """`(batch, tokens, dim)`."""
        batch = next(iter(input_shape.values()))[0]
        return (batch, len(self.token_names), self.dim)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON values."""
        return {
            **super().get_config(),
            "features": [dict(feature) for feature in self.features],
            "dim": self.dim,
            "cls_token": self.cls_token,
        }


def _singles(group: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [feature for feature in group if "length" not in feature]


def _shared(group: list[dict[str, Any]]) -> list[int]:
    """For each feature the number of its table."""
    # A pair: the name of a table may be that of a feature.
    names = [(f.get("table"), None if "table" in f else f["name"]) for f in group]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return [numbers[name] for name in names]


def _stack_ids(group: list[dict[str, Any]], inputs: Mapping[str, Any]) -> Any:
    columns = [ops.reshape(inputs[feature["name"]], (-1,)) for feature in group]
    dtypes = {keras.backend.standardize_dtype(column.dtype) for column in columns}
    dtype = "int64" if dtypes & {"int64", "uint64"} else "int32"
    return ops.stack([ops.cast(column, dtype) for column in columns], axis=1)


def _check_tensor(feature: Mapping[str, Any], tensor: Any) -> None:
    name, shape = feature["name"], tuple(tensor.shape)
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    kind = "int" if "num_ids" in feature else "float"
    if kind not in dtype:  # "uint8" is an integer, "bfloat16" is floating
        raise ValueError(
            f"Expected {'integer ids' if kind == 'int' else 'floating values'} as "
            f"feature {name!r}. Received: dtype={dtype}"
        )
    width = feature.get("width", feature.get("length", 1))
    single = width == 1 and "length" not in feature
    accepted = shape[1:] in ((), (1,)) if single else shape[1:] == (width,)
    if len(shape) < 1 or not accepted:
        raise ValueError(
            f"Expected shape (batch, {width}){' or (batch,)' * single} as "
            f"feature {name!r}. Received: shape={shape}"
        )
