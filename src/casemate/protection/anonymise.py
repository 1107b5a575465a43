"""Anonymise a table: the best full-domain generalisation with record suppression, checked twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.at_once import at_once, one_by_one
from casemate.protection.classes import Flags, Recoding
from casemate.protection.codebook import CodebookEntry, codebook_entry
from casemate.protection.engines import ByColumn, Engine, in_memory, open_engine
from casemate.protection.files import require_writable, scan_table, whole_file, write_table
from casemate.protection.finished import check_models, check_sizes, recomputed_loss
from casemate.protection.grouping import (
    Grouped,
    distinct_tuples,
    grouped,
    recoding_of,
)
from casemate.protection.hierarchies import Hierarchy, Key
from casemate.protection.ladders import Codes
from casemate.protection.levels import Levels, corners
from casemate.protection.measures import Loss, LossScorer, Measure
from casemate.protection.models import PrivacyModel
from casemate.protection.regrouped import Recounted, Regrouped, regroup
from casemate.protection.risk import Risk, risk_of_sizes
from casemate.protection.search import (
    UNLIMITED,
    Budget,
    Infeasible,
    Optimum,
    find_optimum,
    violated_classes,
)
from casemate.protection.tuples import Node, NodeGrouping, Tuples
from casemate.protection.values import number_of

_LOSS = Loss()


@dataclass(frozen=True)
class Result:
    """A protected table and what protecting it cost.

    ``table`` is of the kind that was given, with quasi-identifiers as text labels where they were
    generalised and the suppressed records gone. ``generalisation`` is the level of each
    quasi-identifier; ``loss`` is ARX's Loss and ``score`` what the search minimised; ``gap`` is the
    most that ``score`` can be above the best there is, as a share of it: 0 where the search finished,
    more where its budget ended first. ``nodes`` were judged of ``lattice``.
    """

    table: Any
    generalisation: dict[str, int]
    records: int
    suppressed: int
    loss: float
    attribute_losses: dict[str, float]
    discernibility: int
    average_class: float
    measure: str
    score: float
    gap: float
    nodes: int
    lattice: int
    models: tuple[PrivacyModel, ...]
    risk_before: Risk
    risk: Risk
    codebook: tuple[CodebookEntry, ...]

    @property
    def suppressed_share(self) -> float:
        return self.suppressed / self.records

    def to_dict(self) -> dict[str, Any]:
        """Everything but the table, as a document; it holds floats (see ``without_floats``)."""
        return {
            "generalisation": self.generalisation,
            "records": self.records,
            "suppressed": self.suppressed,
            "suppressed_share": self.suppressed_share,
            "loss": self.loss,
            "attribute_losses": self.attribute_losses,
            "discernibility": self.discernibility,
            "average_class": self.average_class,
            "measure": self.measure,
            "score": self.score,
            "gap": self.gap,
            "nodes": self.nodes,
            "lattice": self.lattice,
            "models": [model.to_dict() for model in self.models],
            "risk_before": self.risk_before.to_dict(),
            "risk": self.risk.to_dict(),
            "codebook": [entry.to_dict() for entry in self.codebook],
        }

    def html(self, **parts: Any) -> str:
        """The result as a page of its own; ``report_html`` says what ``parts`` there are."""
        from casemate.protection.html import report_html

        return report_html(self, **parts)


def anonymise(
    table: Any,
    quasi_identifiers: Mapping[str, Hierarchy],
    *,
    models: Sequence[PrivacyModel],
    suppression: float | str = 0.02,
    measure: Measure = _LOSS,
    sensitive: Sequence[str] = (),
    levels: Levels | None = None,
    budget: Budget = UNLIMITED,
    output: str | Path | None = None,
    recoding: str = "global",
    aggregated: Mapping[str, str] | None = None,
) -> Result:
    """Generalise ``quasi_identifiers`` so that every model holds, at the least loss there is.

    ``suppression`` is the share of records, 0 up to below 1, that may be dropped. ``levels`` fixes
    the level of a quasi-identifier, or bounds it to (lowest, highest), None for the highest there is.
    ``recoding`` "local" allows several generalisations in one table, and ``aggregated`` gives a class
    one value instead of a label: see ``transformations.recode``. ``sensitive`` names attributes that
    must not be quasi-identifiers; so do the models. Null is a value of its own. ``budget`` ends the
    search early: then ``gap`` tells how far the result may be from the best.

    ``table`` is a frame of pandas, Polars, PyArrow or Spark, a lazy frame of Polars, a DuckDB
    relation, or the path of a CSV or Parquet file, which needs the path of an ``output``. It is
    grouped and recoded where it lies: in this process are only its distinct combinations. What is
    lazy comes back lazy, checked by running it once; what it reads must not change until then.

    Raises BadInput for anything wrong in the input, and where no generalisation is enough: then it
    names the least suppression that would be. Raises IntegrityFailure if the independent check of
    the finished table fails, which would be a bug of ours.
    """
    if recoding != "global" or aggregated:
        from casemate.protection.transformations import recode  # it searches by this function

        if output is not None:
            raise BadInput(
                "local recoding and class values give a table back: leave out the output"
            )
        return recode(
            table, quasi_identifiers, models=models, recoding=recoding, aggregated=aggregated,
            suppression=suppression, measure=measure, sensitive=sensitive, levels=levels,
            budget=budget,
        )  # fmt: skip
    target = _target(table, output)
    engine = open_engine(table)
    names, guarded = list(quasi_identifiers), _protected_attributes(models)
    allowed = suppression_share(suppression)
    _require_sense(engine, names, models, sensitive)
    survey = engine.bounds([*names, *guarded])
    _require_records(survey.records, models)
    found = grouped(engine, survey, names, guarded)
    people = _population(models, names)
    tuples = distinct_tuples(found, list(quasi_identifiers.values()), people)
    optimum = _optimum(tuples, models, measure, allowed, levels or {}, budget)
    grouping = tuples.group(optimum.node)
    kept = ~violated_classes(tuples, grouping, models)[grouping.class_of]
    labels = recoding_of(tuples, found, optimum.node, kept)
    if target is None:
        finished = engine.recoded(labels)
        both = at_once if in_memory(finished) else one_by_one  # a connection stays in its thread
        result, again = both(
            lambda: _result(grouping, optimum, kept, models, measure),
            lambda: regroup(finished, names, guarded),
        )
        _check(result, again, tuples, models, found)
        return replace(result, table=finished)
    result = _result(grouping, optimum, kept, models, measure)
    with whole_file(target) as part:
        write_table(engine.recoded(_compact(labels, target)), part)
        _check(result, regroup(scan_table(part), names, guarded), tuples, models, found)
    return replace(result, table=target)


def _optimum(
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    measure: Measure,
    allowed: Fraction,
    levels: Levels,
    budget: Budget,
) -> Optimum:
    lows, highs = corners(tuples.ladders, levels)
    most = int(allowed * tuples.records)
    try:
        return find_optimum(tuples, models, measure, most, lows, highs, budget)
    except Infeasible as refusal:
        alone = _alone(tuples, models, highs)
        raise _infeasible(refusal, tuples.records, models, most, alone) from None


def _target(table: Any, output: str | Path | None) -> Path | None:
    """The file to write; None where the table comes back in memory or as a query."""
    is_file = isinstance(table, str | Path)
    if output is None:
        if is_file:
            raise BadInput(f"name the output that the protected {table} is written to")
        return None
    if not is_file and not isinstance(table, pl.LazyFrame):
        raise BadInput(
            "an output is written for files and lazy frames: write result.table yourself"
        )
    target = Path(output)
    if is_file and target.exists() and target.samefile(table):
        raise BadInput(f"{output} is the table that is read: write to another file")
    require_writable(target)
    return target


def _compact(recoding: ByColumn, target: Path) -> ByColumn:
    """Labels as categories, which Parquet writes as numbers; CSV has text only."""
    if target.suffix.lower() in (".csv", ".tsv"):
        return recoding
    labels = {
        name: held.cast(pl.Enum(held.drop_nulls().unique(maintain_order=True)))
        for name, held in recoding.labels.items()
    }
    return replace(recoding, labels=labels)


def _protected_attributes(models: Sequence[PrivacyModel]) -> list[str]:
    """The sensitive attributes that the models name, each once."""
    return list(dict.fromkeys(model.attribute for model in models if model.attribute is not None))


def _population(
    models: Sequence[PrivacyModel], names: Sequence[str]
) -> Mapping[tuple[Key, ...], int] | None:
    """The people that the models know of, by the values of the quasi-identifiers; or None."""
    known = [model.population for model in models if model.population is not None]
    if not known:
        return None
    if any(other != known[0] for other in known):
        raise BadInput("the models know different populations: give them one")
    return known[0].over(names)


def suppression_share(suppression: Any) -> Fraction:
    """The share as an exact number: 0.02 and "0.02" are both one fiftieth."""
    share = number_of(suppression, "the suppression limit")
    if suppression is None or not 0 <= share < 1:
        raise BadInput(
            f"the suppression limit is a share of at least 0 and below 1, not {suppression!r}"
        )
    return share


def _require_sense(
    engine: Engine, names: list[str], models: Sequence[PrivacyModel], sensitive: Sequence[str]
) -> None:
    if not names:
        raise BadInput("name at least one quasi-identifier to anonymise by")
    if not models:
        raise BadInput("name at least one privacy model, such as KAnonymity(5)")
    guarded = [*sensitive, *_protected_attributes(models)]
    here = set(engine.columns)
    for what, wanted in (("a quasi-identifier", names), ("a sensitive attribute", guarded)):
        for name in wanted:
            if name not in here:
                raise BadInput(f"the table has no column {name!r}, which was named as {what}")
    if both := [name for name in names if name in guarded]:
        raise BadInput(
            f"{both[0]!r} is named both as a quasi-identifier and as sensitive: choose one"
        )


def _require_records(records: int, models: Sequence[PrivacyModel]) -> None:
    if not records:
        raise BadInput("the table has no records")
    for model in models:
        if records < model.smallest_table():
            raise BadInput(
                f"the table has {records} records, too few for {model.describe()}, "
                f"which needs {model.smallest_table()}"
            )


def _alone(tuples: Tuples, models: Sequence[PrivacyModel], highs: Node) -> str:
    """What each of several models would suppress by itself at the coarsest levels, in words."""
    if len(models) == 1:
        return ""
    grouping = tuples.group(highs)
    parts = [
        f"{int(grouping.sizes[violated_classes(tuples, grouping, [model])].sum())} for "
        f"{model.describe()}"
        for model in models
    ]
    return f" (at the coarsest levels {', '.join(parts)} by itself)"


def _infeasible(
    refusal: Infeasible,
    records: int,
    models: Sequence[PrivacyModel],
    most: int,
    alone: str,
) -> BadInput:
    wanted = " and ".join(model.describe() for model in models)
    least = refusal.suppressed
    if not refusal.finished:
        return BadInput(
            f"the search ended before it found a generalisation that reaches {wanted} with at most "
            f"{most} of {records} records suppressed; the best seen suppresses {least}: give it a "
            "larger budget, or allow more suppression"
        )
    what = "the least possible is" if refusal.proven else "the least seen is"
    return BadInput(
        f"no generalisation reaches {wanted} with at most {most} of {records} records suppressed: "
        f"{what} {least} records ({least / records:.2%}){alone}; allow more suppression, "
        "give the hierarchies a coarser level, or lower the model's demand"
    )


def _result(
    grouping: NodeGrouping,
    optimum: Optimum,
    kept: Flags,
    models: Sequence[PrivacyModel],
    measure: Measure,
) -> Result:
    tuples = grouping.tuples
    names = [ladder.attribute for ladder in tuples.ladders]
    in_use = np.zeros(len(grouping.sizes), dtype=bool)
    in_use[grouping.class_of[kept & (tuples.counts > 0)]] = True
    staying = np.flatnonzero(in_use)
    after = _risk_of(grouping.sizes[staying], models)
    losses = LossScorer(tuples).attribute_losses(tuples, optimum.node, kept)
    pairs = after.class_sizes
    return Result(
        table=None,
        generalisation=dict(zip(names, optimum.node, strict=True)),
        records=tuples.records,
        suppressed=optimum.suppressed,
        loss=sum(losses) / len(losses),
        attribute_losses=dict(zip(names, losses, strict=True)),
        discernibility=sum(size * size * many for size, many in pairs)
        + tuples.records * optimum.suppressed,
        average_class=after.average_class,
        measure=measure.name,
        score=optimum.score,
        gap=optimum.gap,
        nodes=optimum.judged,
        lattice=optimum.lattice,
        models=tuple(models),
        risk_before=_risk_of(tuples.counts, models),
        risk=after,
        codebook=tuple(_codebook(grouping, staying)),
    )


def _risk_of(sizes: Codes, models: Sequence[PrivacyModel]) -> Risk:
    return risk_of_sizes(pl.Series(sizes[sizes > 0]), _threshold(models))


def _threshold(models: Sequence[PrivacyModel]) -> int:
    return max(model.smallest_table() for model in models)


def _codebook(grouping: NodeGrouping, staying: Codes) -> list[CodebookEntry]:
    """Of the classes that stay: none has two labels of one attribute."""
    entries = []
    for place, level in enumerate(grouping.node):
        ladder = grouping.tuples.ladders[place]
        present = np.flatnonzero(np.bincount(grouping.labels(place)[staying]))
        labels: list[Key] = [ladder.labels[level][code] for code in present]
        entries.append(
            codebook_entry(ladder.attribute, ladder.hierarchy, level, ladder.height - 1, labels)
        )
    return entries


def _recoding(result: Result, tuples: Tuples, models: Sequence[PrivacyModel]) -> Recoding:
    """The label of each value, read from the hierarchies anew; only where a model needs it."""
    if not any(model.needs_recoding for model in models):
        return {}
    recoding: dict[str, dict[Key, Key]] = {}
    for ladder, level in zip(tuples.ladders, result.generalisation.values(), strict=True):
        lines = ladder.hierarchy.lines(ladder.attribute, list(ladder.labels[0]))
        recoding[ladder.attribute] = {
            key: line[level - 1] if level else key for key, line in lines.items()
        }
    return recoding


def _check(
    result: Result,
    found: Regrouped | Recounted,
    tuples: Tuples,
    models: Sequence[PrivacyModel],
    collected: Grouped,
) -> None:
    """Judge the finished table anew, by its text: models, count and loss must be as claimed."""
    remain = found.remaining
    check_models(found, models, collected, _recoding(result, tuples, models))
    if remain + result.suppressed != result.records:
        raise IntegrityFailure(
            f"{result.records} records came in, {remain} remain and {result.suppressed} were "
            "reported suppressed: the counts do not add up"
        )
    check_sizes(found, result.risk)
    levels = list(result.generalisation.values())
    recomputed = recomputed_loss(found, tuples.ladders, levels, result.suppressed)
    if abs(recomputed - result.loss) > 1e-9 * max(1.0, abs(recomputed)):
        raise IntegrityFailure(
            f"the loss recomputed from the table is {recomputed}, not {result.loss} as reported"
        )
