"""Facts survive their bytes, and bytes stored by any earlier version are still read."""

import dataclasses
import inspect
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from domain.kernel.facts import Fact, Recorded
from domain.kernel.personal import Personal
from domain.kinds import KINDS
from store.codec import Codec, topic_of
from store.errors import LogDamaged, LogFromNewerVersion
from store.rows import Row
from tests import golden

CODEC = Codec()
PINNED = golden.pinned()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
each_fact = pytest.mark.parametrize("fact", KINDS.facts, ids=lambda fact: fact.__name__)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
whole = st.integers(-(2**63), 2**63 - 1)
instants = st.integers(-(2**51), 2**52).map(lambda us: EPOCH + timedelta(microseconds=us))
any_instant = st.datetimes(timezones=st.just(UTC))
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | whole | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
st.register_type_strategy(str, texts)
st.register_type_strategy(int, whole)
st.register_type_strategy(datetime, instants)
st.register_type_strategy(Personal, st.builds(Personal, text=texts, of=texts))


def any_value(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is Mapping:
        values = json_values if get_args(hint)[1] is Any else any_value(get_args(hint)[1])
        return st.dictionaries(texts, values, max_size=3)
    return st.from_type(hint)


@cache
def any_fact(fact: type[Fact]) -> st.SearchStrategy[Fact]:
    hints = get_type_hints(fact)
    fields = {field.name: any_value(hints[field.name]) for field in dataclasses.fields(fact)}
    return st.fixed_dictionaries(fields).map(lambda values: fact(**values))


@cache
def any_recorded(fact: type[Fact]) -> st.SearchStrategy[Recorded]:
    counts = st.integers(1, 2**63 - 1)
    return st.builds(
        Recorded,
        stream=texts,
        version=counts,
        position=counts,
        fact=any_fact(fact),
        occurred_at=instants,
        recorded_at=any_instant,
        actor=texts,
        command=texts,
        site=texts,
        rules=whole,
        correlation=st.none() | texts,
        causation=st.none() | texts,
    )


@each_fact
def test_a_fact_survives_its_bytes(fact: type[Fact]):
    @given(any_recorded(fact))
    def survives(recorded: Recorded) -> None:
        row = CODEC.encode(recorded)
        assert row.topic == topic_of(fact)
        assert row[:3] == (recorded.position, recorded.stream, recorded.version)
        assert row.recorded_at == (recorded.recorded_at - EPOCH) // timedelta(microseconds=1)
        assert (row.digest, row.chain) == (b"", b"")
        again = CODEC.decode(row)
        assert again == recorded
        assert type(again.fact) is fact
        assert CODEC.encode(again) == row

    survives()


@each_fact
def test_a_document_repeats_no_column(fact: type[Fact]):
    document = json.loads(CODEC.encode(golden.recorded(first(fact))).state)
    assert set(document) == {
        "fact", "occurred_at", "actor", "command", "site", "rules", "correlation", "causation",
        "known_at",
    }  # fmt: skip


@settings(max_examples=50)
@given(st.lists(st.one_of([any_recorded(fact) for fact in KINDS.facts]), max_size=5))
def test_a_stream_read_at_once_says_what_its_rows_say(recorded: list[Recorded]):
    found = CODEC.decode_stream([CODEC.encode(one) for one in recorded])
    names = (*Recorded._fields, "type", "schema")
    assert [tuple(getattr(one, name) for name in names) for one in found] == [
        tuple(getattr(one, name) for name in names) for one in recorded
    ]


def test_stored_names_are_different_and_free_of_packages():
    names = [topic_of(fact) for fact in KINDS.facts]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Za-z]+(\.v[0-9]+)?", name)] == []


@each_fact
def test_a_fact_is_what_the_log_can_keep(fact: type[Fact]):
    assert dataclasses.is_dataclass(fact)
    parameters = fact.__dataclass_params__
    assert parameters.frozen
    assert parameters.eq
    assert "__slots__" in vars(fact)
    kinds = {parameter.kind for parameter in inspect.signature(fact).parameters.values()}
    assert kinds <= {inspect.Parameter.KEYWORD_ONLY}


# What was stored once is read for ever


def test_every_type_is_pinned():
    missing = sorted({topic_of(fact) for fact in KINDS.facts} - set(PINNED))
    assert not missing, f"not pinned yet, run `python -m tests.golden`: {missing}"


def test_every_pinned_name_is_still_read():
    gone = sorted(set(PINNED) - CODEC.topics)
    assert not gone, f"stored names are never taken away or renamed: {gone}"


@pytest.mark.parametrize("topic", PINNED)
def test_a_pinned_document_is_read_as_it_was_written(topic: str):
    """Only a field with a default may be added without a new schema version."""
    assert PINNED[topic]
    for document in PINNED[topic]:
        recorded = CODEC.decode(golden.row_of(topic, document))
        assert (recorded.actor, recorded.command) == (document["actor"], document["command"])
        again = CODEC.encode(recorded)
        if again.topic == topic:
            assert not lost(document, json.loads(again.state), topic)


@pytest.mark.parametrize("topic", PINNED)
def test_a_pinned_document_fills_every_field(topic: str):
    """A field that was added later is pinned by adding a document to the file."""
    known = {topic_of(fact): fact for fact in KINDS.facts}
    if topic in known:
        fields = {field.name for field in dataclasses.fields(known[topic])}
        assert {name for document in PINNED[topic] for name in document["fact"]} == fields


