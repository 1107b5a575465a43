"""How well an index answers questions whose answers are known: nDCG, reciprocal rank and recall, and
how long it takes.

Gain is binary. nDCG as Järvelin and Kekäläinen (2002) with the logarithm to base two of the rank plus
one.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from casemate.knowledge.encoding import Progress
from casemate.knowledge.retrieval.files import Question, Task
from casemate.knowledge.retrieval.index import LONGEST_QUESTION, KnowledgeIndex, route_of
from casemate.knowledge.retrieval.lexical import Scores

MEASURES = ("nDCG@10", "MRR@10", "R@10", "R@100")
ENGINES = ("lexical", "dense", "full")
_DEEPEST = 100


@dataclass(frozen=True)
class Measured:
    """One task: for each engine a row a question and a column a measure (0 to 1); and of ``full`` the
    seconds of a clock and of the processor, which other work on the machine does not lengthen."""

    task: Task
    values: dict[str, NDArray[np.float64]]
    seconds: NDArray[np.float64]
    processor: NDArray[np.float64]


def measure(index: KnowledgeIndex, task: Task, progress: Progress | None = None) -> Measured:
    """Ask the index every question of a task. The time of an answer holds the making of the question's
    vector."""
    ids = index.ids(task.of)
    rows: dict[str, list[tuple[float, ...]]] = {engine: [] for engine in ENGINES}
    seconds: list[float] = []
    processor: list[float] = []
    first = task.questions[0]  # what is made at first use is not the question's
    _ranking(index, task, replace(first, text=f"{first.text} ."))
    for done, question in enumerate(task.questions, 1):
        started, busy = time.perf_counter(), time.process_time()
        full = _ranking(index, task, question)
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - busy)
        plain = _plain(index, task, question)
        for engine, places in {"full": full, **plain}.items():
            rows[engine].append(measures([ids[place] for place in places], question.relevant))
        if progress:
            progress(done, len(task.questions))
    values = {engine: np.array(found) for engine, found in rows.items()}
    return Measured(task, values, np.array(seconds), np.array(processor))


def measures(
    ranking: Sequence[str], relevant: Collection[str]
) -> tuple[float, float, float, float]:
    """``MEASURES`` of one ranking."""
    hits = [place for place, one in enumerate(ranking[:_DEEPEST]) if one in relevant]
    near = [place for place in hits if place < 10]
    gain = sum(1 / np.log2(place + 2) for place in near)
    ideal = sum(1 / np.log2(place + 2) for place in range(min(10, len(relevant))))
    first = 1 / (near[0] + 1) if near else 0.0
    return (
        float(gain / ideal), first, len(near) / len(relevant), len(hits) / len(relevant),
    )  # fmt: skip


def _ranking(index: KnowledgeIndex, task: Task, question: Question) -> Sequence[int]:
    asked, named = index.asked(question.text[:LONGEST_QUESTION], task.language, task.of)
    route = route_of(named.rest, task.language, task.of)
    found, scores = index.ranked(asked, named, task.of, route)
    best = np.argsort(-scores, kind="stable")[:_DEEPEST]
    places: list[int] = found.places[best].tolist()
    return places


def _plain(index: KnowledgeIndex, task: Task, question: Question) -> dict[str, Sequence[int]]:
    """What BM25 alone and vectors alone find: the whole question, no work that it names, no ranker."""
    side = index.side(task.of)
    text = question.text[:LONGEST_QUESTION]
    words = side.whole.score(side.query(text))
    meaning = side.nearness.order.best(side.nearness.pieces(index.vector(text)))
    return {"lexical": _best(words, above=0.0), "dense": _best(meaning, above=-2.0)}


def _best(scores: Scores, *, above: float) -> Sequence[int]:
    order = np.argsort(-scores, kind="stable")[:_DEEPEST]
    return [int(place) for place in order if scores[place] > above]
