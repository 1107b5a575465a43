"""From what a text cites to the provisions of a library that it means."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from casemate.knowledge.citing.records import Cited, NamedWork, Target, Why
from casemate.knowledge.citing.scanning import folded, plain, references_in
from casemate.knowledge.citing.words import short_names
from casemate.knowledge.documents.library import Library, Version

MOST_OF_A_RANGE = 500
"""Provisions that a range is laid out to; of a longer one its two ends are given."""
_ISSUE = re.compile(r"^.{0,60}?\d{2}/\d{2}/\d{4}\s*:\s*")
_SLUG = re.compile(r"^([a-z]{2,6})-(\d{4}-\d{2}-\d{2})(?:-|$)")
_ELI = re.compile(r"/eli/(?:etat/leg/)?([a-z]{2,12})/(\d{4})/(\d{2})/(\d{2})(?:/|$)")
_CELEX = re.compile(r"3\d{4}[RLD]\d{4}")
_UNION_ELI = re.compile(r"/eli/(reg|dir|dec)(?:_impl|_del)?/(\d{4})/(\d{1,4})(?:/|$)")
_NUMBERED = re.compile(r"^\W{0,2}(?:art(?:icle|ikel)?s?\.?|§)\s{0,3}(\S{1,20})", re.IGNORECASE)
_KEY = re.compile(
    r"^(?:.*_)?(?:art|article|anx|annex|annexe|attachment|rct)(?:_{1,2}|(?=\d))(?:art_)?(?P<number>.+)$"
    r"|^(?:article|annex)-(?P<printed>.+)$"
)
_FAMILIES = {
    "reglement": {"rgd", "rmin", "rgc", "reglement"},
    "arrete": {"agd", "amin", "agc", "argd", "arrete"},
    "rgd": {"rgd", "tc"},
}
_SMALL = frozenset({
    "de", "la", "le", "les", "du", "des", "et", "en", "a", "au", "aux", "of", "the", "and", "on", "der",
    "die",
    "das", "und", "vom", "zu", "im", "sur", "dans", "pour", "l", "d", "n",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A provision of a work, whatever its version: where it stands, what it is, what its number is."""

    place: int
    key: str
    kind: str
    number: str


