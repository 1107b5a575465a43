"""Local recoding of a table: several generalisations in one, so that far less is lost.

Labels overlap: a young man in a large group may stay "34" while another, whose group is small, is in
"[30, 35)". Each record still shares its labels with as many as the models ask. An analyst adds such
labels up by the codebook, or has the classes' means instead (``aggregated``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.anonymise import Result, anonymise, suppression_share
from casemate.protection.checks import classes_of_table, loss_of_classes, sizes_of_classes
from casemate.protection.classes import PrivacyModel
from casemate.protection.codebook import CodebookEntry, codebook_of_levels
from casemate.protection.frames import (
    Frame,
    given_back,
    only,
    open_frame,
    polars_columns,
    with_columns,
)
from casemate.protection.hierarchies import Hierarchy, Key
from casemate.protection.ladders import Codes, Floats, Ladder
from casemate.protection.measures import Loss, shares_of_weight
from casemate.protection.risk import risk_of_sizes
from casemate.protection.search import UNLIMITED, Budget, Infeasible
from casemate.protection.transformations.bounds import Levels, bounded
from casemate.protection.transformations.refinement import refined
from casemate.protection.transformations.regions import (
    TupleRecoding,
    find_regions,
    held_together,
    kept_at,
    merged,
)
from casemate.protection.tuples import Node, Tuples, distinct_tuples

_LOSS = Loss()
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Region:
    """The records at one node: a level for each quasi-identifier, and how many they are."""

    levels: dict[str, int]
    records: int


@dataclass(frozen=True)
class LocalResult(Result):
    """What ``anonymise_locally`` gives: a ``Result`` of several nodes.

    ``generalisation`` is the highest level in use of each quasi-identifier; ``regions`` are the
    nodes, most records first. ``single_node_loss`` is what the best single node would have lost, and
    ``gap`` is 1 unless nothing is lost: of local recoding no bound is proven.
    """

    regions: tuple[Region, ...] = ()
    single_node_loss: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Everything but the table, as a document; it holds floats (see ``without_floats``)."""
        return super().to_dict() | {
            "regions": [{"levels": one.levels, "records": one.records} for one in self.regions],
            "single_node_loss": self.single_node_loss,
        }


def anonymise_locally(
    table: Any,
    quasi_identifiers: Mapping[str, Hierarchy],
    *,
    models: Sequence[PrivacyModel],
    suppression: float | str = 0.02,
    measure: Loss = _LOSS,
    sensitive: Sequence[str] = (),
    levels: Levels | None = None,
    budget: Budget = UNLIMITED,
    refine: bool = True,
) -> LocalResult:
    """Generalise each region of ``table`` by itself so that every model holds over the whole.

    Parameters are those of ``anonymise``; ``budget`` is for each of two searches, the single best
    node and the regions. ``refine=False`` gives ARX's regions alone, without making each class finer
    (see ``refinement``). The loss is never above that of the best single node.

    Raises BadInput as ``anonymise`` does, for a measure other than ``Loss``, and for a model that is
    defined by one node for the whole table (k-map). Raises IntegrityFailure if the independent check
    of the finished table fails, which would be a bug of ours.
    """
    _require_local(models, measure)
    frame = open_frame(table)
    exact = bounded(levels or {}, quasi_identifiers, frame)
    single = anonymise(
        table, quasi_identifiers, models=models, suppression=suppression, measure=measure,
        sensitive=sensitive, levels=exact, budget=budget,
    )  # fmt: skip
    columns = polars_columns(frame, list(quasi_identifiers))
    named = dict.fromkeys(one.attribute for one in models if one.attribute is not None)
    guarded = polars_columns(frame, list(named))
    tuples, tuple_of = distinct_tuples(columns, list(quasi_identifiers.values()), guarded)
    job = _Job(
        tuples, models, measure, int(suppression_share(suppression) * len(frame)),
        *_corners(tuples, exact),
    )  # fmt: skip
    recoding = job.recoded(single, budget, refine=refine)
    protected = _applied(frame, tuples, tuple_of, recoding)
    result = _result(single, job, recoding, protected)
    _check(result, tuples, models, guarded, columns)
    return replace(result, table=given_back(result.table, table))


def _require_local(models: Sequence[PrivacyModel], measure: Loss) -> None:
    if not isinstance(measure, Loss):
        raise BadInput("local recoding loses least by the measure 'loss', weighted or not: name it")
    for model in models:
        one_node = ("population", "needs_recoding", "needs_openness")
        if any(getattr(model, part, None) for part in one_node):
            raise BadInput(
                f"{model.describe()} is defined by one generalisation of the whole table: use "
                "global recoding with it"
            )


