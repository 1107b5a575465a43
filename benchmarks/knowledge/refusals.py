"""What is refused, as shipped: the whole rule on questions whose answer is there, taken out, or never was.

    python -m benchmarks.knowledge.refusals --corpus FILE --index FOLDER --elsewhere FILE
        --elsewhere-index FOLDER --judge FILE [--fit FILE --write FILE] [--most N]

Each question is asked as it is; with the provisions that answer it taken out of the index (the hard
kind: their neighbours are still there); and of texts on other subjects. What is shown as near
is a refusal to answer. F1 has refusing as its positive class. Prints JSON. ``--fit`` fits the rule on the
subject anew, on other questions asked here and elsewhere; the rule on leads has a program of its own,
``benchmarks.knowledge.leads``.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from casemate.knowledge.answers.answering import Found, Rated, signs_of
from casemate.knowledge.answers.calibration import (
    HELD_BACK,
    Calibration,
    Verdict,
    f1_of_refusals,
    fitted,
    shipped,
)
from casemate.knowledge.answers.finding import IndexFinder, likeness_by
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex
from casemate.knowledge.retrieval.files import Question, read_passages, read_tasks

_FOUND, _QUOTED = 10, 3


@dataclass(frozen=True)
class Told:
    """What tells whether a question is answered, and whether a right provision is among the first found."""

    signs: dict[str, float]
    leads: tuple[tuple[str, float], ...]
    right: bool

    def verdict(self, rule: Calibration) -> Verdict:
        """What becomes of the question."""
        return rule.judged(self.signs, self.leads)[0]


class Texts:
    """A corpus with its finder."""

    def __init__(self, corpus: Path, folder: Path, encoder: Encoder) -> None:
        self.passages: Sequence[Passage] = read_passages(corpus)
        index = KnowledgeIndex.build(self.passages, folder, encoder)
        self._finder = IndexFinder(index, self.passages)
        self._like = likeness_by(encoder)

    def told(self, question: Question, language: str, *, without: bool = False) -> Told:
        """Of a question asked here, its answer taken out or not."""
        gone = question.relevant if without else ()
        found: Sequence[Found] = self._finder.find(question.text, language, None, _FOUND, gone)
        return Told(
            dict(signs_of(Rated(question.text, self._like), found)),
            tuple((one.route, one.lead) for one in found if one.lead is not None),
            any(one.passage.id in question.relevant for one in found[:_QUOTED]),
        )


def main() -> None:
    """Ask, judge, print."""
    given = _options()
    encoder = Encoder()
    here = Texts(given.corpus, given.index, encoder)
    elsewhere = Texts(given.elsewhere, given.elsewhere_index, encoder)

    def asked(file: Path) -> list[tuple[Question, str]]:
        tasks = read_tasks(file, here.passages)[0]
        return [(one, task.language) for task in tasks for one in task.questions][: given.most]

    rule = shipped()
    if given.fit:
        fit = asked(given.fit)
        signs = [texts.told(*one).signs for texts in (here, elsewhere) for one in fit]
        anew = fitted(signs, [True] * len(fit) + [False] * len(fit), f"{len(fit)} {given.fit.name}")
        rule = replace(anew, ahead=rule.ahead, subject=anew.threshold)
    judging = asked(given.judge)
    there = [here.told(*one) for one in judging]
    kinds = {
        "elsewhere": [elsewhere.told(*one) for one in judging],
        "taken_out": [here.told(*one, without=True) for one in judging],
    }
    report = {
        how: {
            kind: judged(replace(rule, strictness=how), there, some) for kind, some in kinds.items()
        }
        for how in HELD_BACK
    }
    print(json.dumps({"questions": len(judging), "strictness": report}, indent=1))
    if given.write:
        document = json.dumps(rule.to_document(), indent=1)
        given.write.write_text(document + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--corpus", "--index", "--elsewhere", "--elsewhere-index", "--judge"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--fit", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--most", type=int)
    return parser.parse_args()


def judged(
    rule: Calibration, there: Sequence[Told], not_there: Sequence[Told]
) -> dict[str, object]:
    """Refusal F1, what becomes of each kind, and what it costs where the right provision was quoted."""
    verdicts = [one.verdict(rule) for one in (*there, *not_there)]
    with_answer, without = verdicts[: len(there)], verdicts[len(there) :]
    rightly = [kind for kind, one in zip(with_answer, there, strict=True) if one.right]
    shown = [one for kind, one in zip(with_answer, there, strict=True) if kind == "answered"]
    truth = [True] * len(there) + [False] * len(not_there)
    return {
        "refusal_f1": f1_of_refusals([one != "answered" for one in verdicts], truth),
        "f1_of_nothing": f1_of_refusals([one == "nothing" for one in verdicts], truth),
        "with_answer": dict(Counter(with_answer)),
        "without_answer": dict(Counter(without)),
        "rightly_quoted": dict(Counter(rightly)),
        "right_of_all": len(rightly) / len(there),
        "right_of_answered": sum(one.right for one in shown) / max(1, len(shown)),
    }


if __name__ == "__main__":
    main()
