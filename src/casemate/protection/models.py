"""Privacy models: what an equivalence class must be for its records to leave.

A model judges classes. Every model here is monotone: merging classes that satisfy it gives classes
that satisfy it (the generalisation property), so generalising further never suppresses more. The
search prunes by that; a model without the property must not be passed to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput
from casemate.protection.checks import check_k_anonymity


@dataclass(frozen=True)
class Classes:
    """The equivalence classes of a node: the number of records in each."""

    sizes: npt.NDArray[np.int64]


class PrivacyModel(Protocol):
    """A monotone condition on equivalence classes."""

    def describe(self) -> str:
        """The model in the field's words: "5-anonymity"."""
        ...

    def violated(self, classes: Classes) -> npt.NDArray[np.bool_]:
        """For each class, whether it must be suppressed."""
        ...

    def smallest_table(self) -> int:
        """The fewest records with which the model can be met at all."""
        ...

    def check(self, table: pl.DataFrame, quasi_identifiers: Sequence[str]) -> None:
        """Check a finished table by a way of its own; IntegrityFailure if it does not hold."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The model as a JSON document without floats."""
        ...


@dataclass(frozen=True)
class KAnonymity:
    """Each record is like at least k - 1 others in its quasi-identifiers (Samarati & Sweeney 1998)."""

    k: int

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise BadInput(f"k must be a whole number of at least 1, not {self.k!r}")

    def describe(self) -> str:
        return f"{self.k}-anonymity"

    def violated(self, classes: Classes) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = classes.sizes < self.k
        return found

    def smallest_table(self) -> int:
        return self.k

    def check(self, table: pl.DataFrame, quasi_identifiers: Sequence[str]) -> None:
        check_k_anonymity(table, quasi_identifiers, self.k)

    def to_dict(self) -> dict[str, Any]:
        return {"model": "k-anonymity", "k": self.k}


def model_from_dict(document: Any) -> PrivacyModel:
    """Read what ``to_dict`` of a model wrote."""
    readers: dict[str, Callable[..., PrivacyModel]] = {"k-anonymity": KAnonymity}
    name = document.get("model") if isinstance(document, dict) else None
    if not isinstance(name, str) or name not in readers:
        raise BadInput(
            f"a privacy model needs 'model', one of {', '.join(readers)}; it has {name!r}"
        )
    try:
        return readers[name](**{key: value for key, value in document.items() if key != "model"})
    except TypeError as error:
        raise BadInput(f"the privacy model {name!r} is not well formed: {error}") from None
