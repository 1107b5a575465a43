"""A document filled with what is known: each statement with its source, everything else a gap."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from casemate.papers import (
    Block,
    Document,
    Gap,
    Listing,
    Paragraph,
    Run,
    Section,
    Source,
    marked,
)
from casemate.register.documents.impacts import impact_blocks, measure_blocks
from casemate.register.documents.kinds import (
    DocumentKind,
    Question,
    SectionKind,
    Texts,
    document_kind,
    fixed_words,
)
from casemate.register.documents.lawful import Lawful, notice_blocks
from casemate.register.documents.questionnaire import Questionnaire
from casemate.register.keeping import KeptRecord
from casemate.register.law import classify, law_at, read_facts
from casemate.register.records import LANGUAGES
from casemate.register.records.record import every_field

_BY_PERMIT = frozenset({"permits", "datasets", "protection", "reidentification", "runs"})


@dataclass(frozen=True)
class Known:
    """All that a document is filled from."""

    kept: KeptRecord
    questionnaire: Questionnaire = field(default_factory=Questionnaire)
    answers_version: int = 0
    """Of the questionnaire; 0 where there is none."""
    platform: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    """What the platform knows, by name, in the language of the document."""


def fill(kind: str, known: Known, language: str, day: date) -> Document:
    """The document of ``kind`` on an algorithm, by the law in force on ``day``."""
    asked = document_kind(kind)
    return _Filling(asked, known, language, day).document()


class _Filling:
    """One document on its way."""

    def __init__(self, kind: DocumentKind, known: Known, language: str, day: date) -> None:
        self._kind = kind
        self._known = known
        self._language = language
        self._day = day
        self._said = fixed_words(language)
        given = known.questionnaire
        facts = read_facts(given.facts, closed=given.closed)
        answer = classify(facts, day) if given.facts else None
        self._law = Lawful(answer, kind, language, known.kept.algorithm, day)

    def document(self) -> Document:
        kept, said = self._known.kept, self._said
        metadata = (
            (said["register"], kept.algorithm),
            (said["record"], f"{kept.version} ({kept.digest})"),
            (said["answers"], str(self._known.answers_version or "—")),
            (said["organisation"], kept.organisation),
            (said["law"], f"{self._kind.law}; {law_at(self._day).version.title}"),
        )
        return Document(
            title=f"{self._kind.title[self._language]}: {kept.record.name}",
            language=self._language,
            date=datetime.combine(self._day, time(), UTC),
            sections=(self._law.section(), *map(self._section, self._sections())),
            author=kept.organisation,
            metadata=metadata,
        )

    def _sections(self) -> Iterator[SectionKind]:
        version = law_at(self._day).version.id
        for one in self._kind.sections:
            if not one.versions or version in one.versions:
                yield one

    def _section(self, section: SectionKind) -> Section:
        notice, holds = notice_blocks(section, self._known.kept.record, self._law)
        parts = tuple(
            Section(one.asks[self._language], tuple(self._answered(one, section)))
            for one in section.questions
            if holds or not one.only_with_notice
        )
        return Section(section.title[self._language], notice, parts, section.reference)

    def _answered(self, question: Question, section: SectionKind) -> Iterator[Block]:
        found = [*self._answer(question)]
        for source in question.sources:
            kind, _, name = source.partition(":")
            found += self._field(name) if kind == "field" else self._platform(name)
        yield from found
        if not found:
            yield self._gap(question, section)

    def _answer(self, question: Question) -> Iterator[Block]:
        text = self._known.questionnaire.answers.get(question.key)
        if text:
            yield self._paragraph(text, Source("answer", question.key))

    def _field(self, name: str) -> Iterator[Block]:
        value = self._known.kept.record.told.get(name)
        if not value:
            return
        source = Source("field", name)
        match every_field()[name].kind:
            case "text":
                yield self._paragraph(value, source)
            case "links":
                yield Listing(tuple((Run(one, href=one),) for one in value), sources=(source,))
            case "words":
                yield Listing(tuple(value), sources=(source,))
            case "link":
                yield Paragraph((Run(value, href=value),), (source,))
            case "choice":
                yield Paragraph((Run(value, "code"),), (source,))
            case _:
                yield Paragraph(str(value), (source,))

    def _paragraph(self, text: Texts, source: Source) -> Paragraph:
        """In the document's language, or else in the first that there is, and which one is said."""
        if self._language in text:
            return Paragraph(text[self._language], (source,))
        other = next(one for one in LANGUAGES if one in text)
        return Paragraph(text[other], (source,), other)

    def _platform(self, name: str) -> tuple[Block, ...]:
        algorithm = self._known.kept.algorithm
        match name:
            case "impacts":
                return impact_blocks(self._known.questionnaire.impacts, self._language, algorithm)
            case "measures":
                return measure_blocks(self._known.questionnaire.impacts, self._language, algorithm)
        return self._known.platform.get(name, ())

    def _gap(self, question: Question, section: SectionKind) -> Gap:
        return Gap(
            what=question.asks[self._language],
            who=self._said["who"][section.who],
            why=section.why[self._language],
            where=marked(self._where(question)),
            sources=(Source("law", question.law),),
            key=question.key,
        )

    def _where(self, question: Question) -> str:
        words = {"algorithm": self._known.kept.algorithm, "key": question.key}
        if not question.sources:
            return str(self._said["where_answer"].format(**words))
        kind, _, name = question.sources[0].partition(":")
        if kind == "field":
            return str(self._said["where_field"].format(field=name, **words))
        return str(self._said[_place(name)].format(**words))


def _place(name: str) -> str:
    """Which sentence says where a fact of the platform comes from."""
    if name in _BY_PERMIT:
        return "where_permits"
    if name in ("impacts", "measures"):
        return "where_impacts"
    if name in ("evaluations", "fairness"):
        return "where_evaluations"
    return "where_sandbox" if name.startswith("sandbox") else "where_answer"
