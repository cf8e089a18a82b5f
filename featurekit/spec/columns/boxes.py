"""Boxes of objects in images: formats, clipping, and padding with mask and labels."""

from dataclasses import dataclass, replace

from featurekit.errors import SpecError
from featurekit.spec import steps as s
from featurekit.spec.columns.bags import PaddedIdsColumn
from featurekit.spec.columns.base import BaseColumn
from featurekit.spec.columns.box_source import Boxes
from featurekit.spec.columns.list_ids import IdsColumn
from featurekit.spec.columns.list_numbers import NumericsColumn
from featurekit.spec.columns.numbers import NumericColumn
from featurekit.spec.columns.tensors import TensorColumn
from featurekit.spec.inputs import Input
from featurekit.spec.steps.tensors import BoxFormat, check_word_of


@dataclass(frozen=True, slots=True, repr=False)
class BoxesColumn(BaseColumn):
    """The boxes of each row; features are their numbers, labels and mask."""

    def pad_boxes(
        self, length: int, *, format: BoxFormat = "cxcywh", relative: bool = True
    ) -> TensorColumn:
        """The boxes in a format, cut and padded with zeros to one number of them.

        Args:
            length: Boxes per row; of more, the first ones stay.
            format: What the four numbers become. Defaults to "cxcywh".
            relative: Whether they become parts of height and width. Defaults to True.

        Semantics:
            - Clipped to the image; a box of which nothing is inside, or whose width or
              height is not positive, is left out, and those behind it move up.
            - Missing list: the row is rejected, unless the coordinates have
              `missing_as_empty`.
            - NaN, infinite, or a length that is no multiple of four: the row is
              rejected.
            - Computed in float64 and rounded once to float32.
            - Output: float32, shape (batch, length, 4).

        Example:
            >>> import featurekit as fk
            >>> b = fk.boxes("b", format="xyxy")
            >>> fk.preview(b.pad_boxes(2), {"b": [[0.5, 0.0, 1.5, 0.5], []]})
            [[[0.75, 0.25, 0.5, 0.5], [0.0, 0.0, 0.0, 0.0]],
             [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]

        Elsewhere:
            - `keras.utils.bounding_boxes.convert_format`, in float32;
              `keras.layers.MaxNumBoundingBoxes`, which pads labels with -1.
        """
        assert isinstance(self.source, Boxes)
        if self.source.relative and not relative:
            raise self._bad("pad_boxes", "the size of the image is not given", relative)
        steps = self._step(s.PadBoxes, length, format=format, relative=relative)
        return TensorColumn(self._unlabelled, steps)

    def pad_labels(self, length: int) -> PaddedIdsColumn:
        """The ids of the boxes that stay plus one, cut and padded with 0.

        Semantics:
            - Stands at the place of its box in `pad_boxes`; 0 is no object.
            - Another number of labels than of boxes: the row is rejected.
            - Output: int64 in [0, num_ids], shape (batch, length).

        Example:
            >>> import featurekit as fk
            >>> names = fk.strings("n").vocabulary(["cat", "dog"], num_oov=0)
            >>> b = fk.boxes("b", format="xywh", labels=names)
            >>> rows = {"b": [[0.0, 0.0, 0.0, 1.0, 0.1, 0.1, 0.5, 0.5]]}
            >>> fk.preview(b.pad_labels(3), rows | {"n": [["cat", "dog"]]})
            [[2, 0, 0]]
        """
        assert isinstance(self.source, Boxes)
        if self.source.labels is None:
            raise self._bad("pad_labels", "the boxes have no labels", self)
        return PaddedIdsColumn(self.source, self._step(s.PadLabels, length))

    def box_mask(self, length: int) -> PaddedIdsColumn:
        """1 where `pad_boxes` has a box, and 0 behind them.

        Semantics:
            - Output: int64, 0 or 1, shape (batch, length).

        Example:
            >>> import featurekit as fk
            >>> mask = fk.boxes("b", format="xyxy").box_mask(2)
            >>> fk.preview(mask, {"b": [[0.0, 0.0, 1.0, 1.0], []]})
            [[1, 0], [0, 0]]
        """
        return PaddedIdsColumn(self._unlabelled, self._step(s.BoxMask, length))

    @property
    def _unlabelled(self) -> Boxes:
        """The boxes alone, so that their features do not read the labels."""
        assert isinstance(self.source, Boxes)
        return replace(self.source, labels=None)


def boxes(
    coordinates: str | NumericsColumn,
    *,
    format: BoxFormat,
    height: NumericColumn | None = None,
    width: NumericColumn | None = None,
    labels: IdsColumn | None = None,
) -> BoxesColumn:
    """The boxes of the objects in an image: a list of four numbers for each.

    Args:
        coordinates: The column, or a list of numbers. Boxes lie one behind the other.
        format: What the four numbers of a box are: "xyxy", "yxyx" (corners), "xywh"
            (left, top, width, height) or "cxcywh" (center, width, height).
        height: The image's height, where boxes are in pixels. Defaults to none: the
            numbers are parts of height and width.
        width: The image's width, where boxes are in pixels. Defaults to none.
        labels: The ids of the objects, one for each box. Defaults to none.

    Semantics:
        - Height and width: missing, not positive or not finite rejects the row.

    Example:
        >>> import featurekit as fk
        >>> size = {"height": fk.numeric("h"), "width": fk.numeric("w")}
        >>> b = fk.boxes("b", format="xywh", **size).pad_boxes(1)
        >>> fk.preview(b, {"b": [[8.0, 2.0, 4.0, 4.0]], "h": [8.0], "w": [16.0]})
        [[[0.625, 0.5, 0.25, 0.5]]]
    """
    if isinstance(coordinates, str):
        coordinates = NumericsColumn(Input(coordinates, "list<float32>", "error"))
    column = coordinates if isinstance(coordinates, NumericsColumn) else None
    if column is None or any(not isinstance(e, s.MissingAsEmpty) for e in column.steps):
        raise _bad("coordinates must be a list of numbers as it is read", coordinates)
    what = f"format of the boxes of {column!r}"
    check_word_of(format, BoxFormat, what)
    size = tuple(one for one in (height, width) if one is not None)
    if len(size) == 1 or any(not isinstance(one, NumericColumn) for one in size):
        raise _bad("height and width are two numeric columns, or none", size)
    if labels is not None and not isinstance(labels, IdsColumn):
        raise _bad("labels must be a list of ids", labels)
    dropped = (
        any(isinstance(e, s.DropMissing) for e in labels.steps) if labels else False
    )
    if dropped:
        raise _bad("labels that are left out have boxes", labels)
    return BoxesColumn(Boxes(column, format, size, labels))


def _bad(message: str, got: object) -> SpecError:
    return SpecError(f"boxes: {message}", code="SPEC_BAD_VALUE", got=got)
