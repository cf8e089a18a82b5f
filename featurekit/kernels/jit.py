"""The decorators of all compiled kernels."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import event as _event

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

_events: Any = _event


class _Clock(_events.TimingListener):  # type: ignore[misc]
    """Times compilation, and says at the first one why a job does not start."""

    _told = False

    def on_start(self, event: Any) -> None:
        if not self._told:
            self._told = True
            logging.getLogger("featurekit").info(
                "compiling kernels for this processor, about half a minute; "
                "the code is kept for all later processes"
            )
        super().on_start(event)


_clock = _Clock()
_events.register("numba:compile", _clock)


def kernel(function: Kernel) -> Kernel:
    """Compiles a function to machine code that runs without the GIL.

    The code is cached on disk, so that only the first process of a machine pays for
    compilation; where no cache directory is writable, every process compiles for
    itself. Floating point stays strict IEEE 754: no reassociation, no contraction.
    """
    return _compile(function)


def inlined(function: Kernel) -> Kernel:
    """A `kernel` whose machine code becomes part of every caller's."""
    return _compile(function, forceinline=True)


def _compile(function: Kernel, **options: Any) -> Kernel:
    try:
        compiled = numba.njit(function, nogil=True, cache=True, **options)
        file = compiled._cache._cache_file
        file._source_stamp = file._source_stamp, _SOURCES
    except RuntimeError:  # "cannot cache function: no locator available"
        compiled = numba.njit(function, nogil=True, **options)
    return compiled  # type: ignore[no-any-return]


def _digest_sources() -> str:
    """The content of all files with kernels.

    Numba keeps code until the file of its function changes. But a kernel contains those
    that it calls: after a change of one of them, old code would give old results.
    """
    found = hashlib.sha256()
    package = Path(__file__).parent.parent
    for folder in ("kernels", "backends/host"):
        for file in sorted((package / folder).glob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()


_SOURCES = _digest_sources()


def compile_seconds() -> float:
    """How long this process has compiled kernels; code from the cache takes no time."""
    return float(_clock.duration) if _clock.done else 0.0
