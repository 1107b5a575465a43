"""The register of algorithms: find, read, record, revise; and what the AI Act says of a system."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.clock import timestamp
from casemate.identity import Scope
from casemate.portal import paging
from casemate.portal.address import source_of_request
from casemate.portal.callers import Anyone, Caller, Reader, needs
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe
from casemate.register.exports import Export
from casemate.register.feedback import LONGEST_CONTACT, LONGEST_TEXT, Feedback, FeedbackKind
from casemate.register.law import classify, read_facts
from casemate.register.law.shown import answer_document
from casemate.register.records import completeness, read_record
from casemate.register.search import Place
from casemate.search_words import MAX_TEXT

router = APIRouter(prefix="/algorithms", tags=["register"], route_class=KeyedRoute)
law = APIRouter(prefix="/classify", tags=["register"], route_class=KeyedRoute)
feedbacks = APIRouter(prefix="/feedback", tags=["register"], route_class=KeyedRoute)
Keeper = Annotated[Caller, needs(Scope.publish)]
Many = Annotated[tuple[Annotated[str, Field(max_length=80)], ...], Query(max_length=20)]
"""Values of one filter, of which any will do."""
Version = Annotated[int | None, Query(ge=1, le=10**9)]
_CHANGES = describe(401, 403, 404, 409, 412, 422)
_READ = describe(403, 404, 422)


Standard = Annotated[str, Query(max_length=40, description="Such as nl-1.0 or annex-viii-a.")]
Spoken = Annotated[str | None, Query(max_length=2, description="That of most texts, if not said.")]
FeedbackDocument = schema_of(Feedback)
ExportDocument = schema_of(Export)


class GivenFeedback(BaseModel):
    """What was taken in, and the code with which its sender reads the answer."""

    feedback: FeedbackDocument  # type: ignore[valid-type]
    code: str


class ToldRecord(BaseModel):
    """What is told of an algorithm: by field, in the form of its kind; texts by language (`en`, `fr`, `de`,
    `lb`). `casemate register fields` lists the fields."""

    model_config = ConfigDict(extra="forbid")

    record: dict[str, Any]


class Revised(ToldRecord):
    """The next version of a record."""

    seen: int = Field(ge=1, le=10**9, description="The version that you changed.")
    reason: str = Field(max_length=2000, description="Why the record changes.")


class Why(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=2000)


class SaidOfIt(BaseModel):
    """A question, a correction, a complaint or an appeal."""

    model_config = ConfigDict(extra="forbid")

    kind: FeedbackKind
    text: str = Field(max_length=LONGEST_TEXT)
    contact: str = Field(
        "", max_length=LONGEST_CONTACT, description="How to reach you, if you like."
    )
    language: Literal["en", "fr", "de", "lb"] = "en"


class Code(BaseModel):
    """What you were told when you wrote."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=100)


class Answered(BaseModel):
    """An answer to what somebody said."""

    model_config = ConfigDict(extra="forbid")

    answer: str = Field(max_length=LONGEST_TEXT)


class KeptDocument(BaseModel):
    """One version of a record."""

    algorithm: str
    version: int
    organisation: str
    record: dict[str, Any]
    digest: str
    reason: str
    kept_by: str
    kept_at: str
    published: int | None = Field(description="The version that anyone may read.")


class ListedDocument(BaseModel):
    """An algorithm as a list shows it: the version that you may read."""

    algorithm: str
    version: int
    organisation: str
    record: dict[str, Any]
    kept_at: str
    is_public: bool
    complete: list[str]
    place: list[Any]


class FoundAlgorithms(Page[ListedDocument]):
    """One page of a search; with how many there are in all, and of which kinds."""

    total: int
    facets: dict[str, dict[str, int]]


class ChangeDocument(BaseModel):
    """A field that differs between two versions; `null` where it is not told."""

    field: str
    before: Any
    after: Any


class RevisionDocument(BaseModel):
    """A version with what it changed."""

    kept: KeptDocument
    changes: list[ChangeDocument]


class Share(BaseModel):
    """How many of how many."""

    told: int
    of: int


