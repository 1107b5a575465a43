"""Whether a model still does as well where the data are not quite as they were.

Each change is made to the same rows, so that before and after are compared person by person: small noise in
every number, numbers rounded, a column that is not recorded (its usual value in its place), another mix of
people (every group of a protected column weighs the same). Wrong labels change no answer of the model; they
show how far the accuracy that was measured could be off.
"""

import numpy as np
import polars as pl

from casemate.assurance.results import EVERYBODY, Figure, NotTested, corrected, figure
from casemate.assurance.statistics import bca, mcnemar, wilson
from casemate.assurance.tabular.cells import RESAMPLES, resampled, without_one
from casemate.assurance.tabular.groups import Division
from casemate.assurance.tabular.trial import Matrix, Trial

CHECK = "shift"


def shift(trial: Trial) -> tuple[list[Figure], list[NotTested]]:
    """The change of accuracy under each change of the data, tested and corrected; then other mixes."""
    rows = trial.table.part(trial.places)
    changed = _changes(trial, rows)
    answers = trial.ask([rows, *changed.values()])
    truth = trial.table.truth[trial.places]
    before = answers[0].decided == truth
    found = []
    for name, said in zip(changed, answers[1:], strict=True):
        compared = mcnemar(said.decided == truth, before, level=trial.settings.level)
        moved = int((said.decided != answers[0].decided).sum())
        more = {
            "test": compared.test,
            "correction": "Holm",
            "decisions changed": moved / len(truth),
        }
        found.append(
            figure(
                CHECK,
                "accuracy, change",
                compared.difference,
                name,
                baseline=0.0,
                baseline_of="the data as they are",
                p_value=compared.p_value,
                settings=more,
            )
        )
    found = corrected(found, level=trial.settings.level)
    found.append(_wrong_labels(trial))
    left_out = []
    for division in trial.divided:
        if len(division.columns) == 1 and len(division.told) >= 2:
            found.append(_another_mix(trial, division))
        elif len(division.columns) == 1:
            left_out.append(
                NotTested(f"another mix by {division.name}", "its groups are too small")
            )
    return found, left_out


def _changes(trial: Trial, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    draw = np.random.default_rng(trial.seed)
    numbers = [one.name for one in rows.get_columns() if one.dtype.is_numeric()]
    found = {}
    if numbers:
        share, digits = trial.settings.noise, trial.settings.digits
        noisy = []
        for name in numbers:
            values = rows[name].cast(pl.Float64)
            known = values.fill_nan(None).drop_nulls().to_numpy()
            spread = share * float(known.std()) if len(known) else 0.0
            noisy.append(values + pl.Series(draw.normal(0, spread, rows.height)))
        found[f"noise of {share:g} standard deviations in every number"] = rows.with_columns(noisy)
        rounded = [pl.col(one).cast(pl.Float64).round_sig_figs(digits) for one in numbers]
        found[f"numbers rounded to {digits} digits"] = rows.with_columns(rounded)
    for name in rows.columns:
        found[f"{name} not recorded"] = rows.with_columns(_usual(rows[name]))
    return found


def _usual(column: pl.Series) -> pl.Series:
    """The column with its usual value throughout: the median of numbers, the most frequent of others."""
    value = column.median() if column.dtype.is_numeric() else column.mode().sort()[0]
    dtype = pl.Float64 if column.dtype.is_numeric() else column.dtype
    return pl.Series(column.name, [value], dtype=dtype).extend_constant(value, len(column) - 1)


def _wrong_labels(trial: Trial) -> Figure:
    draw = np.random.default_rng(trial.seed)
    wrong = draw.random(len(trial.table)) < trial.settings.wrong_labels
    right = trial.said.decided == (trial.table.truth ^ wrong)
    return figure(
        CHECK,
        "accuracy, wrong labels",
        wilson(int(right.sum()), len(right), level=trial.settings.level),
        EVERYBODY,
        baseline=float((trial.said.decided == trial.table.truth).mean()),
        baseline_of="the labels as they are",
        settings={"labels turned": trial.settings.wrong_labels},
    )


def _another_mix(trial: Trial, division: Division) -> Figure:
    """The accuracy where every told group is as large: the mean of theirs (post-stratification)."""
    right = trial.said.decided == trial.table.truth
    parts = [right[division.parts[key]] for key in sorted(division.told)]
    cells = np.array([[one.sum(), (~one).sum()] for one in parts], dtype=np.float64)
    left_out, weights = without_one(cells)
    interval = bca(
        float(_evenly(cells[None])[0]),
        _evenly(resampled(cells, trial.seed)),
        _evenly(left_out),
        n=int(cells.sum()),
        weights=weights,
        level=trial.settings.level,
    )
    return figure(
        CHECK,
        "accuracy, another mix",
        interval,
        f"{division.name}: every group as large",
        baseline=float(cells[:, 0].sum() / cells.sum()),
        baseline_of="the mix as it is",
        settings={"groups": len(cells), "resamples": RESAMPLES},
    )


def _evenly(cells: Matrix) -> Matrix:
    shares: Matrix = (cells[..., 0] / cells.sum(axis=-1)).mean(axis=-1)
    return shares
