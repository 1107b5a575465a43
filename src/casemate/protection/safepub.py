"""SafePub: a table published under differential privacy by drawing a sample of it.

Bild, Kuhn and Prasser, "SafePub: a truthful data anonymization algorithm with strong privacy
guarantees", PoPETs 2018(1). Records are drawn at random, generalised by one scheme, and classes of
fewer than k dropped: what leaves is true of those it is about. ``sampling_privacy`` says how private
that is for a scheme that does not depend on the data. One that is chosen from the data costs a part
of ε of its own: the exponential mechanism draws it (McSherry and Talwar 2007), here once over all
schemes and from the whole table, so that the two parts add up by plain composition.

Two tables are neighbours where one has a record more. What leaves has the quasi-identifiers only, in
an order of its own; every part of the result is made from it or known beforehand.
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.base_models import (
    Finished,
    IdentityModel,
    Number,
    exact,
    hold,
    positive,
)
from casemate.protection.checks import check_k_anonymity
from casemate.protection.classes import Judge, SensitiveColumn
from casemate.protection.engines import open_engine
from casemate.protection.frames import given_back, open_frame
from casemate.protection.grouping import Grouped, distinct_tuples, grouped, typed
from casemate.protection.hierarchies import Hierarchy
from casemate.protection.ladders import Codes, Ladder
from casemate.protection.levels import Bound
from casemate.protection.risk import Risk, risk_of_sizes
from casemate.protection.sampling_privacy import (
    ONE,
    largest_sampling,
    sampling_delta,
    smallest_class,
)
from casemate.protection.tuples import Node, Tuples
from casemate.protection.values import plain

MOST_SCHEMES = 50_000
_CHUNK = 1 << 22
Levels = Mapping[str, Bound]


@dataclass(frozen=True)
class DifferentialPrivacy(IdentityModel):
    """(``epsilon``, ``delta``)-differential privacy, which ``safepub`` gives.

    ``choosing`` is the share of ``epsilon``, 0 to below 1, that choosing the scheme may cost; with 0
    the scheme must be fixed beforehand. ``sampling`` is β, the share of the records drawn: by
    default the largest that the rest of ``epsilon`` allows. It is held as a whole number of 2^-64.
    """

    epsilon: Number
    delta: Number
    choosing: Number = 0
    sampling: Number = None
    kind = "differential-privacy"

    def __post_init__(self) -> None:
        epsilon = positive(self.epsilon, "epsilon", "epsilon")
        if not Fraction(1, 10**4) <= epsilon <= 20:
            raise BadInput(f"epsilon lies between 0.0001 and 20, not at {plain(epsilon)}")
        delta = exact(self.delta, "delta")
        if not Fraction(1, 10**30) <= delta < 1:
            raise BadInput(f"delta lies between 1e-30 and below 1, not at {plain(delta)}")
        choosing = exact(self.choosing, "the share of epsilon for choosing")
        if not 0 <= choosing < 1:
            raise BadInput(f"the share for choosing is 0 to below 1, not {plain(choosing)}")
        hold(self, "epsilon", epsilon)
        hold(self, "delta", delta)
        hold(self, "choosing", choosing)
        if self.sampling is not None:
            hold(self, "sampling", exact(self.sampling, "the share drawn"))
            sampling_delta(1, self.share_drawn, self.epsilon_sampling)

    @property
    def epsilon_choosing(self) -> Fraction:
        return Fraction(self.epsilon * self.choosing)

    @property
    def epsilon_sampling(self) -> Fraction:
        return Fraction(self.epsilon - self.epsilon_choosing)

    @property
    def share_drawn(self) -> Fraction:
        """β as it is used."""
        if self.sampling is None:
            return largest_sampling(self.epsilon_sampling)
        return Fraction(math.floor(self.sampling * ONE), ONE)

    @cached_property
    def k(self) -> int:
        """The fewest records of the sample that a class leaves with."""
        return smallest_class(self.epsilon_sampling, self.delta, self.share_drawn)

    def describe(self) -> str:
        return f"({plain(self.epsilon)}, {plain(self.delta)})-differential privacy"

    def judge(self, sensitive: Mapping[str, SensitiveColumn]) -> Judge:
        raise BadInput(
            "differential privacy is a property of how a table is made, which no search over "
            "finished tables can give: use safepub"
        )

    def require(self, finished: Finished) -> None:
        """What a finished table can show: its classes hold k. The rest is how it was made."""
        check_k_anonymity(finished.table, finished.quasi_identifiers, self.k)


@dataclass(frozen=True)
class SafePublication:
    """What ``safepub`` gives. All of it may be published: it says nothing of the table collected,
    not even how many records that had. ``risk`` is of the table that leaves, None where that is
    empty; ``generalisation`` is the level of each quasi-identifier."""

    table: Any
    generalisation: dict[str, int]
    privacy: DifferentialPrivacy
    records: int
    risk: Risk | None

    def to_dict(self) -> dict[str, Any]:
        """Everything but the table, as a document; it holds floats (see ``without_floats``)."""
        return {
            "model": self.privacy.to_dict(),
            "share_drawn": plain(self.privacy.share_drawn),
            "k": self.privacy.k,
            "generalisation": self.generalisation,
            "records": self.records,
            "risk": None if self.risk is None else self.risk.to_dict(),
        }


def safepub(
    table: Any,
    quasi_identifiers: Mapping[str, Hierarchy],
    privacy: DifferentialPrivacy,
    *,
    levels: Levels | None = None,
) -> SafePublication:
    """Publish ``quasi_identifiers`` of ``table`` under differential privacy; nothing else leaves.

    Name every column that is to leave as a quasi-identifier, one that never changes with
    ``suppressible()``. Hierarchies must not be made from the data: those of this package give a
    value the same labels whatever else the column holds. ``levels`` fixes levels or bounds them to
    (lowest, highest), None for the highest there is, without looking at the data. Where it fixes
    all, no ε is spent on choosing, and ``privacy`` must not set any aside.

    Raises BadInput for anything wrong in the input: an empty table, a value that its hierarchy
    lacks, levels left open with no ε to choose them, more than 50,000 schemes. That a table is not
    empty and fits its hierarchies is taken as known to all.
    """
    names = list(quasi_identifiers)
    if not names:
        raise BadInput("name at least one quasi-identifier to publish")
    found = _grouped(table, names)
    tuples = distinct_tuples(found, list(quasi_identifiers.values()))
    node = _scheme(tuples, privacy, levels or {})
    drawn = drawn_counts(tuples.counts, privacy.share_drawn)
    finished = finished_sample(tuples, node, drawn, privacy.k, found.values)
    check_k_anonymity(finished, names, privacy.k)
    return SafePublication(
        table=_in_kind(finished, table),
        generalisation=dict(zip(names, node, strict=True)),
        privacy=privacy,
        records=len(finished),
        risk=_risk(finished, privacy.k),
    )


def _grouped(table: Any, names: Sequence[str]) -> Grouped:
    engine = open_engine(table)
    if lost := [name for name in names if name not in engine.columns]:
        raise BadInput(
            f"the table has no column {lost[0]!r}, which was named as a quasi-identifier"
        )
    survey = engine.survey(names)
    if not survey.records:
        raise BadInput("the table has no records")
    return grouped(engine, survey, names)


def _in_kind(finished: pl.DataFrame, like: Any) -> Any:
    """``finished`` as the kind of table that ``like`` is; of a file a polars frame."""
    if isinstance(like, str | Path):
        return finished
    if isinstance(like, pl.LazyFrame):
        return finished.lazy()
    if nw.dependencies.is_duckdb_relation(like):
        return given_back(finished, like)
    arrow = finished.to_arrow(compat_level=pl.CompatLevel.oldest())
    if nw.dependencies.is_pyspark_dataframe(like):
        return like.sparkSession.createDataFrame(arrow)
    kind = open_frame(like).implementation
    return nw.DataFrame.from_arrow(arrow, backend=kind).to_native()


def _scheme(tuples: Tuples, privacy: DifferentialPrivacy, levels: Levels) -> Node:
    lows, highs = _bounds(tuples.ladders, levels)
    if lows == highs:
        if privacy.epsilon_choosing:
            raise BadInput(
                "all levels are fixed, so choosing them costs nothing: set no share of epsilon aside"
            )
        return lows
    if not privacy.epsilon_choosing:
        raise BadInput(
            "levels are left open and no share of epsilon is set aside to choose them: fix all "
            "levels, or give DifferentialPrivacy a share for choosing, such as 0.1"
        )
    schemes = math.prod(high - low + 1 for low, high in zip(lows, highs, strict=True))
    if schemes > MOST_SCHEMES:
        raise BadInput(
            f"there are {schemes} schemes to choose from, more than {MOST_SCHEMES}: bound the levels"
        )
    return _chosen(tuples, privacy, lows, highs)


def _bounds(ladders: tuple[Ladder, ...], levels: Levels) -> tuple[Node, Node]:
    if unknown := set(levels) - {ladder.attribute for ladder in ladders}:
        raise BadInput(f"levels are fixed for {sorted(unknown)[0]!r}, which is no quasi-identifier")
    lows, highs = [], []
    for ladder in ladders:
        wanted = levels.get(ladder.attribute, (0, ladder.height - 1))
        low, high = (wanted, wanted) if isinstance(wanted, int) else wanted
        high = ladder.height - 1 if high is None else high
        if not 0 <= low <= high < ladder.height:
            raise BadInput(
                f"the hierarchy of {ladder.attribute!r} has the levels 0 to {ladder.height - 1}, "
                f"not {low} to {high}"
            )
        lows.append(low)
        highs.append(high)
    return tuple(lows), tuple(highs)


def _chosen(tuples: Tuples, privacy: DifferentialPrivacy, lows: Node, highs: Node) -> Node:
    """The exponential mechanism over all schemes: OpenDP's, on whole numbers."""
    from casemate.protection.privacy_loss.opendp import noisy_max

    worth = scheme_worth(tuples.ladders)
    needed = math.ceil(privacy.k / privacy.share_drawn)
    nodes, scores = [], []
    for node, excess in excesses(tuples, lows, highs, needed):
        nodes.append(node)
        scores.append(worth(node) * excess)
    most = max(worth(node) for node in nodes)
    if not most:
        return nodes[0]
    return nodes[noisy_max(scores, most, privacy.epsilon_choosing, concentrated=False)]


