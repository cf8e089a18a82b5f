"""The type of a value in a plan: what an executor may rely on."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

ValueDType: TypeAlias = Literal["float32", "float64", "int64", "string", "timestamp"]


@dataclass(frozen=True, slots=True)
class ValueType:
    """One column of values inside a plan.

    Args:
        dtype: "float32", "float64", "int64", "string" (bytes, UTF-8 where the source
            was checked), or "timestamp" (int64 microseconds since 1970-01-01 UTC).
        nullable: Whether a row may have no value. Defaults to False.
        width: Numbers per row; None is one number per row, shape (batch,).
        num_ids: Where given, all values are ids in [0, num_ids).
        is_list: Whether each row has a list of such values. Then `nullable` is about
            the elements; whether a list may be missing, the op that reads it says.
        shape: Where given, the shape of the `width` numbers of a row.
    """

    dtype: ValueDType
    nullable: bool = False
    width: int | None = None
    num_ids: int | None = None
    is_list: bool = False
    shape: tuple[int, ...] | None = None

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of the value of one row."""
        if self.width is None:
            return ()
        return (self.width,) if self.shape is None else self.shape

    def __str__(self) -> str:
        text: str = self.dtype
        if self.width is not None:
            text += f"[{', '.join(map(str, self.row_shape))}]"
        if self.num_ids is not None:
            text += f" < {self.num_ids}"
        text += "?" if self.nullable else ""
        return f"list<{text}>" if self.is_list else text
