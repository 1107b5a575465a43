"""Pseudonyms a second against loops over the standard library's HMAC: prints one JSON document.

    python benchmarks/pseudonyms.py [--rows 1000000] [--repeat 5]

One run measures everything side by side, so that the ratios mean something on a busy machine: rates
are medians of ``repeat`` (the loops run once a round too, on a tenth of the rows), wall-clock and by
CPU; ``cpu_seconds_per_million`` is what other programs on the machine hardly change, and the load
average stands beside it. ``first_call_s`` includes loading numba and, where nothing is cached yet,
compiling. Each result is checked against ``hmac.digest`` on a sample before its rate is reported.
"""

import argparse
import hashlib
import hmac
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import polars as pl

from casemate.protection.date_shift import DateShifter
from casemate.protection.format_preserving import FormatPreserving, is_installed
from casemate.protection.hierarchies import intervals, suppressible
from casemate.protection.keyed_hash import has_compiler, keyed_hashes
from casemate.protection.models import KAnonymity
from casemate.protection.plan import Plan
from casemate.protection.pseudonym_policies import PseudonymDomain, PseudonymPolicy
from casemate.protection.pseudonym_recovery import ReversiblePseudonymiser
from casemate.protection.pseudonyms import Pseudonymiser
from casemate.protection.streams import StreamProtector

KEY = bytes(range(32))
FEWER = 10  # a loop in Python runs on rows // FEWER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    texts = pl.Series("id", [f"LU{number:013d}" for number in range(options.rows)])
    start = time.perf_counter()
    check(texts, keyed_hashes(KEY, texts))
    first = time.perf_counter() - start
    cases = {name: (rows, work) for name, rows, work in every_case(texts)}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(options.repeat):
        for name, (_, work) in cases.items():
            taken[name].append(timed(work))
    rates = {name: rate(cases[name][0], times) for name, times in taken.items()}
    base = rates["hmac.digest loop"]
    ours = rates["keyed_hashes, distinct ids"]
    report = {
        "rows": options.rows,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "numba": has_compiler(),
        "libffx": is_installed(),
        "first_call_s": round(first, 3),
        "rows_per_second": rates,
        "cpu_seconds_per_million": {
            name: round(1e6 / found["cpu"], 4) for name, found in rates.items()
        },
        "times_the_hmac_digest_loop": {
            name: {clock: round(value / base[clock], 2) for clock, value in found.items()}
            for name, found in rates.items()
        },
        "target_rows_per_second": 3_000_000,
        "reached": ours["wall"] >= 3_000_000,
        "reached_by_cpu_of_two_cores": 2 * ours["cpu"] >= 3_000_000,
    }
    print(json.dumps(report, indent=1))


