"""The catalogue under load: a home with 100,000 datasets, `casemate serve` as a process, Locust in front.

On loopback, bounded, as one JSON document on standard output: p50, p95, p99 in milliseconds, requests a
second and errors, by number of users who never pause, for a search with facets over the API and for the
catalogue's page; on SQLite, and on PostgreSQL where its URL is given. Beside them, where its program is
given, Datasette over the same records with a full-text index and the same facets. Server and load share
the machine, which the report names: throughput is what is left to the server beside Locust.

    python -m benchmarks.portal.load [--datasets N] [--seconds S] [--users 1,5,10,25,50]
        [--postgresql URL] [--datasette PROGRAM] [--chart docs/portal-load.svg]
"""

import argparse
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import search as catalogue_bench
from casemate import charts
from casemate.catalogue.words import words
from casemate.home import create_home
from casemate.platform import Platform

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
QUERIES = 300


def queries(count: int) -> list[str]:
    """What people type: two words of one title, the second half typed; a common word now and then."""
    chance = random.Random(11)
    titles = [words(title) for title, _ in catalogue_bench.real_records()]
    long = [sorted({word for word in title if len(word) > 3}) for title in titles]
    long = [title for title in long if len(title) > 1]
    asked = [" ".join(chance.sample(chance.choice(long), 2)) for _ in range(count)]
    asked[::25] = ["data "] * len(asked[::25])
    return asked


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """`casemate serve` on ``home``: its address and the number of its process."""
    program = [sys.executable, "-m", "casemate.cli", "serve", "--home", str(home)]
    program += ["--port", "0", "--requests-a-minute", "100000000", "--json"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if line.startswith("}") or (line.startswith("{") and line.rstrip().endswith("}")):
                break
        yield json.loads(told)["address"], process.pid
    finally:
        process.terminate()
        process.wait(30)


def load(
    address: str, server: int, paths: list[str], users: int, seconds: int, name: str
) -> dict[str, Any]:
    """``users`` who ask ``server`` for ``paths`` without a pause, for ``seconds``.

    ``cpu_ms_per_request`` is all processor's time of the server, its idle work too: few requests bear more.
    """
    spent = cpu_seconds(server)
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({"paths": paths, "name": name}), encoding="utf-8")
        done = subprocess.run(
            [
                sys.executable, "-m", "locust", "--locustfile", LOCUSTFILE, "--headless", "--json",
                "--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s",
                "--host", address, "--loglevel", "ERROR",
            ],
            capture_output=True, text=True, check=False, timeout=seconds + 60,
            env={**os.environ, "CASEMATE_LOAD": str(plan)},
        )  # fmt: skip
    spent = cpu_seconds(server) - spent
    answered = json.loads(done.stdout)
    if not answered:
        raise RuntimeError(f"{address} answered nothing in {seconds} s: {done.stderr[-2000:]}")
    (told,) = answered
    times = sorted((float(ms), count) for ms, count in told["response_times"].items())
    return {
        "users": users,
        "requests": told["num_requests"],
        "errors": told["num_failures"],
        "p50_ms": _quantile(times, 0.50),
        "p95_ms": _quantile(times, 0.95),
        "p99_ms": _quantile(times, 0.99),
        "cpu_ms_per_request": round(1000 * spent / told["num_requests"], 1),
        "requests_per_second": round(
            told["num_requests"] / (told["last_request_timestamp"] - told["start_time"]), 1
        ),
    }


def cpu_seconds(process: int) -> float:
    """The processor's time that ``process`` has taken, in user mode and in the kernel."""
    said = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def _quantile(times: list[tuple[float, int]], share: float) -> float:
    wanted = share * sum(count for _, count in times)
    seen = 0
    for milliseconds, count in times:
        seen += count
        if seen >= wanted:
            return milliseconds
    raise ValueError("no request was answered")


def measured(home: Path, users: list[int], seconds: int) -> dict[str, Any]:
    """Both ways to search, each with each number of users."""
    asked = queries(QUERIES)
    ways = {
        "api_search_with_facets": [f"/api/v1/datasets?{urlencode({'q': q})}" for q in asked],
        "catalogue_page": [f"/en/catalogue?{urlencode({'q': q})}" for q in asked],
    }
    with served(home) as (address, server):
        for paths in ways.values():
            _await(address + paths[0])
            load(address, server, paths, 1, 12, "warm")
        return {
            name: [load(address, server, paths, number, seconds, name) for number in users]
            for name, paths in ways.items()
        }


