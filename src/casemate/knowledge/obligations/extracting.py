"""Duties out of a provision's words: by sentence and point, with the bearer resolved to a role.

The method is that of rules over clauses, not of a learned model: each duty can be told why (Dragoni,
Villata, Rizzi and Governatori, Combining NLP approaches for rule extraction from legal documents, 2016).
The subject of the main clause before the verb of duty is its bearer, if it is a role; "they" and "that
record" look back within the paragraph; what a Member State is to ensure of somebody is laid on them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from casemate.knowledge.obligations.deadlines import deadlines_in
from casemate.knowledge.obligations.language import Speech, speech
from casemate.knowledge.obligations.model import Duty, DutyKind
from casemate.knowledge.obligations.parts import Clause, Point, clauses
from casemate.knowledge.obligations.roles import Roles
from casemate.knowledge.obligations.subjects import Subject, Subjects
from casemate.knowledge.sentences import Span

_SOON_ENOUGH = 744
"""Hours: a point with a time of its own up to a month is a duty of its own."""


@dataclass(frozen=True)
class _Verb:
    """The verb of duty of a sentence, and what it makes of it."""

    kind: DutyKind
    start: int
    end: int
    of_all: bool = False


def duties_in(
    text: str, language: str, roles: Roles, *, ensuring: Sequence[str] = ()
) -> list[Duty]:
    """The duties of a provision's ``text``; ``ensuring`` are roles that see to what others must do."""
    return list(_Extraction(text, language, roles, frozenset(ensuring)).duties())


