"""The protection plan: what a permit says must be done to a dataset before anybody reads it.

As a JSON document (``to_dict``; no floats, so that it can be signed and stand on the ledger):

    {"version": 1,
     "pseudonymise": ["seqn"],
     "quasi_identifiers": {"age": {"kind": "intervals", "widths": [5, 10, 20], ...}, ...},
     "models": [{"model": "k-anonymity", "k": 5}],
     "suppression": "0.02",
     "measure": "loss",                                     ("payout": of the model profitability)
     "levels": {"age": [2, 2]},
     "sensitive": [],
     "drop": ["name"]}

``levels`` bounds the levels of a quasi-identifier to [lowest, highest], or by {"at_least": 2} from
below; those not named are free. ``drop`` lists variables that never leave, whoever asks.

These parts are written where they are used, so that a plan without them keeps its digest:

    {"weights": {"age": "3"},                               (of the measure; 1 where none is given)
     "budget": {"nodes": 100000, "seconds": 60},            (when the search ends early)
     "recoding": "local",                                   ("global" where it is not named)
     "aggregated": {"age": "mean"},                         (the classes' value instead of a label)
     "sampling": {"share": "0.1", "stratify": ["sex"]},
     "top_bottom": {"income": {"top_percentile": "99"}},
     "rounding": {"income": "100"},
     "microaggregation": [{"columns": ["income", "rent"], "k": 5}],
     "pseudonyms": {"seqn": {"policy": "document-randomised", "check_character": true}},
     "date_shift": {"person": "seqn", "columns": ["admitted"], "days": 182, "step": 7}}

They are done in this order: sampling, top and bottom coding, rounding; then the search, whose models
judge what these made; then micro-aggregation of columns that the models do not look at, date shift,
pseudonyms.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput
from casemate.protection.anonymise import suppression_share
from casemate.protection.format_preserving import DIGITS
from casemate.protection.hierarchies import Hierarchy, hierarchy_from_dict
from casemate.protection.levels import Bound
from casemate.protection.measures import MEASURES, Measure, measure_from_name
from casemate.protection.models import PrivacyModel, model_from_dict
from casemate.protection.plain_names import require_plain_names
from casemate.protection.plan_parts import (
    DateShift,
    Microaggregation,
    PseudonymRule,
    SearchLimits,
    named,
    read_numbers,
    read_part,
    read_parts,
)
from casemate.protection.profitability import PAYOUT, Payout, Profitability
from casemate.protection.safepub import DifferentialPrivacy
from casemate.protection.transformations.class_values import require_functions
from casemate.protection.transformations.extremes import Extremes, rounding_base
from casemate.protection.transformations.local_scores import require_local_measure
from casemate.protection.transformations.recode import RECODINGS
from casemate.protection.transformations.sampling import Sampling

VERSION = 1


@dataclass(frozen=True)
class Plan:
    """A checked plan; making one raises BadInput for whatever contradicts itself."""

    quasi_identifiers: Mapping[str, Hierarchy] = field(default_factory=dict)
    models: tuple[PrivacyModel, ...] = ()
    suppression: str = "0.02"
    measure: str = "loss"
    pseudonymise: tuple[str, ...] = ()
    levels: Mapping[str, Bound] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)
    budget: SearchLimits | None = None
    recoding: str = "global"
    aggregated: Mapping[str, str] = field(default_factory=dict)
    sampling: Sampling | None = None
    top_bottom: Mapping[str, Extremes] = field(default_factory=dict)
    rounding: Mapping[str, str] = field(default_factory=dict)
    microaggregation: tuple[Microaggregation, ...] = ()
    pseudonyms: Mapping[str, PseudonymRule] = field(default_factory=dict)
    date_shift: DateShift | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.suppression, str):
            raise BadInput('the plan gives suppression as text, such as "0.02"')
        suppression_share(self.suppression)
        self._named_measure()
        object.__setattr__(self, "weights", read_numbers(self.weights, "the weight"))
        object.__setattr__(self, "rounding", read_numbers(self.rounding, "the rounding"))
        if self.quasi_identifiers and not self.models:
            raise BadInput("the plan names quasi-identifiers but no privacy model")
        for name in self.levels:
            if name not in self.quasi_identifiers:
                raise BadInput(f"the plan fixes levels of {name!r}, which is no quasi-identifier")
        if len(self.models) > 1 and any(
            isinstance(one, DifferentialPrivacy) for one in self.models
        ):
            raise BadInput(
                "differential privacy is of how a table is made, not of the table: a plan that names "
                "it names no other model"
            )
        require_plain_names({*self.looked_at(), *self.pseudonymise, *self.drop}, "the plan")
        self._require_one_part_each()
        self._require_sensitive_apart()
        self._require_search()
        self._require_transformations()

    def _require_search(self) -> None:
        """Weights, recoding and class values fit the search that they are for."""
        weighable = {name for name, kind in MEASURES.items() if hasattr(kind(), "weights")}
        if self.weights and self.measure not in weighable:
            raise BadInput(
                f"the measure {self.measure!r} takes no weights: choose one of "
                f"{', '.join(sorted(weighable))}"
            )
        for name, weight in self.weights.items():
            if name not in self.quasi_identifiers:
                raise BadInput(f"the plan weighs {name!r}, which is no quasi-identifier")
            if weight.startswith("-"):
                raise BadInput(f"the weight of {name!r} is at least 0, not {weight}")
        if self.recoding not in RECODINGS:
            raise BadInput(
                f"the plan's recoding is {' or '.join(RECODINGS)}, not {self.recoding!r}"
            )
        if self.recoding == "local":
            require_local_measure(self._named_measure())
        require_functions(self.aggregated)

    def _require_transformations(self) -> None:
        """No column is in two parts of which one would undo or hide what the other did."""
        for name, base in self.rounding.items():
            rounding_base(name, base)
        judged = {model.attribute for model in self.models}
        grouped = [name for one in self.microaggregation for name in one.columns]
        moved = () if self.date_shift is None else self.date_shift.columns
        if twice := [name for name in grouped if grouped.count(name) > 1]:
            raise BadInput(f"the plan micro-aggregates {twice[0]!r} twice")
        if bare := sorted(set(self.pseudonyms) - set(self.pseudonymise)):
            raise BadInput(f"the plan has a policy for {bare[0]!r}, which it does not pseudonymise")
        numbers = {*self.top_bottom, *self.rounding, *grouped}
        recoded = judged | {*self.quasi_identifiers, *self.aggregated}
        apart: list[tuple[str, set[str], str, set[Any]]] = [
            ("codes, rounds or micro-aggregates", numbers, "pseudonymises", {*self.pseudonymise}),
            ("transforms", {*numbers, *moved, *self.aggregated}, "drops", {*self.drop}),
            ("micro-aggregates", {*grouped}, "names as a quasi-identifier", {*self.quasi_identifiers}),
            ("micro-aggregates", {*grouped}, "protects by a model", judged),
            ("micro-aggregates", {*grouped}, "gives a class value", {*self.aggregated}),
            ("gives a class value", {*self.aggregated}, "names as sensitive", {*self.sensitive, *judged}),
            ("gives a class value", {*self.aggregated}, "pseudonymises", {*self.pseudonymise}),
            ("shifts the dates of", {*moved}, "judges or recodes", recoded),
            ("shifts the dates of", {*moved}, "pseudonymises", {*self.pseudonymise}),
        ]  # fmt: skip
        for first, names, second, others in apart:
            if both := sorted(names & others):
                raise BadInput(f"the plan {first} {both[0]!r} and {second} it: choose one")

    def measure_for(self, variables: Sequence[str]) -> Measure:
        """The measure with its weights, of the quasi-identifiers among ``variables``."""
        here = {name: weight for name, weight in self.weights.items() if name in variables}
        plain = self._named_measure()
        return plain if not here else replace(plain, weights=here)  # type: ignore[type-var]  # a dataclass

    def _named_measure(self) -> Measure:
        """The measure without weights; a payout is that of the game among the models."""
        if self.measure != PAYOUT:
            return measure_from_name(self.measure)
        games = [model for model in self.models if isinstance(model, Profitability)]
        if len(games) != 1:
            raise BadInput(
                f"the measure {PAYOUT!r} is of a game: the plan names one model 'profitability' for "
                f"it, not {len(games)}"
            )
        return Payout(games[0])

    @property
    def repeatable(self) -> bool:
        """Whether the plan makes the same table of the same data each time, pseudonyms apart."""
        timed = self.budget is not None and self.budget.seconds is not None
        return self.sampling is None and not timed

    @property
    def shifted(self) -> tuple[str, ...]:
        """The columns whose dates are moved under a key."""
        return () if self.date_shift is None else self.date_shift.columns

    def remade(self, levels: Mapping[str, Bound]) -> "Plan":
        """The plan without what needs a key or leaves something out, to make a table again.

        One generalisation for all is fixed at ``levels``; several are searched for again.
        """
        return replace(
            self,
            levels=levels if self.recoding == "global" else self.levels,
            pseudonymise=(), pseudonyms={}, drop=(), date_shift=None,
        )  # fmt: skip

    def pseudonym_form(self, name: str) -> str:
        """What the pseudonyms of an identifier look like, as a regular expression."""
        rule = self.pseudonyms.get(name, PseudonymRule())
        if rule.policy == "format-preserving":
            letters = "".join(f"\\x{{{ord(letter):x}}}" for letter in rule.alphabet or DIGITS)
            return f"^[{letters}]+$"
        return "^[0-9a-f]{32}[0-9a-z]$" if rule.check_character else "^[0-9a-f]{32}$"

    def looked_at(self) -> frozenset[str]:
        """Every variable that the plan judges or changes, but by its pseudonym or by leaving it out.

        Whoever applies a plan to some columns only, and lets the rest pass, must apply it to these.
        """
        names = {
            *self.quasi_identifiers, *self.sensitive, *self.aggregated, *self.top_bottom,
            *self.rounding, *(name for one in self.microaggregation for name in one.columns),
            *(model.attribute for model in self.models if model.attribute is not None),
        }  # fmt: skip
        if self.sampling is not None:
            names.update(self.sampling.stratify)
        if self.date_shift is not None:
            names.update((self.date_shift.person, *self.date_shift.columns))
        return frozenset(names)

    def _require_sensitive_apart(self) -> None:
        """What a model protects is neither a quasi-identifier nor an identifier, and may leave."""
        for model in self.models:
            for part, names in (
                ("quasi_identifiers", self.quasi_identifiers),
                ("pseudonymise", self.pseudonymise),
                ("drop", self.drop),
            ):
                if model.attribute in names:
                    raise BadInput(
                        f"the plan protects {model.attribute!r} by {model.describe()} and names it "
                        f"under {part} too: choose one"
                    )

    def models_for(self, variables: Sequence[str]) -> tuple[PrivacyModel, ...]:
        """The models at work where only ``variables`` leave: a sensitive attribute that stays needs
        none. Raises BadInput if that leaves quasi-identifiers without any model."""
        chosen = tuple(
            model
            for model in self.models
            if model.attribute is None or model.attribute in variables
        )
        if not chosen and any(name in variables for name in self.quasi_identifiers):
            raise BadInput(
                "every model of the plan protects a sensitive attribute that is not asked for, so "
                "nothing protects the quasi-identifiers: add k-anonymity to the plan"
            )
        return chosen

    def _require_one_part_each(self) -> None:
        parts: dict[str, str] = {}
        for part, names in (
            ("pseudonymise", self.pseudonymise),
            ("quasi_identifiers", self.quasi_identifiers),
            ("sensitive", self.sensitive),
            ("drop", self.drop),
        ):
            for name in names:
                if name in parts:
                    raise BadInput(f"the plan names {name!r} under both {parts[name]} and {part}")
                parts[name] = part

    def to_dict(self) -> dict[str, Any]:
        """The plan as a JSON document without floats; ``Plan.from_dict`` reads it back, equal."""
        return {
            "version": VERSION,
            "pseudonymise": list(self.pseudonymise),
            "quasi_identifiers": {
                name: hierarchy.to_dict() for name, hierarchy in self.quasi_identifiers.items()
            },
            "models": [model.to_dict() for model in self.models],
            "suppression": self.suppression,
            "measure": self.measure,
            "levels": {name: _written_bound(bound) for name, bound in self.levels.items()},
            "sensitive": list(self.sensitive),
            "drop": list(self.drop),
        } | self._later_parts()

    def _later_parts(self) -> dict[str, Any]:
        """The parts that came after the first plans were signed: only those in use."""
        written: dict[str, Any] = {
            "weights": dict(self.weights),
            "budget": self.budget and self.budget.to_dict(),
            "recoding": "" if self.recoding == "global" else self.recoding,
            "aggregated": dict(self.aggregated),
            "sampling": self.sampling and self.sampling.to_dict(),
            "top_bottom": {name: one.to_dict() for name, one in self.top_bottom.items()},
            "rounding": dict(self.rounding),
            "microaggregation": [one.to_dict() for one in self.microaggregation],
            "pseudonyms": {name: rule.to_dict() for name, rule in self.pseudonyms.items()},
            "date_shift": self.date_shift and self.date_shift.to_dict(),
        }
        return {part: document for part, document in written.items() if document}

    @classmethod
    def from_dict(cls, document: Any) -> "Plan":
        """Read a plan; BadInput names the part that is wrong, missing or unknown."""
        if not isinstance(document, Mapping):
            raise BadInput("a protection plan is a JSON object")
        known = {"version", *cls.__dataclass_fields__}
        if unknown := sorted(str(key) for key in document if key not in known):
            raise BadInput(
                f"the plan has no part {unknown[0]!r}: it has {', '.join(sorted(known))}"
            )
        if document.get("version", VERSION) != VERSION:
            raise BadInput(f"this is plan version {document['version']!r}; we read {VERSION}")
        hierarchies = _mapping(document, "quasi_identifiers")
        return cls(
            quasi_identifiers={
                name: hierarchy_from_dict(hierarchy, f"the hierarchy of {name!r}")
                for name, hierarchy in hierarchies.items()
            },
            models=tuple(model_from_dict(model) for model in _sequence(document, "models")),
            suppression=document.get("suppression", "0.02"),
            measure=document.get("measure", "loss"),
            pseudonymise=_names(document, "pseudonymise"),
            levels={
                name: _bounds(name, bounds) for name, bounds in _mapping(document, "levels").items()
            },
            sensitive=_names(document, "sensitive"),
            drop=_names(document, "drop"),
            **_later_parts(document),
        )

    def check_against(
        self,
        data: Any,
        *,
        variables: Sequence[str] | None = None,
        secret: bool = True,
        records: int | None = None,
    ) -> None:
        """Raise BadInput, naming the attribute, where the plan does not fit ``data`` (``check_plan``)."""
        from casemate.protection.plan_checks import check_plan  # it reads plans too

        check_plan(self, data, variables=variables, secret=secret, records=records)

    @property
    def digest(self) -> str:
        """``sha256:...`` of the plan's canonical JSON."""
        return digest(canonical_json(self.to_dict()))


