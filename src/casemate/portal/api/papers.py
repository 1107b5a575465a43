"""Documents that the law asks for: answers for them, and the documents themselves."""

from base64 import b64encode
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.identity import Scope
from casemate.plain import plain
from casemate.portal.callers import Caller, Reader, needs
from casemate.portal.documents import sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.problems import describe
from casemate.register.documents import read_questionnaire

router = APIRouter(prefix="/algorithms", tags=["register"], route_class=KeyedRoute)
Keeper = Annotated[Caller, needs(Scope.publish)]


class QuestionnaireDocument(BaseModel):
    """What keepers answer beside the record. `casemate register questions` lists what is asked."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[str, Any] = Field({}, description="By question: text, or texts by language.")
    facts: dict[str, Any] = Field({}, description="As for `POST /classify`.")
    closed: bool = Field(False, description="What the facts do not state does not apply.")
    permits: list[str] = Field([], max_length=100)
    impacts: list[dict[str, Any]] = Field([], max_length=100)


class GivenAnswers(BaseModel):
    """The next version of the answers."""

    model_config = ConfigDict(extra="forbid")

    questionnaire: QuestionnaireDocument
    seen: int = Field(ge=0, le=10**9, description="The version that you changed; 0 for the first.")


class KeptAnswersDocument(BaseModel):
    """One version of the answers on an algorithm; version 0: there are none yet."""

    algorithm: str
    version: int
    questionnaire: QuestionnaireDocument
    digest: str
    kept_by: str
    kept_at: str | None


class WantedDocument(BaseModel):
    """Which document, how and for which day."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(
        max_length=40, description="annex-iv, fria, dpia, huderia, art-50, exit-report"
    )
    form: Literal["html", "pdf", "docx"] = "html"
    language: Literal["en", "fr", "de", "lb"] = "en"
    as_of: date | None = Field(None, description="The day whose law counts; today, if not said.")


class GapDocument(BaseModel):
    """What is missing, who gives it, and where."""

    key: str
    what: str
    who: str
    where: str


class MadeDocumentDocument(BaseModel):
    """A document as it was made; `content` is its bytes in base64, `digest` theirs and on the ledger."""

    algorithm: str
    kind: str
    form: str
    language: str
    as_of: date
    record_version: int
    answers_version: int
    told: int
    gaps: list[GapDocument]
    digest: str
    filename: str
    content: str


@router.get(
    "/{algorithm}/answers", response_model=KeptAnswersDocument, responses=describe(401, 403, 404)
)
def answers(caller: Reader, algorithm: str) -> Response:
    """The newest answers for documents on an algorithm."""
    return sent(caller.platform.answers_for_documents(caller.actor, algorithm))


@router.put(
    "/{algorithm}/answers",
    response_model=KeptAnswersDocument,
    responses=describe(401, 403, 404, 409, 422),
)
def answer(caller: Keeper, algorithm: str, asked: GivenAnswers) -> Response:
    """Keep the next version of the answers on an algorithm of your organisation."""
    given = read_questionnaire(asked.questionnaire.model_dump())
    return sent(
        caller.platform.answer_for_documents(caller.actor, algorithm, given, seen=asked.seen)
    )


@router.post(
    "/{algorithm}/documents",
    response_model=MadeDocumentDocument,
    status_code=201,
    responses=describe(401, 403, 404, 422),
)
def make(caller: Keeper, algorithm: str, asked: WantedDocument) -> Response:
    """Make a document that the law asks for, filled from what is known; what is missing is marked."""
    made = caller.platform.make_document(
        caller.actor, algorithm, asked.kind,
        form=asked.form, language=asked.language, as_of=asked.as_of,
    )  # fmt: skip
    told = plain(made) | {"as_of": made.as_of.isoformat(), "filename": made.filename}
    return sent(told | {"content": b64encode(made.content).decode("ascii")}, status=201)
