"""Corpora and questions with known answers from files: one JSON object a line, gzipped or not.

What a row calls its fields differs from corpus to corpus; the names that are understood stand in the
tables below.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import py3langid

from casemate.errors import BadInput
from casemate.knowledge.jsonl import Row, rows_in
from casemate.knowledge.passages import LANGUAGE, Passage

_WORK = ("work", "celex", "work_id", "code")
_TITLE = ("title", "work_title")
_LANGUAGE = ("lang", "language")
_NUMBER = ("num", "number")
_FROM = ("valid_from", "article_valid_from", "version")
_KNOWN_LANGUAGES = ("fr", "en", "de", "lb")


@dataclass(frozen=True)
class Question:
    """A question, and the ids of the passages that answer it."""

    id: str
    text: str
    relevant: frozenset[str]


@dataclass(frozen=True)
class Task:
    """Questions in one language, to be answered by passages of one."""

    language: str
    of: str
    questions: tuple[Question, ...]

    @property
    def name(self) -> str:
        """For instance ``en>fr``."""
        return f"{self.language}>{self.of}"


def read_passages(path: Path) -> list[Passage]:
    """The passages of a corpus. Raises ``BadInput`` with file and line for what is none."""
    rows = list(rows_in(path))
    if not rows:
        raise BadInput(f"{path}: the corpus is empty: one passage a line is expected")
    usual = _language_of([str(row.get("text", "")) for _, row in rows[:50]])
    return [_passage(path, line, row, usual) for line, row in rows]


def read_tasks(path: Path, passages: Sequence[Passage]) -> tuple[list[Task], list[Passage]]:
    """The questions, and the passages to be searched for them.

    Questions in two languages (``query_en`` with ``relevant_en``) make a task of each pair of
    languages, and search the versions that they name, without the headings that they were made of.
    Raises ``BadInput``.
    """
    rows = list(rows_in(path))
    if not rows:
        raise BadInput(f"{path}: there are no questions: one a line is expected")
    known = {passage.id: passage for passage in passages}
    if any(name.startswith("query_") for name in rows[0][1]):
        return _between_languages(path, rows, known)
    groups: defaultdict[tuple[str, str], list[Question]] = defaultdict(list)
    for line, row in rows:
        question = _question(path, line, row, "question", "relevant", known)
        of = known[min(question.relevant)].language
        groups[_text(row, _LANGUAGE) or of, of].append(question)
    tasks = [Task(language, of, tuple(found)) for (language, of), found in sorted(groups.items())]
    return tasks, list(passages)


def _between_languages(
    path: Path, rows: Sequence[Row], known: Mapping[str, Passage]
) -> tuple[list[Task], list[Passage]]:
    languages = sorted(name[6:] for name in rows[0][1] if name.startswith("query_"))
    tasks = [
        Task(
            asked,
            of,
            tuple(
                _question(path, line, row, f"query_{asked}", f"relevant_{of}", known)
                for line, row in rows
            ),
        )
        for asked in languages
        for of in languages
    ]
    wanted = {
        known[one].version_key for task in tasks for q in task.questions for one in q.relevant
    }
    pool = [replace(p, heading="") for p in known.values() if p.version_key in wanted]
    return tasks, [passage for passage in pool if passage.language in languages]


def _question(
    path: Path,
    line: int,
    row: dict[str, Any],
    text: str,
    answers: str,
    known: Mapping[str, Passage],
) -> Question:
    asked, relevant = row.get(text), row.get(answers)
    if not isinstance(asked, str) or not asked.strip():
        raise BadInput(f"{path}, line {line}: there is no `{text}`")
    ids = [relevant] if isinstance(relevant, str) else relevant
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise BadInput(f"{path}, line {line}: `{answers}` is no list of ids")
    for one in ids:
        if one not in known:
            raise BadInput(f"{path}, line {line}: the corpus has no passage {one!r}")
    return Question(str(row.get("qid", line)), asked, frozenset(ids))


def _passage(path: Path, line: int, row: dict[str, Any], usual: str) -> Passage:
    text, name = row.get("text"), row.get("id")
    if not isinstance(text, str) or not isinstance(name, str) or not name:
        raise BadInput(f"{path}, line {line}: a passage needs an `id` and a `text`")
    headings = row.get("path") or []
    if not isinstance(headings, list) or not all(isinstance(one, str) for one in headings):
        raise BadInput(f"{path}, line {line}: `path` is no list of headings")
    language = _text(row, _LANGUAGE) or usual
    if not LANGUAGE.fullmatch(language):
        raise BadInput(f"{path}, line {line}: {language!r} is no language code such as fr")
    work = _text(row, _WORK) or name.partition("#")[0] * ("#" in name)
    anchor = _text(row, ("anchor",)) or name.rpartition("#")[2]
    begun = _day(path, line, _text(row, _FROM)) or _from_milliseconds(row.get("in_force_from_ms"))
    last = _day(path, line, _text(row, ("valid_to",)))
    return Passage(
        id=name,
        language=language,
        work=work,
        title=_text(row, _TITLE),
        text=text.replace("**", ""),  # the marks of Markdown's bold
        path=tuple(headings),
        number=_text(row, _NUMBER) or anchor.replace("_", " ").strip(),
        heading=_text(row, ("heading",)),
        valid_from=begun,
        valid_to=last + timedelta(days=1)
        if last
        else None,  # such files name the last day in force
        provision=f"{work}#{anchor}",
    )


def _text(row: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first of these fields that is there, as text."""
    found = (row[name] for name in names if isinstance(row.get(name), str))
    return next(found, "")


def _day(path: Path, line: int, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{path}, line {line}: {text!r} is no day such as 2026-06-01") from error


def _from_milliseconds(value: Any) -> date | None:
    if not isinstance(value, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC).date()
    except (OverflowError, OSError, ValueError):
        return None  # a number beyond the calendar says that the day is not known


def _language_of(texts: Sequence[str]) -> str:
    """The language of a corpus that does not name it."""
    py3langid.set_languages(list(_KNOWN_LANGUAGES))
    return str(py3langid.classify(" ".join(texts)[:20_000])[0])
