"""The faults of a damaged log: what is wrong, and at which position of which stream."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from domain.kernel.refusals import Phrase
from store.errors import LogDamaged

P = ParamSpec("P")
Found = TypeVar("Found")


class Damageable(Protocol):
    """What stops being written once damage to it was seen."""

    def note_damage(self, fault: LogDamaged) -> None:
        """Refuse to write from now on."""


Log = TypeVar("Log", bound=Damageable)


def noting_damage(
    read: Callable[Concatenate[Log, P], Found],
) -> Callable[Concatenate[Log, P], Found]:
    """Let the damage that a way of reading a log comes upon stop the writing to it."""

    @wraps(read)
    def reading(log: Log, /, *args: P.args, **kwargs: P.kwargs) -> Found:
        try:
            return read(log, *args, **kwargs)
        except LogDamaged as fault:
            log.note_damage(fault)
            raise

    return reading


def changed(position: object, stream: object, where: object) -> LogDamaged:
    """A row does not match its digest."""
    return _damaged(
        where,
        f"the fact at position {position} of stream {stream} was changed",
        f"位置 {position}（流 {stream}）的事实被改动",
    )


def misplaced(position: object, stream: object, where: object) -> LogDamaged:
    """The versions of a stream do not follow each other."""
    return _damaged(
        where,
        f"the stream {stream} has missing or misplaced facts near position {position}",
        f"流 {stream} 在位置 {position} 附近有事实缺失或错位",
    )


def missing_after(position: int, where: object) -> LogDamaged:
    """Positions have a gap."""
    return _damaged(
        where,
        f"the fact that follows position {position} is missing",
        f"位置 {position} 之后的事实缺失",
    )


def broken_at(position: int, where: object) -> LogDamaged:
    """The chained hash of a row does not follow from the row before it."""
    return _damaged(
        where,
        f"the fact at position {position} does not follow the one before it",
        f"位置 {position} 的事实与前一条不衔接",
    )


def ends_elsewhere(counted: int, found: int, where: object) -> LogDamaged:
    """The last rows or receipts are gone, or were added by something else."""
    return _damaged(
        where,
        f"it ends at position {found}, its receipts end at {counted}",
        f"日志止于位置 {found}，而回执止于 {counted}",
    )


def shrunk(seen: int, found: int, where: object) -> LogDamaged:
    """Rows are gone that were there a moment ago."""
    return _damaged(
        where,
        f"it ends at position {found}, it ended at {seen} before",
        f"日志止于位置 {found}，而此前止于 {seen}",
    )


def unindexed(noted: int, found: int, where: object) -> LogDamaged:
    """The index by which streams are read has too few or too many rows."""
    return _damaged(
        where,
        f"of {noted} facts the index of streams has {found}",
        f"流的索引应有 {noted} 条事实，实有 {found} 条",
    )


def disordered(stream: str, where: object) -> LogDamaged:
    """The index by which streams are read is out of order."""
    return _damaged(
        where,
        f"the index of streams is out of order near {stream}",
        f"流的索引在 {stream} 附近顺序有误",
    )


def topic_missing(topic: str, where: object) -> LogDamaged:
    """A row has a topic that was never entered."""
    return _damaged(where, f"the topic {topic} is missing", f"主题 {topic} 缺失")


def receipt_changed(command: object, where: object) -> LogDamaged:
    """A receipt does not match its digest, or not the log."""
    return _damaged(
        where, f"the receipt of command {command} was changed", f"命令 {command} 的回执被改动"
    )


def receipts_missing(noted: int, found: int, where: object) -> LogDamaged:
    """Receipts are gone."""
    return _damaged(
        where, f"of {noted} receipts {found} are there", f"应有 {noted} 条回执，实有 {found} 条"
    )


def _damaged(where: object, english: str, chinese: str) -> LogDamaged:
    return LogDamaged(where=where, problem=Phrase(english, chinese))
