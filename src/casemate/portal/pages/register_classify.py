"""What class a system has under the AI Act: asked by the question that decides most."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.errors import BadInput, CasemateError, NotFound
from casemate.portal.pages.register_keeping import with_class
from casemate.portal.pages.register_telling import word
from casemate.portal.pages.register_words import CLASSES
from casemate.portal.pages.router import Filled, PageRouter, Posted
from casemate.portal.pages.visit import SignedIn, Visit
from casemate.register.law import Answer, Question, classify, read_facts, vocabulary
from casemate.register.law.vocabulary import shown

router = PageRouter()
FACT = "fact-"
"""What the name of a field begins with that carries an answer already given."""
UNKNOWN = "unknown"


@lru_cache(maxsize=512)
def _answer(facts: tuple[tuple[str, str], ...], day: date) -> Answer:
    """Kept: the first questions are the same for everybody, and take a second of work."""
    return classify(read_facts(_typed(dict(facts))), day)


def _typed(facts: Mapping[str, str]) -> dict[str, Any]:
    """Facts as a form sends them, in the form of their kinds; raises ``BadInput`` for one that is none."""
    kinds = vocabulary().facts
    found: dict[str, Any] = {}
    for name, text in facts.items():
        if name not in kinds:
            raise BadInput(f"there is no fact {name!r}")
        found[name] = text == "true" if kinds[name].kind == "flag" else text
    return found


@router.get("/register/classify")
def classify_system(
    seen: SignedIn, algorithm: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The first question."""
    return _asking(seen, {}, [], algorithm)


@router.post("/register/classify")
def answer_question(seen: SignedIn, form: Posted) -> Response:
    """Take an answer, and ask what can still change the class; in the end, the class and why."""
    algorithm, skipped = form.text("algorithm"), [one for one in form.texts("skipped") if one]
    facts = _given(form)
    asked, reply = form.text("asked"), form.text("reply")
    if form.has("forget"):
        facts.pop(form.text("forget"), None)
        skipped = []
    elif asked and reply == UNKNOWN:
        skipped.append(asked)
    elif asked and reply:
        facts[asked] = reply
    if form.has("keep"):
        return _keep(seen, facts, algorithm)
    try:
        return _asking(seen, facts, skipped, algorithm)
    except BadInput as error:
        facts.pop(asked, None)
        return _asking(seen, facts, skipped, algorithm, error)


def _given(form: Filled) -> dict[str, str]:
    known = vocabulary().facts
    return {
        name.removeprefix(FACT): form.text(name)
        for name in form.values
        if name.startswith(FACT) and name.removeprefix(FACT) in known
    }


def _asking(
    seen: Visit,
    facts: dict[str, str],
    skipped: list[str],
    algorithm: str,
    error: CasemateError | None = None,
) -> Response:
    day = seen.platform.clock().date()
    answer = _answer(tuple(sorted(facts.items())), day)
    open_ = [one for one in answer.questions if one.fact not in skipped]
    by_class = [one for one in open_ if one.changes == "class"]
    question = by_class[0] if by_class and not answer.decided else None
    decided = answer if answer.decided else answer.as_stated
    kinds = vocabulary().facts
    return seen.page(
        "register/classify.html",
        status=200 if error is None else error.http_status,
        error=error,
        answer=answer,
        result=None if question else decided,
        class_says=CLASSES,
        question=question,
        options=_options(seen, question),
        given=[(name, kinds[name].asks, _said(seen, text)) for name, text in facts.items()],
        facts=facts,
        skipped=skipped,
        algorithm=algorithm,
        may_keep=bool(algorithm) and seen.may("algorithm.record", algorithm),
        word=lambda value: word(seen, value),
        in_words=shown,
    )


def _options(seen: Visit, question: Question | None) -> list[tuple[str, str]]:
    if question is None:
        return []
    kind = vocabulary().facts[question.fact].kind
    unknown = (UNKNOWN, seen.gettext("I do not know"))
    if kind == "flag":
        return [("true", seen.gettext("Yes")), ("false", seen.gettext("No")), unknown]
    return [*((one, word(seen, one)) for one in question.values), unknown]


def _said(seen: Visit, text: str) -> str:
    return {"true": seen.gettext("Yes"), "false": seen.gettext("No")}.get(text) or word(seen, text)


def _keep(seen: Visit, facts: dict[str, str], algorithm: str) -> Response:
    """Enter the class in the record, with the questions' area and points."""
    if not seen.may("algorithm.record", algorithm):
        raise NotFound(f"your organisation keeps no algorithm {algorithm!r}")
    kept = seen.platform.algorithm(seen.actor, algorithm)
    answer = _answer(tuple(sorted(facts.items())), seen.platform.clock().date())
    decided = answer if answer.decided else answer.as_stated
    try:
        if decided is None:
            raise BadInput("the class is not decided yet: answer the questions first")
        record = with_class(kept.record, decided.cls, facts)
        if record != kept.record:
            reason = seen.gettext("Classified under the AI Act by the questions")
            seen.platform.revise_algorithm(
                seen.actor, algorithm, record, seen=kept.version, reason=reason
            )
    except CasemateError as error:
        return _asking(seen, facts, [], algorithm, error)
    told = seen.gettext("The class is in the entry.")
    return seen.redirect("edit_algorithm", told=told, algorithm=algorithm, step="class")
