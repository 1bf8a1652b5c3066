"""Figures over a real incident log as a whole process, beside pm4py and DuckDB from CSV."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from math import isclose
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import yaml

from benchmarks.figures import Bench, Row, Spread, sooner, unmeasured
from benchmarks.peers.environment import Peer, PeerMissing
from benchmarks.processes import ROOT, ProcessFailed, output, python
from benchmarks.targets import TARGETS, Target

TITLE = "figures over uci_incidents ten times over, rebuild and KPIs as whole processes"
ROUNDS, COPIES = 3, 10
FEW_ROUNDS, FEW_INCIDENTS = 1, 300
EXAMPLE: Final = ROOT / "examples" / "uci_incidents"
PEERS: Final = {"pm4py": TARGETS["figures"], "duckdb": None}
IMPORTING: Final = 3600.0
COMPUTING: Final = 600.0
HOUR: Final = 3600
GUESSED_BY: Final = "state log"
"""Who completed what has no resolved_at; the figures are about recorded resolutions alone."""

Figures = dict[str, Any]


def measure(bench: Bench) -> list[Row]:
    """Everybody computes the same figures from the same rows, in turn; they have to agree."""
    source = bench.data / "uci_incidents" / "incidents.csv.gz"
    if not source.exists():
        missing = "the real data uci_incidents is not beside this checkout"
        return [unmeasured("the same figures", missing, target=TARGETS["figures"])]
    file = bench.folder / "incidents.csv"
    rows = _multiply(source, file, quick=bench.quick)
    store = _prepare(bench, file, rows)
    what = f"figures over {_rebuild(store, bench.folder):,} facts of {rows:,} rows"
    found = _rounds(bench, store, file)
    found.compare()
    parts = [
        Row(what=f"of that, guanjia {name}", ours=Spread("s", tuple(seconds)))
        for name, seconds in found.parts.items()
    ]
    return [*(found.row(what, name, target) for name, target in PEERS.items()), *parts]


class Found:
    """What everybody computed, and the seconds of the whole processes; ours goes by "ours"."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.seconds: dict[str, list[float]] = {}
        self.figures: dict[str, Figures] = {}
        self.missing: dict[str, str] = {}
        self.parts: dict[str, list[float]] = {"rebuild": [], "kpi": []}

    def time(self, name: str, compute: Callable[[], Figures]) -> None:
        """Let somebody compute, unless it failed before."""
        if name in self.missing:
            return
        os.sync()
        begun = perf_counter()
        try:
            self.figures[name] = compute()
        except PeerMissing as missing:
            self.missing[name] = str(missing)
        else:
            self.seconds.setdefault(name, []).append(perf_counter() - begun)

    def compare(self) -> None:
        """Check that all agree: a time beside other figures would be worth nothing.

        Raises:
            ProcessFailed: somebody computed something else.
        """
        ours = self.figures["ours"]
        for name, theirs in self.figures.items():
            for figure, value in ours.items():
                if not isclose(value, theirs[figure], rel_tol=1e-9):
                    raise ProcessFailed(f"{figure} is {value} here, {theirs[figure]} with {name}")

    def row(self, what: str, name: str, target: Target | None) -> Row:
        """Ours beside a peer."""
        ours = Spread("s", tuple(self.seconds["ours"]))
        if name in self.missing:
            return unmeasured(what, self.missing[name], ours=ours, peer=name, target=target)
        theirs = Spread("s", tuple(self.seconds[name]))
        return sooner(what, ours, str(self.figures[name]["name"]), theirs, target=target)


def _rounds(bench: Bench, store: str, file: Path) -> Found:
    found = Found()
    rounds = FEW_ROUNDS if bench.quick else ROUNDS
    for number in range(rounds):
        bench.say(f"incidents: round {number + 1} of {rounds}")
        found.time("ours", partial(_ours, store, bench.folder, found.parts))
        for name in PEERS:
            peer = Peer(name=name, environments=bench.peers)
            found.time(name, partial(_theirs, peer, file, bench.folder))
    return found


def _ours(store: str, folder: Path, parts: dict[str, list[float]]) -> Figures:
    begun = perf_counter()
    _rebuild(store, folder)
    rebuilt = perf_counter()
    kpi = python("api.cli", "kpi", "first_time_fix", "--json", "--store", store)
    total = json.loads(output(kpi, folder=folder, timeout=COMPUTING))["total"]
    parts["rebuild"].append(rebuilt - begun)
    parts["kpi"].append(perf_counter() - rebuilt)
    median, p90 = (total["beside"][f"resolving.{name}"] for name in ("median", "p90"))
    return {
        "incidents": total["population"], "first_time": total["counted"],
        "resolved": median["population"], "median_hours": median["value"] / HOUR,
        "p90_hours": p90["value"] / HOUR,
    }  # fmt: skip


def _theirs(peer: Peer, file: Path, folder: Path) -> Figures:
    return peer.run("incidents.py", str(file), folder=folder, timeout=COMPUTING)


def _rebuild(store: str, folder: Path) -> int:
    """Build all row sets anew; how many facts that read."""
    command = python("api.cli", "rebuild", "--json", "--store", store)
    facts: int = json.loads(output(command, folder=folder, timeout=COMPUTING))["facts"]
    return facts


def _prepare(bench: Bench, file: Path, rows: int) -> str:
    """A store with the history of the rows; preparing it is not charged."""
    bench.say(f"incidents: importing {rows:,} rows")
    mapping = yaml.safe_load((EXAMPLE / "mapping.yaml").read_text("utf-8"))
    mapping["steps"] = [s for s in mapping["steps"] if s.get("with", {}).get("by") != GUESSED_BY]
    (bench.folder / "mapping.yaml").write_text(json.dumps(mapping), encoding="utf-8")
    shutil.copy(EXAMPLE / "rulebook.yaml", bench.folder)
    store = str(bench.folder / "incidents.db")
    command = python("api.cli", "import", "mapping.yaml", str(file), "--json", "--store", store)
    output(command, folder=bench.folder, timeout=IMPORTING)
    return store


def _multiply(source: Path, file: Path, *, quick: bool) -> int:
    """Write the log several times over, each copy with incidents of its own; how many rows."""
    count = 0
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        for copy in range(1 if quick else COPIES):
            rows = _rows(source, FEW_INCIDENTS if quick else None)
            head = next(rows)
            if copy == 0:
                writer.writerow(head)
            for number, *rest in rows:
                writer.writerow((f"{copy}{number}", *rest))
                count += 1
    return count


def _rows(source: Path, incidents: int | None) -> Iterator[list[str]]:
    """The header and the rows, of the first incidents or of all."""
    seen: set[str] = set()
    with gzip.open(source, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        yield next(rows)
        for row in rows:
            seen.add(row[0])
            if incidents is not None and len(seen) > incidents:
                return
            yield row
