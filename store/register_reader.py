"""The directory of registers as of the log: sites and rules, read from their own short streams."""

from __future__ import annotations

from collections.abc import Iterable

from domain.kinds.directory import REGISTER_FACTS, Directory
from domain.kinds.rules.facts import RULES_STREAM
from domain.kinds.site.facts import SITE_KIND
from store.codec import Codec, Row, topic_of
from store.log import Log

REGISTER_TOPICS = frozenset(map(topic_of, REGISTER_FACTS))


def read_directory(log: Log, codec: Codec) -> Directory:
    """The directory at the head of the log."""
    directory = Directory(codec.kinds)
    rows = [*log.stream(RULES_STREAM), *log.prefixed(f"{SITE_KIND}-")]
    take_registers(directory, rows, codec)
    return directory


def take_registers(directory: Directory, rows: Iterable[Row], codec: Codec) -> bool:
    """Let the register facts among some rows take effect; whether there were any."""
    changed = False
    for row in rows:
        if row.topic in REGISTER_TOPICS:
            directory.take(row.stream, row.version, codec.decode(row).fact)
            changed = True
    return changed
