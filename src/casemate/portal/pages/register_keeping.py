"""The register for those who answer for algorithms: new entries, changes in steps, publication, answers."""

from typing import Annotated, Any

from fastapi import Query, Response

from casemate.errors import BadInput, CasemateError, NotFound
from casemate.portal.pages import register_form as forms
from casemate.portal.pages.language import OWN_NAMES, mark
from casemate.portal.pages.register_telling import word
from casemate.portal.pages.register_words import HINTS, STEPS
from casemate.portal.pages.router import Filled, PageRouter, Posted, whole_number
from casemate.portal.pages.visit import SignedIn, Visit
from casemate.register.feedback import LONGEST_TEXT
from casemate.register.keeping import LONGEST_REASON, KeptRecord
from casemate.register.minimum import untold
from casemate.register.records import Record, every_field, read_record

router = PageRouter()
Spoken = Annotated[str, Query(max_length=2)]
FILLED = mark("Filled in: %(step)s")


@router.get("/register/own")
def own_algorithms(seen: SignedIn) -> Response:
    """The entries of one's own organisation, and what waits for an answer."""
    organisation = seen.platform.own_organisation(seen.actor)
    known = [
        one for one in seen.platform.algorithms(seen.actor) if one.organisation == organisation.id
    ]
    return seen.page(
        "register/own.html",
        organisation=organisation,
        known=[(one, seen.text_of(one.record.text("name")), untold(one.record)) for one in known],
        waiting=seen.platform.waiting_feedback(seen.actor),
        word=lambda value: word(seen, value),
    )


@router.get("/register/new")
def new_algorithm(seen: SignedIn) -> Response:
    """A new entry begins with its name and what it does."""
    return _new(seen, {})


@router.post("/register/new")
def begin_algorithm(seen: SignedIn, form: Posted) -> Response:
    """Enter it, and go on with the steps."""
    values = {name: form.text(name) for name in ("name", "short_description")}
    organisation = seen.platform.own_organisation(seen.actor)
    texts = {name: {seen.lang: text} for name, text in values.items() if text}
    try:
        told = read_record({**texts, "organisation": {seen.lang: organisation.name}})
        kept = seen.platform.record_algorithm(seen.actor, told)
    except CasemateError as error:
        return _new(seen, values, error)
    return seen.redirect(
        "edit_algorithm",
        told=seen.gettext("The entry was made. Nobody else sees it before you publish it."),
        algorithm=kept.algorithm,
        step="about",
    )


def _new(seen: Visit, values: dict[str, str], error: CasemateError | None = None) -> Response:
    status = 200 if error is None else error.http_status
    return seen.page("register/new.html", status=status, error=error, values=values)


@router.get("/register/algorithms/{algorithm}/edit/{step}")
def edit_algorithm(seen: SignedIn, algorithm: str, step: str, language: Spoken = "") -> Response:
    """One step of the entry as a form, its texts in one language."""
    kept = _own(seen, algorithm, step)
    return _step(seen, kept, step, forms.language_of(seen, language), kept.record.told)


@router.post("/register/algorithms/{algorithm}/edit/{step}")
def save_algorithm(seen: SignedIn, algorithm: str, step: str, form: Posted) -> Response:
    """Keep the step as the entry's next version, and go on; nothing typed is lost where that fails."""
    kept = _own(seen, algorithm, step)
    language = forms.language_of(seen, form.text("language"))
    document = forms.told_by(form, step, kept.record, language)
    following = forms.next_step(step)
    query = {"language": language if language != seen.lang else ""}
    if form.has("stay") or following is None:
        following = step
    try:
        record = read_record(document)
        if record != kept.record:
            title = seen.gettext(STEPS[step][0])
            reason = form.text("reason") or seen.gettext(FILLED, step=title)
            seen_version = whole_number(form.text("seen")) or 0
            seen.platform.revise_algorithm(
                seen.actor, algorithm, record, seen=seen_version, reason=reason
            )
    except CasemateError as error:
        return _step(seen, kept, step, language, document, error, form)
    return seen.redirect("edit_algorithm", query=query, algorithm=algorithm, step=following)


def _own(seen: Visit, algorithm: str, step: str = "about") -> KeptRecord:
    """An entry that whoever looks may change; raises ``NotFound`` for others', as for none."""
    if step not in STEPS or not seen.may("algorithm.record", algorithm):
        raise NotFound(f"your organisation keeps no algorithm {algorithm!r} with a step {step!r}")
    return seen.platform.algorithm(seen.actor, algorithm)


