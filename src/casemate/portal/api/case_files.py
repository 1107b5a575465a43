"""Case files: what somebody gathers of the texts, whom it is shared with, alerts, files to take out."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.acts.case_files import MadeExport
from casemate.clock import system_clock
from casemate.identity import Scope
from casemate.knowledge.answers.answering import LONGEST_QUESTION
from casemate.knowledge.casefiles import Alert, CaseFile, CaseFileEntry
from casemate.knowledge.casefiles.feed import MEDIA_TYPE, atom
from casemate.platform import Platform
from casemate.portal.callers import Anyone, Caller, Reader, needs
from casemate.portal.documents import schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe

router = APIRouter(prefix="/case-files", tags=["knowledge"], route_class=KeyedRoute)
answers = APIRouter(prefix="/corpora", tags=["knowledge"])
"""One answer as a file, beside the answers themselves."""
Keeper = Annotated[Caller, needs(Scope.cases)]
CaseFileDocument = schema_of(CaseFile)
EntryDocument = schema_of(CaseFileEntry)
AlertDocument = schema_of(Alert)
_CHANGES = describe(401, 403, 404, 409, 412, 422)
Form = Literal["html", "pdf", "docx", "md", "json", "csl", "bib", "ris"]
Style = Literal["luxembourg", "eu", "french"]
Spoken = Literal["en", "fr", "de", "lb"]


class Body(BaseModel):
    """What is sent: nothing unknown in it."""

    model_config = ConfigDict(extra="forbid")


class Words(Body):
    """Title and notes of a case file."""

    title: str = Field(max_length=1_000)
    notes: str = Field("", max_length=1_000_000)


class Rewording(Words):
    """The same, of one that there is; ``seen`` is the version that was looked at."""

    seen: int | None = Field(None, ge=1)


class PinAsked(Body):
    """A provision on a day; today if none."""

    corpus: str = Field(max_length=64)
    work: str = Field(max_length=300)
    key: str = Field(max_length=300)
    language: str = Field(pattern="^[a-z]{2,3}$")
    on: date | None = None


class QuoteAsked(Body):
    """A question, and which quote of its answer is pinned."""

    corpus: str = Field(max_length=64)
    question: str = Field(max_length=LONGEST_QUESTION)
    language: str = Field(pattern="^[a-z]{2,3}$")
    on: date | None = None
    known: date | None = None
    number: int = Field(1, ge=1, le=10)


class SearchAsked(Body):
    """Words to ask again; of the texts of one day, or of each day's."""

    corpus: str = Field(max_length=64)
    words: str = Field(max_length=10_000)
    language: str = Field(pattern="^[a-z]{2,3}$")
    works: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=100)
    on: date | None = None


class OrderAsked(Body):
    """The ids of what is in a case file, in their order."""

    items: list[Annotated[str, Field(max_length=64)]] = Field(max_length=1_000)


class ShareAsked(Body):
    """With whom, by id: an account of your organisation, or an organisation."""

    party: str = Field(max_length=64)
    right: Literal["read", "write"] = "read"


class SeenAsked(Body):
    """The alerts that were seen; all of them if none are named."""

    alerts: list[Annotated[str, Field(max_length=64)]] | None = Field(None, max_length=1_000)


class SeenCounted(BaseModel):
    """How many alerts were not marked before."""

    marked: int


class Deleted(BaseModel):
    """What is gone."""

    id: str


class OwnData(BaseModel):
    """All that is kept of one's own case files."""

    account: str
    case_files: list[dict[str, Any]]


@router.get("", response_model=list[EntryDocument], responses=describe(401, 403))  # type: ignore[valid-type]
def list_(caller: Reader) -> Response:
    """Your case files and those that are shared with you, the newest change first."""
    return sent(list(caller.platform.case_files(caller.actor)))


