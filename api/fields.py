"""Says what each field of commands and facts means, with its type and an example.

The reference, the OpenAPI document and the command line read this one place. A name may be said
for one class alone: ``SiteOpened.name``.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from commands.messages import Message
from commands.routes import Routes
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase

FIELDS: Final[Mapping[str, Phrase]] = {
    "addressee": Phrase(
        "who stood behind the role on that day; empty where the roster names nobody",
        "当日担任该角色的人；排班表没有指定时为空",
    ),
    "again": Phrase(
        "send it although it is theirs already: it changed hands within the team",
        "即使已是对方的工单也再次派单：班组内部换人",
    ),
    "appointment": Phrase(
        "when the resident wants the visit",
        "预约上门时间",
    ),
    "building": Phrase(
        "the building",
        "楼栋",
    ),
    "buildings": Phrase(
        "the site's buildings",
        "项目的楼栋",
    ),
    "by": Phrase(
        "who does it",
        "经办人",
    ),
    "case": Phrase(
        "the case's number",
        "工单编号",
    ),
    "category": Phrase(
        "what it is about; the rulebook's conditions compare it",
        "类别，规则手册的条件可以引用",
    ),
    "cause": Phrase(
        "`time` for a rung reached by its moment, `unacknowledged` for one brought forward",
        "`time` 表示到点升级，`unacknowledged` 表示因无人确认而提前升级",
    ),
    "channel": Phrase(
        "where it came in, such as `phone` or `app`",
        "受理渠道，如 `phone` 或 `app`",
    ),
    "clock": Phrase(
        "the clock's name in the rulebook",
        "规则手册中的时钟名",
    ),
    "comment": Phrase(
        "what the resident said with the rating",
        "业主评价时的留言",
    ),
    "contact": Phrase(
        "how the resident can be reached",
        "联系方式",
    ),
    "cycle": Phrase(
        "which run of the clock, from 1",
        "时钟的第几轮，从 1 开始",
    ),
    "description": Phrase(
        "what happened, in the resident's words",
        "业主描述的情况",
    ),
    "detected": Phrase(
        "when the engine saw it",
        "系统发现的时间",
    ),
    "document": Phrase(
        "the whole document, as read from YAML or JSON",
        "完整的文档，由 YAML 或 JSON 读入",
    ),
    "due": Phrase(
        "the due instant, as things stood then",
        "当时的到期时间",
    ),
    "external_id": Phrase(
        "the number the case has elsewhere; it can be searched for",
        "工单的外部编号，可用于查询",
    ),
    "household": Phrase(
        "the household's id",
        "户号",
    ),
    "labels": Phrase(
        "further attributes, which conditions may compare; at most 100",
        "其他属性，条件可以引用，最多 100 个",
    ),
    "leader": Phrase(
        "who leads the crisis team",
        "危机小组组长",
    ),
    "level": Phrase(
        "the level, from 1",
        "投诉级别，从 1 开始",
    ),
    "members": Phrase(
        "who else is in the crisis team",
        "危机小组的其他成员",
    ),
    "name": Phrase(
        "the name people read",
        "显示名称",
    ),
    "nature": Phrase(
        "general or complex",
        "性质：一般或复杂",
    ),
    "note": Phrase(
        "what was said or done",
        "备注",
    ),
    "outcome": Phrase(
        "what came of it",
        "处理结果",
    ),
    "place": Phrase(
        "where it is broken",
        "报修位置",
    ),
    "priority": Phrase(
        "the priority",
        "优先级",
    ),
    "promised": Phrase(
        "a deadline the case itself names; `within: {at: promised}` counts on it",
        "工单自带的时限，`within: {at: promised}` 按它计算",
    ),
    "rating": Phrase(
        "the level of satisfaction",
        "评价等级",
    ),
    "reached": Phrase(
        "the instant the rung or warning was reached",
        "到达升级或预警的时间",
    ),
    "reason": Phrase(
        "why",
        "原因",
    ),
    "receiver": Phrase(
        "the first receiver, accountable until a handover is accepted",
        "首问责任人，移交被接收前一直负责",
    ),
    "rung": Phrase(
        "which rung of the ladder, from 1",
        "第几级升级，从 1 开始",
    ),
    "simple": Phrase(
        "whether it is a simple repair",
        "是否简单维修",
    ),
    "site": Phrase(
        "the site's id",
        "项目编号",
    ),
    "steward": Phrase(
        "the steward of the building",
        "楼栋管家",
    ),
    "team": Phrase(
        "the team it is sent to",
        "班组",
    ),
    "technician": Phrase(
        "the technician",
        "维修工",
    ),
    "text": Phrase(
        "the wording",
        "内容",
    ),
    "to": Phrase(
        "the role that has to know",
        "应知晓的角色",
    ),
    "version": Phrase(
        "which publication of this name, from 1",
        "同名的第几次发布，从 1 开始",
    ),
    "visit": Phrase(
        "which visit of the service cycle, from 1",
        "本轮服务的第几次上门，从 1 开始",
    ),
    "warning": Phrase(
        "which warning of the clock, from 1",
        "第几次预警，从 1 开始",
    ),
    "zone": Phrase(
        "the time zone, such as `Asia/Shanghai`; it decides what a day is",
        "时区，如 `Asia/Shanghai`，决定一天的起止",
    ),
    "LodgeComplaint.case": Phrase(
        "the number it shall have; without one it gets a new number",
        "指定编号；留空则自动编号",
    ),
    "ReportRepair.case": Phrase(
        "the number it shall have; without one it gets a new number",
        "指定编号；留空则自动编号",
    ),
    "OfferHandover.to": Phrase(
        "who is asked to take over",
        "请谁接手",
    ),
    "HandoverOffered.to": Phrase(
        "who is asked to take over",
        "请谁接手",
    ),
    "ComplaintHandedOver.to": Phrase(
        "who accepted and is accountable now",
        "接手人，此后由其负责",
    ),
    "ServiceRated.cycle": Phrase(
        "the service cycle that was rated",
        "被评价的服务轮次",
    ),
    "RatingUnanswered.cycle": Phrase(
        "the service cycle that was not rated",
        "未评价的服务轮次",
    ),
    "SecondServiceOpened.cycle": Phrase(
        "the service cycle that begins",
        "开始的服务轮次",
    ),
    "RepairReopened.cycle": Phrase(
        "the service cycle that begins",
        "开始的服务轮次",
    ),
    "PauseRepair.reason": Phrase(
        "what is waited for",
        "等待什么",
    ),
    "RepairPaused.reason": Phrase(
        "what is waited for",
        "等待什么",
    ),
    "LeaveUnanswered.reason": Phrase(
        "why there is no rating",
        "未评价的原因",
    ),
    "RatingUnanswered.reason": Phrase(
        "why there is no rating",
        "未评价的原因",
    ),
    "RulebookPublished.name": Phrase(
        "the rulebook's name",
        "规则手册名称",
    ),
    "CalendarPublished.name": Phrase(
        "the calendar's name",
        "日历名称",
    ),
    "DeadlineLapsed.detected": Phrase(
        "when the engine saw it, however late",
        "系统发现的时间，无论多晚",
    ),
}

EXAMPLES: Final[Mapping[str, Any]] = {
    "again": True,
    "appointment": "2026-11-20T14:30:00+08:00",
    "building": "1",
    "buildings": ["1", "2"],
    "by": "staff-li",
    "case": "repair-2026-0001",
    "category": "water_pipe",
    "channel": "app",
    "clock": "repair.response",
    "comment": "修得很快",
    "contact": {"text": "13800000000", "of": "1-2-301"},
    "cycle": 1,
    "description": "厨房水管漏水",
    "document": {"rulebook": "ours"},
    "external_id": "WX-20261120-7",
    "household": "1-2-301",
    "labels": {"department": "engineering"},
    "leader": "staff-wang",
    "level": 2,
    "members": ["staff-li", "staff-zhao"],
    "name": "花园小区",
    "nature": "general",
    "note": "业主表示满意",
    "outcome": "已更换垫片",
    "place": "厨房",
    "priority": 2,
    "promised": "2026-11-21T18:00:00+08:00",
    "rating": "satisfied",
    "reason": "业主要求",
    "receiver": "staff-chen",
    "rung": 1,
    "simple": True,
    "site": "main",
    "steward": "staff-chen",
    "team": "team-water",
    "technician": "staff-zhang",
    "text": "今天下午上门处理",
    "to": "staff-zhao",
    "zone": "Asia/Shanghai",
    "LeaveUnanswered.reason": "unreachable",
    "PauseRepair.reason": "parts",
    "PublishCalendar.document": {"name": "ours", "hours": {"mon-fri": ["09:00-18:00"]}},
    "ReclassifyComplaint.category": "noise",
}
"""A value for each field of the commands."""

_PLAIN: Final[Mapping[type, object]] = {
    bool: True, int: 1, datetime: "2026-11-20T14:30:00+08:00",
}  # fmt: skip

_TYPES: Final[Mapping[type, Phrase]] = {
    str: Phrase("text", "文本"),
    int: Phrase("whole number", "整数"),
    bool: Phrase("yes or no", "是或否"),
    datetime: Phrase("instant", "时间"),
    Personal: Phrase("personal text", "个人信息（加密保存）"),
    Mapping: Phrase("mapping", "键值表"),
    tuple: Phrase("list", "列表"),
}
_NAMED: Final[Mapping[str, Phrase]] = {
    "StaffId": Phrase("staff id", "员工编号"),
    "HouseholdId": Phrase("household id", "户号"),
}


def meaning(owner: str, name: str) -> Phrase | None:
    """What a field of a command or fact means; None where nobody said."""
    return FIELDS.get(f"{owner}.{name}", FIELDS.get(name))


def type_said(hint: Any) -> Phrase:  # noqa: ANN401 - any annotation
    """What a field holds, as a person says it."""
    if get_origin(hint) in {Union, types.UnionType}:
        (hint,) = [one for one in get_args(hint) if one is not types.NoneType]
    if named := _NAMED.get(getattr(hint, "__name__", "")):
        return named
    origin = get_origin(hint) or hint
    if not isinstance(origin, type):
        return _TYPES[str]
    if issubclass(origin, StrEnum):
        return Phrase(", ".join(f"`{m}`" for m in origin), "、".join(f"`{m}`" for m in origin))
    for kind, said in _TYPES.items():
        if origin is kind or (kind is Mapping and issubclass(origin, Mapping)):
            return said
    return Phrase(origin.__name__, origin.__name__)


def example(message: type[Message], field: str, routes: Routes) -> object:
    """An example for a field of a command; one that is not listed is made from its type."""
    name = message.__name__
    if field == "case":
        kinds = sorted(kind for kind, known in routes.pairs if known is message)
        return EXAMPLES["case"] if "repair" in kinds else f"{kinds[0]}-2026-0001"
    found = EXAMPLES.get(f"{name}.{field}", EXAMPLES.get(field))
    return _plain_example(message, field) if found is None else found


def _plain_example(message: type[Message], field: str) -> object:
    hint = get_type_hints(message)[field]
    kinds = {hint, *get_args(hint)}
    return next((value for kind, value in _PLAIN.items() if kind in kinds), "text")
