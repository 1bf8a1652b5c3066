"""Shows figures as tables: a line for each group, with what stands beside it, and an overview."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from api.cli.context import Context
from api.queries.cases import Answer
from api.wording import figure, titled, word
from projections.figures import SMALL

SAID: Final = frozenset({"kind", "verdict", "answer", "nature", "status"})
"""What has words of ours for its values; everything else is a name that somebody gave."""

Cell = Callable[[Answer], str]
Column = tuple[str, Cell]


def overview(answers: Sequence[Answer], context: Context) -> None:
    """One line for each figure."""
    zh = ("指标", "名称", "数值", "扣除豁免", "样本数", "目标", "达标")
    en = ("figure", "what", "value", "net of waivers", "rows", "target", "reached")
    asked = answers[0] if answers else {"period": None, "site": None}
    title = " · ".join(filter(None, (asked["period"], asked["site"])))
    rows = [_line(answer, answer["total"], context) for answer in answers]
    context.table(zh if context.lang == "zh" else en, rows, title)
    _note([answer["total"] for answer in answers], context)


def _line(answer: Answer, total: Answer, context: Context) -> tuple[object, ...]:
    title = _title(answer, context)
    return (
        answer["kpi"],
        "" if title == answer["kpi"] else title,
        _value(total, context, signed=bool(answer["change"])),
        _net(total, context) if answer["of"] == "clocks" else "",
        total["population"],
        _target(answer, context),
        _reached(total, context),
    )


def show(answer: Answer, context: Context) -> None:
    """A figure as a whole and by its groups, and the rows behind it where they were asked for."""
    rows = [answer["total"], *answer["rows"]]
    columns = [*_columns(answer, context), *_beside(answer, context), *_breakdown(answer, context)]
    whole = context.say("全部", "all")
    cells = [
        [
            _group(answer["by"], row, context) if place else whole,
            *(cell(row) for _, cell in columns),
        ]
        for place, row in enumerate(rows)
    ]
    first = word(answer["by"], context.lang) if answer["by"] else ""
    context.table([first, *(name for name, _ in columns)], cells, _heading(answer, context))
    _note(rows, context)
    for side, listing in answer.get("cases", {}).items():
        _show_cases(side, listing, answer, context)


# ---------------------------------------------------------------------- columns


def _columns(answer: Answer, context: Context) -> Iterator[Column]:
    """The figure itself, what it is made of, and whether it reaches its target."""
    say, unit, signed = context.say, answer["unit"], bool(answer["change"])
    yield say("数值", "value"), lambda row: _value(row, context, signed=signed)
    if answer["change"]:
        yield say("本期", "now"), lambda row: figure(row["now"], unit, context.lang)
        yield say("对比期", "before"), lambda row: figure(row["before"], unit, context.lang)
    if answer["of"] == "clocks":
        yield say("扣除豁免", "net of waivers"), lambda row: _net(row, context)
    if answer["target"]:
        yield say("达标", "reached"), lambda row: _reached(row, context)
    yield say("样本数", "rows"), lambda row: str(row["population"])
    if answer["measure"] == "share":
        yield say("计入", "counted"), lambda row: str(row["counted"])


def _beside(answer: Answer, context: Context) -> Iterator[Column]:
    """The figures that are never shown without each other."""
    for other in answer["beside"]:
        name = other["kpi"]

        def cell(row: Answer, name: str = name) -> str:
            return _value(row["beside"][name], context) if name in row["beside"] else ""

        yield _title(other, context), cell


def _breakdown(answer: Answer, context: Context) -> Iterator[Column]:
    """How many rows have each value of a column: those the definition names, and any there are."""
    definition = answer["definition"]
    by = definition.get("breakdown", "verdict" if answer["of"] == "clocks" else None)
    lines = [definition.get(key) for key in ("where", "share")]
    named = [line.get(by, ()) for line in lines if isinstance(line, dict)]
    kept = {text for texts in named for text in ([texts] if isinstance(texts, str) else texts)}
    for value in answer["total"]["breakdown"]:
        if value in kept or answer["total"]["breakdown"][value]:
            yield word(value, context.lang), _counting(value)


def _counting(value: str) -> Cell:
    return lambda row: str(row["breakdown"].get(value, 0))


# ---------------------------------------------------------------------- cells


def _heading(answer: Answer, context: Context) -> str:
    title = _title(answer, context)
    by = answer["by"] and context.say(f"按{word(answer['by'], 'zh')}", f"by {answer['by']}")
    target = answer["target"] and context.say(
        f"目标 {_target(answer, context)}", f"target {_target(answer, context)}"
    )
    name = None if title == answer["kpi"] else answer["kpi"]
    change = answer["change"] and word(answer["change"], context.lang)
    parts = (title, name, change, by, answer["period"], answer["site"], target)
    return " · ".join(filter(None, parts))


def _title(answer: Answer, context: Context) -> str:
    return titled(word(answer["kpi"], context.lang), answer["title"], context.lang)


def _group(by: str | None, row: Answer, context: Context) -> str:
    group = row["group"]
    if group is None:
        return context.say("无", "none")
    if isinstance(group, bool):
        return context.say("是", "yes") if group else context.say("否", "no")
    return word(str(group), context.lang) if by in SAID else str(group)


def _value(row: Answer, context: Context, *, signed: bool = False) -> str:
    text = figure(row["value"], row["unit"], context.lang, signed=signed)
    return f"{text}*" if row["small"] else text


def _net(row: Answer, context: Context) -> str:
    return "" if row["value"] is None else figure(row["net"], row["unit"], context.lang)


def _target(answer: Answer, context: Context) -> str:
    target = answer["target"]
    if target is None:
        return ""
    period = word(target["period"], context.lang)
    return (
        f"{target['value']}（{period}）"
        if context.lang == "zh"
        else f"{target['value']} a {period}"
    )


def _reached(row: Answer, context: Context) -> str:
    if row["reached"] is None:
        return ""
    return context.say("✓ 达标", "✓ yes") if row["reached"] else context.say("✗ 未达标", "✗ no")


def _note(rows: Iterable[Answer], context: Context) -> None:
    if any(row["small"] for row in rows):
        context.line(f"* 样本不足 {SMALL} 条，仅供参考", f"* fewer than {SMALL} rows")


# ---------------------------------------------------------------------- rows behind


def _show_cases(side: str, listing: Answer, answer: Answer, context: Context) -> None:
    title = {
        "for": context.say("计入", "counts for"),
        "against": context.say("未计入", "counts against"),
        "rows": context.say("明细", "rows"),
    }[side]
    rows = listing["cases"]
    heads = {
        "case": context.say("工单", "case"),
        "external_id": context.say("外部编号", "external id"),
        "clock": word("clock", context.lang),
        "cycle": word("cycle", context.lang),
        "at": context.say("时间", "when"),
        "outcome": context.say("结果", "outcome"),
        "group": word(answer["by"] or "", context.lang),
        "value": context.say("数值", "value"),
    }
    shown = [name for name in heads if any(row[name] is not None for row in rows)]
    cells = [[_cell(name, row, answer, context) for name in shown] for row in rows]
    more = listing["total"] - len(rows)
    rest = context.say(f"，另有 {more} 条", f", {more} more") if more else ""
    context.line("", "")
    context.table([heads[name] for name in shown], cells, f"{title} {listing['total']}{rest}")


def _cell(name: str, row: dict[str, Any], answer: Answer, context: Context) -> str:
    value = row[name]
    if value is None:
        return ""
    if name == "at":
        return context.time(value)
    if name == "outcome":
        return word(value, context.lang)
    if name == "group":
        return _group(answer["by"], row, context)
    if name == "value" and not isinstance(value, str):
        return figure(value, answer["unit"], context.lang)
    return str(value)