class _Extraction:
    def __init__(self, text: str, language: str, roles: Roles, ensuring: frozenset[str]) -> None:
        self._text, self._language, self._ensuring = text, language, ensuring
        self._speech: Speech = speech(language)
        self._subjects = Subjects(self._speech, roles)
        self._last: tuple[str, tuple[str, ...]] = ("", ())

    def duties(self) -> Iterator[Duty]:
        for clause in clauses(self._text):
            if self._last[0] != clause.paragraph:
                self._last = (clause.paragraph, ())
            found = list(self._of(clause))
            for one in found:
                if one.bearers and not one.through:
                    self._last = (clause.paragraph, one.bearers)
            yield from found
            if found and found[-1].through and found[-1].bearers:
                self._last = (clause.paragraph, found[-1].bearers)

    def _of(self, clause: Clause) -> Iterator[Duty]:
        found = list(self._in_sentence(clause.span, clause.paragraph))
        if not clause.points:
            yield from found
            return
        if found and self._is_each(clause):
            for point in clause.points:
                yield self._of_point(found[0], clause, point)
        elif found:
            yield self._with_points(found[0], clause)
            yield from found[1:]
        elif opened := self._opened(clause):
            for point in clause.points:
                yield self._of_point(opened, clause, point)
        else:
            for point in clause.points:
                yield from (
                    replace(one, point=point.label)
                    for one in self._in_sentence(point.span, clause.paragraph)
                )

    def _is_each(self, clause: Clause) -> bool:
        """Whether each point is a duty of its own: the verb stands right before them, or times differ."""
        words = clause.span.cut(self._text).rstrip("*: ")
        last = words.rsplit(maxsplit=2)[-2:]
        ends = any(
            pattern.search(" ".join(last[-1:])) for pattern in (self._speech.must, self._speech.may)
        ) or self._speech.forbidden.search(words[-30:])
        if ends:
            return True
        told = [deadlines_in(one.span.cut(self._text), self._language) for one in clause.points]
        near = [one for many in told for one in many if one.hours and one.hours < _SOON_ENOUGH]
        return len(near) > 1

    def _opened(self, clause: Clause) -> Duty | None:
        """Words before points that are a role and nothing more: the points begin with the verb."""
        if self._speech.present is None:
            return None
        words = clause.span.cut(self._text).rstrip("*: ")
        subject = self._subjects.ending(words)
        if subject is None:
            return None
        return self._duty(DutyKind.OBLIGATION, subject, clause.paragraph, clause.span, "", words)

    def _of_point(self, found: Duty, clause: Clause, point: Point) -> Duty:
        words = point.span.cut(self._text)
        return replace(
            found, inherited=True, point=point.label, spans=(clause.span, point.span), action=words,
            deadlines=found.deadlines + deadlines_in(words, self._language),
            conditions=found.conditions + self._conditions(words),
        )  # fmt: skip

    def _with_points(self, found: Duty, clause: Clause) -> Duty:
        words = clause.whole.cut(self._text)
        action = words[words.find(found.action) :] if found.action in words else words
        return replace(
            found, spans=(clause.whole,), action=action,
            deadlines=deadlines_in(words, self._language),
        )  # fmt: skip

    def _in_sentence(self, span: Span, paragraph: str) -> Iterator[Duty]:
        words = span.cut(self._text)
        verb = self._verb(words)
        if verb is None:
            return
        last = self._last[1] if self._last[0] == paragraph else ()
        subject = self._subjects.before(words[: verb.start], words[verb.end :], last)
        if subject is not None and self._ensuring & set(subject.bearers):
            ensured = self._ensured(words, verb, subject)
            if ensured is not None:
                subject = ensured
        subject = subject or Subject((), inherited=False)
        action = words[verb.end :].strip().rstrip(".")
        told = words[verb.start : verb.end].strip() or action.partition(" ")[0]
        duty = self._duty(verb.kind, subject, paragraph, span, told, action)
        yield replace(duty, of_all=verb.of_all and not duty.bearers)
        if verb.kind is DutyKind.PROHIBITION and (and_ := self._and_must(action)):
            yield self._duty(DutyKind.OBLIGATION, subject, paragraph, span, told, and_)

    def _and_must(self, action: str) -> str:
        """What is commanded after what is forbidden: "shall not use it and shall inform ..."."""
        found = re.search(r"\b(?:and|et|und|an)\s+(.*)", action)
        if found is None:
            return ""
        after = found[1]
        must = self._speech.must.match(after)
        if must and not self._speech.not_.match(after[must.end() :]):
            return after[must.end() :].strip()
        present = self._speech.present
        return after if present and present.match(after) else ""

    def _ensured(self, words: str, verb: _Verb, subject: Subject) -> Subject | None:
        rest = words[verb.end :]
        ensure = self._speech.ensure.match(rest) or self._speech.ensure.match(words[verb.start :])
        if ensure is None:
            return None
        inner = (
            rest[ensure.end() :]
            if self._speech.ensure.match(rest)
            else words[verb.start :][ensure.end() :]
        )
        named = self._subjects.heading(inner)
        if not named:
            return None
        return Subject(named, inherited=False, through=subject.bearers[0])

    def _verb(self, words: str) -> _Verb | None:
        """The verb of the main clause that commands, allows or forbids; ``None`` where there is none."""
        found = self._subjects.main_verb(words)
        if found is None:
            return None
        start, end, permits = found
        rest, before = words[end:], words[:start]
        said = self._speech
        if said.relieved.match(rest):
            return None
        if said.right.match(rest) or said.right.match(words[start:]):
            return _Verb(DutyKind.RIGHT, start, end)
        if said.forbidden.search(words[start : end + 30]):
            return _Verb(DutyKind.PROHIBITION, start, end, of_all=True)
        bearer = self._subjects.before(before, rest, ())
        if said.no_duty.match(rest) and not (bearer and bearer.bearers):
            return None
        negated = said.not_.match(rest) or said.before_not.search(before.strip() + " ")
        if negated:
            return _Verb(DutyKind.PROHIBITION, start, end)
        return _Verb(DutyKind.PERMISSION if permits else DutyKind.OBLIGATION, start, end)

    def _duty(
        self, kind: DutyKind, subject: Subject, paragraph: str, span: Span, verb: str, action: str
    ) -> Duty:
        words = span.cut(self._text)
        return Duty(
            kind=kind, bearers=subject.bearers, inherited=subject.inherited, through=subject.through,
            paragraph=paragraph, point="", spans=(span,), verb=verb, action=action,
            conditions=self._conditions(words), deadlines=deadlines_in(words, self._language),
        )  # fmt: skip

    def _conditions(self, words: str) -> tuple[str, ...]:
        """Each condition from its first word to the comma or the end."""
        found: list[str] = []
        end = -1
        for one in self._speech.condition.finditer(words):
            if one.start() < end:
                continue
            stop = re.search(r"[,;:.]", words[one.start() :])
            end = one.start() + stop.start() if stop else len(words)
            found.append(words[one.start() : end].strip())
        return tuple(found)
