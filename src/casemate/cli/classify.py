"""``casemate classify``: what the AI Act says of a system on a day. No home is opened, nobody signs in."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from casemate.cli.common import JsonOption, Shown, exits, read_document, show, table
from casemate.clock import system_clock
from casemate.errors import BadInput
from casemate.register.law import Answer, FactKind, Question, classify, read_facts, vocabulary
from casemate.register.law.cases import Judged, judge_cases, read_cases, read_day
from casemate.register.law.shown import answer_document, answer_text, cases_document, totals

app = typer.Typer()


@app.command("classify")
def classify_command(
    facts: Annotated[
        Path | None, typer.Argument(help="What is known of the system, as TOML or JSON.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day to judge for (default: today).")
    ] = None,
    cases: Annotated[
        Path | None, typer.Option("--cases", help="A file of cases, one JSON object a line.")
    ] = None,
    closed: Annotated[
        bool,
        typer.Option("--closed", help="What the facts do not state does not apply, as in a case."),
    ] = False,
    questions: Annotated[
        bool, typer.Option("--questions", help="Ask for what is missing until the class is clear.")
    ] = False,
    list_facts: Annotated[
        bool, typer.Option("--facts", help="List every fact that can be stated, and its values.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What the AI Act says of a system on a day: its class, why, from when, and who has which duties."""
    with exits():
        day = read_day(as_of, "--as-of") or system_clock().date()
        if (cases is not None) + (facts is not None or questions) + list_facts != 1:
            raise BadInput("give a file of facts, or --questions, or --cases FILE, or --facts")
        if list_facts:
            show(_vocabulary(), as_json=as_json)
        elif cases is not None:
            show(_cases(list(judge_cases(read_cases(cases), day))), as_json=as_json)
        else:
            answer = _answer(facts, day, given=as_of is not None, closed=closed, ask=questions)
            show(Shown(answer_document(answer), answer_text(answer)), as_json=as_json)


def _answer(path: Path | None, day: date, *, given: bool, closed: bool, ask: bool) -> Answer:
    """The answer for a file; a day of its own counts unless one is given."""
    document: dict[str, Any] = {} if path is None else read_document(path)
    own = read_day(document.pop("as_of", None), f"{path}, as_of")
    day = own if own is not None and not given else day
    stated = document.get("facts", document)
    if not isinstance(stated, dict):
        raise BadInput(f"{path}: `facts` is no table of facts")
    answer = classify(read_facts(stated, closed=closed), day)
    while ask and not answer.decided:
        stated = stated | {answer.questions[0].fact: _asked(answer.questions[0])}
        answer = classify(read_facts(stated), day)
    return answer


def _asked(question: Question) -> Any:
    """Somebody's reply, as a value of the fact; asks again until it is one."""
    kind = vocabulary().facts[question.fact]
    while True:
        choices = "yes/no" if kind.kind == "flag" else ", ".join(question.values) or "a number"
        print(f"{question.asks} ({question.law}) [{choices}]", file=sys.stderr)
        line = sys.stdin.readline()
        if not line:
            raise BadInput(f"{question.fact} was asked, and there was no reply")
        reply = line.strip()
        if kind.kind == "flag" and reply.casefold() in _YES | _NO:
            return reply.casefold() in _YES
        if kind.kind != "flag" and _is_value(question.fact, reply):
            return reply
        print("That is none of them.", file=sys.stderr)


_YES, _NO = {"yes", "y", "true"}, {"no", "n", "false"}


def _is_value(fact: str, reply: str) -> bool:
    try:
        read_facts({fact: reply})
    except BadInput:
        return False
    return True


def _cases(judged: list[Judged]) -> Shown:
    rows: list[list[object]] = []
    for one in judged:
        answer, found = one.answer, one.agreement
        agrees = "" if found is None else "agrees" if found.whole else "differs"
        rows.append(
            [
                one.case.id,
                answer.cls if answer else f"error: {one.error}",
                ", ".join(answer.articles) if answer else "",
                answer.applies_from if answer else "",
                agrees,
            ]
        )
    sums = totals(judged)
    rows.append(["", "", "", "", f"{sums['all_agree']} of {sums['compared']} agree"])
    titles = ["Case", "Class", "Articles", "Applies from", "Agreement"]
    return Shown(cases_document(judged), table(titles, rows))


def _vocabulary() -> Shown:
    kinds = list(vocabulary().facts.values())
    rows: list[list[object]] = [[one.name, _values(one), one.asks, one.law] for one in kinds]
    data = [
        {
            "fact": one.name,
            "kind": one.kind,
            "values": list(map(str, one.values)) if one.kind == "choice" else [],
            "meanings": dict(one.says),
            "asks": one.asks,
            "law": one.law,
            "silence": one.why,
        }
        for one in kinds
    ]
    return Shown(data, table(["Fact", "Values", "Question", "Law"], rows))


def _values(kind: FactKind) -> str:
    if kind.kind == "flag":
        return "true, false"
    return "a number" if kind.kind == "number" else ", ".join(map(str, kind.values))
