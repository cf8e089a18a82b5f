"""Runs tasks on the processes of one machine."""

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from featurekit.errors import SourceError, WorkerError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

TASKS_PER_WORKER = 16
"""A process takes about a second to start; fewer tasks are done before that."""

Progress: TypeAlias = Callable[[int, int, int], None]
"""Called after each task with tasks done, tasks in all, and rows read so far."""

Pipe: TypeAlias = "Connection[Any, Any]"

T = TypeVar("T")
R = TypeVar("R")


def count_workers(workers: int | None, num_tasks: int) -> int:
    """How many processes to use, this one included.

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

    This process works on tasks from the start, and the others take their share as soon
    as they have started; `work` is sent to each once, so it may hold what all tasks
    share. Processes are spawned, not forked: Arrow and TensorFlow hold threads that a
    fork would lose.

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
    with _Crew(work, tasks, count - 1) as crew:
        for index in range(len(tasks)):
            yield crew.result(index)


class _Crew(Generic[T, R]):
    """Other processes, each with a thread here that hands it one task at a time."""

    def __init__(self, work: Callable[[T], R], tasks: Sequence[T], others: int) -> None:
        self._work = work
        self._tasks = tasks
        self._futures: dict[int, Future[R]] = {i: Future() for i in range(len(tasks))}
        self._untaken = iter(range(len(tasks)))
        self._lock = threading.Lock()
        self._stopped = False
        self._starting: list[SpawnProcess] = []
        self._started: list[SpawnProcess] = []
        self._threads = [self._hire() for _ in range(others)]

    def _hire(self) -> threading.Thread:
        spawn = get_context("spawn")
        mine, theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(theirs, self._work))
        process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self._starting.append(process)
        return threading.Thread(target=self._lead, args=(process, mine))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Waits for the tasks that others are at; who has none yet gets none."""
        with self._lock:
            self._stopped = True
            for process in self._starting:
                process.terminate()
        for thread in self._threads:
            thread.join()
        for process in (*self._starting, *self._started):
            process.join()

    def _take(self) -> int | None:
        with self._lock:
            return None if self._stopped else next(self._untaken, None)

    def result(self, index: int) -> R:
        """The result of a task; as long as others are at it, this process does more."""
        future = self._futures[index]
        while not future.done():
            mine = self._take()
            if mine is None:
                break
            try:
                self._futures[mine].set_result(self._work(self._tasks[mine]))
            except Exception as error:
                self._futures[mine].set_exception(error)
        found = future.result()
        del self._futures[index]  # its user alone holds it now
        return found

    def _lead(self, process: SpawnProcess, connection: Pipe) -> None:
        index: int | None = None
        try:
            with connection:
                connection.recv()  # it has started
                with self._lock:
                    self._starting.remove(process)
                    self._started.append(process)
                while (index := self._take()) is not None:
                    connection.send(self._tasks[index])
                    failed, found = connection.recv()
                    if failed:
                        self._futures[index].set_exception(found)
                    else:
                        self._futures[index].set_result(found)
        except (EOFError, OSError):
            self._fail(index, _death())
        except Exception as error:  # what cannot be pickled
            self._fail(index, error)

    def _fail(self, index: int | None, error: Exception) -> None:
        """Fails a task: nobody may think that a dead process was not needed."""
        if index is None:
            index = self._take()
        if index is not None:
            self._futures[index].set_exception(error)


def _death() -> WorkerError:
    return WorkerError(
        "a worker process died",
        hint="if memory ran out, use fewer workers and run the same command again "
        "to resume; in a script, call from under if __name__ == '__main__'",
    )


def _serve(connection: Pipe, work: Callable[[Any], Any]) -> None:
    """Does tasks until there are no more; runs in another process."""
    # Ctrl-C reaches all processes of a terminal; a waiting one leaves it to the one
    # that started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        connection.send(True)  # started
        while True:
            task = connection.recv()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                answer = False, work(task)
            except Exception as error:
                error.add_note(f"in a worker process:\n{traceback.format_exc()}")
                answer = True, error
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _answer(connection, *answer)
    except (EOFError, OSError, KeyboardInterrupt):
        return  # whoever leads has no more tasks, or was interrupted as well


def _answer(connection: Pipe, failed: bool, found: Any) -> None:
    try:
        connection.send((failed, found))
    except (AttributeError, TypeError, PicklingError) as error:
        connection.send((True, error))


def _end_with_parent() -> None:
    """Ends this process when the one that started it is killed: nobody else would."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
