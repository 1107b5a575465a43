"""A model tried inside the enclave: rates by group, of which no count is of few people.

Whoever asks chooses the model, and a model can be made to pick out one person: its rates would then tell
what that person is like. So nothing is told here but what four counts give (right and wrong, for and
against), and only of groups in which each of the four is as large as the least cell of the permit; the
output check holds the people behind each count against all that was released before. Scores, attacks,
explanations and shifted data have no such bound, and are told by ``assess-model`` where the data may be
read.
"""

from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import polars as pl

from casemate.assurance.evidence import text_of
from casemate.assurance.results import Evaluation, NotTested, Subject, machine
from casemate.assurance.tabular.answers import Flags, Said
from casemate.assurance.tabular.data import Table, table_of
from casemate.assurance.tabular.fairness import fairness
from casemate.assurance.tabular.groups import Division, divisions
from casemate.assurance.tabular.models import Model, from_bytes, from_rule
from casemate.assurance.tabular.performance import performance
from casemate.assurance.tabular.rules import decides, read_rule
from casemate.assurance.tabular.trial import Settings
from casemate.canonical import digest
from casemate.enclave.evaluating import Evaluated, EvaluationRequest, ModelBytes
from casemate.errors import BadInput
from casemate.plain import plain

SUITE, SUITE_VERSION = "casemate.tabular.inplace", "1"
DIGITS = 4
"""Significant ones of a figure: what more would tell is not about the people."""
_UNFIT = (
    "the model cannot be tried on this view: the target needs a value in every row and two values at "
    "least, of which `positive` names one; the model has to answer for every row from its features"
)
_NOT_HERE = (
    NotTested("area under the curve, calibration", "in place only decisions are told, no scores"),
    NotTested("shift, explanation, attacks", "in place no figures are told that no count bounds"),
    NotTested(
        "whether the truth is right",
        "the column that is taken for the truth may be wrong, and more so for some groups",
    ),
    NotTested("what decisions lead to", "no data here say what became of the people decided on"),
)


def evaluate_in_place(
    request: EvaluationRequest, frame: pl.DataFrame, data: str, model: ModelBytes, least: int
) -> Evaluated:
    """``model`` tried on ``frame``, whose digest is ``data``; the ``Evaluator`` of the enclave.

    What is wrong is told without a value of the data: whoever asks has not been let see any.
    """
    table = _table(request, frame, data)
    tried = _opened(model, table, request)
    try:
        said = tried.says(table.rows.select(table.features))
    except BadInput:
        raise BadInput(_UNFIT) from None
    said = Said(said.decided, None)
    guarded = _guarded(table, said, least)
    found = _figures(table, said, guarded, request, least)
    settings = {**asdict(Settings(least=least)), "threshold": request.threshold}
    told = Evaluation(
        SUITE, SUITE_VERSION, Subject(tried.name, tried.kind, tried.digest), _data(table),
        request.seed, settings, machine(), *found,
    )  # fmt: skip
    return Evaluated(text_of(_rounded(plain(told))).encode(), _people(table, said, guarded))


def _table(request: EvaluationRequest, frame: pl.DataFrame, data: str) -> Table:
    wanted = [request.target, *request.protected, *request.features]
    if missing := [one for one in wanted if one not in frame.columns]:
        what = "the target" if missing[0] == request.target else "a column"
        raise BadInput(
            f"{what} {missing[0]!r} is not in the view of this permit; it has {', '.join(frame.columns)}"
        )
    if not request.protected:
        raise BadInput("name the protected columns whose groups are to be compared")
    try:
        return table_of(
            frame, target=request.target, protected=request.protected, positive=request.positive,
            features=request.features, name=request.data or "view", digest=data,
        )  # fmt: skip
    except BadInput:
        raise BadInput(_UNFIT) from None


def _opened(model: ModelBytes, table: Table, request: EvaluationRequest) -> Model:
    if "rule" in request.model:
        return _rule(model)
    return from_bytes(
        PurePosixPath(model.name).name, model.data, table.positive, threshold=request.threshold
    )


def _rule(model: ModelBytes) -> Model:
    """A rule system: an expression that is true of whom it decides for, as data and never as code."""
    rule = read_rule(model.data)
    return replace(
        from_rule(lambda rows: decides(rule, rows), name="rule", digest_of_it=digest(model.data)),
        kind="rule system",
    )


def _guarded(table: Table, said: Said, least: int) -> tuple[Division, ...]:
    """The divisions; of each, those parts are told in which each of the four counts is large enough."""
    if min(map(int, _cells(table, said, np.ones(len(table), dtype=bool)))) < least:
        raise BadInput(
            f"nothing can be told of this model here: fewer than {least} people are decided for or against "
            "with one truth"
        )
    return tuple(_told(table, said, one, least) for one in divisions(table, least))


def _told(table: Table, said: Said, division: Division, least: int) -> Division:
    """By one column: what is left out has, taken together, counts as large as are told. By two: all parts
    or none, since their totals by each column are told too."""
    cells = {key: np.array(_cells(table, said, part)) for key, part in division.parts.items()}
    kept = {key for key, counts in cells.items() if key in division.told and counts.min() >= least}
    if len(division.columns) > 1:
        kept = kept if len(kept) == len(cells) else set()
    while kept and len(kept) < len(cells):
        hidden = np.sum([counts for key, counts in cells.items() if key not in kept], axis=0)
        if hidden.min() >= least and len(cells) - len(kept) > 1:
            break
        kept.remove(min(kept, key=lambda key: int(cells[key].min())))
    return replace(division, told=frozenset(kept), counted=frozenset(kept))


def _cells(table: Table, said: Said, part: Flags) -> tuple[int, ...]:
    return tuple(int(one.sum()) for one in _quarters(table, said, part))


def _quarters(table: Table, said: Said, part: Flags) -> tuple[Flags, ...]:
    truth, decided = table.truth, said.decided
    return (
        part & truth & decided, part & truth & ~decided,
        part & ~truth & decided, part & ~truth & ~decided,
    )  # fmt: skip


def _figures(
    table: Table, said: Said, guarded: tuple[Division, ...], request: EvaluationRequest, least: int
) -> tuple[Any, Any]:
    level = Settings().level
    shown = performance(table, said, guarded, least=least, level=level, seed=request.seed)
    compared, left_out = fairness(table, said, guarded, level=level, seed=request.seed)
    return (*shown, *compared), (*left_out, *_NOT_HERE)


def _people(
    table: Table, said: Said, guarded: tuple[Division, ...]
) -> tuple["np.ndarray[Any, np.dtype[np.int64]]", ...]:
    """The rows behind every count that the figures give."""
    parts = [np.ones(len(table), dtype=bool)]
    parts += [one.parts[key] for one in guarded for key in sorted(one.told)]
    return tuple(np.flatnonzero(rows) for part in parts for rows in _quarters(table, said, part))


def _data(table: Table) -> Subject:
    details = {
        "rows": len(table),
        "target": table.target,
        "positive": table.positive,
        "features": list(table.features),
        "protected": list(table.groups),
    }
    return Subject(table.name, "protected view", table.digest, details)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