def _corners(tuples: Tuples, levels: Mapping[str, int | tuple[int, int]]) -> tuple[Node, Node]:
    """The lowest and the highest node; ``anonymise`` has checked them."""
    lows, highs = [], []
    for ladder in tuples.ladders:
        bound = levels.get(ladder.attribute, (0, ladder.height - 1))
        low, high = (bound, bound) if isinstance(bound, int) else bound
        lows.append(low)
        highs.append(high)
    return tuple(lows), tuple(highs)


@dataclass(frozen=True)
class _Job:
    """What is recoded, and within which limits."""

    tuples: Tuples
    models: Sequence[PrivacyModel]
    measure: Loss
    most: int
    lows: Node
    highs: Node

    def recoded(self, single: Result, budget: Budget, *, refine: bool) -> TupleRecoding:
        """The regions, made finer; never worse than the ``single`` node."""
        try:
            found = find_regions(
                self.tuples, self.models, self.measure, self.most, self.lows, self.highs, budget
            )
            found = held_together(
                self.tuples, self._finer(found, refine=refine), self.models, self.most
            )
        except Infeasible as refusal:
            raise BadInput(
                f"the regions of a local recoding together suppress {refusal.suppressed} records, and "
                f"{self.most} may be: use global recoding, or allow more"
            ) from None
        # a budget may have ended the search of the regions before it came as far
        if self.loss(found) > single.loss * (1 + _ROUNDING):
            node = tuple(single.generalisation.values())
            return self._finer(self._at(node), refine=refine)
        return found

    def _at(self, node: Node) -> TupleRecoding:
        kept = kept_at(self.tuples, node, self.models)
        levels = np.tile(np.array(node, dtype=np.int64), (len(kept), 1))
        return TupleRecoding(levels, kept, 0, finished=False)

    def _finer(self, found: TupleRecoding, *, refine: bool) -> TupleRecoding:
        if not refine:
            return found
        ladders = self.tuples.ladders
        worth = np.array([one.lines / max(one.lines - 1, 1) for one in ladders])
        weights = shares_of_weight(self.measure.weights, ladders) * worth
        return refined(self.tuples, found, self.models, self.lows, weights)

    def attribute_losses(self, recoding: TupleRecoding) -> list[float]:
        """ARX's Loss of each quasi-identifier: the share of its domain that each record's label covers."""
        tuples, losses = self.tuples, []
        for place, ladder in enumerate(tuples.ladders):
            shares = _by_value(ladder, ladder.shares)
            covered = shares[recoding.levels[:, place], tuples.codes[place]]
            total = float(np.where(recoding.kept, covered, 1.0) @ tuples.counts)
            least = tuples.records / ladder.lines
            scale = tuples.records - least
            losses.append((total - least) / scale if ladder.lines > 1 else 0.0)
        return losses

    def loss(self, recoding: TupleRecoding) -> float:
        losses = self.attribute_losses(recoding)
        return sum(losses) / len(losses)


def _by_value(ladder: Ladder, of_label: Sequence[Floats]) -> Floats:
    """A figure of each label, as an array of levels by values."""
    return np.stack([part[codes] for part, codes in zip(of_label, ladder.codes, strict=True)])


def _applied(frame: Frame, tuples: Tuples, tuple_of: Codes, recoding: TupleRecoding) -> Frame:
    """The records kept with their labels.

    A quasi-identifier that is at level 0 in every region is left as it came.
    """
    labels: dict[str, pl.Series] = {}
    for place, ladder in enumerate(tuples.ladders):
        texts: dict[Key, int] = {}
        numbers = np.stack(
            [
                np.array([texts.setdefault(label, len(texts)) for label in of_level])[codes]
                for of_level, codes in zip(ladder.labels, ladder.codes, strict=True)
            ]
        )
        said = numbers[recoding.levels[:, place], tuples.codes[place]]
        labels[ladder.attribute] = pl.Series(list(texts), dtype=pl.String)[said[tuple_of]]
    levels = recoding.levels[recoding.kept]
    coarse = {
        name: column
        for place, (name, column) in enumerate(labels.items())
        if levels[:, place].any()
    }
    keep = pl.Series(recoding.kept[tuple_of])
    protected = with_columns(frame, coarse)
    return protected if keep.all() else only(protected, keep)


