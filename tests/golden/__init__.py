"""Examples of every fact, and the stored documents that pin how facts are kept."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from domain.kernel.facts import Fact, Recorded
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from store.codec import Codec, topic_of
from store.rows import Row, micros

FACTS = Path(__file__).parent / "facts"
DOCUMENT = {"text": "北京", "number": 7, "share": 0.5, "yes": True, "none": None, "list": [1, {}]}
PLAIN: dict[Any, Any] = {
    str: "甲",
    int: 3,
    bool: True,
    float: 2.5,
    datetime: datetime(2026, 3, 2, 8, 30, 15, 250_000, UTC),
    date: date(2026, 3, 2),
    time: time(8, 30),
    timedelta: timedelta(hours=26),
    Personal: Personal("电话 13800000000", "A/1-101"),
    Any: "任意",
}


def values_of(hint: Any) -> list[Any]:
    """Every value of a type that is worth pinning, the plainest first."""
    hint = getattr(hint, "__supertype__", hint)
    arguments = get_args(hint)
    if hint in PLAIN:
        return [PLAIN[hint]]
    if get_origin(hint) in {Union, UnionType}:
        return [value for kind in arguments if kind is not NoneType for value in values_of(kind)]
    if get_origin(hint) is tuple:
        return [(values_of(arguments[0])[0], values_of(arguments[0])[-1])]
    if get_origin(hint) is Mapping:
        return [DOCUMENT if arguments[1] is Any else {"类": values_of(arguments[1])[0]}]
    if issubclass(hint, Enum):
        return list(hint)
    return list(examples_of(hint))


def examples_of(kind: Any) -> Iterator[Any]:
    """With all its fields, with only those it needs, and with each choice of each field."""
    hints = get_type_hints(kind)
    fields = {field.name: values_of(hints[field.name]) for field in dataclasses.fields(kind)}
    plain = {name: values[0] for name, values in fields.items()}
    yield kind(**plain)
    needed = {f.name for f in dataclasses.fields(kind) if _has_no_default(f)}
    if needed != set(plain):
        yield kind(**{name: plain[name] for name in needed})
    for name, values in fields.items():
        for value in values[1:]:
            yield kind(**{**plain, name: value})


def recorded(fact: Fact, number: int = 1) -> Recorded:
    """A fact in an envelope whose every field is filled; the second of each type has the barest."""
    at = PLAIN[datetime]
    return Recorded(
        stream="complaint-A-2026-0001",
        version=number,
        position=number + 10,
        fact=fact,
        occurred_at=at,
        recorded_at=at + timedelta(minutes=5),
        actor="staff-zhao",
        command=f"command-{number}",
        site="" if number == 2 else "A",
        rules=0 if number == 2 else 4,
        correlation=None if number == 2 else "correlation-1",
        causation=None if number == 2 else "causation-1",
        known_at=None if number == 2 else at + timedelta(minutes=1),
    )


def documents_of(fact: type[Fact]) -> list[Any]:
    """The documents the log would keep of the examples of a type."""
    codec = Codec()
    examples = enumerate(examples_of(fact), start=1)
    return [json.loads(codec.encode(recorded(one, n)).state) for n, one in examples]


def row_of(topic: str, document: Mapping[str, Any], number: int = 1) -> Row:
    """The row that a pinned document was taken from."""
    state = json.dumps(document, ensure_ascii=False).encode()
    recorded_at = micros(PLAIN[datetime] + timedelta(minutes=5))
    return Row(number + 10, "complaint-A-2026-0001", number, topic, recorded_at, state)


def pinned() -> dict[str, list[Any]]:
    """The documents of every stored name that was ever pinned."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FACTS.glob("*.json"))}


def pin_missing() -> list[Path]:
    """Write a file for each type that has none; what is pinned is never written again."""
    written = []
    for fact in KINDS.facts:
        path = FACTS / f"{topic_of(fact)}.json"
        if not path.exists():
            text = json.dumps(documents_of(fact), ensure_ascii=False, indent=2)
            path.write_text(text + "\n", "utf-8")
            written.append(path)
    return written


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
