"""The output check: what comes out of the sandbox is a claim, and trusted code recomputes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from casemate.enclave.collect import CollectedFile

Decision = Literal["pass", "review", "refuse"]


@dataclass(frozen=True)
class Rules:
    """The thresholds of the check."""

    min_cell: int = 10


@dataclass(frozen=True)
class CheckContext:
    """What trusted code knows: the protected frames that the run had as inputs, by name, and the rules."""

    inputs: Mapping[str, pl.DataFrame]
    rules: Rules = field(default_factory=Rules)
    script_digest: str = ""


@dataclass(frozen=True)
class Reason:
    """One finding; ``evidence`` is JSON without floats, and shows no value of a person."""

    rule: str
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The decision on one output and every reason for it."""

    decision: Decision
    reasons: tuple[Reason, ...]


def check(output: CollectedFile, context: CheckContext) -> Verdict:
    """Judge ``output`` against what the data themselves give."""
    raise NotImplementedError
