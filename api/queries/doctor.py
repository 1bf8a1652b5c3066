"""What the doctor looks at: the log, what is around it, and the tables made from it.

It opens everything for reading only, so it needs no right to write and changes nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from api.queries.cases import Answer
from api.queries.health import QUIET
from commands import ROUTES
from commands.routes import Routes
from domain.kernel.refusals import Phrase
from domain.kinds.directory import Directory
from domain.working_time import WorkingCalendar
from projections.clock_runs import first_due
from projections.row_sets import CaseProjector, row_sets
from scheduler.timers import Timers
from store.checks import Progress, check_whole
from store.codec import Codec
from store.errors import LogDamaged, NoStore, StoreFault, StoreReadOnly
from store.follower import FollowerState
from store.log import FORMAT, Log
from store.open import MEMORY, POSTGRES, open_log, open_views
from store.register_reader import DirectoryReader

LEAST_ROOM: Final = 512 << 20


class Finding(NamedTuple):
    """One thing the doctor looked at. ``sentence`` has its Chinese in ``sentence.zh``.

    What is fine may still be worth heeding, such as a calendar that ends with the year.
    """

    subject: str
    fine: bool
    sentence: Phrase
    heed: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """A store opened for reading only; ``tables`` are those made from the log, or why not."""

    store: str
    log: Log
    directory: Directory
    tables: CaseProjector | StoreFault


@contextmanager
def inspected(store: str, routes: Routes = ROUTES) -> Iterator[Inspected]:
    """Open a store to look at it.

    Raises:
        StoreFault: its log cannot be read.
    """
    codec = Codec(routes.kinds)
    with closing(open_log(store, create=False, write=False, topics=codec.topics)) as log:
        codec.where = log.where
        registers = DirectoryReader(log, codec)
        directory = registers.newest()
        try:
            views = open_views(store, write=False)
        except StoreFault as fault:
            yield Inspected(store, log, directory, fault)
            return
        with closing(views):
            try:
                tables: CaseProjector | StoreFault = row_sets(
                    log, views, codec, registers=registers
                )
            except StoreFault as fault:
                tables = fault
            yield Inspected(store, log, directory, tables)


def examine(looked: Inspected, now: datetime | None = None) -> list[Finding]:
    """Everything the doctor looks at, in the order of looking."""
    now = now or datetime.now(UTC)
    on_file = looked.store != MEMORY and not looked.store.startswith(POSTGRES)
    rules = looked.directory.rules
    return [
        _reachable(looked.log),
        *(Finding(*remark) for remark in looked.log.remarks()),
        *((_room(looked.store),) if on_file else ()),
        _rules(looked.directory),
        *(_years(calendar, now) for calendar in rules.calendars()),
        *_tables(looked, now),
    ]


def examine_whole(log: Log, progress: Progress | None = None) -> Finding:
    """Read the whole log and check every hash, receipt and index."""
    try:
        facts, receipts, chain = check_whole(log, progress)
    except LogDamaged as fault:
        return _wrong("hashes", fault.sentence, fault.sentence_zh)
    return _fine(
        "hashes",
        f"All {facts} facts and {receipts} receipts match their hashes;"
        f" the chain ends in {chain.hex() or 'nothing'}.",
        f"全部 {facts} 条事实和 {receipts} 条回执与哈希一致，链尾为 {chain.hex() or '空'}。",
    )


def _fine(subject: str, english: str, chinese: str) -> Finding:
    return Finding(subject, fine=True, sentence=Phrase(english, chinese))


def _wrong(subject: str, english: str, chinese: str) -> Finding:
    return Finding(subject, fine=False, sentence=Phrase(english, chinese))


def _reachable(log: Log) -> Finding:
    head, where = log.head(), log.where
    if log.fault is not None:
        return _wrong("store", log.fault.sentence, log.fault.sentence_zh)
    return _fine(
        "store",
        f"The store {where} answers, format {FORMAT}, {head} facts.",
        f"存储 {where} 可用，格式 {FORMAT}，共 {head} 条事实。",
    )


def _room(store: str) -> Finding:
    folder = Path(store).expanduser().absolute().parent
    free = shutil.disk_usage(folder).free
    megabytes = free >> 20
    if free >= LEAST_ROOM:
        return _fine("disk", f"There are {megabytes} MB free.", f"磁盘剩余 {megabytes} MB。")
    return _wrong(
        "disk",
        f"Only {megabytes} MB are free: make room before the disk is full.",
        f"磁盘仅剩 {megabytes} MB，请尽快腾出空间。",
    )


def _rules(directory: Directory) -> Finding:
    rules = directory.rules
    book = rules.rulebook(rules.version)
    n = len(book.clocks)
    if not n:
        return _wrong(
            "rulebook",
            "No rulebook with clocks is in force: publish one with `guanjia publish FILE`.",
            "没有生效的规则手册，请运行 guanjia publish FILE 发布。",
        )
    return _fine(
        "rulebook",
        f"The rulebook {book.name} is in force: {n} clocks, rules version {rules.version}.",
        f"规则手册 {book.name} 已生效，含 {n} 个时钟，规则版本 {rules.version}。",
    )


def _years(calendar: WorkingCalendar, now: datetime) -> Finding:
    """Whether a calendar speaks for this year; that it does not for the next is worth heeding."""
    name, years = calendar.name, calendar.years
    missing = [] if years is None else [y for y in (now.year, now.year + 1) if y not in years]
    if not missing:
        return _fine(
            "calendar",
            f"The calendar {name} speaks for this year and the next.",
            f"日历 {name} 已包含今年和明年。",
        )
    said = ", ".join(map(str, missing))
    sentence = Phrase(
        f"The calendar {name} says nothing of {said}: publish it once the notice is out,"
        " deadlines there are provisional.",
        f"日历 {name} 缺少 {said} 年，请在通知发布后更新，届时之前的时限为暂定。",
    )
    return Finding("calendar", fine=now.year not in missing, sentence=sentence, heed=True)


def _tables(looked: Inspected, now: datetime) -> Iterator[Finding]:
    """How the tables stand; whatever is wrong with them, the next question builds them again."""
    if isinstance(looked.tables, StoreFault):
        yield _unseen(looked.tables)
        return
    try:
        findings = [
            _lag(looked.log, looked.tables),
            _scheduler(looked.tables, now),
            *_followers(looked.tables, now),
        ]
    except StoreFault as fault:
        findings = [_unseen(fault)]
    yield from findings


def _unseen(fault: StoreFault) -> Finding:
    if isinstance(fault, NoStore | StoreReadOnly):
        sentence = Phrase(
            "There are no row sets to look at: the next question builds them.",
            "尚无行集，下次查询时会生成。",
        )
        return Finding("views", fine=True, sentence=sentence, heed=True)
    problem = fault.details.get("problem", fault.code)
    sentence = Phrase(
        f"The row sets cannot be looked at ({problem}): the next question builds them again.",
        f"无法查看行集（{getattr(problem, 'zh', problem)}），下次查询时会重新生成。",
    )
    return Finding("views", fine=True, sentence=sentence, heed=True)


def _lag(log: Log, tables: CaseProjector) -> Finding:
    if tables.diverged():
        sentence = Phrase(
            "The row sets saw another log than this one: the next question builds them again.",
            "行集所依据的不是当前日志，下次查询时会重新生成。",
        )
        return Finding("views", fine=True, sentence=sentence, heed=True)
    lag = max(log.head() - tables.position(), 0)
    return _fine(
        "views",
        f"The row sets are {lag} facts behind the log; queries catch up first.",
        f"行集落后日志 {lag} 条事实，查询时会自动补齐。",
    )


def _scheduler(tables: CaseProjector, now: datetime) -> Finding:
    state = tables.signs.noted(now).get(Timers.name)
    if state is None and first_due(tables.db) is None:
        return _fine(
            "scheduler",
            "No scheduler has looked at this store, and no promise waits for one.",
            "调度器尚未运行，目前也没有等待的承诺。",
        )
    if state is None:
        return _wrong(
            "scheduler",
            "No scheduler has ever looked at this store: run `guanjia serve`.",
            "调度器从未运行，请运行 guanjia serve。",
        )
    age = round(state.last_tick_age)
    if age <= QUIET:
        return _fine(
            "scheduler", f"The scheduler looked {age} s ago.", f"调度器 {age} 秒前运行过。"
        )
    return _wrong(
        "scheduler",
        f"The scheduler was last seen {age} s ago: run `guanjia serve`.",
        f"调度器上次运行在 {age} 秒前，请运行 guanjia serve。",
    )


def _followers(tables: CaseProjector, now: datetime) -> list[Finding]:
    """Those that are set besides row sets and timers, as long as somebody runs them."""
    usual = {tables.name, Timers.name}
    noted = [state for name, state in tables.signs.noted(now).items() if name not in usual]
    return [_follower(state) for state in noted]


def _follower(state: FollowerState) -> Finding:
    name, age = state.name, round(state.last_tick_age)
    if state.fault is not None:
        return _wrong(name, f"{name} stands still: {state.fault}", f"{name} 已停止：{state.fault}")
    if age > QUIET:
        sentence = Phrase(f"{name} was last seen {age} s ago.", f"{name} 上次运行在 {age} 秒前。")
        return Finding(name, fine=True, sentence=sentence, heed=True)
    return _fine(
        name,
        f"{name} is {state.lag} facts behind the log.",
        f"{name} 落后日志 {state.lag} 条事实。",
    )


def as_data(findings: list[Finding]) -> list[Answer]:
    """Findings as plain data."""
    return [
        {"subject": f.subject, "ok": f.fine, "detail": str(f.sentence), "detail_zh": f.sentence.zh}
        for f in findings
    ]
