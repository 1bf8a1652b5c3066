"""The next year's notice extends the calendar in force, by a CSV with a row per day."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from api.cli import main
from api.imports.announced_days import with_announced_days
from api.imports.files import FileInvalid
from domain.working_time.documents import calendar_from_document

HEAD = "date,is_workday,name,is_announced_off_day,is_make_up_workday"


def year(path: Path, number: int, odd: dict[str, str]) -> Path:
    """A file with all days of a year: weekdays work, but for the odd rows."""
    day, lines = date(number, 1, 1), [HEAD]
    while day.year == number:
        text = day.isoformat()
        lines.append(f"{text},{odd.get(text) or ('1,,0,0' if day.isoweekday() < 6 else '0,,0,0')}")
        day += timedelta(days=1)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    odd = {"2027-10-01": "0,国庆节,1,0", "2027-10-09": "1,国庆节,0,1"}
    return year(tmp_path / "days.csv", 2027, odd)


def test_years_are_added_to_the_calendar_in_force(notice: Path):
    published = {
        "name": "cn", "hours": {"mon-fri": ["09:00-18:00"]}, "years": [2026],
        "days": {"2026-10-01": "国庆节"}, "make_up_days": {"2026-10-10": "调休上班"},
    }  # fmt: skip
    calendar = calendar_from_document(with_announced_days(notice, published))
    assert calendar.years == {2026, 2027}
    works = {d: calendar.is_working_day(date.fromisoformat(d)) for d in (
        "2026-10-01", "2026-10-10", "2027-10-01", "2027-10-09", "2027-10-10", "2027-10-11",
    )}  # fmt: skip
    assert list(works.values()) == [False, True, False, True, False, True]
    assert calendar.windows(date(2027, 10, 11))[0].opens.hour == 9


def test_a_year_said_again_takes_the_place_of_what_was_said(notice: Path, tmp_path: Path):
    first = with_announced_days(notice, None)
    corrected = year(tmp_path / "again.csv", 2027, {"2027-10-04": "0,国庆节,1,0"})
    again = calendar_from_document(with_announced_days(corrected, first))
    assert again.is_working_day(date(2027, 10, 1))
    assert not again.is_working_day(date(2027, 10, 4))


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("date,name\n2027-01-01,x", 1, "is_workday"),
        (f"{HEAD}\n01/02/2027,1,,0,0", 2, "not a date"),
        (f"{HEAD}\n2027-01-01,0,元旦,1,0\n2027-01-02,yes,,0,0", 3, "0 or 1"),
        (f"{HEAD}\n2027-01-01,0,元旦,1,0", 1, "1 of 365 days"),
        (f"{HEAD}\n2027-01-01,0,,1,0\n2027-01-01,1,,0,0", 3, "2027-01-01 is here twice"),
        (f'{HEAD}\n2027-01-01,0,,1,0\n2027-01-02,0,"x,0,0\n2027-01-03,0,,0,0', 3, "not CSV"),
    ],
)
def test_a_fault_names_its_line(tmp_path: Path, text: str, line: int, sentence: str):
    path = tmp_path / "days.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileInvalid, match=sentence) as refused:
        with_announced_days(path, None)
    assert refused.value.line == line


def test_the_command_line_publishes_it(notice: Path, tmp_path: Path, capsys):
    store = str(tmp_path / "g.db")
    assert main(["init", "--store", store]) == 0
    capsys.readouterr()
    doctor = ["doctor", "--store", store]
    assert main(doctor) == 0
    assert "2027" in capsys.readouterr().out
    assert main(["publish", str(notice), "--store", store]) == 0
    capsys.readouterr()
    assert main(doctor) == 0
    assert "2027" not in capsys.readouterr().out
