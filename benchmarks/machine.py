"""The machine that measured, in words."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from benchmarks.floors import RESOURCES


def processor() -> str:
    """The model of the processor, as the system names it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_gib() -> float:
    """The memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def summary() -> str:
    """Processor, cores, memory, system."""
    return (
        f"{processor()}, {cores()} cores, {memory_gib():.0f} GiB, "
        f"{platform.system()} {platform.machine()}"
    )


def load() -> float:
    """Processes that wanted to run in the last minute; others' use of the machine."""
    return os.getloadavg()[0]


def bandwidth_text(bandwidths: Mapping[str, float]) -> str:
    """The bandwidths in GB/s."""
    parts = [
        f"{RESOURCES[name]} {bandwidths[name] / 1e9:.2f}"
        for name in RESOURCES
        if name in bandwidths
    ]
    return f"{', '.join(parts)} GB/s"
