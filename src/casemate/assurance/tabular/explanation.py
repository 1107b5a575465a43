"""What a model goes by: permutation importance with intervals, and whether SHAP tells the same.

A feature's values are dealt out among the people anew, several times (Breiman 2001; Fisher, Rudin &
Dominici 2019): what is lost of accuracy says what the model is right by, how many decisions turn says what
it decides by. The two differ where a model goes by what it should not. The intervals count people and deals
both. Where features hang together, each can stand in for the other, and both come out too low.
"""

import warnings

import numpy as np
import polars as pl

from casemate.assurance.results import Figure, NotTested, figure
from casemate.assurance.statistics import Interval, bootstrap, repeated_runs
from casemate.assurance.statistics.bootstrap import Places
from casemate.assurance.tabular.trial import Codes, Matrix, Trial

CHECK = "explanation"
LOST, TURNED = "accuracy lost without it", "decisions turned without it"
_EXPLAINED, _BACKGROUND = 40, 20
_FEWEST_FEATURES, _PERMUTATIONS = 3, 2


def explanation(trial: Trial) -> tuple[list[Figure], list[NotTested]]:
    """The importance of each feature, and the agreement of SHAP with it where SHAP can be had."""
    found = _importances(trial)
    why = _no_shap(trial)
    if why:
        return found, [NotTested("agreement of SHAP with permutation", why)]
    with np.errstate(all="ignore"):
        turned = [one.estimate for one in found if one.measure == TURNED]
        found.append(_agreement(trial, np.array(turned, dtype=float)))
    return found, []


def _importances(trial: Trial) -> list[Figure]:
    rows, truth = trial.table.part(trial.places), trial.table.truth[trial.places]
    draw = np.random.default_rng(trial.seed)
    repeats = trial.settings.repeats
    frames = [rows]
    for name in rows.columns:
        for _ in range(repeats):
            dealt = rows[name].gather(draw.permutation(rows.height))
            frames.append(rows.with_columns(dealt))
    answers = trial.ask(frames)
    right = (answers[0].decided == truth).astype(np.float64)
    found = []
    for place, name in enumerate(rows.columns):
        after = answers[1 + place * repeats : 1 + (place + 1) * repeats]
        lost = np.column_stack([right - (one.decided == truth) for one in after])
        turned = np.column_stack([one.decided != answers[0].decided for one in after])
        found.append(_importance(trial, LOST, name, lost))
        found.append(_importance(trial, TURNED, name, turned.astype(np.float64)))
    return found


def _importance(trial: Trial, measure: str, name: str, table: Matrix) -> Figure:
    told = repeated_runs(table, level=trial.settings.level)
    settings = {
        "deals": trial.settings.repeats,
        "finding": "at the level corrected for all features (Bonferroni)",
        "variance between people": told.between_items,
        "variance between deals": told.between_runs,
    }
    return figure(
        CHECK,
        measure,
        told.mean,
        name,
        baseline=0.0,
        baseline_of="a feature that the model does not read",
        verdict="counts" if _strictly(table, trial).low > 0 else "not told from nothing",
        settings=settings,
    )


def _strictly(lost: Matrix, trial: Trial) -> Interval:
    """The interval at a level that holds for all features together."""
    strict = 1 - (1 - trial.settings.level) / len(trial.table.features)
    return repeated_runs(lost, level=strict).mean


def _no_shap(trial: Trial) -> str:
    """Why SHAP is not asked, in words; nothing where it is."""
    if not trial.model.at_hand:
        return "the model runs in the sandbox, and SHAP asks it thousands of times"
    if trial.said.scores is None:
        return "the model tells no scores, which SHAP divides among the features"
    if len(trial.table.features) < _FEWEST_FEATURES:
        return f"a ranking of fewer than {_FEWEST_FEATURES} features says nothing"
    return ""


def _agreement(trial: Trial, importances: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Figure:
    """Spearman's correlation of mean absolute Shapley values with the decisions that turn.

    Shapley values by permutations (Lundberg & Lee 2017). The interval is a bootstrap's over the people
    who are explained; the importances are held as they are.
    """
    values = np.abs(_shapley(trial))

    def agree(at: Places) -> float:
        return _rank_correlation(values[at].mean(axis=0), importances)

    interval = bootstrap(
        agree, len(values), seed=trial.seed, resamples=500, level=trial.settings.level
    )
    return figure(
        CHECK,
        "agreement of SHAP with permutation",
        interval,
        baseline=0.0,
        baseline_of="two rankings that have nothing to do with one another",
        settings={"explained": len(values), "background": _BACKGROUND, "resamples": 500},
    )


def _shapley(trial: Trial) -> Matrix:
    import shap  # type: ignore[import-untyped]  # seconds to load

    draw = np.random.default_rng(trial.seed)
    places = draw.permutation(trial.places)
    rows = trial.table.part(places[: _EXPLAINED + _BACKGROUND])
    codes = Codes.of(rows)
    numbers = codes.encode()

    def scores(given: Matrix) -> Matrix:
        told = trial.model.says(_as_features(codes, given)).scores
        return np.zeros(len(given)) if told is None else told

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notes on the estimator's habits, not on the figures
        masker = shap.maskers.Independent(numbers[:_BACKGROUND], max_samples=_BACKGROUND)
        explainer = shap.explainers.Permutation(scores, masker, seed=trial.seed)
        asked = _PERMUTATIONS * (2 * numbers.shape[1] + 1)
        told = explainer(numbers[_BACKGROUND:], max_evals=asked, silent=True)
    return np.asarray(told.values, dtype=np.float64)


def _as_features(codes: Codes, given: Matrix) -> pl.DataFrame:
    return codes.decode(np.asarray(given, dtype=np.float64))


def _rank_correlation(one: Matrix, two: Matrix) -> float:
    """Spearman's; 0 where one side ranks nothing."""
    from scipy.stats import rankdata

    first, second = rankdata(one), rankdata(two)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
