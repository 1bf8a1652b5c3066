"""Looks whether the service works: reads the log and the row sets, and asks the scheduler."""
# ruff: noqa: S608 - what is put into statements are names of our own

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from api.engine import Engine
from api.http.problems import Defect
from api.queries.health import QUIET
from domain.kernel.refusals import UserFacingError
from scheduler.timers import Timers
from store.errors import StoreFault
from store.follower import FollowerState
from store.open import MEMORY, POSTGRES, views_path

log = logging.getLogger("guanjia.http")

Found = TypeVar("Found")
Identity = tuple[int, int] | None

PARTS: Final = {"projections": "views", Timers.name: "scheduler"}
"""What the parts of the answer are called that followers keep."""


class FileMoved(StoreFault):
    """The file {where} was moved, deleted or replaced while the service ran: stop the service,
    put the file back and start it again.
    """  # noqa: D205 - a docstring is the sentence shown

    zh = "文件 {where} 在服务运行时被移动、删除或替换，请停止服务，放回文件后重新启动。"


class SchedulerSilent(UserFacingError):
    """The scheduler has not looked at what is due for {age} seconds: restart the service."""

    zh = "调度器已 {age} 秒没有检查到期事项，请重新启动服务。"


class SchedulerFailed(UserFacingError):
    """The scheduler cannot record what is due: {problem}"""  # noqa: D400, D415 - a sentence follows

    zh = "调度器无法记录到期事项：{problem}"


class FollowerFailed(UserFacingError):
    """{follower} cannot follow the log: {problem}"""  # noqa: D400, D415 - a sentence follows

    zh = "{follower} 无法跟进日志：{problem}"


class Probe:
    """What `/health` does: it reads what questions and commands read, and says what it could not.

    The files are those that were there when it was made: a program goes on writing into a file
    that was moved away, and nobody would find it again.
    """

    def __init__(self, engine: Engine) -> None:
        """Note which files the engine has open."""
        self._engine = engine
        self._files = {path: _identity(path) for path in _files(engine.store)}

    def look(self) -> dict[str, Any]:
        """The state of every part, and what is wrong."""
        engine, faults = self._engine, _Faults()
        head = seen = rules = None
        same = bool(faults.of("files", self._same_files))
        if same:  # else a new connection would make new files
            head = faults.of("log", self._read_log)
            seen = faults.of("views", self._read_views)
            rules = faults.of("registers", lambda: engine.directory().rules.version)
        states = {state.name: state for state in engine.runner.states(positions=same)}
        for state in states.values():
            part = PARTS.get(state.name, state.name)
            if part not in faults.parts:
                faults.of(part, partial(_judge, state))
        timers = states[Timers.name]
        return {
            "status": "failing" if faults.found else "ok",
            "position": head,
            "views": {
                "position": seen,
                "lag": None if head is None or seen is None else max(head - seen, 0),
            },
            "scheduler": {
                "last_tick_age": round(timers.last_tick_age, 3),
                "recorded": timers.taken,
                "fault": timers.fault,
            },
            "followers": [
                {
                    "follower": state.name,
                    "position": state.position,
                    "lag": state.lag,
                    "last_tick_age": round(state.last_tick_age, 3),
                    "fault": state.fault,
                }
                for state in states.values()
            ],
            "rules": rules,
            "faults": faults.found,
        }

    def _read_log(self) -> int:
        """The head, after the last fact could be read and while others can be stored."""
        engine = self._engine
        if engine.log.fault is not None:
            raise engine.log.fault
        head = engine.log.head()
        for row in engine.log.rows(head - 1, 1):
            engine.codec.decode(row)
        return head

    def _read_views(self) -> int:
        """The position of the row sets, after a row of every table could be read."""
        views = self._engine.projector
        for view in views.row_sets.values():
            for table in view.tables:
                views.db.ask(f"SELECT {', '.join(table.names)} FROM {table.name} LIMIT 1")
        return 0 if views.diverged() else views.position()

    def _same_files(self) -> bool:
        for path, identity in self._files.items():
            if _identity(path) != identity:
                raise FileMoved(where=path)
        return True


def _judge(state: FollowerState) -> None:
    """Say what keeps a follower from its work; only timers must look at the clock all the time."""
    timers = state.name == Timers.name
    if state.fault is not None:
        raise (SchedulerFailed if timers else FollowerFailed)(
            follower=state.name, problem=state.fault
        )
    if timers and state.last_tick_age >= QUIET:
        raise SchedulerSilent(age=round(state.last_tick_age))


class _Faults:
    """What was found to be wrong, part by part."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    @property
    def parts(self) -> set[str]:
        """The parts in which something was found."""
        return {fault["part"] for fault in self.found}

    def of(self, part: str, look: Callable[[], Found]) -> Found | None:
        """What a look finds; what it fails with is noted."""
        try:
            return look()
        except UserFacingError as fault:
            self._note(part, fault)
        except Exception:
            log.exception("the probe of %s failed", part)
            self._note(part, Defect())
        return None

    def _note(self, part: str, fault: UserFacingError) -> None:
        self.found.append(
            {"part": part, "code": fault.code, "detail": fault.sentence,
             "detail_zh": fault.sentence_zh}
        )  # fmt: skip


def _files(store: str) -> tuple[Path, ...]:
    if store == MEMORY or store.startswith(POSTGRES):
        return ()
    return Path(store).expanduser(), views_path(store)


def _identity(path: Path) -> Identity:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
