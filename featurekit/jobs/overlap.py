"""Doing two things at once: a thread works on the next items while one is used."""

from collections.abc import Iterator
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.01


def overlapped(items: Iterator[T], *, ahead: int = 1) -> Iterator[T]:
    """Yields the items of an iterator that a thread runs.

    Worth it where the work of both sides releases the GIL, as Arrow, compiled kernels
    and files do. The order stays; what the iterator raises is raised here, in its
    place. When this iterator is closed, the thread ends before the close returns.

    Args:
        items: Runs in the thread, and is closed there.
        ahead: How many items may wait; one more is in the making. Defaults to 1.

    Example:
        >>> list(overlapped(iter([1, 2, 3])))
        [1, 2, 3]
    """
    waiting: Queue[tuple[T] | BaseException | None] = Queue(ahead)
    stopped = Event()

    def work() -> None:
        found: BaseException | None = None
        try:
            for item in items:
                waiting.put((item,))
                if stopped.is_set():
                    break
        except BaseException as error:
            found = error
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
            waiting.put(found)

    thread = Thread(target=work, name="overlapped", daemon=True)
    thread.start()
    try:
        while isinstance(entry := waiting.get(), tuple):
            yield entry[0]
        if entry is not None:
            raise entry
    finally:
        stopped.set()
        while thread.is_alive():  # it may be waiting for room
            try:
                waiting.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
        thread.join()
