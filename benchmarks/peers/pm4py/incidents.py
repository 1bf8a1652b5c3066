"""Figures of an incident log with pm4py: ``incidents.py FILE`` reads the CSV and prints them.

The log is read with pandas and given to `format_dataframe`, as pm4py's documentation shows.
"""

from __future__ import annotations

import json
import sys

import pandas as pd
import pm4py

TIMES = ("opened_at", "resolved_at", "sys_updated_at")
HOUR = 3600


def main(file: str) -> None:
    """Read, compute, print."""
    table = pd.read_csv(file, na_values="?", dtype={"number": str}, low_memory=False)
    for column in TIMES:
        table[column] = pd.to_datetime(table[column], format="%d/%m/%Y %H:%M")
    log = pm4py.format_dataframe(
        table, case_id="number", activity_key="ident_state", timestamp_key="sys_updated_at"
    )
    cases = log.groupby("case:concept:name").agg(
        reopened=("reopen_count", "max"), reassigned=("reassignment_count", "max"),
        opened=("opened_at", "min"), resolved=("resolved_at", "max"),
    )  # fmt: skip
    hours = ((cases.resolved - cases.opened).dt.total_seconds() / HOUR).dropna()
    figures = {
        "name": f"pm4py {pm4py.__version__}, from CSV",
        "incidents": len(cases),
        "first_time": int(((cases.reopened == 0) & (cases.reassigned == 0)).sum()),
        "resolved": len(hours),
        "median_hours": float(hours.median()),
        "p90_hours": float(hours.quantile(0.9)),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
