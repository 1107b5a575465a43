"""What an evaluation gives: figures with their intervals, what they are of, and what was not tested.

The same model, data, settings, seed and machine give the same bytes: nothing here knows the time.
"""

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from casemate.assurance.statistics import Interval
from casemate.plain import plain

_PACKAGES = (
    "casemate", "numpy", "scipy", "statsmodels", "scikit-learn", "polars", "fairlearn", "shap",
    "adversarial-robustness-toolbox",
)  # fmt: skip
EVERYBODY = "everybody"


@dataclass(frozen=True)
class Figure:
    """One measured number. ``estimate`` is ``None`` where it is withheld, and ``withheld`` says why.

    ``baseline`` is what a model without what is looked for would show, and ``baseline_of`` which that
    is. ``p_value`` is corrected for all comparisons of its check; ``verdict`` is what it comes to.
    """

    check: str
    measure: str
    group: str
    estimate: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str = ""
    n: int | None = None
    baseline: float | None = None
    baseline_of: str = ""
    p_value: float | None = None
    verdict: str = ""
    withheld: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NotTested:
    """What a reader might take for tested, and why it was not."""

    check: str
    why: str


@dataclass(frozen=True)
class Subject:
    """The model or the data that figures are of, and the digest that ties them to it."""

    name: str
    kind: str
    digest: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """A whole evaluation: figures, what was not tested, and all that is needed to repeat it."""

    suite: str
    suite_version: str
    model: Subject
    data: Subject
    seed: int
    settings: Mapping[str, Any]
    machine: Mapping[str, Any]
    figures: tuple[Figure, ...]
    not_tested: tuple[NotTested, ...] = ()

    def of(self, check: str, measure: str | None = None) -> tuple[Figure, ...]:
        """The figures of one check, or of one measure of it."""
        return tuple(
            one
            for one in self.figures
            if one.check == check and (measure is None or one.measure == measure)
        )

    def get(self, check: str, measure: str, group: str = EVERYBODY) -> Figure:
        """The one figure of this check, measure and group; raises ``KeyError`` where there is none."""
        for one in self.of(check, measure):
            if one.group == group:
                return one
        raise KeyError(f"{check}, {measure}, {group}")

    def to_json(self) -> bytes:
        """The whole as JSON, keys in order: equal evaluations have equal bytes."""
        text = json.dumps(
            plain(self), ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True
        )
        return text.encode() + b"\n"


def figure(
    check: str, measure: str, interval: Interval, group: str = EVERYBODY, **more: Any
) -> Figure:
    """A figure of an estimate with its interval."""
    return Figure(
        check,
        measure,
        group,
        interval.estimate,
        interval.low,
        interval.high,
        interval.level,
        interval.method,
        interval.n,
        **more,
    )


def withheld(check: str, measure: str, group: str, why: str) -> Figure:
    """A figure that is not told."""
    return Figure(check, measure, group, None, withheld=why)


def corrected(figures: list[Figure], *, level: float) -> list[Figure]:
    """The figures with their p-values corrected (Holm) for all of them, and the verdict that follows."""
    from casemate.assurance.statistics import holm

    tested = [one for one in figures if one.p_value is not None]
    adjusted = iter(holm([one.p_value for one in tested if one.p_value is not None]))
    found = []
    for one in figures:
        if one.p_value is not None:
            p_value = next(adjusted)
            verdict = "differs" if p_value < 1 - level else "no difference told"
            one = replace(one, p_value=p_value, verdict=verdict)
        found.append(one)
    return found


@cache
def machine() -> dict[str, Any]:
    """What may change the last digits: the interpreter, the processor's kind, and the packages."""
    packages = {}
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "packages": packages,
    }
