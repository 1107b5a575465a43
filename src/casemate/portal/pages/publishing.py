"""Publishing: a data holder's own datasets; a file goes in, is described, looked at, and then published."""

import json
import tomllib
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from casemate.access import purposes
from casemate.catalogue import Dataset, VariableRole, VariableType, load_description
from casemate.catalogue.vocabularies import THEMES
from casemate.errors import BadInput, CasemateError, NotFound
from casemate.first_look import FirstLook
from casemate.portal import multipart
from casemate.portal.pages import dataset_pictures as pictures
from casemate.portal.pages.description_form import (
    Column,
    columns_of_form,
    description_of,
    filled_from,
)
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import TOKEN_FIELD, TOKEN_HEADER, Filled, PageRouter, Posted
from casemate.portal.pages.visit import Navigation, SignedIn, Visit
from casemate.portal.uploads import Uploads

NAVIGATION: Navigation = (mark("Publishing"), "publishing", "publishing")
router = PageRouter()
MOST_COLUMNS = 200
"""Columns that are described in a form; a wider table's description is sent as a file."""
WHY = {
    "name_identifies": mark("Its name is one that identifies people."),
    "email": mark("Most of its values are e-mail addresses."),
    "name_describes": mark("Its name says something about people that others can know."),
    "name_is_sensitive": mark("Its name is one of a sensitive matter."),
    "unique": mark("Nearly every value is there once: it may be a number of people."),
    "date": mark("It holds dates, which can point at people."),
    "nothing": mark("Nothing in its name or values points at people."),
}


@router.get("/publishing")
def publishing(seen: SignedIn) -> Response:
    """What this organisation holds."""
    return seen.page("publishing/publishing.html", held=seen.platform.held(seen.actor))


