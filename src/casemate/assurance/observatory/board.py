"""The lines of the leaderboard: for each evaluation and concern, four shares that are kept apart."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from casemate.assurance.results import EVERYBODY
from casemate.assurance.suites.figures import OUTCOMES

if TYPE_CHECKING:
    from casemate.assurance.keeping import KeptEvaluation

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: a spreadsheet would carry it out."""


@dataclass(frozen=True)
class Share:
    """A share with its interval, and of how many answers; all ``None`` where nothing was answered."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int | None


@dataclass(frozen=True)
class Energy:
    """What an evaluation took. ``None``: not measured. ``kwh`` is an estimate; ``method`` says by what."""

    cpu_seconds: float | None
    kwh: float | None
    peak_memory_bytes: float | None
    tokens: float | None
    method: str


@dataclass(frozen=True)
class Line:
    """One model on one suite, in one language, on one concern (``everybody``: on all of them).

    ``fine`` and ``wrong`` are shares of what was answered, ``refused`` and ``malformed`` of all; ``wrong``
    lies between ``at_least`` and ``at_most`` had everything been answered. ``organisation`` handed it in;
    ``in_the_enclave`` where a run of this home measured it.
    """

    evaluation: str
    model: str
    model_digest: str
    suite: str
    suite_version: str
    language: str
    concern: str
    recorded_at: datetime
    organisation: str
    in_the_enclave: bool
    fine: Share
    wrong: Share
    refused: Share
    malformed: Share
    at_least: float | None
    at_most: float | None
    energy: Energy


def newest(kept: Iterable["KeptEvaluation"]) -> "list[KeptEvaluation]":
    """Of those of the same model, suite and language the newest; ``kept`` has the newest first.

    An organisation replaces evaluations of its own alone: no one hides what others found.
    """
    found: dict[tuple[str, str, str, str], KeptEvaluation] = {}
    for one in kept:
        key = (one.organisation, one.model_digest, one.suite, language_of(one))
        found.setdefault(key, one)
    return list(found.values())


def lines(kept: Iterable["KeptEvaluation"], concern: str | None = None) -> list[Line]:
    """The lines of every evaluation that has them, or those of one concern; none of an invalid run.

    The least wrong come first; those of whom nothing is known come last.
    """
    valid = (one for one in kept if one.document.get("valid") is not False)
    found = [
        line for one in valid for line in _lines(one) if concern is None or line.concern == concern
    ]
    return sorted(found, key=lambda one: (one.wrong.estimate is None, one.wrong.estimate or 0.0))


def has_lines(kept: "KeptEvaluation") -> bool:
    """Whether it stands on a board: a model's that answers questions, not one's that reads tables."""
    return any(one["check"] == OUTCOMES for one in kept.figures)


def language_of(kept: "KeptEvaluation") -> str:
    """The language that a model was asked in; empty for what is asked nothing."""
    return str(kept.settings.get("language") or "")


def told_small(kept: "KeptEvaluation") -> str:
    """What the evaluation says plainly of a small model; empty for others."""
    model = kept.document["model"]
    details = model.get("details")
    told = details.get("small") if isinstance(details, Mapping) else None
    return str(told or model.get("small") or "")


def energy_of(kept: "KeptEvaluation") -> Energy:
    """What the evaluation took, as far as its document tells."""
    told = kept.document.get("energy") or {}

    def number(name: str) -> float | None:
        return _number(told.get(name))

    tokens = [number("tokens_in"), number("tokens_out")]
    return Energy(
        number("cpu_seconds"),
        number("kwh"),
        number("peak_memory_bytes"),
        None if tokens == [None, None] else sum(one or 0.0 for one in tokens),
        str(told.get("method") or ""),
    )


def as_csv(found: Sequence[Line]) -> str:
    """The lines as a table for spreadsheets, a column for each end of an interval."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    rows = [_flat(one) for one in found]
    names = list(rows[0]) if rows else _columns()
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in names])
    return written.getvalue()


def _lines(kept: "KeptEvaluation") -> list[Line]:
    told: dict[str, dict[str, Mapping[str, Any]]] = {}
    for one in kept.figures:
        if one["check"] == OUTCOMES:
            told.setdefault(str(one.get("group") or EVERYBODY), {})[str(one["measure"])] = one
    wanted = ("fine", "wrong", "refused", "malformed")
    return [
        _line(kept, concern, measures)
        for concern, measures in told.items()
        if all(name in measures for name in wanted)
    ]


def _line(kept: "KeptEvaluation", concern: str, measures: Mapping[str, Mapping[str, Any]]) -> Line:
    bounds = measures["wrong"].get("settings")
    known = bounds if isinstance(bounds, Mapping) else {}
    return Line(
        evaluation=kept.id,
        model=kept.model_name,
        model_digest=kept.model_digest,
        suite=kept.suite,
        suite_version=kept.suite_version,
        language=language_of(kept),
        concern=concern,
        recorded_at=kept.recorded_at,
        organisation=kept.organisation,
        in_the_enclave=kept.run is not None,
        fine=_share(measures["fine"]),
        wrong=_share(measures["wrong"]),
        refused=_share(measures["refused"]),
        malformed=_share(measures["malformed"]),
        at_least=_number(known.get("at_least")),
        at_most=_number(known.get("at_most")),
        energy=energy_of(kept),
    )


def _share(figure: Mapping[str, Any]) -> Share:
    n = figure.get("n")
    estimate, low, high = (_number(figure.get(name)) for name in ("estimate", "low", "high"))
    return Share(estimate, low, high, n if isinstance(n, int) else None)


def _number(told: Any) -> float | None:
    """A number that was handed in, as one; anything else as none."""
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None


def _flat(line: Line) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field in fields(line):
        value = getattr(line, field.name)
        if isinstance(value, Share | Energy):
            for part in fields(value):
                row[f"{field.name}_{part.name}"] = getattr(value, part.name)
        else:
            row[field.name] = value.isoformat() if isinstance(value, datetime) else value
    return row


def _columns() -> list[str]:
    parts = {"fine": Share, "wrong": Share, "refused": Share, "malformed": Share, "energy": Energy}
    return [
        name
        for field in fields(Line)
        for name in (
            [f"{field.name}_{part.name}" for part in fields(parts[field.name])]
            if field.name in parts
            else [field.name]
        )
    ]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
