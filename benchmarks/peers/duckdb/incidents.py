"""Figures of an incident log with DuckDB: ``incidents.py FILE`` reads the CSV and prints them."""

from __future__ import annotations

import json
import sys

import duckdb

QUERY = """
WITH incident AS (
    SELECT
        max(reopen_count) AS reopened,
        max(reassignment_count) AS reassigned,
        epoch(
            max(strptime(resolved_at, '%d/%m/%Y %H:%M'))
            - min(strptime(opened_at, '%d/%m/%Y %H:%M'))
        ) / 3600 AS hours
    FROM read_csv(
        ?, header = true, nullstr = '?',
        types = {'number': 'VARCHAR', 'opened_at': 'VARCHAR', 'resolved_at': 'VARCHAR'}
    )
    GROUP BY number
)
SELECT
    count(*), count(*) FILTER (reopened = 0 AND reassigned = 0), count(hours),
    quantile_cont(hours, 0.5), quantile_cont(hours, 0.9)
FROM incident
"""
FIGURES = ("incidents", "first_time", "resolved", "median_hours", "p90_hours")


def main(file: str) -> None:
    """Read, compute, print."""
    row = duckdb.connect().execute(QUERY, [file]).fetchone()
    name = f"DuckDB {duckdb.__version__}, from CSV"
    print(json.dumps({"name": name, **dict(zip(FIGURES, row, strict=True))}))


if __name__ == "__main__":
    main(sys.argv[1])
