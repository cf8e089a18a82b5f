"""One decorator for all compiled kernels."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compiles a function to machine code that runs without the GIL.

    The code is cached on disk, so that only the first process of a machine pays for
    compilation; where no cache directory is writable, every process compiles for
    itself. Floating point stays strict IEEE 754: no reassociation, no contraction.
    """
    try:
        compiled = numba.njit(function, nogil=True, cache=True)
    except RuntimeError:  # "cannot cache function: no locator available"
        compiled = numba.njit(function, nogil=True)
    return compiled  # type: ignore[no-any-return]


def inlined(function: Kernel) -> Kernel:
    """A `kernel` whose machine code becomes part of every caller's."""
    try:
        compiled = numba.njit(function, nogil=True, cache=True, forceinline=True)
    except RuntimeError:
        compiled = numba.njit(function, nogil=True, forceinline=True)
    return compiled  # type: ignore[no-any-return]