@router.post(
    "", response_model=CaseFileDocument, status_code=201, responses=describe(401, 403, 422)
)
def create(caller: Keeper, request: Request, asked: Words) -> Response:
    """Begin a case file of your own; nobody else reads it until you share it."""
    made = caller.platform.open_case_file(caller.actor, asked.title, asked.notes)
    where = request.url_for("show_case_file", case_file=made.id).path
    return sent(made, status=201, headers={"Location": where})


@router.get("/data", response_model=OwnData, responses=describe(401, 403))
def own_data(caller: Keeper) -> Response:
    """All that is kept of your own case files, to take along (GDPR Art. 15 and 20)."""
    return sent(caller.platform.my_case_data(caller.actor))


@router.get("/{case_file}", response_model=CaseFileDocument, responses=describe(401, 403, 404))
def show_case_file(caller: Reader, case_file: str) -> Response:
    """One case file as it stands."""
    return sent(caller.platform.case_file(caller.actor, case_file))


@router.put("/{case_file}", response_model=CaseFileDocument, responses=_CHANGES)
def describe_(
    caller: Keeper, case_file: str, asked: Rewording, if_match: IfMatch = None
) -> Response:
    """Give it another title and other notes."""
    with _unless_changed(caller.platform, if_match, case_file):
        done = caller.platform.describe_case_file
        return sent(done(caller.actor, case_file, asked.title, asked.notes, seen=asked.seen))


@router.delete("/{case_file}", response_model=Deleted, responses=_CHANGES)
def delete(caller: Keeper, case_file: str, if_match: IfMatch = None) -> Response:
    """Delete your own case file with its alerts: it cannot be brought back."""
    with _unless_changed(caller.platform, if_match, case_file):
        caller.platform.delete_case_file(caller.actor, case_file)
    return sent({"id": case_file})


@router.post("/{case_file}/pins", response_model=CaseFileDocument, responses=_CHANGES)
def pin(caller: Keeper, case_file: str, asked: PinAsked, if_match: IfMatch = None) -> Response:
    """Pin a provision as it stood on a day; alerts tell of its changes from now on."""
    with _unless_changed(caller.platform, if_match, case_file):
        day = asked.on or system_clock().date()
        named = (asked.corpus, asked.work, asked.key, asked.language, day)
        return sent(caller.platform.pin_provision(caller.actor, case_file, *named))


@router.post("/{case_file}/quotes", response_model=CaseFileDocument, responses=_CHANGES)
def quote(caller: Keeper, case_file: str, asked: QuoteAsked, if_match: IfMatch = None) -> Response:
    """Ask a question and pin a quote of the answer, with the answer's receipt."""
    with _unless_changed(caller.platform, if_match, case_file):
        day = asked.on or system_clock().date()
        named = (asked.corpus, asked.question, asked.language, day)
        pinned = caller.platform.pin_quote
        return sent(pinned(caller.actor, case_file, *named, known=asked.known, number=asked.number))


@router.post("/{case_file}/searches", response_model=CaseFileDocument, responses=_CHANGES)
def search(
    caller: Keeper, case_file: str, asked: SearchAsked, if_match: IfMatch = None
) -> Response:
    """Save a search; alerts tell what is new in its first results."""
    with _unless_changed(caller.platform, if_match, case_file):
        named = (asked.corpus, asked.words, asked.language)
        saved = caller.platform.save_search
        return sent(saved(caller.actor, case_file, *named, works=asked.works, on=asked.on))


@router.delete("/{case_file}/items/{item}", response_model=CaseFileDocument, responses=_CHANGES)
def take(caller: Keeper, case_file: str, item: str, if_match: IfMatch = None) -> Response:
    """Take a pin, a quote or a search out."""
    with _unless_changed(caller.platform, if_match, case_file):
        return sent(caller.platform.take_from_case_file(caller.actor, case_file, item))


