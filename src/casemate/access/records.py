"""What this room hands out: frozen records, never rows.

A ``Permit`` is read from its signed claims; only its revocation comes from the table. A ``Grant``
is the capability that opens data: ``Permits.require_in_force`` makes it and nothing else can.
"""

from dataclasses import InitVar, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer

from casemate.access.deadlines import Regime
from casemate.access.forms import ApplicationForm, ApplicationKind, Document, LegalBasis
from casemate.access.output_types import USUAL_TYPES
from casemate.access.procedure import Event
from casemate.disclosure import DisclosureRules
from casemate.errors import BadInput, NotAllowed


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    INCOMPLETE = "incomplete"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPEALED = "appealed"


@dataclass(frozen=True)
class OfferRules:
    """What the data holder demands of any permit on a dataset."""

    min_k: int = 5
    """Least size of an equivalence class after protection, in people."""
    min_cell: int = 10
    """Least count of people in any cell of an output."""
    max_duration_days: int = 3653
    disclosure: DisclosureRules = field(default_factory=DisclosureRules)
    """The parameters of the output check; a permit may be stricter, never laxer."""


@dataclass(frozen=True)
class Offer:
    """A dataset version as it can be asked for today; the platform builds it from the catalogue."""

    dataset: str
    version: int
    holder: str
    variables: frozenset[str]
    direct_identifiers: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    """Variables of special categories (GDPR Art. 9): they need a letter of that article."""
    allowed_purposes: frozenset[str] = frozenset()
    """DPV terms; each allows itself and what is narrower. None named, none allowed."""
    rules: OfferRules = OfferRules()
    regime: Regime | str = Regime.GDPR
    open: bool = False


CAME_LATER = ("disclosure", "four_eyes")
"""Output rules that the first permits did not know: left out of the signed text where they are empty."""
FileKind = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,16}$")]


