"""An assessment as a document: what was tested, the evidence, what the law asks, what is missing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from casemate.assurance.assessing import Assessment, Finding, Judged
from casemate.assurance.keeping import KeptEvaluation
from casemate.charts import intervals
from casemate.papers import (
    Block,
    Definitions,
    Document,
    Figure,
    Gap,
    Listing,
    Paragraph,
    Section,
    Source,
    Table,
)
from casemate.register.law import Answer

_LEAD = {
    True: "It may go out: {why}.",
    False: "It is kept back: {why}.",
    None: "No rule of the house keeps it back.",
}
_MOST_LINES = 16


def report(
    found: Assessment, answer: Answer, evaluations: Sequence[KeptEvaluation], moment: datetime
) -> Document:
    """``found`` as a document of ``moment``: equal assessments on one day are equal documents."""
    used = [one for one in evaluations if one.id in found.evidence]
    return Document(
        title=f"Assessment: {found.name}",
        language="en",
        date=moment,
        lead=_lead(found),
        sections=(
            Section("In short", tuple(_in_short(found))),
            Section("What the law asks", tuple(_law(found, answer))),
            *(_section(one) for one in found.requirements),
            Section("How it was measured", tuple(_measured(used))),
        ),
        metadata=tuple(_metadata(found)),
        notes=(
            "Shown: every test of the requirement passed and every field is told. Not shown: a test "
            "failed, or a field is missing. Not tested: a test that would show it was not made.",
            "What the record tells is told by its keepers, and nobody has tested it. This document is no "
            "legal advice and no conformity assessment (AI Act Art. 43).",
        ),
    )


def _lead(found: Assessment) -> str:
    counts = {verdict: len(found.of(verdict)) for verdict in ("shown", "not shown", "not tested")}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return (
        f"{found.says} Of {len(found.requirements)} requirements: {told}. "
        f"{_LEAD[found.standing.passes].format(why=found.standing.why)}"
    )


def _metadata(found: Assessment) -> Iterator[tuple[str, str]]:
    yield "Entry", f"{found.algorithm}, version {found.version} ({found.record[:19]})"
    yield "Law", f"{found.law}, on {found.day.isoformat()}"
    yield "Kind", found.kind
    yield "Model", found.model or "none is named"


def _in_short(found: Assessment) -> Iterator[Block]:
    rows = tuple(
        (f"Art. {one.requirement.article}", one.requirement.title, one.verdict, _missing(one))
        for one in found.requirements
    )
    if rows:
        head = ("Article", "Requirement", "Verdict", "Missing")
        yield Table("Each requirement and its verdict", head, rows, (Source("law", found.law),))
    if found.contradiction:
        yield Gap(
            found.contradiction, "the keepers of the entry",
            "what the register says decides who may see it and what is asked of it",
            f"register revise {found.algorithm} (ai_act_class, annex_iii_points)",
            (Source("law", found.law),), key="class",
        )  # fmt: skip
    if found.notes:
        yield Listing(found.notes)


def _missing(one: Judged) -> str:
    return "; ".join(lack.what for lack in one.lacks) or "nothing"


def _law(found: Assessment, answer: Answer) -> Iterator[Block]:
    cited = tuple(Source("law", f"AI Act Art. {one}") for one in answer.articles)
    basis = cited or (Source("law", found.law),)
    yield Paragraph(f"On {found.day.isoformat()}, by {found.law}: {found.says}", basis)
    if answer.applies_from is not None:
        yield Paragraph(f"It applies from {answer.applies_from.isoformat()}.", basis)
    rows = tuple(
        (f"Art. {one.article}", one.who, one.states, str(one.applies_from or ""))
        for one in sorted(answer.duties, key=lambda duty: not duty.yours)
    )
    if rows:
        head = ("Article", "Who", "Duty", "From")
        yield Table("Duties, those of your role first", head, rows, basis)


def _section(one: Judged) -> Section:
    asked = one.requirement
    return Section(
        f"{asked.title}: {one.verdict}",
        tuple(_blocks(one)),
        reference=f"AI Act Art. {asked.article}",
    )


def _blocks(one: Judged) -> Iterator[Block]:
    law = Source("law", f"AI Act Art. {one.requirement.article}")
    yield Paragraph(one.requirement.asks, (law,))
    if one.told:
        sources = tuple(Source("field", name) for name in one.told)
        yield Definitions(tuple(one.told.items()), sources)
    yield from _evidence(one)
    for lack in one.lacks:
        yield Gap(
            lack.what, "the keepers of the entry", one.requirement.asks, lack.where, (law,),
            key=f"{one.requirement.id}.{lack.what}",
        )  # fmt: skip


def _evidence(one: Judged) -> Iterator[Block]:
    if not one.findings:
        return
    sources = tuple(
        Source("evaluation", each)
        for each in dict.fromkeys(each.evaluation for each in one.findings)
    )
    rows = tuple(_row(each) for each in one.findings)
    head = ("Measure", "Of", "Estimate", "Interval", "Baseline", "Finding", "Verdict")
    yield Table(f"Figures on: {one.requirement.title}", head, rows, sources)
    for each in one.drawings:
        shown = each.figures[:_MOST_LINES]
        caption = f"{each.measure} by group, with intervals"
        source = (Source("evaluation", each.evaluation),)
        yield Figure(_chart(each.measure, shown), _told(each.measure, shown), caption, source)


def _row(each: Finding) -> tuple[str, ...]:
    one = each.figure
    around = "" if one.get("low") is None else f"{one['low']:.3f} to {one['high']:.3f}"
    base = "" if one.get("baseline") is None else f"{one['baseline']:.3f}"
    return (
        str(one["measure"]), str(one.get("group", "")), f"{one['estimate']:.3f}", around, base,
        str(one.get("verdict", "")), each.verdict,
    )  # fmt: skip


def _chart(measure: str, shown: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        {"label": one.get("group", ""), **{name: one[name] for name in ("estimate", "low", "high")}}
        for one in shown
    ]
    drawn = intervals(rows, title=measure, alternative=_told(measure, shown))
    return re.sub(r' xmlns:xlink="[^"]*"', "", drawn)


def _told(measure: str, shown: Sequence[Mapping[str, Any]]) -> str:
    each = (f"{one.get('group', '')} {one['estimate']:.3f}" for one in shown)
    return f"{measure}, with intervals: {'; '.join(each)}"


def _measured(used: Sequence[KeptEvaluation]) -> Iterator[Block]:
    if not used:
        yield Gap(
            "An evaluation of the model", "the provider",
            "without one no requirement that takes a test can be shown",
            "assess --permit, assess-model --record, observatory run", key="evaluation",
        )  # fmt: skip
        return
    rows = tuple(
        (
            one.id, f"{one.suite} {one.suite_version}", one.model_digest[:19], str(one.seed),
            "in the enclave" if one.run else "handed in", one.recorded_at.date().isoformat(),
            one.digest[:19],
        )
        for one in used
    )  # fmt: skip
    head = ("Evaluation", "Suite", "Model", "Seed", "Measured", "Kept", "Digest")
    sources = tuple(Source("ledger", one.id) for one in used)
    yield Table("Evaluations that were read", head, rows, sources)
    left_out = [
        f"{each['check']}: {each['why']}" for one in used for each in one.document["not_tested"]
    ]
    if left_out:
        yield Paragraph("Not tested, as the evaluations themselves say:")
        yield Listing(tuple(dict.fromkeys(left_out)), sources=sources)
