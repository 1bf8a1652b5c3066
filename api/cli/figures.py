"""For the commands about verdicts and figures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

import orjson

from api.cli.context import Context, write_csv
from api.parsing import read_months
from api.private_files import open_private
from api.queries import figures, promises
from api.queries.cases import Answer
from api.wording import share, word


def judge(context: Context) -> int:
    """One line per run of every clock: CSV, or JSON lines."""
    asked = context.asked
    with context.engine() as engine:
        rows = promises.judged(engine, asked.clock)
        if asked.out is None:
            count = _write(rows, context, sys.stdout)
        else:
            with open_private(asked.out) as file:
                count = _write(rows, context, file)
            context.line(f"已写入 {count} 行：{asked.out}", f"{count} lines written to {asked.out}")
    return 0


def _write(rows: Iterator[Answer], context: Context, out: TextIO) -> int:
    if not context.json:
        return write_csv(rows, promises.JUDGED, out)
    count = 0
    for row in rows:
        out.write(orjson.dumps(row).decode() + "\n")
        count += 1
    return count


def kpi(context: Context) -> int:
    """Figures by the rulebook's definitions; without a name all of them."""
    asked = context.asked
    wanted = figures.Asked(by=asked.by, months=read_months(asked.months), cases=asked.cases)
    with context.engine() as engine:
        names = [asked.name] if asked.name else figures.names(engine)
        answers = [figures.figure(engine, name, wanted) for name in names]
    if context.json:
        context.data(answers[0] if asked.name else answers)
        return 0
    for answer in answers:
        _show(answer, context)
    return 0


_COLUMNS = {
    "first_time_fix": (
        ("group", "组", "group"),
        ("value", "一次性", "share"),
        ("closed", "已关闭", "closed"),
        ("fixed", "一次解决", "fixed"),
        ("reopened", "重开", "reopened"),
        ("mean", "平均(时)", "mean h"),
        ("median", "中位(时)", "median h"),
        ("p90", "P90(时)", "p90 h"),
        ("net", "净平均(时)", "net mean h"),
    ),
    "satisfaction": (
        ("group", "组", "group"),
        ("value", "满意", "satisfied"),
        ("served", "服务", "served"),
        ("answer_rate", "评价率", "answered"),
        ("very_satisfied", "非常满意", "very satisfied"),
        ("satisfied", "满意", "satisfied"),
        ("neutral", "一般", "neutral"),
        ("dissatisfied", "不满意", "dissatisfied"),
        ("unanswered", "未评", "no answer"),
        ("waiting", "待评", "waiting"),
    ),
    "on_time": (
        ("group", "组", "group"),
        ("value", "按时率", "on time"),
        ("net", "扣除豁免", "net of waivers"),
        ("judged", "已评判", "judged"),
        ("met", "按时", "met"),
        ("late", "迟延", "late"),
        ("lapsed", "超时", "lapsed"),
        ("waived", "豁免", "waived"),
        ("running", "进行中", "running"),
        ("paused", "暂停", "paused"),
    ),
}
_SHARES = frozenset({"value", "answer_rate"})
_WORDS = frozenset({"kind", "verdict", "answer"})
"""What is said in words of ours; everything else is a name that somebody gave."""


def _show(answer: Answer, context: Context) -> None:
    columns = _COLUMNS[answer["question"]]
    rows = [[_cell(name, row, answer, context) for name, _, _ in columns] for row in answer["rows"]]
    head = [zh if context.lang == "zh" else en for _, zh, en in columns]
    months = "..".join(answer["months"] or ())
    title = "  ".join(
        filter(None, (answer["title"], answer["kpi"], answer["by"] and f"/ {answer['by']}", months))
    )
    context.table(head, rows or [[context.say("未测", "not measured")]], title)
    if answer.get("cases"):
        _show_cases(answer["cases"], context)
    context.line("", "")


def _show_cases(cases: list[Answer], context: Context) -> None:
    head = list(cases[0])
    rows = [
        [context.time(c[name]) if name == "due" else _said(name, c[name], context) for name in head]
        for c in cases
    ]
    context.table(head, rows)


def _cell(name: str, row: Answer, answer: Answer, context: Context) -> str:
    if answer["question"] == "first_time_fix" and name in ("mean", "median", "p90", "net"):
        spread = row["hours_to_closed_net" if name == "net" else "hours_to_closed"]
        value = spread["mean" if name == "net" else name]
        return "" if value is None else f"{value:.1f}"
    value = row[name]
    if name in _SHARES or name == "net":
        return share(value, context.lang)
    if name == "group":
        none = context.say("无", "none") if answer["by"] else context.say("全部", "all")
        return _said(answer["by"], value, context) if value else none
    return str(value)


def _said(name: str | None, value: object, context: Context) -> str:
    return word(str(value), context.lang) if name in _WORDS else str(value)
