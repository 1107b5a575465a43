"""What is written in the regulatory sandbox's procedure: the application, the plan, incidents, the exit.

Every form may be half filled; ``completeness`` says what keeps it from being handed in.
"""

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from casemate.access.forms import MAX_DAYS, Document, Form, Name, Text
from casemate.register.sandboxes.conditions import Letter

FEW, MANY = 50, 200
"""Items of one list in a form, at most."""


def _decimal(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation as failure:
        raise ValueError(f"{text!r} is no number: write it as 0.8") from failure
    if not number.is_finite():
        raise ValueError(f"{text!r} is no number that anything can be compared with")
    return text


Number = Annotated[
    str, StringConstraints(max_length=40, strip_whitespace=True), AfterValidator(_decimal)
]
"""A decimal number as it is written: no digit is lost on its way to the ledger."""
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Lines = Annotated[tuple[Text, ...], Field(max_length=FEW)]


class Size(StrEnum):
    """Who takes part, by size (Recommendation 2003/361/EC)."""

    START_UP = "start_up"
    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    PUBLIC = "public_body"
    RESEARCH = "research"


SMES = frozenset({Size.START_UP, Size.MICRO, Size.SMALL, Size.MEDIUM})
"""Free of charge (AI Act Art. 58(2)(d)); with priority where they are in the Union (Art. 62(1)(a))."""


class PlannedTest(Document):
    """A test of the plan: an evaluation, the figure of it that counts, and when it is passed."""

    key: Key
    question: Text = ""
    """What the test is to answer, in plain words."""
    suite: Name
    """The suite of the evaluation that answers it."""
    check: Name
    measure: Name
    group: Name = "everybody"
    """With ``check`` and ``measure``, the figure of the evaluation that counts."""
    comparison: Literal["at_least", "at_most"] = "at_least"
    threshold: Number
    by: Literal["estimate", "interval"] = "estimate"
    """What has to be on the right side of ``threshold``: the figure, or the whole of its interval."""


HALF_A_YEAR = 183
"""Days: the longest that a test in real conditions lasts, and the longest that it is extended by."""


class RealWorldTest(Document):
    """A test in real conditions within the sandbox.

    The authority agrees to its terms specifically, as a part of the plan (AI Act Art. 58(4)): nothing is
    approved by silence, as Art. 60(4)(b) has it for tests outside a sandbox. The conditions are those of
    Art. 60(4), which the authority verifies here too (Art. 76(2)), and the consent is that of Art. 61.
    """

    setting: Text = ""
    """Where, with whom, and how many people (Art. 60(4)(a))."""
    duration_days: Annotated[int, Field(ge=1, le=HALF_A_YEAR)] | None = None
    extension_days: Annotated[int, Field(ge=0, le=HALF_A_YEAR)] = 0
    extension_reason: Text = ""
    """Why it needs longer (Art. 60(4)(f))."""
    registration: Text = ""
    """The Union-wide unique number under which it is registered (Art. 60(4)(c))."""
    established: Text = ""
    """The seat in the Union, or who represents the provider there (Art. 60(4)(d))."""
    transfers: Text = ""
    """Whether data go to third countries, and what protects them then (Art. 60(4)(e))."""
    vulnerable_people: Text = ""
    deployers: Text = ""
    """Who deploys it, and what was agreed with them (Art. 60(4)(h)); or that nobody else does."""
    oversight: Text = ""
    reversal: Text = ""
    """How what the system says is reversed or disregarded (Art. 60(4)(k))."""
    recall: Text = ""
    """How it is taken back at once when the test ends early (Art. 60(7))."""
    consent: Text = ""
    """The information on which people consent freely, before they take part: what it is for and what it
    may inconvenience, the conditions, the right to leave at any time, how to have results reversed, and
    whom to ask (Art. 61(1)(a) to (e)); dated, documented, a copy given (Art. 61(2))."""


class SandboxPlan(Form):
    """The sandbox plan that provider and authority agree on (AI Act Art. 57(5))."""

    CALLED = "sandbox plan"

    objectives: Lines = ()
    hypotheses: Lines = ()
    tests: tuple[PlannedTest, ...] = Field(default=(), max_length=FEW)
    safeguards: Lines = ()
    """What protects people while it is tried (Art. 57(6), (11))."""
    duration_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] | None = None
    """Limited, by how complex the project is (Art. 58(2)(h))."""
    exit_criteria: Lines = ()
    supervision: Text = ""
    """How the authority looks on: what it is told, how often, and by whom."""
    real_world: RealWorldTest | None = None

    @model_validator(mode="after")
    def _each_test_once(self) -> Self:
        keys = [test.key for test in self.tests]
        if again := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"two tests are called {again[0]!r}: give each a key of its own")
        return self


