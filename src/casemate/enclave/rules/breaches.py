"""What a rule finds: in which lines of the answer, and what follows from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from casemate.disclosure import Strictness
from casemate.enclave.checks_model import Findings, listed


@dataclass(frozen=True)
class Breach:
    """A rule that is broken, in ``lines`` (from 0; none: in the whole), and the figure it is about.

    ``what`` is for the researcher: it names the rule and its threshold, never a value that trusted
    code computed.
    """

    rule: str
    decision: Literal["review", "refuse"]
    what: str
    lines: tuple[int, ...] = ()
    figure: str | None = None
    threshold: int | None = None


def at_level(
    level: Strictness, rule: str, what: str, lines: Iterable[int] = (), threshold: int | None = None
) -> list[Breach]:
    """A breach at the level that the authority set for it; none where it allows it."""
    if level == "allow":
        return []
    return [Breach(rule, level, what, tuple(lines), None, threshold)]


def report(
    breaches: Iterable[Breach],
    findings: Findings,
    place: Callable[[int], int],
    noun: str = "row",
) -> None:
    """Tell the breaches to the researcher; ``place`` gives a line's number in the file, of what
    ``noun`` says."""
    for breach in breaches:
        numbers = sorted(place(line) for line in breach.lines)
        figure = f"column {breach.figure!r}" if breach.figure else ""
        where = ", ".join(
            part for part in (figure, listed(numbers, noun) if numbers else "") if part
        )
        message = f"{where}: {breach.what}" if where else breach.what
        evidence: dict[str, object] = {}
        if numbers:
            evidence = {"rows": numbers[:10], "cells": len(numbers)}
        if breach.threshold is not None:
            evidence["threshold"] = breach.threshold
        add = findings.refuse if breach.decision == "refuse" else findings.review
        add(breach.rule, message, **evidence)
