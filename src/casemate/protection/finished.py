"""The second opinion on a finished table, from its classes as its engine counted them anew."""

from collections.abc import Sequence

import polars as pl

from casemate.errors import BadInput, IntegrityFailure
from casemate.protection.checks import check_smallest_size, loss_of_classes, sizes_of_classes
from casemate.protection.classes import PrivacyModel, Recoding
from casemate.protection.engines import COUNT
from casemate.protection.engines.base import unused
from casemate.protection.grouping import Grouped
from casemate.protection.ladders import Ladder
from casemate.protection.models import KAnonymity
from casemate.protection.regrouped import Recounted, Regrouped
from casemate.protection.risk import Risk, risk_of_sizes

Counted = Grouped | Regrouped | Recounted


def check_models(
    found: Counted,
    models: Sequence[PrivacyModel],
    collected: Grouped,
    recoding: Recoding,
) -> None:
    """Each model by its own check; IntegrityFailure for one that does not hold.

    Of a class a check needs its number and not its labels, unless it asks what labels stand for. One
    of a sensitive attribute is given how many records hold what, others record by record.
    """
    number = unused([*found.names, *found.sensitive])
    for model in models:
        if isinstance(model, KAnonymity):
            check_smallest_size(found.sizes(), found.names, model.k)
    others = [model for model in models if not isinstance(model, KAnonymity)]
    before = collected.lines() if others else pl.DataFrame()
    for model in others:
        if model.attribute is not None:
            model.check(found.lines(number), [number], before, recoding)
        elif model.needs_recoding or model.needs_openness:
            table = found.records([*found.names, *found.sensitive])
            model.check(table, found.names, before, recoding)
        else:
            model.check(found.records(found.sensitive, number), [number], before, recoding)


def check_sizes(found: Counted, risk: Risk) -> None:
    """Raise IntegrityFailure unless the classes have the sizes that ``risk`` reports."""
    if sizes_of_classes(pl.DataFrame({COUNT: found.sizes()})) != risk.class_sizes:
        raise IntegrityFailure("the classes recounted from the table are not of the sizes reported")


def risk_of_grouped(found: Grouped, threshold: int) -> Risk:
    """The risk over the names of ``found``; BadInput as ``reidentification_risk``."""
    if threshold < 1:
        raise BadInput(f"the threshold is a class size of at least 1, not {threshold}")
    if not len(found.counts):
        raise BadInput("the table has no records, so there is nobody to re-identify")
    return risk_of_sizes(pl.Series(found.sizes()), threshold)


def recomputed_loss(
    found: Counted, ladders: Sequence[Ladder], levels: Sequence[int], suppressed: int
) -> float:
    """The mean over quasi-identifiers of the loss that the labels of each one tell."""
    losses = []
    for ladder, level in zip(ladders, levels, strict=True):
        name = ladder.attribute
        shares = dict(zip(ladder.labels[level], ladder.shares[level].tolist(), strict=True))
        lines = {name: ladder.lines}
        losses.append(loss_of_classes(found.spread(name), {name: shares}, lines, suppressed))
    return sum(losses) / len(losses)