@router.get("/publishing/new", name="new_file")
def new_file(seen: SignedIn, dataset: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Send a file: of a new dataset, or of the next version of ``dataset``."""
    seen.platform.require_publisher(seen.actor)
    known = _own(seen, dataset) if dataset else None
    return seen.page("publishing/new.html", known=known)


@router.streamed("/publishing/upload", name="send_file")
async def send_file(seen: SignedIn, request: Request) -> Response:
    """The file, written down as it arrives; the form's token is judged before its first byte is."""
    sent: dict[str, str] = {}

    async def keep(fields: Mapping[str, str], name: str, content: AsyncIterator[bytes]) -> None:
        seen.require_token(fields.get(TOKEN_FIELD) or request.headers.get(TOKEN_HEADER) or "")
        await run_in_threadpool(seen.platform.require_publisher, seen.actor)
        kept = await _box(seen).keep(seen.actor, name, content)
        sent.update(upload=kept.id, dataset=fields.get("dataset", ""))

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        seen.require_token(request.headers.get(TOKEN_HEADER) or "")  # no part will bring one
    try:
        await multipart.receive(request, keep)
    except BadInput as error:
        return await run_in_threadpool(
            seen.page, "publishing/new.html", status=error.http_status, error=error, known=None
        )
    return seen.redirect("describe_file", upload=sent["upload"], query={"dataset": sent["dataset"]})


@router.get("/publishing/files/{upload}", name="describe_file")
def describe_file(
    seen: SignedIn, upload: str, dataset: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The description's form, filled with what the file tells, or with what the last version said."""
    file = _box(seen).file(seen.actor, upload)
    try:
        look = seen.platform.first_look(seen.actor, file)
    except BadInput as error:
        return seen.page("publishing/new.html", status=422, error=error, known=None)
    known = _own(seen, dataset).description if dataset else None
    values, columns = filled_from(look.draft, known, seen.lang)
    return _form(seen, upload, look, values, columns)


@router.post("/publishing/files/{upload}", name="check_file")
def check_file(seen: SignedIn, upload: str, form: Posted) -> Response:
    """What would be public, before anything is: quality, risk, the description as it was understood."""
    file = _box(seen).file(seen.actor, upload)
    look = seen.platform.first_look(seen.actor, file)
    try:
        found = seen.platform.assess(seen.actor, file, _described(seen, look, form))
    except BadInput as error:
        values, columns = filled_from(look.draft, None, seen.lang)
        typed = {name: form.texts(name) for name in form.values}
        return _form(
            seen, upload, look, {**values, **typed}, columns_of_form(form) or columns, error=error
        )
    return seen.page(
        "publishing/check.html",
        upload=upload,
        found=found,
        document=found.description.model_dump_json(exclude_defaults=True),
        quality=pictures.quality(seen, found),
        metadata=pictures.metadata(seen, found),
        risk=pictures.risk(seen, found),
    )


@router.post("/publishing/files/{upload}/publish", name="publish_file")
def publish_file(seen: SignedIn, upload: str, form: Posted) -> Response:
    """Publish what was looked at."""
    _box(seen).file(seen.actor, upload)  # what was not sent is not found, whatever is said of it
    try:
        described = load_description(_json(form.text("document")))
        with _box(seen).taken(seen.actor, upload) as file:
            made = seen.platform.publish(seen.actor, file, described)
    except CasemateError as error:
        if isinstance(error, NotFound):
            raise
        return seen.page(
            "publishing/refused.html", status=error.http_status, error=error, upload=upload
        )
    told = seen.gettext("Version %(version)s is published.", version=made.version)
    return seen.redirect("dataset", told=told, dataset=made.id)


@router.get("/publishing/datasets/{dataset}/withdraw", name="withdraw")
def withdraw(seen: SignedIn, dataset: str) -> Response:
    """What withdrawing does, and the form that asks for the reason."""
    known = _own(seen, dataset)
    return seen.page(
        "publishing/withdraw.html", known=known, uses=seen.platform.lineage(dataset).uses
    )


@router.post("/publishing/datasets/{dataset}/withdraw", name="withdraw_now")
def withdraw_now(seen: SignedIn, dataset: str, form: Posted) -> Response:
    """Withdraw it for good."""
    try:
        if form.text("typed") != dataset:
            raise BadInput("type the dataset's identifier: withdrawing cannot be undone")
        seen.platform.retire(seen.actor, dataset, form.text("reason"))
    except BadInput as error:
        return seen.page(
            "publishing/withdraw.html",
            status=error.http_status,
            error=error,
            known=_own(seen, dataset),
            uses=seen.platform.lineage(dataset).uses,
            values={"reason": form.text("reason"), "typed": form.text("typed")},
        )
    told = seen.gettext("The dataset is withdrawn and its keys are destroyed.")
    return seen.redirect("publishing", told=told)


def _form(
    seen: Visit,
    upload: str,
    look: FirstLook,
    values: Mapping[str, tuple[str, ...]],
    columns: list[Column],
    error: CasemateError | None = None,
) -> Response:
    why = {name: seen.gettext(WHY[guess.why]) for name, guess in look.guesses.items()}
    return seen.page(
        "publishing/describe.html",
        status=200 if error is None else error.http_status,
        error=error,
        upload=upload,
        look=look,
        values={name: "\n".join(some) for name, some in values.items()},
        chosen={"themes": values.get("themes", ()), "purposes": values.get("purposes", ())},
        columns=columns if len(look.guesses) <= MOST_COLUMNS else None,
        why=why,
        roles=[role.value for role in VariableRole],
        types=[kind.value for kind in VariableType],
        themes=list(THEMES),
        purposes=_purposes(seen),
    )


def _purposes(seen: Visit) -> list[tuple[str, str]]:
    """The purposes that may be allowed: all but those that no permit may serve."""
    return [
        (one.id, one.labels[seen.lang])
        for one in purposes.TERMS.values()
        if one.id != purposes.ROOT and purposes.prohibited_use(one.id) is None
    ]


def _described(seen: Visit, look: FirstLook, form: Filled) -> Mapping[str, Any]:
    """The description that was sent: a document in TOML or JSON, or the form's fields."""
    text = form.text("document")
    if (sent := form.files.get("toml")) is not None and sent.filename:
        text = sent.file.read().decode("utf-8-sig", "replace")
    if not text:
        last = next((o for o in seen.platform.held(seen.actor) if o.id == form.text("id")), None)
        return description_of(form, seen.lang, look.draft, last.description if last else None)
    if text.lstrip().startswith("{"):
        return _json(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise BadInput(f"the description is not valid TOML: {failure}") from None


def _json(text: str) -> Mapping[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("the description is not valid JSON") from None
    if not isinstance(read, dict):
        raise BadInput("the description is not a JSON object")
    return read


def _own(seen: Visit, dataset: str) -> Dataset:
    """A dataset of this organisation's own; raises ``NotFound`` for others', as for none."""
    for one in seen.platform.held(seen.actor):
        if one.id == dataset:
            return one
    raise NotFound(f"your organisation holds no dataset {dataset!r}")


def _box(seen: Visit) -> Uploads:
    box: Uploads = seen.request.app.state.uploads
    return box
