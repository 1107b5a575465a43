"""All that is measured of finding texts, in one table: every set of questions with intervals, right
versions, and 40,000 articles.

    python -m benchmarks.knowledge.everything --data ../shared/data/law [--where FOLDER] [--json]

Each part runs in a process of its own, so that its memory is its own; what takes longer than
``--minutes`` or is not there is left out, and that is told. Vectors that an earlier run made in ``--where``
are not made again: with them all of it takes some minutes, and without them some two hours. ``--borrow``
gives passages without a vector that of another, in a folder for the while: right only for works that no
question names, so the table tells how many there were.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from casemate.knowledge.encoding.encoder import default_cache

SETS = (
    ("lu-law/articles.latest.fr.jsonl.gz", "lu-law/index-terms.dev.jsonl"),
    ("fr-labour/corpus.jsonl.gz", "fr-labour/questions.dev.jsonl"),
    ("eu-law/provisions.en-fr.jsonl.gz", "eu-law/crosslingual.jsonl"),
)
VERSIONS = ("lu-law/akn-versions", "lu-law/point-in-time.jsonl")


def main() -> None:
    """Run every part, print as it comes, the whole as JSON where that is asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--where", type=Path, default=default_cache().parent / "knowledge")
    parser.add_argument("--minutes", type=float, default=30, help="for each part")
    parser.add_argument("--borrow", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    document: dict[str, Any] = {}
    for name, command, needed in _parts(given):
        missing = [path for path in needed if not path.exists()]
        document[name] = (
            {"left_out": f"{missing[0]} is not there"} if missing else _run(command, given.minutes)
        )
        if not given.json:
            print("\n".join(_lines(name, document[name])), flush=True)
    if given.json:
        print(json.dumps(document, indent=1))


def _parts(given: argparse.Namespace) -> Iterator[tuple[str, list[str], list[Path]]]:
    """Each part's name, its command, and the files that it needs."""
    for corpus, questions in SETS:
        paths = [given.data / corpus, given.data / questions]
        more = ["--borrow"] if given.borrow else []
        files = ["--corpus", str(paths[0]), "--questions", str(paths[1])]
        command = ["benchmarks.knowledge.one_set", *files, "--where", str(given.where), *more]
        yield questions, command, paths
    paths = [given.data / one for one in VERSIONS]
    yield VERSIONS[1], ["benchmarks.knowledge.versions", *map(str, paths)], paths
    scale = ["--data", str(given.data), "--vectors", str(given.where / "vectors.sqlite")]
    needed = [given.data / one for pair in SETS for one in pair]
    yield "40,000 articles", ["benchmarks.knowledge.scale", *scale], needed


def _run(command: list[str], minutes: float) -> dict[str, Any]:
    """What a part prints, with the seconds that it took."""
    called = [sys.executable, "-m", *command]
    started = time.perf_counter()
    try:
        done = subprocess.run(
            called, check=True, capture_output=True, text=True, timeout=60 * minutes
        )
    except subprocess.TimeoutExpired:
        return {"left_out": f"it took more than {minutes:g} minutes"}
    except subprocess.CalledProcessError as failure:
        return {"left_out": f"it failed: {failure.stderr.strip()[-400:]}"}
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "took_seconds": round(time.perf_counter() - started, 1)}


def _lines(name: str, found: dict[str, Any]) -> Iterator[str]:
    """One part of the table."""
    yield f"== {name}"
    for task in found.get("tasks", ()):
        for engine, figures in task["engines"].items():
            told = "  ".join(f"{measure} {_told(one)}" for measure, one in figures.items())
            yield f"{task['task']:6} {engine:8} {told}"
        yield (
            f"{task['task']:6} {task['questions']} questions; ms {_percentiles(task['milliseconds'])},"
            f" of the processor {_percentiles(task['processor_milliseconds'])}"
        )
    rest = {name: value for name, value in found.items() if name not in ("tasks", "interval")}
    yield "  ".join(f"{name}: {json.dumps(value)}" for name, value in rest.items())


def _told(one: dict[str, Any]) -> str:
    return (
        f"{one['value']:.1f}"
        if one["low"] is None
        else f"{one['value']:.1f} ({one['low']:.1f}–{one['high']:.1f})"
    )


def _percentiles(one: dict[str, float]) -> str:
    return f"p50 {one['p50']}, p95 {one['p95']}"


if __name__ == "__main__":
    main()