def _result(single: Result, job: _Job, recoding: TupleRecoding, protected: Frame) -> LocalResult:
    tuples = job.tuples
    names = [ladder.attribute for ladder in tuples.ladders]
    suppressed = tuples.records - int(tuples.counts[recoding.kept].sum())
    sizes = merged(tuples, recoding).sizes
    after = risk_of_sizes(pl.Series(sizes[sizes > 0]), single.risk.threshold)
    losses = job.attribute_losses(recoding)
    weights = shares_of_weight(job.measure.weights, tuples.ladders)
    score = float(weights @ np.array(losses))
    nodes = recoding.nodes(tuples)
    inherited = {field.name: getattr(single, field.name) for field in fields(Result)}
    changed: dict[str, Any] = {
        "table": protected.to_native(),
        "generalisation": {
            name: max((node[place] for node, _ in nodes), default=0)
            for place, name in enumerate(names)
        },
        "suppressed": suppressed,
        "loss": sum(losses) / len(losses),
        "attribute_losses": dict(zip(names, losses, strict=True)),
        "discernibility": sum(size * size * many for size, many in after.class_sizes)
        + tuples.records * suppressed,
        "average_class": after.average_class,
        "score": score,
        "gap": 1.0 if score else 0.0,
        "nodes": single.nodes + recoding.judged,
        "risk": after,
        "codebook": tuple(_codebook(tuples, recoding)),
    }
    regions = tuple(Region(dict(zip(names, node, strict=True)), many) for node, many in nodes)
    return LocalResult(**(inherited | changed), regions=regions, single_node_loss=single.loss)


def _codebook(tuples: Tuples, recoding: TupleRecoding) -> list[CodebookEntry]:
    held = recoding.kept & (tuples.counts > 0)
    entries = []
    for place, ladder in enumerate(tuples.ladders):
        of_level: dict[int, list[Key]] = {}
        for level in np.unique(recoding.levels[held, place]).tolist():
            here = held & (recoding.levels[:, place] == level)
            used = np.unique(ladder.codes[level][tuples.codes[place][here]])
            of_level[level] = [ladder.labels[level][code] for code in used]
        entries.append(
            codebook_of_levels(ladder.attribute, ladder.hierarchy, ladder.height - 1, of_level)
        )
    return entries


def _check(
    result: LocalResult,
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    guarded: pl.DataFrame,
    collected: pl.DataFrame,
) -> None:
    """Judge the finished table anew, by its text: models, counts and loss must be as claimed."""
    names = list(result.generalisation)
    table = polars_columns(open_frame(result.table), [*names, *guarded.columns])
    for model in models:
        model.check(table, names, guarded)
    if len(table) + result.suppressed != result.records:
        raise IntegrityFailure(
            f"{result.records} records came in, {len(table)} remain and {result.suppressed} were "
            "reported suppressed: the counts do not add up"
        )
    classes = classes_of_table(table, names)
    if sizes_of_classes(classes) != result.risk.class_sizes:
        raise IntegrityFailure("the classes recounted from the table are not of the sizes reported")
    shares, lines, told_apart = _shares_by_text(tuples, collected)
    recomputed = loss_of_classes(classes, shares, lines, result.suppressed)
    near = _ROUNDING * max(1.0, recomputed)
    if result.loss > recomputed + near or (told_apart and result.loss < recomputed - near):
        raise IntegrityFailure(
            f"the loss recomputed from the table is {recomputed}, not {result.loss} as reported"
        )


def _shares_by_text(
    tuples: Tuples, collected: pl.DataFrame
) -> tuple[dict[str, dict[Key, float]], dict[str, int], bool]:
    """What part of its hierarchy each label covers, read from the hierarchies anew; and whether no
    label covers more at one level than at another (where one does, the larger part counts)."""
    shares: dict[str, dict[Key, float]] = {}
    lines: dict[str, int] = {}
    told_apart = True
    for ladder in tuples.ladders:
        name = ladder.attribute
        table = ladder.hierarchy.lines(name, collected[name].unique().to_list())
        lines[name] = len(table)
        found = shares.setdefault(name, {})
        for level in range(ladder.height):
            covered = Counter(key if level == 0 else line[level - 1] for key, line in table.items())
            for label, many in covered.items():
                told_apart = told_apart and found.get(label, many / len(table)) == many / len(table)
                found[label] = max(found.get(label, 0.0), many / len(table))
    return shares, lines, told_apart
