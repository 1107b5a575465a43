"""From exact answers to noisy ones: which mechanism, what it costs, and the error to expect."""

import math
from dataclasses import dataclass

import polars as pl

from casemate.errors import BadInput
from casemate.protection.privacy_loss import opendp
from casemate.protection.privacy_loss.losses import Accounting, PrivacyLoss
from casemate.protection.privacy_loss.numbers import Clipped
from casemate.protection.privacy_loss.queries import (
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Query,
    Sensitivity,
    Sum,
    Vector,
    half_width,
)
from casemate.protection.privacy_loss.rows import Rows

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Expected:
    """The answer lies within ``bound`` of the exact one in 95 of 100 cases, each cell for itself.

    The exact one is that of the rows that count, with values clipped. ``unit``: ``rows``, ``value``
    (the column's own unit) or ``ranks`` (rows by which a quantile's rank is off). ``sum_bound`` is
    for the sums of a grouped sum, in the column's unit; ``threshold``: rows below which a group of
    unknown key is not named. Counts and sums are post-processed nowhere.
    """

    bound: float
    unit: str
    confidence: float = CONFIDENCE
    sum_bound: float | None = None
    threshold: int | None = None


def price(query: Query, loss: PrivacyLoss) -> PrivacyLoss:
    """What ``query`` costs out of ``loss``: all of the amount, and δ only where keys are unknown."""
    if isinstance(query, Grouped) and query.keys is None:
        if not loss.delta:
            raise BadInput(
                "groups of unknown key are found at a delta above 0: give one, or the keys"
            )
        return loss
    return loss.without_delta()


def expected(query: Query, loss: PrivacyLoss, contribution: int, rows: int | None) -> Expected:
    """The 95 % error bound of ``query``. Raises BadInput for a mean over an unknown number of rows."""
    parts = query.sensitivities(contribution)
    share = price(query, loss).split(len(parts))
    alpha = 1 - CONFIDENCE
    if isinstance(query, Mean):
        return _mean_error(query.values, parts, share, rows)
    if isinstance(query, Quantile):
        score = _max_scale(parts[0], share) * math.log(len(query.candidates) / alpha)
        return Expected(query.ranks(score), "ranks")
    if isinstance(query, Sum):
        return Expected(_bound(parts[0], share, alpha) * float(query.values.unit), "value")
    sums = None
    if isinstance(query, Grouped) and query.values:
        sums = _bound(parts[1], share, alpha) * float(query.values.unit)
    return Expected(
        _bound(parts[0], share, alpha),
        "rows",
        sum_bound=sums,
        threshold=_threshold(query, loss, share, contribution),
    )


def release(query: Query, rows: Rows, loss: PrivacyLoss) -> float | int | pl.DataFrame:
    """The noisy answer. The caller has charged ``price(query, loss)`` before."""
    if isinstance(query, Grouped) and query.keys is None:
        return _unknown_groups(query, rows, loss)
    parts = query.sensitivities(rows.contribution)
    share = price(query, loss).split(len(parts))
    exact = query.exact(rows)
    if isinstance(query, Quantile):
        return query.candidates[_least(exact[0], parts[0], share)]
    noisy = [noise(vector, part, share) for vector, part in zip(exact, parts, strict=True)]
    return _shaped(query, rows, noisy)


def noise(vector: Vector, sensitivity: Sensitivity, loss: PrivacyLoss) -> Vector:
    """``vector`` with Laplace noise for ε, Gaussian for ρ."""
    if loss.accounting is Accounting.EPSILON:
        return opendp.laplace(vector, sensitivity.l1, loss.amount)
    return opendp.gaussian(vector, sensitivity.l2, loss.amount)


