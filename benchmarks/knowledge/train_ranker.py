"""Learn the adapter of questions' vectors and the ranker's weights from questions with known answers, and
write ``adapter.npz`` and ``ranker.json``.

python -m benchmarks.knowledge.train_ranker --data ../shared/data/law --where FOLDER [--write]

The data are Luxembourg's and France's training questions, and for other languages the headings of EU
articles; none of the development questions in one language. For the passages of another language there
are no training questions: those weights are learnt on the development headings, and judged by leaving
out one act after the other.
"""

import argparse
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

from casemate.knowledge.encoding import Encoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.retrieval.adapter import SHIPPED as ADAPTER
from casemate.knowledge.retrieval.adapter import Adapter
from casemate.knowledge.retrieval.adapting import Answered, learn_adapter
from casemate.knowledge.retrieval.features import Candidates, candidates
from casemate.knowledge.retrieval.files import Task, read_passages, read_tasks
from casemate.knowledge.retrieval.index import route_of
from casemate.knowledge.retrieval.measuring import MEASURES, measures
from casemate.knowledge.retrieval.ranker import Lesson, Route, learn, ranker_of

PENALTY = {"term": 0.01, "question": 1.0, "across": 0.05}
"""On the squares of weights: more where questions are few. Chosen on the development questions; that of
questions so that their weights also rank other languages and very small collections."""
TREES = {"term"}
"""Routes whose questions are many enough for trees; chosen on the development questions."""
_SHARE = 0.8
_FORESTS = 2
AdapterOf = Callable[[str], Adapter]
"""Which adapter moves the vector of a question."""
SHIPPED = Path(__file__).parents[2] / "src/casemate/knowledge/retrieval/ranker.json"


@dataclass(frozen=True)
class Case:
    """A question's candidates, and what is needed to judge a ranking of them."""

    lesson: Lesson
    ids: list[str]
    relevant: frozenset[str]
    route: Route
    work: str
    sheet: str
    """What stands before the question's own words."""


@dataclass(frozen=True)
class Taught:
    """Cases of one file of questions, and the names of their features."""

    cases: list[Case]
    names: tuple[str, ...]


def taught(
    index: KnowledgeIndex, tasks: Sequence[Task], works: dict[str, str], adapter_of: AdapterOf
) -> Taught:
    """The candidates of every question, its vector moved by the adapter that is its own."""
    cases: list[Case] = []
    names: tuple[str, ...] = ()
    for task in tasks:
        ids = index.ids(task.of)
        for question in task.questions:
            asked, named = index.asked(question.text, task.language, task.of)
            asked = replace(asked, moved=adapter_of(question.text).moved(asked.vector))
            found = candidates(index.side(task.of), asked)
            names = found.names
            mine = [ids[place] for place in found.places]
            hit = np.array([one in question.relevant for one in mine], bool)
            route = route_of(named.rest, task.language, task.of)
            work = works[min(question.relevant)]
            sheet = sheet_of(question.text)
            lesson = Lesson(found.values, hit)
            cases.append(Case(lesson, mine, question.relevant, route, work, sheet))
    return Taught(cases, names)


def sheet_of(question: str) -> str:
    """What stands before a question's own words: its sheet, or the code that it asks of."""
    return question.partition(" : ")[0]


def part_of(question: str) -> int:
    """One of five parts of the sheets; all questions of a sheet are in one."""
    return zlib.crc32(sheet_of(question).encode()) % 5


def judged(cases: Sequence[Case], score: Callable[[Case], np.ndarray]) -> str:
    """The measures of a ranking, as a line."""
    rows = [
        measures(
            [case.ids[i] for i in np.argsort(-score(case), kind="stable")[:100]], case.relevant
        )
        for case in cases
    ]
    figures = 100 * np.mean(rows, axis=0)
    reach = 100 * np.mean([case.lesson.relevant.sum() / len(case.relevant) for case in cases])
    told = ", ".join(f"{n} {v:.1f}" for n, v in zip(MEASURES, figures, strict=True))
    return f"{told} ({len(cases)} questions, candidates hold {reach:.1f})"