class Fulfilled(Document):
    """How one condition of Art. 59(1) is met, and what shows it."""

    statement: Text = ""
    evidence: Lines = ()
    """Each an id on this platform (a permit, an evaluation, a run), a digest, or where it can be read."""


class PersonalData(Document):
    """Personal data collected for other purposes, processed further in the sandbox (AI Act Art. 59)."""

    area: (
        Literal["public_safety_and_health", "environment", "energy", "transport", "administration"]
        | None
    ) = None
    """The substantial public interest, Art. 59(1)(a)(i) to (v)."""
    permits: tuple[Name, ...] = Field(default=(), max_length=FEW)
    """The data permits of this platform that the data are processed under."""
    conditions: dict[Letter, Fulfilled] = Field(default_factory=dict)
    specific_law: Text = ""
    """For law enforcement alone: the Union or national law that it is based on (Art. 59(2))."""
    law_enforcement: bool = False


class SandboxForm(Form):
    """The application for the regulatory sandbox, as the provider writes it."""

    CALLED = "application for the sandbox"

    title: Text = ""
    algorithm: Name | None = None
    """Its id in the register."""
    size: Size | None = None
    established_in_union: bool = False
    """A registered office or a branch in the Union (Art. 62(1)(a))."""
    partners: Lines = ()
    """Deployers and others who take part (Art. 58(2)(b))."""
    summary: Text = ""
    """The project, its objectives and expected results: published where Art. 59(1)(j) asks for it."""
    innovation: Text = ""
    stage: Literal["development", "training", "testing", "validation"] | None = None
    questions: Text = ""
    """The regulatory questions that the provider wants cleared (Art. 57(7), (9)(a))."""
    risks: Text = ""
    """To health, safety and fundamental rights, as the provider sees them (Art. 57(6))."""
    plan: SandboxPlan = SandboxPlan()
    """The plan as proposed; what is agreed may differ."""
    personal_data: PersonalData | None = None

    @property
    def is_sme(self) -> bool:
        """Whether taking part is free of charge by law."""
        return self.size in SMES

    @property
    def has_priority(self) -> bool:
        """Whether it comes first by law."""
        return self.is_sme and self.established_in_union


class Kind(StrEnum):
    """How grave an incident is: it decides how soon it is reported (AI Act Art. 73(2) to (4))."""

    INCIDENT = "incident"
    """Not serious as Art. 3(49) has it."""
    SERIOUS = "serious"
    DEATH = "death"
    WIDESPREAD = "widespread"
    """A widespread infringement, or critical infrastructure disrupted beyond repair (Art. 3(49)(b))."""


class IncidentForm(Form):
    """What went wrong in the sandbox, and what was done about it at once."""

    CALLED = "incident"

    kind: Kind = Kind.INCIDENT
    occurred_at: AwareDatetime | None = None
    aware_at: AwareDatetime
    """When the provider, or the deployer, came to know of it: from then on the time to report runs."""
    description: Annotated[Text, StringConstraints(min_length=1)]
    mitigation: Annotated[Text, StringConstraints(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.occurred_at is not None and self.aware_at < self.occurred_at:
            raise ValueError("the dates are reversed: nobody knows of an incident before it occurs")
        return self


class ExitWords(Form):
    """What the authority says in the exit report (AI Act Art. 57(7)); the facts are the record's."""

    CALLED = "exit report"

    activities: Annotated[Text, StringConstraints(min_length=1)]
    results: Annotated[Text, StringConstraints(min_length=1)]
    learning: Annotated[tuple[Text, ...], Field(min_length=1, max_length=FEW)]
    """The learning outcomes."""
    recommendations: Lines = ()
