"""Damage to a log: to the bytes of its file, and by statements of one who knows the tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import apsw

from store.checks import check_whole
from store.errors import StoreFault
from store.log import Log, Receipt
from store.open import open_log
from store.rows import Row, Stored, chain_of, digest_of
from tests.support.logs import Place

PAGE = 4096
FACTS = 400
STREAMS = 60

Harm = Callable[[Path, Random], None]


@dataclass(frozen=True)
class Truth:
    """What a log held before it was damaged."""

    rows: list[Row]
    receipts: dict[tuple[str, str], Receipt]
    streams: list[str]


def fill(log: Log, chance: Random, facts: int = FACTS) -> None:
    """Append facts of many cases, a few per command, some commands without any."""
    lengths = dict.fromkeys((f"case-{i:03}" for i in range(STREAMS)), 0)
    head = log.head()
    for row in log.rows(0, head or 1):
        lengths[row.stream] = row.version
    while head < facts:
        with log.transaction() as transaction:
            rows: list[Row] = []
            stream = chance.choice(list(lengths))
            for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
                lengths[stream] += 1
                head += 1
                rows.append(_row(head, stream, lengths[stream], chance))
            name = f"command-{chance.randrange(10**12):012}"
            asked = Receipt(
                "staff-li", name, chance.randbytes(16), stream, lengths[stream], head, len(rows)
            )
            transaction.append(rows, [asked])


def _row(position: int, stream: str, version: int, chance: Random) -> Row:
    state = b'{"fact":{"text":"%s"},"actor":"staff-li"}' % chance.randbytes(120).hex().encode()
    topic = chance.choice(["RepairReported", "RepairAccepted", "RepairClosed"])
    return Row(position, stream, version, topic, 1_772_440_215_250_000 + position * 977, state)


def truth_of(log: Log) -> Truth:
    """Everything that can be read of a log."""
    rows = [row for page in log.follow(0) for row in page]
    receipts = {(r.scope, r.command): r for _, r in log.receipt_page(0, 10**6)}
    return Truth(rows, receipts, sorted({row.stream for row in rows}))


@dataclass
class Outcome:
    """What was noticed of a damage, and whether anything was read that was not there before."""

    by_opening: bool = False
    by_loading: bool = False
    by_reading_whole: bool = False
    differs: bool = False

    @property
    def found(self) -> bool:
        """Whether somebody noticed."""
        return self.by_opening or self.by_loading or self.by_reading_whole


def judge(address: str, truth: Truth) -> Outcome:
    """Open a log, load every case and receipt, read it whole."""
    outcome = Outcome()
    try:
        log = open_log(address, create=False)
    except StoreFault:
        outcome.by_opening = True
        return outcome
    with closing(log):
        outcome.by_opening = log.fault is not None
        for read, expected in _readings(log, truth):
            try:
                outcome.differs = outcome.differs or read() != expected
            except StoreFault:
                outcome.by_loading = True
        try:
            check_whole(log)
        except StoreFault:
            outcome.by_reading_whole = True
    return outcome


def _readings(log: Log, truth: Truth) -> Iterator[tuple[Callable[[], object], object]]:
    """Questions to a log, with the answers it gave before."""
    until = truth.rows[-1].position
    for stream in truth.streams:
        rows = [row for row in truth.rows if row.stream == stream]
        yield partial(log.stream, stream), rows
        yield partial(log.streams, [stream], until), rows
    yield partial(_pages, log), truth.rows
    yield partial(log.receipts, list(truth.receipts)), truth.receipts
    yield log.head, until
    yield partial(_each_stream, log, until), sorted(truth.rows, key=lambda row: row[1:3])


def _pages(log: Log) -> list[Row]:
    return [row for page in log.follow(0, 50) for row in page]


def _each_stream(log: Log, until: int) -> list[Stored]:
    return [row for _, rows in log.each_stream(until) for row in rows]


# Harm to the bytes


def flip_bits(path: Path, chance: Random) -> None:
    whole = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 1, 8])):
        whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    path.write_bytes(whole)


def zero_page(path: Path, chance: Random) -> None:
    _write(path, chance.randrange(1, path.stat().st_size // PAGE), bytes(PAGE))


def garble_page(path: Path, chance: Random) -> None:
    _write(path, chance.randrange(1, path.stat().st_size // PAGE), chance.randbytes(PAGE))


def garble_a_part(path: Path, chance: Random) -> None:
    """A sector that was written elsewhere."""
    at = chance.randrange(PAGE // 512, path.stat().st_size // 512)
    whole = bytearray(path.read_bytes())
    whole[at * 512 : at * 512 + 512] = chance.randbytes(512)
    path.write_bytes(whole)


def swap_pages(path: Path, chance: Random) -> None:
    one, other = chance.sample(range(1, path.stat().st_size // PAGE), 2)
    whole = path.read_bytes()
    _write(path, one, whole[other * PAGE : other * PAGE + PAGE])
    _write(path, other, whole[one * PAGE : one * PAGE + PAGE])


def cut_the_file(path: Path, chance: Random) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: -PAGE * chance.randrange(1, 6)])


def older_page(older: bytes) -> Harm:
    """A page as an earlier backup has it."""

    def replace(path: Path, chance: Random) -> None:
        whole = path.read_bytes()
        pages = [slice(at, at + PAGE) for at in range(PAGE, len(older), PAGE)]
        page = chance.choice([page for page in pages if whole[page] != older[page]])
        _write(path, page.start // PAGE, older[page])

    return replace


def _write(path: Path, page: int, content: bytes) -> None:
    whole = bytearray(path.read_bytes())
    whole[page * PAGE : page * PAGE + PAGE] = content
    path.write_bytes(whole)


# Harm by statements. Triggers are put back, so only what was done to the rows is left to be found.


def statements_for(kind: str, truth: Truth, chance: Random) -> Sequence[str]:
    """What somebody would say who knows the tables and hides what he can."""
    row, other = chance.sample(truth.rows[:-1], 2)
    receipt = chance.choice(list(truth.receipts.values()))
    last = truth.rows[-1].position
    some = chance.randrange(1, 30)
    edited = row._replace(state=row.state.replace(b"staff-li", b"staff-no"))
    digest = digest_of(edited)
    both = f"UPDATE log SET state = {blob(edited.state)}, digest = {blob(digest)}"
    before = truth.rows[row.position - 2].chain if row.position > 1 else b""
    where = f"WHERE position = {row.position}"
    receipt_where = f"WHERE command = '{receipt.command}'"
    return {
        "edit a fact": [f"UPDATE log SET state = {blob(edited.state)} {where}"],
        "edit a fact and its digest": [
            f"{both} {where}",
        ],
        "edit a fact, its digest and its chain": [
            f"{both}, chain = {blob(chain_of(before, digest))} {where}",
        ],
        "edit a topic": [f"UPDATE log SET topic = 'RepairReopened' {where}"],
        "edit a time": [f"UPDATE log SET recorded_at = recorded_at - 1 {where}"],
        "edit a stream": [f"UPDATE log SET stream = 'case-999', version = 1 {where}"],
        "edit a chain": [f"UPDATE log SET chain = {blob(digest)} {where}"],
        "delete a fact": [f"DELETE FROM log {where}"],
        "delete a case": [f"DELETE FROM log WHERE stream = '{row.stream}'"],
        "cut the tail": [f"DELETE FROM log WHERE position > {last - some}"],
        "cut the tail of the receipts": [
            f"DELETE FROM receipts WHERE number > (SELECT max(number) FROM receipts) - {some + 5}"
        ],
        "close a gap": [
            f"DELETE FROM log {where}",
            f"UPDATE log SET position = -position WHERE position > {row.position}",
            "UPDATE log SET position = -position - 1 WHERE position < 0",
        ],
        "reorder": [
            f"UPDATE log SET position = -1 {where}",
            f"UPDATE log SET position = {row.position} WHERE position = {other.position}",
            f"UPDATE log SET position = {other.position} WHERE position = -1",
        ],
        "exchange contents": [
            f"UPDATE log SET state = {blob(other.state)} {where}",
            f"UPDATE log SET state = {blob(row.state)} WHERE position = {other.position}",
        ],
        "edit a receipt": [f"UPDATE receipts SET version = version + 1 {receipt_where}"],
        "edit a fingerprint": [
            f"UPDATE receipts SET fingerprint = {blob(bytes(16))} {receipt_where}"
        ],
        "give a receipt away": [f"UPDATE receipts SET scope = 'staff-no' {receipt_where}"],
        "delete a receipt": [f"DELETE FROM receipts {receipt_where}"],
        "replay older receipts": [
            f"DELETE FROM receipts WHERE position > {last - some * 5}",
        ],
        "forget a topic": [f"DELETE FROM topics WHERE topic = '{row.topic}'"],
    }[kind]


KINDS_OF_STATEMENTS = [
    "edit a fact", "edit a fact and its digest", "edit a fact, its digest and its chain",
    "edit a topic", "edit a time", "edit a stream", "edit a chain", "delete a fact",
    "delete a case", "cut the tail", "cut the tail of the receipts", "close a gap", "reorder",
    "exchange contents", "edit a receipt", "edit a fingerprint", "give a receipt away",
    "delete a receipt", "replay older receipts", "forget a topic",
]  # fmt: skip


def blob(content: bytes) -> str:
    """A blob, to be put into an engine's words."""
    return f"<{content.hex()}>"


def run(place: Place, statements: Sequence[str]) -> None:
    """Run statements without the triggers, and put those back as they were."""
    if place.engine == "sqlite":
        with closing(apsw.Connection(place.address)) as connection:
            found = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
            triggers = connection.execute(found).fetchall()
        off = [f"DROP TRIGGER {name}" for name, _ in triggers]
        said = [re.sub("<(.*?)>", r"x'\1'", statement) for statement in statements]
        place.raw(*off, *said, *(str(text) for _, text in triggers))
    else:
        tables = ("log", "topics", "receipts")
        off = [f"ALTER TABLE {table} DISABLE TRIGGER append_only" for table in tables]
        on = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only" for table in tables]
        said = [re.sub("<(.*?)>", r"decode('\1', 'hex')", statement) for statement in statements]
        place.raw(*off, *said, *on)
