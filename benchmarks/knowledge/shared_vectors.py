"""Vectors in memory and in PostgreSQL side by side: building, asking, memory, what is found. Prints JSON.

    python -m benchmarks.knowledge.shared_vectors --data ../shared/data/law --vectors FILE \\
        --postgresql postgresql+psycopg://postgres@/postgres?host=/run/postgresql [--articles 40000]

The French questions first, with their measures, then ``--articles`` articles as in ``scale``, whose vectors
are partly borrowed: there ``as_in_memory`` tells how many of the first ten are found in memory too.
Databases of the benchmark's own are made on that server and removed. The index of each way is asked in a
process of its own, one question after the other. Its processor's time and the database's are counted, the
latter where that runs on this machine; memory is what the index adds to a process that has its encoder.
"""

import argparse
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks.knowledge.borrowing import Borrowing
from benchmarks.knowledge.scale import _joined, _questions
from casemate.cli.knowledge import _disk
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.encoding.kinds import TextEncoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.retrieval.files import read_passages, read_tasks
from casemate.knowledge.retrieval.measuring import measures
from casemate.knowledge.sharing import SharedVectors
from casemate.language.vectors import read_vector_settings

WAYS = ("memory", "all", "nearest")
_FOUND = 100
Asked = tuple[str, str, list[str]]
"""A question, its language, and what answers it where that is known."""


def main() -> None:
    """Build each way, ask each way, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--postgresql", required=True)
    parser.add_argument("--articles", type=int, default=40_000)
    parser.add_argument("--ask", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        way, folder = given.ask
        print(json.dumps(_answers(way, Path(folder), given.postgresql)))
        return
    told = {"french": _compared(given, *_french(given.data))}
    if given.articles:
        many = list(itertools.islice(_joined(given.data), given.articles))
        asked: list[Asked] = [
            (text, language, []) for text, language in _questions(given.data, many)
        ]
        told["many"] = _compared(given, many, asked, most_pieces=1)
    print(json.dumps(told, indent=1))


def _french(data: Path) -> tuple[list[Passage], list[Asked]]:
    folder = data / "fr-labour"
    tasks, passages = read_tasks(
        folder / "questions.dev.jsonl", read_passages(folder / "corpus.jsonl.gz")
    )
    asked = [
        (one.text, task.language, sorted(one.relevant)) for task in tasks for one in task.questions
    ]
    return passages, asked


def _compared(
    given: argparse.Namespace, passages: Sequence[Passage], asked: Sequence[Asked],
    most_pieces: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    told: dict[str, Any] = {"passages": len(passages), "questions": len(asked)}
    firsts: list[list[str]] = []
    with tempfile.TemporaryDirectory() as place, _database(given.postgresql) as url:
        for way in WAYS:
            where = Path(place) / way
            where.mkdir()
            (where / "asked.json").write_text(json.dumps(asked))
            shutil.copy(given.vectors, where / "vectors.sqlite")
            encoder = Borrowing(Encoder(), where / "vectors.sqlite")
            shared = _shared(way, url)
            started = time.perf_counter()
            index = KnowledgeIndex.build(
                passages, where, encoder, most_pieces=most_pieces, shared=shared
            )
            told[way] = {
                "build_seconds": round(time.perf_counter() - started, 1),
                "disk_mib": round(_disk(where / index.digest), 1),
                "database_mib": 0.0 if shared is None else _database_mib(url),
            }
            words = ["--data", ".", "--vectors", ".", "--postgresql", url, "--ask", way, str(where)]
            ended = subprocess.run(
                [sys.executable, "-m", __spec__.name, *words], check=True, stdout=subprocess.PIPE
            )
            found: list[list[str]] = (answers := json.loads(ended.stdout)).pop("found")
            told[way] |= answers | _measured(asked, found)
            firsts = firsts or found
            same = [
                len(set(a[:10]) & set(b[:10])) / len(a[:10])
                for a, b in zip(firsts, found, strict=True)
            ]
            told[way]["as_in_memory"] = round(float(np.mean(same)), 4)
    return told


def _measured(asked: Sequence[Asked], found: Sequence[list[str]]) -> dict[str, float]:
    rows = [
        measures(one, answers) for (*_, answers), one in zip(asked, found, strict=True) if answers
    ]
    if not rows:
        return {}
    means = 100 * np.array(rows).mean(axis=0)
    return {"nDCG@10": round(float(means[0]), 2), "R@100": round(float(means[3]), 2)}


def _answers(way: str, where: Path, url: str) -> dict[str, Any]:
    """Ask one index everything, in this process."""
    encoder: TextEncoder = Encoder()
    encoder.query("bail")
    before = psutil.Process().memory_info().rss
    index = KnowledgeIndex(where, encoder, shared=_shared(way, url))
    asked: list[Asked] = json.loads((where / "asked.json").read_text())
    index.search("durée : du bail", "fr")
    clock, processor, found = [], [], []
    for question, language, _ in asked:
        started, busy = time.perf_counter(), time.process_time() + _busy(url)
        hits = index.search(question, language, limit=_FOUND)
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() + _busy(url) - busy)
        found.append([one.id for one in hits])
    return {
        "milliseconds": _percentiles(clock),
        "processor_milliseconds": _percentiles(processor),
        "memory_mib": round((psutil.Process().memory_info().rss - before) / 2**20),
        "found": found,
    }


def _busy(url: str) -> float:
    """Seconds of the processor that the database's processes have taken that serve us."""
    return float(sum(sum(one.cpu_times()[:2]) for one in _serving(make_url(url).database or "")))


@cache
def _serving(database: str) -> list[psutil.Process]:
    told = [(one, " ".join(one.info["cmdline"] or ())) for one in psutil.process_iter(["cmdline"])]
    return [one for one, words in told if words.startswith("postgres:") and database in words]


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{p}": round(1000 * float(np.percentile(seconds, p)), 1) for p in (50, 95)}


def _shared(way: str, url: str) -> SharedVectors | None:
    if way == "memory":
        return None
    settings = read_vector_settings({"postgresql": url, "search": way}, {})
    return None if settings is None else SharedVectors(settings)


@contextmanager
def _database(url: str) -> Iterator[str]:
    """A database with pgvector for as long as it is needed."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    name = "casemate_benchmark"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    own = make_url(url).set(database=name).render_as_string(hide_password=False)
    inside = create_engine(own)
    with inside.begin() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
    inside.dispose()
    try:
        yield own
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def _database_mib(url: str) -> float:
    engine = create_engine(url)
    with engine.connect() as connection:
        ask = text("SELECT pg_database_size(current_database())")
        size = float(connection.execute(ask).scalar_one())
    engine.dispose()
    return round(size / 2**20, 1)


if __name__ == "__main__":
    main()