class Resolver:
    """Which provisions of ``library`` references mean; ``names`` are further short names of works.

    It holds the titles of all works, and of a work that is asked for the numbers of its provisions, never
    their texts.
    """

    def __init__(self, library: Library, names: Mapping[str, str] | None = None) -> None:
        self._dated: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
        self._numbered: dict[str, str] = {}
        self._called: dict[str, str] = {}
        self._titles: dict[str, frozenset[str]] = {}
        self._printed: dict[str, str] = {}
        self._places: dict[str, _Numbers] = {}
        for version in library.newest():
            self._know(version)
        self._aliases = library.aliases()
        for name, work in (short_names() | dict(names or {})).items():
            if work in self._titles:
                self._called.setdefault(folded(name), work)

    # ── what works are called ────────────────────────────────────────────────────────────────────

    def _know(self, version: Version) -> None:
        work, title = version.work, _ISSUE.sub("", version.title)
        self._printed[work] = title
        self._titles[work] = self._titles.get(work, frozenset()) | _words(title)
        for told in (work, version.eli):
            for pattern in (_SLUG, _ELI):
                found = pattern.search(told)
                if found is not None:
                    self._know_day("-".join(found.groups()[1:]), found[1], work)
            celex = _celex_of(told)
            if celex:
                self._numbered.setdefault(celex, work)
        short = title.partition(" — ")
        if short[1] and len(short[0]) <= 20:
            self._called.setdefault(folded(short[0]), work)
        self._know_title(work, title, version.language)

    def _know_title(self, work: str, title: str, language: str) -> None:
        """By the grammar of references: a title begins with what cites the work."""
        begins = next(
            (one for one in references_in(title[:300], language) if one.start < 40 and one.work), None
        )  # fmt: skip
        named = None if begins is None else begins.work
        if named is not None and named.by == "date":
            self._know_day(named.told, named.kind, work)
        elif named is not None and named.by == "number":
            self._numbered.setdefault(named.told, work)
        whole = folded(title)
        if 0 < len(whole) <= 80:
            self._called.setdefault(whole, work)
        if whole.startswith(("constitution", "verfassung")):
            self._called.setdefault(whole.split()[0], work)

    def _know_day(self, day: str, kind: str, work: str) -> None:
        self._dated[day].setdefault(work, set()).add(kind)

    def work_of(self, named: NamedWork) -> tuple[str, Why]:
        """The work that is named and why there is none: its name is then one that is always the same."""
        if named.by == "other":
            return named.told, "other"
        if named.by == "number":
            held = self._numbered.get(named.told)
            return (held, "") if held else (named.told, "unheld")
        if named.by == "name":
            return self._by_name(named)
        return self._by_day(named)

    def _by_name(self, named: NamedWork) -> tuple[str, Why]:
        whole = f"{named.told} {folded(named.hint)}"
        parts = whole.split()
        for length in range(min(len(parts), 14), len(named.told.split()) - 1, -1):
            held = self._called.get(" ".join(parts[:length]))
            if held:
                return held, ""
        told = named.told.removeprefix("nouveau ")
        held = self._called.get(told) or self._called.get(f"nouveau {told}")
        return (held, "") if held else (named.told, "unheld")

    def _by_day(self, named: NamedWork) -> tuple[str, Why]:
        of_day = self._dated.get(named.told, {})
        family = _FAMILIES.get(named.kind, {named.kind})
        found = [work for work, kinds in of_day.items() if not named.kind or kinds & family]
        name = f"{named.kind or 'text'}-{named.told}"
        if not found:
            return name, "unheld"
        hint = _words(named.hint)
        if len(found) == 1:
            return found[0], ""
        best = sorted(((_likeness(hint, self._titles[one]), one) for one in found), reverse=True)
        if best[0][0] > best[1][0]:
            return best[0][1], ""
        return name, "several"

    # ── where provisions stand ───────────────────────────────────────────────────────────────────

    def numbers(self, library: Library, work: str) -> "_Numbers":
        """The provisions of a work by number, read when first asked for."""
        known = self._places.get(work)
        if known is None:
            known = self._places[work] = _Numbers(_places(library, work))
        return known

    def resolve(self, library: Library, cited: Cited, work: str, key: str) -> Target:
        """What a reference in provision ``key`` of ``work`` means."""
        if cited.kind in {"within", "this"}:
            return Target(work, (key,))
        if cited.kind in {"before", "after"}:
            near = self.numbers(library, work).beside(key, -1 if cited.kind == "before" else 1)
            return Target(work, (near,)) if near else Target(work, (), "missing")
        if cited.work is not None:
            named, why = self.work_of(cited.work)
            if why:
                return Target(named, (), why)
            if cited.kind == "work":
                return Target(named)
            if named != work:
                found = self.numbers(library, named).target(named, cited, "")
                return (
                    found
                    if not found.why
                    else self._of_own_name(library, cited, work, key) or found
                )
        return self.numbers(library, work).target(work, cited, key)

    def _of_own_name(self, library: Library, cited: Cited, work: str, key: str) -> Target | None:
        """A code that cites itself by a name that another code has too."""
        if cited.work is None or cited.work.by != "name":
            return None
        found = self.numbers(library, work).target(work, cited, key)
        return None if found.why else found

    def link(self, library: Library, href: str, work: str) -> Target | None:
        """Where a link of a document's own leads, if it is to a text or a provision of it."""
        address, _, fragment = href.partition("#")
        held = work if not address else self.work_at(address)
        if held is None:
            return None
        if not fragment:
            return Target(held) if address else None
        keys = self.numbers(library, held).keys
        return Target(held, (fragment,)) if fragment in keys else None

    def work_at(self, address: str) -> str | None:
        """The held work of an address (ELI), however much of it is written."""
        clean = address.rstrip("/").removesuffix("/jo")
        for told in (clean, f"http://data.legilux.public.lu{clean}"):
            if told in self._titles:
                return told
            if told in self._aliases:
                return self._aliases[told]
        celex = _celex_of(clean)
        if celex in self._numbered:
            return self._numbered[celex]
        found = _ELI.search(clean)
        return None if found is None else self._titled("-".join([*found.groups()]), clean)

    def name_at(self, address: str) -> tuple[str, bool]:
        """The work of an address, or the name that it has where it is not held; and whether it is."""
        held = self.work_at(address)
        if held is not None:
            return held, True
        found = _ELI.search(address)
        return ("-".join(found.groups()) if found else _celex_of(address) or address), False

    def title(self, work: str) -> str:
        """What a held work is called; empty where it is not held."""
        return self._printed.get(work, "")

    def _titled(self, slug: str, address: str) -> str | None:
        """``loi-1979-04-16-n1`` of ``…/loi/1979/04/16/n1``."""
        tail = address.rpartition("/")[2]
        named = f"{slug}-{tail}"
        return named if named in self._titles else None


