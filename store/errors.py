"""For faults of the store, said in one sentence: what, where, what to do."""
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


class LogDamaged(StoreFault):
    """The database {where} is damaged ({problem}): restore it from a backup,
    nothing was changed.
    """

    zh = "数据库 {where} 已损坏（{problem}），请从备份恢复；未做任何修改。"


class TablesDamaged(StoreFault):
    """The tables {where} are damaged ({problem}): ask again, they are being built anew
    from the log.
    """

    zh = "数据表 {where} 已损坏（{problem}），正在由日志重新生成，请稍后再查询。"


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


class StoreReadOnly(StoreFault):
    """The store {where} cannot be written ({problem}): check its permissions."""

    zh = "存储 {where} 不可写（{problem}），请检查权限。"


class NoStore(StoreFault):
    """There is no store at {where}: create it with `guanjia init --store {where}`."""

    zh = "{where} 没有存储，请先运行 guanjia init --store {where}。"


class StoreUnknown(StoreFault):
    """{where} is neither a file path nor a postgresql:// address: name one of them with --store."""

    zh = "{where} 既不是文件路径也不是 postgresql:// 地址，请用 --store 指定。"