@router.put("/{case_file}/order", response_model=CaseFileDocument, responses=_CHANGES)
def arrange(
    caller: Keeper, case_file: str, asked: OrderAsked, if_match: IfMatch = None
) -> Response:
    """Put what is in it in this order."""
    with _unless_changed(caller.platform, if_match, case_file):
        return sent(caller.platform.arrange_case_file(caller.actor, case_file, asked.items))


@router.post("/{case_file}/shares", response_model=CaseFileDocument, responses=_CHANGES)
def share(caller: Keeper, case_file: str, asked: ShareAsked, if_match: IfMatch = None) -> Response:
    """Share your own case file with an account of your organisation, or with an organisation."""
    with _unless_changed(caller.platform, if_match, case_file):
        shared = caller.platform.share_case_file
        return sent(shared(caller.actor, case_file, asked.party, asked.right))


@router.delete("/{case_file}/shares/{party}", response_model=CaseFileDocument, responses=_CHANGES)
def end_share(caller: Keeper, case_file: str, party: str, if_match: IfMatch = None) -> Response:
    """Share your own case file no longer with somebody."""
    with _unless_changed(caller.platform, if_match, case_file):
        return sent(caller.platform.end_case_file_share(caller.actor, case_file, party))


@router.get(
    "/{case_file}/alerts",
    response_model=list[AlertDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404),
)
def alerts(caller: Reader, case_file: str) -> Response:
    """What has changed in the texts that it is about, the newest first."""
    return sent(list(caller.platform.case_file_alerts(caller.actor, case_file)))


@router.get("/{case_file}/alerts.atom", response_class=Response, responses=describe(401, 403, 404))
def feed(caller: Reader, case_file: str) -> Response:
    """The same as an Atom feed; a reader of feeds sends a token with the scope read."""
    known = caller.platform.case_file(caller.actor, case_file)
    content = atom(known, caller.platform.case_file_alerts(caller.actor, case_file))
    return Response(content, media_type=MEDIA_TYPE)


@router.post(
    "/{case_file}/alerts/seen", response_model=SeenCounted, responses=describe(401, 403, 404, 422)
)
def seen(caller: Keeper, case_file: str, asked: SeenAsked) -> Response:
    """Mark alerts, or all of them, as seen by you."""
    marked = caller.platform.mark_case_alerts_seen(caller.actor, case_file, asked.alerts)
    return sent({"marked": marked})


@router.get("/{case_file}/export", response_class=Response, responses=describe(401, 403, 404, 422))
def export(
    caller: Reader,
    case_file: str,
    form: Form,
    style: Style = "luxembourg",
    lang: Spoken = "fr",
) -> Response:
    """A case file as a file: to print, or its citations for other programs."""
    made = caller.platform.export_case_file(
        caller.actor, case_file, form, style=style, language=lang
    )
    return file(made)


@answers.get("/{corpus}/answer/export", response_class=Response, responses=describe(404, 422))
def export_answer(
    anyone: Anyone,
    corpus: str,
    question: Annotated[str, Query(min_length=1, max_length=LONGEST_QUESTION)],
    form: Form,
    style: Style = "luxembourg",
    lang: Spoken = "fr",
    on: Annotated[date | None, Query(description="The day asked about; today if none.")] = None,
    known: Annotated[date | None, Query(description="As known on this day; now if none.")] = None,
    quotes: Annotated[int, Query(ge=1, le=10)] = 3,
) -> Response:
    """One answer as a file, each quote with its citation."""
    day = on or system_clock().date()
    made = anyone.platform.export_answer(
        corpus, question, lang, day, form, known=known, quotes=quotes, style=style
    )
    return file(made)


def file(made: MadeExport) -> Response:
    """A file to be kept and not to be shown: what is in it came from many hands."""
    headers = {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "Casemate-Digest": made.digest,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(made.content, headers=headers, media_type=made.media_type)


def _unless_changed(platform: Platform, if_match: str | None, case_file: str) -> Any:
    return unless_changed(
        platform, if_match, lambda tx: platform.case_files_kept.get(tx, case_file)
    )
