"""The files of a SQLite log: whose they are, who may write them, whether they are still there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import apsw

from domain.kernel.refusals import Phrase
from store.errors import (
    LogFromNewerVersion,
    LogFromOlderVersion,
    NotOurStore,
    StoreExposed,
    StoreMoved,
)
from store.log import FORMAT, Remark
from store.sqlite_engine import FIXED, connect_to_read, number, raising_faults, safe, version

APPLICATION_ID: Final = int.from_bytes(b"gjia")
"""What the header of our files says, so that other programs and `file` can tell whose they are."""

BESIDE: Final = ("", "-wal", "-shm")
OTHERS_READ, OTHERS_WRITE = stat.S_IRGRP | stat.S_IROTH, stat.S_IWGRP | stat.S_IWOTH


def is_made(path: Path) -> bool:
    """Whether there is a log of this format in a file; an empty file is none.

    Raises:
        NotOurStore, LogFromNewerVersion, LogFromOlderVersion: there is something else in it.
        LogDamaged: it is no database.
    """
    if not path.is_file() or not path.stat().st_size:
        return False
    connection = connect_to_read(path)
    try:
        with raising_faults(path):
            return is_made_in(connection, path)
    finally:
        connection.close()


def is_made_in(connection: apsw.Connection, path: Path) -> bool:
    """The same of an open database."""
    found = number(connection, "PRAGMA user_version")
    owner = number(connection, "PRAGMA application_id")
    names = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if owner == APPLICATION_ID and found > FORMAT:
        raise LogFromNewerVersion(where=path, what=f"format {found}")
    if owner == APPLICATION_ID and found == FORMAT:
        return True
    if owner == APPLICATION_ID or (found == 1 and {"log", "answered"} <= names):
        raise LogFromOlderVersion(where=path, format=found, reads=FORMAT)
    if owner:
        problem = Phrase(f"its application id is {owner}", f"其应用标识为 {owner}")
        raise NotOurStore(where=path, problem=problem)
    if names:
        shown = ", ".join(sorted(names)[:3])
        raise NotOurStore(where=path, problem=Phrase(f"tables {shown}", f"表 {shown}"))
    return False


class Files:
    """The files of an open log, as they were when it was opened.

    ``all_of_them`` includes those beside the database, which stay as long as a writer has it open.
    """

    def __init__(self, path: Path, *, all_of_them: bool) -> None:
        """Remember which files they are."""
        self.path = path
        names = BESIDE if all_of_them else BESIDE[:1]
        self._paths = [path.with_name(path.name + name) for name in names]
        self._places = self._found()

    def must_be_there(self) -> None:
        """Check that the same files are still at their paths.

        Raises:
            StoreMoved: one is not.
        """
        if self._found() != self._places:
            raise StoreMoved(where=self.path)

    def _found(self) -> list[tuple[int, int] | None]:
        return [_place(path) for path in self._paths]


def _place(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - asked at every append, and twice as fast
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def exposed(path: Path) -> StoreExposed | None:
    """The fault of a file that other users may write."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & OTHERS_WRITE:
        return StoreExposed(where=path, mode=f"{mode:03o}")
    return None


def remarks(path: Path) -> list[Remark]:
    """What is to be said of the SQLite in use and of who may read the file."""
    return [_of_version(), _of_mode(path)]


def _of_version() -> Remark:
    found, least = version(), ".".join(map(str, FIXED))
    if safe():
        english = f"SQLite {found} is free of the known write-ahead log corruption."
        chinese = f"SQLite {found} 没有已知的预写日志损坏问题。"
        return Remark("sqlite", fine=True, sentence=Phrase(english, chinese))
    return Remark(
        "sqlite",
        fine=False,
        sentence=Phrase(
            f"SQLite {found} can damage a database that two connections write:"
            f" use {least} or newer.",
            f"SQLite {found} 在两个连接同时写入时可能损坏数据库，请使用 {least} 或更新版本。",
        ),
    )


def _of_mode(path: Path) -> Remark:
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name != "posix" or not mode & (OTHERS_READ | OTHERS_WRITE):
        return Remark(
            "permissions",
            fine=True,
            sentence=Phrase("Only its owner may read the log.", "只有所有者可以读取日志。"),
        )
    return Remark(
        "permissions",
        fine=False,
        sentence=Phrase(
            f"Other users of this machine may read the log (mode {mode:03o}):"
            f" run chmod 600 {path}.",
            f"本机其他用户可以读取日志（权限 {mode:03o}），请运行 chmod 600 {path}。",
        ),
    )
