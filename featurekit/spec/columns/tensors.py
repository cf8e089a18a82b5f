"""Columns of numbers that have a shape: tensors stored as bytes or as lists."""

from collections.abc import Sequence
from dataclasses import dataclass

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.steps.tensors import TensorDType, TensorNan


@dataclass(frozen=True, slots=True, repr=False)
class TensorColumn(BaseColumn):
    """Numbers of one shape for each row."""

    def missing_as_zeros(self) -> "TensorColumn":
        """Takes a missing tensor as zeros, which `rescale` then changes as any other.

        Example:
            >>> import featurekit as fk
            >>> x = fk.numerics("x").tensor((2,)).missing_as_zeros()
            >>> fk.preview(x, {"x": [[1.0, 2.0], None]})
            [[1.0, 2.0], [0.0, 0.0]]
        """
        if any(isinstance(step, s.MissingAsZeros) for step in self.steps):
            raise self._bad("missing_as_zeros", "it is there already", self)
        return TensorColumn(self.source, self._step(s.MissingAsZeros))

    def rescale(self, scale: float, offset: float = 0.0) -> "TensorColumn":
        """Each number times `scale`, plus `offset`, as float32.

        Args:
            scale: The factor, such as 1/255.
            offset: What is added. Defaults to 0.0.

        Semantics:
            - Computed in float64: the product is rounded, then the sum, and the result
              once to float32; a finite one beyond float32 rejects the row.
            - NaN and infinite: stay what they are.
            - Twice: refused; one scale and one offset say the same in fewer roundings.

        Example:
            >>> import featurekit as fk
            >>> pixels = fk.integers("x").tensor((2, 2)).rescale(1 / 255)
            >>> fk.preview(pixels, {"x": [[0, 51, 102, 255]]})
            [[[0.0, 0.20000000298023224], [0.4000000059604645, 1.0]]]

        Elsewhere:
            - `keras.layers.Rescaling`, in float32.
        """
        if any(isinstance(step, s.Rescale) for step in self.steps):
            raise self._bad(
                "rescale", "rescaled twice; give one scale", (scale, offset)
            )
        return TensorColumn(self.source, self._step(s.Rescale, scale, offset))


@dataclass(frozen=True, slots=True, repr=False)
class BinaryColumn(BaseColumn):
    """Bytes, of which nothing is known; a feature once they are a tensor."""

    def tensor(
        self,
        shape: Sequence[int],
        dtype: TensorDType = "float32",
        *,
        nan: TensorNan = "error",
    ) -> TensorColumn:
        """The numbers whose bytes the value is, row-major and little-endian.

        As `numpy.ndarray.tobytes` writes them and `tf.io.decode_raw` reads them.

        Args:
            shape: The shape of one row, such as (4, 32, 32).
            dtype: Of the bytes: "float16", "float32", "float64", "int8", "int16",
                "int32", "int64", "uint8" or "uint16". Defaults to "float32".
            nan: What a NaN means. "error" rejects the row, "keep" passes it on.
                Defaults to "error".

        Semantics:
            - Missing: the row is rejected, unless `missing_as_zeros` follows.
            - Any other number of bytes than the shape takes: the row is rejected.
            - Infinite: stays infinite. Subnormal float32: a zero of its sign.
            - float64: rounded once to float32; beyond float32 rejects the row.
            - Output: float32 of floats, int64 of integers, shape (batch, *shape).

        Example:
            >>> import featurekit as fk
            >>> x = fk.binary("x").tensor((2, 2), "uint8")
            >>> fk.preview(x, {"x": [bytes([1, 2, 3, 255]), b"short"]})
            [[[1, 2], [3, 255]], 'refused: TENSOR_SIZE']

        Elsewhere:
            - `tf.io.decode_raw`; TFDS `Tensor(encoding="bytes")`.
        """
        steps = self._step(s.Tensor, shape, dtype, nan=nan)
        return TensorColumn(self.source, steps)
