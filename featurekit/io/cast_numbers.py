"""Exact casts of Arrow numbers to float32 and int64."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from featurekit.io.origin import Origin, failing
from featurekit.kernels.arrow_buffers import filled_numbers

RESERVED = -(2**63)
"""The int64 that stands for "missing" inside TensorFlow graphs."""


def refuse_reserved(array: pa.Array, source: pa.Array, origin: Origin) -> pa.Array:
    """Returns the int64 `array`, or raises when it holds -2**63.

    Raises:
        RowError: RESERVED_VALUE.
    """
    lowest = pc.min(array).as_py()
    if lowest == RESERVED:
        origin.reject(
            pc.equal(array, pa.scalar(RESERVED, pa.int64())),
            source,
            code="RESERVED_VALUE",
            what="equal -2**63, which marks missing values in TensorFlow graphs",
            expected="int64 greater than -2**63",
            hint="write a null instead",
        )
    return array


def to_int64(array: pa.Array, origin: Origin) -> pa.Array:
    """Widens integers, booleans, date32 (days) and integral decimals to int64.

    Raises:
        RowError: INT_OVERFLOW outside of int64; RESERVED_VALUE at -2**63.
        DTypeMismatchError: for a float column that is not all null.
    """
    kind = array.type
    if pt.is_null(kind):
        return pa.nulls(len(array), pa.int64())
    if pt.is_floating(kind):
        return _int64_from_float(array, origin)
    if pt.is_date32(kind):
        return array.cast(pa.int32()).cast(pa.int64())
    if pt.is_decimal(kind):
        return _int64_from_decimal(array, origin)
    if pt.is_uint64(kind):
        limit = pa.scalar(2**63, pa.uint64())
        _refuse_overflow(pc.greater_equal(array, limit), array, origin)
    found = array.cast(pa.int64(), safe=False)
    return refuse_reserved(found, array, origin) if pt.is_int64(kind) else found


def to_float32(array: pa.Array, origin: Origin) -> pa.Array:
    """Casts numbers to float32, rounding to nearest; NaN and infinities stay.

    Raises:
        RowError: OUT_OF_RANGE when a finite value becomes infinite; LOSSY_CAST
            when an integer is not a float32.
    """
    kind = array.type
    if pt.is_null(kind):
        return pa.nulls(len(array), pa.float32())
    if pt.is_boolean(kind):
        array = array.cast(pa.uint8())
    found = array.cast(pa.float32(), safe=False)
    if pt.is_float64(kind):
        refuse_infinite(found, array, array, origin)
    elif pt.is_integer(kind) and kind.bit_width >= 32:
        _refuse_lossy(found, array, origin)
    return found


def refuse_infinite(
    found: pa.Array, exact: pa.Array, source: pa.Array, origin: Origin
) -> None:
    """Raises OUT_OF_RANGE where `found` is infinite and `exact` is finite."""
    infinite = pc.is_inf(found)
    if pc.any(infinite).as_py():
        origin.reject(
            pc.and_(infinite, pc.is_finite(exact)),
            source,
            code="OUT_OF_RANGE",
            what="are too large for float32",
            expected="magnitude at most 3.4028235e+38",
            hint="rescale or clip the column before it is read",
        )


def _refuse_lossy(found: pa.Array, array: pa.Array, origin: Origin) -> None:
    unsigned = pt.is_unsigned_integer(array.type)
    exact = filled_numbers(array)
    back = filled_numbers(found).astype(np.float64)
    # A float64 holds every float32, and one at the limit is outside of the
    # integers: replace it before the cast back, which would wrap.
    limit = 2.0 ** (64 if unsigned else 63)
    inside = back < limit
    ints = np.where(inside, back, 0.0).astype(np.uint64 if unsigned else np.int64)
    origin.reject(
        ~inside | (ints != exact),
        array,
        code="LOSSY_CAST",
        what="are not exact as float32",
        expected="integers that float32 represents, such as those up to 2**24",
        hint="declare the column as int64, or cast it to a float type yourself",
    )


def _int64_from_float(array: pa.Array, origin: Origin) -> pa.Array:
    if array.null_count < len(array):
        origin.mismatch(
            array.type,
            "int64",
            "integers, bool, date32, or decimals of scale 0",
            "pandas stores integers with missing values as float, which loses"
            " digits: use its Int64 dtype (df.convert_dtypes()), or declare float32",
        )
    return pa.nulls(len(array), pa.int64())


def _int64_from_decimal(array: pa.Array, origin: Origin) -> pa.Array:
    try:
        found = array.cast(pa.int64())
    except pa.ArrowInvalid:
        bad = failing(array, lambda part: part.cast(pa.int64()))
        _refuse_overflow(bad, array, origin)
        raise
    return refuse_reserved(found, array, origin)


def _refuse_overflow(bad: object, array: pa.Array, origin: Origin) -> None:
    origin.reject(
        bad,
        array,
        code="INT_OVERFLOW",
        what="do not fit int64",
        expected="-2**63 < value < 2**63",
        hint="store larger identifiers as strings",
    )
