"""Anonymise a table: the best full-domain generalisation with record suppression, checked twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.checks import classes_of_table, loss_of_classes, sizes_of_classes
from casemate.protection.classes import Flags, Recoding
from casemate.protection.codebook import CodebookEntry, codebook_entry
from casemate.protection.frames import (
    Frame,
    given_back,
    only,
    open_frame,
    polars_columns,
    require_columns,
    with_columns,
)
from casemate.protection.hierarchies import Hierarchy, Key
from casemate.protection.ladders import Codes, Ladder
from casemate.protection.measures import Loss, LossScorer, Measure
from casemate.protection.models import PrivacyModel
from casemate.protection.risk import Risk, risk_of_sizes
from casemate.protection.search import (
    UNLIMITED,
    Budget,
    Infeasible,
    Optimum,
    find_optimum,
    violated_classes,
)
from casemate.protection.tuples import Node, Tuples, distinct_tuples, typed
from casemate.protection.values import number_of

_LOSS = Loss()
Levels = Mapping[str, int | tuple[int, int]]


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
) -> Result:
    """Generalise ``quasi_identifiers`` so that every model holds, at the least loss there is.

    ``suppression`` is the share of records, 0 up to below 1, that may be dropped. ``levels`` fixes
    the level of a quasi-identifier, or bounds it to (lowest, highest). ``sensitive`` names
    attributes that must not be quasi-identifiers; so do the models. Null is a value of its own.
    ``budget`` ends the search early: then ``gap`` tells how far the result may be from the best.

    Raises BadInput for anything wrong in the input, and where no generalisation is enough: then it
    names the least suppression that would be. Raises IntegrityFailure if the independent check of
    the finished table fails, which would be a bug of ours.
    """
    frame = open_frame(table)
    names = list(quasi_identifiers)
    allowed = suppression_share(suppression)
    _require_sense(frame, names, models, sensitive)
    columns = polars_columns(frame, names)
    guarded = polars_columns(frame, _protected_attributes(models))
    people = _population(models, columns)
    tuples, tuple_of = distinct_tuples(columns, list(quasi_identifiers.values()), guarded, people)
    lows, highs = _bounds(tuples.ladders, levels or {})
    most = int(allowed * len(frame))
    try:
        optimum = find_optimum(tuples, models, measure, most, lows, highs, budget)
    except Infeasible as refusal:
        alone = _alone(tuples, models, highs)
        raise _infeasible(refusal, len(frame), models, most, alone) from None
    grouping = tuples.group(optimum.node)
    kept = ~violated_classes(tuples, grouping, models)[grouping.class_of]
    protected = _apply(frame, tuples, tuple_of, optimum.node, kept)
    result = _result(protected, tuples, optimum, kept, models, measure)
    _check(result, tuples, models, guarded)
    return replace(result, table=given_back(result.table, table))


def _protected_attributes(models: Sequence[PrivacyModel]) -> list[str]:
    """The sensitive attributes that the models name, each once."""
    return list(dict.fromkeys(model.attribute for model in models if model.attribute is not None))


def _population(models: Sequence[PrivacyModel], columns: pl.DataFrame) -> pl.DataFrame | None:
    """The population that the models know, in the types of the table's ``columns``; or None."""
    known = [model.population for model in models if model.population is not None]
    if not known:
        return None
    if any(other != known[0] for other in known):
        raise BadInput("the models know different populations: give them one")
    people = known[0].over(columns.columns)
    return pl.DataFrame(
        {
            **{
                name: typed([values[place] for values in people], columns[name])
                for place, name in enumerate(columns.columns)
            },
            "*people": pl.Series(list(people.values()), dtype=pl.Int64),
        }
    )


def suppression_share(suppression: Any) -> Fraction:
    """The share as an exact number: 0.02 and "0.02" are both one fiftieth."""
    share = number_of(suppression, "the suppression limit")
    if suppression is None or not 0 <= share < 1:
        raise BadInput(
            f"the suppression limit is a share of at least 0 and below 1, not {suppression!r}"
        )
    return share


def _require_sense(
    frame: Frame, names: list[str], models: Sequence[PrivacyModel], sensitive: Sequence[str]
) -> None:
    if not names:
        raise BadInput("name at least one quasi-identifier to anonymise by")
    if not models:
        raise BadInput("name at least one privacy model, such as KAnonymity(5)")
    require_columns(frame, names, "a quasi-identifier")
    guarded = [*sensitive, *_protected_attributes(models)]
    require_columns(frame, guarded, "a sensitive attribute")
    if both := [name for name in names if name in guarded]:
        raise BadInput(
            f"{both[0]!r} is named both as a quasi-identifier and as sensitive: choose one"
        )
    if not len(frame):
        raise BadInput("the table has no records")
    for model in models:
        if len(frame) < model.smallest_table():
            raise BadInput(
                f"the table has {len(frame)} records, too few for {model.describe()}, "
                f"which needs {model.smallest_table()}"
            )


