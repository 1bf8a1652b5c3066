"""Says instants, lengths of time, words and sentences as people do, in Chinese or English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

_HAN: Final = re.compile("[\u4e00-\u9fff]")
_FIELD: Final = re.compile(r"\{(\w+)\}")
_PART: Final = re.compile(r"\[(\w+\?)?([^\[\]]*)\]")

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "running": ("进行中", "running"),
    "paused": ("已暂停", "paused"),
    "met": ("按时", "met"),
    "entered_late": ("按时完成，补录", "met, entered late"),
    "late": ("逾期完成", "late"),
    "lapsed": ("逾期未完成", "lapsed"),
    "cancelled": ("已取消", "cancelled"),
    "waived": ("已豁免", "waived"),
    "open": ("待处理", "open"),
    "accepted": ("已接单", "accepted"),
    "dispatched": ("已派单", "dispatched"),
    "on_site": ("已到场", "on site"),
    "served": ("已完成", "served"),
    "closed": ("已关闭", "closed"),
    "complaint": ("投诉", "complaint"),
    "repair": ("报修", "repair"),
    "very_satisfied": ("非常满意", "very satisfied"),
    "satisfied": ("满意", "satisfied"),
    "neutral": ("一般", "neutral"),
    "dissatisfied": ("不满意", "dissatisfied"),
    "lodged": ("登记投诉", "lodged"),
    "replied": ("答复", "replied"),
    "solution_proposed": ("提出方案", "solution proposed"),
    "handover_offered": ("发起移交", "handover offered"),
    "handed_over": ("完成移交", "handed over"),
    "reclassified": ("重新分级", "reclassified"),
    "crisis_team_convened": ("成立危机小组", "crisis team convened"),
    "statement_approved": ("审定口径", "statement approved"),
    "resolved": ("解决", "resolved"),
    "reported": ("报修登记", "reported"),
    "arrived": ("到场", "arrived"),
    "resumed": ("恢复", "resumed"),
    "completed": ("完工", "completed"),
    "reopened": ("重新打开", "reopened"),
    "followed_up": ("回访", "followed up"),
    "rated": ("评价", "rated"),
    "unanswered": ("未评价", "unanswered"),
    "contacted": ("联系业主", "contacted"),
    "second_service": ("二次服务", "second service"),
    "warned": ("预警", "warned"),
    "escalated": ("升级", "escalated"),
    "acknowledged": ("确认升级", "acknowledged"),
    "elapsed": ("自然时间", "elapsed"),
    "working": ("工作时间", "working hours"),
    "make_up": ("调休上班", "make-up workday"),
    "before_opening": ("上班前", "before opening"),
    "lunch": ("午休", "lunch"),
    "off_hours": ("下班后", "after hours"),
    "weekend": ("周末", "weekend"),
    "holiday": ("节假日", "holiday"),
    "lost": ("当日不计", "day not counted"),
    "rolled": ("顺延", "rolled"),
    "start_day": ("起始日", "start day"),
    "until": ("约定时间", "until"),
    "already_due": ("已到期", "already due"),
    "expired": ("逾期未评", "expired"),
    "unreachable": ("联系不上", "unreachable"),
    "declined": ("拒绝评价", "declined"),
    "waiting": ("待评价", "waiting"),
    "late_entries": ("补录", "entered late"),
    "site": ("项目", "site"),
    "building": ("楼栋", "building"),
    "category": ("类别", "category"),
    "channel": ("渠道", "channel"),
    "household": ("户", "household"),
    "steward": ("管家", "steward"),
    "technician": ("维修工", "technician"),
    "team": ("班组", "team"),
    "kind": ("类型", "kind"),
    "clock": ("时钟", "clock"),
    "verdict": ("结论", "verdict"),
    "answer": ("评价", "answer"),
    "cycle": ("轮次", "cycle"),
    "level": ("级别", "level"),
    "nature": ("性质", "nature"),
    "priority": ("优先级", "priority"),
    "status": ("状态", "status"),
    "day": ("日", "day"),
    "week": ("周", "week"),
    "month": ("月", "month"),
    "quarter": ("季度", "quarter"),
    "half_year": ("半年", "half-year"),
    "year": ("年", "year"),
    "last_year": ("同比", "change on last year"),
    "last_period": ("环比", "change on the last period"),
    "first_time_fix": ("一次性解决率", "first-time fix"),
    "closing.mean": ("平均关闭时长", "mean time to closing"),
    "closing.median": ("关闭时长中位数", "median time to closing"),
    "closing.p90": ("关闭时长 P90", "90 % closed within"),
    "closing.net": ("平均关闭时长（扣除暂停）", "mean time to closing, pauses left out"),
    "satisfaction": ("服务满意度", "satisfaction"),
    "satisfaction.answered": ("评价回收率", "answered"),
    "on_time": ("承诺按时率", "kept on time"),
}

_FACTS: Final[Mapping[str, tuple[str, str]]] = {
    "closed": ("关闭", "closed"),
    "lapsed": ("超时", "lapsed"),
    "paused": ("暂停", "paused"),
    "waived": ("豁免超时", "waived"),
    "accepted": ("接单", "accepted"),
    "dispatched": ("派单", "dispatched"),
}


def word(name: str, lang: str) -> str:
    """A word of the product in a language; an unknown one as it is."""
    pair = WORDS.get(name)
    return name if pair is None else pair[0 if lang == "zh" else 1]


def titled(name: str | None, title: str | None, lang: str) -> str:
    """What people read for a name: its title, unless that is Chinese and they read English."""
    if title and (lang == "zh" or not _HAN.search(title)):
        return title
    return name or ""


def reason(name: str, lang: str) -> str:
    """The reason of a stretch of time; after closing a house is not a closed case."""
    return word("off_hours" if name == "closed" else name, lang)


def status(fact: str, lang: str) -> str:
    """What a fact's word means in a history, where `closed` and `paused` are no states."""
    pair = _FACTS.get(fact)
    return word(fact, lang) if pair is None else pair[0 if lang == "zh" else 1]


