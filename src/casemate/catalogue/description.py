"""A dataset's description, as its holder writes it: what the data are, variable by variable.

A description comes from outside (TOML, JSON or a mapping), so it is checked field by field, and an
error names the field. Nothing in it is secret: all of it is shown to the public.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from casemate.catalogue.vocabularies import FREQUENCIES, LANGUAGES, LICENCES, THEMES
from casemate.disclosure import DisclosureRules
from casemate.errors import BadInput, NotFound

MAX_ERRORS_SHOWN = 5
MAX_NAME = 128
"""Characters in a variable's name, at most."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_IRI = r"^https?://[^\s<>\"{}|\\^`]+$"


class VariableRole(StrEnum):
    """What a variable can tell about a person; protection and permits act on it."""

    DIRECT_IDENTIFIER = "direct_identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    OTHER = "other"


class VariableType(StrEnum):
    """What the values of a variable are."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"


class AccessRight(StrEnum):
    """Who may use the data (authority table ``access-right``)."""

    PUBLIC = "public"
    RESTRICTED = "restricted"
    NON_PUBLIC = "non_public"


def _printable(text: str) -> str:
    if found := _CONTROL.search(text):
        raise ValueError(f"holds the control character U+{ord(found[0]):04X}; remove it")
    return text


def _one_of(codes: Iterable[str], table: str) -> AfterValidator:
    known = frozenset(codes)

    def check(code: str) -> str:
        if code not in known:
            raise ValueError(
                f"{code!r} is not in the {table} list; known: {', '.join(sorted(known))}"
            )
        return code

    return AfterValidator(check)


def _in_english(value: Any) -> Any:
    return {"en": value} if isinstance(value, str | list | tuple) else value


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    AfterValidator(_printable),
]
Language = Annotated[str, _one_of(LANGUAGES, "language")]
Texts = Annotated[dict[Language, Text], BeforeValidator(_in_english)]
"""One text in each language; plain text is taken as English."""
Words = Annotated[dict[Language, tuple[Text, ...]], BeforeValidator(_in_english)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
Iri = Annotated[str, StringConstraints(pattern=_IRI, max_length=2_000)]
Theme = Annotated[str, _one_of(THEMES, "theme")]
Frequency = Annotated[str, _one_of(FREQUENCIES, "frequency")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$")]
Purpose = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*:[A-Za-z][A-Za-z0-9-]*$")]
VariableName = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_NAME), AfterValidator(_printable)
]


def _licence(value: str) -> str:
    if value in LICENCES or re.match(_IRI, value):
        return value
    raise ValueError(f"{value!r} is neither an IRI nor one of: {', '.join(sorted(LICENCES))}")


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class VariableDescription(_Document):
    """One variable: what it means, its unit, and what it could tell about a person."""

    role: VariableRole
    label: Annotated[Texts, Field(min_length=1)]
    type: VariableType | None = None
    unit: Text | None = None
    codes: dict[str, Texts] = {}
    minimum: Decimal | None = None
    maximum: Decimal | None = None


class Contact(_Document):
    """Where to ask about the data: a desk, not a person."""

    name: Text
    email: Email | None = None
    url: Iri | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "Contact":
        if self.email is None and self.url is None:
            raise ValueError("give an email or a url")
        return self


class Period(_Document):
    """The time that the data speak of."""

    start: date | None = None
    end: date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Period":
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"ends on {self.end}, before it starts on {self.start}")
        return self


class Rules(_Document):
    """The holder's least conditions; a permit may be stricter, never looser.

    ``min_k``: people in an equivalence class; ``min_cell``: people behind a released figure;
    ``max_suppression``: share of rows that protection may drop; ``max_days``: a permit's length;
    ``disclosure``: the parameters of the output check.
    """

    min_k: Annotated[int, Field(ge=2)] = 5
    min_cell: Annotated[int, Field(ge=1)] = 10
    max_suppression: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.02")
    max_days: Annotated[int, Field(ge=1)] = 365
    disclosure: DisclosureRules = DisclosureRules()


class Privacy(_Document):
    """What answers under differential privacy may cost in all, over every version and every permit.

    ``accounting``: ``epsilon`` for (ε, δ), ``rho`` for zero-concentrated. ``rows_per_person``: at most
    so many rows of one person count in an answer; where the description names the variable ``person``
    it is enforced, else it is the holder's word that nobody has more.
    """

    accounting: Literal["epsilon", "rho"]
    amount: Annotated[Decimal, Field(gt=0, le=1_000_000)]
    delta: Annotated[Decimal, Field(ge=0, lt=1)] = Decimal(0)
    rows_per_person: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class Comparison(_Document):
    """What must hold between two variables of one row, such as admitted <= discharged."""

    left: VariableName
    relation: Literal["<", "<=", "==", "!=", ">=", ">"]
    right: VariableName


class DatasetDescription(_Document):
    """All that the catalogue says of a dataset. ``variables`` are in any order; the data's counts."""

    id: Slug
    title: Annotated[Texts, Field(min_length=1)]
    description: Annotated[Texts, Field(min_length=1)]
    variables: Annotated[dict[VariableName, VariableDescription], Field(min_length=1)]
    publisher: Text | None = None
    themes: tuple[Theme, ...] = ()
    keywords: Words = {}
    access_right: AccessRight = AccessRight.RESTRICTED
    license: Annotated[Text, AfterValidator(_licence)] | None = None
    allowed_purposes: tuple[Purpose, ...] = ()
    regime: Literal["dga", "ehds", "gdpr"] = "gdpr"
    contact: Contact | None = None
    spatial: tuple[Country, ...] = ()
    temporal: Period | None = None
    frequency: Frequency | None = None
    languages: tuple[Language, ...] = ()
    provenance: Texts = {}
    population: Texts = {}
    landing_page: Iri | None = None
    person: VariableName | None = None
    consistency: tuple[Comparison, ...] = ()
    rules: Rules = Rules()
    privacy: Privacy | None = None

    @model_validator(mode="after")
    def _names_hold(self) -> "DatasetDescription":
        named = [
            (f"consistency[{index}]", name)
            for index, comparison in enumerate(self.consistency)
            for name in (comparison.left, comparison.right)
        ]
        if self.person is not None:
            named.append(("person", self.person))
        for field, name in named:
            if name not in self.variables:
                raise ValueError(f"{field} names the variable {name!r}, which is not described")
        return self

    def with_role(self, role: VariableRole) -> frozenset[str]:
        """The names of the variables that have ``role``."""
        return frozenset(name for name, variable in self.variables.items() if variable.role == role)


