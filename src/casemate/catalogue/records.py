"""What the catalogue gives back: small frozen records, never rows of its tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from casemate.catalogue.description import (
    AccessRight,
    DatasetDescription,
    Rules,
    VariableDescription,
    VariableRole,
)


class DatasetState(StrEnum):
    """``retired``: the keys are destroyed; the description stays, the data are gone."""

    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True)
class Variable:
    """One variable of one version, in the order of the data."""

    name: str
    type: str
    dtype: str
    label: Mapping[str, str]
    unit: str | None
    role: VariableRole
    codes: Mapping[str, Mapping[str, str]]


KEPT_INSIDE = frozenset({"wrapped_key", "blob"})
"""Of a dataset: where its sealed table lies, and the key to it."""


@dataclass(frozen=True)
class Dataset:
    """One version of a dataset: all that may be known of it without reading it.

    ``blob`` is the name of its file in the vault and the context of its ``wrapped_key``, which is
    None once the dataset is retired. ``published_at`` is this version's, ``issued_at`` the first's.
    """

    id: str
    version: int
    versions: tuple[int, ...]
    holder: str
    state: DatasetState
    description: DatasetDescription
    variables: tuple[Variable, ...]
    rows: int
    digest: str
    blob: str
    size: int
    wrapped_key: bytes | None = field(repr=False)
    profile: dict[str, Any] = field(repr=False)
    quality: dict[str, Any] = field(repr=False)
    risk: dict[str, Any] = field(repr=False)
    published_by: str
    published_at: datetime
    issued_at: datetime
    retired_at: datetime | None = None
    retire_reason: str | None = None

    def as_shown(self) -> dict[str, Any]:
        """All that is sent of it: everything but what is kept inside."""
        return {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in KEPT_INSIDE
        }

    @property
    def titles(self) -> dict[str, str]:
        """The title in each language."""
        return self.description.title

    @property
    def access_right(self) -> AccessRight:
        """Who may use it."""
        return self.description.access_right

    @property
    def is_open(self) -> bool:
        """Whether its licence is a standing permit for everyone."""
        return self.description.access_right == AccessRight.PUBLIC

    @property
    def allowed_purposes(self) -> tuple[str, ...]:
        """The purposes (DPV terms) that its holder allows."""
        return self.description.allowed_purposes

    @property
    def regime(self) -> str:
        """The law under which it is given: ``dga``, ``ehds`` or ``gdpr``."""
        return self.description.regime

    @property
    def rules(self) -> Rules:
        """Its holder's least conditions."""
        return self.description.rules

    @property
    def variable_names(self) -> frozenset[str]:
        """The names of all its variables."""
        return frozenset(variable.name for variable in self.variables)

    def named_with_role(self, role: VariableRole) -> frozenset[str]:
        """The names of its variables that have ``role``."""
        return frozenset(variable.name for variable in self.variables if variable.role == role)

    @property
    def direct_identifiers(self) -> frozenset[str]:
        """The variables that name a person by themselves."""
        return self.named_with_role(VariableRole.DIRECT_IDENTIFIER)

    @property
    def quasi_identifiers(self) -> frozenset[str]:
        """The variables that together may point at a person."""
        return self.named_with_role(VariableRole.QUASI_IDENTIFIER)


@dataclass(frozen=True)
class Hit:
    """One dataset found by a search; ``score`` grows with relevance and compares within a page only."""

    id: str
    version: int
    holder: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    access_right: AccessRight
    regime: str
    themes: tuple[str, ...]
    rows: int
    score: float


@dataclass(frozen=True)
class SearchPage:
    """One page of hits.

    ``facets``: for ``theme``, ``holder``, ``access_right`` and ``regime`` the number of matches of each
    value, the most frequent first; of very many matches the newest alone are counted, and
    ``facets_are_exact`` is false. Of a facet that was filtered by, they are counted as if it were not.
    """

    hits: tuple[Hit, ...]
    total: int
    total_is_exact: bool
    facets: Mapping[str, Mapping[str, int]]
    facets_are_exact: bool
    limit: int
    offset: int


def variables_of(description: DatasetDescription, dtypes: list[list[str]]) -> tuple[Variable, ...]:
    """The variables in the order of the data; ``dtypes`` holds (name, type, column type)."""
    return tuple(
        _variable(name, kind, dtype, description.variables[name]) for name, kind, dtype in dtypes
    )


def _variable(name: str, kind: str, dtype: str, said: VariableDescription) -> Variable:
    return Variable(
        name=name,
        type=str(said.type or kind),
        dtype=dtype,
        label=said.label,
        unit=said.unit,
        role=said.role,
        codes=said.codes,
    )