def datasette(program: str, datasets: int, users: list[int], seconds: int) -> list[dict[str, Any]]:
    """The same records in Datasette: a table with a full-text index, the same facets, 20 rows a page."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "catalogue.db"
        _fill_plain(file, datasets)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [program, "serve", "--immutable", file, "--port", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            _await(address)
            facets = [("_facet", name) for name in ("holder", "access_right", "regime")]
            paths = [
                "/catalogue/entry.json?" + urlencode([("_search", q), ("_size", "20"), *facets])
                for q in queries(QUERIES)
            ]
            server = process.pid
            load(address, server, paths, 1, 12, "warm")
            return [load(address, server, paths, number, seconds, "datasette") for number in users]
        finally:
            process.terminate()
            process.wait(30)


def _fill_plain(file: Path, count: int) -> None:
    database = sqlite3.connect(file)
    database.execute(
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, title TEXT, description TEXT, holder TEXT, "
        "access_right TEXT, regime TEXT)"
    )
    database.executemany(
        "INSERT INTO entry (title, description, holder, access_right, regime) VALUES (?, ?, ?, ?, ?)",
        (
            (
                e["titles"]["en"],
                e["descriptions"]["en"],
                e["holder"],
                e["access_right"],
                e["regime"],
            )
            for e in catalogue_bench.entries(count)
        ),
    )
    for column in ("holder", "access_right", "regime"):
        database.execute(f"CREATE INDEX entry_{column} ON entry ({column})")
    database.execute(
        "CREATE VIRTUAL TABLE entry_fts USING fts5 (title, description, content='entry', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 2')"
    )
    database.execute("INSERT INTO entry_fts (entry_fts) VALUES ('rebuild')")
    database.commit()
    database.close()


def _await(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=60).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(f"{address} does not answer")


def filled_home(folder: Path, datasets: int, database: str | None) -> Path:
    """A home in ``folder`` with that many datasets in its catalogue."""
    home = create_home(folder / "home", database=database)
    with Platform(home) as platform:
        platform.found("Operator")
        catalogue_bench.fill(platform.store, datasets)
    return folder / "home"


def curve(report: dict[str, Any]) -> str:
    """Requests a second by number of users, a line for each database and way to search, as SVG."""
    rows = [
        {"users": one["users"], "requests a second": one["requests_per_second"], "what": what}
        for database in ("sqlite", "postgresql")
        if isinstance(report[database], dict)
        for way, lines in report[database].items()
        for one in lines
        for what in (f"{way.replace('_', ' ')}, {database}",)
    ]
    encoding = {
        "x": {"field": "users", "type": "quantitative"},
        "y": {"field": "requests a second", "type": "quantitative"},
        "color": {"field": "what"},
    }
    mark = {"type": "line", "point": True}
    shape = {"data": {"values": rows}, "mark": mark, "encoding": encoding, "width": 520}
    return charts.draw(shape, alternative="Requests a second by number of users")


def main() -> None:
    """Measure and print; draw if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--users", default="1,5,10,25,50")
    parser.add_argument("--postgresql", help="the URL of an empty database")
    parser.add_argument("--datasette", default=shutil.which("datasette"))
    parser.add_argument("--chart", type=Path)
    chosen = parser.parse_args()
    users = [int(number) for number in chosen.users.split(",")]
    report: dict[str, Any] = {
        "benchmark": "portal load", "datasets": chosen.datasets, "seconds_each": chosen.seconds,
        "cpus": os.cpu_count(), "load_average_before": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    for name, url in (("sqlite", None), ("postgresql", chosen.postgresql)):
        if name == "postgresql" and url is None:
            report[name] = "left out: give --postgresql URL"
            continue
        with tempfile.TemporaryDirectory() as folder:
            home = filled_home(Path(folder), chosen.datasets, url)
            report[name] = measured(home, users, chosen.seconds)
    if chosen.datasette is None:
        report["datasette"] = "left out: it is not installed (give --datasette PROGRAM)"
    else:
        few = [number for number in users if number in (1, 10)]
        report["datasette"] = datasette(chosen.datasette, chosen.datasets, few, chosen.seconds)
    report["load_average_after"] = round(os.getloadavg()[0], 1)
    if chosen.chart is not None:
        chosen.chart.write_text(curve(report), encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
