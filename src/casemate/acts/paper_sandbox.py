"""What the procedure of the regulatory sandbox recorded, as blocks of its exit report (Art. 57(7))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from casemate.papers import Block, Definitions, Listing, Paragraph, Source, Table

Facts = Mapping[str, Any]
Said = Mapping[str, Any]


def sandbox_blocks(facts: Facts | None, said: Said) -> dict[str, tuple[Block | None, ...]]:
    """By name, what each question about the sandbox is answered with."""
    if facts is None:
        return {}
    source = (Source("ledger", str(facts["sandbox"])),)
    words = facts["words"] or {}
    return {
        "sandbox": (_participation(facts, said, source),),
        "sandbox_plan": _plan(facts, said, source),
        "sandbox_activities": (
            _paragraph(words.get("activities"), source),
            _rows(facts["incidents"], said, "sandbox_incidents", "sandbox_incident", source),
        ),
        "sandbox_guidance": (
            _rows(
                [*facts["guidance"], *facts["suspensions"]],
                said, "sandbox_said", "sandbox_saying", source,
            ),
        ),
        "sandbox_results": (
            _paragraph(words.get("results"), source),
            _tests([one for one in facts["tests"] if one["met"] is not None], said, source),
        ),
        "sandbox_learning": (
            _list([*words.get("learning", ()), *words.get("recommendations", ())], source),
        ),
        "sandbox_conclusion": (_proof(facts, said, source),),
    }  # fmt: skip


def _participation(facts: Facts, said: Said, source: tuple[Source, ...]) -> Definitions:
    known = facts["participation"]
    told = {**known, "id": facts["sandbox"], "state": known["outcome"]}
    entries = tuple(
        (str(label), str(told[name])) for name, label in said["sandbox"].items() if told.get(name)
    )
    return Definitions(entries, source)


def _plan(facts: Facts, said: Said, source: tuple[Source, ...]) -> tuple[Block | None, ...]:
    plan = facts["plan"]
    lists = [
        block
        for name, label in said["sandbox_plan"].items()
        if plan.get(name)
        for block in (Paragraph(f"{label}:"), _list(plan[name], source))
    ]
    return (*lists, _tests(facts["tests"], said, source))


def _tests(tests: Sequence[Facts], said: Said, source: tuple[Source, ...]) -> Table | None:
    rows = tuple(
        (
            str(one["question"] or one["key"]),
            f"{one['suite']}: {one['check']}, {one['measure']}, {one['group']}",
            said["comparison"][one["comparison"]].format(threshold=one["threshold"]),
            str(one["value"] or "—"),
            said["met"]["open" if one["met"] is None else "yes" if one["met"] else "no"],
        )
        for one in tests
    )
    evaluations = tuple(
        Source("evaluation", one["evaluation"]) for one in tests if one["evaluation"]
    )
    head = tuple(map(str, said["sandbox_test"].values()))
    return Table(said["sandbox_tests"], head, rows, (*source, *evaluations)) if rows else None


def _rows(
    told: Sequence[Facts], said: Said, caption: str, heads: str, source: tuple[Source, ...]
) -> Table | None:
    names = said[heads]
    rows = tuple(tuple(str(one[name] or "—") for name in names) for one in told)
    return Table(said[caption], tuple(map(str, names.values())), rows, source) if rows else None


def _paragraph(text: str | None, source: tuple[Source, ...]) -> Paragraph | None:
    return Paragraph(text, source) if text else None


def _list(items: Sequence[str], source: tuple[Source, ...]) -> Listing | None:
    return Listing(tuple(map(str, items)), sources=source) if items else None


def _proof(facts: Facts, said: Said, source: tuple[Source, ...]) -> Paragraph | None:
    """The authority's signature under the report; nothing before it signed."""
    signed = facts.get("signed")
    if signed is None:
        return None
    tests = ", ".join(facts["written_proof"]) or "—"
    told = said["sandbox_proof"].format(
        tests=tests, by=signed["by"], at=signed["at"].date().isoformat(), digest=signed["digest"]
    )
    return Paragraph(told, source)
