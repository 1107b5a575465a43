"""Is a model learnt from synthetic records as good as one learnt from real ones? Both are tried on real
records that neither has seen ("train on synthetic, test on real": Esteban, Hyland and Rätsch 2017).

As with ``synthesis_quality``, the figures are computed from real records without protection.
"""

import importlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.synthesis.domains import Codes, Domain
from casemate.protection.synthesis.quality import table_codes

_MOST_RECORDS = 50_000


@dataclass(frozen=True)
class Scores:
    """On unseen real records: share foretold, the mean share over classes, and the area under the ROC
    curve where there are two classes (None elsewhere, or where only one is foretold)."""

    accuracy: float
    balanced_accuracy: float
    area: float | None


@dataclass(frozen=True)
class Downstream:
    """``synthetic`` and ``real``: a model that learnt from those records; ``majority``: the share of
    unseen records that always guessing the commonest real class foretells."""

    target: str
    model: str
    unseen: int
    synthetic: Scores
    real: Scores
    majority: float

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats."""
        return asdict(self)


def downstream_model(
    real: Any, synthetic: Any, unseen: Any, domain: Domain, target: str
) -> Downstream:
    """Gradient-boosted trees (scikit-learn) that foretell ``target``'s class from the other columns of
    ``domain``; at most 50,000 records are learnt from.

    Raises BadInput for a target that is not in the domain, alone in it, or the same in all records.
    """
    if target not in domain or len(domain) < 2:
        raise BadInput(f"the target {target!r} is to be in the domain, with another column")
    tests = table_codes(unseen, domain)
    learnt = [table_codes(table, domain) for table in (synthetic, real)]
    if len(np.unique(learnt[1][target])) < 2:
        raise BadInput(f"the target {target!r} is the same in all real records")
    one, other = (_scores(table, tests, target) for table in learnt)
    commonest = np.bincount(learnt[1][target]).argmax()
    majority = float((tests[target] == commonest).mean())
    name = "histogram gradient boosting"
    return Downstream(target, name, len(tests[target]), one, other, majority)


def _scores(learnt: dict[str, Codes], tests: dict[str, Codes], target: str) -> Scores:
    ensemble: Any = importlib.import_module("sklearn.ensemble")  # slow to load, and without types
    metrics: Any = importlib.import_module("sklearn.metrics")
    # a dependency of scikit-learn, which calls OpenMP for each split: where other work keeps the
    # processors busy, its threads wait for each other most of the time
    threads: Any = importlib.import_module("threadpoolctl")
    inputs = [name for name in learnt if name != target]
    chosen = np.random.default_rng(0).permutation(len(learnt[target]))[:_MOST_RECORDS]
    features = np.stack([learnt[name][chosen] for name in inputs], axis=1)
    unseen = np.stack([tests[name] for name in inputs], axis=1)
    classes, truths = learnt[target][chosen], tests[target]
    if len(np.unique(classes)) < 2:  # then there is nothing to learn: that one class is the guess
        guesses, area = np.full(len(truths), classes[0]), None
    else:
        model = ensemble.HistGradientBoostingClassifier(early_stopping=False, random_state=0)
        with threads.threadpool_limits(1, user_api="openmp"):
            model.fit(features, classes)
            chances = model.predict_proba(unseen)
        guesses, area = model.classes_[chances.argmax(axis=1)], None
        if len(model.classes_) == 2 and set(np.unique(truths)) == set(model.classes_):
            area = float(metrics.roc_auc_score(truths == model.classes_[1], chances[:, 1]))
    share = float(metrics.accuracy_score(truths, guesses))
    return Scores(share, float(metrics.balanced_accuracy_score(truths, guesses)), area)
