"""Finds the references in a text: from each word that may begin one, forward by the grammar.

Nothing is searched backwards and nothing is read twice: after a reference the search goes on at its end,
so that a text takes the time of its length, whatever is in it.
"""

import re
from dataclasses import dataclass, replace
from functools import cache

from casemate.knowledge.citing.grammar import Grammar, grammar_of
from casemate.knowledge.citing.records import Cited, CitedKind, NamedWork
from casemate.knowledge.citing.words import WORDS, short_names
from casemate.search_words import words as words_of

_MOST_ITEMS = 200
"""Provisions in one list; what lists more is no list of provisions."""
_MOST_PARTS = 8
_HINT = 160


def references_in(text: str, language: str) -> list[Cited]:
    """What ``text`` cites, in order. A language whose words are not known here cites nothing."""
    grammar = grammar_of(language)
    return [] if grammar is None else _Scan(text, language, grammar).all()


@dataclass(frozen=True, slots=True)
class _Item:
    """A provision of a list, with its place."""

    start: int
    end: int
    number: str
    last: str = ""
    part: str = ""


class _Scan:
    """One reading of one text."""

    def __init__(self, text: str, language: str, grammar: Grammar) -> None:
        self._text = text
        self._grammar = grammar
        self._units = _units(language)
        self._found: list[Cited] = []
        self._named: list[NamedWork] = []
        """Texts named so far, the last at the end: what "the same law" means."""
        self._amended: NamedWork | None = None
        """The text that the words before have begun to change: what they cite bare is of it."""

    def all(self) -> list[Cited]:
        place = 0
        while trigger := self._grammar.trigger.search(self._text, place):
            place = max(self._at(trigger), trigger.end())
        return self._found

    def _at(self, trigger: re.Match[str]) -> int:
        """What begins at a trigger is kept; the place where the search goes on."""
        start = trigger.start()
        match trigger.lastgroup:
            case "near":
                return self._near(start)
            case "art" | "sec":
                return self._headings_end(start) or self._provisions(start, start, "")
            case "annex":
                return self._annexes(start)
            case "part":
                return self._parts(start)
            case "name":
                return self._short_name(start)
        named = self._work(start)
        if named is None:
            return start
        self._keep_work(start, *named)
        return named[1]

    # ── provisions ───────────────────────────────────────────────────────────────────────────────

    def _near(self, start: int) -> int:
        found = self._grammar.neighbour.match(self._text, start)
        if found is not None:
            kind: CitedKind = "before" if found["before"] else "after"
            self._found.append(Cited(start, found.end(), kind))
            return found.end()
        itself = self._grammar.itself.match(self._text, start)
        if itself is None:
            return start
        self._found.append(Cited(start, itself.end(), "this"))
        return itself.end()

    def _provisions(self, start: int, at: int, part: str, work: NamedWork | None = None) -> int:
        """Provisions from the word "article" ``at`` a place on, with the text that they are of."""
        items = self._items(at, part)
        if not items:
            return start
        while work is None and (again := self._grammar.again.match(self._text, items[-1].end)):
            more = self._items(again.end(), "")
            if not more or len(items) + len(more) > _MOST_ITEMS:
                break
            items += more
        end = items[-1].end
        if work is None:
            work, after = self._of_what(end)
            if work is None and after == end:
                work = self._changed(end)
            end = after
        changes = work is not None and work is self._amended and self._leads(start)
        changes = changes or self._grammar.amended.match(self._text, end) is not None
        if work is not None and self._grammar.amends.match(self._text, end):
            self._amended, changes = work, True
        items[0] = replace(items[0], start=start)
        if len(items) == 1:
            items[0] = replace(items[0], end=end)
        self._found += [
            Cited(one.start, one.end, "provision", one.number, one.last, one.part, work, changes)
            for one in items
        ]  # fmt: skip
        return end

    def _leads(self, start: int) -> bool:
        """Whether a line begins here, but for what counts it: there an instruction to change stands."""
        line = self._text[max(0, start - 40) : start].rpartition("\n")[2]
        return len(line) < 30 and "«" not in line and sum(sign.isalpha() for sign in line) < 15

    def _headings_end(self, start: int) -> int:
        """Where the printed title of a provision ends ("Art. 5." at the head of a line); else 0."""
        line = self._text.rfind("\n", max(0, start - 8), start)
        before = self._text[max(0, start - 8) if line < 0 else line + 1 : start]
        if (line < 0 and start >= 8) or before.strip(" «‘“„\"'()*\xa0"):
            return 0
        word = self._grammar.article.match(self._text, start)
        number = None if word is None else self._grammar.number.match(self._text, word.end())
        if number is None or not self._grammar.heading.match(self._text, number.end()):
            return 0
        return number.end()

    def _items(self, at: int, part: str) -> list[_Item]:
        word = self._grammar.article.match(self._text, at)
        if word is None:
            return []
        items: list[_Item] = []
        place, begin = word.end(), at
        several = word[0].rstrip().casefold().endswith(("s", "en", "§§", "s."))
        while len(items) < _MOST_ITEMS:
            item = self._item(begin, place, counted=bool(items), several=several)
            if item is None:
                break
            items.append(item)
            joint = self._grammar.joint.match(self._text, item.end)
            if joint is None:
                break
            begin = place = joint.end()
        if part and items:
            items = [
                replace(one, part=", ".join(told for told in (part, one.part) if told)) for one in items
            ]  # fmt: skip
        return items

    def _item(self, begin: int, place: int, *, counted: bool, several: bool) -> _Item | None:
        found = self._grammar.number.match(self._text, place)
        if found is None or (counted and self._units.match(self._text, found.end())):
            return None
        number, last, end = plain(found[0]), "", found.end()
        to = self._grammar.to.match(self._text, end)
        if to is not None:
            until = self._grammar.number.match(self._text, to.end())
            if until is not None and not self._units.match(self._text, until.end()):
                last, end = plain(until[0]), until.end()
        if last:
            return _Item(begin, end, number, last)
        part, end = self._parts_after(end, several)
        return _Item(begin, end, number, "", part)

    def _parts_after(self, end: int, several: bool) -> tuple[str, int]:
        """The parts told after a number: "(1)(f)", ", paragraphe 2, point b)"."""
        begin = end
        bracketed = self._grammar.bracketed.match(self._text, end)
        if bracketed is not None:
            end = bracketed.end()
        pattern = self._grammar.part_of_several if several else self._grammar.part
        for _ in range(_MOST_PARTS):
            part = pattern.match(self._text, end)
            if part is None:
                break
            end = part.end()
        return " ".join(self._text[begin:end].split()).strip(" ,"), end

    def _parts(self, start: int) -> int:
        """A part told first: "paragraph 2 of Article 5", or of the citing provision itself."""
        told, place = [], start
        for _ in range(_MOST_PARTS):
            part = self._grammar.parts_alone.match(self._text, place)
            if part is None:
                break
            told.append(" ".join(part[0].split()))
            end = part.end()
            of = self._grammar.of.match(self._text, end)
            if of is None:
                return self._part_alone(start, end, told)
            place = of.end()
        if not told:
            return start
        if self._grammar.article.match(self._text, place):
            done = self._provisions(start, place, ", ".join(told))
            if done > start:
                return done
        return self._part_alone(start, end, told)

    def _part_alone(self, start: int, end: int, told: list[str]) -> int:
        """ "paragraph 2" of this provision; a part of another text is no reference of ours."""
        if not any(sign.isdigit() or sign in "()" for sign in told[0]):
            return start
        work, after = self._of_what(end)
        kind: CitedKind = "within" if work is None else "work"
        self._found.append(Cited(start, after, kind, pinpoint=", ".join(told), work=work))
        return after

    def _annexes(self, start: int) -> int:
        word = self._grammar.annex.match(self._text, start)
        if word is None:
            return start
        number = self._grammar.number.match(self._text, word.end())
        plural = word[0].rstrip().casefold().endswith(("s", "en", "es", "e")) and number is None
        end = word.end() if number is None else number.end()
        if plural and number is None and not word[0].rstrip().casefold().endswith("annexe"):
            return start
        told = "" if number is None else plain(number[0])
        end = end if number is not None else start + len(word[0].rstrip())
        work, end = self._of_what(end)
        self._found.append(Cited(start, end, "annex", told, work=work))
        return end

    def _changed(self, end: int) -> NamedWork | None:
        """The text that is being changed where a provision is cited bare; none where it is this text."""
        if self._amended is not None:
            return self._amended
        is_amended = self._grammar.amended.match(self._text, end)
        return NamedWork("other", "", "") if is_amended else None

    # ── texts ────────────────────────────────────────────────────────────────────────────────────

    def _of_what(self, end: int) -> tuple[NamedWork | None, int]:
        """The text that what ends here is of, and its end; none where it is of the citing text."""
        grammar, text = self._grammar, self._text
        of = grammar.of.match(text, end)
        if of is None:
            return self._right_after(end)
        place = of.end()
        this = grammar.this.match(text, place)
        if this is not None:
            return None, this.end()
        same = grammar.same.match(text, place)
        named = self._work(place)
        if named is not None:
            return self._seen(named)
        if same is not None:
            return self._last_named(same[0]), same.end()
        other = grammar.others.match(text, place)
        if other is not None:
            return self._last_named(other[0]), other.end()
        letters = grammar.letters.match(text, place)
        if letters is not None and not self._shouts(end):
            return self._lettered(letters), letters.end()
        return None, end

    def _right_after(self, end: int) -> tuple[NamedWork | None, int]:
        """A short name with nothing between: "art. 17 RGPD", "§ 3 BGB"."""
        this = self._grammar.this.match(self._text, end)
        if this is not None:
            return None, this.end()
        place = end + (self._text[end : end + 1].isspace())
        named = self._grammar.names.match(self._text, place)
        if named is not None:
            return self._seen((_short(named[0]), named.end()))
        letters = self._grammar.letters.match(self._text, end)
        if letters is not None and letters[0].strip() not in _NO_NAMES and not self._shouts(end):
            return self._lettered(letters), letters.end()
        return None, end

    def _shouts(self, end: int) -> bool:
        """Whether the words before are all capitals, so that capitals tell no name apart."""
        before = self._text[max(0, end - 10) : end]
        return before.isupper() and sum(sign.isalpha() for sign in before) > 4

    def _lettered(self, letters: re.Match[str]) -> NamedWork:
        return NamedWork("name", "", folded(letters[0]))

    def _work(self, start: int) -> tuple[NamedWork, int] | None:
        """The text that is named at a place, and where its name ends."""
        grammar, text = self._grammar, self._text
        union = grammar.union.match(text, start)
        if union is not None and (celex := _celex(union)):
            return NamedWork("number", _union_kind(union["kind"]), celex), union.end()
        dated = grammar.dated.match(text, start)
        if dated is not None:
            told = _day(dated)
            kind = self._kind(dated["kind"])
            if told:
                hint = text[start : dated.end() + _HINT]
                return NamedWork("date", kind, told, hint), dated.end()
        for pattern in (grammar.codes, grammar.constitution):
            named = pattern.match(text, start)
            if named is not None:
                hint = text[named.end() : named.end() + _HINT]
                return NamedWork("name", "", folded(named[0]), hint), named.end()
        short = grammar.names.match(text, start)
        return None if short is None else (_short(short[0]), short.end())

    def _kind(self, told: str) -> str:
        return next((kind for pattern, kind in self._grammar.kinds if pattern.fullmatch(told)), "")

    def _seen(self, named: tuple[NamedWork, int]) -> tuple[NamedWork, int]:
        self._named.append(named[0])
        return named

    def _last_named(self, told: str) -> NamedWork:
        """The last text of this kind that was named before: "the same law", "of that Regulation"."""
        kind = self._kind_within(told)
        for named in reversed(self._named[-20:]):
            if kind and (named.kind == kind or (kind == "reglement" and named.kind in _RULES)):
                return named
        return NamedWork("other", kind, folded(told))

    def _kind_within(self, told: str) -> str:
        for pattern, kind in self._grammar.kinds:
            if pattern.search(told):
                return kind
        return "directive" if "directiv" in folded(told) or "richtlin" in folded(told) else ""

    def _short_name(self, start: int) -> int:
        """ "RGPD, art. 17", or the act as a whole."""
        named = self._grammar.names.match(self._text, start)
        if named is None:
            return start
        work = self._seen((_short(named[0]), named.end()))[0]
        place = named.end()
        while place < named.end() + 2 and self._text[place : place + 1] in {",", " ", "\xa0"}:
            place += 1
        if place > named.end() and self._grammar.article.match(self._text, place):
            done = self._provisions(start, place, "", work)
            if done > start:
                return done
        self._found.append(Cited(start, named.end(), "work", work=work))
        return named.end()

    def _keep_work(self, start: int, work: NamedWork, end: int) -> None:
        if self._is_note(start, end):
            return
        self._named.append(work)
        changes = self._grammar.amends.match(self._text, end) is not None
        if changes:
            self._amended = work
        self._found.append(Cited(start, end, "work", work=work, changes=changes))

    def _is_note(self, start: int, end: int) -> bool:
        """Whether "(Loi du 23 juillet 2015)" stands here: a publisher's note on what changed the words."""
        before = self._text[max(0, start - 4) : start].rstrip()
        return before.endswith("(") and self._text[end : end + 4].lstrip().startswith(")")


