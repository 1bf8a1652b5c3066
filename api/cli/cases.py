"""For the commands about cases: histories, promises, open work, and any command at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from api.cli.context import Context
from api.parsing import read_json, read_message, read_time
from api.queries import cases as case_answers, promises
from api.queries.cases import Answer
from api.wording import left, length, reason, status, word
from commands.envelope import CommandEnvelope
from commands.ids import new_id
from domain.kernel.refusals import CommandInvalid, Phrase
from domain.promises import Verdict

LATE: Final = timedelta(minutes=1)
_BOARD: Final = {
    "zh": (
        "工单", "类型", "类别", "楼栋", "状态", "最急的承诺", "到期", "剩余", "超时", "管家",
        "维修工",
    ),
    "en": (
        "case", "kind", "category", "building", "status", "promise", "due", "left", "broken",
        "steward", "technician",
    ),
}  # fmt: skip


def history(context: Context) -> int:
    """Every fact of a case."""
    as_of = read_time(context.asked.as_of, "--as-of") if context.asked.as_of else None
    with context.engine() as engine:
        answer = case_answers.history(engine, context.asked.case, as_of)
    if context.json:
        context.data(answer)
        return 0
    zh = ("#", "时间", "事实", "操作人", "记录时间", "内容")
    en = ("#", "when", "fact", "who", "recorded", "what")
    rows = [
        (
            fact["version"],
            context.time(fact["occurred_at"]),
            status(fact["word"], context.lang),
            fact["actor"],
            _recorded(fact, context),
            "  ".join(f"{key}={_said(value, context)}" for key, value in fact["changed"].items()),
        )
        for fact in answer["facts"]
    ]
    context.table(zh if context.lang == "zh" else en, rows, f"{answer['case']} · {answer['site']}")
    return 0


def _recorded(fact: Answer, context: Context) -> str:
    """When the log learned of a fact, where that was later; with a mark if it was entered late."""
    learned = fact["known_at"] or fact["recorded_at"]
    text = context.time(learned) if learned - fact["occurred_at"] > LATE else ""
    mark = word("late_entries", context.lang) if fact["entered_late"] else ""
    return " ".join(filter(None, (text, mark)))


def _late(fact: Answer, lang: str) -> str:
    """What follows a fact that was entered late."""
    if not fact["entered_late"]:
        return ""
    return f"{'，' if lang == 'zh' else ', '}{word('late_entries', lang)}"


def _marked(text: str, row: Answer, lang: str) -> str:
    """A cell with a mark where facts were entered late."""
    marked = row["late_entries"] and row.get("verdict") != Verdict.ENTERED_LATE
    mark = word("late_entries", lang) if marked else ""
    return " · ".join(filter(None, (text, mark)))


def _said(value: object, context: Context) -> str:
    if isinstance(value, datetime):
        return context.time(value)
    if isinstance(value, dict):
        return ",".join(f"{key}:{item}" for key, item in value.items())
    return word(value, context.lang) if isinstance(value, StrEnum) else str(value)


def clocks(context: Context) -> int:
    """Runs of clocks."""
    asked = context.asked
    verdict = ("running",) if asked.due else ("lapsed",) if asked.lapsed else ()
    with context.engine() as engine:
        rows = promises.runs(
            engine, case=asked.case, verdict=verdict, limit=asked.limit, offset=asked.offset
        )
        counts = promises.counted(engine)
    if context.json:
        context.data({"counts": counts, "clocks": rows})
        return 0
    now, lang = datetime.now(UTC), context.lang
    zh = ("工单", "时钟", "轮次", "目标", "到期", "剩余", "状态", "升级")
    en = ("case", "clock", "cycle", "target", "due", "left", "verdict", "rungs")
    title = "  ".join(f"{word(verdict, lang)} {n}" for verdict, n in counts.items())
    context.table(zh if lang == "zh" else en, [_clock(row, now, context) for row in rows], title)
    return 0


def _clock(row: Answer, now: datetime, context: Context) -> tuple[object, ...]:
    lang = context.lang
    ended = row["stopped"] is not None or row["due"] is None
    return (
        row["case"],
        row["clock"],
        row["cycle"],
        row["target"],
        context.time(row["due"]) + ("?" if row["provisional"] else ""),
        "" if ended else left(row["due"], now, lang),
        _marked(word(row["verdict"], lang), row, lang),
        row["rungs"] or "",
    )


def board(context: Context) -> int:
    """Open work, worst first."""
    asked = context.asked
    with context.engine() as engine:
        answer = case_answers.board(engine, site=asked.site, limit=asked.limit, offset=asked.offset)
    if context.json:
        context.data(answer)
        return 0
    now = datetime.now(UTC)
    rows = [_open_case(row, now, context) for row in answer["cases"]]
    title = context.say(
        f"待办 {answer['open']}，其中已超时 {answer['broken']}",
        f"{answer['open']} open, {answer['broken']} with a broken promise",
    )
    context.table(_BOARD[context.lang], rows, title)
    return 0


def _open_case(row: Answer, now: datetime, context: Context) -> tuple[object, ...]:
    lang = context.lang
    return (
        row["case"],
        word(row["kind"], lang),
        row["category_title"],
        row["building"],
        _marked(word(row["status"], lang), row, lang),
        row["clock"],
        context.time(row["due"]),
        left(row["due"], now, lang),
        row["lapsed"] or "",
        row["steward"],
        row["technician"] or row["team"],
    )


def explain(context: Context) -> int:
    """How a deadline came about: the counted stretches sum to the target."""
    with context.engine() as engine:
        answer = promises.explained(
            engine, context.asked.case, context.asked.clock, context.asked.cycle
        )
    if context.json:
        context.data(answer)
        return 0
    zh = ("从", "到", "计入", "原因", "说明", "累计")
    en = ("from", "to", "counted", "reason", "note", "so far")
    target = _amount(answer["target"], answer["unit"], context)
    name, due = answer["title"] or answer["clock"], _exact(answer["due"])
    within, verdict = answer["within"], word(answer["verdict"], context.lang)
    title = context.say(
        f"{name}：目标 {within} = {target}，到期 {due}，{verdict}",
        f"{name}: target {within} = {target}, due {due}, {verdict}",
    )
    context.table(zh if context.lang == "zh" else en, _stretches(answer, context), title)
    context.line(*_started(answer))
    context.line(*_used(answer, context))
    return 0


def _stretches(answer: Answer, context: Context) -> Iterator[tuple[object, ...]]:
    """The stretches of an explanation; what is beyond the due instant has a plus."""
    total: float = 0
    for part in answer["stretches"]:
        total += part["amount"]
        amount = _amount(part["amount"], answer["unit"], context)
        counted = f"+{amount}" if part["beyond"] else amount
        yield (
            _exact(part["start"]),
            _exact(part["end"]),
            counted if part["counted"] else "-",
            reason(part["reason"], context.lang),
            part["note"],
            _amount(total, answer["unit"], context),
        )


def _started(answer: Answer) -> tuple[str, str]:
    """Which fact started the clock, in two languages."""
    by = answer["started_by"]
    at = _exact(by["at"])
    return (
        f"由“{status(by['word'], 'zh')}”开始，{at}，{by['actor']}{_late(by, 'zh')}",
        f"Started by {status(by['word'], 'en')}, {at}, {by['actor']}{_late(by, 'en')}",
    )


def _used(answer: Answer, context: Context) -> tuple[str, str]:
    """How much of the target is used, until when, and how late that is, in two languages."""
    unit, until = answer["unit"], _exact(answer["until"])
    used, late = (_amount(answer[name], unit, context) for name in ("consumed", "lateness"))
    if answer["stopped_by"] is not None:
        by = answer["stopped_by"]
        to_zh = f"到“{status(by['word'], 'zh')}”为止（{until}，{by['actor']}{_late(by, 'zh')}）"
        to_en = f"Until {status(by['word'], 'en')} ({until}, {by['actor']}{_late(by, 'en')})"
    elif answer["paused"] is not None:
        to_zh, to_en = f"到暂停为止（{until}）", f"Until the pause ({until})"
    else:
        to_zh, to_en = f"到现在为止（{until}）", f"Until now ({until})"
    if not answer["lateness"]:
        return f"{to_zh}：用去 {used}", f"{to_en}: {used} used"
    return f"{to_zh}：用去 {used}，超出 {late}", f"{to_en}: {used} used, {late} late"


def _exact(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _amount(amount: float, unit: str, context: Context) -> str:
    if unit == "days":
        return context.say(f"{round(amount, 2):g}天", f"{round(amount, 2):g} days")
    if unit == "months":
        return context.say(f"{round(amount, 2):g}个月", f"{round(amount, 2):g} months")
    return length(timedelta(seconds=amount), context.lang)


def ask(context: Context) -> int:
    """Any command, from JSON or from key=value pairs."""
    asked = context.asked
    pairs = not _is_json(asked.fields)
    data = _pairs(asked.fields) if pairs else _json(asked.fields[0])
    command = read_message(context.routes, asked.name, data, strict=not pairs)
    request = CommandEnvelope(
        message=command,
        actor=asked.actor,
        id=asked.id or new_id(),
        occurred_at=read_time(asked.occurred_at, "--occurred-at") if asked.occurred_at else None,
        expected=asked.expect,
    )
    with context.engine(settled=False) as engine:
        answered = engine.ask(request)
    if context.json:
        context.data(
            {
                "case": answered.stream,
                "version": answered.version,
                "position": answered.position,
                "facts": answered.facts,
                "command": answered.command,
            }
        )
    else:
        context.line(
            f"{answered.stream} 第 {answered.version} 版，新增 {answered.facts} 条事实",
            f"{answered.stream} is at version {answered.version}, {answered.facts} facts stored",
        )
    return 0


def _is_json(given: list[str]) -> bool:
    return len(given) == 1 and (given[0] == "-" or given[0].lstrip().startswith("{"))


def _json(text: str) -> object:
    return read_json(sys.stdin.buffer.read() if text == "-" else text)


def _pairs(given: list[str]) -> dict[str, Any]:
    """Fields from ``key=value``; ``labels.color=red`` is one label, lists are written as JSON."""
    found: dict[str, Any] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            shown = pair[:60]
            problem = Phrase(
                f"{shown!r} is not of the form key=value", f"{shown!r} 不是 key=value 的形式"
            )
            raise CommandInvalid(problem=problem)
        name, dot, inner = key.partition(".")
        if dot:
            known = found.get(name)
            found[name] = {**(known if isinstance(known, dict) else {}), inner: value}
        else:
            found[name] = read_json(value) if value[:1] in ("[", "{") else value
    return found
