"""The words of the output check: its thresholds, what it knows, what it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

Decision = Literal["pass", "review", "refuse"]
_ORDER: dict[Decision, int] = {"pass": 0, "review": 1, "refuse": 2}


@dataclass(frozen=True)
class Rules:
    """The thresholds; a permit or a dataset may set others. Every default is the strictest common one.

    Sources: acro 1.0.2 ``default.yaml`` (safe_threshold 10, safe_nk_n 2, safe_nk_k 0.90,
    safe_pratio_p 0.10, safe_dof_threshold 10, zeros_are_disclosive, rounding base 5), built on the UK
    SDC handbook; DataSHIELD ``nfilter.glm`` 0.33; acro's statbarns "position" (a percentile needs as
    many people in its tail as a cell). The bounds on size and number are ours: what is larger is data.
    """

    min_cell: int = 10
    dominance_top: int = 2
    dominance_permille: int = 900
    p_percent: int = 10
    min_residual_dof: int = 10
    max_parameters_permille: int = 330
    rounding_base: int = 5
    max_bytes: int = 5 * 1024 * 1024
    max_rows: int = 20_000
    max_columns: int = 200
    max_cells: int = 200_000
    max_scalars: int = 60  # numbers in a document of estimates
    max_unverified: int = 12  # of them, figures of models that pass though nothing recomputed them
    max_digits: int = 8  # significant digits of such a figure
    max_text: int = 80  # characters of a label
    max_texts: int = 600  # characters of all labels and names together


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
    """The decision on one output and every reason for it."""

    decision: Decision
    reasons: tuple[Reason, ...]


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