class MissingDocument(BaseModel):
    """A field that a standard asks for and the record does not tell, or not as it asks."""

    field: str
    label: str
    need: str
    why: str
    fault: str


class CompletenessDocument(BaseModel):
    """A record held against one standard."""

    standard: str
    title: str
    complete: bool
    mandatory: Share
    asked: Share
    score: float
    languages: dict[str, float]
    missing: list[MissingDocument]


class StatedFacts(BaseModel):
    """What is known of a system, in the vocabulary of `casemate classify --facts`."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any]
    as_of: date | None = Field(None, description="The day to judge for; today, if not said.")
    closed: bool = Field(False, description="What is not stated does not apply.")


@router.get("", response_model=FoundAlgorithms, responses=describe(403, 422))
def search(
    anyone: Anyone,
    q: Annotated[str, Query(max_length=MAX_TEXT, description="Words to look for.")] = "",
    organisation: Many = (),
    ai_act_class: Many = (),
    status: Many = (),
    complete: Many = (),
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.MANY,
) -> Response:
    """Search what you may read of the register: those found by their name first, then by name.

    A filter that is given several times lets any of its values do; `complete` asks for every one.
    """
    found = anyone.platform.search_algorithms(
        anyone.account, q, organisation=organisation, ai_act_class=ai_act_class, status=status,
        complete=complete, after=_place(cursor), limit=limit,
    )  # fmt: skip
    next_page = None if found.next is None else paging.write(list(found.next))
    return sent(
        {"items": found.items, "next": next_page, "total": found.total, "facets": found.facets}
    )


def _place(cursor: str | None) -> Place | None:
    """Where the page before ended; raises ``BadInput`` for what is no such cursor."""
    if cursor is None:
        return None
    rank, name, algorithm = paging.read(cursor, (int, str, str))
    return rank, name, algorithm


@router.post("", response_model=KeptDocument, status_code=201, responses=describe(401, 403, 422))
def record(caller: Keeper, asked: ToldRecord) -> Response:
    """Enter an algorithm of your organisation in the register."""
    told = read_record(asked.record)
    return sent(caller.platform.record_algorithm(caller.actor, told), status=201)


@router.get("/{algorithm}", response_model=KeptDocument, responses=_READ)
def show(anyone: Anyone, algorithm: str, version: Version = None) -> Response:
    """A record: the newest version for those who read it, the published one for anyone else."""
    return sent(anyone.platform.algorithm(anyone.account, algorithm, version))


@router.get("/{algorithm}/history", response_model=Page[RevisionDocument], responses=_READ)
def history(
    anyone: Anyone, algorithm: str, cursor: paging.Cursor = None, limit: paging.Limit = paging.MANY
) -> Response:
    """Every version that you may read with what it changed, the newest first."""
    known = anyone.platform.algorithm_history(anyone.account, algorithm)
    before = paging.read_number(cursor) if cursor else len(known) + 1
    rest = [one for one in known if one.kept.version < before]
    shown = rest[:limit]
    more = len(rest) > limit
    return sent({"items": shown, "next": paging.write([shown[-1].kept.version]) if more else None})


@router.get("/{algorithm}/completeness", response_model=list[CompletenessDocument], responses=_READ)
def complete_for(anyone: Anyone, algorithm: str, version: Version = None) -> Response:
    """How complete a record is for each standard, what is missing, and why it matters."""
    kept = anyone.platform.algorithm(anyone.account, algorithm, version)
    return sent(list(completeness(kept.record)))


@router.post("/{algorithm}/publish", response_model=KeptDocument, responses=_CHANGES)
def publish(caller: Keeper, algorithm: str, asked: Why, if_match: IfMatch = None) -> Response:
    """Let everyone see the newest version of an entry of your organisation."""
    platform = caller.platform
    with unless_changed(platform, if_match, lambda tx: platform.register.get(tx, algorithm)):
        return sent(platform.publish_algorithm(caller.actor, algorithm, asked.reason))


@router.post("/{algorithm}/withdraw", response_model=KeptDocument, responses=_CHANGES)
def withdraw(caller: Keeper, algorithm: str, asked: Why, if_match: IfMatch = None) -> Response:
    """Take an entry of your organisation from the public's sight; its versions stay kept."""
    platform = caller.platform
    with unless_changed(platform, if_match, lambda tx: platform.register.get(tx, algorithm)):
        return sent(platform.withdraw_algorithm(caller.actor, algorithm, asked.reason))