def _mapping(document: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found = document.get(part, {})
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise BadInput(f"the plan's {part} is an object with a name for each entry")
    return found


def _sequence(document: Mapping[str, Any], part: str) -> Sequence[Any]:
    found = document.get(part, [])
    if not isinstance(found, list | tuple):
        raise BadInput(f"the plan's {part} is a list")
    return found


def _names(document: Mapping[str, Any], part: str) -> tuple[str, ...]:
    found = _sequence(document, part)
    if not all(isinstance(name, str) for name in found):
        raise BadInput(f"the plan's {part} is a list of variable names")
    return tuple(found)


def _bounds(name: str, bounds: Any) -> Bound:
    match bounds:
        case {"at_least": low, **rest} if not rest and _is_level(low):
            return low, None
        case [low, high] if _is_level(low) and _is_level(high):
            return low, high
        case level if _is_level(level):
            return level, level
    raise BadInput(
        f"the plan's levels of {name!r} are one level, [lowest, highest] or {{at_least = lowest}}"
    )


def _is_level(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _written_bound(bound: Bound) -> Any:
    low, high = (bound, bound) if isinstance(bound, int) else bound
    return {"at_least": low} if high is None else [low, high]


def _later_parts(document: Mapping[str, Any]) -> dict[str, Any]:
    """The parts beyond the first version's, as a plan holds them; those not named are left out."""
    readers: dict[str, Callable[[Any], Any]] = {
        "weights": lambda found: named(found, "the plan's weights"),
        "budget": lambda found: read_part(SearchLimits, found, "the plan's budget"),
        "recoding": lambda found: found,
        "aggregated": lambda found: named(found, "the plan's aggregated"),
        "sampling": lambda found: read_part(Sampling, found, "the plan's sampling"),
        "top_bottom": lambda found: read_parts(Extremes, found, "the plan's top_bottom"),
        "rounding": lambda found: named(found, "the plan's rounding"),
        "microaggregation": lambda found: tuple(
            read_part(Microaggregation, one, "a micro-aggregation of the plan")
            for one in _sequence(document, "microaggregation")
        ),
        "pseudonyms": lambda found: read_parts(PseudonymRule, found, "the plan's pseudonym"),
        "date_shift": lambda found: read_part(DateShift, found, "the plan's date_shift"),
    }
    return {part: read(document[part]) for part, read in readers.items() if part in document}