def scorer(route: dict[str, Any], names: Sequence[str]) -> Callable[[Case], np.ndarray]:
    """A route's scores."""
    ranker = ranker_of({"routes": {"term": route}})

    def score(case: Case) -> np.ndarray:
        places = np.arange(len(case.ids))
        return ranker.scores(Candidates(places, tuple(names), case.lesson.values), "term")

    return score


def learnt(cases: Sequence[Case], names: Sequence[str], *, trees: bool) -> dict[str, Any]:
    """One route's document: weights alone, or weights and trees."""
    weights = learn([case.lesson for case in cases], names, PENALTY[cases[0].route])
    return both(weights, boosted(cases, names)) if trees else {"weights": weights}


def boosted(cases: Sequence[Case], names: Sequence[str]) -> list[list[list[Any]]]:
    """Trees that tell relevant candidates from the others, small and held back: the data are few. Two
    forests that each see other features err apart, and count half."""
    values = np.concatenate([case.lesson.values for case in cases])
    truth = np.concatenate([case.lesson.relevant for case in cases])
    shares = [np.full(len(c.ids), max(c.lesson.relevant.sum(), 1) ** -0.5) for c in cases]
    trees: list[list[list[Any]]] = []
    for seed in range(_FORESTS):
        model = HistGradientBoostingClassifier(
            max_iter=150, max_leaf_nodes=6, learning_rate=0.06, min_samples_leaf=150, max_features=0.3,
            l2_regularization=10, early_stopping=False, random_state=seed,
        )  # fmt: skip
        model.fit(values, truth, sample_weight=np.concatenate(shares))
        trees += [_written(rounds[0].nodes, names) for rounds in model._predictors]  # nowhere else
    return trees


def _written(nodes: Any, names: Sequence[str]) -> list[list[Any]]:
    """A tree as the file has it."""
    return [
        [round(float(node["value"]) / _FORESTS, 5)]
        if node["is_leaf"]
        else [
            names[node["feature_idx"]],
            float(f"{node['num_threshold']:.6g}"),
            int(node["left"]),
            int(node["right"]),
        ]
        for node in nodes
    ]


def both(weights: dict[str, float], trees: list[list[list[Any]]]) -> dict[str, Any]:
    """The document of one route, weights at the share that goes well with trees."""
    return {"weights": {n: round(_SHARE * w, 5) for n, w in weights.items()}, "trees": trees}


def apart(
    cases: Sequence[Case], names: Sequence[str], part: Callable[[Case], str], *, trees: bool = False
) -> str:
    """What is learnt on all parts but one, tried on that one, over all parts."""
    others = {
        one: scorer(learnt([c for c in cases if part(c) != one], names, trees=trees), names)
        for one in {part(case) for case in cases}
    }
    return judged(cases, lambda case: others[part(case)](case))


def _fifth(case: Case) -> str:
    return str(part_of(case.sheet))


@dataclass(frozen=True)
class Opened:
    """A corpus, its index, and its files of questions as they were read."""

    index: KnowledgeIndex
    works: dict[str, str]
    files: list[Sequence[Task]]

    def taught(self, adapter_of: AdapterOf) -> list[Taught]:
        """The candidates of each file's questions."""
        return [taught(self.index, tasks, self.works, adapter_of) for tasks in self.files]

    def answered(self) -> tuple[list[str], Answered]:
        """The questions of the first file, which is of one language, and what answers them."""
        [task] = self.files[0]
        place = {one: at for at, one in enumerate(self.index.ids(task.of))}
        texts = [question.text for question in task.questions]
        return texts, Answered(
            np.stack([self.index.vector(text) for text in texts]),
            [[place[one] for one in question.relevant] for question in task.questions],
            self.index.side(task.of).nearness.means(np.arange(len(place))),
        )


def opened(
    where: Path,
    corpus: Path,
    questions: Sequence[Path],
    encoder: Encoder,
    *,
    asked_works: bool = False,
) -> Opened:
    """An index of a corpus, and files of questions."""
    passages = read_passages(corpus)
    read = [read_tasks(path, passages) for path in questions]
    pool: list[Passage] = read[0][1]
    works = {passage.id: passage.work for passage in passages}
    if asked_works:  # these questions name their work: no other work's passages are candidates
        asked = {
            works[one]
            for tasks, _ in read
            for t in tasks
            for q in t.questions
            for one in q.relevant
        }
        pool = [passage for passage in pool if passage.work in asked]
    index = KnowledgeIndex.build(pool, where, encoder, most_pieces=1 if asked_works else None)
    for language in index.languages:
        index.side(
            language
        )  # now: another index built in the same folder takes this one's files away
    return Opened(index, works, [tasks for tasks, _ in read])


