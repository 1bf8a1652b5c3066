"""For reading the numbers: a table on the screen and a table for the documentation."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Report, Row, Spread

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
THOUSAND = 1000
TEN = 10


def show(report: Report, console: Console) -> None:
    """Print the machine and the table."""
    console.print(f"{_machine(report)}\n")
    for name, rows in report.rows.items():
        table = Table(title=f"{name}: {report.titles[name]}", title_justify="left")
        for heading in ("what", "ours", "peer", "theirs", "ratio", "reach", "reached"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*cells(row))
        console.print(table)


def markdown(report: Report) -> str:
    """The same for the documentation; what it replaces stands between two comments there."""
    lines = [f"Command: `{report.command}`, {report.began}, {report.seconds:.0f} s.", ""]
    lines += [f"Machine: {_machine(report)}.", ""]
    lines += ["| benchmark | what | ours | peer | theirs | ratio | reach | reached |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for name, rows in report.rows.items():
        lines += [f"| {' | '.join((name, *cells(row)))} |" for row in rows]
    return "\n".join(lines) + "\n"


def cells(row: Row) -> tuple[str, ...]:
    """A row as texts."""
    return (
        row.what,
        spell(row.ours),
        row.peer,
        spell(row.theirs) if row.theirs else "",
        spell(row.ratio) if row.ratio else "",
        row.reach,
        "" if row.reached is None else "yes" if row.reached else "NO",
    )


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
