"""What publishing a table would show of it, told to its holder before anything is public."""

from dataclasses import dataclass
from typing import Any

from casemate.catalogue import DatasetDescription, Guess


@dataclass(frozen=True)
class FirstLook:
    """A draft of a table's description, and why each variable's role was guessed."""

    rows: int
    draft: DatasetDescription
    guesses: dict[str, Guess]


@dataclass(frozen=True)
class Assessment:
    """The public part of what is not published yet, as it would stand in the catalogue."""

    description: DatasetDescription
    rows: int
    columns: list[list[str]]
    profile: dict[str, Any]
    quality: dict[str, Any]
    risk: dict[str, Any]
