"""What a protection plan would do to the data, told before the authority decides: figures, no data.

It is the one reading that comes before a permit. It rests on an ``Assessment``, which only an
application that awaits the authority's decision gives; trusted code reads the variables asked for, and
what it tells is coarse, so that many questions do not add up to an answer about one person: counts in
fives and none below the holder's least cell, shares and losses in hundredths, class sizes in fives.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from casemate.access import Assessment
from casemate.catalogue import Catalogue, Dataset
from casemate.enclave.views import Views
from casemate.errors import BadInput
from casemate.ledger import Ledger
from casemate.protection import KAnonymity, Plan
from casemate.protection.assessing import Assessed, assess_plan
from casemate.protection.risk import Risk
from casemate.protection.search import Budget

ROUNDING = 5
KEPT = 256
"""How many answers are remembered; each is a few hundred bytes."""
ALTERNATIVES = (5, 10, 20, 50)
"""The k that are weighed beside the plan's own, where the holder's rules allow them."""
SECONDS = 30.0
"""How long one preview may search, in all."""

Progress = Callable[[int, int], None]
"""Told how many searches are done, of how many."""


@dataclass(frozen=True)
class Count:
    """A number of records as it may be told: to the nearest five, or only that it is ``below`` a limit."""

    value: int | None
    below: int | None = None

    @classmethod
    def of(cls, records: int, least: int) -> "Count":
        """``records`` as they may be told where counts below ``least`` may not."""
        if records < least:
            return cls(None, least)
        return cls(ROUNDING * round(records / ROUNDING))


@dataclass(frozen=True)
class RiskTold:
    """Re-identification risk as it may be told; ``smallest_class`` means at least so many."""

    smallest_class: int
    highest: float
    average: float
    at_risk: Count
    uniques: Count


@dataclass(frozen=True)
class Alternative:
    """The same plan with another ``k``; the figures are None where it cannot be ``reached`` within the
    plan, or the time was up before it was its turn."""

    k: int
    chosen: bool
    reached: bool
    in_time: bool = True
    loss: float | None = None
    suppressed: Count | None = None
    highest: float | None = None
    average: float | None = None


@dataclass(frozen=True)
class PlanPreview:
    """What one plan would do to the variables asked for of one dataset.

    ``is_best`` is false where the search was ended before it had proven the least loss: the permit's
    own view may then lose less. ``generalisation`` is the level of each quasi-identifier, 0 as it is.
    """

    dataset: str
    version: int
    plan: str
    """The plan's digest, as the permit's ledger entry will have it."""
    records: int
    k: int | None
    before: RiskTold
    after: RiskTold
    suppressed: Count
    loss: float
    is_best: bool
    generalisation: dict[str, int]
    attribute_losses: dict[str, float]
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True)
class Asked:
    """One plan that is to be weighed, with leave to read for it."""

    leave: Assessment
    source: Dataset
    plan: Plan

    @property
    def ks(self) -> tuple[int, ...]:
        """The k to weigh: the plan's own and those beside it; none where it has no k-anonymity."""
        own = _k_of(self.plan)
        if own is None or not set(self.plan.quasi_identifiers) & set(self.leave.variables):
            return ()
        least, most = self.source.rules.min_k, self.source.rows
        return tuple(sorted({own, *(k for k in ALTERNATIVES if least <= k <= most)}))

    @property
    def key(self) -> tuple[Any, ...]:
        """The same key, the same answer."""
        return (self.source.id, self.source.version, self.leave.variables, self.plan.digest)


class Assessments:
    """Weighs plans; remembers its answers, which hold figures only."""

    def __init__(self, views: Views, catalogue: Catalogue, ledger: Ledger) -> None:
        self._views = views
        self._catalogue = catalogue
        self._ledger = ledger
        self._known: OrderedDict[tuple[Any, ...], PlanPreview] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(
        self,
        tx: Session,
        leaves: Sequence[Assessment],
        plans: Mapping[str, Mapping[str, Any]],
    ) -> tuple[Asked, ...]:
        """What to weigh, put on the ledger before a record is read. ``plans`` are checked already."""
        asked = tuple(
            Asked(
                leave,
                self._catalogue.get(tx, leave.dataset, version=leave.version),
                Plan.from_dict(plans[leave.dataset]),
            )
            for leave in leaves
            if leave.dataset in plans
        )
        for one in asked:
            self._ledger.append(
                tx,
                actor=one.leave.assessor,
                act="application.plan_previewed",
                subject=one.leave.application,
                dataset=one.source.id,
                version=one.source.version,
                variables=len(one.leave.variables),
                plan=one.plan.digest,
            )
        return asked

    def weigh(
        self,
        asked: Sequence[Asked],
        *,
        seconds: float = SECONDS,
        progress: Progress = lambda _done, _of: None,
    ) -> tuple[PlanPreview, ...]:
        """The preview of each plan. Needs no transaction.

        ``seconds`` bounds the searches together. Raises ``BadInput`` where a plan cannot be carried out
        on the data, ``NotFound`` where a dataset was retired meanwhile.
        """
        clock = _Clock(seconds, sum(max(1, len(one.ks)) for one in asked), progress)
        return tuple(self._weigh(one, clock) for one in asked)

    def _weigh(self, asked: Asked, clock: "_Clock") -> PlanPreview:
        with self._lock:
            known = self._known.get(asked.key)
        if known is not None:
            clock.skip(max(1, len(asked.ks)))
            return known
        frame = self._views.decrypt_for_assessment(asked.source, asked.leave)
        found = _search(frame, asked, asked.plan, clock)
        if found is None:
            raise BadInput(
                f"the plan for {asked.source.id} cannot be carried out on its data in the time there is: "
                "no generalisation within it meets its models with so few records left out, or a column "
                "holds values that it does not take; allow coarser levels or more suppression, or ask "
                "for a smaller k"
            )
        others = tuple(_alternative(frame, asked, k, found, clock) for k in asked.ks)
        preview = _told(asked, found, others)
        # What the time cut short is not remembered: another day there may be more of it.
        if preview.is_best and all(one.in_time for one in others):
            self._remember(asked.key, preview)
        return preview

    def _remember(self, key: tuple[Any, ...], preview: PlanPreview) -> None:
        with self._lock:
            self._known[key] = preview
            while len(self._known) > KEPT:
                self._known.popitem(last=False)