class _Numbers:
    """The provisions of one work by plain number."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._order = list(places)
        self.keys = {one.key: number for number, one in enumerate(self._order)}
        self._articles: defaultdict[str, list[int]] = defaultdict(list)
        self._annexes: defaultdict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self._order):
            if one.kind == "article":
                self._articles[one.number].append(number)
            elif one.kind == "annex":
                self._annexes[one.number].append(number)
        self._parts = _parts(self._order)

    def beside(self, key: str, step: int) -> str:
        """The article before or after one; empty where there is none."""
        place = self.keys.get(key)
        while place is not None and 0 <= (place := place + step) < len(self._order):
            if self._order[place].kind == "article":
                return self._order[place].key
        return ""

    def target(self, work: str, cited: Cited, key: str) -> Target:
        """The provisions of a number or a range."""
        by = self._annexes if cited.kind == "annex" else self._articles
        if cited.kind == "annex" and not cited.number and len(by) == 1:
            return Target(work, tuple(self._order[one].key for one in next(iter(by.values()))[:1]))
        first, why = self._one(by, cited.number, key)
        if first is None or not cited.last:
            return Target(work, () if first is None else (self._order[first].key,), why)
        last, _ = self._one(by, cited.last, self._order[first].key)
        if last is None or last < first:
            return Target(work, (self._order[first].key,))
        if last - first > MOST_OF_A_RANGE:
            return Target(work, (self._order[first].key, self._order[last].key))
        between = self._order[first : last + 1]
        return Target(
            work, tuple(one.key for one in between if one.kind == self._order[first].kind)
        )

    def _one(self, by: Mapping[str, list[int]], number: str, key: str) -> tuple[int | None, Why]:
        found = by.get(number, [])
        if len(found) < 2:
            return (found[0], "") if found else (None, "missing")
        here = self._parts[self.keys[key]] if key in self.keys else 0
        same = [one for one in found if self._parts[one] == here]
        if len(same) == 1 or (same and key in self.keys):
            return same[0], ""
        return (
            (found[0], "")
            if not self.keys.get(key) and self._parts[found[0]] == 0
            else (None, "several")
        )


def _parts(order: list[Place]) -> list[int]:
    """Which run of numbers each provision is in: an annex and a collection begin to count anew."""
    found: list[int] = []
    part, last = 0, ("", -1)
    for one in order:
        told = re.match(r"([a-z]?)(\d{1,6})", one.number)
        if one.kind == "article" and told is not None:
            now = (told[1], int(told[2]))
            if now[0] == last[0] and now[1] < last[1]:
                part += 1
            last = now
        found.append(part)
    return found


def _places(library: Library, work: str) -> list[Place]:
    """The provisions of every version of a work, each key once, in the order of the newest."""
    found: dict[str, Place] = {}
    for key, kind, number, digest in library.outline(work):
        if key not in found:
            found[key] = Place(len(found), key, kind, number_of(library, key, number, digest))
    return list(found.values())


def number_of(library: Library, key: str, number: str, digest: str) -> str:
    """A provision's plain number: as printed, else as its key tells, else from its first words."""
    if number:
        told = _NUMBERED.match(number)
        return plain((told[1] if told else number).rstrip(".:")) if len(number) < 60 else ""
    told = _KEY.match(key)
    named = (told["number"] or told["printed"]) if told else key
    if re.fullmatch(r"N[0-9A-F]{4,6}(?:~\d+)?", named):
        printed = _NUMBERED.match(library.words(digest)[:60])
        return plain(printed[1].rstrip(".:")) if printed else ""
    return _from_key(named)


def _from_key(named: str) -> str:
    """``l121-1`` of ``l_121-1``, ``3.2.3-8`` of ``3_2_3-8``, ``5bis`` of ``5-bis``."""
    low = re.sub(r"~\d+$|_(?:19|20)\d{6}$", "", named.strip().casefold()).strip("_")
    low = re.sub(r"^(\d{1,5}[a-z]{0,12})_[^\d_]{4,}.*$", r"\1", low)
    low = re.sub(r"(?<=\d)_(?=\d)", ".", low).replace("_", "")
    return plain(
        re.sub(r"(?<=\d)-(?=(?:bis|ter|qua|qui|sex|sep|oct|nov|non|dec|und|duo))", "", low)
    )


def _words(text: str) -> frozenset[str]:
    told = (word for word in folded(text[:400]).split() if word not in _SMALL)
    return frozenset(word for word in told if not word.isdigit())


def _likeness(hint: frozenset[str], title: frozenset[str]) -> float:
    """How much of a title the words after a day say; a long title shares words with everything."""
    return round(len(hint & title) / (8 + len(title)), 6)


def _celex_of(told: str) -> str:
    found = _CELEX.search(told)
    if found is not None:
        return found[0]
    named = _UNION_ELI.search(told)
    if named is None:
        return ""
    letter = {"reg": "R", "dir": "L", "dec": "D"}[named[1]]
    return f"3{named[2]}{letter}{int(named[3]):04}"
