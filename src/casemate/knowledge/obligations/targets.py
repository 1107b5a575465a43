"""Parts of a work as another provision names them: chapters, sections, articles, paragraphs, points."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_LATIN = r"(?:\s?(?:bis|ter|quater))?"
_NUMBER = rf"\d+[a-z]{{0,2}}{_LATIN}"
_TOKEN = re.compile(
    rf"(?P<chapter>\b(?:chapters?|chapitres?|kapitel)\b)|(?P<section>\bsections?\b)|(?P<article>\bart(?:icles?|ikeln?|\.)?(?=\s))"
    rf"|(?P<annex>\bann(?:ex(?:es)?|exe|exes)\b|\banhang\b)|(?P<paragraph>\bparagra(?:phs?|phes?)\b)|(?P<point>\bpoints?\b)"
    rf"|\((?P<bracket>{_NUMBER}|[a-z]{{1,2}})\)|(?P<number>\b{_NUMBER})\b|(?P<roman>\b(?-i:[IVXLC]+)\b(?!['’]))"
    rf"|(?P<letter>\b[a-z]{{1,2}}{_LATIN}(?=\)))|(?P<to>\bto\b|\bà\b|\bbis\b(?=\s+\d)|–)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?:[\s,;()*§]|\b(?:and|or|et|ou|und|oder|an|no|the|les?|la|l['’])\b)*")
"""What may stand between two numbers of one list."""
_PATH = {
    "chapter": re.compile(r"\b(?:chapter|chapitre|kapitel)\s+([ivxlc]+|\d+)\b", re.IGNORECASE),
    "section": re.compile(r"\bsection\s+([ivxlc]+|\d+)\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A part of a work; what is empty is not narrowed."""

    chapter: str = ""
    section: str = ""
    article: str = ""
    paragraph: str = ""
    point: str = ""
    annex: str = ""

    @property
    def depth(self) -> int:
        """How narrow it is: the narrower rule goes before the wider one."""
        article = 3 + bool(self.paragraph) + bool(self.point) if self.article else 0
        return article or bool(self.chapter) + bool(self.section)

    def covers(self, where: "Target") -> bool:
        """Whether ``where`` is this part or in it."""
        return all(
            not mine or mine == theirs
            for mine, theirs in (
                (self.chapter, where.chapter), (self.section, where.section), (self.article, where.article),
                (self.paragraph, where.paragraph), (self.point, where.point), (self.annex, where.annex),
            )
        )  # fmt: skip

    def __str__(self) -> str:
        """As a reference: ``art_6(2)``, ``annex_3``, ``chapter_3``."""
        if self.annex:
            return f"annex_{self.annex}"
        if self.article:
            inner = f"({self.paragraph})" if self.paragraph else ""
            return f"art_{self.article}{inner}{f'({self.point})' if self.point else ''}"
        section = f"_section_{self.section}" if self.section else ""
        return f"chapter_{self.chapter}{section}" if self.chapter else ""


def place(key: str, path: Sequence[str], paragraph: str = "", point: str = "") -> Target:
    """Where a provision stands, by its key and the headings above it."""
    number = re.search(r"art_+(?:[a-z]_)?(\d[\w-]*)$", key)
    above = {name: _above(pattern, path) for name, pattern in _PATH.items()}
    article = number[1].removesuffix("er") if number else ""
    return Target(
        chapter=above["chapter"], section=above["section"], article=_plain(article),
        paragraph=_plain(paragraph), point=point,
    )  # fmt: skip


def _above(pattern: re.Pattern[str], path: Sequence[str]) -> str:
    found = [one[1] for heading in path if (one := pattern.search(heading))]
    return _arabic(found[-1]) if found else ""


def targets_in(words: str) -> list[Target]:
    """The parts that ``words`` name: "Chapter III, Sections 1 and 2, and Articles 102 to 110"."""
    return list(_Reader(words.replace("*", "")).read())


class _Reader:
    """Reads numbers by the word that came before them."""

    def __init__(self, words: str) -> None:
        self._words, self._kind, self._now, self._until = words, "", Target(), False

    def read(self) -> Iterator[Target]:
        end = 0
        for token in _TOKEN.finditer(self._words):
            kind = str(token.lastgroup)
            goes_on = _BETWEEN.fullmatch(self._words, end, token.start()) is not None
            end = token.end()
            if kind in {"to", "number", "roman"} and not goes_on:
                self._kind, self._until = "", False  # "Article 2 ... up to EUR 500" is no list
            elif kind == "to":
                self._until = True
            elif kind in {"chapter", "section", "article", "annex", "paragraph", "point"}:
                self._kind = kind
            else:
                yield from self._number(kind, token[0].strip("()"))
        yield from self._whole(self._now)

    def _number(self, kind: str, told: str) -> Iterator[Target]:
        level = self._level(kind, told)
        if level is None:
            return
        value = _plain(told) if level == "point" else _plain(_arabic(told))
        if level in {"chapter", "annex", "article"}:
            yield from self._next(Target(**{level: value}))
        elif getattr(self._now, level):
            yield from self._next(replace(self._now, **{level: value}))
        else:
            self._now = replace(self._now, **{level: value})
        self._until = False

    def _level(self, kind: str, told: str) -> str | None:
        """What the number counts, by its form and the word before; ``None`` where it counts nothing."""
        if kind == "bracket":
            if not self._now.article:
                return None
            return "paragraph" if told[0].isdigit() else "point"
        if kind == "letter":
            return "point" if self._now.article else None
        if kind == "roman" and self._kind not in {"chapter", "section", "annex"}:
            return None
        return self._kind or None

    def _next(self, following: Target) -> Iterator[Target]:
        """Give what was read, with what lies between where "to" stands between two numbers."""
        before, self._now = self._now, following
        yield from self._whole(before)
        if self._until and before.article.isdigit() and following.article.isdigit():
            first, last = int(before.article), int(following.article)
            yield from (
                Target(article=str(one)) for one in range(first + 1, min(last, first + 1000))
            )

    @staticmethod
    def _whole(one: Target) -> Iterator[Target]:
        """``one``, if it says what it is in: "paragraph 1" alone is of the article that speaks."""
        if one.chapter or one.article or one.annex:
            yield one


def _arabic(told: str) -> str:
    """A Roman number in digits; anything else as it is."""
    low = told.casefold()
    if not low or set(low) - set(_ROMAN):
        return told
    values = [_ROMAN[one] for one in low]
    following = [*values[1:], 0]
    return str(
        sum(-one if one < after else one for one, after in zip(values, following, strict=True))
    )


def _plain(told: str) -> str:
    """``1 bis`` as ``1bis``; French and English letters alike: ``1a`` is ``1bis``."""
    plain = re.sub(r"\s+", "", told.casefold())
    for latin, letter in (("quater", "c"), ("ter", "b"), ("bis", "a")):
        if plain.endswith(latin):
            return plain.removesuffix(latin) + letter
    return plain
