"""Refusals: a broken rule is answered with a sentence that says what to do; nothing is stored."""

from __future__ import annotations

from typing import ClassVar, Self


class Phrase(str):
    """A text in two languages: the text itself is English, ``zh`` is the Chinese."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, english: str, zh: str) -> Self:
        """Give the English and the Chinese text."""
        phrase = super().__new__(cls, english)
        phrase.zh = zh
        return phrase

    def __reduce__(self) -> tuple[object, ...]:
        """What it is made of again in another process."""
        return Phrase, (str(self), self.zh)


class UserFacingError(Exception):
    """What is wrong, for people: the docstring says it in English, ``zh`` in Chinese."""

    zh: ClassVar[str] = ""

    def __init__(self, **details: object) -> None:
        """Keep the details that the sentences name; one with a ``zh`` has both languages."""
        super().__init__(details)
        self.details = details

    def __reduce__(self) -> tuple[object, ...]:
        """What it is made of again in another process."""
        return _made_again, (type(self), self.details)

    @property
    def code(self) -> str:
        """The stable code: the class's name."""
        return type(self).__name__

    @property
    def sentence(self) -> str:
        """The English sentence, with the details filled in."""
        return " ".join((type(self).__doc__ or "").split()).format_map(self.details)

    @property
    def sentence_zh(self) -> str:
        """The Chinese sentence, with the details filled in."""
        chinese = {key: getattr(value, "zh", value) for key, value in self.details.items()}
        return self.zh.format_map(chinese)

    def __str__(self) -> str:
        return f"{self.sentence_zh} {self.sentence}"


def _made_again(kind: type[UserFacingError], details: dict[str, object]) -> UserFacingError:
    return kind(**details)


class Refusal(UserFacingError):
    """The request cannot be carried out: check it and send it again."""

    zh = "请求无法执行，请检查后重新提交。"


class UnknownCase(Refusal):
    """There is no case {case}: check its number, or open it first."""

    zh = "没有工单 {case}，请核对编号，或先登记。"


class CaseExists(Refusal):
    """The case {case} is already open: choose another number, or leave it out to get a new one."""

    zh = "工单 {case} 已存在，请换一个编号，或留空由系统编号。"


class UnknownSite(Refusal):
    """There is no site {site}: open it with its time zone first."""

    zh = "没有项目 {site}，请先登记该项目及其时区。"


class AlreadyClosed(Refusal):
    """The case is closed: reopen it first."""

    zh = "工单已关闭，请先重新打开。"


class NotClosed(Refusal):
    """The case is still being worked on: only a completed or closed case can be reopened."""

    zh = "工单仍在处理中，只有完成或关闭的工单才能重新打开。"


class NobodyAssigned(Refusal):
    """Nobody has accepted this order: accept or dispatch it first."""

    zh = "此工单还没有人接单，请先接单或派单。"


class NotResolved(Refusal):
    """The case is not resolved yet: resolve or complete it first."""

    zh = "工单尚未解决，请先完成处理。"


class AlreadyResolved(Refusal):
    """The case is already resolved: reopen it or open a second service first."""

    zh = "工单已处理完成，请先重新打开或发起二次服务。"


class AlreadyPaused(Refusal):
    """The order is paused for {reason}: resume it first."""

    zh = "工单已因 {reason} 暂停，请先恢复。"


class NotPaused(Refusal):
    """The order is not paused: there is nothing to resume."""

    zh = "工单没有暂停，无需恢复。"


class ReasonRequired(Refusal):
    """{what} needs a reason: say why in `reason`."""

    zh = "{what}需要说明原因，请在“原因”（reason）中填写。"


class NoHandoverOffered(Refusal):
    """No handover to {by} is open: offer it first."""

    zh = "没有待 {by} 接收的移交，请先发起移交。"


class LevelOutOfRange(Refusal):
    """The level is {level}: it must be 1 or more."""

    zh = "投诉级别为 {level}，应为 1 或更大。"


class NotACrisis(Refusal):
    """The complaint is of level {level}: reclassify it to 3 before a crisis team is convened."""

    zh = "该投诉为 {level} 级，请先调整为三级再成立危机小组。"


class NoCrisisTeam(Refusal):
    """No crisis team stands behind this complaint: convene it before a statement is approved."""

    zh = "尚未成立危机小组，请先成立再审定口径。"


class AlreadyRated(Refusal):
    """Service {cycle} was already rated {rating}: a new rating needs a new service."""

    zh = "第 {cycle} 次服务已评价为 {rating}，再次评价需要新的服务。"


class UnknownClock(Refusal):
    """The case has no clock {clock} in cycle {cycle}: list its clocks to see which it has."""

    zh = "该工单没有第 {cycle} 轮的时钟 {clock}，请先查看它有哪些时钟。"


class UnknownRung(Refusal):
    """Rung {rung} of the clock {clock} has not been raised: acknowledge one that was."""

    zh = "时钟 {clock} 的第 {rung} 级升级尚未发生，请确认已发生的升级。"


class NotBreached(Refusal):
    """The clock {clock} has not lapsed: only a breach can be waived."""

    zh = "时钟 {clock} 没有超时，只有超时才能豁免。"


class InTheFuture(Refusal):
    """The instant {at} is more than five minutes in the future: check the time and its zone."""

    zh = "时间 {at} 晚于当前时间五分钟以上，请检查时间和时区。"


class BeforeTheCase(Refusal):
    """{at} is more than five minutes before the case began, {began}: correct the time."""

    zh = "时间 {at} 比工单开始时间 {began} 早五分钟以上，请更正时间。"


class WithoutZone(Refusal):
    """The time {at} in {where} has no zone: add an offset such as +08:00."""

    zh = "{where} 中的时间 {at} 没有时区，请加上偏移，例如 +08:00。"


class UnknownTimeZone(Refusal):
    """There is no time zone {zone}: use a name such as Asia/Shanghai."""

    zh = "没有时区 {zone}，请使用类似 Asia/Shanghai 的名称。"


class TextRequired(Refusal):
    """{field} must not be empty: fill it in."""

    zh = "{field} 不能为空，请填写。"


class TextTooLong(Refusal):
    """{field} has {length} characters: at most {limit} are taken, shorten it."""

    zh = "{field} 有 {length} 个字符，最多 {limit} 个，请缩短。"


class CommandInvalid(Refusal):
    """The command cannot be read: {problem}. Correct it and send it again."""

    zh = "命令无法读取：{problem}。请更正后重新提交。"


class VersionMoved(Refusal):
    """The case is at version {actual}, not {expected} as expected: look at it and decide again."""

    zh = "工单已是第 {actual} 版，您预期的是第 {expected} 版，请重新查看后再决定。"


class CommandIdTaken(Refusal):
    """The command id {id} was used before for another command: send this one under a new id."""

    zh = "命令编号 {id} 已用于另一条命令，请换一个编号重新提交。"
