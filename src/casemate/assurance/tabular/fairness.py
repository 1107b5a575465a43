"""Whether a model treats groups alike: differences with intervals, each tested, corrected for all of them.

The single numbers of the literature (demographic parity, equalised odds; their differences and ratios) are
fairlearn's (Weerts et al. 2023). They compare the extreme groups, so they are above 0 by chance already,
and the more groups the more: what says that a group *differs* are the comparisons with the largest group.
"""

import numpy as np

from casemate.assurance.results import Figure, NotTested, corrected, figure
from casemate.assurance.statistics import Interval, bca, fisher, least_detectable
from casemate.assurance.tabular.answers import Flags, Said
from casemate.assurance.tabular.cells import RESAMPLES, Cells, resampled, without_one
from casemate.assurance.tabular.data import Table
from casemate.assurance.tabular.groups import Division, Key
from casemate.assurance.tabular.performance import RATES, counts

CHECK = "fairness"
FOUR_FIFTHS = 0.8
SUMMARIES = (
    "demographic parity difference", "demographic parity ratio", "equalised odds difference",
    "equalised odds ratio",
)  # fmt: skip


def fairness(
    table: Table, said: Said, divided: tuple[Division, ...], *, level: float, seed: int
) -> tuple[list[Figure], list[NotTested]]:
    """Comparisons with the largest group of each division, and the summaries of each."""
    found: list[Figure] = []
    left_out = []
    several = sum(len(RATES) * (len(one.told) - 1) for one in divided if len(one.told) > 1)
    for division in divided:
        if len(division.told) < 2:
            why = "fewer than two of its groups are large enough to be told"
            left_out.append(NotTested(f"fairness by {division.name}", why))
            continue
        found += _comparisons(table, said, division, level, several)
    found = corrected(found, level=level)
    for division in divided:
        if len(division.told) >= 2:
            found += _summaries(table, said, division, level, seed)
    return found, left_out


def _comparisons(
    table: Table, said: Said, division: Division, level: float, several: int
) -> list[Figure]:
    """Every told group against the largest; what could be told counts all ``several`` comparisons."""
    strict = 1 - (1 - level) / several
    told = sorted(division.told)
    largest = max(told, key=lambda key: int(division.parts[key].sum()))
    found = []
    for key in told:
        if key == largest:
            continue
        for measure in RATES:
            one = counts(table, said, division.parts[key], measure)
            two = counts(table, said, division.parts[largest], measure)
            compared = fisher(*one, *two, level=level)
            share = two[0] / two[1]
            found.append(
                figure(
                    CHECK,
                    f"{measure}, difference",
                    compared.difference,
                    division.label(key),
                    baseline=0.0,
                    baseline_of=f"as {division.label(largest)}",
                    p_value=compared.p_value,
                    settings={
                        "test": compared.test,
                        "correction": "Holm",
                        "least detectable": least_detectable(share, one[1], two[1], level=strict),
                    },
                )
            )
    return found


def _summaries(
    table: Table, said: Said, division: Division, level: float, seed: int
) -> list[Figure]:
    keys = sorted(division.told)
    cells = np.array([_cells(table, said, division.parts[key]) for key in keys], dtype=np.float64)
    estimates = _by_fairlearn(table, said, division, keys)
    drawn = resampled(cells, seed)
    left_out, weights = without_one(cells)
    found = []
    for place, name in enumerate(SUMMARIES):
        interval = bca(
            estimates[place],
            summaries(drawn)[place],
            summaries(left_out)[place],
            n=int(cells.sum()),
            weights=weights,
            level=level,
        )
        settings = {"groups": len(keys), "resamples": RESAMPLES, "stratified by": division.name}
        is_ratio = name.endswith("ratio")
        more = {"verdict": four_fifths(interval)} if place == 1 else {}
        found.append(
            figure(
                CHECK,
                name,
                interval,
                f"by {division.name}",
                baseline=1.0 if is_ratio else 0.0,
                baseline_of="all groups alike",
                settings=settings,
                **more,
            )
        )
    return found


def four_fifths(ratio: Interval) -> str:
    """The rule of the Uniform Guidelines (29 CFR 1607.4 D), in three values: the interval decides."""
    if ratio.high < FOUR_FIFTHS:
        return "below four fifths"
    return "at least four fifths" if ratio.low >= FOUR_FIFTHS else "four fifths: cannot be told"


def _cells(table: Table, said: Said, part: Flags) -> list[int]:
    truth, decided = table.truth[part], said.decided[part]
    return [
        int((truth & decided).sum()),
        int((truth & ~decided).sum()),
        int((~truth & decided).sum()),
        int((~truth & ~decided).sum()),
    ]


def summaries(cells: Cells) -> tuple[Cells, ...]:
    """The four summaries of counts (samples, groups, cells), as fairlearn defines them.

    A rate of nobody in a sample is taken for 0, and a ratio of two rates of 0 for 1.
    """
    hits, misses, alarms, rests = np.moveaxis(cells, -1, 0)
    selected = _share(hits + alarms, cells.sum(axis=-1))
    true, false = _share(hits, hits + misses), _share(alarms, alarms + rests)
    return (
        np.ptp(selected, axis=-1),
        _ratio(selected),
        np.maximum(np.ptp(true, axis=-1), np.ptp(false, axis=-1)),
        np.minimum(_ratio(true), _ratio(false)),
    )


def _share(found: Cells, of: Cells) -> Cells:
    return np.divide(found, of, out=np.zeros_like(found, dtype=np.float64), where=of > 0)


def _ratio(rates: Cells) -> Cells:
    top = rates.max(axis=-1)
    found: Cells = np.divide(rates.min(axis=-1), top, out=np.ones_like(top), where=top > 0)
    return found


def _by_fairlearn(
    table: Table, said: Said, division: Division, keys: list[Key]
) -> tuple[float, ...]:
    from fairlearn import metrics  # type: ignore[import-untyped]  # a second to load

    shown = np.logical_or.reduce([division.parts[key] for key in keys])
    labels = np.empty(len(table), dtype=object)
    for key in keys:
        labels[division.parts[key]] = division.label(key)
    given = (table.truth[shown].astype(int), said.decided[shown].astype(int))
    by = {"sensitive_features": labels[shown]}
    functions = (
        metrics.demographic_parity_difference,
        metrics.demographic_parity_ratio,
        metrics.equalized_odds_difference,
        metrics.equalized_odds_ratio,
    )
    # nobody is selected anywhere: fairlearn divides 0 by 0 where every group is treated alike
    return tuple(float(np.nan_to_num(one(*given, **by), nan=1.0)) for one in functions)
