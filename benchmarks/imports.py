"""Measures how fast a file becomes history: importing a CSV beside one save per command."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

from api.imports.backfill import backfill
from api.imports.mapping import Mapping, load_mapping
from benchmarks.figures import Bench, Row, Spread, faster, seconds_of
from benchmarks.library import Saving, application, save_loop, savings
from benchmarks.neighbourhood import BEGIN
from benchmarks.targets import TARGETS
from commands.handler import CommandHandler
from domain.kernel.facts import Recorded
from domain.promises.facts import DeadlineLapsed
from store.log import Log
from store.open import open_log

TITLE = "import of a CSV: reports and closings, with what lapsed in between"
ROUNDS = 5
ROWS = 20_000
FEW = 200
SAVES = 4000
"""How many commands the library gets in a round; its rate does not depend on it."""

END = BEGIN + timedelta(days=99)
COLUMNS = ("number", "household", "kind", "building", "text", "opened", "closed")
RULEBOOK = {
    "rulebook": "benchmark_import",
    "roles": {"supervisor": {"title": "Supervisor", "holders": [{"staff": "staff-supervisor"}]}},
    "clocks": {
        "repair.done": {
            "case": "repair",
            "starts": "reported",
            "stops": "closed",
            "within": [{"elapsed": "24h", "where": {"category": "lift"}}, "72h"],
            "ladder": [{"at": "100%", "to": "supervisor"}],
        }
    },
}
MAPPING = {
    "mapping": "benchmark",
    "times": {"zone": "Asia/Shanghai", "formats": "iso"},
    "site": {"id": "garden", "name": "Garden"},
    "rulebook": "rulebook.yaml",
    "case": "repair-{number}",
    "steps": [
        {
            "do": "report_repair",
            "at": "opened",
            "with": {
                "household": "household-{household}",
                "category": {"column": "kind"},
                "building": {"column": "building"},
                "description": {"column": "text"},
                "external_id": "{number}",
            },
        },
        {
            "do": "close_case",
            "at": "closed",
            "when": {"closed": {"present": True}},
            "with": {"reason": "done"},
        },
    ],
}


def measure(bench: Bench) -> list[Row]:
    """Live the file on a fresh store and save the same facts with the library, in turn."""
    rounds, rows = (1, FEW) if bench.quick else (ROUNDS, ROWS)
    mapping, file = prepare(bench.folder, rows)
    app = application(bench.folder / "imports-library.db")
    ours, theirs, lapsed = [], [], 0.0
    for number in range(rounds):
        bench.say(f"imports: round {number + 1} of {rounds}")
        log = open_log(str(bench.folder / f"imports-{number}.db"))
        handler = CommandHandler(log)
        seconds = seconds_of(partial(backfill, mapping, file, handler, until=END))
        facts = list(_of_cases(log, handler))
        ours.append(log.head() / seconds)
        lapsed = sum(isinstance(f.fact, DeadlineLapsed) for f in facts) / len(facts)
        commands = _fresh(savings(facts), number, SAVES)
        stored = sum(len(saving.happenings) for saving in commands)
        theirs.append(stored / seconds_of(partial(save_loop, app, commands)))
        log.close()
    app.close()
    return [
        faster(
            f"facts of {rows:,} rows", Spread("facts/s", tuple(ours)),
            "eventsourcing, one Application.save per command",
            Spread("facts/s", tuple(theirs)), target=TARGETS["imports"],
        ),
        Row(what="share of facts that are lapses", ours=Spread("%", (lapsed * 100,))),
    ]  # fmt: skip


def prepare(folder: Path, rows: int) -> tuple[Mapping, Path]:
    """Write mapping, rulebook and rows as a user would."""
    for name, document in (("mapping", MAPPING), ("rulebook", RULEBOOK)):
        (folder / f"{name}.yaml").write_text(json.dumps(document), encoding="utf-8")
    file = folder / "rows.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(rows))
    return load_mapping(folder / "mapping.yaml"), file


def _rows(count: int) -> Iterator[tuple[str, ...]]:
    chance = Random(7)
    for number in range(count):
        opened = BEGIN + timedelta(seconds=number * 90)
        closed = opened + timedelta(hours=chance.expovariate(1 / 30))
        yield (
            f"{number:07d}", str(number % 5000), chance.choice(("lift", "door", "light", "pipe")),
            f"b{number % 20}", "The light in the staircase flickers.",
            opened.isoformat(), closed.isoformat() if number % 50 else "",
        )  # fmt: skip


def _of_cases(log: Log, handler: CommandHandler) -> Iterator[Recorded]:
    for page in log.follow(0):
        for row in page:
            if row.stream.startswith("repair"):
                yield handler.codec.decode(row)


def _fresh(commands: Iterator[Saving], number: int, most: int) -> list[Saving]:
    """The first commands of a history, for aggregates that no earlier round has made."""
    found = []
    for saving in commands:
        case = saving.case.__class__(int=saving.case.int ^ (number + 1))
        found.append(saving._replace(case=case))
        if len(found) == most:
            break
    return found
