"""For the registers as of the log: sites and rules, read from their own short streams."""

from __future__ import annotations

from collections.abc import Iterable

from domain.registers import REGISTER_FACTS, RULES_STREAM, SITE_KIND, Registers
from store.codec import Codec, Row, topic_of
from store.log import Log

REGISTER_TOPICS = frozenset(map(topic_of, REGISTER_FACTS))


def read_registers(log: Log, codec: Codec) -> Registers:
    """The registers at the head of the log."""
    registers = Registers()
    rows = [*log.stream(RULES_STREAM), *log.prefixed(f"{SITE_KIND}-")]
    take_registers(registers, rows, codec)
    return registers


def take_registers(registers: Registers, rows: Iterable[Row], codec: Codec) -> bool:
    """Let the register facts among some rows take effect; whether there were any."""
    changed = False
    for row in rows:
        if row.topic in REGISTER_TOPICS:
            registers.take(row.stream, row.version, codec.decode(row).fact)
            changed = True
    return changed
