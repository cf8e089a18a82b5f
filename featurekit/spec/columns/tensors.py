"""Columns of numbers that have a shape: tensors of bytes and lists, and images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from featurekit.spec import steps as s
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.steps.images import MAX_PIXELS
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
class ImageColumn(BaseColumn):
    """Images of any size; a feature once they have one."""

    def resize(
        self, height: int, width: int, *, antialias: bool = True
    ) -> TensorColumn:
        """Images of one size; each pixel a weighted mean of those around its place.

        Bilinear, separable, with centers at halves of pixels, as
        `tf.image.resize(antialias=True)`. Proportions are not kept.

        Args:
            height: Of the result.
            width: Of the result.
            antialias: Whether all pixels of an image that gets smaller count, instead
                of the two nearest ones. Defaults to True.

        Semantics:
            - Weights: fall linearly to zero, over the larger of both distances between
              pixels; over that of the source without antialias. They add up to 1 on
              the edges too.
            - Computed in integers, which are exact; divided once in float64, and
              rounded once to float32.
            - Output: float32, from 0 to 255, shape (batch, height, width, channels);
              also where the image has that size.

        Example:
            >>> import featurekit as fk
            >>> fk.image("photo").resize(224, 224).rescale(1 / 255)
            fk.binary('photo').image(3).resize(224, 224).rescale(0.00392156862745098)

        Elsewhere:
            - `tf.image.resize`, in float32; `keras.layers.Resizing`.
            - Pillow's `Image.resize`, rounded to integers.
        """
        steps = self._step(s.Resize, height, width, antialias=antialias)
        return TensorColumn(self.source, steps)


@dataclass(frozen=True, slots=True, repr=False)
class BinaryColumn(BaseColumn):
    """Bytes, of which nothing is known; a feature once they are numbers of a shape."""

    @overload
    def image(
        self,
        channels: int = 3,
        *,
        max_pixels: int = MAX_PIXELS,
    ) -> ImageColumn: ...
    @overload
    def image(
        self,
        channels: int = 3,
        *,
        shape: Sequence[int],
        max_pixels: int = MAX_PIXELS,
    ) -> TensorColumn: ...
    def image(
        self,
        channels: int = 3,
        *,
        shape: Sequence[int] = (),
        max_pixels: int = MAX_PIXELS,
    ) -> ImageColumn | TensorColumn:
        """The pixels of the JPEG or PNG whose bytes the value is.

        Jobs and `Preprocessor` decode with Pillow (`pip install
        "featurekit[images]"`), graphs with `tf.io.decode_jpeg` and `decode_png`.

        Args:
            channels: 1 for gray, 3 for color. Defaults to 3.
            shape: Height and width of all images. Defaults to none: `resize` follows.
            max_pixels: Most pixels of an image; the header is read before anything is
                decoded. Defaults to 2**26, which is the most.

        Semantics:
            - JPEG: libjpeg's accurate integer transform and smooth upsampling of
              colors, which give the same pixels everywhere.
            - PNG: of 8 bits, gray, color or palette; transparency is dropped.
            - Gray images are color images of equal channels. Color images are no gray
              ones: their rows are rejected.
            - Missing: the row is rejected, unless `missing_as_zeros` follows.
            - Anything else (GIF, WebP, text), CMYK, 16 bits, a truncated file, more
              pixels than `max_pixels`, another size than `shape`: the row is rejected.
            - In a graph a file that is damaged behind its signature fails the call,
              with TensorFlow's message.
            - The orientation that EXIF declares: ignored. An animated PNG: its default
              image.
            - Output with `shape`: int64 from 0 to 255, shape (batch, *shape, channels);
              float32 after `rescale`.

        Example:
            >>> import featurekit as fk
            >>> x = fk.binary("x").image(channels=1, shape=(28, 28))
            >>> fk.preview(x, {"x": [b"GIF89a"]})
            ['refused: BAD_IMAGE']

        Elsewhere:
            - `tf.io.decode_jpeg`, whose default is another, faster transform.
            - `tfds.features.Image`.
        """
        steps = self._step(s.Image, channels, shape=shape, max_pixels=max_pixels)
        kind = TensorColumn if shape else ImageColumn
        return kind(self.source, steps)

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
