"""Runs tasks on the processes of one machine."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, TypeAlias, TypeVar

from featurekit.errors import SourceError, WorkerError

TASKS_PER_WORKER = 16
"""A process takes about two seconds to start; fewer tasks are done before that."""

Progress: TypeAlias = Callable[[int, int, int], None]
"""Called after each task with tasks done, tasks in all, and rows read so far."""

T = TypeVar("T")
R = TypeVar("R")

_work: Any = None
_stopped = False


def _start(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    # Ctrl-C reaches all processes of a terminal; a waiting one leaves it to the one
    # that started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _run(task: Any) -> Any:
    global _stopped
    if _stopped:  # a task that was already on its way when the interrupt came
        raise KeyboardInterrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _work(task)
    except KeyboardInterrupt:
        _stopped = True
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_with_parent() -> None:
    """Ends this process when the one that started it is killed: nobody else would."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def count_workers(workers: int | None, num_tasks: int) -> int:
    """How many processes to use.

    Args:
        workers: As asked for; None is one for every 16 tasks, at most one per core.
        num_tasks: How many tasks there are.

    Raises:
        SourceError: BAD_ARGUMENT, for a number below 1.
    """
    if workers is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        workers = min(cores, -(-num_tasks // TASKS_PER_WORKER))
    elif workers < 1:
        raise SourceError(
            "workers must be at least 1", code="BAD_ARGUMENT", got=workers
        )
    return max(1, min(workers, num_tasks))


def run_tasks(
    work: Callable[[T], R], tasks: Sequence[T], *, workers: int | None = None
) -> Iterator[R]:
    """Yields the result of every task, in the order of the tasks.

    With one worker everything runs in this process. With more, `work` is sent to each
    process once, so it may hold what all tasks share. Processes are spawned, not
    forked: Arrow and TensorFlow hold threads that a fork would lose.

    Args:
        work: What to do with a task; picklable.
        tasks: The tasks; picklable.
        workers: See `count_workers`.

    Raises:
        WorkerError: A process died.
        Exception: What `work` raised for the first task, in order, that failed.
    """
    count = count_workers(workers, len(tasks))
    if count == 1:
        yield from map(work, tasks)
        return
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_start, initargs=(work,)
    )
    try:
        for future in [pool.submit(_run, task) for task in tasks]:
            yield future.result()
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process died",
            hint="if memory ran out, use fewer workers and run the same command again "
            "to resume; in a script, call from under if __name__ == '__main__'",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
