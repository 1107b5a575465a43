"""How far ahead the best passage must stand to answer: learn it, judge it, write ``calibration.json``.

    python -m benchmarks.knowledge.leads --data ../shared/data/law --where FOLDER [--write]

To be run again whenever the ranker or the encoder of questions changes: leads are in the ranker's units.
Learnt on training questions (French labour law, Luxembourg's index terms; across languages the EU
headings, judged by leaving out one act after the other); judged on development questions and on EU headings
within a language. Each question is asked twice: as it is, and with the provisions that answer it taken out
of the index. Prints JSON. F1 has refusing as its positive class.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from casemate.assurance.statistics.bootstrap import bootstrap
from casemate.knowledge.answers.calibration import (
    HELD_BACK,
    Ahead,
    f1_of_refusals,
    fitted_ahead,
    shipped,
)
from casemate.knowledge.answers.finding import CITED
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.retrieval.files import Question, Task, read_passages, read_tasks
from casemate.language.settings import Strictness

SHIPPED = Path(__file__).parents[2] / "src/casemate/knowledge/answers/calibration.json"
_QUOTED, _SEED = 3, 20261130
LEARNT_ON = {"question": "fr-labour train", "term": "lu-law train", "across": "eu-law across"}


@dataclass(frozen=True)
class Case:
    """A question's best lead, as it is and with its answer taken out; whether what answers is quoted."""

    work: str
    route: str
    lead: float
    without: float
    right: bool


Sets = Mapping[str, Sequence[Case]]


def cases(index: KnowledgeIndex, task: Task, works: Mapping[str, str]) -> Iterator[Case]:
    """Of every question whose collection is large enough to tell; a cited provision needs no lead."""
    for question in task.questions:
        there, not_there = (_asked(index, task, question, one) for one in (False, True))
        if there is None or not_there is None:
            continue
        yield Case(works[min(question.relevant)], there[1], there[0], not_there[0], there[2])


def _asked(
    index: KnowledgeIndex, task: Task, question: Question, without: bool
) -> tuple[float, str, bool] | None:
    gone = question.relevant if without else ()
    hits = index.search(
        question.text, task.language, languages=[task.of], limit=_QUOTED, without=gone
    )
    if not hits or hits[0].lead is None or hits[0].score > CITED:
        return None
    return hits[0].lead, hits[0].route, any(one.id in question.relevant for one in hits)


def read(law: Path, where: Path) -> Sets:
    """All cases, by set; the texts' vectors are those in ``where``."""
    encoder = Encoder()
    found: defaultdict[str, list[Case]] = defaultdict(list)
    for name, corpus, files in (
        ("fr-labour", "corpus.jsonl.gz", {part: f"questions.{part}.jsonl" for part in _PARTS}),
        ("lu-law", "articles.latest.fr.jsonl.gz", {one: f"index-terms.{one}.jsonl" for one in _PARTS}),
        ("eu-law", "provisions.en-fr.jsonl.gz", {"": "crosslingual.jsonl"}),
    ):  # fmt: skip
        passages = read_passages(law / name / corpus)
        tasks = {part: read_tasks(law / name / file, passages) for part, file in files.items()}
        _, pool = next(iter(tasks.values()))
        index = KnowledgeIndex.build(pool, where, encoder)
        works = {one.id: one.work for one in passages}
        for part, (some, _) in tasks.items():
            for task in some:
                kind = part or ("within" if task.language == task.of else "across")
                found[f"{name} {kind}"] += cases(index, task, works)
    return found


_PARTS = ("train", "dev")


def learnt(some: Sequence[Case]) -> Ahead:
    """What leads say of one route."""
    return fitted_ahead([one.lead for one in some], [one.right for one in some])


def judged(some: Sequence[Case], bound: Callable[[Case], float]) -> Mapping[str, object]:
    """What a bound does to the questions, each with its own."""
    held = np.array([one.lead < bound(one) for one in some])
    held_without = np.array([one.without < bound(one) for one in some])
    right = np.array([one.right for one in some])

    def f1(places: np.ndarray) -> float:
        refused = [*held[places], *held_without[places]]
        return f1_of_refusals(refused, [True] * len(places) + [False] * len(places))

    def f1_found(places: np.ndarray) -> float:
        return f1_of_refusals([*held[places]], [*right[places]])

    return {
        "answerable_refused": held.mean(),
        "taken_out_refused": held_without.mean(),
        "refusal_f1": _interval(f1, len(some)),
        "right_refused": held[right].mean(),
        "right_of_all": right.mean(),
        "right_of_answered": right[~held].mean(),
        "refusal_f1_where_not_found": _interval(f1_found, len(some)),
    }


def _interval(statistic: Callable[[np.ndarray], float], n: int) -> list[float]:
    found = bootstrap(statistic, n, seed=_SEED, resamples=1000)
    return [found.estimate, found.low, found.high]


def areas(some: Sequence[Case]) -> Mapping[str, float]:
    """Areas under the curve: an answer that is there against one taken out, and what is quoted rightly."""
    leads = [one.lead for one in some]
    there = [True] * len(some) + [False] * len(some)
    return {
        "questions": len(some),
        "auc_taken_out": roc_auc_score(there, leads + [one.without for one in some]),
        "auc_right": roc_auc_score([one.right for one in some], leads),
    }


def main() -> None:
    """Learn, judge, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--where", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    sets = read(given.data, given.where)
    taught = {
        route: [one for one in sets[name] if one.route == route]
        for route, name in LEARNT_ON.items()
    }
    ahead = {route: learnt(some) for route, some in taught.items()}
    others = {
        work: learnt([one for one in taught["across"] if one.work != work])
        for work in {one.work for one in taught["across"]}
    }

    def bound(one: Case, strictness: Strictness) -> float:
        known = others[one.work] if one.route == "across" else ahead[one.route]
        return known.bounds[strictness]

    report = {
        name: {
            **areas(some),
            **{how: judged(some, lambda one, how=how: bound(one, how)) for how in HELD_BACK},  # type: ignore[misc]
        }
        for name, some in sets.items()
    }
    told = {route: one.to_document() for route, one in ahead.items()}
    print(json.dumps(_rounded({"ahead": told, "judged": report}), indent=1))
    if given.write:
        _write(ahead, {route: len(some) for route, some in taught.items()})


def _rounded(document: object) -> object:
    """With numbers that people read."""
    return json.loads(json.dumps(document), parse_float=lambda told: round(float(told), 4))


def _write(ahead: Mapping[str, Ahead], many: Mapping[str, int]) -> None:
    """Into the file that ships; its rule on the subject stays."""
    known = shipped()
    subject = known.made_of.partition("; leads: ")[0]
    told = ", ".join(f"{count} {LEARNT_ON[route]} ({route})" for route, count in many.items())
    document = replace(
        known, ahead=ahead, made_of=f"{subject}; leads: {told} (benchmarks.knowledge.leads)"
    ).to_document()
    SHIPPED.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
