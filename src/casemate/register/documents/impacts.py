"""Impacts on rights with their levels, and what is done about each; what is not told is a gap."""

from collections.abc import Iterator
from typing import Any

from casemate.papers import Block, Gap, Source, Table, marked
from casemate.register.documents.kinds import fixed_words
from casemate.register.documents.questionnaire import HIERARCHY, LEVELS, Impact

_SOURCE = Source("answer", "impacts")


def impact_blocks(impacts: tuple[Impact, ...], language: str, algorithm: str) -> tuple[Block, ...]:
    """The table of ``impacts``, the gravest first, and a gap for each level that nobody told."""
    if not impacts:
        return ()
    said = fixed_words(language)
    heads = said["impact"]
    rows = tuple(
        (one.right, one.harm, one.people or "—", *(_level(one, name, said) for name in LEVELS))
        for one in sorted(impacts, key=lambda one: one.gravity, reverse=True)
    )
    head = tuple(heads[name] for name in ("right", "harm", "people", *LEVELS))
    return (Table(said["impacts"], head, rows, (_SOURCE,)), *_gaps(impacts, said, algorithm))


def _level(one: Impact, name: str, said: Any) -> str:
    told = getattr(one, name)
    return str(said["levels"][told]) if told else "—"


def _gaps(impacts: tuple[Impact, ...], said: Any, algorithm: str) -> Iterator[Gap]:
    for number, one in enumerate(impacts, 1):
        for name in LEVELS:
            if not getattr(one, name):
                what = said["no_level"].format(what=said["impact"][name], harm=one.harm)
                yield _gap(what, f"impacts[{number}].{name}", said, algorithm)


def measure_blocks(impacts: tuple[Impact, ...], language: str, algorithm: str) -> tuple[Block, ...]:
    """Measures in the order of the hierarchy, and a gap for each impact that has none."""
    if not impacts:
        return ()
    said = fixed_words(language)
    rows = tuple(
        (said["kinds"][kind], measure.measure, one.right)
        for kind in HIERARCHY
        for one in impacts
        for measure in one.measures
        if measure.kind == kind
    )
    head = tuple(said["measure"][name] for name in ("kind", "measure", "right"))
    gaps = tuple(
        _gap(
            said["no_measure"].format(harm=one.harm), f"impacts[{number}].measures", said, algorithm
        )
        for number, one in enumerate(impacts, 1)
        if not one.measures
    )
    return (*((Table(said["measures"], head, rows, (_SOURCE,)),) if rows else ()), *gaps)


def _gap(what: str, key: str, said: Any, algorithm: str) -> Gap:
    return Gap(
        what=what,
        who=said["who"]["deployer"],
        why=said["impact_why"],
        where=marked(said["where_impacts"].format(algorithm=algorithm, key=key)),
        sources=(Source("law", "HUDERIA, RIA and MP; AI Act Art. 27(1)(d)-(f); GDPR Art. 35(7)"),),
        key=key,
    )