class OutputRules(Document):
    """What may leave the enclave under a permit. Signed as part of it."""

    min_cell: int = Field(default=10, ge=1)
    """Least count of people in any cell."""
    review: Literal["required", "automatic", "four-eyes"] = "required"
    """Whether an output checker looks at what passed the automatic check; four-eyes: two of them."""
    max_output_bytes: int = Field(default=10 * 2**20, ge=1)
    max_files: int = Field(default=50, ge=1)
    allowed_types: tuple[str, ...] = USUAL_TYPES
    """Endings of files that may leave: of a new permit, some of ``OUTPUT_TYPES``."""
    rows: bool = True
    """False: aggregate answers only; no program of the data user meets the records."""
    disclosure: DisclosureRules | None = None
    """The parameters of the output check. None: a permit from before they were signed; the defaults."""
    four_eyes: tuple[FileKind, ...] = ()
    """Kinds of output that two checkers clear, whatever ``review`` says: endings, ``log`` for logs."""

    def asks_for_two(self, kind: str) -> bool:
        """Whether outputs of ``kind`` (an ending, or ``log``) leave only after two different checkers."""
        return self.review == "four-eyes" or kind.lower() in self.four_eyes

    @model_serializer(mode="wrap")
    def _without_absent_rules(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Permits that were signed before these rules existed keep their one valid text and digest.
        said: dict[str, Any] = write(self)
        absent = {name for name in CAME_LATER if not getattr(self, name)}
        return {name: value for name, value in said.items() if name not in absent}

    def require_no_laxer(self, rules: OfferRules, dataset: str) -> None:
        """Raise ``BadInput`` where these rules let out what the holder of ``dataset`` does not."""
        if self.min_cell < rules.min_cell:
            raise BadInput(
                f"output rules: cells of {self.min_cell} people are smaller than the data holders "
                f"allow ({rules.min_cell})"
            )
        laxer = (self.disclosure or DisclosureRules()).laxer_than(rules.disclosure)
        if laxer:
            raise BadInput(
                f"output rules: {', '.join(laxer)} would be laxer than the holder of {dataset} "
                f"allows; `casemate dataset show {dataset}` tells its rules"
            )


@dataclass(frozen=True)
class Scope:
    """One dataset version that a permit opens, to these variables, protected by this plan."""

    dataset: str
    version: int
    variables: tuple[str, ...]
    plan: dict[str, Any] = field(default_factory=dict)
    """The protection plan as the protection room wrote it; opaque here, JSON without floats."""
    pseudonyms: tuple[str, ...] = ()
    """Those of ``variables`` that are delivered as keyed pseudonyms only, never as values."""
    budget: dict[str, str] | None = None
    """The privacy that answers under differential privacy may spend; opaque here. None: no answers."""


@dataclass(frozen=True)
class PermitTerms:
    """Everything that a permit says, but for its validity: what ``Permits.grant`` is given."""

    applicant: str
    people: frozenset[str]
    scopes: tuple[Scope, ...]
    purpose: str
    purpose_text: str = ""
    legal_basis: LegalBasis = field(default_factory=LegalBasis)
    output_rules: OutputRules = field(default_factory=OutputRules)
    conditions: tuple[str, ...] = ()
    application: str | None = None
    standing: bool = False


@dataclass(frozen=True)
class Permit:
    """A permit as signed, and whether it was revoked.

    In force from ``valid_from`` to the second before ``valid_until``: [from, until), UTC.
    """

    id: str
    application: str | None
    applicant: str
    people: frozenset[str]
    scopes: tuple[Scope, ...]
    purpose: str
    purpose_text: str
    legal_basis: LegalBasis
    valid_from: datetime
    valid_until: datetime
    output_rules: OutputRules
    conditions: tuple[str, ...]
    issued_at: datetime
    issuer: str
    standing: bool
    lineage: str
    """The first permit of the chain of renewals and amendments that this one belongs to."""
    supersedes: str | None
    jws: str
    digest: str
    """Of ``jws``: what the ledger's entry ``permit.granted`` holds."""
    revoked_at: datetime | None = None
    revoke_reason: str | None = None
    superseded_by: str | None = None

    def in_force_at(self, moment: datetime) -> bool:
        """Whether this permit opens anything at ``moment``."""
        return self.revoked_at is None and self.valid_from <= moment < self.valid_until

    @property
    def terms(self) -> PermitTerms:
        """What this permit says, without its validity: the start of a renewal."""
        return PermitTerms(
            application=self.application,
            applicant=self.applicant,
            people=self.people,
            scopes=self.scopes,
            purpose=self.purpose,
            purpose_text=self.purpose_text,
            legal_basis=self.legal_basis,
            output_rules=self.output_rules,
            conditions=self.conditions,
            standing=self.standing,
        )


GRANT_SEAL = object()
"""Held by ``permits.py`` alone; a ``Grant`` made without it is refused."""


@dataclass(frozen=True)
class Grant:
    """Leave to read: this person, this purpose, these variables of this dataset version, now.

    It speaks of the moment it was made. It is neither stored nor sent: whoever needs one later asks
    ``Permits.require_in_force`` again, and is refused if the permit has ended meanwhile.
    """

    permit: str
    lineage: str
    person: str | None
    purpose: str | None
    scope: Scope
    """The dataset, version, plan and pseudonyms; its variables are those asked for, in that order."""
    output_rules: OutputRules
    valid_until: datetime
    granted_at: datetime
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not GRANT_SEAL:
            raise TypeError("only Permits.require_in_force makes a Grant")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Grant is not stored or sent: ask Permits.require_in_force again")

    def require_rows(self) -> None:
        """Raise ``NotAllowed`` if the permit gives aggregate answers only: no script may run."""
        if not self.output_rules.rows:
            raise NotAllowed(
                f"{self.permit} answers a data request: it gives aggregate answers only, and no "
                "program may run on the records; apply for a permit to work on records"
            )


ASSESSMENT_SEAL = object()
"""Held by ``applications.py`` alone; an ``Assessment`` made without it is refused."""


@dataclass(frozen=True)
class Assessment:
    """Leave to weigh one protection plan: trusted code reads these variables, figures come of it.

    The one reading that no permit opens, since it comes before any: the authority's duty to assess an
    application that was handed in. It opens no more than was asked for, gives nobody a record, and is
    neither stored nor sent.
    """

    application: str
    assessor: str
    dataset: str
    version: int
    variables: tuple[str, ...]
    min_cell: int
    """Counts of fewer people than this are told to nobody, not to the assessor either."""
    seal: InitVar[object] = None

    def __post_init__(self, seal: object) -> None:
        if seal is not ASSESSMENT_SEAL:
            raise TypeError("only Applications.require_assessable makes an Assessment")

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Assessment is not stored or sent: ask for it again")


@dataclass(frozen=True)
class Application:
    """An application as it stands, with its dates. Moments in UTC."""

    id: str
    state: State
    kind: ApplicationKind
    applicant: str
    organisation: str
    form: ApplicationForm
    regime: Regime | None
    """The law whose clock binds it; known once submitted."""
    versions: dict[str, int]
    """The version of each dataset, fixed on submission."""
    created_at: datetime
    submitted_at: datetime | None
    completeness_due: datetime | None
    complete_at: datetime | None
    due: datetime | None
    """When the decision is due; while the clock stands still, as if it went on now."""
    clock_stopped_at: datetime | None
    extended: bool
    decided_at: datetime | None
    appealed_at: datetime | None
    appeal_until: datetime | None
    permit: str | None
    revision: int
    """How often the record has changed: two readers with the same number saw the same record."""

    @property
    def insiders(self) -> frozenset[str]:
        """Who may never decide on it: the applicant and everyone it names."""
        return frozenset({self.applicant, *self.form.people})


@dataclass(frozen=True)
class ApplicationEvent(Event[State]):
    """One step or message in an application's life. ``text`` is the reason or the message."""

    from_state: State
    to_state: State
