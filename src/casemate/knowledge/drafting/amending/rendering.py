"""Instructions from the difference of two versions, in the words that ``parsing`` reads.

A drafter who has the text as it should be gets the amending text; and what is written, read and applied
again has to be the second version, which is how this room is tested.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from casemate.errors import BadInput
from casemate.knowledge.documents import Document, Kind, Provision
from casemate.knowledge.drafting.amending.applying import Words, number_of
from casemate.knowledge.drafting.amending.quoting import masked
from casemate.knowledge.drafting.draft import begin_of

_WORD = re.compile(r"\S+")
_MOST_WORDS = 40
"""Of an exchange of words; a longer one replaces the article."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's sentences; ``q`` begins and ``p`` ends a quotation."""

    q: str
    p: str
    repeal: str
    replace: str
    insert: str
    insert_first: str
    words: str
    out: str


PHRASES = {
    "fr": Phrases(
        "« ", " »",
        "L'article {n} est abrogé.",
        "L'article {n} est remplacé par le texte suivant : {new}.",
        "Après l'article {after}, il est inséré un article {n} libellé comme suit : {new}.",
        "Il est inséré un article {n} libellé comme suit : {new}.",
        "À l'article {n}, les termes {old} sont remplacés par les termes {new}.",
        "À l'article {n}, les termes {old} sont supprimés.",
    ),
    "de": Phrases(
        "„", "“",
        "§ {n} wird aufgehoben.",
        "§ {n} wird wie folgt gefasst: {new}.",
        "Nach § {after} wird folgender § {n} eingefügt: {new}.",
        "Es wird folgender § {n} eingefügt: {new}.",
        "In § {n} werden die Wörter {old} durch die Wörter {new} ersetzt.",
        "In § {n} werden die Wörter {old} gestrichen.",
    ),
    "en": Phrases(
        "‘", "’",
        "Article {n} is deleted.",
        "Article {n} is replaced by the following: {new}.",
        "After Article {after}, the following Article {n} is inserted: {new}.",
        "The following Article {n} is inserted: {new}.",
        "In Article {n}, the words {old} are replaced by the words {new}.",
        "In Article {n}, the words {old} are deleted.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """Instructions, and the keys of provisions whose change cannot be put into words, with why."""

    language: str
    instructions: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def document(self) -> Document:
        """The amending text: an article for each instruction."""
        head = "§ {}" if self.language == "de" else "Art. {}."
        articles = ((head.format(number), one) for number, one in enumerate(self.instructions, 1))
        return Document(
            "amending", "", self.language,
            tuple(
                Provision(f"art_{at}", Kind.ARTICLE, number, "", f"{number}\n{one}")
                for at, (number, one) in enumerate(articles, 1)
            ),
        )  # fmt: skip


def written_instructions(before: Sequence[Words], after: Sequence[Words], language: str) -> Written:
    """What makes ``before`` into ``after``.

    Articles alone; one whose quotation marks do not close, or that has no number, is left out and told.
    """
    if language not in PHRASES:
        raise BadInput(f"instructions are written in {', '.join(PHRASES)}, not in {language!r}")
    written, left_out = [], []
    for key, told, why in _instructions(before, after, PHRASES[language]):
        if why:
            left_out.append((key, why))
        else:
            written.append(told)
    return Written(language, tuple(written), tuple(left_out))


def _instructions(
    before: Sequence[Words], after: Sequence[Words], phrases: Phrases
) -> Iterator[tuple[str, str, str]]:
    old, new = {one.key: one for one in before}, {one.key: one for one in after}
    taken = _doubles(before) | _doubles(after)
    for one in before:
        if one.key not in new and one.kind == "article":
            yield _told(one, phrases.repeal, taken)
    last = ""
    for one in after:
        if one.kind != "article":
            continue
        number = _number(one)
        was = old.get(one.key)
        if was is None:
            form = phrases.insert if last else phrases.insert_first
            yield _told(one, form, taken, after=last, new=_quoted(one.text, phrases))
        elif was.text != one.text:
            yield _change(was, one, phrases, taken)
        last = number or last


def _doubles(provisions: Sequence[Words]) -> set[str]:
    """Numbers that two articles have: an instruction could mean either."""
    seen: set[str] = set()
    double = set()
    for one in provisions:
        number = _number(one)
        if number in seen:
            double.add(number)
        seen.add(number)
    return double


def _number(one: Words) -> str:
    told = number_of(one)
    if told is None:
        return ""
    return f"{told.prefix}. {replace(told, prefix='').told}" if told.prefix else told.told


def _told(one: Words, form: str, taken: set[str], **values: str | None) -> tuple[str, str, str]:
    number = _number(one)
    if not number:
        return one.key, "", "it has no number"
    if number in taken:
        return one.key, "", f"two articles have the number {number}"
    if None in values.values():
        return one.key, "", "its quotation marks do not close"
    return one.key, form.format(n=number, **values), ""


def _quoted(text: str, phrases: Phrases) -> str | None:
    """``text`` as a quotation; none where its own marks would end it early."""
    whole = f"{phrases.q}{text}{phrases.p}"
    read = masked(whole)
    return (
        whole
        if read.unclosed is None and len(read.quotes) == 1 and _reads(read.quotes, text)
        else None
    )


def _reads(quotes: object, text: str) -> bool:
    return list(quotes.values()) == [text.strip()] if isinstance(quotes, dict) else False


def _change(was: Words, now: Words, phrases: Phrases, taken: set[str]) -> tuple[str, str, str]:
    exchange = _one_exchange(was, now)
    if exchange is not None:
        old, new = (_quoted(one, phrases) for one in exchange)
        if old is not None and (new is not None or not exchange[1]):
            form = phrases.words if exchange[1] else phrases.out
            return _told(was, form, taken, old=old, new=new or "")
    return _told(was, phrases.replace, taken, new=_quoted(now.text, phrases))


def _one_exchange(was: Words, now: Words) -> tuple[str, str] | None:
    """The one run of words that differs, wide enough to stand once; none where there are several."""
    old, new = list(_WORD.finditer(was.text)), list(_WORD.finditer(now.text))
    differing = [
        code
        for code in SequenceMatcher(
            None, [one[0] for one in old], [one[0] for one in new], autojunk=False
        ).get_opcodes()
        if code[0] != "equal"
    ]
    if len(differing) != 1:
        return None
    _, i1, i2, j1, j2 = differing[0]
    for wider in range(4):
        a, b = max(0, i1 - wider), min(len(old), i2 + wider)
        c, d = max(0, j1 - wider), min(len(new), j2 + wider)
        if a == b or c == d or b - a > _MOST_WORDS or d - c > _MOST_WORDS:
            continue
        words = was.text[old[a].start() : old[b - 1].end()]
        others = now.text[new[c].start() : new[d - 1].end()]
        begin = begin_of(was.text, was.number, was.heading)
        if "\n" in words or "\n" in others or old[a].start() < begin:
            continue
        if was.text.count(words) == 1 and was.text.replace(words, others) == now.text:
            return words, others
    return None