@router.post(
    "/{algorithm}/revise",
    response_model=KeptDocument,
    responses=_CHANGES,
)
def revise(caller: Keeper, algorithm: str, asked: Revised, if_match: IfMatch = None) -> Response:
    """The next version of a record of your organisation, after the one that you saw."""
    platform = caller.platform
    told = read_record(asked.record)
    with unless_changed(platform, if_match, lambda tx: platform.register.get(tx, algorithm)):
        kept = platform.revise_algorithm(
            caller.actor, algorithm, told, seen=asked.seen, reason=asked.reason
        )
    return sent(kept)


@router.get("/{algorithm}/export", response_model=ExportDocument, responses=_READ)
def export(anyone: Anyone, algorithm: str, standard: Standard, language: Spoken = None) -> Response:
    """An entry in the form of another register; what it lacks there, and why that matters."""
    found = anyone.platform.export_algorithm(anyone.account, algorithm, standard, language=language)
    return sent(found)


@router.post(
    "/{algorithm}/feedback",
    response_model=GivenFeedback,
    status_code=201,
    responses=describe(403, 404, 422, 429),
)
def give_feedback(anyone: Anyone, algorithm: str, asked: SaidOfIt, request: Request) -> Response:
    """Say something of a published algorithm. The code is told this once: with it you read the answer."""
    feedback, code = anyone.platform.give_feedback(
        algorithm,
        asked.kind,
        asked.text,
        contact=asked.contact,
        language=asked.language,
        source=source_of_request(request),
    )
    return sent({"feedback": feedback, "code": code}, status=201)


@router.get(
    "/{algorithm}/feedback",
    response_model=Page[FeedbackDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 404, 422),
)
def feedback(
    caller: Reader, algorithm: str, cursor: paging.Cursor = None, limit: paging.Limit = paging.MANY
) -> Response:
    """What was said of an algorithm, for its organisation and the authority; the oldest first."""
    known = caller.platform.algorithm_feedback(caller.actor, algorithm)
    return sent(paging.page(known, lambda one: [timestamp(one.received_at), one.id], cursor, limit))


@feedbacks.get("/waiting", response_model=dict[str, int], responses=describe(401, 403))
def waiting(caller: Reader) -> Response:
    """How many messages wait for an answer, by algorithm; of those whose feedback you read."""
    return sent(caller.platform.waiting_feedback(caller.actor))


@feedbacks.post("/of-code", response_model=FeedbackDocument, responses=describe(404, 422))
def of_code(anyone: Anyone, asked: Code) -> Response:
    """What you wrote, and the answer."""
    return sent(anyone.platform.feedback_of(asked.code))


@feedbacks.post("/take-back", response_model=FeedbackDocument, responses=describe(404, 409, 422))
def take_back(anyone: Anyone, asked: Code) -> Response:
    """Erase what you wrote, how to reach you, and the answer."""
    return sent(anyone.platform.take_back_feedback(asked.code))


@feedbacks.post(
    "/{feedback}/answer",
    response_model=FeedbackDocument,
    responses=describe(401, 403, 404, 409, 422),
)
def answer(caller: Keeper, feedback: str, asked: Answered) -> Response:
    """Answer, once, for your own organisation."""
    return sent(caller.platform.answer_feedback(caller.actor, feedback, asked.answer))


@law.post("", response_model=dict[str, Any], responses=describe(401, 403, 422))
def classified(caller: Reader, asked: StatedFacts) -> Response:
    """What the AI Act says of a system on a day: its class, why line by line, from when, who has which
    duties; and, while it is undecided, the facts that can still change it."""
    day = asked.as_of or caller.platform.clock().date()
    return sent(answer_document(classify(read_facts(asked.facts, closed=asked.closed), day)))
