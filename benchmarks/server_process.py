"""`featurekit serve` in a process of its own, and the memory that it holds."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen


@dataclass(frozen=True)
class ServerProcess:
    """A running server.

    Args:
        pid: Its process.
        http: Host and port of HTTP.
        grpc: Host and port of gRPC.
    """

    pid: int
    http: str
    grpc: str

    def rss_mib(self) -> float:
        """Its resident memory."""
        fields = Path(f"/proc/{self.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def ready(self) -> dict[str, Any]:
        """What the server says of its versions."""
        try:
            with urlopen(f"http://{self.http}/health/ready", timeout=30) as answer:
                found = json.load(answer)
        except HTTPError as error:
            found = json.load(error)
        return dict(found)

    def wait_for(self, version: int, seconds: float = 120.0) -> None:
        """Returns when the version answers."""
        end = time.monotonic() + seconds
        while self.ready()["version"] != str(version):
            if time.monotonic() > end:
                raise SystemExit(f"version {version} does not appear: {self.ready()}")
            time.sleep(0.05)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[ServerProcess]:
    """The server of a folder of versions, under the name "m"."""
    command = [sys.executable, "-m", "featurekit.cli.main", "serve", str(folder)]
    command += ["--name", "m", "--port", "0", "--grpc-port", "0", "--json", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            facts = _announced(process)
            http = facts["rest"].removeprefix("http://").partition("/")[0]
            yield ServerProcess(process.pid, http, facts["grpc"])
        finally:
            process.terminate()
            process.wait(60)


def _announced(process: "subprocess.Popen[str]") -> dict[str, str]:
    """What the server prints when it listens: one JSON object, on several lines."""
    text = ""
    for line in process.stdout or ():
        text += line
        with suppress(ValueError):
            return dict(json.loads(text))
    raise SystemExit("the server does not start")
