"""Answers for machines (JSON) and for people (text that can be checked line by line)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from casemate.register.law.answers import Answer, Duty, Reason, Step
from casemate.register.law.cases import Judged
from casemate.register.law.conditions import Truth, Value
from casemate.register.law.questions import Question
from casemate.register.law.rules import LawVersion
from casemate.register.law.vocabulary import shown

_MARKS = {True: "yes", False: "no ", None: "?  "}
_WORDS: dict[Truth, str] = {True: "true", False: "false", None: "unknown"}
_BROAD = {"role", "sector", "purpose", "annexIII_area"}
"""Facts by which most rules fail that have nothing to do with the system."""
AGREEMENT = (
    "articles: the same set, in whatever order; overlap: those in both, of those in either; "
    "`also` is not judged"
)
"""How a case's agreement is judged; part of the output."""


def answer_document(answer: Answer) -> dict[str, Any]:
    """An answer as JSON."""
    brief = _brief(answer)
    return {
        "as_of": str(answer.as_of),
        "law": {"in_force": _version(answer.version), "latest_known": _version(answer.latest)},
        "decided": answer.decided,
        **brief,
        "possible_classes": list(answer.possible),
        "says": answer.says,
        "as_stated": _brief(answer.as_stated) if answer.as_stated else None,
        "duties": [_duty(one) for one in answer.duties],
        "reasoning": [_step(one) for one in answer.steps],
        "questions": [question_document(one) for one in answer.questions],
        "assumed": {name: _value(value) for name, value in answer.assumed.items()},
        "notes": list(answer.notes),
    }


def _brief(answer: Answer) -> dict[str, Any]:
    return {
        "class": answer.cls,
        "articles": list(answer.articles),
        "also": list(answer.also),
        "applies_from": _day(answer.applies_from),
        "upcoming": [{"article": one, "applies_from": str(day)} for one, day in answer.upcoming],
    }


def _version(version: LawVersion) -> dict[str, str]:
    return {"id": version.id, "title": version.title, "since": str(version.in_force)}


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)


def _value(value: Value | None) -> Any:
    return value if value is None or isinstance(value, bool | str) else shown(value)


