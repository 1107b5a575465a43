"""Whether answers are right: the demo's, and which version a day finds, held against what publishers' files
say."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from casemate.errors import BadInput
from casemate.flagships.law.story import Told
from casemate.platform import Platform


def problems(told: Sequence[Told]) -> Iterator[str]:
    """What the demo answered wrongly; nothing where all is well."""
    for one in told:
        if not one.is_right:
            yield f"the demo's answer to {one.question.text!r} is not the right one"


@dataclass(frozen=True)
class DayQuestion:
    """What did ``article`` of ``work`` say on ``day``? ``version`` had begun; ``exists``: it was in it."""

    name: str
    work: str
    article: str
    day: date
    version: str | None
    exists: bool


@dataclass(frozen=True)
class DayFigures:
    """How many of the questions got the right version, and which did not."""

    questions: int
    right: int
    wrong: tuple[str, ...]


def read_day_questions(path: Path) -> Iterator[DayQuestion]:
    """A file of questions, one JSON object a line; raises ``BadInput`` with the line that is wrong."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield DayQuestion(
                str(row["qid"]), str(row["work"]), str(row["article"]), date.fromisoformat(row["date"]),
                row["expected_version"], bool(row["exists"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as failure:
            raise BadInput(
                f"{path.name}, line {number}: a question has qid, work, article, date, expected_version"
                f" and exists ({failure})"
            ) from failure


def right_versions(platform: Platform, corpus: str, path: Path, language: str = "fr") -> DayFigures:
    """Ask each question of ``path``; raises ``BadInput`` where it holds none."""
    asked = list(read_day_questions(path))
    if not asked:
        raise BadInput(f"{path.name} holds no questions")
    wrong = tuple(one.name for one in asked if not _is_right(platform, corpus, one, language))
    return DayFigures(len(asked), len(asked) - len(wrong), wrong)


def _is_right(platform: Platform, corpus: str, one: DayQuestion, language: str) -> bool:
    standing = platform.provision_on(corpus, one.work, one.article, language, one.day)
    begun = None if standing.version is None else standing.version.valid_from
    told = None if begun is None else begun.isoformat()
    return told == one.version and (standing.provision is not None) == one.exists
