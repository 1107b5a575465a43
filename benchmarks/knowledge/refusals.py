"""When to refuse: fit on questions asked where they are answered and where they are not, judge on others.

    python -m benchmarks.knowledge.refusals --corpus FILE --index FOLDER --elsewhere FILE
        --elsewhere-index FOLDER --fit FILE --judge FILE [--most N] [--write FILE]

Two kinds of question without an answer: the same question asked of texts on other subjects
(``elsewhere``), on which the calibration is fitted; and asked of the right texts with the answer taken
out, whose neighbours are still there, which is only judged. Prints JSON; ``--write`` puts the calibration
where the project ships it. The one that is shipped is judged on the same questions.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from casemate.knowledge.answers.answering import Found, Rated, signs_of
from casemate.knowledge.answers.calibration import Calibration, fitted, refusal_f1, shipped
from casemate.knowledge.answers.finding import IndexFinder, likeness_by
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.retrieval.files import Question, read_passages, read_tasks

Signs = Mapping[str, float]


class Texts:
    """A corpus with its finder."""

    def __init__(self, corpus: Path, folder: Path, encoder: Encoder) -> None:
        self.passages: Sequence[Passage] = read_passages(corpus)
        self._finder = IndexFinder(
            KnowledgeIndex.build(self.passages, folder, encoder), self.passages
        )
        self._like = likeness_by(encoder)

    def signs(self, question: Question, language: str, *, without: bool = False) -> Signs:
        """What tells whether the question is answered here, its answer taken out or not."""
        found: Sequence[Found] = self._finder.find(question.text, language, None, 20)
        left = [one for one in found if not (without and one.passage.id in question.relevant)]
        return signs_of(Rated(question.text, self._like), left)


def main() -> None:
    """Fit, judge, print."""
    given = _options()
    encoder = Encoder()
    here = Texts(given.corpus, given.index, encoder)
    elsewhere = Texts(given.elsewhere, given.elsewhere_index, encoder)

    def asked(file: Path) -> list[tuple[Question, str]]:
        tasks = read_tasks(file, here.passages)[0]
        return [(one, task.language) for task in tasks for one in task.questions][: given.most]

    fit = asked(given.fit)
    there = [here.signs(*one) for one in fit]
    not_there = [elsewhere.signs(*one) for one in fit]
    made_of = (
        f"{len(fit)} questions of {given.fit.name}, asked of {given.corpus.name} and of"
        f" {given.elsewhere.name}"
    )
    answerable = [True] * len(fit) + [False] * len(fit)
    calibration = fitted([*there, *not_there], answerable, made_of)
    others = asked(given.judge)
    right = [here.signs(*one) for one in others]
    not_here = {
        "elsewhere": [elsewhere.signs(*one) for one in others],
        "taken_out": [here.signs(*one, without=True) for one in others],
    }
    report: dict[str, object] = {"calibration": calibration.to_document()}
    for name, judging in (("fitted", calibration), ("shipped", shipped())):
        report[name] = {kind: judged(judging, right, some) for kind, some in not_here.items()}
    report["trade_off"] = {
        kind: [judged(_at(calibration, share, there), right, some) for share in _OVER]
        for kind, some in not_here.items()
    }
    print(json.dumps(report, indent=1))
    if given.write:
        document = json.dumps(calibration.to_document(), indent=1)
        given.write.write_text(document + "\n", encoding="utf-8")


_OVER = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Shares of answerable questions that may be refused: a point of the curve each."""


def _at(calibration: Calibration, share: float, there: Sequence[Signs]) -> Calibration:
    """With the threshold at which this share of the questions with an answer is refused."""
    chances = sorted(calibration.probability(one) for one in there)
    return replace(calibration, threshold=chances[int(share * len(chances))])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--corpus", "--index", "--elsewhere", "--elsewhere-index", "--fit", "--judge"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--most", type=int)
    return parser.parse_args()


def judged(
    calibration: Calibration, there: Sequence[Signs], not_there: Sequence[Signs]
) -> dict[str, float]:
    """Refusal F1, and how much is refused of each kind."""
    chances = [calibration.probability(one) for one in (*there, *not_there)]
    answerable = [True] * len(there) + [False] * len(not_there)
    refused = [chance < calibration.threshold for chance in chances]
    return {
        "questions": len(there),
        "refusal_f1": refusal_f1(chances, answerable, calibration.threshold),
        "refused_with_answer": sum(refused[: len(there)]) / len(there),
        "refused_without_answer": sum(refused[len(there) :]) / len(not_there),
    }


if __name__ == "__main__":
    main()
