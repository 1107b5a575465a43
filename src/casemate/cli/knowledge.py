"""``casemate knowledge``: how well passages are found. No home is opened, nobody signs in."""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from casemate.cli import knowledge_answers
from casemate.cli.common import JsonOption, Shown, exits, show, table

if TYPE_CHECKING:
    from casemate.knowledge.encoding import TextEncoder
    from casemate.knowledge.retrieval.measuring import Measured

app = typer.Typer(no_args_is_help=True)
knowledge_answers.add_to(app)

_SEED = 20261130


@app.callback()
def knowledge() -> None:
    """Texts with their sources, found by words and by meaning."""


@app.command("evaluate")
def evaluate(
    corpus: Annotated[
        Path, typer.Option("--corpus", help="The passages, one JSON object a line, gzipped or not.")
    ],
    questions: Annotated[
        Path,
        typer.Option("--questions", help="Questions and the ids of what answers them, likewise."),
    ],
    where: Annotated[
        Path | None,
        typer.Option(
            "--where",
            help="A folder for the index; a text's vector made there before is not made again "
            "(default: in the user's cache).",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How well passages are found for questions whose answers are known, by words, by meaning, by both."""
    with exits():
        show(evaluated(corpus, questions, where), as_json=as_json)


@dataclass(frozen=True)
class _Cost:
    """What an index took: seconds, new vectors among them, MiB of memory and on the disk."""

    passages: int
    seconds: float
    memory: float
    disk: float


def evaluated(
    corpus: Path, questions: Path, where: Path | None, encoder: "TextEncoder | None" = None
) -> Shown:
    """Every measure of one corpus and its questions; without ``encoder``, this machine's own."""
    from casemate.cli.protect.progress import counting
    from casemate.knowledge.encoding import Encoder
    from casemate.knowledge.encoding.encoder import default_cache
    from casemate.knowledge.retrieval.files import read_passages, read_tasks
    from casemate.knowledge.retrieval.index import KnowledgeIndex
    from casemate.knowledge.retrieval.measuring import measure

    tasks, passages = read_tasks(questions, read_passages(corpus))
    folder = where or default_cache().parent / "knowledge"
    started = time.perf_counter()
    with counting("indexing") as told:
        index = KnowledgeIndex.build(passages, folder, encoder or Encoder(), told=_stages(told))
    seconds = time.perf_counter() - started
    with counting("asking") as told:
        measured = [measure(index, task, told) for task in tasks]
    cost = _Cost(len(index), seconds, _memory(), _disk(folder / index.digest))
    return Shown(_document(corpus, questions, measured, cost), _text(measured, cost))


def _stages(told: Callable[[int, int], None] | None) -> Callable[[str, int, int], None]:
    return lambda _what, done, of: told(done, of) if told else None


def _document(
    corpus: Path, questions: Path, measured: "list[Measured]", cost: _Cost
) -> dict[str, Any]:
    return {
        "corpus": corpus.name,
        "questions": questions.name,
        "passages": cost.passages,
        "index": {
            "seconds": round(cost.seconds, 1),
            "memory_mib": round(cost.memory),
            "disk_mib": round(cost.disk, 3),
        },
        "interval": {"level": 0.95, "method": "bootstrap BCa", "seed": _SEED},
        "tasks": [_task(one) for one in measured],
    }


def _task(measured: "Measured") -> dict[str, Any]:
    return {
        "task": measured.task.name,
        "questions": len(measured.task.questions),
        "engines": {engine: _figures(values) for engine, values in measured.values.items()},
        "milliseconds": _milliseconds(measured.seconds),
        "processor_milliseconds": _milliseconds(measured.processor),
    }


def _milliseconds(seconds: "np.ndarray[Any, Any]") -> dict[str, float]:
    p50, p95 = np.percentile(1000 * seconds, [50, 95])
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}


def _figures(values: "np.ndarray[Any, Any]") -> dict[str, Any]:
    from casemate.knowledge.retrieval.measuring import MEASURES

    return {
        name: dict(zip(("value", "low", "high"), _interval(values[:, column]), strict=True))
        for column, name in enumerate(MEASURES)
    }


def _interval(values: "np.ndarray[Any, Any]") -> tuple[float, float | None, float | None]:
    """A mean in per cent and its interval; where all questions are alike, or there is one, there is
    none."""
    from casemate.assurance.statistics.bootstrap import bootstrap

    mean = round(100 * float(values.mean()), 2)
    if len(values) < 2 or np.ptp(values) == 0:
        return mean, None, None
    found = bootstrap(lambda places: float(values[places].mean()), len(values), seed=_SEED)
    return mean, round(100 * found.low, 2), round(100 * found.high, 2)


def _text(measured: "list[Measured]", cost: _Cost) -> Any:
    from rich.console import Group

    from casemate.knowledge.retrieval.measuring import MEASURES

    rows: list[list[object]] = []
    for one in measured:
        document = _task(one)
        for engine, figures in document["engines"].items():
            rows.append([one.task.name, engine, *[_told(figures[name]) for name in MEASURES]])
        ms, busy = document["milliseconds"], document["processor_milliseconds"]
        told = f"p50 {ms['p50']} ms, p95 {ms['p95']} ms (processor {busy['p50']} and {busy['p95']})"
        rows.append([one.task.name, f"{told}, {document['questions']} questions"])
    told = (
        f"{cost.passages:,} passages; index made in {cost.seconds:.1f} s (without the vectors that were "
        f"kept), {cost.memory:,.0f} MiB of memory, {cost.disk:,.1f} MiB on the disk"
    )
    filled = [[*row, *[""] * (2 + len(MEASURES) - len(row))] for row in rows]
    return Group(table(["Languages", "Engine", *MEASURES], filled), told)


def _told(figure: dict[str, float | None]) -> str:
    if figure["low"] is None:
        return f"{figure['value']:.1f}"
    return f"{figure['value']:.1f} ({figure['low']:.1f}–{figure['high']:.1f})"


def _memory() -> float:
    """The most memory that this process has held, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _disk(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
