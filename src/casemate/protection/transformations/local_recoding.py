"""Local recoding of a table: several generalisations in one, so that far less is lost.

Labels overlap: a young man in a large group may stay "34" while another, whose group is small, is in
"[30, 35)". Each record still shares its labels with as many as the models ask. An analyst adds such
labels up by the codebook, or has the classes' means instead (``aggregated``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import polars as pl

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.anonymise import Result, anonymise, suppression_share
from casemate.protection.checks import loss_of_classes
from casemate.protection.classes import PrivacyModel
from casemate.protection.codebook import CodebookEntry, codebook_of_levels
from casemate.protection.engines import ByTuple, Engine, open_engine
from casemate.protection.grouping import Grouped, distinct_tuples, group_table, grouped
from casemate.protection.hierarchies import Hierarchy, Key
from casemate.protection.ladders import Floats, Ladder
from casemate.protection.levels import Levels, corners
from casemate.protection.measures import Loss, Measure, Weighted, shares_of_weight
from casemate.protection.risk import risk_of_sizes
from casemate.protection.search import UNLIMITED, Budget, Infeasible
from casemate.protection.transformations.class_values import class_values
from casemate.protection.transformations.local_scores import LocalScore, require_local_measure
from casemate.protection.transformations.refinement import refined
from casemate.protection.transformations.regions import (
    TupleRecoding,
    find_regions,
    held_together,
    kept_at,
    merged,
)
from casemate.protection.tuples import Node, Tuples

_LOSS = Loss()
_ROUNDING = 1e-9
LocalResultOrResult = TypeVar("LocalResultOrResult", bound=Result)


@dataclass(frozen=True)
class Region:
    """The records at one node: a level for each quasi-identifier, and how many they are."""

    levels: dict[str, int]
    records: int


@dataclass(frozen=True)
class LocalResult(Result):
    """What ``anonymise_locally`` gives: a ``Result`` of several nodes.

    ``generalisation`` is the highest level in use of each quasi-identifier; ``regions`` are the
    nodes, most records first. ``single_node_loss`` is what the best single node would have lost, by
    Loss, and ``single_node_score`` by the measure. Local recoding is a heuristic: ``gap`` is against
    the lower bound of ``LocalScore``, and 1 where there is none above 0.
    """

    regions: tuple[Region, ...] = ()
    single_node_loss: float = 0.0
    single_node_score: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Everything but the table, as a document; it holds floats (see ``without_floats``)."""
        return super().to_dict() | {
            "regions": [{"levels": one.levels, "records": one.records} for one in self.regions],
            "single_node_loss": self.single_node_loss,
            "single_node_score": self.single_node_score,
        }


def anonymise_locally(
    table: Any,
    quasi_identifiers: Mapping[str, Hierarchy],
    *,
    models: Sequence[PrivacyModel],
    suppression: float | str = 0.02,
    measure: Measure = _LOSS,
    sensitive: Sequence[str] = (),
    levels: Levels | None = None,
    budget: Budget = UNLIMITED,
    aggregated: Mapping[str, str] | None = None,
    refine: bool = True,
) -> LocalResult:
    """Generalise each region of ``table`` by itself so that every model holds over the whole.

    Parameters are those of ``recode``; ``budget`` is for each of two searches, the single best node
    and the regions. ``refine=False`` gives ARX's regions alone, without making each class finer (see
    ``refinement``). The score is never above that of the best single node that was found.

    Raises BadInput as ``anonymise`` does, for a measure or a model that is defined by one node for the
    whole table (Kullback-Leibler divergence, payout; k-map). Raises IntegrityFailure if the
    independent check of the finished table fails, which would be a bug of ours.
    """
    _require_local(models, measure)
    single = anonymise(
        table, quasi_identifiers, models=models, suppression=suppression, measure=measure,
        sensitive=sensitive, levels=levels, budget=budget,
    )  # fmt: skip
    found = collected(table, quasi_identifiers, models, aggregated or {})
    most = int(suppression_share(suppression) * single.records)
    job = _Job(found.tuples, models, measure, most, *corners(found.tuples.ladders, levels or {}))
    recoding = job.recoded(single, budget, refine=refine)
    result = _result(single, job, recoding)
    return finished(result, found, recoding, models, aggregated or {})


@dataclass(frozen=True)
class Collected:
    """A table's distinct tuples, where it lies, and what else is held of it."""

    engine: Engine
    grouped: Grouped
    tuples: Tuples
    sensitive: tuple[str, ...]

    def before(self) -> pl.DataFrame:
        """The sensitive attributes as collected, a line for each record."""
        return self.grouped.records(self.sensitive)


