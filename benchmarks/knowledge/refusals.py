"""When to refuse: fit on questions with and without their answer in the texts, judge on others, print JSON.

    python -m benchmarks.knowledge.refusals --corpus FILE --fit FILE --judge FILE --index FOLDER

Without its answer means: the provisions that answer are taken out of what is found. ``--write FILE`` puts
the calibration where the project ships it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from casemate.knowledge.answers.answering import Rated, signs_of
from casemate.knowledge.answers.calibration import Calibration, fitted, refusal_f1
from casemate.knowledge.answers.finding import IndexFinder, likeness_by
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.retrieval.files import read_passages, read_tasks


def main() -> None:
    """Fit, judge, print."""
    parser = argparse.ArgumentParser()
    for name in ("--corpus", "--fit", "--judge", "--index", "--write"):
        parser.add_argument(name, type=Path, required=name != "--write")
    given = parser.parse_args()
    encoder = Encoder()
    passages = read_passages(given.corpus)
    index = KnowledgeIndex.build(passages, given.index, encoder)
    finder = IndexFinder(index, passages)
    like = likeness_by(encoder)

    def signs(file: Path) -> tuple[list[Any], list[bool]]:
        told, there = [], []
        for task in read_tasks(file, passages)[0]:
            for question in task.questions:
                found = finder.find(question.text, task.language, None, 20)
                rated = Rated(question.text, like)
                left = [one for one in found if one.passage.id not in question.relevant]
                told += [signs_of(rated, found), signs_of(rated, left)]
                there += [True, False]
        return told, there

    made_of = (
        f"{given.fit.name} over {given.corpus.name}, each question with and without its answer"
    )
    calibration = fitted(*signs(given.fit), made_of)
    print(
        json.dumps(
            {"calibration": calibration.to_document(), **judged(calibration, *signs(given.judge))},
            indent=1,
        )
    )
    if given.write:
        given.write.write_text(
            json.dumps(calibration.to_document(), indent=1) + "\n", encoding="utf-8"
        )


def judged(calibration: Calibration, told: list[Any], there: list[bool]) -> dict[str, float]:
    """Refusal F1 and how much is refused of each kind."""
    chances = [calibration.probability(one) for one in told]
    refused = [chance < calibration.threshold for chance in chances]
    kinds = {
        kind: [no for no, one in zip(refused, there, strict=True) if one is kind]
        for kind in (True, False)
    }
    return {
        "questions": len(told),
        "refusal_f1": refusal_f1(chances, there, calibration.threshold),
        "refused_with_answer": sum(kinds[True]) / len(kinds[True]),
        "refused_without_answer": sum(kinds[False]) / len(kinds[False]),
    }


if __name__ == "__main__":
    main()
