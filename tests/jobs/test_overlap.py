import threading
import time
from collections.abc import Iterator

import pytest

from featurekit.jobs.overlap import overlapped


def threads() -> int:
    return sum(one.name == "overlapped" for one in threading.enumerate())


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_everything_in_order(count: int) -> None:
    assert list(overlapped(iter(range(count)), ahead=3)) == list(range(count))
    assert threads() == 0


def test_an_error_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("x")

    found = []
    with pytest.raises(KeyError, match="x"):
        for item in overlapped(items()):
            found.append(item)
    assert found == [1] and threads() == 0


def test_the_next_item_is_made_meanwhile() -> None:
    made = []

    def items() -> Iterator[int]:
        for item in range(9):
            made.append(item)
            yield item

    running = overlapped(items(), ahead=2)
    assert next(running) == 0
    deadline = time.monotonic() + 30
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    # One is used, two wait, and one is in the maker's hands.
    time.sleep(0.05)
    assert made == [0, 1, 2, 3]
    running.close()  # type: ignore[attr-defined]


def test_closing_early_ends_the_thread_and_closes_the_items() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    for item in overlapped(items()):
        if item == 3:
            break
    assert closed.wait(30)
    deadline = time.monotonic() + 30
    while threads() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert threads() == 0
