"""For saying instants, lengths of time and words as people do, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "running": ("进行中", "running"),
    "paused": ("已暂停", "paused"),
    "met": ("按时", "met"),
    "late": ("迟延", "late"),
    "lapsed": ("超时", "lapsed"),
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
}

_FACTS: Final[Mapping[str, tuple[str, str]]] = {
    "closed": ("关闭", "closed"),
    "paused": ("暂停", "paused"),
    "waived": ("豁免超时", "waived"),
    "accepted": ("接单", "accepted"),
    "dispatched": ("派单", "dispatched"),
}


def word(name: str, lang: str) -> str:
    """A word of the product in a language; an unknown one as it is."""
    pair = WORDS.get(name)
    return name if pair is None else pair[0 if lang == "zh" else 1]


def reason(name: str, lang: str) -> str:
    """The reason of a stretch of time; after closing a house is not a closed case."""
    return word("off_hours" if name == "closed" else name, lang)


def status(fact: str, lang: str) -> str:
    """What a fact's word means in a history, where `closed` and `paused` are no states."""
    pair = _FACTS.get(fact)
    return word(fact, lang) if pair is None else pair[0 if lang == "zh" else 1]


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


def share(value: float | None, lang: str) -> str:
    """A share as a percentage; a figure without cases is not measured, never 100 %."""
    if value is None:
        return "未测" if lang == "zh" else "not measured"
    return f"{value * 100:.1f}%"
