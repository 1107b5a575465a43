"""The form that the document of an evaluation has. Imported at first use, as pydantic takes a while.

Keys beyond these are kept as they are: a suite tells more where it has more.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=300)]
Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._+-]{0,63}$")]
"""What the ledger repeats: no free text."""


class Part(BaseModel):
    """An object of the document."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Subject(Part):
    """The model or the data that figures are of."""

    name: Name
    kind: Name
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Figure(Part):
    """One measured number; ``None`` where it is withheld."""

    check: Name
    measure: Name
    group: str = ""
    estimate: float | None
    low: float | None = None
    high: float | None = None


class NotTested(Part):
    """What a reader might take for tested."""

    check: Name
    why: Name


class Document(Part):
    """The whole."""

    model: Subject
    data: Subject | None = None
    suite: Word
    suite_version: Word
    seed: int
    settings: dict[str, Any]
    machine: dict[str, Any]
    figures: list[Figure]
    not_tested: list[NotTested]
    energy: dict[str, Any] = {}
    samples: list[dict[str, Any]] | None = None
