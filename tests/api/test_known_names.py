"""A question about a name that does not exist is refused with those that do."""

from pathlib import Path

import pytest

from api.queries import known
from tests.support.command_line import Guanjia

REFUSED = 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("board", "--site", "nowhere"), "there are main"),
        (("judge", "--clock", "repair.respons"), "repair.response"),
        (("explain", "repair-1", "repair.respons"), "repair.response 1"),
    ],
)
def test_an_unknown_name_is_refused_on_the_command_line(
    made: Guanjia, words: tuple[str, ...], said: str
) -> None:
    """An empty table would look like an answer."""
    done = made(*words)
    assert (done.code, done.out) == (REFUSED, "")
    assert said in done.err


def test_a_refused_question_leaves_no_file_behind(made: Guanjia, tmp_path: Path) -> None:
    """Verdicts are written only when there are any to write."""
    file = tmp_path / "verdicts.csv"
    assert made("judge", "--clock", "nothing", "--out", str(file)).code == REFUSED
    assert not file.exists()


def test_a_long_list_of_names_is_shortened() -> None:
    """A register of thousands is no answer to a slip of the pen."""
    refusal = known.not_known("site", "项目", "x" * 500, map(str, range(1000)))
    assert "39, …" in refusal.sentence
    assert "40" not in refusal.sentence
    assert len(refusal.sentence) < 400


def test_where_there_is_none_that_is_said() -> None:
    """In both languages."""
    refusal = known.not_known("site", "项目", "x", [])
    assert "there are none" in refusal.sentence
    assert "可用的项目：无" in refusal.sentence_zh
