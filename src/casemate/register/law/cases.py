"""Files of cases: systems described by facts, with the answer somebody expects; and how far ours agrees."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casemate.errors import BadInput
from casemate.register.law.answers import Answer, classify
from casemate.register.law.vocabulary import read_facts

LONGEST_LINE = 1_000_000
"""Characters of a case; a longer one is none."""


@dataclass(frozen=True)
class Case:
    """One line of such a file."""

    id: str
    facts: dict[str, Any]
    as_of: date | None
    expected: dict[str, Any] | None


@dataclass(frozen=True)
class Agreement:
    """How an answer compares with what was expected."""

    cls: bool
    articles: bool
    """The same articles, in whatever order."""
    overlap: float
    """Articles in both, of those in either (Jaccard); 1 where there are none."""
    applies_from: bool

    @property
    def whole(self) -> bool:
        """Class, articles and date alike."""
        return self.cls and self.articles and self.applies_from


@dataclass(frozen=True)
class Judged:
    """A case with its answer, or with the reason why there is none."""

    case: Case
    answer: Answer | None
    agreement: Agreement | None
    error: str | None


def read_cases(path: Path) -> list[Case]:
    """The cases in ``path``, one JSON object a line; raises ``BadInput`` naming the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}") from None
    except OSError as failure:
        raise BadInput(f"{path} cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise BadInput(f"{path} is not UTF-8 at byte {failure.start}") from failure
    lines = enumerate(text.split("\n"), start=1)
    found = [_case(line, f"{path}, line {number}") for number, line in lines if line.strip()]
    if not found:
        raise BadInput(f"{path} holds no case")
    return found


def _case(line: str, where: str) -> Case:
    try:
        row = json.loads(line) if len(line) <= LONGEST_LINE else None
    except (ValueError, RecursionError) as failure:
        raise BadInput(f"{where} is not JSON: {failure}") from failure
    if not isinstance(row, dict) or not isinstance(row.get("facts"), dict):
        raise BadInput(f"{where} is no case: it needs an object `facts`")
    expected = row.get("expected")
    if expected is not None and not isinstance(expected, dict):
        raise BadInput(f"{where}: `expected` is an object with cls, articles and applies_from")
    name = row.get("id")
    return Case(
        id=name if isinstance(name, str) else where.rpartition(", ")[2],
        facts=row["facts"],
        as_of=read_day(row.get("as_of"), where),
        expected=expected,
    )


def read_day(given: Any, where: str) -> date | None:
    """A day as ``YYYY-MM-DD``; ``None`` for none; raises ``BadInput`` saying ``where``."""
    if given is None or type(given) is date:
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise BadInput(f"{where}: {given!r} is no day such as 2026-12-02") from None


def judge_cases(cases: Sequence[Case], today: date) -> Iterator[Judged]:
    """Each case with its answer: on its own day, or on ``today`` where it names none."""
    for case in cases:
        try:
            answer = classify(read_facts(case.facts, closed=True), case.as_of or today)
        except BadInput as failure:
            yield Judged(case, None, None, str(failure))
            continue
        agreement = None if case.expected is None else _agreement(answer, case.expected)
        yield Judged(case, answer, agreement, None)


def _agreement(answer: Answer, expected: dict[str, Any]) -> Agreement:
    articles = expected.get("articles") or []
    asked, given = (
        set(map(str, articles if isinstance(articles, list) else [articles])),
        set(answer.articles),
    )
    either = asked | given
    day = expected.get("applies_from")
    return Agreement(
        cls=answer.cls == expected.get("cls"),
        articles=asked == given,
        overlap=len(asked & given) / len(either) if either else 1.0,
        applies_from=(str(day) if day else None)
        == (str(answer.applies_from) if answer.applies_from else None),
    )
