"""Documents on an algorithm: made and taken as files, and the answers that only they ask for."""

from datetime import date

from fastapi import Response

from casemate.errors import BadInput, CasemateError
from casemate.papers import FORMATS
from casemate.portal.pages.programs import download
from casemate.portal.pages.router import Filled, PageRouter, Posted, whole_number
from casemate.portal.pages.visit import SignedIn, Visit
from casemate.register.documents import KINDS, Questionnaire, document_kind, read_questionnaire
from casemate.register.documents.keeping import KeptAnswers

router = PageRouter()
_WHERE = "/register/algorithms/{algorithm}/documents"
_FORM_NAMES = {"html": "HTML", "pdf": "PDF", "docx": "DOCX"}


@router.get(_WHERE)
def algorithm_documents(seen: SignedIn, algorithm: str) -> Response:
    """Which documents there are, and the form that makes one."""
    return _documents(seen, algorithm)


@router.post(_WHERE, name="make_document")
def make_document(seen: SignedIn, algorithm: str, given: Posted) -> Response:
    """The document as a file; the form again, with what was chosen, where it cannot be made."""
    try:
        made = seen.platform.make_document(
            seen.actor, algorithm, given.text("kind"),
            form=given.text("form"), language=given.text("language"), as_of=_day(given),
        )  # fmt: skip
    except BadInput as error:
        return _documents(seen, algorithm, given, error)
    return download(made.filename, made.content)


def _day(given: Filled) -> date | None:
    text = given.text("as_of").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as failure:
        raise BadInput(f"the day is written as 2027-12-02, not {text[:40]!r}") from failure


def _documents(
    seen: Visit, algorithm: str, given: Filled | None = None, error: CasemateError | None = None
) -> Response:
    kept = seen.platform.answers_for_documents(seen.actor, algorithm)
    first = {"kind": "annex-iv", "form": "pdf", "language": seen.lang, "as_of": ""}
    return seen.page(
        "papers/documents.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=first if given is None else {name: given.text(name) for name in first},
        known=seen.platform.algorithm(seen.actor, algorithm),
        kinds=[(one, document_kind(one).title[seen.lang], document_kind(one).law) for one in KINDS],
        forms=[(one, _FORM_NAMES[one]) for one in FORMATS],
        answered=[(one, *_counted(kept, one)) for one in KINDS],
        may_make=seen.may("document.make", algorithm),
    )


def _counted(kept: KeptAnswers, kind: str) -> tuple[int, int]:
    """How many of a document's questions are answered by hand, of how many."""
    keys = [one.key for one in document_kind(kind).all_questions()]
    return sum(key in kept.questionnaire.answers for key in keys), len(keys)


@router.get(_WHERE + "/{kind}")
def document_answers(seen: SignedIn, algorithm: str, kind: str) -> Response:
    """The questions of a document, with what was answered in the page's language."""
    return _answers(seen, algorithm, kind)


@router.post(_WHERE + "/{kind}", name="keep_document_answers")
def keep_document_answers(seen: SignedIn, algorithm: str, kind: str, given: Posted) -> Response:
    """Keep the next version of the answers; those in other languages, and the rest, stay."""
    try:
        kept = seen.platform.answers_for_documents(seen.actor, algorithm)
        told = _with(kept.questionnaire, kind, given, seen.lang)
        number = whole_number(given.text("seen"))
        if number is None:
            raise BadInput("the version that you changed is missing: open the form again")
        seen.platform.answer_for_documents(seen.actor, algorithm, told, seen=number)
    except BadInput as error:
        return _answers(seen, algorithm, kind, given, error)
    done = seen.gettext("Your answers are kept.")
    return seen.redirect("algorithm_documents", algorithm=algorithm, told=done)


def _with(before: Questionnaire, kind: str, given: Filled, language: str) -> Questionnaire:
    document = before.document()
    for one in document_kind(kind).all_questions():
        texts = {**document["answers"].get(one.key, {}), language: given.text(one.key)}
        document["answers"][one.key] = texts
    return read_questionnaire(document)


def _answers(
    seen: Visit,
    algorithm: str,
    kind: str,
    given: Filled | None = None,
    error: CasemateError | None = None,
) -> Response:
    asked = document_kind(kind)
    kept = seen.platform.answers_for_documents(seen.actor, algorithm)
    answers = kept.questionnaire.answers
    values = {
        one.key: given.text(one.key) if given else answers.get(one.key, {}).get(seen.lang, "")
        for one in asked.all_questions()
    }
    return seen.page(
        "papers/answers.html",
        status=200 if error is None else error.http_status,
        error=error,
        values=values,
        known=seen.platform.algorithm(seen.actor, algorithm),
        kind=asked,
        version=given.text("seen") if given else kept.version,
        may_answer=seen.may("algorithm.record", algorithm),
    )