def lost(before: Any, after: Any, where: str) -> list[str]:
    """Where something of the document before is missing or different after."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            place
            for name, value in before.items()
            for place in (
                lost(value, after[name], f"{where}.{name}")
                if name in after
                else [f"{where}.{name}"]
            )
        ]
    return [] if before == after else [where]


def test_what_is_lost_is_found():
    before = {"fact": {"by": "甲", "level": 3}, "list": [1]}
    assert lost(before, {**before, "more": 1}, "d") == []
    assert lost(before, {"fact": {"by": "乙"}, "list": [1, 2]}, "d") == [
        "d.fact.by",
        "d.fact.level",
        "d.list",
    ]


def test_pinning_again_changes_nothing():
    assert golden.pin_missing() == []


# Shapes that have changed


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LiftStopped(Fact):
    """A type whose third shape has minutes instead of hours, and a place."""

    schema: ClassVar[int] = 3
    minutes: int
    place: str
    since: datetime


def in_minutes(data: dict[str, Any]) -> dict[str, Any]:
    return {"minutes": data.pop("hours") * 60, **data}


def with_place(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "place": "未知"}


CHANGED = Codec(
    facts=[LiftStopped],
    upcasters={("LiftStopped", 1): in_minutes, ("LiftStopped", 2): with_place},
)
SINCE = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def stored(topic: str, **data: Any) -> Row:
    recorded = golden.recorded(LiftStopped(minutes=1, place="", since=SINCE))
    document = json.loads(CHANGED.encode(recorded).state)
    return golden.row_of(topic, {**document, "fact": data})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (stored("LiftStopped", hours=2, since="2026-03-02T08:30:00Z"), (120, "未知")),
        (stored("LiftStopped.v2", minutes=90, since="2026-03-02T08:30:00Z"), (90, "未知")),
        (
            stored("LiftStopped.v3", minutes=5, place="1号楼", since="2026-03-02T08:30:00Z"),
            (5, "1号楼"),
        ),
    ],
)
def test_every_old_shape_is_read_as_the_newest(row: Row, expected: tuple[int, str]):
    newest = LiftStopped(minutes=expected[0], place=expected[1], since=SINCE)
    assert CHANGED.decode(row).fact == newest
    (one,) = CHANGED.decode_stream([row])
    assert one.fact == newest
    assert CHANGED.encode(CHANGED.decode(row)).topic == "LiftStopped.v3"


def test_all_shapes_of_a_type_are_known_names():
    assert CHANGED.topics == {"LiftStopped", "LiftStopped.v2", "LiftStopped.v3"}


def test_a_type_without_all_its_upcasters_is_refused():
    with pytest.raises(KeyError):
        Codec(facts=[LiftStopped], upcasters={("LiftStopped", 2): with_place})


def test_a_defect_of_an_upcaster_is_no_newer_version():
    row = stored("LiftStopped", since="2026-03-02T08:30:00Z")
    with pytest.raises(KeyError, match="hours"):
        CHANGED.decode(row)
    with pytest.raises(KeyError, match="hours"):
        CHANGED.decode_stream([row])


def test_a_shape_that_is_too_new_is_told():
    row = stored("LiftStopped.v4", minutes=5, place="1号楼", since="2026-03-02T08:30:00Z")
    with pytest.raises(LogFromNewerVersion, match=r"position 11.*LiftStopped\.v4"):
        CHANGED.decode(row)
    known = stored("LiftStopped.v2", minutes=90, since="2026-03-02T08:30:00Z")
    with pytest.raises(LogFromNewerVersion, match=r"position 11.*LiftStopped\.v4"):
        CHANGED.decode_stream([known, row])


def test_a_type_nobody_knows_is_told():
    row = stored("MeteoriteFell", size=3)
    with pytest.raises(LogFromNewerVersion, match="MeteoriteFell"):
        CODEC.decode(row)


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"{",
        b"null",
        b"[1]",
        b'{"fact":{}}',
        b"\xff\xfe",
        b'{"actor":"\xff"}',
        b"[" * 100_000,
    ],
)
def test_bytes_that_are_no_document_are_damage(state: bytes):
    row = Row(7, "lift-1", 1, "LiftStopped.v3", 1, state)
    with pytest.raises(LogDamaged, match="position 7"):
        CHANGED.decode(row)
    with pytest.raises(LogDamaged, match="position 7"):
        CHANGED.decode_stream([row])


@pytest.mark.parametrize("topic", ["LiftStopped", "LiftStopped.v2", "LiftStopped.v3"])
def test_a_field_of_another_type_is_damage(topic: str):
    row = stored(topic, hours=1, minutes="many", place="1号楼", since="yesterday")
    with pytest.raises(LogDamaged, match="position 11"):
        CHANGED.decode(row)
    with pytest.raises(LogDamaged):
        CHANGED.decode_stream([row])


# Personal data


@given(texts.filter(lambda text: len(text) > 3), texts)
def test_the_text_of_personal_data_is_never_shown(text: str, of: str):
    personal = Personal(f"某人{text}某人", of)
    for shown in (repr(personal), str(personal), f"{personal}", f"{[personal]}"):
        assert f"某人{text}某人" not in shown


@each_fact
def test_a_fact_shown_shows_nothing_personal(fact: type[Fact]):
    for example in golden.examples_of(fact):
        assert "13800000000" not in repr(example)


def test_some_facts_carry_personal_data():
    with_personal = [
        fact for fact in KINDS.facts if "13800000000" in str(msgspec.to_builtins(first(fact)))
    ]
    assert len(with_personal) > 5


def first(fact: type[Fact]) -> Fact:
    return next(golden.examples_of(fact))
