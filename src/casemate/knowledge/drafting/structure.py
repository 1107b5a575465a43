"""Structure and numbering of a draft: gaps, doubles, wrong order, empty parts, annexes."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from casemate.knowledge.documents import Kind, Provision
from casemate.knowledge.drafting.draft import Draft, Place
from casemate.knowledge.drafting.findings import Finding, Severity
from casemate.knowledge.drafting.numbers import Number, bare, missing_between, number_in, step
from casemate.knowledge.drafting.outline import Part, outline, siblings, value_of

_ANNEX = re.compile(r"\b(?:annexe|annex|anlage|anhang)\s+(?P<number>[IVXLC]{1,6}|\d{1,3})\b", re.I)
_AT_ANOTHER = re.compile(
    r"\s*(?:[,(]|et|and|und)?\s*(?:du|de la|de l['’]|des|of|to the|der|des|zur|zum)\s+"
    r"(?!présent|this|dies)",
    re.I,
)
_CONTAINERS = (Kind.BOOK, Kind.PART, Kind.TITLE, Kind.CHAPTER, Kind.SECTION, Kind.SUBSECTION)


def check_structure(draft: Draft) -> Iterator[Finding]:
    """Everything that is amiss with headings, numbers and annexes, in the order of the draft."""
    yield from _headings(draft.document.provisions)
    yield from _articles(list(draft.articles()))
    for place in draft.places:
        yield from _parts(place)
        if place.provision.kind is Kind.ARTICLE and not _has_words(place):
            yield _finding("structure.empty", Severity.ERROR, place, number=_name(place))
    yield from _annexes(draft)


def _finding(kind: str, severity: Severity, place: Place, **values: str) -> Finding:
    stop = place.text.find("\n")
    end = len(place.text) if stop < 0 else stop
    return Finding(kind, severity, place.key, 0, end, place.text[:end], values)


def _name(place: Place) -> str:
    return place.provision.number.strip(" .") or place.key


def _has_words(place: Place) -> bool:
    if any(one.kind is not Kind.PARAGRAPH for one in place.provision.parts):
        return True
    return any(letter.isalnum() for letter in place.text[place.begin :])


# ── headings ─────────────────────────────────────────────────────────────────────────────────────


def _headings(provisions: Sequence[Provision]) -> Iterator[Finding]:
    """Containers: those without anything, those of one article, their numbers under one parent."""
    by_kind: dict[Kind, list[Provision]] = {}
    for one in provisions:
        if one.kind in _CONTAINERS:
            by_kind.setdefault(one.kind, []).append(one)
    for of_kind in by_kind.values():
        yield from _container_numbers(of_kind)
        for one in of_kind:
            yield from _contents(one, alone=len(of_kind) == 1)
    for one in provisions:
        yield from _headings([part for part in one.parts if part.kind is not Kind.PARAGRAPH])


def _contents(one: Provision, *, alone: bool) -> Iterator[Finding]:
    parts = [part for part in one.parts if part.kind is not Kind.PARAGRAPH]
    heading = one.title or one.key
    told = one.text.partition("\n")[0]
    place = (one.key, 0, len(told), told)
    if not parts and not any(letter.isalnum() for letter in one.text[len(told) :]):
        yield Finding("structure.nothing_under", Severity.ERROR, *place, {"heading": heading})
    elif [part.kind for part in parts] == [Kind.ARTICLE] and not alone:
        yield Finding("structure.lone", Severity.HINT, *place, {"heading": heading})


def _container_numbers(of_kind: Sequence[Provision]) -> Iterator[Finding]:
    numbered = [(one, number) for one in of_kind if (number := _container_number(one)) is not None]
    for (first, before), (second, after) in pairwise(numbered):
        told = second.text.partition("\n")[0]
        yield from _wrong_step(
            (second.key, 0, len(told), told), before, after, second.title, first.title
        )


def _container_number(one: Provision) -> Number | None:
    told = one.number or one.heading
    word = re.match(r"[^\W\d_]+[ .]+", told)
    return number_in(told[word.end() :] if word else told) if told else None


def _wrong_step(
    place: tuple[str, int, int, str], before: Number, after: Number, name: str, first: str
) -> Iterator[Finding]:
    match step(before, after):
        case "gap":
            values = {"number": name, "before": first, "missing": missing_between(before, after)}
            yield Finding("numbering.gap", Severity.WARNING, *place, values)
        case "double":
            yield Finding("numbering.double", Severity.ERROR, *place, {"number": name})
        case "order":
            values = {"number": name, "before": first}
            yield Finding("numbering.order", Severity.ERROR, *place, values)


# ── articles and their parts ─────────────────────────────────────────────────────────────────────


def _articles(articles: Sequence[Place]) -> Iterator[Finding]:
    """Articles are numbered through the whole of a law; those of an annex begin anew."""
    by_annex: dict[str, list[tuple[Place, Number]]] = {}
    for place in articles:
        number = number_in(bare(place.provision.number))
        if number is not None:
            annex = next((one.key for one in place.path if one.kind is Kind.ANNEX), "")
            by_annex.setdefault(annex, []).append((place, number))
    for numbered in by_annex.values():
        for (first, before), (second, after) in pairwise(numbered):
            end = second.text.find("\n")
            told = second.text[: end if end >= 0 else len(second.text)]
            at = (second.key, 0, len(told), told)
            yield from _wrong_step(at, before, after, _name(second), _name(first))


def _parts(place: Place) -> Iterator[Finding]:
    """Paragraphs, points, letters: each run of one style goes on by one and has words."""
    whole = outline(place.text, place.begin)
    for run in siblings(whole):
        yield from _run(place, run)
    for one in whole.walk():
        if one is not whole and not any(map(str.isalnum, place.text[one.body : one.end])):
            yield Finding(
                "structure.empty", Severity.ERROR, place.key, one.start, one.end,
                place.text[one.start : one.end], {"number": _label(place, one)},
            )  # fmt: skip


def _run(place: Place, run: Sequence[Part]) -> Iterator[Finding]:
    if run[0].style == "dash" or len(run) < 2:
        return
    numbered = [(one, _number_of(one)) for one in run]
    for (first, before), (second, after) in pairwise(numbered):
        if before is None or after is None or after.parts == (1,):
            continue  # a list that begins again is another list
        end = place.text.find("\n", second.start)
        end = min(end if end >= 0 else second.end, second.end)
        found = (place.key, second.start, end, place.text[second.start : end])
        yield from _wrong_step(found, before, after, _label(place, second), _label(place, first))


def _number_of(part: Part) -> Number | None:
    value = value_of(part)
    if value is None:
        return None
    told = number_in(part.label) if part.label[0].isdigit() else None
    return told or Number("", (value,))


def _label(place: Place, part: Part) -> str:
    printed = place.text[part.start : part.body].strip(" |\n\t")
    return f"{_name(place)}, {printed}"


# ── annexes ──────────────────────────────────────────────────────────────────────────────────────


def _annexes(draft: Draft) -> Iterator[Finding]:
    annexes = {
        _annex_number(one): one for one in _all(draft.document.provisions) if one.kind is Kind.ANNEX
    }
    named: set[str] = set()
    for place in draft.places:
        if place.provision.kind is not Kind.ARTICLE:
            continue
        for found in _ANNEX.finditer(place.text):
            if _AT_ANOTHER.match(place.text, found.end()):
                continue
            number = _as_number(found["number"])
            named.add(number)
            if number not in annexes and not (len(annexes) == 1 and "" in annexes):
                yield Finding(
                    "structure.annex_absent", Severity.ERROR, place.key, *found.span(), found[0],
                    {"annex": found[0]},
                )  # fmt: skip
    for number, annex in annexes.items():
        if number and number not in named:
            title = annex.title or annex.text.partition("\n")[0]
            yield Finding(
                "structure.annex_unnamed",
                Severity.HINT,
                annex.key,
                0,
                len(title),
                title,
                {"annex": title},
            )


def _all(provisions: Sequence[Provision]) -> Iterator[Provision]:
    for one in provisions:
        yield one
        yield from _all(one.parts)


def _annex_number(annex: Provision) -> str:
    found = _ANNEX.search(annex.title or annex.text[:80])
    return _as_number(found["number"]) if found else ""


def _as_number(told: str) -> str:
    number = number_in(told)
    return number.told if number else told