def _duty(duty: Duty) -> dict[str, Any]:
    return {
        "who": duty.who,
        "yours": duty.yours,
        "article": duty.article,
        "duty": duty.states,
        "applies_from": _day(duty.applies_from),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.name,
        "title": step.title,
        "rules": [_reason(one) for one in step.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "article": reason.article,
        "states": reason.states,
        "value": _WORDS[reason.value],
        "because": {name: _value(value) for name, value in reason.because.items()},
        "condition": reason.condition,
        "source": reason.source,
        "applies_from": _day(reason.applies_from),
        "children": [_reason(one) for one in reason.children],
    }


def question_document(question: Question) -> dict[str, Any]:
    """A question as JSON."""
    return {
        "fact": question.fact,
        "asks": question.asks,
        "law": question.law,
        "values": list(question.values),
        "changes": question.changes,
    }


def answer_text(answer: Answer) -> str:
    """An answer for people: the result, the reasoning line by line, the duties, what is open."""
    return "\n".join(_lines(answer))


def _lines(answer: Answer) -> Iterator[str]:
    yield f"Class: {answer.cls}. {answer.says}"
    yield f"As of {answer.as_of}, under {answer.version.title}, in force since {answer.version.in_force}."
    if answer.version != answer.latest:
        yield f"A later version is known: {answer.latest.title}, since {answer.latest.in_force}."
    yield from _result(answer)
    if answer.as_stated:
        yield f"As far as stated: {answer.as_stated.cls}, if nothing applies that the facts do not say."
        yield from (f"  {line}" for line in _result(answer.as_stated))
    yield from (f"Note: {one}." for one in answer.notes)
    if answer.assumed:
        yield f"Taken from silence: {_facts(answer.assumed)}."
    yield "\nReasoning (yes, no, ? unknown; in brackets the facts that made it so):"
    for step in answer.steps:
        yield step.title
        yield from _step_lines(step, answer.stated)
    yield from _duty_lines(answer.duties)
    yield from _open_lines(answer.questions)


def _result(answer: Answer) -> Iterator[str]:
    if answer.articles:
        yield f"Articles: {', '.join(answer.articles)}."
    if answer.also:
        yield f"Also: {', '.join(answer.also)}."
    if answer.applies_from:
        yield f"Applies from: {answer.applies_from}."
    for article, day in answer.upcoming:
        yield f"Warning: from {day} this is prohibited by Art. {article}."


def _facts(facts: Mapping[str, Value | None]) -> str:
    return ", ".join(f"{name} = {shown(value)}" for name, value in facts.items())


def _step_lines(step: Step, stated: frozenset[str]) -> Iterator[str]:
    """Every rule that holds, may hold, or fails by a fact that somebody stated; the others by article."""
    far = [one for one in step.reasons if _is_far(one, stated)]
    for reason in step.reasons:
        if reason not in far:
            yield from _reason_lines(reason, "  ")
    if far:
        yield f"  {_MARKS[False]} {', '.join(dict.fromkeys(one.article for one in far))}"


def _is_far(reason: Reason, stated: frozenset[str]) -> bool:
    if reason.article.startswith("Annex I ") and reason.value is not True:
        return True  # the products, one line each: 6(1) before them says what is missing
    return reason.value is False and not reason.because.keys() & (stated - _BROAD)


def _reason_lines(reason: Reason, indent: str) -> Iterator[str]:
    from_when = f" (from {reason.applies_from})" if reason.applies_from else ""
    says = f"{reason.article}{from_when}: {reason.states} [{_facts(reason.because)}]"
    yield f"{indent}{_MARKS[reason.value]} {says}"
    for child in reason.children:
        yield from _reason_lines(child, indent + "    ")


def _duty_lines(duties: Sequence[Duty]) -> Iterator[str]:
    if duties:
        yield "\nDuties (* those of the role that the facts name):"
    for one in duties:
        mark = "*" if one.yours else " "
        since = f", from {one.applies_from}" if one.applies_from else ""
        yield f"  {mark} {one.who}, Art. {one.article}{since}: {one.states}"


def _open_lines(questions: Sequence[Question]) -> Iterator[str]:
    if questions:
        first = questions[0]
        yield f"\nCan still change the {first.changes}: {', '.join(one.fact for one in questions)}."
        yield f"Ask next: {first.asks} ({first.fact}; {first.law})"


def cases_document(judged: Sequence[Judged]) -> dict[str, Any]:
    """Cases with their answers, and totals, as JSON."""
    return {
        "cases": [_case(one) for one in judged],
        "totals": totals(judged),
        "agreement_is": AGREEMENT,
    }


def totals(judged: Sequence[Judged]) -> dict[str, Any]:
    """How many cases there are and how many agree."""
    compared = [one.agreement for one in judged if one.agreement]
    overlap = sum(one.overlap for one in compared) / len(compared) if compared else None
    return {
        "cases": len(judged),
        "errors": sum(one.error is not None for one in judged),
        "compared": len(compared),
        "class_agrees": sum(one.cls for one in compared),
        "articles_agree": sum(one.articles for one in compared),
        "articles_overlap": None if overlap is None else round(overlap, 4),
        "applies_from_agrees": sum(one.applies_from for one in compared),
        "all_agree": sum(one.whole for one in compared),
    }


def _case(judged: Judged) -> dict[str, Any]:
    row: dict[str, Any] = {"id": judged.case.id, "expected": judged.case.expected}
    if judged.answer is None:
        return row | {"class": None, "error": judged.error, "agreement": None}
    answer = judged.answer
    found = judged.agreement
    return row | {
        **_brief(answer),
        "as_of": str(answer.as_of),
        "law": answer.version.id,
        "assumed": {name: _value(value) for name, value in answer.assumed.items()},
        "notes": list(answer.notes),
        "error": None,
        "agreement": None
        if found is None
        else {
            "class": found.cls,
            "articles": found.articles,
            "articles_overlap": round(found.overlap, 4),
            "applies_from": found.applies_from,
            "all": found.whole,
        },
    }
