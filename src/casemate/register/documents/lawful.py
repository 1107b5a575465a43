"""What the AI Act says of a system: why a document is asked for, and the notices to people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from casemate.papers import Block, Gap, Paragraph, Section, Source, Table, marked
from casemate.register.documents.kinds import (
    DocumentKind,
    Notice,
    SectionKind,
    document_kind,
    fixed_words,
)
from casemate.register.law import Answer, Reason, classify, law_at, read_facts
from casemate.register.records import LANGUAGES, Record

_FIRST_FACTS = ("role", "purpose", "sector")
"""What is asked first where nothing is told."""
_MOST_FACTS = 5


@dataclass(frozen=True)
class Lawful:
    """The answer of the law on one system for one document; ``None`` where no fact was told."""

    answer: Answer | None
    kind: DocumentKind
    language: str
    algorithm: str
    day: date

    def section(self) -> Section:
        """Class, version of the law, duties; a gap while facts are missing that decide."""
        said = fixed_words(self.language)
        return Section(said["law_title"], tuple(self._blocks()), reference=self.kind.law)

    def _blocks(self) -> Iterator[Block]:
        said = fixed_words(self.language)
        version = law_at(self.day).version
        yield Paragraph(
            said["law_version"].format(title=version.title, since=version.in_force.isoformat()),
            (Source("law", version.title),),
        )
        if self.answer is None or not self.answer.decided:
            asked = [one.fact for one in self.answer.questions] if self.answer else _FIRST_FACTS
            yield self.gap(said["law_gap"], tuple(asked[:_MOST_FACTS]), self.kind.law, "facts")
        else:
            yield from self._decided(self.answer)

    def _decided(self, answer: Answer) -> Iterator[Block]:
        said = fixed_words(self.language)
        cited = tuple(Source("law", f"AI Act {_article(one)}") for one in answer.articles) or (
            Source("law", "AI Act"),
        )
        told = said["law_class"].format(day=self.day.isoformat(), says=answer.says)
        yield Paragraph(told, (Source("answer", "facts"), *cited))
        if answer.applies_from is not None:
            day = answer.applies_from.isoformat()
            yield Paragraph(said["law_applies"].format(day=day), cited)
        if self.kind.applies:
            verdict = said["law_asks" if self._is_asked(answer) else "law_not"]
            yield Paragraph(verdict, (Source("law", self.kind.law),))
        own = [one for one in answer.duties if one.yours]
        if own:
            rows = tuple(
                (_article(one.article), one.states, str(one.applies_from or "—")) for one in own
            )
            head = (said["article"], said["duty"], said["since"])
            yield Table(said["duties"], head, rows, (Source("law", answer.version.title),))

    def _is_asked(self, answer: Answer) -> bool:
        what, _, name = self.kind.applies.partition(" ")
        if what == "class":
            return answer.cls == name
        return any(one.startswith(name) for one in (*answer.articles, *answer.also))

    def gap(self, what: str, facts: tuple[str, ...], law: str, key: str) -> Gap:
        """That ``facts`` of the law are missing."""
        said = fixed_words(self.language)
        where = said["where_facts"].format(facts=", ".join(facts), algorithm=self.algorithm)
        asked = (Source("law", law),)
        return Gap(what, said["who"]["provider"], said["law_why"], marked(where), asked, key)

    def holds(self, notice: Notice) -> tuple[bool | None, tuple[str, ...]]:
        """Whether the law asks for ``notice``, and the facts that are missing to say so."""
        if self.answer is None:
            return None, _facts_of(notice, self.day)
        found = self.reasons(notice)
        if any(one.value for one in found):
            return True, ()
        missing = tuple(dict.fromkeys(name for one in found for name in _unknown(one)))
        return (None, missing) if any(one.value is None for one in found) else (False, ())

    def reasons(self, notice: Notice) -> tuple[Reason, ...]:
        """The lines of the reasoning that decide on ``notice``."""
        steps = self.answer.steps if self.answer else ()
        return tuple(one for step in steps for one in step.reasons if one.rule in notice.rules)


def notice_blocks(
    section: SectionKind, record: Record, law: Lawful
) -> tuple[tuple[Block, ...], bool]:
    """The notices of a section in four languages, or why there are none; and whether it has any."""
    notice = section.notice
    if notice is None:
        return (), False
    said = fixed_words(law.language)
    source = Source("law", f"AI Act {section.reference}")
    holds, missing = law.holds(notice)
    if holds is None:
        title = section.title[law.language]
        return (law.gap(title, missing, source.name, f"facts.{notice.name}"),), False
    if not holds:
        return (Paragraph(said["not_applying"], (Source("answer", "facts"), source)),), False
    lacking = next((one for one in ("organisation", "contact") if one not in record.told), None)
    if lacking is not None:
        where = said["where_field"].format(
            field=lacking, algorithm=law.algorithm, key=lacking
        )  # fmt: skip
        who, why = said["who"][section.who], section.why[law.language]
        key = f"notice.{notice.name}"
        return (Gap(section.title[law.language], who, why, marked(where), (source,), key),), True
    return tuple(_notices(notice, record, law.language, source)), True


def _article(name: str) -> str:
    return name if name.startswith("Annex") else f"Art. {name}"


def _notices(notice: Notice, record: Record, language: str, source: Source) -> Iterator[Block]:
    said = fixed_words(language)
    sources = (source, *(Source("field", one) for one in ("name", "organisation", "contact")))
    for one in LANGUAGES:
        told = {name: _in(record, name, one) for name in ("name", "organisation", "contact")}
        yield Paragraph(said["notice_in"][one])
        yield Paragraph(notice.text[one].format(**told), sources, one)


def _in(record: Record, field: str, language: str) -> str:
    text = record.told[field]
    return str(next(text[one] for one in (language, *LANGUAGES) if one in text))


def _unknown(reason: Reason) -> Iterator[str]:
    for name, value in reason.because.items():
        if value is None:
            yield name
    for one in reason.children:
        yield from _unknown(one)


def _facts_of(notice: Notice, day: date) -> tuple[str, ...]:
    """The facts that decide on ``notice``, where none was told: those that would make it not apply."""
    silent = Lawful(
        classify(read_facts({}, closed=True), day), document_kind("art-50"), "en", "", day
    )
    found = [name for one in silent.reasons(notice) for name in one.because]
    return tuple(dict.fromkeys(found))[:_MOST_FACTS]
