"""How well a model does, for everybody and by subgroup, each figure with its interval and a baseline."""

from collections.abc import Iterator

import numpy as np

from casemate.assurance.results import EVERYBODY, Figure, figure, withheld
from casemate.assurance.statistics import Interval, area_under_curve, wilson
from casemate.assurance.statistics.areas import Vector
from casemate.assurance.tabular.answers import Flags, Said
from casemate.assurance.tabular.data import Table
from casemate.assurance.tabular.groups import Division, reason

CHECK = "performance"
RATES = ("accuracy", "true positive rate", "false positive rate", "selection rate")
_BINS = 10


def performance(
    table: Table, said: Said, divided: tuple[Division, ...], *, least: int, level: float, seed: int
) -> list[Figure]:
    """Figures of everybody, and of each part of each division that may be told."""
    everybody = np.ones(len(table), dtype=bool)
    found = [*_of_truth(table, said, everybody, EVERYBODY, level)]
    found.append(_selection(table, said, everybody, EVERYBODY, level))
    if said.scores is not None:
        found.append(_calibration_error(said.scores, table.truth, level, seed))
    for division in divided:
        for key, part in division.parts.items():
            name = division.label(key)
            if key in division.told:
                found += _of_truth(table, said, part, name, level)
            else:
                found += [withheld(CHECK, one, name, reason(least)) for one in RATES[:3]]
            if key in division.counted:
                found.append(_selection(table, said, part, name, level))
            else:
                found.append(withheld(CHECK, RATES[3], name, reason(least)))
    return found


def counts(table: Table, said: Said, part: Flags, measure: str) -> tuple[int, int]:
    """How many of ``part`` a rate counts, and out of how many."""
    truth, decided = table.truth[part], said.decided[part]
    if measure == "accuracy":
        return int((truth == decided).sum()), len(truth)
    if measure == "true positive rate":
        return int((truth & decided).sum()), int(truth.sum())
    if measure == "false positive rate":
        return int((~truth & decided).sum()), int((~truth).sum())
    return int(decided.sum()), len(decided)


def _of_truth(table: Table, said: Said, part: Flags, name: str, level: float) -> Iterator[Figure]:
    truth = table.truth[part]
    for measure in RATES[:3]:
        found, of = counts(table, said, part, measure)
        if of:
            more = {}
            if measure == "accuracy":
                more = {
                    "baseline": float(max(truth.mean(), 1 - truth.mean())),
                    "baseline_of": "always the more frequent answer",
                }
            yield figure(CHECK, measure, wilson(found, of, level=level), name, **more)
    if said.scores is None or min(truth.sum(), (~truth).sum()) < 2:
        return
    area = area_under_curve(said.scores[part], truth, level=level)
    yield figure(
        CHECK, "area under the curve", area, name, baseline=0.5, baseline_of="scores at random"
    )
    yield figure(
        CHECK,
        "calibration gap",
        _mean(said.scores[part] - truth, level),
        name,
        baseline=0.0,
        baseline_of="scores that are right on average",
    )


def _selection(table: Table, said: Said, part: Flags, name: str, level: float) -> Figure:
    found, of = counts(table, said, part, RATES[3])
    return figure(CHECK, RATES[3], wilson(found, of, level=level), name)


def _mean(values: Vector, level: float) -> Interval:
    """A mean with Student's interval."""
    from scipy.stats import t

    centre, size = float(values.mean()), len(values)
    reach = float(t.ppf((1 + level) / 2, size - 1) * values.std(ddof=1) / np.sqrt(size))
    return Interval(centre, centre - reach, centre + reach, "Student", size, level)


def _calibration_error(scores: Vector, truth: Flags, level: float, seed: int) -> Figure:
    """The expected calibration error over ten bins of equally many (Naeini, Cooper & Hauskrecht 2015).

    It is above 0 for perfect scores too, by chance: the baseline is what such scores show on as many
    people, and the test is against them. Samples of people show more of it than the people do; the
    interval is the bootstrap's, moved back by as much.
    """
    draw = np.random.default_rng(seed)
    bins = np.array_split(np.argsort(scores, kind="stable"), min(_BINS, len(scores)))
    place = np.empty(len(scores), dtype=np.int64)
    for number, one in enumerate(bins):
        place[one] = number
    rounds = 500
    samples = np.empty(rounds)
    perfect = np.empty(rounds)
    for number in range(rounds):
        at = draw.integers(0, len(scores), len(scores))
        samples[number] = _error(scores[at], truth[at], place[at], len(bins))
        chance = draw.random(len(scores)) < scores
        perfect[number] = _error(scores, chance, place, len(bins))
    found = _error(scores, truth, place, len(bins))
    ends = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2]) - (samples.mean() - found)
    low, high = max(min(float(ends[0]), found), 0.0), max(float(ends[1]), found)
    p_value = float((1 + (perfect >= found).sum()) / (1 + rounds))
    return figure(
        CHECK,
        "calibration error",
        Interval(found, low, high, "bootstrap (centred)", len(scores), level),
        baseline=float(perfect.mean()),
        baseline_of="perfect scores on as many people",
        p_value=p_value,
        verdict="differs" if p_value < 1 - level else "no difference told",
        settings={"bins": len(bins), "resamples": rounds},
    )


def _error(
    scores: Vector, truth: Flags, place: "np.ndarray[tuple[int], np.dtype[np.int64]]", bins: int
) -> float:
    apart = np.bincount(place, weights=scores - truth, minlength=bins)
    return float(np.abs(apart).sum() / len(scores))