def _shaped(query: Query, rows: Rows, noisy: list[Vector]) -> float | int | pl.DataFrame:
    """Noisy vectors as the answer that a reader expects."""
    match query:
        case Count():
            return noisy[0][0]
        case Sum(values=values):
            return float(noisy[0][0] * values.unit)
        case Mean(values=values):
            return _mean(values, noisy[0][0], noisy[1][0])
        case Histogram(edges=edges):
            ends = {"from": edges[:-1], "to": edges[1:], "count": noisy[0]}
            return pl.DataFrame(ends)
        case Grouped():
            return _group_table(query, query.key_table(rows), noisy)
    raise BadInput(f"there is no release for a {type(query).__name__}")


def _mean(values: Clipped, total: int, count: int) -> float:
    """Of a noisy sum and count; a count below one row tells nothing, and the middle is given."""
    centred = total / count if count >= 1 else 0.0
    return min(max(values.middle + centred, values.least), values.most) * float(values.unit)


def _mean_error(
    values: Clipped, parts: list[Sensitivity], share: PrivacyLoss, rows: int | None
) -> Expected:
    """|(S + a)/(n + b) - S/n| <= (|a| + h·|b|)/(n - |b|) with |S/n| <= h, half the width."""
    if rows is None:
        raise BadInput("the error of a mean depends on the number of rows: say how many you expect")
    alpha = (1 - CONFIDENCE) / 2
    total, count = _bound(parts[0], share, alpha), _bound(parts[1], share, alpha)
    half = half_width(values)
    most = 2 * half
    bound = min(most, (total + half * count) / (rows - count)) if rows > count else most
    return Expected(bound * float(values.unit), "value")


def _unknown_groups(query: Grouped, rows: Rows, loss: PrivacyLoss) -> pl.DataFrame:
    """Counts through the threshold first; sums are then of groups that are public.

    Groups go through the mechanism under their place in the engine's table. It treats all keys alike,
    and what comes out is sorted by the groups' own values, so that the places tell nothing.
    """
    parts = query.sensitivities(rows.contribution)
    share = loss.split(len(parts))
    keys, exact = query.found(rows)
    kept = opendp.thresholded(
        dict(enumerate(exact[0])),
        rows.contribution,
        share.amount,
        loss.delta,
        concentrated=loss.accounting is Accounting.RHO,
    )
    places = sorted(kept)
    noisy = [[kept[place] for place in places]]
    if query.values:
        sums = [exact[1][place] for place in places]
        noisy.append(noise(sums, parts[1], share) if sums else [])
    return _group_table(query, keys[places], noisy).sort(query.by, nulls_last=True)


def _group_table(query: Grouped, keys: pl.DataFrame, noisy: list[Vector]) -> pl.DataFrame:
    table = keys.with_columns(pl.Series(query.count_name, noisy[0], dtype=pl.Int64))
    if query.values is None:
        return table
    sums = [float(units * query.values.unit) for units in noisy[1]]
    return table.with_columns(pl.Series(query.sum_name, sums, dtype=pl.Float64))


def _least(scores: Vector, sensitivity: Sensitivity, loss: PrivacyLoss) -> int:
    concentrated = loss.accounting is Accounting.RHO
    return opendp.noisy_max(
        scores, sensitivity.linf, loss.amount, concentrated=concentrated, smallest=True
    )


def _max_scale(sensitivity: Sensitivity, loss: PrivacyLoss) -> float:
    concentrated = loss.accounting is Accounting.RHO
    return opendp.max_scale(sensitivity.linf, loss.amount, concentrated=concentrated)


def _bound(sensitivity: Sensitivity, loss: PrivacyLoss, alpha: float) -> float:
    if loss.accounting is Accounting.EPSILON:
        return opendp.laplace_bound(sensitivity.l1, loss.amount, alpha)
    return opendp.gaussian_bound(sensitivity.l2, loss.amount, alpha)


def _threshold(
    query: Query, loss: PrivacyLoss, share: PrivacyLoss, contribution: int
) -> int | None:
    if not isinstance(query, Grouped) or query.keys is not None:
        return None
    concentrated = loss.accounting is Accounting.RHO
    return opendp.threshold_for(contribution, share.amount, loss.delta, concentrated=concentrated)
