"""The server under load, beside calls of the same graph in this process.

    python -m benchmarks.serving_load --seconds 10
    python -m benchmarks.serving_load --reloads 50

The model is a small transformer over the columns of the flights demo. The server runs
in a process of its own, the clients in a second one: each sends one row after another
on a connection of its own. With --reloads the server loads so many versions, of two
models by turns, and its resident memory is measured after each; nothing else is.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

import featurekit as fk
from benchmarks.machine import load, summary
from benchmarks.server_process import ServerProcess, serving
from benchmarks.serving_models import OneRow, export_two, first_row, publish

CLIENTS = (1, 16, 200)
BATCHES = (1, 16, 200)
FIRST = 5
"""So many reloads are given to caches before memory is compared."""
AT_MOST = 1.02
REQUESTS = 20


@dataclass(frozen=True)
class Line:
    """One measurement: requests of one row, or calls of a batch."""

    way: str
    clients: int
    p50_ms: float
    p99_ms: float
    rows_per_s: float
    failed: int = 0


def clients(address: str, number: int, seconds: float, *args: str, body: bytes) -> Any:
    """What so many clients in another process found."""
    command = [sys.executable, "-m", "benchmarks.serving_clients", address]
    command += ["--clients", str(number), "--seconds", str(seconds), *args]
    done = subprocess.run(command, input=body, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def measure_server(server: ServerProcess, row: OneRow, seconds: float) -> list[Line]:
    """Every protocol, with few and many clients."""
    ways = (
        ("REST, JSON row", server.http, "--fixed", row.json_body),
        ("REST, base64 Example", server.http, "--fixed", row.example_body),
        ("gRPC Predict, Example", server.grpc, "--grpc", row.grpc_request("m")),
    )
    found = []
    for name, address, flag, body in ways:
        for number in CLIENTS:
            clients(address, number, min(1.0, seconds), flag, body=body)
            one = clients(address, number, seconds, flag, body=body)
            times = one["p50_ms"], one["p99_ms"], one["per_second"]
            found.append(Line(name, number, *times, one["failed"]))
    return found


def measure_call(name: str, rows: int, call: Callable[[], Any], seconds: float) -> Line:
    """One thread that calls again and again."""
    end = time.monotonic() + min(0.5, seconds)
    while time.monotonic() < end:
        call()
    times = []
    start = time.perf_counter()
    while time.perf_counter() < start + seconds:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    p50, p99 = (round(1000 * float(q), 3) for q in np.quantile(times, [0.5, 0.99]))
    return Line(name, 1, p50, p99, round(rows * len(times) / sum(times), 1))


def measure_in_process(path: Path, row: OneRow, seconds: float) -> list[Line]:
    """The graph without a server: single rows, batches, and `Scorer`."""
    scorer = fk.Scorer(path)
    graph = scorer.model.signatures["serving_examples"]
    found = []
    for rows in BATCHES:
        examples = [row.example] * rows

        def call(examples: list[bytes] = examples) -> Any:
            answer = graph(examples=tf.constant(examples))
            return {name: value.numpy() for name, value in answer.items()}

        name = f"in process, batch of {rows}"
        found.append(measure_call(name, rows, call, seconds))
    found.append(
        measure_call("in process, fk.Scorer", 1, lambda: scorer(row.values), seconds)
    )
    return found


def measure_reloads(folder: Path, models: list[Path], reloads: int) -> list[float]:
    """The server's memory in MiB after each reload."""
    root = folder / "reloaded"
    root.mkdir()
    publish(models[0], root, 1)
    found = []
    with serving(root, "--poll-seconds", "0.1") as server:
        row = first_row(folder / "flights.parquet", fk.Scorer(models[0]).model)
        for number in range(2, reloads + 2):
            publish(models[(number - 1) % 2], root, number)
            server.wait_for(number)
            for _ in range(REQUESTS):
                ask(server, row.json_body)
            time.sleep(0.5)  # the version before the last one leaves at the next look
            found.append(server.rss_mib())
    return found


def ask(server: ServerProcess, body: bytes) -> None:
    """One request; a failure ends the benchmark."""
    url = f"http://{server.http}/v1/models/m:predict"
    headers = {"content-type": "application/json"}
    with urlopen(Request(url, body, headers), timeout=60) as answer:
        answer.read()


def table_of(lines: list[Line]) -> Table:
    """The measurements, one a line."""
    table = Table(title="Requests of one row; calls of a batch")
    table.add_column("way")
    for name in ("clients", "p50 ms", "p99 ms", "rows/s", "failed"):
        table.add_column(name, justify="right")
    for one in lines:
        table.add_row(
            one.way,
            str(one.clients),
            f"{one.p50_ms:.2f}",
            f"{one.p99_ms:.2f}",
            f"{one.rows_per_s:,.0f}",
            str(one.failed),
        )
    return table


def report_load(
    console: Console, folder: Path, seconds: float, *, as_json: bool
) -> int:
    """Measures and prints; 1 if a request failed."""
    models = export_two(folder)
    root = folder / "served"
    root.mkdir()
    path = publish(models[0], root, 1)
    row = first_row(folder / "flights.parquet", fk.Scorer(path).model)
    with serving(root) as server:
        lines = measure_server(server, row, seconds)
    lines += measure_in_process(path, row, seconds)
    if as_json:
        print(json.dumps([asdict(one) for one in lines]))
    else:
        console.print(table_of(lines))
    return int(any(one.failed for one in lines))


def report_reloads(
    console: Console, folder: Path, reloads: int, *, as_json: bool
) -> int:
    """Measures and prints; 1 if memory grew by more than the bar."""
    sizes = measure_reloads(folder, export_two(folder), reloads)
    growth = sizes[-1] / sizes[FIRST - 1]
    if as_json:
        print(json.dumps({"rss_mib": sizes, "growth": growth}))
    else:
        marks = [*range(FIRST, reloads, FIRST), reloads]
        for mark in marks:
            console.print(f"after {mark:3} reloads {sizes[mark - 1]:7.1f} MiB")
        console.print(f"{growth:.3f} times the memory after {FIRST} (bar {AT_MOST})")
    return int(growth > AT_MOST)


def main() -> int:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving_load")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--reloads", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    console = Console(stderr=args.json, highlight=False)
    console.print(f"{summary()}; load {load():.1f}")
    with tempfile.TemporaryDirectory() as name:
        if args.reloads:
            return report_reloads(console, Path(name), args.reloads, as_json=args.json)
        return report_load(console, Path(name), args.seconds, as_json=args.json)


if __name__ == "__main__":
    raise SystemExit(main())
