import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing import parent_process
from pathlib import Path
from pickle import PicklingError

import pytest

from featurekit.errors import RowError, SourceError, WorkerError
from featurekit.jobs.local_engine import count_workers, run_tasks


def double(task: int) -> int:
    return 2 * task


def process_of(task: int) -> int:
    return os.getpid()


def fail_at_two(task: int) -> int:
    if task >= 2:
        time.sleep(0.2 if task == 2 else 0)
        raise RowError("bad", code="X", file="a.csv", row=task, got=b"\xff")
    return task


def die_elsewhere(task: int) -> int:
    if parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    return task


def slow_process_of(task: int) -> int:
    time.sleep(0.1)
    return os.getpid()


def slow_elsewhere(task: int) -> int:
    time.sleep(0.05 if parent_process() is None else 0.4)
    return task


class Unpicklable(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def fail_unpicklably(task: int) -> int:
    time.sleep(0.1)
    raise Unpicklable("a", "b")


def answer_unpicklably(task: int) -> object:
    time.sleep(0.1)
    return lambda: task


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    assert list(run_tasks(double, range(7), workers=workers)) == list(range(0, 14, 2))


def test_one_worker_is_this_process() -> None:
    assert set(run_tasks(process_of, range(3), workers=1)) == {os.getpid()}


def test_this_process_is_one_of_the_workers() -> None:
    processes = set(run_tasks(slow_process_of, range(40), workers=3))
    assert os.getpid() in processes
    assert len(processes) == 3


def test_the_last_result_is_waited_for() -> None:
    assert list(run_tasks(slow_elsewhere, range(40), workers=2)) == list(range(40))


def test_who_starts_late_is_not_waited_for() -> None:
    start = time.perf_counter()
    list(run_tasks(double, range(2), workers=2))
    assert not multiprocessing.active_children()
    assert time.perf_counter() - start < 30  # and not for ever


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_failing_task_names_the_error(workers: int) -> None:
    results = run_tasks(fail_at_two, range(5), workers=workers)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(RowError) as raised:
        next(results)
    assert (raised.value.row, raised.value.file, raised.value.code) == (2, "a.csv", "X")
    assert raised.value.got == b"\xff"


def test_a_dead_process_is_an_error() -> None:
    with pytest.raises(WorkerError, match="WORKER_DIED"):
        list(run_tasks(die_elsewhere, range(50), workers=2))


def test_what_cannot_be_sent_is_an_error() -> None:
    with pytest.raises((Unpicklable, TypeError)):
        list(run_tasks(fail_unpicklably, range(50), workers=2))
    with pytest.raises((AttributeError, PicklingError)):
        list(run_tasks(answer_unpicklably, range(50), workers=2))


def test_number_of_workers() -> None:
    assert count_workers(None, 1) == 1
    assert count_workers(8, 3) == 3
    assert count_workers(2, 0) == 1
    assert count_workers(None, 10_000) == len(os.sched_getaffinity(0))
    with pytest.raises(SourceError, match="BAD_ARGUMENT"):
        count_workers(0, 3)


PARENT = """
import os, sys, time
from featurekit.jobs.local_engine import run_tasks
from tasks import announce
if __name__ == "__main__":
    list(run_tasks(announce, range(9), workers=3))
"""
TASKS = """
import os, pathlib, time
def announce(task):
    pathlib.Path(f"{os.getpid()}.pid").touch(exist_ok=False)
    time.sleep(60)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_process_that_started_them(
    tmp_path: Path, end: signal.Signals
) -> None:
    (tmp_path / "parent.py").write_text(PARENT)
    (tmp_path / "tasks.py").write_text(TASKS)
    root = str(Path(__file__).parents[2])
    parent = subprocess.Popen(
        [sys.executable, "parent.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with parent:
        wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == 3)
        workers = [int(path.stem) for path in tmp_path.glob("*.pid")]
        if end == signal.SIGKILL:
            parent.kill()
        else:
            os.killpg(parent.pid, end)  # as a terminal does at Ctrl-C
        assert parent.wait(30) == -end
        wait_until(lambda: not any(map(alive, workers)))
    assert len(list(tmp_path.glob("*.pid"))) == 3  # no other task began


def alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().split()[2]
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: object) -> None:
    for _ in range(600):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 30 s")