def load_description(source: Path | str | Mapping[str, Any]) -> DatasetDescription:
    """The description in a TOML or JSON file, or in a mapping.

    Raises ``NotFound`` where the file is missing, and ``BadInput`` naming each field that is wrong.
    """
    if isinstance(source, Mapping):
        return _validated(source, "the description")
    path = Path(source)
    try:
        found = path.is_file()
    except OSError as failure:
        raise BadInput(f"the path of the description cannot be used: {failure.strerror}") from None
    if not found:
        raise NotFound(f"no description at {path}: give the path of a TOML or JSON file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except UnicodeDecodeError as failure:
        raise BadInput(f"{path} is not UTF-8 at byte {failure.start}: save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as failure:
        kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
        raise BadInput(f"{path} is not valid {kind}: {failure}") from None
    except (ValueError, RecursionError):
        raise BadInput(f"{path} holds a number or a nesting that no description has") from None
    return _validated(document, str(path))


def _validated(document: Any, where: str) -> DatasetDescription:
    try:
        return DatasetDescription.model_validate(document)
    except ValidationError as failure:
        raise BadInput(f"{where} is not usable: {_explain(failure)}") from None


def _explain(failure: ValidationError) -> str:
    """Each wrong field with what is wrong; the values are left out, for they may be long or private."""
    faults = failure.errors(include_url=False, include_input=False)
    shown = [
        f"{'.'.join(str(step) for step in fault['loc']) or 'the document'}: "
        f"{fault['msg'].removeprefix('Value error, ')}"
        for fault in faults[:MAX_ERRORS_SHOWN]
    ]
    if len(faults) > MAX_ERRORS_SHOWN:
        shown.append(f"and {len(faults) - MAX_ERRORS_SHOWN} more")
    return "; ".join(shown)