def collected(
    table: Any,
    quasi_identifiers: Mapping[str, Hierarchy],
    models: Sequence[PrivacyModel],
    aggregated: Mapping[str, str],
) -> Collected:
    """Group ``table`` by its quasi-identifiers, with what models and class values look at beside."""
    engine = open_engine(table)
    names = list(quasi_identifiers)
    guarded = list(dict.fromkeys(one.attribute for one in models if one.attribute is not None))
    beside = [*guarded, *(name for name in aggregated if name not in names)]
    held = grouped(engine, engine.survey([*names, *beside]), names, beside)
    tuples = distinct_tuples(held, list(quasi_identifiers.values()))
    ours = [one for one in tuples.sensitive if one.column.attribute in guarded]
    alone = Tuples(tuples.ladders, tuples.base, tuples.codes, tuples.counts, ours)
    return Collected(engine, held, alone, tuple(guarded))


def _require_local(models: Sequence[PrivacyModel], measure: Measure) -> None:
    require_local_measure(measure)
    for model in models:
        one_node = ("population", "needs_recoding", "needs_openness")
        if any(getattr(model, part, None) for part in one_node):
            raise BadInput(
                f"{model.describe()} is defined by one generalisation of the whole table: use "
                "global recoding with it"
            )


@dataclass(frozen=True)
class _Job:
    """What is recoded, and within which limits."""

    tuples: Tuples
    models: Sequence[PrivacyModel]
    measure: Measure
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
        score = LocalScore(self.tuples, self.measure)
        if score.of(found) <= single.score * (1 + _ROUNDING):
            return found
        # a budget ended the search of the regions before it came as far, or what is finer shares its
        # labels with others by chance
        node = at_node(self.tuples, self.models, tuple(single.generalisation.values()))
        return min(self._finer(node, refine=refine), node, key=score.of)

    def _finer(self, found: TupleRecoding, *, refine: bool) -> TupleRecoding:
        if not refine:
            return found
        ladders = self.tuples.ladders
        worth = np.array([one.lines / max(one.lines - 1, 1) for one in ladders])
        named = self.measure.weights if isinstance(self.measure, Weighted) else {}
        weights = shares_of_weight(named, ladders) * worth
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


def _by_value(ladder: Ladder, of_label: Sequence[Floats]) -> Floats:
    """A figure of each label, as an array of levels by values."""
    return np.stack([part[codes] for part, codes in zip(of_label, ladder.codes, strict=True)])


def at_node(tuples: Tuples, models: Sequence[PrivacyModel], node: Node) -> TupleRecoding:
    """One node for all."""
    kept = kept_at(tuples, node, models)
    levels = np.tile(np.array(node, dtype=np.int64), (len(kept), 1))
    return TupleRecoding(levels, kept, 0, finished=False)


def finished(
    result: LocalResultOrResult,
    found: Collected,
    recoding: TupleRecoding,
    models: Sequence[PrivacyModel],
    aggregated: Mapping[str, str],
) -> LocalResultOrResult:
    """``result`` with its table, written where the data lie and checked by its text."""
    new = _labels(found.tuples, recoding) | _values_of_classes(found, recoding, aggregated)
    kept = pl.Series(recoding.kept)
    first = found.grouped.firsts
    old = {
        name: found.grouped.values[name].gather(pl.Series(found.grouped.codes[name][first]))
        for name in found.grouped.names
    }
    # where no label changes there is no column to filter, and a frame without columns has no rows
    changed = pl.DataFrame(new).filter(kept) if new else pl.DataFrame()
    table = found.engine.recoded(ByTuple(pl.DataFrame(old).filter(kept), changed))
    again = group_table(table, found.grouped.names, found.sensitive)
    _check(result, again, found, models, aggregated)
    risk = risk_of_sizes(pl.Series(again.sizes()), result.risk.threshold)
    codebook = tuple(
        replace(entry, labels=(), class_value=aggregated[entry.variable])
        if entry.variable in aggregated
        else entry
        for entry in result.codebook
    )
    return replace(result, table=table, risk=risk, codebook=codebook)


