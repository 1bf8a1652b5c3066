"""Faults of the store, each with a sentence: what is wrong, where, and what to do."""
# ruff: noqa: D205 - a docstring is the sentence shown, however long it is

from __future__ import annotations

from domain.kernel.refusals import UserFacingError


class StoreFault(UserFacingError):
    """The store {where} cannot be used: {problem}."""

    zh = "存储 {where} 无法使用：{problem}。"


class LogFromNewerVersion(StoreFault):
    """The log {where} holds {what}, written by a newer version: upgrade this program,
    nothing was changed.
    """

    zh = "日志 {where} 含有 {what}，由更新的版本写入，请升级本程序；未做任何修改。"


class LogFromOlderVersion(StoreFault):
    """The log {where} has format {format}, this version reads {reads}: create a new store
    and import the histories again.
    """

    zh = "日志 {where} 的格式为 {format}，本版本读取格式 {reads}，请新建存储并重新导入历史数据。"


class LogDamaged(StoreFault):
    """The database {where} is damaged ({problem}): restore it from a backup,
    nothing was changed.
    """

    zh = "数据库 {where} 已损坏（{problem}），请从备份恢复；未做任何修改。"


class LogAltered(StoreFault):
    """The tables of the log {where} are not as this program made them ({problem}): undo the change
    or restore a backup, nothing is written until then.
    """

    zh = "日志 {where} 的表结构被改动（{problem}），请撤销改动或从备份恢复，在此之前不会写入。"


class TablesDamaged(StoreFault):
    """The tables {where} are damaged ({problem}): ask again, they are being built anew
    from the log.
    """

    zh = "数据表 {where} 已损坏（{problem}），正在由日志重新生成，请稍后再查询。"


class RecordedBackwards(StoreFault):
    """A fact recorded at {at} cannot follow one recorded at {last} in the log {where}: check the
    clock of this machine, nothing was stored.
    """

    zh = (
        "日志 {where} 的最后一条事实记录于 {last}，不能再写入记录于 {at} 的事实，"
        "请检查本机时钟；未保存任何内容。"
    )


class ClockBehind(StoreFault):
    """The clock of this machine says {now}, but the log {where} was last written at {last}: set the
    clock right, nothing was stored.
    """

    zh = "本机时钟为 {now}，而日志 {where} 最后写入于 {last}，请校准时钟；未保存任何内容。"


class HeadMoved(StoreFault):
    """Another process wrote to the log {where} first: read what is new and decide again,
    nothing was stored.
    """

    zh = "另一个进程先写入了日志 {where}，请读取新内容后重新决定；未保存任何内容。"


class DiskFull(StoreFault):
    """The disk under {where} is full: free some space and try again,
    the last command was not stored.
    """

    zh = "{where} 所在磁盘已满，请腾出空间后重试；最后的命令没有保存。"


class StoreAway(StoreFault):
    """The database {where} does not answer ({problem}): start it or check the address,
    nothing was stored.
    """

    zh = "数据库 {where} 没有响应（{problem}），请启动它或检查地址；未保存任何内容。"


class CommitUnconfirmed(StoreAway):
    """The database {where} went away while storing ({problem}): repeat the command with its id,
    it is stored once at most.
    """

    zh = "数据库 {where} 在保存时断开（{problem}），请用同一命令编号重试；最多只会保存一次。"


class StoreBusy(StoreFault):
    """Another process holds {where} for writing: wait for it or stop it, nothing was stored."""

    zh = "另一个进程正在写入 {where}，请等待或停止它；未保存任何内容。"


class StoreMoved(StoreFault):
    """The file {where} was moved, deleted or replaced while in use: stop the program, put the file
    back and start again, nothing was stored.
    """

    zh = (
        "文件 {where} 在使用中被移走、删除或替换，"
        "请停止程序，放回原文件后重新启动；未保存任何内容。"
    )


class StoreReadOnly(StoreFault):
    """The store {where} cannot be written ({problem}): check its permissions."""

    zh = "存储 {where} 不可写（{problem}），请检查权限。"


class StoreExposed(StoreFault):
    """Other users of this machine may write the file {where} (mode {mode}): run chmod 600 {where},
    nothing is written until then.
    """

    zh = (
        "本机其他用户可以改写文件 {where}（权限 {mode}），"
        "请运行 chmod 600 {where}，在此之前不会写入。"
    )


class NoStore(StoreFault):
    """There is no store at {where}: create it with `guanjia init --store {where}`."""

    zh = "{where} 没有存储，请先运行 guanjia init --store {where}。"


class NotOurStore(StoreFault):
    """{where} holds something else ({problem}): choose another file or database, nothing was
    changed.
    """

    zh = "{where} 中是其他程序的数据（{problem}），请换一个文件或数据库；未做任何修改。"


class StoreUnknown(StoreFault):
    """{where} is neither a file path nor a postgresql:// address: name one of them with --store."""

    zh = "{where} 既不是文件路径也不是 postgresql:// 地址，请用 --store 指定。"