def scheme_worth(ladders: tuple[Ladder, ...]) -> Callable[[Node], int]:
    """What a record tells under a scheme, in whole units: the mean over quasi-identifiers of the
    levels left above, of all there are. It depends on the hierarchies' heights alone."""
    tops = [max(ladder.height - 1, 1) for ladder in ladders]
    unit = math.lcm(*tops)
    return lambda node: sum(
        (ladder.height - 1 - level) * (unit // top)
        for ladder, level, top in zip(ladders, node, tops, strict=True)
    )


def excesses(tuples: Tuples, lows: Node, highs: Node, needed: int) -> Iterator[tuple[Node, int]]:
    """For each scheme how many records its classes hold above the first ``needed`` each.

    A class of fewer hardly outlives the draw. One record more or less changes the sum by one at
    most, under every scheme, so a score of worth times this moves by no more than the worth.
    """

    def below(held: Tuples, place: int) -> Iterator[tuple[Node, int]]:
        if place == len(lows):
            yield held.base, int(np.maximum(held.counts - needed, 0).sum())
            return
        for level in range(lows[place], highs[place] + 1):
            node = (*held.base[:place], level, *held.base[place + 1 :])
            yield from below(held.rolled_up(node), place + 1)

    yield from below(tuples.rolled_up(lows), 0)


def drawn_counts(
    counts: Codes, share: Fraction, bits: Callable[[int], bytes] = os.urandom
) -> Codes:
    """How many records of each tuple a draw with probability ``share`` takes, each by 64 ``bits``.

    ``share`` is a whole number of 2^-64 and below 1, so the draw is exact.
    """
    below = np.uint64(int(share * ONE))
    ends = np.cumsum(counts)
    found = np.zeros(len(counts), dtype=np.int64)
    for start in range(0, int(ends[-1]) if len(ends) else 0, _CHUNK):
        stop = min(start + _CHUNK, int(ends[-1]))
        taken = np.frombuffer(bits(8 * (stop - start)), dtype="<u8") < below
        owners = np.searchsorted(ends, start + np.flatnonzero(taken), side="right")
        found += np.bincount(owners, minlength=len(counts))
    return found


def finished_sample(
    tuples: Tuples, node: Node, drawn: Codes, k: int, values: Mapping[str, pl.Series]
) -> pl.DataFrame:
    """The records ``drawn``, generalised, without classes below ``k``, ordered by their values.

    At level 0 they have the type of the ``values`` collected.
    """
    grouping = tuples.group(node)
    sizes = np.bincount(grouping.class_of, weights=drawn, minlength=len(grouping.sizes))
    rows = np.repeat(np.arange(len(drawn)), np.where(sizes[grouping.class_of] >= k, drawn, 0))
    made = {}
    for place, level in enumerate(node):
        ladder = tuples.ladders[place]
        texts = ladder.labels[level]
        labels = (
            pl.Series(texts, dtype=pl.String) if level else typed(texts, values[ladder.attribute])
        )
        made[ladder.attribute] = labels.gather(pl.Series(tuples.column(place, level)[rows]))
    return pl.DataFrame(made).sort(list(made))


def _risk(finished: pl.DataFrame, threshold: int) -> Risk | None:
    if not len(finished):
        return None
    names = [str(place) for place in range(finished.width)]
    sizes = finished.rename(dict(zip(finished.columns, names, strict=True)))
    return risk_of_sizes(sizes.group_by(names).len("*records")["*records"], threshold)
