"""The words of the output check: its thresholds, what it knows, what it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from casemate.access import OutputRules
from casemate.disclosure import DisclosureRules, Strictness

_DEFAULTS = DisclosureRules()
Decision = Literal["pass", "review", "refuse"]
_ORDER: dict[Decision, int] = {"pass": 0, "review": 1, "refuse": 2}


@dataclass(frozen=True)
class Rules:
    """The thresholds of one check: the least cell, the disclosure rules of the permit, and our bounds.

    ``min_cell`` is 10 by default: ESSnet's rule of thumb and acro's ``safe_threshold``. The parameters
    from ``zeros`` on are those of ``casemate.disclosure.DisclosureRules``, where each default has its
    source. The bounds on size and number are ours: what is larger is data.
    """

    min_cell: int = 10
    zeros: Strictness = _DEFAULTS.zeros
    missing: Strictness = _DEFAULTS.missing
    class_permille: int = _DEFAULTS.class_permille
    largest_permille: int = _DEFAULTS.largest_permille
    dominance_top: int = _DEFAULTS.dominance_top
    dominance_permille: int = _DEFAULTS.dominance_permille
    p_percent: int = _DEFAULTS.p_percent
    min_residual_dof: int = _DEFAULTS.min_residual_dof
    max_parameters_permille: int = _DEFAULTS.max_parameters_permille
    max_leverage_permille: int = _DEFAULTS.max_leverage_permille
    digits_beyond_count: int = _DEFAULTS.digits_beyond_count
    rounding_base: int = _DEFAULTS.rounding_base
    max_bytes: int = 5 * 1024 * 1024
    max_rows: int = 20_000
    max_columns: int = 200
    max_cells: int = 200_000
    max_scalars: int = 60  # numbers in a document of estimates
    max_unverified: int = 12  # of them, figures of models that pass though nothing recomputed them
    max_digits: int = 8  # significant digits of such a figure
    max_text: int = 80  # characters of a label
    max_texts: int = 600  # characters of all labels and names together

    @classmethod
    def of_permit(cls, rules: OutputRules) -> "Rules":
        """The thresholds that a permit signed; the defaults where it is older than they are."""
        disclosure = rules.disclosure or DisclosureRules()
        return cls(min_cell=rules.min_cell, **disclosure.model_dump())


@dataclass(frozen=True)
class CheckContext:
    """What trusted code knows: the protected frames that the run had as inputs, by name, and the rules."""

    inputs: Mapping[str, pl.DataFrame]
    rules: Rules = field(default_factory=Rules)
    script_digest: str = ""


@dataclass(frozen=True)
class Reason:
    """One finding, written for the researcher: it names rows and thresholds, never a trusted value.

    ``evidence`` is JSON without floats and holds no value of a person either.
    """

    rule: str
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The decision on one output and every reason for it.

    ``instead`` are bytes that trusted code made, to leave in the file's place: a picture without what
    stood beside it.
    """

    decision: Decision
    reasons: tuple[Reason, ...]
    instead: bytes | None = field(default=None, repr=False, compare=False)


@dataclass
class Findings:
    """Collects reasons; the strictest decides."""

    decision: Decision = "pass"
    reasons: list[Reason] = field(default_factory=list)

    def note(self, rule: str, message: str, **evidence: Any) -> None:
        self._add("pass", rule, message, evidence)

    def review(self, rule: str, message: str, **evidence: Any) -> None:
        self._add("review", rule, message, evidence)

    def refuse(self, rule: str, message: str, **evidence: Any) -> None:
        self._add("refuse", rule, message, evidence)

    def has(self, rule: str) -> bool:
        return any(reason.rule == rule for reason in self.reasons)

    def verdict(self) -> Verdict:
        return Verdict(self.decision, tuple(self.reasons))

    def _add(self, decision: Decision, rule: str, message: str, evidence: dict[str, Any]) -> None:
        self.reasons.append(Reason(rule, message, evidence))
        if _ORDER[decision] > _ORDER[self.decision]:
            self.decision = decision


def listed(numbers: list[int], noun: str = "row") -> str:
    """``rows 3, 8 and 2 more``: at most ten of them."""
    shown = ", ".join(str(number) for number in numbers[:10])
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"{noun}{'' if len(numbers) == 1 else 's'} {shown}{more}"