_NO_NAMES = frozenset({
    "ET", "OU", "DE", "DES", "DU", "LA", "LE", "LES", "AUX", "AND", "OR", "OF", "THE", "TO", "DER", "DIE",
    "DAS", "UND", "VUN", "DEN",
})  # fmt: skip
_RULES = frozenset({"rgd", "rmin", "rgc", "regulation", "reglement"})


def plain(number: str) -> str:
    """A provision's number without what is only its form: "L. 121-1" is "l121-1", "1er" is "1"."""
    low = re.sub(r"[\s*]", "", number.casefold()).replace("–", "-").replace("‑", "-")
    low = re.sub(r"^([lrda])\.", r"\1", low).strip(".")
    low = "1" if low == "premier" else low
    return re.sub(r"(?<=\d)-?(?:er|re|ère)$", "", low)


def folded(text: str) -> str:
    """The words of a name without case and accents, its article left out."""
    found = words_of(text)
    return " ".join(found[1:] if found[:1] in (["le"], ["la"], ["the"], ["der"]) else found)


def _short(told: str) -> NamedWork:
    name = re.sub(r"^(?:the|der|le)\s", "", told)
    return NamedWork("number", "regulation", short_names()[name])


def _celex(found: re.Match[str]) -> str:
    """The act's CELEX number: a regulation's year stood after its number until 2014."""
    kind = _union_kind(found["kind"])
    first, second = int(found["a"]), int(found["b"])
    year_first = kind != "regulation" or (_is_year(first) and not found["n"])
    if kind != "regulation" and not _is_year(first) and first < 100:
        first += 1900
    elif not year_first and second < 100:
        second += 1900
    year, number = (first, second) if year_first else (second, first)
    if not _is_year(year):
        return ""
    return f"3{year}{_LETTERS[kind]}{number:04}"


_LETTERS = {"regulation": "R", "directive": "L", "decision": "D"}


def _union_kind(told: str) -> str:
    low = folded(told)
    if "directi" in low or "direktiv" in low or "richtlin" in low:
        return "directive"
    return "decision" if "deci" in low or "beschluss" in low else "regulation"


def _is_year(number: int) -> bool:
    return 1951 <= number <= 2100


def _day(found: re.Match[str]) -> str:
    month, day = MONTHS[folded(found["month"])], int(found["day"])
    return f"{found['year']}-{month:02}-{day:02}" if 0 < day < 32 else ""


MONTHS = {
    name: number
    for names in (
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "januar februar marz april mai juni juli august september oktober november dezember",
        "janner februar maerz abrell mee juni juli august september oktober november dezember",
        "january february march april may june july august september october november december",
    )
    for number, name in enumerate(names.split(), 1)
}


@cache
def _units(language: str) -> re.Pattern[str]:
    return re.compile(rf"\s?(?:{WORDS[language].units})(?!\w)", re.IGNORECASE)
