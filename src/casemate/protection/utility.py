"""Classification utility: how well a model predicts a target before and after protection.

The same records are held out in both: folds are drawn once, over the records collected. A record that
was suppressed is in no training set after protection, and where it is held out its prediction is the
class that is commonest in training: whoever has the protected table only knows nothing of it. So both
figures are over all records, and suppressing the hard ones wins nothing. With local recoding or
generalisation a label is a category of its own; the features before are coded the same way, but
numbers, which stay numbers.

ARX measures classification accuracy so too (Prasser, Eicher, Bild, Spengler and Kuhn, "A tool for
optimizing de-identified health data for use in statistical classification", CBMS 2017); the baseline
is the commonest class, ZeroR.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.ladders import Codes, Floats
from casemate.protection.values import text_of

CLASSIFIERS = ("logistic regression", "random forest", "gradient boosting")
_NUMBERS = 12
"""A feature of at most as many distinct numbers is taken for categories."""


@dataclass(frozen=True)
class Accuracy:
    """How well one table predicts the target, over all records held out in turn, 0 to 1.

    ``log_loss`` is in nats. ``auc`` and ``brier`` are for two classes; None for more.
    """

    accuracy: float
    log_loss: float
    auc: float | None
    brier: float | None


@dataclass(frozen=True)
class ClassificationUtility:
    """The ``target`` predicted from ``features``: by the table collected, and by the protected one.

    ``baseline`` is the share of the commonest class, which needs no feature. ``kept`` says how much
    of what can be learnt above the baseline is still learnt: 1 all, 0 nothing, below 0 misleading;
    None where nothing can be learnt before. ``attributes`` has the accuracy of each feature alone,
    before and after.
    """

    target: str
    features: tuple[str, ...]
    classifier: str
    folds: int
    records: int
    suppressed: int
    baseline: float
    before: Accuracy
    after: Accuracy
    attributes: dict[str, tuple[float, float]]

    @property
    def kept(self) -> float | None:
        learnt = self.before.accuracy - self.baseline
        return (self.after.accuracy - self.baseline) / learnt if learnt > 0 else None

    def to_dict(self) -> dict[str, Any]:
        """As a document; it holds floats (see ``without_floats``)."""
        found = asdict(self)
        found["features"] = list(self.features)
        found["attributes"] = {name: list(pair) for name, pair in self.attributes.items()}
        return found | {"kept": self.kept}


def classification_utility(
    before: Any,
    after: Any,
    target: str,
    features: Sequence[str],
    *,
    records: Sequence[int] | None = None,
    classifier: str = "logistic regression",
    folds: int = 5,
    seed: int = 0,
    per_attribute: bool = True,
) -> ClassificationUtility:
    """Predict ``target`` from ``features`` by both tables, cross-validated over the same folds.

    ``records`` gives for each record of ``after`` its place in ``before``, counted from 0; it may be
    left out where nothing was suppressed or sampled and the order is the same. The target is that of
    ``before`` in both: it must not be generalised away. ``classifier`` is one of ``CLASSIFIERS``.
    ``per_attribute=False`` leaves out the single features, which take most of the time.

    Raises BadInput for columns that are missing, a target with nulls, with one class, or with a class
    of fewer records than folds, and where the records of the two tables cannot be told to be the same.
    """
    if classifier not in CLASSIFIERS:
        raise BadInput(f"a classifier is one of {', '.join(CLASSIFIERS)}, not {classifier!r}")
    old, new = open_frame(before), open_frame(after)
    names = list(dict.fromkeys(features))
    if not names or target in names:
        raise BadInput("name at least one feature, and the target not among them")
    for frame in (old, new):
        require_columns(frame, names, "a feature")
    require_columns(old, [target], "the target")
    places = _places(len(old), len(new), records)
    truth, classes = _truth(polars_columns(old, [target])[target], folds)
    part = _folds(truth, folds, seed)
    job = _Job(truth, len(classes), part, folds, classifier, seed)
    everyone = np.arange(len(old))
    first, second = polars_columns(old, names), polars_columns(new, names)
    return ClassificationUtility(
        target=target,
        features=tuple(names),
        classifier=classifier,
        folds=folds,
        records=len(old),
        suppressed=len(old) - len(new),
        baseline=float(np.bincount(truth).max() / len(truth)),
        before=job.judged(first, everyone),
        after=job.judged(second, places),
        attributes={
            name: (
                job.judged(first.select(name), everyone).accuracy,
                job.judged(second.select(name), places).accuracy,
            )
            for name in names
            if per_attribute
        },
    )


def _places(many: int, left: int, records: Sequence[int] | None) -> Codes:
    """The place in the table collected of each record that is left."""
    if records is None:
        if many != left:
            raise BadInput(
                f"{many} records came in and {left} are left: give the place of each as records"
            )
        return np.arange(many)
    places = np.asarray(records, dtype=np.int64)
    if len(places) != left or len(np.unique(places)) != left:
        raise BadInput(
            "records has one place in the table collected for each record left, each once"
        )
    if left and not 0 <= places.min() <= places.max() < many:
        raise BadInput(f"a place of records is not among the {many} records collected")
    return places


def _truth(column: pl.Series, folds: int) -> tuple[Codes, list[Any]]:
    if column.null_count():
        raise BadInput(f"the target {column.name!r} has nulls: leave out these records first")
    values = column.unique().sort()
    codes = column.rank("dense").cast(pl.Int64).to_numpy() - 1
    if len(values) < 2 or len(values) > len(column) // 2:
        raise BadInput(
            f"the target {column.name!r} has {len(values)} classes: a classifier needs two or more, "
            "each of some records"
        )
    if folds < 2 or np.bincount(codes).min() < folds:
        raise BadInput(
            f"every class of {column.name!r} needs as many records as there are folds, {folds}"
        )
    return codes, values.to_list()


def _folds(truth: Codes, folds: int, seed: int) -> Codes:
    """The fold of each record: each class is spread evenly over all."""
    order = np.random.default_rng(seed).permutation(len(truth))
    by_class = order[np.argsort(truth[order], kind="stable")]
    part = np.empty(len(truth), dtype=np.int64)
    part[by_class] = np.arange(len(truth)) % folds
    return part


@dataclass(frozen=True)
class _Job:
    truth: Codes
    classes: int
    part: Codes
    folds: int
    classifier: str
    seed: int

    def judged(self, features: pl.DataFrame, places: Codes) -> Accuracy:
        """The quality of predictions for every record, by what is left of the others."""
        chances = np.empty((len(self.truth), self.classes))
        coded, numbers = _coded(features)
        truth, part = self.truth[places], self.part[places]
        for fold in range(self.folds):
            train, test = part != fold, part == fold
            # of a record that is gone nothing is known but how common each class is
            seen = np.bincount(truth[train], minlength=self.classes) + 1.0
            chances[self.part == fold] = seen / seen.sum()
            if test.any() and len(np.unique(truth[train])) > 1:
                model = _model(self.classifier, numbers, coded.shape[1], self.seed)
                model.fit(coded[train], truth[train])
                rows = np.ix_(places[test], model.classes_)
                chances[places[test]] = 0.0
                chances[rows] = model.predict_proba(coded[test])
        return _accuracy(self.truth, chances)


def _coded(features: pl.DataFrame) -> tuple[Floats, list[int]]:
    """Features as numbers: categories by their place among the values, and which are true numbers."""
    columns, numbers = [], []
    for place, column in enumerate(features):
        whole = column.dtype.is_numeric() and not column.null_count()
        if whole and column.n_unique() > _NUMBERS:
            numbers.append(place)
            columns.append(column.cast(pl.Float64).to_numpy())
            continue
        texts = pl.Series([text_of(value, repr(column.name)) for value in column.unique().sort()])
        of_value = {text: code for code, text in enumerate(texts)}
        codes = [of_value[text_of(value, repr(column.name))] for value in column]
        columns.append(np.array(codes, dtype=np.float64))
    return np.column_stack(columns), numbers


def _model(classifier: str, numbers: list[int], width: int, seed: int) -> Any:
    """A classifier of scikit-learn over coded features; loads scikit-learn."""
    compose, ensemble = _sklearn("compose"), _sklearn("ensemble")
    linear, preparing = _sklearn("linear_model"), _sklearn("preprocessing")
    models: Mapping[str, Any] = {
        "logistic regression": lambda: linear.LogisticRegression(max_iter=1000, random_state=seed),
        "random forest": lambda: ensemble.RandomForestClassifier(
            100, min_samples_leaf=5, random_state=seed
        ),
        "gradient boosting": lambda: ensemble.HistGradientBoostingClassifier(random_state=seed),
    }
    categories = [place for place in range(width) if place not in numbers]
    encoder = preparing.OneHotEncoder(
        handle_unknown="ignore", sparse_output=classifier != "gradient boosting"
    )
    ready = compose.ColumnTransformer(
        [("labels", encoder, categories), ("numbers", preparing.StandardScaler(), numbers)]
    )
    return _sklearn("pipeline").make_pipeline(ready, models[classifier]())


def _sklearn(part: str) -> Any:
    """A part of scikit-learn, loaded when it is needed."""
    return importlib.import_module(f"sklearn.{part}")


def _accuracy(truth: Codes, chances: Floats) -> Accuracy:
    own = np.clip(chances[np.arange(len(truth)), truth], 1e-15, 1.0)
    two = chances.shape[1] == 2
    return Accuracy(
        accuracy=float((chances.argmax(axis=1) == truth).mean()),
        log_loss=float(-np.log(own).mean()),
        auc=float(_sklearn("metrics").roc_auc_score(truth, chances[:, 1])) if two else None,
        brier=float(((chances[:, 1] - truth) ** 2).mean()) if two else None,
    )