def adapters(corpora: Sequence[Opened]) -> tuple[Adapter, AdapterOf]:
    """The adapter learnt from all training questions; and for a training question the one that was
    learnt without its sheet, else the ranker would trust the adapter too much."""
    known = [corpus.answered() for corpus in corpora]

    def without(part: int | None) -> Adapter:
        return learn_adapter(
            [
                answered.only([at for at, text in enumerate(texts) if part_of(text) != part])
                for texts, answered in known
            ]
        )

    parts = {part: without(part) for part in range(5)}
    return without(None), lambda text: parts[part_of(text)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--where", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    encoder = Encoder()
    law, where = given.data, given.where
    lu = opened(
        where, law / "lu-law/articles.latest.fr.jsonl.gz",
        [law / f"lu-law/index-terms.{part}.jsonl" for part in ("train", "dev")], encoder, asked_works=True,
    )  # fmt: skip
    fr = opened(
        where, law / "fr-labour/corpus.jsonl.gz",
        [law / f"fr-labour/questions.{part}.jsonl" for part in ("train", "dev")], encoder,
    )  # fmt: skip
    eu = opened(
        where, law / "eu-law/provisions.en-fr.jsonl.gz", [law / "eu-law/crosslingual.jsonl"], encoder,
    )  # fmt: skip
    adapter, own = adapters([lu, fr])
    if given.write:
        write_adapter(adapter, encoder.digest)
    every = {
        name: one.taught(lambda _: adapter) for name, one in (("lu", lu), ("fr", fr), ("eu", eu))
    }
    every["lu"][0], every["fr"][0] = lu.taught(own)[0], fr.taught(own)[0]
    (lu_train, lu_dev), (fr_train, fr_dev), [eu_every] = every["lu"], every["fr"], every["eu"]
    names = eu_every.names
    across = [case for case in eu_every.cases if case.route == "across"]
    within = [case for case in eu_every.cases if case.route != "across"]
    sets = {
        "term": (lu_train.cases, {"Luxembourg, development": lu_dev.cases, "EU, one language": within}),
        "question": (fr_train.cases, {"France, development": fr_dev.cases}),
        "across": (across, {}),
    }  # fmt: skip
    chosen: dict[str, dict[str, Any]] = {}
    for route, (cases, tried) in sets.items():
        trees = route in TREES
        chosen[route] = document = learnt(cases, names, trees=trees)
        print(f"{route}, {'weights and trees' if trees else 'weights'}")
        print("  training:", judged(cases, scorer(document, names)))
        for name, others in tried.items():
            print(f"  {name}:", judged(others, scorer(document, names)), flush=True)
        if route == "across":
            print("  other acts:", apart(cases, names, lambda case: case.work), flush=True)
        if route == "question":
            both_sets = [*cases, *fr_dev.cases]
            print("  other sheets, five parts:", apart(both_sets, names, _fifth), flush=True)
    if given.write:
        write(chosen)


def write(chosen: dict[str, dict[str, Any]]) -> None:
    """The file that ships."""
    document = {
        "made_by": "python -m benchmarks.knowledge.train_ranker --data DATA --where FOLDER --write",
        "learnt_from": {
            "term": "lu-law/index-terms.train.jsonl",
            "question": "fr-labour/questions.train.jsonl",
            "across": "eu-law/crosslingual.jsonl, English to French and French to English",
        },
        "penalty": PENALTY,
        "routes": chosen,
    }
    SHIPPED.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n")


def write_adapter(adapter: Adapter, encoder: str) -> None:
    """The file that ships; ``encoder`` is the digest of the encoder, whatever its arithmetic."""
    np.savez_compressed(
        SHIPPED.with_name(ADAPTER),
        matrix=adapter.matrix.astype(np.float16),
        shift=adapter.shift.astype(np.float16),
        weights=np.array(encoder.partition("-")[0]),
    )


if __name__ == "__main__":
    main()