def value_said(value: Enum | bool, lang: str) -> str:  # noqa: FBT001 - a value as facts hold it
    """A value of a field as people say it; one of a kind's own has its Chinese beside it."""
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    text = str(value.value)
    if text in WORDS:
        return word(text, lang)
    return str(getattr(value, "zh", text)) if lang == "zh" else text.replace("_", " ")


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its values, which are put in as they are: ``{field}`` stands for one.

    A part in brackets is left out where a field in it is empty; ``[field?text]`` is a text that
    stands where the field is not.
    """

    def part(match: re.Match[str]) -> str:
        condition, text = match[1], match[2]
        named = [condition[:-1]] if condition else _FIELD.findall(text)
        return put(text) if all(values.get(name) for name in named) else ""

    def put(text: str) -> str:
        return _FIELD.sub(lambda match: values[match[1]], text)

    pieces = []
    last = 0
    for match in _PART.finditer(template):
        pieces += [put(template[last : match.start()]), part(match)]
        last = match.end()
    return "".join((*pieces, put(template[last:])))


def when(at: datetime | None, now: datetime, lang: str) -> str:
    """An instant in its own zone: ``今天 14:30``, ``2026-11-20 14:30``; nothing for None."""
    if at is None:
        return ""
    days = (at.date() - now.astimezone(at.tzinfo).date()).days
    named = {0: ("今天", "today"), -1: ("昨天", "yesterday"), 1: ("明天", "tomorrow")}.get(days)
    if named is None:
        return f"{at:%Y-%m-%d %H:%M}"
    return f"{named[0 if lang == 'zh' else 1]} {at:%H:%M}"


def length(span: timedelta, lang: str) -> str:
    """A length of time by its two largest units: ``2小时5分``, ``2h 5m``, ``3天4小时``."""
    seconds = round(abs(span.total_seconds()))
    sign = "-" if span < timedelta(0) else ""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    units = ("天", "小时", "分", "秒") if lang == "zh" else ("d", "h", "m", "s")
    parts = [f"{n}{unit}" for n, unit in zip((day, hour, minute, second), units, strict=True) if n]
    text = ("" if lang == "zh" else " ").join(parts[:2])
    return sign + (text or f"0{units[3]}")


def left(due: datetime | None, now: datetime, lang: str) -> str:
    """How long is left, or for how long it has been overdue."""
    if due is None:
        return ""
    span = due - now
    if span >= timedelta(0):
        return f"还有{length(span, lang)}" if lang == "zh" else f"in {length(span, lang)}"
    return f"已超{length(-span, lang)}" if lang == "zh" else f"{length(-span, lang)} over"


NOT_MEASURED: Final = ("暂无数据", "not measured")


def figure(value: float | None, unit: str, lang: str, *, signed: bool = False) -> str:
    """A figure in its unit: ``93.3%``, ``2小时5分``, ``12.5``; without rows it is not measured."""
    if value is None:
        return NOT_MEASURED[0 if lang == "zh" else 1]
    if unit == "duration":
        return length(timedelta(seconds=value), lang)
    sign = "+" if signed and value > 0 else ""
    if unit == "percent":
        return f"{sign}{_percent(value)}%"
    return f"{sign}{value:.1f}".removesuffix(".0")


def _percent(value: float) -> str:
    """A share as a percentage that is 100.0 or 0.0 only where it is all or nothing."""
    percent = value * 100
    for digits in (1, 2):
        if round(percent, digits) not in {0, 100} or value in {0, 1}:
            return f"{percent:.{digits}f}"
    return "<0.01" if percent < 1 else ">99.99"
