"""Kills a worker of an engine while it writes a shard; Linux only."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.engines.processes import EngineError

PARTIAL = ".partial"


class Killer(threading.Thread):
    """Waits for a finished task, and kills who writes the next file.

    Args:
        output: The dataset's folder.

    Attributes:
        file: What the process had open that was killed; "" if none was.
    """

    def __init__(self, output: Path) -> None:
        super().__init__(daemon=True)
        self.output = output
        self.file = ""
        self.stopped = threading.Event()

    def run(self) -> None:
        """Kills at most one process."""
        while not self.stopped.is_set() and not any(self.output.rglob("*.pb")):
            time.sleep(0.001)
        while not self.stopped.is_set():
            for pid, file in writers(self.output):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.file = file
                    return


def writers(folder: Path) -> Iterator[tuple[int, str]]:
    """The processes that have an unfinished shard of a folder open, and which."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        # Processes end, and files are closed, while this looks.
        with contextlib.suppress(OSError):
            for handle in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    file = os.readlink(handle)
                    is_shard = ".tfrecord" in file and file.endswith(PARTIAL)
                    if is_shard and file.startswith(f"{folder}/"):
                        yield int(process.name), file


@contextmanager
def killed_worker(output: Path) -> Iterator[Killer]:
    """Kills one worker that writes to the folder, within the block.

    Raises:
        EngineError: Nobody was seen writing.
    """
    killer = Killer(output)
    killer.start()
    try:
        yield killer
    finally:
        killer.stopped.set()
        killer.join()
    if not killer.file:
        raise EngineError("the job ended before a worker was seen writing")
