r"""Many clients of a served model at once, in a process without TensorFlow.

    python -m benchmarks.serving_clients 127.0.0.1:8501 --model m --clients 200 \
        --row '{"x": 1.0}' --id-column x

Each client keeps one connection and sends one request after another. With an id column
every request holds a number of its own, and its answer has to be that number times the
version that the answer names: an answer of another request, or of two versions, shows.
With --fixed every request has the same body, which comes on stdin: clients cost the
machine least then. SIGTERM ends the clients early. Prints one JSON object.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from time import monotonic, perf_counter
from typing import Any

PREDICT = "/tensorflow.serving.PredictionService/Predict"


@dataclass
class Found:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def as_dict(self, elapsed: float) -> dict[str, Any]:
        """For the program that started this one."""
        ordered = sorted(self.seconds)

        def quantile(share: float) -> float | None:
            if not ordered:
                return None
            return round(1000 * ordered[int(share * (len(ordered) - 1))], 3)

        return {
            "answers": len(ordered),
            "failed": len(self.failures),
            "failures": self.failures[:5],
            "wrong": len(self.wrong),
            "wrong_answers": self.wrong[:5],
            "versions": dict(sorted(self.versions.items())),
            "p50_ms": quantile(0.5),
            "p99_ms": quantile(0.99),
            "max_ms": quantile(1.0),
            "per_second": round(len(ordered) / elapsed, 1),
        }


@dataclass(frozen=True)
class Load:
    """What the clients send."""

    host: str
    port: int
    model: str
    row: dict[str, Any]
    id_column: str | None
    seconds: float
    body: bytes | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    ids: "count[int]" = field(default_factory=lambda: count(1))


async def rest_client(load: Load, found: Found) -> None:
    """Sends requests by HTTP on one connection until the time is over."""
    end = monotonic() + load.seconds
    reader, writer = await asyncio.open_connection(load.host, load.port)
    try:
        while monotonic() < end and not load.stop.is_set():
            number = next(load.ids) % 2**20
            started = perf_counter()
            try:
                writer.write(http_request(load, number))
                status, version, body = await read_answer(reader)
            except (OSError, asyncio.IncompleteReadError) as error:
                found.failures.append(repr(error))
                return
            found.seconds.append(perf_counter() - started)
            _check(found, load, number, status, version, body)
    finally:
        writer.close()


def http_request(load: Load, number: int) -> bytes:
    """The request with this number as HTTP/1.1 has it."""
    body = load.body
    if body is None:
        row = dict(load.row)
        if load.id_column is not None:
            row[load.id_column] = float(number)
        body = json.dumps({"instances": [row]}).encode()
    head = (
        f"POST /v1/models/{load.model}:predict HTTP/1.1\r\nhost: {load.host}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, str, bytes]:
    """Status, version and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split()[1]), headers.get("x-model-version", ""), body


def _check(
    found: Found, load: Load, number: int, status: int, version: str, body: bytes
) -> None:
    found.versions[version] += 1
    if status != 200:
        found.failures.append(f"{status} {body[:200]!r}")
    elif load.id_column is not None:
        (answer,) = json.loads(body)["predictions"]
        if answer != [number * float(version)]:
            found.wrong.append(f"{number} by version {version}: {answer}")


async def grpc_client(load: Load, found: Found, channel: Any, request: bytes) -> None:
    """Sends one request by gRPC again and again, until the time is over."""
    import grpc

    call = channel.unary_unary(PREDICT)
    end = monotonic() + load.seconds
    while monotonic() < end and not load.stop.is_set():
        started = perf_counter()
        try:
            await call(request)
        except grpc.RpcError as error:
            found.failures.append(repr(error)[:200])
            return
        found.seconds.append(perf_counter() - started)


async def _run_rest(load: Load, clients: int, found: Found) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, load.stop.set)
    await asyncio.gather(*(rest_client(load, found) for _ in range(clients)))


async def _run_grpc(load: Load, clients: int, found: Found, request: bytes) -> None:
    import grpc

    # One connection for each client, as they would be on machines of their own.
    options = [("grpc.use_local_subchannel_pool", 1)]
    address = f"{load.host}:{load.port}"
    channels = [grpc.aio.insecure_channel(address, options) for _ in range(clients)]
    calls = (grpc_client(load, found, channel, request) for channel in channels)
    await asyncio.gather(*calls)
    for channel in channels:
        await channel.close()


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--model", default="m")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--row", type=json.loads, default={})
    parser.add_argument("--id-column")
    parser.add_argument(
        "--fixed", action="store_true", help="the body of requests comes on stdin"
    )
    parser.add_argument(
        "--grpc", action="store_true", help="the serialized request comes on stdin"
    )
    args = parser.parse_args()
    host, _, port = args.address.rpartition(":")
    body = sys.stdin.buffer.read() if args.fixed else None
    load = Load(
        host, int(port), args.model, args.row, args.id_column, args.seconds, body
    )
    found, started = Found(), monotonic()
    if args.grpc:
        request = sys.stdin.buffer.read()
        asyncio.run(_run_grpc(load, args.clients, found, request))
    else:
        asyncio.run(_run_rest(load, args.clients, found))
    print(json.dumps(found.as_dict(monotonic() - started)))


if __name__ == "__main__":
    main()
