"""For "is all well?": the log, the views, the scheduler, and what the doctor looks at besides."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from api.engine import Engine
from api.queries.cases import Answer
from domain.kernel.refusals import Phrase
from domain.working_time import WorkingCalendar
from projections.clock_runs import first_due
from projections.instants import instant
from store import sqlite_engine
from store.log import FORMAT
from store.open import MEMORY, POSTGRES

QUIET: Final = 15.0
"""Seconds without a look at what is due after which the scheduler is called silent."""
LEAST_ROOM: Final = 512 << 20


class Finding(NamedTuple):
    """One thing the doctor looked at. ``sentence`` has its Chinese in ``sentence.zh``.

    What is fine may still be worth heeding, such as a calendar that ends with the year.
    """

    subject: str
    fine: bool
    sentence: Phrase
    heed: bool = False


def rulebook(engine: Engine) -> Answer:
    """The rulebook in force, as published."""
    rules = engine.directory().rules
    book = rules.rulebook(rules.version)
    clocks = [
        {
            "clock": rule.name,
            "title": rule.title,
            "case": sorted(rule.kinds),
            "obligations": rule.obligations,
            "ladder": [{"rung": r.number, "at": str(r.at), "to": r.to} for r in rule.ladder],
        }
        for rule in book.clocks.values()
    ]
    return {
        "version": rules.version,
        "rulebook": book.name,
        "title": book.title,
        "clocks": clocks,
        "kpis": [
            {"kpi": k.name, "title": k.title, "of": k.rows, "measure": str(k.measure)}
            for k in book.kpis.values()
        ],
        "roles": [{"role": r.name, "title": r.title} for r in book.roles.values()],
    }


def calendars(engine: Engine) -> list[Answer]:
    """The newest publication of every calendar."""
    return [
        {
            "calendar": calendar.name,
            "version": calendar.version,
            "years": None if calendar.years is None else sorted(calendar.years),
        }
        for calendar in engine.directory().rules.calendars()
    ]


def examine(engine: Engine, now: datetime | None = None) -> list[Finding]:
    """Everything the doctor looks at, in the order of looking."""
    now = now or datetime.now(UTC)
    on_file = engine.store != MEMORY and not engine.store.startswith(POSTGRES)
    return [
        _reachable(engine),
        *((_sqlite(), _room(engine)) if on_file else ()),
        _rules(engine),
        *(_years(calendar, now) for calendar in engine.directory().rules.calendars()),
        _lag(engine),
        _scheduler(engine, now),
    ]


def _fine(subject: str, english: str, chinese: str) -> Finding:
    return Finding(subject, fine=True, sentence=Phrase(english, chinese))


def _wrong(subject: str, english: str, chinese: str) -> Finding:
    return Finding(subject, fine=False, sentence=Phrase(english, chinese))


def _reachable(engine: Engine) -> Finding:
    head, where = engine.log.head(), engine.log.where
    return _fine(
        "store",
        f"The store {where} answers, format {FORMAT}, {head} facts.",
        f"存储 {where} 可用，格式 {FORMAT}，共 {head} 条事实。",
    )


def _sqlite() -> Finding:
    version, least = sqlite_engine.version(), ".".join(map(str, sqlite_engine.FIXED))
    if sqlite_engine.judged():
        return _fine(
            "sqlite",
            f"SQLite {version} is free of the known write-ahead log corruption.",
            f"SQLite {version} 没有已知的预写日志损坏问题。",
        )
    return _wrong(
        "sqlite",
        f"SQLite {version} can damage a database that two connections write: use {least} or newer.",
        f"SQLite {version} 在两个连接同时写入时可能损坏数据库，请使用 {least} 或更新版本。",
    )


def _room(engine: Engine) -> Finding:
    folder = Path(engine.store).expanduser().absolute().parent
    free = shutil.disk_usage(folder).free
    megabytes = free >> 20
    if free >= LEAST_ROOM:
        return _fine("disk", f"There are {megabytes} MB free.", f"磁盘剩余 {megabytes} MB。")
    return _wrong(
        "disk",
        f"Only {megabytes} MB are free: make room before the disk is full.",
        f"磁盘仅剩 {megabytes} MB，请尽快腾出空间。",
    )


def _rules(engine: Engine) -> Finding:
    rules = engine.directory().rules
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


def _lag(engine: Engine) -> Finding:
    if engine.projector.astray():
        sentence = Phrase(
            "The views saw another log than this one: the next question builds them again.",
            "视图所依据的不是当前日志，下次查询时会重新生成。",
        )
        return Finding("views", fine=True, sentence=sentence, heed=True)
    lag = engine.lag
    return _fine(
        "views",
        f"The views are {lag} facts behind the log; queries catch up first.",
        f"视图落后日志 {lag} 条事实，查询时会自动补齐。",
    )


def scheduler_looks(engine: Engine) -> bool:
    """Whether a scheduler was at work on the store a moment ago, in whichever process."""
    at = engine.projector.pulses().get("deadlines")
    return at is not None and abs((engine.clock() - instant(at)).total_seconds()) <= QUIET


def _scheduler(engine: Engine, now: datetime) -> Finding:
    at = engine.projector.pulses().get("deadlines")
    if at is None and first_due(engine.projector.db) is None:
        return _fine(
            "scheduler",
            "No scheduler has looked at this store, and no promise waits for one.",
            "调度器尚未运行，目前也没有等待的承诺。",
        )
    if at is None:
        return _wrong(
            "scheduler",
            "No scheduler has ever looked at this store: run `guanjia serve`.",
            "调度器从未运行，请运行 guanjia serve。",
        )
    age = round((now - instant(at)).total_seconds())
    if age <= QUIET:
        return _fine(
            "scheduler", f"The scheduler looked {age} s ago.", f"调度器 {age} 秒前运行过。"
        )
    return _wrong(
        "scheduler",
        f"The scheduler was last seen {age} s ago: run `guanjia serve`.",
        f"调度器上次运行在 {age} 秒前，请运行 guanjia serve。",
    )


def as_data(findings: list[Finding]) -> list[Answer]:
    """Findings as plain data."""
    return [
        {"subject": f.subject, "ok": f.fine, "detail": str(f.sentence), "detail_zh": f.sentence.zh}
        for f in findings
    ]
