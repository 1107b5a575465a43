"""Everything that the room can say of one table's risk, gathered once for reports and pages.

The figures are those of ``risk``, ``risk_population``, ``special_uniques``, ``attribute_disclosure``,
``quasi_identifiers``, ``identifier_scan`` and ``safe_harbor``, which say what they mean. A part that
cannot be had on a table is not left out in silence: ``left_out`` says which, and why.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import polars as pl

from casemate.errors import BadInput
from casemate.protection.attribute_disclosure import AttributeDisclosure, attribute_disclosure
from casemate.protection.frames import open_frame, polars_columns
from casemate.protection.identifier_scan import IdentifierFinding, scan_identifiers
from casemate.protection.quasi_identifiers import Distinguishing, distinguishing
from casemate.protection.risk import (
    PopulationRisk,
    Risk,
    RiskAtThreshold,
    at_thresholds,
    population_risk,
    reidentification_risk,
)
from casemate.protection.risk_population import (
    PopulationModel,
    PopulationUniques,
    uniques_of_sizes,
)
from casemate.protection.safe_harbor import SafeHarborFinding, safe_harbor
from casemate.protection.special_uniques import SpecialUniques, special_uniques

_MOST_SHOWN = 10
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class RiskProfile:
    """The risk of one table over its ``quasi_identifiers``; no value of the table is shown by it.

    * ``known_population``: against a table of the population, where one was given (journalist, k-map).
    * ``population_uniques``: estimates of each model, where a sampling fraction was given.
    * ``special``: minimal sample uniques (SUDA2) up to the size asked for; None where left out.
    * ``disclosures``: one for each sensitive attribute.
    * ``distinguishing``: each quasi-identifier by itself and the pairs that tell most apart.
    * ``identifiers``, ``safe_harbor``: what the scans of all columns found, where they were asked for.
    * ``rare``: for each quasi-identifier the values of fewer records than the threshold, which no
      page may show. It is not part of ``to_dict``.
    """

    quasi_identifiers: tuple[str, ...]
    risk: Risk
    thresholds: tuple[RiskAtThreshold, ...]
    known_population: PopulationRisk | None = None
    population_uniques: tuple[PopulationUniques, ...] = ()
    special: SpecialUniques | None = None
    disclosures: tuple[AttributeDisclosure, ...] = ()
    distinguishing: tuple[Distinguishing, ...] = ()
    identifiers: tuple[IdentifierFinding, ...] | None = None
    safe_harbor: tuple[SafeHarborFinding, ...] | None = None
    left_out: tuple[str, ...] = ()
    rare: Mapping[str, frozenset[Any]] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The figures of ``risk`` at the top and a part for each other; it holds floats."""
        return {
            **self.risk.to_dict(),
            "quasi_identifiers": list(self.quasi_identifiers),
            "thresholds": [asdict(one) for one in self.thresholds],
            "known_population": self.known_population and self.known_population.to_dict(),
            "population_uniques": [one.to_dict() for one in self.population_uniques],
            "special_uniques": self.special and self.special.to_dict(),
            "attribute_disclosure": [one.to_dict() for one in self.disclosures],
            "distinguishing": [asdict(one) for one in self.distinguishing],
            "identifiers": _documents(self.identifiers),
            "safe_harbor": _documents(self.safe_harbor),
            "left_out": list(self.left_out),
        }

    def html(self, **parts: Any) -> str:
        """The profile as a page of its own; ``risk_html`` says what ``parts`` there are."""
        from casemate.protection.html import risk_html

        return risk_html(self, **parts)


def risk_profile(
    table: Any,
    quasi_identifiers: Sequence[str],
    *,
    sensitive: Sequence[str] = (),
    population: Any = None,
    sampling_fraction: float | None = None,
    threshold: int = 5,
    max_size: int = 3,
    scan: bool = False,
) -> RiskProfile:
    """Measure ``table`` in every way that the arguments allow.

    ``population`` is a table that holds everybody in it; ``sampling_fraction`` (above 0, up to 1) the
    share of the population that it is a random sample of; ``max_size`` bounds the sets of special
    uniques; ``scan`` looks for direct identifiers in all columns. Raises BadInput as
    ``reidentification_risk`` and ``population_risk`` do, and for a fraction out of range.
    """
    names = list(dict.fromkeys(quasi_identifiers))
    risk = reidentification_risk(table, names, threshold=threshold)
    left_out: list[str] = []
    known = None if population is None else population_risk(table, population, names)
    return RiskProfile(
        quasi_identifiers=tuple(names),
        risk=risk,
        thresholds=at_thresholds(risk.class_sizes),
        known_population=known,
        population_uniques=_estimates(risk, sampling_fraction, left_out),
        special=_special(table, names, max_size, sampling_fraction, left_out),
        disclosures=tuple(attribute_disclosure(table, names, one) for one in sensitive),
        distinguishing=_distinguishing(table, names, left_out),
        identifiers=scan_identifiers(table) if scan else None,
        safe_harbor=safe_harbor(table) if scan else None,
        left_out=tuple(left_out),
        rare=_rare(table, names, threshold),
    )


def _estimates(
    risk: Risk, fraction: float | None, left_out: list[str]
) -> tuple[PopulationUniques, ...]:
    if fraction is None:
        return ()
    found = []
    for model in PopulationModel:
        if model is PopulationModel.DANKAR:  # chooses among the others, and raises what is wrong
            found.append(uniques_of_sizes(risk.class_sizes, sampling_fraction=fraction))
            continue
        estimate = _or_reason(
            lambda model=model: uniques_of_sizes(  # type: ignore[misc]
                risk.class_sizes, sampling_fraction=fraction, model=model
            ),
            f"population uniques by {model.value}",
            left_out,
        )
        if estimate is not None:
            found.append(estimate)
    return tuple(found)


def _special(
    table: Any, names: Sequence[str], size: int, fraction: float | None, left_out: list[str]
) -> SpecialUniques | None:
    if not names:
        return None
    known = fraction or 0.01  # special_uniques' own, where it is not known
    return _or_reason(
        lambda: special_uniques(table, names, max_size=size, sampling_fraction=known),
        "special uniques",
        left_out,
    )


def _distinguishing(
    table: Any, names: Sequence[str], left_out: list[str]
) -> tuple[Distinguishing, ...]:
    """Each attribute by itself, and the pairs that tell most records apart."""
    if not names:
        return ()
    found = _or_reason(
        lambda: distinguishing(table, names, max_size=2), "distinction and separation", left_out
    )
    single = [one for one in found or () if len(one.attributes) == 1]
    pairs = [one for one in found or () if len(one.attributes) == 2]
    return (*single, *pairs[:_MOST_SHOWN])


def _or_reason(measure: Callable[[], _Found], what: str, left_out: list[str]) -> _Found | None:
    """What ``measure`` finds; where the table is too large or wide for it, the reason is kept."""
    try:
        return measure()
    except BadInput as refusal:
        left_out.append(f"{what}: {refusal}")
        return None


def _rare(table: Any, names: Sequence[str], threshold: int) -> dict[str, frozenset[Any]]:
    columns = polars_columns(open_frame(table), names)
    rare = {}
    for name in names:
        counts = columns[name].alias("value").value_counts(name="records")
        few = counts.filter(pl.col("records") < threshold)["value"]
        rare[name] = frozenset(few.to_list())
    return rare


def _documents(found: Sequence[Any] | None) -> list[dict[str, Any]] | None:
    return None if found is None else [one.to_dict() for one in found]
