"""The access application: what a data user has to say to be given access.

The fields are the union of what the EHDS (Art. 67), the Data Governance Act, Findata's forms and
the HDR UK Gateway ask for. A draft may be half filled; ``casemate.access.completeness`` says what
is missing on the day it is submitted. Only what is plainly wrong (an unknown field, a wrong type,
reversed dates) is refused here.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput

MAX_DAYS = 3653
"""Ten years: the longest that a data permit may last under the EHDS (Art. 68), in days."""


MAX_TEXT = 20_000
"""The most characters that one field of free text may have."""


def _printable(text: str) -> str:
    """Refuse control characters, which databases and terminals take for something else."""
    for character in text:
        if ord(character) < 32 and character not in "\n\t":
            raise ValueError(f"contains the control character U+{ord(character):04X}; remove it")
    return text


Text = Annotated[
    str, StringConstraints(max_length=MAX_TEXT, strip_whitespace=True), AfterValidator(_printable)
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_printable),
]


def require_text(text: str, what: str) -> str:
    """``text`` without the space around it; raises ``BadInput`` where it is empty or no plain text."""
    stripped = text.strip()
    if not stripped:
        raise BadInput(f"{what} is missing: write it")
    if len(stripped) > MAX_TEXT:
        raise BadInput(f"{what} is {len(stripped)} characters long; {MAX_TEXT} at most")
    try:
        stripped.encode()
        return _printable(stripped)
    except ValueError as failure:
        raise BadInput(f"{what} {failure}") from failure


class Document(BaseModel):
    """A document that comes from outside: unknown fields are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Form(Document):
    """A document that people write and hand in; the ledger holds its digest."""

    CALLED: ClassVar[str]

    @classmethod
    def read(cls, document: Mapping[str, Any] | str | bytes) -> Self:
        """The form in ``document``, a mapping or JSON text.

        Raises ``BadInput`` naming every field that is wrong, and what is wrong with it.
        """
        try:
            if isinstance(document, str | bytes):
                return cls.model_validate_json(document)
            return cls.model_validate(document)
        except ValidationError as failure:
            problems = "; ".join(_explain(error) for error in failure.errors())
            raise BadInput(f"the {cls.CALLED} cannot be read: {problems}") from failure

    def document(self) -> dict[str, Any]:
        """The form as plain JSON values, every field present."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """The digest of the form, which is all the ledger holds of it."""
        return digest(canonical_json(self.document()))


class ApplicationKind(StrEnum):
    """What is asked for."""

    PERMIT = "permit"
    """Records of people, opened in the enclave (EHDS Art. 68)."""
    REQUEST = "request"
    """Aggregate answers only (EHDS Art. 69, Findata's data request)."""
    AMENDMENT = "amendment"
    """A change to a permit that is in force: its scope is frozen, so a new one replaces it."""


class VariableRequest(Document):
    """One variable, and why the purpose cannot be reached without it (GDPR Art. 5(1)(c))."""

    name: Name
    necessity: Text = ""
    as_pseudonym: bool = False
    """Deliver a keyed pseudonym in place of the value: the only way to ask for a direct identifier."""


class StudyPeriod(Document):
    """The days that the records asked for speak of, both included."""

    start: date
    end: date

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"the dates are reversed: it ends on {self.end}, before {self.start}")
        return self


class DatasetRequest(Document):
    """One dataset: which variables of which people in which period."""

    dataset: Name
    version: Annotated[int, Field(ge=1)] | None = None
    """The version wanted; the latest on the day of submission if not given."""
    variables: tuple[VariableRequest, ...] = Field(default=(), max_length=10_000)
    population: Text = ""
    period: StudyPeriod | None = None
    linkage: Text = ""
    """Which other dataset of this application it is joined to, and on what."""


class Purpose(Document):
    """What the data are for: a term of the Data Privacy Vocabulary, and one's own words."""

    term: Name
    description: Text = ""


class LegalBasis(Document):
    """The GDPR's ground for the processing, by letter."""

    article_6: Literal["a", "b", "c", "d", "e", "f"] | None = None
    article_9: Literal["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] | None = None
    """Needed as soon as a variable is sensitive (special categories of personal data)."""
    explanation: Text = ""


class Ethics(Document):
    """The opinion of an ethics committee, where one is asked for."""

    committee: Text = ""
    reference: Text = ""
    summary: Text = ""


class EnclaveSize(Document):
    """What the work needs of the enclave (secure processing environment)."""

    cpus: Annotated[int, Field(ge=1, le=1024)] = 1
    memory_gib: Annotated[int, Field(ge=1, le=16384)] = 4
    gpus: Annotated[int, Field(ge=0, le=64)] = 0


class ApplicationForm(Form):
    """The whole application, as the applicant writes it."""

    CALLED = "application form"

    kind: ApplicationKind = ApplicationKind.PERMIT
    title: Text = ""
    applicant_role: Text = ""
    """The applicant's part in the project, such as principal investigator."""
    datasets: tuple[DatasetRequest, ...] = Field(default=(), max_length=200)
    purpose: Purpose | None = None
    legal_basis: LegalBasis = LegalBasis()
    method: Text = ""
    algorithms: tuple[Name, ...] = Field(default=(), max_length=1000)
    """Ids in the register of algorithms that will run on the data."""
    people: tuple[Name, ...] = Field(default=(), max_length=1000)
    """Accounts of everyone who will work on the data; the applicant too, if they do."""
    outputs: tuple[Text, ...] = Field(default=(), max_length=1000)
    tabulation: Text = ""
    """For a request: the tables wanted, by which variables (Findata's tabulation plan)."""
    duration_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] | None = None
    retention: Text = ""
    """What happens to results and intermediate data when the permit ends."""
    funding: Text = ""
    conflicts: Text = ""
    ethics: Ethics = Ethics()
    dpia: Text = ""
    """The data protection impact assessment: its reference and its conclusion."""
    enclave: EnclaveSize = EnclaveSize()
    fee_class: Literal["public", "academic", "small_enterprise", "commercial"] = "academic"
    previous_permits: tuple[Name, ...] = Field(default=(), max_length=1000)
    amends: Name | None = None
    """For an amendment: the permit that it replaces."""


def _explain(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the document"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "there is no such field; remove it or correct its name"
    return f"{place}: {message}"