def every_case(texts: pl.Series) -> list[tuple[str, int, Callable[[], Any]]]:
    rows, fewer = len(texts), len(texts) // FEWER
    table, small = texts.to_frame(), texts[:fewer].to_frame()
    repeated = pl.DataFrame(
        {"id": texts[: max(1, rows // 100)].sample(rows, with_replacement=True)}
    )
    three = pl.DataFrame({"a": texts, "b": texts, "c": texts})
    numbers = pl.DataFrame({"id": pl.int_range(rows, eager=True) + 1_980_000_000_000})
    domain, maker = PseudonymDomain("benchmark", [KEY]), Pseudonymiser(KEY)
    dated = table.with_columns(pl.lit(date(2020, 1, 1)).alias("day"))
    sealer = ReversiblePseudonymiser(KEY, "benchmark")
    encoded = [text.encode() for text in small["id"]]
    cases: list[tuple[str, int, Callable[[], Any]]] = [
        ("hmac.digest loop", fewer, lambda: [hmac.digest(KEY, e, "sha256") for e in encoded]),
        ("two pre-keyed sha256 copies", fewer, lambda: two_copies(encoded)),
        ("DuckDB, HMAC in SQL", fewer, duckdb_case(small)),
        ("keyed_hashes, distinct ids", rows, lambda: keyed_hashes(KEY, texts)),
        ("Pseudonymiser, distinct ids", rows, lambda: maker.pseudonymise(table, ["id"])),
        ("Pseudonymiser, three columns", 3 * rows, lambda: maker.pseudonymise(three, list("abc"))),
        ("Pseudonymiser, numbers", rows, lambda: maker.pseudonymise(numbers, ["id"])),
        ("Pseudonymiser, each id 100 times", rows, lambda: maker.pseudonymise(repeated, ["id"])),
        ("Pseudonymiser, a tenth of the rows", fewer, lambda: maker.pseudonymise(small, ["id"])),
        ("dates shifted", rows, lambda: DateShifter(KEY).shift(dated, "id", ["day"])),
        ("reversible (AES-SIV)", fewer, lambda: sealer.pseudonymise(small, ["id"])),
        ("stream, 10,000 rows a batch", fewer, lambda: stream(small)),
    ]
    cases.extend(
        (policy.value, rows, policy_case(domain, table, policy))
        for policy in (PseudonymPolicy.DOCUMENT_RANDOMISED, PseudonymPolicy.FULLY_RANDOMISED)
    )
    return [*cases, *format_preserving_case(fewer)]


def format_preserving_case(rows: int) -> list[tuple[str, int, Callable[[], Any]]]:
    if not is_installed():
        return []
    numbers = pl.DataFrame({"id": [f"{number:013d}" for number in range(rows)]})
    maker = FormatPreserving(KEY)
    return [("FF1, 13 digits", rows, lambda: maker.pseudonymise(numbers, ["id"]))]


def duckdb_case(table: pl.DataFrame) -> Callable[[], Any]:
    """HMAC written out in SQL over DuckDB's sha256; the padded key blocks are parameters."""
    connection = duckdb.connect()
    connection.register("people", table.to_arrow())
    block = KEY.ljust(64, b"\0")
    pads = [bytes(byte ^ pad for byte in block) for pad in (0x5C, 0x36)]
    query = "SELECT sha256($1 || unhex(sha256($2 || id::BLOB))) AS hash FROM people"

    def work() -> pl.DataFrame:
        found: pl.DataFrame = connection.sql(query, params=pads).pl()
        return found

    expected = hmac.digest(KEY, table["id"][0].encode(), "sha256").hex()
    assert work()["hash"][0] == expected, "the SQL does not compute HMAC"
    return work


def policy_case(
    domain: PseudonymDomain, table: pl.DataFrame, policy: PseudonymPolicy
) -> Callable[[], Any]:
    return lambda: domain.pseudonymise(table, ["id"], policy=policy)


def two_copies(encoded: list[bytes]) -> list[bytes]:
    inner, outer = hashlib.sha256(b"i" * 64), hashlib.sha256(b"o" * 64)
    found = []
    for text in encoded:
        first, second = inner.copy(), outer.copy()
        first.update(text)
        second.update(first.digest())
        found.append(second.digest())
    return found


def stream(table: pl.DataFrame) -> None:
    """Ten batches through a window each; ages and sexes make classes of some hundred people."""
    plan = Plan(
        quasi_identifiers={"age": intervals(5, 10), "sex": suppressible()},
        models=(KAnonymity(5),),
        pseudonymise=("id",),
    )
    number = pl.int_range(pl.len())
    rows = table.with_columns((number % 90).alias("age"), (number % 2).alias("sex"))
    protector = StreamProtector(
        plan, {"age": 1, "sex": 0}, KEY, ["id", "age", "sex"], rows=10_000, person="id"
    )
    for part in rows.iter_slices(10_000):
        protector.push(part)
    protector.close()


def check(texts: pl.Series, found: pl.Series) -> None:
    for place in range(0, len(texts), max(1, len(texts) // 1000)):
        expected = hmac.digest(KEY, texts[place].encode(), "sha256")[:16].hex()
        assert found[place] == expected, "a keyed hash differs from hmac.digest"


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def rate(rows: int, times: list[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
    return {"wall": round(rows / wall), "cpu": round(rows / cpu)}


if __name__ == "__main__":
    main()
