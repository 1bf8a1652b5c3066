"""Documents from outside: any bytes end in a document or in one sentence, within limits."""

from __future__ import annotations

import json
import os
import socket
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, strategies as st

from api.imports import yaml_lines
from api.imports.announced_days import with_announced_days
from api.imports.files import FileInvalid
from api.imports.json_lines import read_json
from api.imports.limits import DIGITS, DOCUMENT_BYTES, DOCUMENT_LINE
from api.imports.mapping import load_calendar, load_mapping, load_rulebook
from api.imports.written import Builder, Part
from api.imports.yaml_lines import read_yaml
from domain.kernel.documents import DEEPEST, MOST_VALUES

ROOT = Path(__file__).resolve().parents[2]
LOADERS = {
    "mapping": load_mapping,
    "rulebook": load_rulebook,
    "calendar": load_calendar,
    "days": partial(with_announced_days, published=None),
}


@pytest.fixture(params=sorted(LOADERS))
def load(request):
    return LOADERS[request.param]


@pytest.fixture(params=["libyaml", "python"])
def parser(request, monkeypatch):
    """Each of the two parsers that an installed PyYAML may have."""
    if request.param == "python":
        monkeypatch.setattr(yaml_lines, "LOADER", yaml.SafeLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("this PyYAML was built without libyaml")


def fault_of(read, path: Path, content: str | bytes | None = None) -> FileInvalid:
    """The fault that reading ends in; its sentence is one line of bearable length."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(FileInvalid) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:{caught.value.line}: ")
    assert len(said) < 1000
    return caught.value


def test_only_regular_files_are_read(load, tmp_path):
    """A directory, a pipe, a socket and a device are named as such, at once."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        places = {"folder": "a directory", "pipe": "a pipe", "socket": "a socket"}
        for name, kind in places.items():
            fault = fault_of(load, tmp_path / name)
            assert fault.sentence == f"this is {kind}: name a regular file."
    fault = fault_of(load, Path("/dev/zero"))
    assert fault.sentence == "this is a device: name a regular file."
    assert fault.sentence.zh == "这是设备，请指定普通文件。"


def test_a_pipe_put_in_the_files_place_does_not_block(tmp_path, monkeypatch):
    """What was opened is looked at again, and opening does not wait for a writer."""
    os.mkfifo(tmp_path / "pipe")
    regular = tmp_path / "regular"
    regular.write_text("x")
    found = regular.stat()
    monkeypatch.setattr(Path, "stat", lambda _self: found)
    assert fault_of(read_yaml, tmp_path / "pipe").sentence.startswith("this is a pipe")


@pytest.mark.parametrize("name", ["nothing", "a" * 300, "nul\0", "\ud800"])
def test_a_name_without_a_file_is_said(load, tmp_path, name):
    """Whatever the name looks like."""
    with pytest.raises(FileInvalid):
        load(tmp_path / f"{name}.yaml")


def test_no_more_than_the_limit_is_read(load, tmp_path):
    """A file of a terabyte takes no longer than one of a megabyte."""
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    fault = fault_of(load, path)
    assert fault.sentence.startswith(f"the file is larger than {DOCUMENT_BYTES:,} bytes")


def test_a_file_of_exactly_the_limit_is_read(tmp_path):
    """The limit itself is allowed, one byte more is not."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps("x" * (DOCUMENT_BYTES - 2)))
    assert len(read_json(path).value) == DOCUMENT_BYTES - 2
    path.write_text(json.dumps("x" * (DOCUMENT_BYTES - 1)))
    fault_of(read_json, path)


def test_what_is_not_utf_8_is_named_by_its_line(load, tmp_path):
    """The line of the first wrong byte."""
    fault = fault_of(load, tmp_path / "a.yaml", b"a: 1\nb: \xff\n")
    assert (fault.line, fault.sentence) == (2, "the file is not UTF-8: save it as UTF-8.")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
TOWER = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000))
FAULTS = {
    "alias bomb": (BOMB, f"more than {MOST_VALUES:,} values, aliases counted in full", 6),
    "aliases that nest": (TOWER, f"nested more than {DEEPEST} deep", DEEPEST),
    "alias inside itself": ("x: 1\na: &a [*a]\n", "the alias *a stands inside what it names", 2),
    "alias without anchor": ("x: 1\na: *b\n", "alias", 2),
    "nested lists": ("a:\n" + " [\n" * 300_000, f"nested more than {DEEPEST} deep", DEEPEST + 1),
    "nested keys": ("\n".join(" " * n + "a:" for n in range(900)), "nested more than", DEEPEST + 1),
    "nested dashes": ("- " * 9_000, "nested more than", 1),
    "many values": ("[" + "x,\n" * (MOST_VALUES + 1) + "]", "values", MOST_VALUES),
    "long line": (f"a: 1\nb: {'x' * DOCUMENT_LINE}\n", f"at most {DOCUMENT_LINE:,} are taken", 2),
    "digits": (f"a: 1\nb: {'7' * 5000}\n", f"at most {DIGITS} digits", 2),
    "fraction": (f"a: 1\nb: 0.{'7' * 5000}\n", f"at most {DIGITS} digits", 2),
    "control character": ("a: 1\nb: \x00\n", "the character U+0000 is not allowed", 2),
    "no character": ('a: 1\nb: "\\UFFFFFFFF"\n', "this is not YAML", 2),
    "unclosed quote": ("a: 1\nb: 'x\nc: 2\nd: 3\n", "this is not YAML", 2),
    "unclosed bracket": ("a: 1\nb: [x,\n", "this is not YAML", 2),
    "two documents": ("a: 1\n---\nb: 2\n", "several documents", 2),
    "tag": ("a: 1\nb: !!str 2\n", "the tag", 2),
    "tagged list": ("a: 1\nb: !x [2]\n", "the tag", 2),
    "list as key": ("a: 1\n? [b]\n: 2\n", "a key must be a text", 2),
    "alias as key": ("a: &a 1\n*a : 2\n", "a key must be a text", 2),
    "key twice": ("a: 1\nb: 2\na: 3\n", "the key 'a' is here twice", 3),
    "huge version": (f"%YAML {'9' * 5000}.1\n---\na: 1\n", "this is not YAML", 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_yaml_beyond_a_limit_is_named_by_its_line(parser, tmp_path, name):
    """One sentence with what is allowed, before anything is built."""
    text, words, line = FAULTS[name]
    fault = fault_of(read_yaml, tmp_path / "a.yaml", text)
    assert words in fault.sentence
    assert fault.line == line


def test_limits_themselves_are_allowed(parser, tmp_path):
    """As deep, as long and with as many digits as can be."""
    deep: object = "x"
    for _ in range(DEEPEST):
        deep = [deep]
    for value in (deep, int("9" * DIGITS), "x" * (DOCUMENT_LINE - 3)):
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(value, default_flow_style=True, width=1e9))
        assert read_yaml(tmp_path / "a.yaml").value == value


def test_an_alias_stands_for_what_its_anchor_names(parser, tmp_path):
    """Lists, mappings and plain values; the newest anchor of a name counts."""
    path = tmp_path / "a.yaml"
    path.write_text("a: &x [1, {b: &y 2}]\nc: *x\nd: [*y, *x]\ne: &x 3\nf: *x\n&z g: *z\n")
    written = read_yaml(path)
    ours = [1, {"b": 2}]
    assert written.value == {"a": ours, "c": ours, "d": [2, ours], "e": 3, "f": 3, "g": "g"}
    assert written.line(("d", 1, "1", "b")) == 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=15,
    ),
    st.booleans(),
)
def test_yaml_is_read_as_its_writer_meant_it(tmp_path_factory, value, flow):
    """What PyYAML writes comes back, with what is shared written as anchor and alias."""
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    shared = {"one": value, "two": [value, value]}
    path.write_text(yaml.safe_dump(shared, default_flow_style=flow), "utf-8")
    assert read_yaml(path).value == json.loads(json.dumps(shared))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@example(0.0030037082837451653, None, False)  # seventeen digits after zeros
@given(JSON, st.sampled_from([None, 0, 3, "\t"]), st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(tmp_path_factory, value, indent, escaped):
    """However it is laid out."""
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps(value, indent=indent, ensure_ascii=escaped), "utf-8")
    assert read_json(path).value == value


class Refused(Exception):
    """The standard library takes it, we do not."""


def _number(text: str) -> float:
    mantissa = text.lower().partition("e")[0].lstrip("-")
    if any(len(part) > DIGITS for part in mantissa.split(".")) or abs(float(text)) == float("inf"):
        raise Refused
    return json.loads(text)


def _once(pairs: list) -> dict:
    if len(dict(pairs)) < len(pairs):
        raise Refused
    return dict(pairs)


def _never(text: str) -> float:
    raise Refused


TOKENS = st.lists(
    st.sampled_from(
        ["{", "}", "[", "]", ":", ",", '"a"', '"b"', '"', "\\", "1", "-", "0", ".5", "e9", "true",
         "null", "NaN", "Infinity", " ", "\n", "\t", "9" * 17, "\x00", "é"]
    ),
    max_size=12,
).map("".join)  # fmt: skip
VALID = JSON.map(json.dumps)


@given(TOKENS | VALID | st.builds("{}{}".format, VALID, TOKENS))
def test_json_is_taken_exactly_where_the_standard_library_takes_it(tmp_path_factory, text):
    """Except for keys named twice, numbers that are none, and more digits than can be kept."""
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(text, "utf-8")
    try:
        expected = json.loads(
            text, object_pairs_hook=_once, parse_constant=_never, parse_int=_number,
            parse_float=_number,
        )  # fmt: skip
    except (ValueError, Refused):
        fault_of(read_json, path)
    else:
        assert read_json(path).value == expected


def test_every_part_of_json_has_its_line(tmp_path):
    """Keys and list items by the line they begin on."""
    path = tmp_path / "a.json"
    path.write_text('{\n "a": {"b":\n  1},\n "c": [\n  "x",\n  {"d": 2}\n ]\n}')
    written = read_json(path)
    places = {(): 1, ("a",): 2, ("a", "b"): 2, ("c",): 4, ("c", 0): 5, ("c", 1): 6}
    assert {place: written.line(place) for place in places} == places
    assert written.line(("c", 1, "d")) == 6


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("[" * 500_000, f"nested more than {DEEPEST} deep", 1),
        ('{"a":\n' * 500, f"nested more than {DEEPEST} deep", DEEPEST + 1),
        ("[\n" + "1,\n" * (MOST_VALUES + 1) + "1]", f"more than {MOST_VALUES:,} values", None),
        (f'{{"a":\n{"7" * 5000}}}', f"at most {DIGITS} digits", 2),
        ("[1,\n1e999]", "lies below 1e308", 2),
        ('{"a": 1,\n"a": 2}', "the key 'a' is here twice", 2),
        ('{"a": 1,\n"b": "x\n}', "this is not JSON: Invalid control character", 2),
        ('{"a": 1,\n"b": "x', "this is not JSON: Unterminated string starting", 2),
        ('{"a": 1,\n}', "a key in quotes is expected, not '}'", 2),
        ("[1,\n]", "a value is expected, not ']'", 2),
        ('{"a"}', "a colon is expected", 1),
        ("[1 2]", "a comma or the end of it is expected", 1),
        ("[1]\n[2]", "something follows its end", 2),
        ("", "a value is expected, not 'the end of the file'", 1),
        ("[NaN]", "a value is expected", 1),
    ],
)
def test_json_beyond_a_limit_is_named_by_its_line(tmp_path, text, words, line):
    """One sentence, and no recursion however deep it is."""
    fault = fault_of(read_json, tmp_path / "a.json", text)
    assert words in fault.sentence
    assert line in (None, fault.line)


@pytest.mark.parametrize("name", ["calendar.json", "rulebook.json", "mapping.json"])
def test_a_json_file_that_is_not_json_is_named_by_its_line(tmp_path, name):
    """For each kind of document."""
    load = LOADERS[name.partition(".")[0]]
    fault = fault_of(load, tmp_path / name, '{"name": "x",\n "hours": ')
    assert fault.line == 2
    assert fault.sentence.zh.startswith("不是有效的 JSON：")


def test_faults_in_json_are_named_by_their_line(tmp_path):
    """As they are in YAML."""
    calendar = '{"name": "x",\n "hours": {\n  "noon": []}}'
    fault = fault_of(load_calendar, tmp_path / "a.json", calendar)
    assert (fault.line, "noon is no weekday" in fault.sentence) == (3, True)


@pytest.mark.parametrize("load", [load_rulebook, load_calendar])
def test_what_no_store_can_keep_is_named_where_it_is_written(load, tmp_path):
    """And not when it is published."""
    fault = fault_of(load, tmp_path / "a.yaml", 'name: x\ntitle: "\\0"\n')
    assert (fault.line, "cannot be kept" in fault.sentence) == (2, True)


def test_a_builder_counts_what_it_takes():
    """Sizes and heights of finished parts, however they were made."""
    builder = Builder(Path("x"))
    builder.begin({}, 1)
    builder.key("a", 1)
    builder.begin([], 2)
    builder.add(Part("x", 1, 0), 3)
    builder.add(Part([["y"]], 3, 2), 4)
    builder.add(Part("z", 1, 0), 5)
    assert builder.end() == Part(["x", [["y"]], "z"], 6, 3)
    assert builder.end() == Part({"a": ["x", [["y"]], "z"]}, 8, 4)
    assert builder.complete
