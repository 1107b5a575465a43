"""Privacy models of identity, and the reader of all models; see ``classes`` for what a model is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casemate.errors import BadInput
from casemate.protection.attacker import (
    AverageRisk,
    HighestRisk,
    JournalistRecordsAtRisk,
    JournalistRisk,
    KMap,
    MarketerRisk,
    RecordsAtRisk,
    SizeJudge,
)
from casemate.protection.base_models import Finished, IdentityModel, require_whole
from casemate.protection.checks import check_k_anonymity
from casemate.protection.classes import Classes, Judge, PrivacyModel, SensitiveColumn
from casemate.protection.closeness import BetaLikeness, DeltaDisclosure, TCloseness
from casemate.protection.diversity import (
    DistinctLDiversity,
    EntropyLDiversity,
    RecursiveCLDiversity,
)
from casemate.protection.hierarchies import hierarchy_from_dict
from casemate.protection.population_table import read_population
from casemate.protection.presence import DeltaPresence
from casemate.protection.profitability import Profitability
from casemate.protection.safepub import DifferentialPrivacy
from casemate.protection.uniqueness import PopulationUniqueness

__all__ = ["Classes", "KAnonymity", "PrivacyModel", "SizeJudge", "model_from_dict"]


@dataclass(frozen=True)
class KAnonymity(IdentityModel):
    """Each record is like at least k - 1 others in its quasi-identifiers (Samarati & Sweeney 1998)."""

    k: int
    kind = "k-anonymity"

    def __post_init__(self) -> None:
        require_whole(self.k, "k")

    def describe(self) -> str:
        return f"{self.k}-anonymity"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        return SizeJudge(self.k)

    def smallest_table(self) -> int:
        return self.k

    def require(self, finished: Finished) -> None:
        check_k_anonymity(finished.table, finished.quasi_identifiers, self.k)


Reader = Callable[..., PrivacyModel]


def _over_population(model: Reader) -> Reader:
    """Reads a model whose document holds its population's variables and people."""

    def read(
        variables: Sequence[str], people: Sequence[Sequence[Any]], **rest: Any
    ) -> PrivacyModel:
        return model(**rest, population=read_population(variables, people))

    return read


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


def _profitability(**rest: Any) -> PrivacyModel:
    """With a population where its document holds one."""
    known = "variables" in rest or "people" in rest
    return (_over_population(Profitability) if known else Profitability)(**rest)


READERS: dict[str, Reader] = {
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
    "k-map": _over_population(KMap),
    "journalist-risk": _over_population(JournalistRisk),
    "journalist-records-at-risk": _over_population(JournalistRecordsAtRisk),
    "marketer-risk": _over_population(MarketerRisk),
    "delta-presence": _over_population(DeltaPresence),
    "population-uniqueness": PopulationUniqueness,
    "profitability": _profitability,
    "differential-privacy": DifferentialPrivacy,
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
