"""Two models on the same samples: which does better, in what, by more than chance?

Paired, sample by sample (McNemar, exact); the p-values of all comparisons made are corrected together
(Holm). Compared are shares of all samples, so that a model that refuses what it would get wrong does not
gain by it: each of the four outcomes, and the fine ones of each concern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from casemate.assurance.results import EVERYBODY, Figure, corrected, figure
from casemate.assurance.statistics import mcnemar
from casemate.assurance.statistics.intervals import LEVEL
from casemate.assurance.suites.contract import Outcome
from casemate.errors import BadInput

_SAME = ("suite", "suite_version")
Answers = Sequence[Mapping[str, Any]]


def compare(
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    of_first: Answers,
    of_second: Answers,
    *,
    level: float = LEVEL,
) -> list[Figure]:
    """Differences, first less second; raises ``BadInput`` where the two did not answer the same samples."""
    _require_same(first, second)
    one, two = _first_run(of_first), _first_run(of_second)
    if set(one) != set(two) or len(one) < 1:
        raise BadInput("the two evaluations have no single answers to the same samples")
    ids = sorted(one)
    found = [_compared(one, two, ids, outcome.value, EVERYBODY, level) for outcome in Outcome]
    concerns = sorted({str(one[each]["concern"]) for each in ids})
    for concern in concerns if len(concerns) > 1 else []:
        part = [each for each in ids if one[each]["concern"] == concern]
        found.append(_compared(one, two, part, Outcome.FINE.value, concern, level))
    return corrected(found, level=level)


def _compared(
    one: Mapping[str, Mapping[str, Any]],
    two: Mapping[str, Mapping[str, Any]],
    ids: list[str],
    outcome: str,
    group: str,
    level: float,
) -> Figure:
    flags = [np.array([each[at]["outcome"] == outcome for at in ids]) for each in (one, two)]
    told = mcnemar(flags[0], flags[1], level=level)
    return figure(
        "comparison",
        f"{outcome}, of all, difference",
        told.difference,
        group,
        p_value=told.p_value,
        settings={"test": told.test},
    )


def _first_run(answers: Answers) -> dict[str, Mapping[str, Any]]:
    return {str(one["id"]): one for one in answers if one.get("repeat", 0) == 0}


def _require_same(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    for name in _SAME:
        if first[name] != second[name]:
            raise BadInput(
                f"two evaluations are compared on the same samples; their {name.replace('_', ' ')} is "
                f"{first[name]!r} and {second[name]!r}"
            )
    if first["data"]["digest"] != second["data"]["digest"]:
        raise BadInput(
            "two evaluations are compared on the same samples; theirs have other digests: run both with "
            "the same --lang, --seed and --limit"
        )
    for each in (first, second):
        if not each.get("valid", True):
            raise BadInput(
                f"the evaluation of {each['model']['name']} is not valid: {each.get('invalid_because')}"
            )
