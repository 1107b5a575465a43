"""What the law asks of a company. Of a profile in the request anyone may ask; those kept are their own."""

from base64 import b64encode
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from casemate.clock import system_clock
from casemate.identity import Scope
from casemate.knowledge.obligations.binding import Overview
from casemate.knowledge.obligations.exports import FORMS, filename
from casemate.knowledge.obligations.keeping import CompanyOverview, KeptCompany, Step, StepForm
from casemate.portal.callers import Anyone, Caller, Reader, needs
from casemate.portal.documents import schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.problems import describe

router = APIRouter(prefix="/corpora", tags=["knowledge"])
companies = APIRouter(prefix="/companies", tags=["knowledge"], route_class=KeyedRoute)
Keeper = Annotated[Caller, needs(Scope.publish)]
OverviewDocument = schema_of(Overview)
KeptCompanyDocument = schema_of(KeptCompany)
StepDocument = schema_of(Step)
CompanyOverviewDocument = schema_of(CompanyOverview)
_FORM = f"One of {', '.join(FORMS)}."
Corpus = Annotated[str, Query(max_length=64, description="The collection of laws.")]
Language = Annotated[str, Query(max_length=3, pattern="^[a-z]{2,3}$")]
Day = Annotated[date | None, Query(description="The day asked about; today if none.")]


class AskedAbout(BaseModel):
    """A company that is told of, for one day. Nothing of it is kept."""

    model_config = ConfigDict(extra="forbid")

    company: dict[str, Any] = Field(description="`name`, `answers` and `systems`.")
    on: date | None = Field(None, description="The day asked about; today if none.")
    lang: str = Field("fr", pattern="^[a-z]{2,3}$")
    instrument: str = Field("", max_length=64, description="One instrument alone.")


class AskedFile(AskedAbout):
    """The same, as a file."""

    form: str = Field("oscal", max_length=40, description=_FORM)


class ToldCompany(BaseModel):
    """A profile to keep."""

    model_config = ConfigDict(extra="forbid")

    company: dict[str, Any] = Field(description="`name`, `answers` and `systems`.")


class ChangedCompany(ToldCompany):
    """The next version of a profile."""

    seen: int = Field(ge=1, le=10**9, description="The version that you changed.")


class ToldStep(BaseModel):
    """How it stands with a duty, and what that rests on."""

    model_config = ConfigDict(extra="forbid")

    duty: str = Field(max_length=200)
    state: str = Field(max_length=20, description="open, evidence, done or not_applicable")
    kind: str = Field(
        "text", max_length=20, description="algorithm, evaluation, document, file, url or text"
    )
    reference: str = Field("", max_length=500)
    note: str = Field("", max_length=2000)
    corpus: str = Field("law", max_length=64)
    on: date | None = Field(None, description="The day whose words are meant; today if none.")
    lang: str = Field("fr", pattern="^[a-z]{2,3}$")


class DutiesFile(BaseModel):
    """A file with duties."""

    form: str
    filename: str
    media_type: str
    content: str = Field(description="Base64.")


@router.post("/{corpus}/obligations", response_model=OverviewDocument, responses=describe(404, 422))
def obligations(anyone: Anyone, corpus: str, asked: AskedAbout) -> Response:
    """What binds the company on a day: instruments with the deciding article, duties with their quotes."""
    day = asked.on or system_clock().date()
    found = anyone.platform.obligations_of(
        corpus, asked.company, day, asked.lang, only=asked.instrument
    )
    return sent(found)


@router.post("/{corpus}/obligations/file", response_model=DutiesFile, responses=describe(404, 422))
def obligations_file(anyone: Anyone, corpus: str, asked: AskedFile) -> Response:
    """The same as a file."""
    day = asked.on or system_clock().date()
    content = anyone.platform.export_obligations_of(
        corpus, asked.company, day, asked.lang, asked.form
    )
    return sent(_file(asked.form, day, content))


@companies.get("", response_model=list[KeptCompanyDocument], responses=describe(403))  # type: ignore[valid-type]
def list_(caller: Reader) -> Response:
    """The profiles of one's own organisation."""
    return sent(list(caller.platform.companies(caller.actor)))


@companies.post(
    "", status_code=201, response_model=KeptCompanyDocument, responses=describe(403, 422)
)
def add(caller: Keeper, asked: ToldCompany) -> Response:
    """Keep a profile of one's own organisation."""
    return sent(caller.platform.add_company(caller.actor, asked.company), status=201)


@companies.get("/{profile}", response_model=KeptCompanyDocument, responses=describe(403, 404))
def show(caller: Reader, profile: str) -> Response:
    """A profile of one's own organisation."""
    return sent(caller.platform.company(caller.actor, profile))


@companies.put(
    "/{profile}", response_model=KeptCompanyDocument, responses=describe(403, 404, 409, 422)
)
def change(caller: Keeper, profile: str, asked: ChangedCompany) -> Response:
    """Keep the next version of a profile."""
    kept = caller.platform.change_company(caller.actor, profile, asked.company, seen=asked.seen)
    return sent(kept)


@companies.get(
    "/{profile}/obligations",
    response_model=CompanyOverviewDocument,
    responses=describe(403, 404, 422),
)
def company_obligations(
    caller: Reader, profile: str, corpus: Corpus = "law", lang: Language = "fr", on: Day = None
) -> Response:
    """What binds the company on a day, and how it stands with it as of that day."""
    day = on or system_clock().date()
    return sent(caller.platform.company_obligations(caller.actor, profile, corpus, day, lang))


@companies.get(
    "/{profile}/obligations/file", response_model=DutiesFile, responses=describe(403, 404, 422)
)
def company_file(
    caller: Reader,
    profile: str,
    form: Annotated[str, Query(max_length=40, description=_FORM)] = "oscal",
    corpus: Corpus = "law",
    lang: Language = "fr",
    on: Day = None,
) -> Response:
    """The same as a file."""
    day = on or system_clock().date()
    content = caller.platform.export_obligations(caller.actor, profile, corpus, day, lang, form)
    return sent(_file(form, day, content))


@companies.post(
    "/{profile}/steps",
    status_code=201,
    response_model=StepDocument,
    responses=describe(403, 404, 409, 422),
)
def note(caller: Keeper, profile: str, asked: ToldStep) -> Response:
    """Say how it stands with a duty, and what that rests on."""
    form = StepForm(asked.duty, asked.state, asked.kind, asked.reference, asked.note)
    day = asked.on or system_clock().date()
    step = caller.platform.note_on_duty(
        caller.actor, profile, asked.corpus, form, on=day, language=asked.lang
    )
    return sent(step, status=201)


def _file(form: str, day: date, content: bytes) -> DutiesFile:
    return DutiesFile(
        form=form, filename=filename(form, day.isoformat()), media_type=FORMS[form],
        content=b64encode(content).decode(),
    )  # fmt: skip
