"""Runs the benchmarks: ``python -m benchmarks [NAME...]`` measures, prints and writes."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import ModuleType
from typing import NoReturn

from rich.console import Console

from benchmarks.figures import Bench, Report, Row
from benchmarks.machine import load, machine
from benchmarks.peers.environment import PEERS
from benchmarks.processes import ROOT
from benchmarks.report import between_marks, cells, markdown, show
from store.cycles import be_patient

NAMES = (
    "durable_commands", "intake", "helpdesk", "imports", "rebuild", "question", "incidents",
    "clocks", "deadlines", "growth",
)  # fmt: skip
FOLDER = Path("build") / "benchmarks"
DATA = ROOT.parent / "shared" / "data"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, print it, write it; 0 whether or not the targets were reached."""
    be_patient()  # as the command line is; both sides gain by it
    parser = _parser()
    asked = parser.parse_args(arguments)
    names = tuple(dict.fromkeys(asked.names or NAMES))
    if unknown := set(names) - set(NAMES):
        parser.error(f"there is no {', '.join(sorted(unknown))}: name some of {', '.join(NAMES)}")
    modules = {name: import_module(f"benchmarks.{name}") for name in names}
    asked.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=asked.folder, ignore_cleanup_errors=True) as folder:
        bench = Bench(
            folder=Path(folder).resolve(), quick=asked.quick, peers=asked.peers.resolve(),
            data=asked.data.resolve(), say=_say,
        )  # fmt: skip
        report = _measure(modules, bench)
    show(report, Console(width=None if sys.stdout.isatty() else 160))
    if asked.json:
        asked.json.write_text(json.dumps(report.document(), indent=2) + "\n", encoding="utf-8")
    if asked.markdown:
        before = asked.markdown.read_text(encoding="utf-8") if asked.markdown.exists() else ""
        asked.markdown.write_text(between_marks(before, markdown(report)), encoding="utf-8")
    return 0


def _measure(modules: Mapping[str, ModuleType], bench: Bench) -> Report:
    began, start = datetime.now(UTC), perf_counter()
    found = machine(bench.folder)
    rows: dict[str, list[Row]] = {}
    for name, module in modules.items():
        folder = bench.folder / name
        folder.mkdir()
        rows[name] = module.measure(replace(bench, folder=folder))
        for row in rows[name]:  # what follows may fail
            bench.say(f"  {' | '.join(filter(None, cells(row)))}")
    named = () if tuple(modules) == NAMES else tuple(modules)
    words = ["python", "-m", "benchmarks", *named, *(["--quick"] if bench.quick else [])]
    return Report(
        command=shlex.join(words),
        quick=bench.quick,
        whole=tuple(modules) == NAMES,
        began=began.strftime("%Y-%m-%d %H:%M UTC"),
        seconds=perf_counter() - start,
        machine={**found, "load_after": load()},
        titles={name: str(module.TITLE) for name, module in modules.items()},
        rows=rows,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: does it run, not how fast"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="put the table between the marks of a page"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        help="where the stores are made, on the disk to be measured",
    )
    parser.add_argument(
        "--peers",
        type=Path,
        default=PEERS,
        metavar="FOLDER",
        help="where python -m benchmarks.peers built the peers' environments",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=DATA,
        metavar="FOLDER",
        help="where the real data is, ../shared/data",
    )
    return parser


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _end(number: int, _frame: object) -> NoReturn:
    """Leave by an exception, so that servers and stores are taken away."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