def _bounds(ladders: Sequence[Ladder], levels: Levels) -> tuple[Node, Node]:
    if unknown := set(levels) - {ladder.attribute for ladder in ladders}:
        raise BadInput(f"levels are fixed for {sorted(unknown)[0]!r}, which is no quasi-identifier")
    bounds = [_level_bounds(ladder, levels.get(ladder.attribute)) for ladder in ladders]
    return tuple(low for low, _ in bounds), tuple(high for _, high in bounds)


def _level_bounds(ladder: Ladder, wanted: int | tuple[int, int] | None) -> tuple[int, int]:
    highest = ladder.height - 1
    if wanted is None:
        return 0, highest
    low, high = (wanted, wanted) if isinstance(wanted, int) else wanted
    if not 0 <= low <= high <= highest:
        raise BadInput(
            f"the hierarchy of {ladder.attribute!r} has the levels 0 to {highest}, not {low} to {high}"
        )
    return low, high


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


def _apply(frame: Frame, tuples: Tuples, tuple_of: Codes, node: Node, kept: Flags) -> Frame:
    """The records kept, with their labels; a quasi-identifier at level 0 is left as it came."""
    new: dict[str, pl.Series] = {}
    for place, level in enumerate(node):
        if level:
            ladder = tuples.ladders[place]
            labels = pl.Series(ladder.labels[level], dtype=pl.String)
            new[ladder.attribute] = labels[tuples.column(place, level)[tuple_of]]
    keep = pl.Series(kept[tuple_of])
    if len(keep) and not keep.all():
        return only(with_columns(frame, new), keep)
    return with_columns(frame, new)


def _result(
    protected: Frame,
    tuples: Tuples,
    optimum: Optimum,
    kept: Flags,
    models: Sequence[PrivacyModel],
    measure: Measure,
) -> Result:
    names = [ladder.attribute for ladder in tuples.ladders]
    grouping = tuples.group(optimum.node)
    staying = np.unique(grouping.class_of[kept & (tuples.counts > 0)])
    after = _risk_of(grouping.sizes[staying], models)
    losses = LossScorer(tuples).attribute_losses(tuples, optimum.node, kept)
    pairs = after.class_sizes
    return Result(
        table=protected.to_native(),
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
        codebook=tuple(_codebook(tuples, optimum.node, kept)),
    )


def _risk_of(sizes: Codes, models: Sequence[PrivacyModel]) -> Risk:
    return risk_of_sizes(pl.Series(sizes[sizes > 0]), _threshold(models))


def _threshold(models: Sequence[PrivacyModel]) -> int:
    return max(model.smallest_table() for model in models)


def _codebook(tuples: Tuples, node: Node, kept: Flags) -> list[CodebookEntry]:
    entries = []
    for place, level in enumerate(node):
        ladder = tuples.ladders[place]
        present = np.unique(tuples.column(place, level)[kept & (tuples.counts > 0)])
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
    result: Result, tuples: Tuples, models: Sequence[PrivacyModel], collected: pl.DataFrame
) -> None:
    """Judge the finished table anew, by its text: models, count and loss must be as claimed."""
    names = list(result.generalisation)
    frame = open_frame(result.table)
    table = polars_columns(frame, [*names, *collected.columns])
    recoding = _recoding(result, tuples, models)
    for model in models:
        model.check(table, names, collected, recoding)
    if len(table) + result.suppressed != result.records:
        raise IntegrityFailure(
            f"{result.records} records came in, {len(table)} remain and {result.suppressed} were "
            "reported suppressed: the counts do not add up"
        )
    classes = classes_of_table(table, names)
    if sizes_of_classes(classes) != result.risk.class_sizes:
        raise IntegrityFailure("the classes recounted from the table are not of the sizes reported")
    shares = {
        ladder.attribute: dict(
            zip(ladder.labels[level], ladder.shares[level].tolist(), strict=True)
        )
        for ladder, level in zip(tuples.ladders, result.generalisation.values(), strict=True)
    }
    lines = {ladder.attribute: ladder.lines for ladder in tuples.ladders}
    recomputed = loss_of_classes(classes, shares, lines, result.suppressed)
    if abs(recomputed - result.loss) > 1e-9 * max(1.0, abs(recomputed)):
        raise IntegrityFailure(
            f"the loss recomputed from the table is {recomputed}, not {result.loss} as reported"
        )
