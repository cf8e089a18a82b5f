"""Reads and writes at addresses, and instructions that NumPy has no word for.

Kernels that work on many arrays of many types at once take addresses: a function of
numbers costs nothing to call, while arrays are counted at every call. Nothing here
checks a bound, under NUMBA_BOUNDSCHECK either: whoever calls answers for it, and keeps
the arrays alive. The machine has to be little endian, as the formats are.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as numba_intrinsic

from featurekit.kernels.jit import inlined
from featurekit.kernels.varint import as_int

if sys.byteorder != "little":
    raise ImportError("featurekit needs a little-endian machine")


def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """An intrinsic, called without the first argument, which only Numba knows."""
    found: Callable[..., Any] = numba_intrinsic(function)
    return found


_declare: Callable[..., Any] = cgutils.get_or_insert_function
_WORD = ir.IntType(64)
_BLOCK = ir.VectorType(_WORD, 4)
BLOCK = 32
"""Bytes that `copy_block` moves, whatever is wanted of them."""
AHEAD = 256
"""How far ahead a kernel asks for the memory of columns that it goes through row by
row: a processor follows fewer streams by itself."""


@intrinsic
def address_of(_: Any, array: Any) -> Any:
    """Where an array's first element is, as int64."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, _WORD)

    return types.int64(array), emit


def _load(bits: int, *, signed: bool) -> Callable[..., Any]:
    """A function that reads a number of some bits, as int64."""

    @intrinsic
    def load(_: Any, address: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = ir.IntType(bits)
            found = builder.load(builder.inttoptr(args[0], kind.as_pointer()), align=1)
            if bits == 64:
                return found
            return builder.sext(found, _WORD) if signed else builder.zext(found, _WORD)

        return types.int64(types.int64), emit

    return load


def _store(bits: int) -> Callable[..., Any]:
    """A function that writes the lowest bits of an integer."""

    @intrinsic
    def store(_: Any, address: Any, value: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = ir.IntType(bits)
            value = args[1]
            if value.type.width > bits:
                value = builder.trunc(value, kind)
            elif value.type.width < bits:
                value = builder.zext(value, kind)
            builder.store(value, builder.inttoptr(args[0], kind.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(types.int64, value), emit

    return store


load_int64 = _load(64, signed=True)
"""The int64 at an address."""
load_int32 = _load(32, signed=True)
"""The int32 at an address, as int64."""
load_uint8 = _load(8, signed=False)
"""The byte at an address, as int64."""
store_64 = _store(64)
"""Writes 8 bytes to an address."""
store_32 = _store(32)
"""Writes the lowest 4 bytes of an integer to an address."""
store_8 = _store(8)
"""Writes the lowest byte of an integer to an address."""


@intrinsic
def copy_block(_: Any, target: Any, source: Any) -> Any:
    """Copies 32 bytes between addresses."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        to, whence = (builder.inttoptr(one, _BLOCK.as_pointer()) for one in args)
        builder.store(builder.load(whence, align=1), to, align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


def _copy(emitted: Callable[..., Any]) -> Callable[..., Any]:
    @intrinsic
    def copy(_: Any, target: Any, source: Any, count: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            byte = ir.IntType(8).as_pointer()
            to, whence = (builder.inttoptr(one, byte) for one in args[:2])
            emitted(builder, to, whence, args[2], 1)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64), emit

    return copy


copy_bytes = _copy(cgutils.raw_memcpy)
"""Copies any number of bytes to an address, from one that does not overlap."""
move_bytes = _copy(cgutils.raw_memmove)
"""Copies any number of bytes to an address, from one that may overlap."""


@intrinsic
def leading_zeros(_: Any, value: Any) -> Any:
    """The number of zero bits above the highest one; undefined for 0."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), emit


@intrinsic
def prefetch(_: Any, address: Any) -> Any:
    """Asks for the cache line at an address, which need not be memory at all."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        call = _declare(builder.module, kind, "llvm.prefetch.p0")
        # To read, into the nearest cache, data.
        hints = [ir.Constant(number, hint) for hint in (0, 3, 1)]
        builder.call(call, [builder.inttoptr(args[0], byte), *hints])
        return context.get_dummy_value()

    return types.void(types.int64), emit


@inlined
def leading_word(address: int, size: int, end: int) -> int:
    """The first 8 bytes at an address, or fewer and zeros, as int64.

    Args:
        address: Where the bytes are.
        size: How many there are; those behind it count as zeros.
        end: No byte from here on is read.
    """
    if size >= 8:
        return int(load_int64(address))
    if address + 8 <= end:
        mask = (np.uint64(1) << np.uint64(8 * size)) - np.uint64(1)
        return as_int(np.uint64(load_int64(address)) & mask)
    word = np.uint64(0)
    for i in range(size):
        word |= np.uint64(load_uint8(address + i)) << np.uint64(8 * i)
    return as_int(word)


def crc_instruction(machine: str, features: dict[str, bool]) -> dict[int, str] | None:
    """The LLVM names of the CRC-32C instructions, by bits of data; None if none."""
    if machine in ("x86_64", "amd64") and features.get("sse4.2"):
        return {64: "llvm.x86.sse42.crc32.64.64", 8: "llvm.x86.sse42.crc32.32.8"}
    if machine in ("aarch64", "arm64") and features.get("crc"):
        return {64: "llvm.aarch64.crc32cx", 8: "llvm.aarch64.crc32cb"}
    return None


def crc_step(name: str, bits: int) -> Callable[..., Any]:
    """A function of a uint32 state and the next bits that gives the next state."""
    # x86 takes 64 bits of data with a state of 64; arm takes 8 bits as 32.
    on_x86 = ".x86." in name
    state_bits = 64 if on_x86 and bits == 64 else 32
    data_bits = 32 if not on_x86 and bits == 8 else bits

    @intrinsic
    def step(_: Any, state: Any, data: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            wide, word = ir.IntType(state_bits), ir.IntType(data_bits)
            kind = ir.FunctionType(wide, [wide, word])
            call = _declare(builder.module, kind, name)
            state_in = args[0] if state_bits == 32 else builder.zext(args[0], wide)
            data_in = args[1] if data_bits == bits else builder.zext(args[1], word)
            found = builder.call(call, [state_in, data_in])
            return found if state_bits == 32 else builder.trunc(found, ir.IntType(32))

        data_type = types.uint64 if bits == 64 else types.uint8
        return types.uint32(types.uint32, data_type), emit

    return step
