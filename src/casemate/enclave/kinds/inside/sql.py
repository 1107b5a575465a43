"""Inside the sandbox: SQL by DuckDB over the inputs; the last statement's rows become /out/result.csv.

Each /in/NAME.parquet is the view NAME. One thread, temporary files in /tmp, no extension is looked for.
"""

import sys
from pathlib import Path

import duckdb


def main(text: str, filename: str) -> None:
    """Run every statement of ``text``; one that is wrong ends the program, DuckDB's words in the log."""
    database = duckdb.connect()
    database.execute("SET threads=1; SET temp_directory='/tmp'")
    database.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
    for file in sorted(Path("/in").glob("*.parquet")):
        view = file.stem.replace('"', '""')
        rows = f"SELECT * FROM read_parquet('{file}')"  # noqa: S608 - its name was held to plain letters
        database.execute(f'CREATE VIEW "{view}" AS {rows}')
    try:
        *first, last = duckdb.extract_statements(text)
        for statement in first:
            database.execute(statement)
        result = database.sql(last.query)
    except (duckdb.Error, ValueError) as failure:  # ValueError: there is no statement
        sys.exit(f"{filename}: {failure}")
    if result is None:
        sys.exit(f"{filename}: the last statement gives no rows: end with a SELECT")
    result.write_csv("/out/result.csv", header=True)
