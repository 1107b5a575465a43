"""What all privacy models share: their parameters read exactly, their document, their check."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.classes import Judge, Recoding, SensitiveColumn
from casemate.protection.population_table import Population
from casemate.protection.values import number_of, plain

Number = Any
"""A parameter as given, a number or its decimal text, and as held: an exact fraction."""


@dataclass(frozen=True)
class Finished:
    """A table as it would leave, with what its models hold it against: see ``PrivacyModel.check``."""

    table: pl.DataFrame
    quasi_identifiers: Sequence[str]
    collected: pl.DataFrame
    recoding: Recoding


class Model(ABC):
    """The common part of all models: a subclass is a frozen dataclass of its parameters.

    What is an attribute here is the same for every model of a class, unless it says otherwise.
    """

    kind: str
    """What plans call the model."""

    attribute: str | None
    of_table: bool = False
    needs_collected: bool = False
    needs_recoding: bool = False
    needs_openness: bool = False
    population: Population | None = None

    @abstractmethod
    def describe(self) -> str: ...

    @abstractmethod
    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge: ...

    @abstractmethod
    def require(self, finished: Finished) -> None:
        """Raise IntegrityFailure unless the model holds, by a way that the search does not share."""

    def smallest_table(self) -> int:
        return 1

    def check(
        self,
        table: pl.DataFrame,
        quasi_identifiers: Sequence[str],
        collected: pl.DataFrame,
        recoding: Recoding | None = None,
    ) -> None:
        self.require(Finished(table, quasi_identifiers, collected, recoding or {}))

    def to_dict(self) -> dict[str, Any]:
        """The kind and the parameters that are set, without floats."""
        held = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]  # subclasses are dataclasses
        return {"model": self.kind} | {
            name: _written(value) for name, value in held.items() if value is not None
        }


class IdentityModel(Model):
    """A model that protects no sensitive attribute, but who the records are of."""

    attribute: None = None


def _written(value: Any) -> Any:
    if isinstance(value, Fraction):
        return plain(value)
    if isinstance(value, tuple):
        return list(value)
    return value.to_dict() if hasattr(value, "to_dict") else value


def hold(model: object, name: str, value: Any) -> None:
    """Set a parameter of a frozen model to the form in which it is held."""
    object.__setattr__(model, name, value)


def require_attribute(attribute: Any, model: str) -> None:
    """Raise BadInput unless ``attribute`` can name a column."""
    if not isinstance(attribute, str) or not attribute:
        raise BadInput(f"{model} needs the name of a sensitive attribute, not {attribute!r}")


def require_whole(value: Any, what: str, least: int = 1) -> None:
    """Raise BadInput unless ``value`` is a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadInput(f"{what} must be a whole number of at least {least}, not {value!r}")


def require_population(population: Any, model: str) -> None:
    """Raise BadInput unless ``population`` is one."""
    if not isinstance(population, Population):
        raise BadInput(f"{model} needs a Population, such as Population.from_table(...)")


def exact(value: Any, what: str) -> Fraction:
    """A parameter as an exact number: 0.2 and "0.2" are both one fifth."""
    if isinstance(value, Fraction):
        return value
    if value is None:
        raise BadInput(f"{what} must be a number, not None")
    return number_of(value, what)


def positive(value: Any, what: str, symbol: str) -> Fraction:
    """An exact number above 0, which messages call by its ``symbol``."""
    number = exact(value, what)
    if number <= 0:
        raise BadInput(f"{symbol} must be above 0, not {plain(number)}")
    return number


def probability(value: Any, what: str) -> Fraction:
    """An exact probability above 0."""
    number = exact(value, what)
    if not 0 < number <= 1:
        raise BadInput(f"{what} is a probability above 0 and up to 1, not {plain(number)}")
    return number
