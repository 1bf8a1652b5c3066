"""Shows what was measured: tables on the screen and tables for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Outcome, Report, Row, Spread

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
THOUSAND = 1000
TEN = 10


HEADINGS = ("what", "ours", "peer", "theirs", "ratio or difference", "target", "reached")
TARGET_HEADINGS = ("target of", "at least or at most", "measured", "reached")


def show(report: Report, console: Console) -> None:
    """Print the machine, a table for each benchmark, and the targets."""
    console.print(f"{_machine(report)}\n")
    for name, rows in report.rows.items():
        _print(console, f"{name}: {report.titles[name]}", HEADINGS, map(cells, rows))
    _print(console, "targets", TARGET_HEADINGS, map(outcome_cells, report.outcomes()))


def _print(
    console: Console, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def markdown(report: Report) -> str:
    """The same for the documentation; what it replaces stands between two comments there."""
    lines = [f"Command: `{report.command}`, {report.began}, {report.seconds:.0f} s.", ""]
    lines += [f"Machine: {_machine(report)}.", ""]
    lines += _table(TARGET_HEADINGS, map(outcome_cells, report.outcomes()))
    measured = ((name, *cells(row)) for name, rows in report.rows.items() for row in rows)
    lines += ["", *_table(("benchmark", *HEADINGS), measured)]
    return "\n".join(lines) + "\n"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def cells(row: Row) -> tuple[str, ...]:
    """A row as texts."""
    absent = f"not measured: {row.missing}" if row.missing else ""
    return (
        row.what,
        spell(row.ours) if row.ours else absent,
        row.peer,
        spell(row.theirs) if row.theirs else absent if row.peer else "",
        spell(row.compared) if row.compared else "",
        row.target.text if row.target else "",
        _verdict(row.reached, judged=row.target is not None),
    )


def outcome_cells(outcome: Outcome) -> tuple[str, ...]:
    """A target as texts."""
    measured = spell(outcome.measured) if outcome.measured else f"not measured: {outcome.missing}"
    reached = outcome.row.reached if outcome.row else None
    return (outcome.target.what, outcome.target.text, measured, _verdict(reached, judged=True))


def _verdict(reached: bool | None, *, judged: bool) -> str:  # noqa: FBT001 - three answers
    if reached is None:
        return "not measured" if judged else ""
    return "yes" if reached else "NO"


def spell(spread: Spread) -> str:
    """The median and, where there were several rounds, the least and the greatest."""
    middle = f"{_number(spread.median)} {spread.unit}".strip()
    if len(spread.samples) == 1:
        return middle
    return f"{middle} ({_number(min(spread.samples))} to {_number(max(spread.samples))})"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= THOUSAND:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= TEN else f"{value:.2f}"


def _machine(report: Report) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in report.machine.items())


def between_marks(page: str, table: str) -> str:
    """The page with the table where its two marks are, or the table alone."""
    before, first, rest = page.partition(BEGIN)
    _, last, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}" if first and last else table
