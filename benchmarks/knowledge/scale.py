"""How long an answer takes over 40,000 articles, the question's vector included; prints JSON.

    python -m benchmarks.knowledge.scale --data ../shared/data/law --vectors FILE [--articles 40000]

The articles are those of every set, and after them the older wordings of the works that come with all
their versions. Where that is fewer, articles of Luxembourg stand in once more, their lines in the other
order; ``repeated`` tells how many.

Vectors come from FILE (``vectors.sqlite`` of an index) where it has them; a text that has none there
takes that of another: how near vectors are does not change how long they take, and the figures of this
command are of time, memory and disk alone. ``borrowed`` tells how many.
"""

import argparse
import itertools
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.knowledge.borrowing import Borrowing
from casemate.cli.knowledge import _disk, _memory
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.passaging import passages_of
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.retrieval.files import read_passages, read_tasks

SETS = (
    ("lu-law/articles.latest.fr.jsonl.gz", "lu-law/index-terms.dev.jsonl"),
    ("fr-labour/corpus.jsonl.gz", "fr-labour/questions.dev.jsonl"),
    ("eu-law/provisions.en-fr.jsonl.gz", "eu-law/crosslingual.jsonl"),
)
_TURNED = "turned "
_EACH = 40  # questions of each set and pair of languages


def main() -> None:
    """Join, build, ask, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=40_000)
    given = parser.parse_args()
    print(json.dumps(measured(given.data, given.vectors, given.articles), indent=1))


def measured(data: Path, vectors: Path, articles: int) -> dict[str, Any]:
    """All figures."""
    passages = list(itertools.islice(_joined(data), articles))
    questions = list(_questions(data, passages))
    encoder = Encoder()
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        if vectors.exists():
            shutil.copy(vectors, where / "vectors.sqlite")
        borrowing = Borrowing(encoder, where / "vectors.sqlite")
        started, busy = time.perf_counter(), time.process_time()
        KnowledgeIndex.build(passages, where, borrowing, most_pieces=1)
        built = time.perf_counter() - started, time.process_time() - busy
        opened = time.perf_counter()
        index = KnowledgeIndex(where, encoder)
        index.search("durée du bail", "fr")
        opening = time.perf_counter() - opened
        return {
            "articles": len(passages),
            "repeated": sum(one.id.startswith(_TURNED) for one in passages),
            "languages": {name: index.side(name).size for name in index.languages},
            "borrowed": borrowing.borrowed,
            "build": {"seconds": round(built[0], 1), "processor_seconds": round(built[1], 1)},
            "first_answer_seconds": round(opening, 2),
            "disk_mib": round(_disk(where / index.digest), 1),
            "memory_mib": round(_memory()),
            "questions": len(questions),
            **_asked(index, encoder, questions),
        }


def _asked(
    index: KnowledgeIndex, encoder: Encoder, questions: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Times of whole searches over all languages, and of the vectors alone."""
    clock: list[float] = []
    processor: list[float] = []
    vector: list[float] = []
    for text, language in questions:
        started, busy = time.perf_counter(), time.process_time()
        index.search(text, language)
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - busy)
    for text, _ in questions:
        busy = time.process_time()
        encoder.query(text)
        vector.append(time.process_time() - busy)
    kinds = {
        "milliseconds": clock, "processor_milliseconds": processor, "of_that_one_vector": vector,
    }  # fmt: skip
    return {
        name: {f"p{p}": round(1000 * float(np.percentile(times, p)), 1) for p in (50, 95)}
        for name, times in kinds.items()
    }


def _joined(data: Path) -> Iterator[Passage]:
    """Articles of every set, then older wordings; each id once."""
    seen: set[str] = set()
    for corpus, _ in SETS:
        for passage in read_passages(data / corpus):
            seen.add(passage.id)
            yield passage
    folder = data / "lu-law/akn-versions"
    with tempfile.TemporaryDirectory() as place, Library(Path(place) / "library.sqlite") as library:
        library.load(folder, files_in(folder), read_law)
        for passage in passages_of(library):
            if passage.id not in seen:
                yield passage
    for passage in read_passages(data / SETS[0][0]):
        yield _turned(passage)


def _turned(passage: Passage) -> Passage:
    """Another article of the same words and length."""
    text = "\n".join(reversed(passage.text.split("\n")))
    return replace(
        passage, id=f"{_TURNED}{passage.id}", work=f"{_TURNED}{passage.work}", text=text,
        title=f"{passage.title} ({_TURNED})",
    )  # fmt: skip


def _questions(data: Path, passages: Sequence[Passage]) -> Iterator[tuple[str, str]]:
    for _, file in SETS:
        for task in read_tasks(data / file, passages)[0]:
            for question in task.questions[:_EACH]:
                yield question.text, task.language


if __name__ == "__main__":
    main()
