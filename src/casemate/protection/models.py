"""Privacy models of identity, and the reader of all models; see ``classes`` for what a model is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.attacker import (
    AverageRisk,
    HighestRisk,
    RecordsAtRisk,
    SizeJudge,
    read_k_map,
)
from casemate.protection.checks import check_k_anonymity
from casemate.protection.classes import Classes, Judge, PrivacyModel, Recoding, SensitiveColumn
from casemate.protection.closeness import BetaLikeness, DeltaDisclosure, TCloseness
from casemate.protection.diversity import (
    DistinctLDiversity,
    EntropyLDiversity,
    RecursiveCLDiversity,
)
from casemate.protection.hierarchies import hierarchy_from_dict

__all__ = ["Classes", "KAnonymity", "PrivacyModel", "SizeJudge", "model_from_dict"]


@dataclass(frozen=True)
class KAnonymity:
    """Each record is like at least k - 1 others in its quasi-identifiers (Samarati & Sweeney 1998)."""

    k: int
    attribute: None = field(default=None, init=False, repr=False)
    of_table: bool = field(default=False, init=False, repr=False)
    needs_collected: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise BadInput(f"k must be a whole number of at least 1, not {self.k!r}")

    def describe(self) -> str:
        return f"{self.k}-anonymity"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return SizeJudge(self.k)

    def smallest_table(self) -> int:
        return self.k

    def check(
        self,
        table: pl.DataFrame,
        quasi_identifiers: Sequence[str],
        collected: pl.DataFrame,
        recoding: Recoding | None = None,
    ) -> None:
        check_k_anonymity(table, quasi_identifiers, self.k)

    def to_dict(self) -> dict[str, Any]:
        return {"model": "k-anonymity", "k": self.k}


def _closeness(**rest: Any) -> TCloseness:
    hierarchy = rest.pop("hierarchy", None)
    order = rest.pop("order", None)
    if hierarchy is not None:
        rest["hierarchy"] = hierarchy_from_dict(hierarchy, "the hierarchy of t-closeness")
    if order is not None:
        if not isinstance(order, list | tuple) or not all(isinstance(one, str) for one in order):
            raise BadInput("the order of t-closeness is a list of values as text")
        rest["order"] = tuple(order)
    return TCloseness(**rest)


READERS: dict[str, Callable[..., PrivacyModel]] = {
    "k-anonymity": KAnonymity,
    "distinct-l-diversity": DistinctLDiversity,
    "entropy-l-diversity": EntropyLDiversity,
    "recursive-cl-diversity": RecursiveCLDiversity,
    "t-closeness": _closeness,
    "delta-disclosure": DeltaDisclosure,
    "beta-likeness": BetaLikeness,
    "highest-risk": HighestRisk,
    "average-risk": AverageRisk,
    "records-at-risk": RecordsAtRisk,
    "k-map": read_k_map,
}


def model_from_dict(document: Any) -> PrivacyModel:
    """Read what ``to_dict`` of a model wrote."""
    name = document.get("model") if isinstance(document, dict) else None
    if not isinstance(name, str) or name not in READERS:
        raise BadInput(
            f"a privacy model needs 'model', one of {', '.join(READERS)}; it has {name!r}"
        )
    rest = {key: value for key, value in document.items() if key != "model"}
    if unsigned := [key for key, value in rest.items() if isinstance(value, float)]:
        raise BadInput(
            f'the {unsigned[0]} of {name} is a float: a plan gives it as text, such as "0.2"'
        )
    try:
        return READERS[name](**rest)
    except (TypeError, IndexError) as error:
        raise BadInput(f"the privacy model {name!r} is not well formed: {error}") from None