def _labels(tuples: Tuples, recoding: TupleRecoding) -> dict[str, pl.Series]:
    """The label of each tuple; a quasi-identifier at level 0 in every region stays as it came."""
    found: dict[str, pl.Series] = {}
    for place, ladder in enumerate(tuples.ladders):
        levels = recoding.levels[:, place]
        if not levels[recoding.kept].any():
            continue
        texts: dict[Key, int] = {}
        numbers = np.stack(
            [
                np.array([texts.setdefault(label, len(texts)) for label in of_level])[codes]
                for of_level, codes in zip(ladder.labels, ladder.codes, strict=True)
            ]
        )
        said = pl.Series(numbers[levels, tuples.codes[place]])
        found[ladder.attribute] = pl.Series(list(texts), dtype=pl.String).gather(said)
    return found


def _values_of_classes(
    found: Collected, recoding: TupleRecoding, aggregated: Mapping[str, str]
) -> dict[str, pl.Series]:
    """For each tuple the value of its class, where one stands in place of labels."""
    if not aggregated:
        return {}
    number = "*" + max((*found.grouped.names, *found.grouped.sensitive, ""), key=len)
    records = found.grouped.records(list(aggregated), number)
    class_of = pl.Series(merged(found.tuples, recoding).class_of)
    values = class_values(records, class_of.gather(records[number]), aggregated)
    of_tuple = values.with_columns(records[number]).unique(number, keep="any").sort(number)
    return {name: of_tuple[name] for name in aggregated}


def _result(single: Result, job: _Job, recoding: TupleRecoding) -> LocalResult:
    tuples = job.tuples
    names = [ladder.attribute for ladder in tuples.ladders]
    suppressed = tuples.records - int(tuples.counts[recoding.kept].sum())
    sizes = merged(tuples, recoding).sizes
    after = risk_of_sizes(pl.Series(sizes[sizes > 0]), single.risk.threshold)
    losses = job.attribute_losses(recoding)
    scored = LocalScore(tuples, job.measure)
    score, bound = scored.of(recoding), scored.bound(job.models, job.lows)
    nodes = recoding.nodes(tuples)
    inherited = {field.name: getattr(single, field.name) for field in fields(Result)}
    changed: dict[str, Any] = {
        "table": None,
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
        "gap": (score - bound) / score if score > bound * (1 + _ROUNDING) else 0.0,
        "nodes": single.nodes + recoding.judged,
        "risk": after,
        "codebook": tuple(_codebook(tuples, recoding)),
    }
    regions = tuple(Region(dict(zip(names, node, strict=True)), many) for node, many in nodes)
    return LocalResult(
        **(inherited | changed), regions=regions, single_node_loss=single.loss,
        single_node_score=single.score,
    )  # fmt: skip


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
    result: Result,
    again: Grouped,
    found: Collected,
    models: Sequence[PrivacyModel],
    aggregated: Mapping[str, str],
) -> None:
    """Judge the finished table anew, by its text: models, counts and loss must be as claimed."""
    table, before = again.records([*again.names, *again.sensitive]), found.before()
    for model in models:
        model.check(table, again.names, before)
    if len(table) + result.suppressed != result.records:
        raise IntegrityFailure(
            f"{result.records} records came in, {len(table)} remain and {result.suppressed} were "
            "reported suppressed: the counts do not add up"
        )
    sizes = risk_of_sizes(pl.Series(again.sizes()), result.risk.threshold).class_sizes
    # two classes with the same class values are one; else the sizes are those reported
    if not aggregated and sizes != result.risk.class_sizes:
        raise IntegrityFailure("the classes recounted from the table are not of the sizes reported")
    for ladder in found.tuples.ladders:
        if ladder.attribute not in aggregated:
            values = found.grouped.values[ladder.attribute].to_list()
            _check_loss(result, ladder, values, again.tallied(ladder.attribute))


def _check_loss(result: Result, ladder: Ladder, values: list[Any], labels: pl.DataFrame) -> None:
    """The loss of one quasi-identifier, from its labels and its hierarchy read anew.

    Where a label covers more at one level than at another, the larger part counts, and the loss
    reported may be less.
    """
    name = ladder.attribute
    lines = ladder.hierarchy.lines(name, values)
    shares: dict[Key, float] = {}
    told_apart = True
    for level in range(ladder.height):
        covered = Counter(key if level == 0 else line[level - 1] for key, line in lines.items())
        for label, many in covered.items():
            share = many / len(lines)
            told_apart = told_apart and shares.get(label, share) == share
            shares[label] = max(shares.get(label, 0.0), share)
    said = result.attribute_losses[name]
    loss = loss_of_classes(labels, {name: shares}, {name: len(lines)}, result.suppressed)
    near = _ROUNDING * max(1.0, loss)
    if said > loss + near or (told_apart and said < loss - near):
        raise IntegrityFailure(
            f"the loss of {name!r} recomputed from the table is {loss}, not {said} as reported"
        )