def _step(
    seen: Visit,
    kept: KeptRecord,
    step: str,
    language: str,
    told: Any,
    error: CasemateError | None = None,
    form: Filled | None = None,
) -> Response:
    return seen.page(
        "register/step.html",
        status=200 if error is None else error.http_status,
        error=error,
        kept=kept,
        name=seen.text_of(kept.record.text("name")),
        step=step,
        title=seen.gettext(STEPS[step][0]),
        items=list(forms.steps(seen, kept.record, step, language, kept.algorithm)),
        fields=forms.shown(seen, step, told, language),
        language=language,
        languages_of_texts=list(OWN_NAMES.items()),
        hints=HINTS,
        reason="" if form is None else form.text("reason"),
        longest_reason=LONGEST_REASON,
        seen_version=kept.version if form is None else form.text("seen"),
    )


@router.get("/register/algorithms/{algorithm}/publish")
def publish_algorithm(seen: SignedIn, algorithm: str) -> Response:
    """What is missing before it can be published, and the form to publish or withdraw it."""
    return _publishing(seen, _own(seen, algorithm))


@router.post("/register/algorithms/{algorithm}/publish")
def decide_publication(seen: SignedIn, algorithm: str, form: Posted) -> Response:
    """Publish the newest version, or withdraw the entry from the public's sight."""
    kept = _own(seen, algorithm)
    withdraws = form.has("withdraw")
    act = seen.platform.withdraw_algorithm if withdraws else seen.platform.publish_algorithm
    try:
        act(seen.actor, algorithm, form.text("reason"))
    except CasemateError as error:
        return _publishing(seen, kept, error, form.text("reason"))
    told = (
        seen.gettext("The entry is withdrawn: the public does not see it any more.")
        if withdraws
        else seen.gettext("The entry is published.")
    )
    return seen.redirect("algorithm", told=told, algorithm=algorithm)


def _publishing(
    seen: Visit, kept: KeptRecord, error: CasemateError | None = None, reason: str = ""
) -> Response:
    lacks = [
        (seen.gettext(every_field()[one.field].label), _address(seen, kept, one.field))
        for one in untold(kept.record)
    ]
    return seen.page(
        "register/publish.html",
        status=200 if error is None else error.http_status,
        error=error,
        kept=kept,
        name=seen.text_of(kept.record.text("name")),
        lacks=lacks,
        reason=reason,
        longest_reason=LONGEST_REASON,
    )


def _address(seen: Visit, kept: KeptRecord, field: str) -> str:
    group = every_field()[field].group
    step = next(step for step, (_title, groups) in STEPS.items() if group in groups)
    return seen.url("edit_algorithm", algorithm=kept.algorithm, step=step) + f"#{field}"


# ── what people said ─────────────────────────────────────────────────────────────────────────────


@router.get("/register/algorithms/{algorithm}/said")
def what_was_said(seen: SignedIn, algorithm: str) -> Response:
    """What people said of it, for its organisation and the authority."""
    return _said(seen, algorithm)


@router.post("/register/algorithms/{algorithm}/said")
def answer_words(seen: SignedIn, algorithm: str, form: Posted) -> Response:
    """Answer one message."""
    feedback, answer = form.text("feedback"), form.text("answer")
    if feedback not in [one.id for one in seen.platform.algorithm_feedback(seen.actor, algorithm)]:
        raise NotFound(f"there is no message {feedback!r} about this algorithm")
    try:
        seen.platform.answer_feedback(seen.actor, feedback, answer)
    except CasemateError as error:
        return _said(seen, algorithm, error, {feedback: answer})
    told = seen.gettext("The message is answered.")
    return seen.redirect("what_was_said", told=told, algorithm=algorithm)


def _said(
    seen: Visit,
    algorithm: str,
    error: CasemateError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    said = seen.platform.algorithm_feedback(seen.actor, algorithm)
    kept = seen.platform.algorithm(seen.actor, algorithm)
    return seen.page(
        "register/said.html",
        status=200 if error is None else error.http_status,
        error=error,
        kept=kept,
        name=seen.text_of(kept.record.text("name")),
        said=said,
        typed=typed or {},
        may_answer=seen.may("feedback.answer", algorithm),
        longest=LONGEST_TEXT,
        word=lambda value: word(seen, value),
    )


def with_class(record: Record, cls: str, facts: dict[str, Any]) -> Record:
    """``record`` with the class that the questions came to, and what they told of its area.

    Raises ``BadInput`` for a class that is none.
    """
    told = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in record.told.items()
    }
    if cls not in every_field()["ai_act_class"].values:
        raise BadInput(f"there is no class {cls!r}")
    told["ai_act_class"] = cls
    if facts.get("annexIII_area"):
        told["annex_iii_points"] = [facts["annexIII_area"]]
    if facts.get("sector"):
        told["area_of_use"] = facts["sector"]
    return read_record(told)