class _Clock:
    """How much time is left for how many searches."""

    def __init__(self, seconds: float, searches: int, progress: Progress) -> None:
        self._until = time.monotonic() + seconds
        self._searches = searches
        self._done = 0
        self._progress = progress
        progress(0, searches)

    @property
    def share(self) -> float:
        """The seconds that the next search may take: half of what is left, all of it for the last."""
        left = self._until - time.monotonic()
        return left if self._searches - self._done <= 1 else left / 2

    def skip(self, searches: int) -> None:
        self._done += searches
        self._progress(self._done, self._searches)


def _search(frame: pl.DataFrame, asked: Asked, plan: Plan, clock: _Clock) -> Assessed | None:
    """The figures of ``plan``; None where it cannot be carried out: why, might quote the data."""
    seconds, limits = clock.share, plan.budget
    if seconds <= 0:
        clock.skip(1)
        return None
    if limits is not None and limits.seconds is not None:
        seconds = min(seconds, limits.seconds)
    nodes = None if limits is None else limits.nodes
    try:
        return assess_plan(
            frame, plan, asked.leave.variables, budget=Budget(seconds=seconds, nodes=nodes)
        )
    except BadInput:
        return None
    finally:
        clock.skip(1)


def _alternative(
    frame: pl.DataFrame, asked: Asked, k: int, own: Assessed, clock: _Clock
) -> Alternative:
    chosen = k == _k_of(asked.plan)
    if not chosen and clock.share <= 0:
        clock.skip(1)
        return Alternative(k, chosen=False, reached=False, in_time=False)
    found = own if chosen else _search(frame, asked, _with_k(asked.plan, k), clock)
    if found is None:
        return Alternative(k, chosen=chosen, reached=False)
    risk = _risk(found.after, asked.leave.min_cell)
    return Alternative(
        k=k,
        chosen=chosen,
        reached=True,
        loss=round(found.loss, 2),
        suppressed=Count.of(found.suppressed, asked.leave.min_cell),
        highest=risk.highest,
        average=risk.average,
    )


def _told(asked: Asked, found: Assessed, others: tuple[Alternative, ...]) -> PlanPreview:
    least = asked.leave.min_cell
    return PlanPreview(
        dataset=asked.source.id,
        version=asked.source.version,
        plan=asked.plan.digest,
        records=asked.source.rows,
        k=_k_of(asked.plan),
        before=_risk(found.before, least),
        after=_risk(found.after, least),
        suppressed=Count.of(found.suppressed, least),
        loss=round(found.loss, 2),
        is_best=found.gap == 0,
        generalisation=found.generalisation,
        attribute_losses={name: round(loss, 2) for name, loss in found.attribute_losses.items()},
        alternatives=others,
    )


def _risk(risk: Risk, least: int) -> RiskTold:
    smallest = risk.smallest_class
    if smallest > ROUNDING:
        smallest -= smallest % ROUNDING
    exposed = round(risk.at_risk * risk.records)
    return RiskTold(
        smallest_class=smallest,
        highest=round(1 / smallest, 2),
        average=round(risk.prosecutor_average, 2),
        at_risk=Count.of(exposed, least),
        uniques=Count.of(risk.uniques, least),
    )


def _k_of(plan: Plan) -> int | None:
    return max((model.k for model in plan.models if isinstance(model, KAnonymity)), default=None)


def _with_k(plan: Plan, k: int) -> Plan:
    models = tuple(KAnonymity(k) if isinstance(one, KAnonymity) else one for one in plan.models)
    return replace(plan, models=models)
