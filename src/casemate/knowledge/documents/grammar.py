"""Walks any XML of laws: what its containers, articles and paragraphs are called is the form's grammar."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from lxml import etree

from casemate.knowledge.documents import xml
from casemate.knowledge.documents.tree import Kind, Problem, Provision, Reference


@dataclass(frozen=True)
class Grammar:
    """One form of XML. Names are without namespaces.

    ``quoted`` holds what quotes other texts: an article within is not one of this document.
    """

    containers: Mapping[str, Kind]
    units: Mapping[str, Kind]
    parts: Mapping[str, Kind]
    numbers: tuple[str, ...]
    headings: tuple[str, ...]
    blocks: frozenset[str]
    leave_out: frozenset[str]
    quoted: frozenset[str]
    links: tuple[str, ...]
    key: Callable[[etree._Element], str]
    target: Callable[[etree._Element], str]
    titles: tuple[str, ...] = ()
    """What holds number and heading where they are not children themselves."""
    since: Callable[[etree._Element], date | None] = field(default=lambda _: None)
    eli: Callable[[etree._Element], str] = field(default=lambda _: "")
    terms: Callable[[etree._Element], tuple[str, ...]] = field(default=lambda _: ())


def provisions(grammar: Grammar, root: etree._Element) -> tuple[Provision, ...]:
    """What ``root`` holds, in order."""
    found: list[Provision] = []
    for element in root:
        name = xml.local(element)
        if name in grammar.quoted or name in grammar.leave_out:
            continue
        if name in grammar.containers:
            found.append(_container(grammar, element, grammar.containers[name]))
        elif name in grammar.units:
            found.append(_unit(grammar, element, grammar.units[name]))
        else:
            found.extend(provisions(grammar, element))
    return tuple(found)


def _container(grammar: Grammar, element: etree._Element, kind: Kind) -> Provision:
    inner = provisions(grammar, element)
    if not inner:
        return _unit(grammar, element, kind)
    number, heading = _titles(grammar, element)
    return Provision(
        key=grammar.key(element), kind=kind, number=number, heading=heading,
        text="\n".join(part for part in (number, heading) if part), parts=inner,
        eli=grammar.eli(element), since=grammar.since(element),
    )  # fmt: skip


def _unit(grammar: Grammar, element: etree._Element, kind: Kind) -> Provision:
    number, heading = _titles(grammar, element)
    return Provision(
        key=grammar.key(element),
        kind=kind,
        number=number,
        heading=heading,
        text="\n".join(xml.lines(element, grammar.blocks, grammar.leave_out)),
        parts=tuple(_parts(grammar, element)),
        references=_references(grammar, element),
        terms=grammar.terms(element),
        eli=grammar.eli(element),
        since=grammar.since(element),
        as_filed=xml.digest_as_filed(element, grammar.blocks, grammar.leave_out),
    )


def _parts(grammar: Grammar, element: etree._Element) -> list[Provision]:
    found = []
    for child in element:
        name = xml.local(child)
        if name in grammar.parts:
            number, heading = _titles(grammar, child)
            found.append(
                Provision(
                    key=grammar.key(child),
                    kind=grammar.parts[name],
                    number=number,
                    heading=heading,
                    text="\n".join(xml.lines(child, grammar.blocks, grammar.leave_out)),
                )
            )
    return found


def _titles(grammar: Grammar, element: etree._Element) -> tuple[str, str]:
    """Number and heading, each in one line; they stand at the top or within a child made for them."""
    holder = xml.child(element, *grammar.titles) if grammar.titles else None
    holder = element if holder is None else holder
    number, heading = xml.child(holder, *grammar.numbers), xml.child(holder, *grammar.headings)
    return xml.words(number, grammar.leave_out), xml.words(heading, grammar.leave_out)


def _references(grammar: Grammar, element: etree._Element) -> tuple[Reference, ...]:
    links = xml.within(element, *grammar.links)
    found = (Reference(grammar.target(one), xml.words(one, grammar.leave_out)) for one in links)
    return tuple(dict.fromkeys(one for one in found if one.target))


_WORDS_OF_A_KEY = 6


def with_own_keys(
    given: tuple[Provision, ...],
) -> tuple[tuple[Provision, ...], tuple[Problem, ...]]:
    """The provisions, each with a key of its own, and what was amiss: keys missing or of two, no words."""
    seen: dict[str, int] = {}
    problems: list[Problem] = []
    return tuple(_keyed(one, seen, problems) for one in given), tuple(problems)


def _keyed(given: Provision, seen: dict[str, int], problems: list[Problem]) -> Provision:
    key = given.key or _made_key(given)
    times = seen[key] = seen.get(key, 0) + 1
    if times > 1:
        if given.key:
            problems.append(
                Problem(key, f"{times} provisions have this id: told apart by their order")
            )
        key = f"{key}~{times}"
    is_unit = given.kind in {Kind.ARTICLE, Kind.ANNEX}
    if is_unit and not _has_words(given):
        problems.append(Problem(key, "has no text beside its number and heading"))
    parts = tuple(
        one if one.kind is Kind.PARAGRAPH else _keyed(one, seen, problems) for one in given.parts
    )
    return replace(given, key=key, parts=parts)


def _made_key(given: Provision) -> str:
    """From what is printed: ``article-5bis``, of a number that is a whole title its first words."""
    printed = "".join(one if one.isalnum() else " " for one in given.number.casefold()).split()
    told = [word for word in printed if word != given.kind.value][:_WORDS_OF_A_KEY]
    return "-".join([given.kind.value, *told])


def _has_words(given: Provision) -> bool:
    if any(one.kind is not Kind.PARAGRAPH for one in given.parts):
        return True
    rest = given.text
    for taken in (given.number, given.heading):
        rest = rest.replace(taken, "", 1) if taken else rest
    return any(letter.isalnum() for letter in rest)
