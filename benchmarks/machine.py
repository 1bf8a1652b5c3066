"""Says where a number was measured: processor, memory, versions, the cost of a sync."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

from store import sqlite_engine

SYNCS = 200
BLOCK = 4096


def machine(folder: Path) -> dict[str, str | float]:
    """The machine and its software; the disk is the one that holds the folder."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 0,
        "memory_gib": _memory(),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite_engine.version(),
        "sqlite of the standard library": sqlite3.sqlite_version,
        "eventsourcing": version("eventsourcing"),
        "apscheduler": version("apscheduler"),
        "fsync_of_4_kb_ms": round(sync_latency(folder) * 1000, 3),
        "load_before": load(),
    }


def sync_latency(folder: Path) -> float:
    """The median of the seconds it takes to append 4 KB to a file and sync it."""
    path = folder / "sync"
    block = os.urandom(BLOCK)
    seconds = []
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            begun = perf_counter()
            file.write(block)
            os.fsync(file.fileno())
            seconds.append(perf_counter() - begun)
    path.unlink()
    return median(seconds)


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def _memory() -> float:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0.0
    return round(size / 2**30, 1)


def load() -> float:
    """How many processes wanted to run: well above 0, others were at work as well."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return -1.0
