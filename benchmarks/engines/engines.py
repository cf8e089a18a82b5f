"""The engines: what starts them, and the options by which Beam finds them."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from benchmarks.engines import cache
from benchmarks.engines.processes import environment, free_port, server
from benchmarks.work import ROOT

DASK = "apache_beam.runners.dask.dask_runner.DaskRunner"
SPARK = "beam_pyspark_runner.pyspark_runner.PySparkRunner"


@dataclass(frozen=True, slots=True)
class Running:
    """An engine that takes jobs.

    Args:
        options: What the commands of `Job` are told.
        env: Variables of those commands.
    """

    options: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=environment)


Start: TypeAlias = Callable[[Path], AbstractContextManager[Running]]
"""Starts an engine, whose logs go to a folder; raises Missing where it cannot."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine by its name.

    Args:
        name: As `--engines` takes it.
        workers: How many processes work on tasks.
        start: Starts it.
        restarts: Whether it replaces a worker that died, within the job.
        is_local: Whether it is the library's own, without Beam.
    """

    name: str
    workers: int
    start: Start
    restarts: bool = False
    is_local: bool = False


def without_server(*options: str) -> Start:
    """An engine that lives in the submitting process."""

    @contextmanager
    def start(logs: Path) -> Iterator[Running]:
        yield Running(options)

    return start


@contextmanager
def _portable_loopback(logs: Path) -> Iterator[Running]:
    """A job service, as clusters have one, and the worker in the submitting process."""
    with _job_service(logs) as endpoint:
        yield Running((*endpoint, "--environment_type=LOOPBACK"))


@contextmanager
def _portable_external(logs: Path) -> Iterator[Running]:
    """A job service, and workers that another process starts, with their own code."""
    with portable_external(logs, sys.executable, ROOT) as running:
        yield running


@contextmanager
def portable_external(logs: Path, python: str, folder: Path) -> Iterator[Running]:
    """Workers of an interpreter, in a folder that may hold other code than this one.

    Beam's pool starts `python`, whichever is first on the path.
    """
    port = free_port()
    module = "apache_beam.runners.worker.worker_pool_main"
    command = [python, "-m", module, f"--service_port={port}"]
    env = environment(python)
    with (
        _job_service(logs) as endpoint,
        server(command, port, logs / "pool.log", env, folder),
    ):
        pool = "--environment_type=EXTERNAL", f"--environment_config=localhost:{port}"
        yield Running((*endpoint, *pool))


@contextmanager
def _job_service(logs: Path) -> Iterator[tuple[str, ...]]:
    port = free_port()
    module = "apache_beam.runners.portability.local_job_service_main"
    command = [sys.executable, "-m", module, f"--port={port}"]
    with server(command, port, logs / "job-service.log", environment()):
        yield "--runner=PortableRunner", f"--job_endpoint=localhost:{port}"


@contextmanager
def _prism(logs: Path) -> Iterator[Running]:
    yield Running(("--runner=PrismRunner", f"--prism_location={cache.prism()}"))


@contextmanager
def _dask(logs: Path) -> Iterator[Running]:
    """A scheduler, and two workers, each with a nanny that restarts it."""
    cache.need_dask()
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    cli = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = [*cli, "--host=127.0.0.1", f"--port={port}", "--no-dashboard"]
    with ExitStack() as stack:
        stack.enter_context(
            server(scheduler, port, logs / "scheduler.log", environment())
        )
        for index in range(2):
            worker_port = free_port()
            cli = [sys.executable, "-m", "distributed.cli.dask_worker", address]
            worker = [*cli, "--nthreads=1", "--no-dashboard", "--host=127.0.0.1"]
            worker += [f"--worker-port={worker_port}", f"--name=worker-{index}"]
            log = logs / f"worker-{index}.log"
            stack.enter_context(server(worker, worker_port, log, environment()))
        # A partition of one element: otherwise 128 tasks go to one worker.
        yield Running(
            (
                f"--runner={DASK}",
                f"--dask_client_address={address}",
                "--dask_partition_size=1",
            )
        )


@contextmanager
def _spark(logs: Path) -> Iterator[Running]:
    """A cluster of a master and two workers, whose tasks run in Python processes."""
    home = cache.spark()
    spark_class = str(home / "pyspark" / "bin" / "spark-class")
    env = {
        **environment(),
        "PYTHONPATH": f"{home}{os.pathsep}{ROOT}",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(home / "pyspark"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    port = free_port()
    master = f"spark://127.0.0.1:{port}"
    deploy = "org.apache.spark.deploy"
    where = ("--host", "127.0.0.1", "--webui-port", "0", "--port")
    with ExitStack() as stack:
        command = [spark_class, f"{deploy}.master.Master", *where, str(port)]
        stack.enter_context(server(command, port, logs / "master.log", env))
        for index in range(2):
            own = free_port()
            command = [spark_class, f"{deploy}.worker.Worker", *where, str(own)]
            command += ["--cores", "1", "--memory", "1g", "--work-dir"]
            command += [str(logs / f"work-{index}"), master]
            stack.enter_context(server(command, own, logs / f"worker-{index}.log", env))
        # Else all tasks are in one partition.
        conf = "--conf spark.default.parallelism=8 --conf spark.ui.enabled=false"
        submit = f"--master {master} {conf} pyspark-shell"
        yield Running((f"--runner={SPARK}",), {**env, "PYSPARK_SUBMIT_ARGS": submit})


@contextmanager
def _flink(logs: Path) -> Iterator[Running]:
    """Flink within Beam's job server, and workers in the submitting process."""
    yield Running(
        (
            "--runner=FlinkRunner",
            f"--flink_job_server_jar={cache.flink_job_server()}",
            "--flink_master=[local]",
            "--environment_type=LOOPBACK",
            "--parallelism=2",
        )
    )


LOCAL = Engine("local", 2, without_server("--workers=2"), is_local=True)
ENGINES = (
    LOCAL,
    Engine("fn_api", 1, without_server("--runner=FnApiRunner")),
    Engine(
        "fn_api_processes",
        2,
        without_server(
            "--runner=FnApiRunner",
            "--direct_num_workers=2",
            "--direct_running_mode=multi_processing",
        ),
    ),
    Engine("portable_loopback", 1, _portable_loopback),
    Engine("portable_external", 1, _portable_external),
    Engine("prism", 1, _prism),
    Engine("dask", 2, _dask, restarts=True),
    Engine("spark", 2, _spark, restarts=True),
    Engine("flink", 2, _flink),
)
