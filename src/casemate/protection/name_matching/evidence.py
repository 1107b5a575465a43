"""What two records may agree on, in levels, and the model that weighs each level.

The model is Fellegi and Sunter's (A theory for record linkage, JASA 64, 1969): a level has a
probability m among pairs of one person and u among pairs of two people, and its weight is
log2(m / u). Agreement on a rare name weighs more than on a common one (term frequencies).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from casemate.errors import BadInput

OTHER = "other"


@dataclass(frozen=True)
class Comparison:
    """One thing that is compared; the first level that holds counts. ``unknown`` weighs nothing."""

    role: str
    unknown: str
    levels: tuple[tuple[str, str], ...]
    by_frequency: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        return (*(label for label, _ in self.levels), OTHER)


def _missing(column: str) -> str:
    return f"{column}_l IS NULL OR {column}_r IS NULL"


_EXCHANGED = "first_name_l = last_name_r AND last_name_l = first_name_r"
_NEITHER_EQUAL = "NOT (first_name_l = first_name_r OR last_name_l = last_name_r)"


def _alike(name: str) -> str:
    """A word in common, the same sound, or one the beginning of the other (Jos, Joseph)."""
    shorter = f"least(length({name}_l), length({name}_r))"
    return (
        f"list_has_any({name}_parts_l, {name}_parts_r) OR {name}_sound_l = {name}_sound_r OR "
        f"({shorter} >= 3 AND left({name}_l, {shorter}) = left({name}_r, {shorter}))"
    )


COMPARISONS = (
    Comparison(
        "first_name",
        _missing("first_name"),
        (
            ("same", "first_name_l = first_name_r"),
            ("exchanged with the last name", _EXCHANGED),
            ("alike", _alike("first_name")),
            ("similar", "jaro_winkler_similarity(first_name_l, first_name_r) >= 0.88"),
        ),
        by_frequency=True,
    ),
    Comparison(  # an exchange is one error, weighed with the first name
        "last_name",
        f"{_missing('last_name')} OR ({_EXCHANGED} AND {_NEITHER_EQUAL})",
        (
            ("same", "last_name_l = last_name_r"),
            ("alike", _alike("last_name")),
            ("similar", "jaro_winkler_similarity(last_name_l, last_name_r) >= 0.88"),
        ),
        by_frequency=True,
    ),
    Comparison(
        "birth_date",
        _missing("birth_date"),
        (
            ("same", "birth_date_l = birth_date_r"),
            ("one slip", "damerau_levenshtein(birth_date_l, birth_date_r) = 1"),
            ("two slips", "damerau_levenshtein(birth_date_l, birth_date_r) = 2"),
        ),
    ),
    Comparison("place", _missing("place"), (("same", "place_l = place_r"),)),
    Comparison(
        "identifier",
        _missing("identifier"),
        (
            ("same", "identifier_l = identifier_r"),
            ("one slip", "damerau_levenshtein(identifier_l, identifier_r) = 1"),
        ),
    ),
)


@dataclass(frozen=True)
class MatchModel:
    """What a pair's agreement is worth: keep it, publish it, give it to a table too small to train on.

    ``prior`` is the probability that two records drawn at random are one person. ``weights`` has,
    for each role and each label of its levels, m and u, each above 0 and below 1.
    """

    prior: float
    weights: Mapping[str, Mapping[str, tuple[float, float]]] = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.prior < 1:
            raise BadInput("the prior of a match model is a probability above 0 and below 1")
        known = {comparison.role: comparison.labels for comparison in COMPARISONS}
        for role, levels in self.weights.items():
            if role not in known or set(levels) != set(known[role]):
                wanted = ", ".join(known.get(role, ("no such role",)))
                raise BadInput(f"a match model's levels for {role!r} are: {wanted}")
            pairs = list(levels.values())
            if any(not 0 < value < 1 for pair in pairs for value in pair):
                raise BadInput(f"m and u of {role!r} are probabilities above 0 and below 1")
            if any(sum(pair[side] for pair in pairs) > 1 + 1e-6 for side in (0, 1)):
                raise BadInput(f"the m or the u of {role!r} add up to more than 1")

    def to_dict(self) -> dict[str, Any]:
        """The model as a JSON document without floats: numbers as text."""
        weights = {
            role: {label: [repr(m), repr(u)] for label, (m, u) in levels.items()}
            for role, levels in self.weights.items()
        }
        return {"version": 1, "prior": repr(self.prior), "weights": weights}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "MatchModel":
        """Read what ``to_dict`` wrote; BadInput for anything else."""
        try:
            weights = {
                role: {label: (float(m), float(u)) for label, (m, u) in levels.items()}
                for role, levels in document["weights"].items()
            }
            return cls(float(document["prior"]), weights)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise BadInput("this document is no match model: give what to_dict wrote") from None


def comparisons_for(roles: Mapping[str, str]) -> list[Comparison]:
    """The comparisons of the roles that both tables have."""
    return [comparison for comparison in COMPARISONS if comparison.role in roles]
