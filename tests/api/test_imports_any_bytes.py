"""Whatever a file holds, reading it ends in a document, in rows, or in one sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from pathlib import Path

from hypothesis import given, strategies as st

from api.imports.announced_days import with_announced_days
from api.imports.backfill import backfill
from api.imports.documents import read_document
from api.imports.files import FileInvalid
from api.imports.mapping import load_calendar, load_mapping, load_rulebook
from store.sqlite import SQLiteLog
from tests.support.old_repairs import MAPPING, NOW, RULEBOOK, office

ROOT = Path(__file__).resolve().parents[2]
LOADERS = (
    load_mapping, load_rulebook, load_calendar, partial(with_announced_days, published=None),
)  # fmt: skip
SHIPPED = [
    *ROOT.glob("examples/*/*.yaml"), *ROOT.glob("api/rulebooks/*.yaml"),
    *ROOT.glob("api/calendars/*.json"),
]  # fmt: skip
FRAGMENTS = [
    *"[]{}:,-'\"|>#?!%@`~\\\t\n\r\0\ufeff\x85é１ ", "&a ", "*a", "<<", "---", "...", "\n  ",
    "!!str ", "%YAML 1.1\n", "\\U00110000", "9" * 17, "1e999", "{id", "%d%d", "undefined", "idna",
    "repair-{id}", "lapsed", "24h", "９９h", "50%", "Asia", "..", "/dev/zero",
]  # fmt: skip


@st.composite
def hostile(draw) -> bytes:
    """Bytes of any kind, or a shipped document with some of it replaced."""
    fragment = st.sampled_from(FRAGMENTS).map(str.encode) | st.binary(max_size=4)
    if draw(st.booleans()):
        return b"".join(draw(st.lists(fragment, max_size=20)))
    content = draw(st.sampled_from(SHIPPED)).read_bytes()
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        gone = draw(st.integers(0, 30))
        content = content[:start] + draw(fragment) + content[start + gone :]
    return content


@given(content=hostile(), ending=st.sampled_from(["yaml", "json"]))
def test_any_bytes_end_in_a_document_or_in_one_sentence(tmp_path_factory, content, ending):
    """As mapping, rulebook, calendar and holiday notice: never another exception."""
    path = tmp_path_factory.mktemp("any") / f"a.{ending}"
    path.write_bytes(content)
    for load in LOADERS:
        with suppress(FileInvalid):
            load(path)


TEXTS = [
    "report_repair", "repair-{id}", "{", "{}", '{"', "iso", "%d%d", "a" * 300 + ".x", "\0.x",
    "Mars", "\ud800", "cn", ".", "1h", "50%", "reported", "mon-fri", "2026-13-01", "x", "",
]  # fmt: skip
STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1, 1)
    | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(TEXTS), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: object) -> list[tuple]:
    """The path of every part of a document."""
    found = []
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            found += [(key,), *((key, *inner) for inner in places(part))]
    return found


@given(data=st.data(), origin=st.sampled_from(SHIPPED), strange=STRANGE)
def test_any_value_anywhere_ends_in_a_document_or_in_one_sentence(
    tmp_path_factory, data, origin, strange
):
    """Every part of every shipped document, replaced by what nobody expects there."""
    document = json.loads(json.dumps(read_document(origin).value))
    *way, last = data.draw(st.sampled_from(places(document)))
    part = document
    for key in way:
        part = part[key]
    if isinstance(part, dict) and data.draw(st.booleans()):
        last = data.draw(st.sampled_from(TEXTS))
    part[last] = strange
    path = tmp_path_factory.mktemp("strange") / "a.json"
    path.write_text(json.dumps(document))
    for load in (load_mapping, load_rulebook, load_calendar):
        with suppress(FileInvalid):
            load(path)


ODD_CELLS = st.sampled_from(
    [
        "1", "2", "3", "lift", "2026-01-05 08:00", "2026-01-06 08:00", "2026-01-09T23:59+08:00",
        "2199-01-01", "0001-01-01", "9999-12-31T23:59:59-14:00", "１", "7" * 5000, "x" * 501, "\0",
        "a b", "/", "\u202e", '"', '""', '"a\nb"', "", " ", "nan", "=1", "\x85",
    ]
)  # fmt: skip


@given(
    rows=st.lists(st.lists(ODD_CELLS, min_size=4, max_size=6), max_size=6),
    tail=st.binary(max_size=3),
    order=st.sampled_from(["", "order: [closed, id]\n", "keep_order: true\n"]),
)
def test_any_rows_are_imported_or_rejected_and_the_same_again(tmp_path_factory, rows, tail, order):
    """Whatever the cells hold: never another exception, and a second run adds nothing."""
    folder = tmp_path_factory.mktemp("rows")
    (folder / "mapping.yaml").write_text(order + MAPPING, "utf-8")
    (folder / "rulebook.yaml").write_text(RULEBOOK, "utf-8")
    text = "\n".join(["id,kind,opened,accepted,closed", *map(",".join, rows)])
    (folder / "rows.csv").write_bytes(text.encode() + b"\n" + tail)
    mapping = load_mapping(folder / "mapping.yaml")
    log = SQLiteLog(folder / "log.db")
    first = backfill(mapping, folder / "rows.csv", office(log), until=NOW)
    again = backfill(mapping, folder / "rows.csv", office(log), until=NOW)
    assert (again.facts, again.codes) == (0, first.codes)
    assert first.rejects + first.commands >= first.rows > -1
    log.close()
