"""Runs the commands about cases: histories, promises, open work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Final

from api.cli.context import Context
from api.cli.declared import FIRST, CaseNumber, Option, Page, Site
from api.cli.lens import NOW, LensOptions, now_of, seen, with_lens
from api.cli.usage import exclude
from api.queries import cases as case_answers, promises
from api.queries.cases import Answer
from api.wording import left, length, reason, status, titled, word
from domain.kernel.refusals import Phrase
from domain.promises import Verdict

Due = Annotated[bool, Option(Phrase("running ones, due next first", "进行中的，最先到期的在前"))]
Lapsed = Annotated[bool, Option(Phrase("broken and not yet kept", "已超时且尚未完成的"))]
OfCase = Annotated[str | None, Option(Phrase("those of one case", "一个工单的"), "CASE")]
Clock = Annotated[str, Option(Phrase("a clock of the rulebook", "规则手册中的时钟名"))]
Cycle = Annotated[
    int | None, Option(Phrase("which run (the last)", "第几轮（默认为最近一轮）"), "N")
]

LATE: Final = timedelta(minutes=1)
SHORT: Final = 8
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


def history(context: Context, case: CaseNumber, /, *, lens: LensOptions = NOW) -> int:
    """Every fact of a case."""
    with seen(context, lens, case=case) as view:
        answer = with_lens(view, case_answers.history(view, case))
    if context.json:
        context.data(answer)
        return 0
    zh = ("#", "时间", "内容", "操作人", "记录时间", "规则", "命令", "关联", "起因")
    en = ("#", "when", "what", "who", "recorded", "rules", "command", "belongs to", "caused by")
    rows = [_fact(fact, context) for fact in answer["facts"]]
    shown = [place for place, cells in enumerate(zip(*rows, strict=True)) if any(cells)]
    columns = zh if context.lang == "zh" else en
    context.table(
        [columns[place] for place in shown],
        [[row[place] for place in shown] for row in rows],
        " · ".join(filter(None, (answer["case"], answer["site"]))),
    )
    return 0


def _fact(fact: Answer, context: Context) -> tuple[object, ...]:
    """A fact as a sentence, with what is said only where it tells something."""
    return (
        fact["version"] if fact["recorded"] else "+",
        context.time(fact["occurred_at"]),
        context.say(fact["detail_zh"], fact["detail"]),
        fact["actor"],
        _recorded(fact, context),
        fact["rules"],
        *(_short(fact[name]) for name in ("command", "correlation", "causation")),
    )


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


def _short(name: str | None) -> str:
    """An id by its end, which tells it from those made at the same time; all of it is in --json."""
    if name is None or len(name) <= SHORT:
        return name or ""
    return f"…{name[1 - SHORT :]}"


def clocks(
    context: Context,
    *,
    due: Due = False,
    lapsed: Lapsed = False,
    case: OfCase = None,
    site: Site = None,
    lens: LensOptions = NOW,
    page: Page = FIRST,
) -> int:
    """Runs of clocks."""
    exclude(due=due, lapsed=lapsed, case=case)
    verdict = ("running",) if due else ("lapsed",) if lapsed else ()
    with seen(context, lens, case=case, site=site) as view:
        rows = promises.runs(
            view, case=case, verdict=verdict, site=site, limit=page.limit, offset=page.offset
        )
        counts, now = promises.counted(view), now_of(context, view)
        answer = with_lens(view, {"counts": counts, "clocks": rows})
    if context.json:
        context.data(answer)
        return 0
    lang = context.lang
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


def board(
    context: Context, *, site: Site = None, lens: LensOptions = NOW, page: Page = FIRST
) -> int:
    """Open work, worst first."""
    with seen(context, lens, site=site) as view:
        found = case_answers.board(view, site=site, limit=page.limit, offset=page.offset)
        answer, now = with_lens(view, found), now_of(context, view)
    if context.json:
        context.data(answer)
        return 0
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
        titled(row["category"], row["category_title"], lang),
        row["building"],
        _marked(word(row["status"], lang), row, lang),
        titled(row["clock"], row["clock_title"], lang),
        context.time(row["due"]),
        left(row["due"], now, lang),
        row["lapsed"] or "",
        row["steward"],
        row["technician"] or row["team"],
    )


def explain(
    context: Context,
    case: CaseNumber,
    clock: Clock,
    /,
    *,
    cycle: Cycle = None,
    lens: LensOptions = NOW,
) -> int:
    """How a deadline came about: the counted stretches sum to the target."""
    with seen(context, lens, case=case) as view:
        answer = with_lens(view, promises.explained(view, case, clock, cycle))
    if context.json:
        context.data(answer)
        return 0
    zh = ("从", "到", "计入", "原因", "说明", "累计")
    en = ("from", "to", "counted", "reason", "note", "so far")
    target = _amount(answer["target"], answer["unit"], context)
    name, due = titled(answer["clock"], answer["title"], context.lang), _exact(answer["due"])
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
