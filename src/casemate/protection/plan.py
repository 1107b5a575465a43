"""The protection plan: what a permit says must be done to a dataset before anybody reads it.

As a JSON document (``to_dict``; no floats, so that it can be signed and stand on the ledger):

    {"version": 1,
     "pseudonymise": ["seqn"],
     "quasi_identifiers": {"age": {"kind": "intervals", "widths": [5, 10, 20], ...}, ...},
     "models": [{"model": "k-anonymity", "k": 5}],
     "suppression": "0.02",
     "measure": "loss",
     "levels": {"age": [2, 2]},
     "sensitive": [],
     "drop": ["name"]}

``levels`` bounds the levels of a quasi-identifier to [lowest, highest]; those not named are free.
``drop`` lists variables that never leave, whoever asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput
from casemate.protection.anonymise import suppression_share
from casemate.protection.hierarchies import Hierarchy, hierarchy_from_dict
from casemate.protection.measures import measure_from_name
from casemate.protection.models import PrivacyModel, model_from_dict

VERSION = 1


@dataclass(frozen=True)
class Plan:
    """A checked plan; making one raises BadInput for whatever contradicts itself."""

    quasi_identifiers: Mapping[str, Hierarchy] = field(default_factory=dict)
    models: tuple[PrivacyModel, ...] = ()
    suppression: str = "0.02"
    measure: str = "loss"
    pseudonymise: tuple[str, ...] = ()
    levels: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.suppression, str):
            raise BadInput('the plan gives suppression as text, such as "0.02"')
        suppression_share(self.suppression)
        measure_from_name(self.measure)
        if self.quasi_identifiers and not self.models:
            raise BadInput("the plan names quasi-identifiers but no privacy model")
        for name in self.levels:
            if name not in self.quasi_identifiers:
                raise BadInput(f"the plan fixes levels of {name!r}, which is no quasi-identifier")
        self._require_one_part_each()
        self._require_sensitive_apart()

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
            "levels": {name: list(bounds) for name, bounds in self.levels.items()},
            "sensitive": list(self.sensitive),
            "drop": list(self.drop),
        }

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
        )

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


def _bounds(name: str, bounds: Any) -> tuple[int, int]:
    pair = [bounds, bounds] if isinstance(bounds, int) else bounds
    if (
        not isinstance(pair, list | tuple)
        or len(pair) != 2
        or not all(isinstance(level, int) and not isinstance(level, bool) for level in pair)
    ):
        raise BadInput(f"the plan's levels of {name!r} are one level, or [lowest, highest]")
    return pair[0], pair[1]
