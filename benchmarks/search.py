"""Search latency on 100,000 catalogue entries, as one JSON document on standard output.

Entries are real records (Eurostat's table of contents and OpenDataPhilly) repeated with variation,
or made-up ones where the shared data are absent. Times are in milliseconds and include parsing the
text, ranking, the page's records and, where it says so, the facets.

    python benchmarks/search.py [--entries N] [--url sqlite:////path | postgresql+psycopg://...]
"""

import argparse
import csv
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from casemate.catalogue.search import create_search_index, search
from casemate.catalogue.tables import DatasetRow, EntryRow
from casemate.catalogue.vocabularies import THEMES
from casemate.catalogue.words import filter_words, words
from casemate.store import Base, Store

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "catalogue"
REGIONS = ["Luxembourg", "Esch", "Diekirch", "Lorraine", "Saarland", "Wallonie", "Trier", "Bavaria"]
HOLDERS = [f"org-{number}" for number in range(40)]
REGIMES = ["dga", "ehds", "gdpr"]
RIGHTS = ["public", "restricted", "non_public"]


def real_records() -> list[tuple[str, str]]:
    """Title and description of each real record; made-up ones where there are none."""
    toc, philly = SHARED / "eurostat_toc.tsv", SHARED / "opendataphilly.jsonl"
    if not (toc.exists() and philly.exists()):
        stems = "health energy school tax road river crop crime trade wage patient".split()  # noqa: SIM905
        chance = random.Random(1)
        return [
            (" ".join(chance.sample(stems, 4)), " ".join(chance.choices(stems, k=60)))
            for _ in range(3000)
        ]
    with toc.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = [(row["title"], row["folder_path"]) for row in rows]
    for line in philly.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        found.append((record["title"], record["notes"] or ""))
    return found


def entries(count: int) -> Iterator[dict[str, Any]]:
    """``count`` entries: the real records in turn, each time of another region and year."""
    records = real_records()
    chance = random.Random(7)
    for number in range(count):
        title, description = records[number % len(records)]
        title = f"{title} {chance.choice(REGIONS)} {chance.randint(1990, 2026)}"
        holder, right = chance.choice(HOLDERS), chance.choice(RIGHTS)
        regime, themes = chance.choice(REGIMES), chance.sample(sorted(THEMES), 2)
        yield {
            "dataset_id": f"d{number}", "version": 1, "holder": holder, "access_right": right,
            "regime": regime, "themes": themes,
            "titles": {"en": title}, "descriptions": {"en": description}, "rows": 1,
            "title_words": " ".join(words(title)),
            "keyword_words": " ".join(words(title)[:3]),
            "description_words": " ".join(words(description)),
            "variable_words": " ".join(f"v{chance.randint(0, 5000)}" for _ in range(20)),
            "filter_words": " ".join(filter_words(themes, holder, right, regime)),
        }  # fmt: skip


def fill(store: Store, count: int) -> float:
    """Put ``count`` entries in; returns the seconds it took, index included."""
    began = time.perf_counter()
    Base.metadata.create_all(store.engine)
    with store.engine.connect().execution_options(write=True) as connection, connection.begin():
        create_search_index(connection)
        batch: list[dict[str, Any]] = []
        for entry in entries(count):
            batch.append(entry)
            if len(batch) == 5_000:
                _insert(connection, batch)
                batch = []
        if batch:
            _insert(connection, batch)
    if not store.is_sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE catalogue_entry"))
    return time.perf_counter() - began


def _insert(connection: Any, batch: list[dict[str, Any]]) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    datasets = [
        {
            "id": e["dataset_id"],
            "holder": e["holder"],
            "version": 1,
            "state": "published",
            "issued_at": now,
        }
        for e in batch
    ]
    connection.execute(insert(DatasetRow), datasets)
    connection.execute(insert(EntryRow), batch)


def measure(tx: Session, queries: list[Callable[[Session], Any]]) -> dict[str, float]:
    """p50 and p95 in milliseconds over ``queries``, after one warm-up round; and of the processor's time
    that this process took, which a busy machine does not change (on SQLite it is nearly all)."""
    for query in queries[:5]:
        query(tx)
    times, cpu = [], []
    for query in queries:
        began, spent = time.perf_counter(), time.process_time()
        query(tx)
        times.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - spent) * 1000)
    cuts, cpu_cuts = statistics.quantiles(times, n=20), statistics.quantiles(cpu, n=20)
    return {
        "p50_ms": round(cuts[9], 2),
        "p95_ms": round(cuts[18], 2),
        "cpu_p50_ms": round(cpu_cuts[9], 2),
        "cpu_p95_ms": round(cpu_cuts[18], 2),
        "queries": len(times),
    }


def kinds(count: int) -> dict[str, list[Callable[[Session], Any]]]:
    """The searches of each kind."""
    chance = random.Random(3)
    titles = [words(title) for title, _ in real_records()]
    titles = [title for title in titles if len(title) > 3]

    def asking(text_: str, **options: Any) -> Callable[[Session], Any]:
        return lambda tx: search(tx, text_, **options)

    long_words = [sorted({word for word in title if len(word) > 3}) for title in titles]
    long_words = [found for found in long_words if len(found) > 1]
    # The space at the end says that the last word is whole.
    pairs = [" ".join(chance.sample(chance.choice(long_words), 2)) + " " for _ in range(count)]
    return {
        "two_words": [asking(pair, facets=False) for pair in pairs],
        "two_words_with_facets": [asking(pair) for pair in pairs],
        "two_words_while_typing": [asking(pair.strip(), facets=False) for pair in pairs],
        "one_very_common_word": [asking("data ", facets=False) for _ in range(count // 4)],
        "one_very_common_word_with_facets": [asking("data ") for _ in range(count // 4)],
        "prefix": [asking(chance.choice(titles)[0][:4] + "*", facets=False) for _ in range(count)],
        "filtered": [
            asking(pair, theme=chance.choice(sorted(THEMES)), access_right="public", facets=False)
            for pair in pairs
        ],
        "filtered_with_facets": [
            asking(pair, theme=chance.choice(sorted(THEMES)), access_right="public") for pair in pairs
        ],
        "browse_a_theme": [
            asking("", theme=chance.choice(sorted(THEMES)), facets=False) for _ in range(count // 4)
        ],
    }  # fmt: skip


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(chosen.url or f"sqlite:///{folder}/catalogue.db")
        seconds = fill(store, chosen.entries)
        with store.read() as tx:
            figures = {
                name: measure(tx, queries) for name, queries in kinds(chosen.queries).items()
            }
        store.close()
    report = {
        "benchmark": "search", "database": store.url.get_backend_name(), "entries": chosen.entries,
        "real_records": len(real_records()), "fill_seconds": round(seconds, 1), "latency": figures,
    }  # fmt: skip
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
