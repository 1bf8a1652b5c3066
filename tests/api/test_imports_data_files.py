"""Data files from outside: within limits, and one broken row costs no other."""

from __future__ import annotations

import csv
import gzip
import io
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from api.imports import data_files, rows as reading
from api.imports.faults import Reject
from api.imports.files import FileInvalid
from api.imports.limits import CELL, COLUMNS, LINE, RATIO_FROM
from api.imports.rows import Dialect, Rows, is_charset

PLAIN = Dialect()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.csv"


def read(path: Path, content: str | bytes, columns=("id",), dialect=PLAIN) -> list:
    """What reading a file gives: (line, cells) of rows, (line, code) of rejects."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = list(Rows(path, dialect, columns))
    return [(f.line, f.code) if isinstance(f, Reject) else f for f in found]


def fault_of(path: Path, content: str | bytes | None, **words) -> FileInvalid:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(FileInvalid) as caught:
        list(Rows(path, words.get("dialect", PLAIN), words.get("columns", ("id",))))
    assert len(str(caught.value)) < 1000
    return caught.value


def test_only_regular_files_are_read(tmp_path):
    """A directory, a pipe and a device are named as such, at once."""
    os.mkfifo(tmp_path / "pipe")
    for place, kind in (
        (tmp_path, "directory"),
        (tmp_path / "pipe", "pipe"),
        (Path("/dev/zero"), "device"),
    ):
        assert kind in fault_of(place, None).sentence


def test_an_unclosed_quote_costs_its_row_and_no_other(path):
    """The rows below it are read as if it had been closed, each with its own line."""
    below = "".join(f"{n},b\n" for n in range(3, 500))
    found = read(path, f'id,text\n1,a\n2,"oh\n{below}')
    assert found[:3] == [(2, ("1",)), (3, "RowUnreadable"), (4, ("3",))]
    assert len(found) == 499


def test_a_quote_closed_on_a_later_line_names_both_lines(path):
    """Where the lines between are one cell by the rules of CSV, the reject says how far it goes."""
    path.write_text('id,text\n1,a\n2,"oh\n3,b\n4,b",c\n5,d\n')
    one, broken, two = Rows(path, PLAIN, ("id",))
    assert (one, two) == ((2, ("1",)), (6, ("5",)))
    assert (broken.line, broken.code) == (3, "RowRunsOn")
    assert "goes on to line 5 and has 3 cells, not 2" in broken.reason


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=5)


@given(
    table=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    delimiter=st.sampled_from(",;\t"),
)
def test_rows_are_read_as_they_were_written(tmp_path_factory, table, quoting, delimiter):
    """With the line each begins on, and blank cells missing."""
    out = io.StringIO(newline="")
    write = csv.writer(out, quoting=quoting, delimiter=delimiter, lineterminator="\n").writerow
    write(("a", "b", "c"))
    expected = []
    for cells in table:
        line = out.getvalue().count("\n") + 1
        write(cells)
        expected.append((line, tuple(cell if cell.strip() else None for cell in cells)))
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    assert read(path, out.getvalue(), ("a", "b", "c"), Dialect(delimiter=delimiter)) == expected


@given(
    count=st.integers(1, 30), at=st.integers(1, 30), column=st.integers(0, 1), crlf=st.booleans()
)
def test_wherever_a_quote_is_left_open_all_other_rows_are_read(
    tmp_path_factory, count, at, column, crlf
):
    """The one row it stands in is rejected."""
    table = [[f"a{n}", f"b{n}"] for n in range(1, count + 1)]
    at = min(at, count)
    table[at - 1][column] = '"' + table[at - 1][column]
    text = ("\r\n" if crlf else "\n").join(map(",".join, [["id", "x"], *table]))
    found = read(tmp_path_factory.mktemp("open") / "rows.csv", text)
    assert found.pop(at - 1) == (at + 1, "RowUnreadable")
    assert [cells for _, cells in found] == [(f"a{n}",) for n in range(1, count + 1) if n != at]


def test_quotes_left_open_in_every_row_end_the_reading(path, monkeypatch):
    """What is read again is limited in all, so no file takes the square of its size."""
    monkeypatch.setattr(data_files, "READ_AGAIN", 100_000)
    fault = fault_of(path, "id,b\n" + 'a","\n' * 20_000)
    assert fault.sentence.startswith("quotes that are not closed swallow more than 100,000")
    assert fault.line == 3  # the second such row


def test_a_row_is_limited_however_many_lines_it_has(path):
    """An open quote is given up after a while, also where every cell is short."""
    found = read(path, 'id,b\n1,2\na,"\n' + '","\n' * (LINE // 4 + 10) + "3,4\n")
    assert found[:3] == [(2, ("1",)), (3, "RowUnreadable"), (4, "RowRagged")]
    assert found[-1][1] == ("3",)


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_line_is_limited(path, ending):
    """Before it is read to its end."""
    fault = fault_of(path, f"id,b\n1,2\n{'x' * (LINE + 1)}{ending}")
    assert (fault.line, f"more than {LINE:,} characters" in fault.sentence) == (3, True)


def test_a_cell_is_limited(path):
    """Its row is rejected."""
    found = read(path, f"id,b\n1,{'x' * CELL}\n2,{'x' * (CELL + 1)}\n3,x\n")
    assert found == [(2, ("1",)), (3, "RowUnreadable"), (4, ("3",))]


@pytest.mark.parametrize("limit", [("ROWS", "rows"), ("LINES", "lines"), ("DATA_BYTES", "bytes")])
def test_a_file_is_limited(path, monkeypatch, limit):
    """In rows, lines and bytes; the limit itself is allowed."""
    name, word = limit
    content = "id,b\n1,2\n3,4\n"
    most = {"rows": 2, "lines": 3, "bytes": len(content)}[word]
    monkeypatch.setattr(reading if word == "rows" else data_files, name, most)
    assert len(read(path, content)) == 2
    fault = fault_of(path, content + "5,6\n")
    assert f"{most} {word}" in fault.sentence


def test_columns_are_limited(path):
    """As many as can be, and not one more."""
    assert read(path, f"id{',' * (COLUMNS - 1)}\n") == []
    assert f"at most {COLUMNS:,}" in fault_of(path, f"id{',' * COLUMNS}\n").sentence


def test_a_bomb_is_given_up(path):
    """A compressed file may hold a multiple of its size, no more."""
    line = b"1," + b"x" * 997 + b"\n"
    content = gzip.compress(b"id,b\n" + line * (RATIO_FROM // 1000 + 2), 9)
    assert len(content) * 200 < RATIO_FROM
    fault = fault_of(path, content)
    assert f"more than {RATIO_FROM:,} bytes" in fault.sentence
    assert fault.line > 16_000


def test_a_flipped_byte_is_noticed_wherever_it_is(path):
    """Either nothing of what is read changes, or the file is said to be damaged."""
    content = gzip.compress(
        b"id,b\n" + b"".join(b"%d,x%d\n" % (n, n * n) for n in range(50)), 6, mtime=0
    )
    whole = read(path, content)
    noticed = 0
    for at in range(len(content)):
        for flip in (1, 0x80):
            damaged = content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :]
            path.write_bytes(damaged)
            try:
                assert read(path, damaged) == whole
            except FileInvalid as fault:
                noticed += "damaged" in fault.sentence
    assert noticed > 1.8 * (len(content) - 20)


def test_a_cut_file_is_noticed_wherever_it_is_cut(path):
    """The sentence says how far it could be read."""
    content = gzip.compress(b"id,b\n" + b"1,2\n" * 50, 6)
    for end in range(3, len(content) - 1):
        assert "damaged" in fault_of(path, content[:end]).sentence


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("id,id\n1,2\n", 1, "names the column 'id' 2 times"),
        ("\n\nx,y\n1,2\n", 3, "uses a column 'id'; there are only: x, y"),
        ("", 1, "there are only: ."),
        ('id,"x\n1,2\n', 1, "this is not CSV"),
        ("编号,id\n".encode("gb18030") + b"1,2\n", None, ""),
        ("编号,x\n".encode("gb18030"), 1, "the header is not utf-8: name the file's encoding"),
        ("id,x\n".encode("utf-16"), 1, "the header is not utf-8: name the file's encoding"),
        (b"PK\x03\x04rest", 1, "an archive or a spreadsheet: save it as CSV"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_used_is_named(path, content, line, words):
    """Duplicates and strange bytes matter in the columns that the mapping uses."""
    if line is None:
        assert read(path, content) == [(2, ("2",))]
        return
    fault = fault_of(path, content)
    assert (fault.line, words in fault.sentence) == (line, True)


def test_duplicate_columns_nobody_uses_are_no_matter(path):
    """The mapping does not look at them."""
    assert read(path, "x,id,x\n1,2,3\n") == [(2, ("2",))]


def test_a_file_in_another_encoding_is_refused_where_it_cannot_be_read(path):
    """With the line, where bytes cannot be kept for the row they stand in."""
    content = "id,b\n1,2\n".encode("utf-16") + b"\x00"
    fault = fault_of(path, content, dialect=Dialect(encoding="utf-16"))
    assert fault.sentence.startswith("the file is not utf-16")


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u3000", "  \u00a0"])
def test_blank_cells_are_missing(path, blank):
    """Of whatever white space, also where other spellings are named."""
    dialect = Dialect(missing=frozenset({"?"}))
    assert read(path, f"id,b\n{blank},1\n?,2\n x,3\n", dialect=dialect) == [
        (2, (None,)), (3, (None,)), (4, (" x",)),
    ]  # fmt: skip


def test_blank_lines_are_no_rows(path):
    """Lines of nothing but white space."""
    assert read(path, "id,b\n\n1,2\n  \n\t\n3,4\n") == [(3, ("1",)), (6, ("3",))]


ENCODINGS = ["utf-8", "gb18030", "utf-16", "utf-7", "latin-1", "shift_jis", "hz", "cp037", "utf-32"]


@given(
    content=st.binary(max_size=80)
    | st.text(st.sampled_from('id,"\r\n\0é \t'), max_size=40).map(str.encode),
    encoding=st.sampled_from(ENCODINGS),
    zipped=st.booleans(),
    delimiter=st.sampled_from(",;|\t é"),
)
def test_any_bytes_end_in_rows_or_in_one_sentence(
    tmp_path_factory, content, encoding, zipped, delimiter
):
    """Never another exception."""
    path = tmp_path_factory.mktemp("any") / "rows.csv"
    content = b"id,x\n" + content
    path.write_bytes(gzip.compress(content) if zipped else content)
    with suppress(FileInvalid):
        for found in Rows(path, Dialect(encoding=encoding, delimiter=delimiter), ("id",)):
            assert len(found) in (2, len(Reject._fields))


@pytest.mark.parametrize(
    "name", ["undefined", "idna", "punycode", "unicode_escape", "rot13", "\0", "x"]
)
def test_codecs_that_are_no_encodings_of_files_are_refused(name):
    """Python knows some of them."""
    assert not is_charset(name)
    assert all(map(is_charset, ENCODINGS))
