"""What the interpreter is told: the words of an instruction, and the opcodes.

A program is a table of int64, one line per instruction. Values lie at places, which are
lines of another table: most in scratch memory of one block of rows, outputs in memory
of all rows.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from featurekit.kernels.array_views import doubles_at
from featurekit.kernels.jit import inlined
from featurekit.kernels.memory import load_int64

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

# The words of an instruction.
OP = 0
NODE = 1  # of the plan; this is what refuses
OUT = 2  # place of the result; NOWHERE if there is none
OUT_VALID = 3  # place of a bool per row; NOWHERE if no result is missing
IN = 4
IN_VALID = 5
SOURCE = 6  # the column that is read
FIRST = 7  # what the op has to know: integers, or the bits of float64
SECOND = 8
THIRD = 9
FOURTH = 10
FIFTH = 11
SUBSTITUTE = 12  # what stands for a missing text
IN_2 = 13  # the second input, and the third
IN_2_VALID = 14
IN_3 = 15
IN_3_VALID = 16
WORDS = 17
NOWHERE = -1

# The words of a place.
IN_OUTPUTS = 0  # 1: in the memory of all rows; 0: in that of a block
BEFORE = 1  # bytes per row of the places before it
BYTES = 2  # per row
PLACE_WORDS = 3

READ_FLOAT32 = 0
READ_INT64 = 1
REQUIRE = 2
FILL = 3  # FIRST: the bits
REQUIRE_TEXT = 4
IS_MISSING = 5
TEXT_IS_MISSING = 6
CONSTANT = 7  # FIRST: the bits

TO_FLOAT64 = 10  # FIRST: what a NaN means
CLIP = 11  # FIRST, SECOND: the limits
LOG1P = 12
SCALE = 13  # FIRST: what is subtracted; SECOND: the divisor
BUCKETIZE = 14  # FIRST: address of the boundaries; SECOND: their number
IS_GREATER_EQUAL = 15  # FIRST: the threshold
TO_FLOAT32 = 16
COMBINE = 17  # FIRST: which operation
COMPARE = 18  # FIRST: which comparison
CHOOSE = 19  # the inputs: condition, then, otherwise

# FIRST to THIRD: the table; FOURTH: num_oov; FIFTH: the first id of unknown tokens.
FIND_INTEGER = 20
# FIRST: whether there is a key; SECOND, THIRD: the key; FOURTH: num_buckets.
HASH_INTEGER = 21
CHECK_RANGE = 22  # FIRST: num_ids
TIME_PART = 23  # FIRST: transitions; SECOND: their number; THIRD: offsets; FOURTH: part
ONE_HOT = 24  # FIRST: depth
# FIRST: whether it is the first input; SECOND: num_buckets of the last, or 0; THIRD:
# where the fold starts.
FOLD = 25
LOOKUP_VECTOR = 26  # FIRST: the vectors; SECOND: numbers per vector; THIRD: ids
LOOKUP_NUMBER = 27  # FIRST: the numbers; SECOND: how many
PAIR = 28  # FIRST: whether it is the first input; SECOND: size of the other
MARK_MISSING = 29  # FIRST: address of the bits of the values; SECOND: their number
DEFAULT_ID = 30  # FIRST: num_ids; SECOND: whether there is one; THIRD: the default
# FIRST: the boundaries; SECOND: where those of each key begin; THIRD: keys.
BUCKETIZE_BY_KEY = 31
# FIRST: the seed; SECOND: the place; THIRD: words of hidden rows are below; FOURTH: the
# id that hides. The inputs: the key of the row, the id.
HIDE_ID = 32

FIND_TEXT = 40  # as FIND_INTEGER
HASH_TEXT = 41  # as HASH_INTEGER; no buckets: the whole hash

NAN_IS_MISSING = 0
NAN_IS_REFUSED = 1
NAN_IS_KEPT = 2


@inlined
def word(code: int, index: int) -> int:
    """A word of the instruction at an address."""
    return load_int64(code + 8 * index)  # type: ignore[no-any-return]


@inlined
def real(code: int, index: int) -> float:
    """A word that holds the bits of a float64."""
    return doubles_at(code + 8 * index, 1)[0]  # type: ignore[no-any-return]


@inlined
def has_value(valid: BoolArray, i: int) -> bool:
    """Whether a row is not missing; `valid` is of length 0 where none is."""
    return len(valid) == 0 or bool(valid[i])


@inlined
def refuse(refused_by: IntArray, i: int, node: int) -> None:
    """Notes that a node refuses a row, unless an earlier one did."""
    if refused_by[i] < 0:
        refused_by[i] = node
