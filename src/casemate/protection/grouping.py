"""The distinct tuples of a table, counted where the table lies, as integer codes for the search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput
from casemate.protection.classes import SensitiveColumn, tally
from casemate.protection.engines import COUNT, ByColumn, Engine, Packing, Survey, open_engine
from casemate.protection.hierarchies import Hierarchy, Key
from casemate.protection.ladders import Codes, Ladder, build_ladder
from casemate.protection.loops import LARGE, compiling, digits, order_of, unpack_large
from casemate.protection.tuples import Held, Node, Tuples
from casemate.protection.values import text_of

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Grouped:
    """The combinations of some columns that a table holds, each once, and how many records each.

    ``values`` are the distinct values of each column in order, null first, ``codes`` each
    combination's places among them. Combinations are ordered by the codes of ``names``, then of
    ``sensitive``; ``tuple_of`` numbers those that are alike in ``names``.
    """

    names: tuple[str, ...]
    sensitive: tuple[str, ...]
    values: Mapping[str, pl.Series]
    codes: Mapping[str, Any]
    counts: Codes
    tuple_of: Codes
    matrix: npt.NDArray[Any] | None = None
    """The codes of ``names`` with a row for each combination, where there are very many."""

    @property
    def tuples(self) -> int:
        """How many different combinations of ``names`` there are."""
        return int(self.tuple_of[-1]) + 1 if len(self.tuple_of) else 0

    @property
    def remaining(self) -> int:
        """How many records there are."""
        return int(self.counts.sum())

    @property
    def firsts(self) -> Codes:
        """The first combination of each tuple."""
        if not self.sensitive:
            return np.arange(len(self.counts))
        return np.flatnonzero(np.diff(self.tuple_of, prepend=-1))

    def sizes(self) -> Codes:
        """How many records each tuple has."""
        if not self.sensitive or not len(self.counts):
            return self.counts
        return np.add.reduceat(self.counts, self.firsts)

    def records(self, names: Sequence[str], number: str | None = None) -> pl.DataFrame:
        """A line for each record: the values of ``names``, and in a column ``number`` its tuple's."""
        columns = {
            name: self.values[name].gather(pl.Series(np.repeat(self.codes[name], self.counts)))
            for name in names
        }
        if number is not None:
            columns[number] = pl.Series(np.repeat(self.tuple_of.astype(np.uint32), self.counts))
        return pl.DataFrame(columns)

    def lines(self, number: str | None = None) -> pl.DataFrame:
        """Each combination of sensitive values, or of a tuple's ``number`` and these, and in
        ``COUNT`` how many records hold it."""
        held = pl.DataFrame(
            {name: self.codes[name] for name in self.sensitive} | {COUNT: self.counts}
        )
        if number is not None:
            held.insert_column(0, pl.Series(number, self.tuple_of))
        elif self.sensitive:
            held = held.group_by(self.sensitive).agg(pl.col(COUNT).sum())
        return held.with_columns(
            self.values[name].gather(held[name]).alias(name) for name in self.sensitive
        )

    def spread(self, name: str) -> pl.DataFrame:
        """``tallied``: what ``Regrouped`` may spread over several lines."""
        return self.tallied(name)

    def tallied(self, name: str) -> pl.DataFrame:
        """Each value of one column, and in ``COUNT`` how many records hold it."""
        totals = np.bincount(self.codes[name], self.counts, len(self.values[name]))
        return pl.DataFrame({name: self.values[name], COUNT: totals.astype(np.int64)})


def grouped(
    engine: Engine, survey: Survey, names: Sequence[str], sensitive: Sequence[str] = ()
) -> Grouped:
    """Count the combinations of ``names`` and ``sensitive`` in the engine: one pass.

    Raises BadInput for a column named as the counts are.
    """
    if COUNT in (*names, *sensitive):
        raise BadInput(f"the name {COUNT!r} is taken for counts: rename that column")
    values = {name: survey.values[name] for name in (*names, *sensitive)}
    packing = Packing.of(values, apart=sensitive)
    found = _unpacked(engine.counted(packing), packing, names, sensitive)
    return found if survey.exact else _only_present(found)


def group_table(table: Any, names: Sequence[str], sensitive: Sequence[str] = ()) -> Grouped:
    """``grouped`` of any table; raises BadInput as its engine does."""
    engine = open_engine(table)
    return grouped(engine, engine.bounds([*names, *sensitive]), names, sensitive)


def one_class(records: int) -> Grouped:
    """``records`` that no column tells apart."""
    there = 1 if records else 0
    return Grouped((), (), {}, {}, np.full(there, records), np.zeros(there, dtype=np.int64))


def _unpacked(
    counted: pl.DataFrame, packing: Packing, names: Sequence[str], sensitive: Sequence[str]
) -> Grouped:
    # keys grow with the codes, so tuples stand in an order of their own: every sum, and so every
    # tie, is the same from run to run; of very many, sums of class sizes alone are asked, which are
    # whole numbers
    few = sensitive or len(counted) < LARGE
    ordered = _in_order(counted, packing) if few else counted
    counts = ordered[COUNT].to_numpy().astype(np.int64)
    large = None if sensitive else unpack_large(_words(ordered, packing))
    if large is None:
        codes = _codes(ordered, packing)
        number = _numbered(ordered, packing, sensitive)
        return Grouped(tuple(names), tuple(sensitive), packing.values, codes, counts, number)
    del ordered
    matrix, seen = large
    values = {}
    for place, (name, flags) in enumerate(zip(names, seen, strict=True)):
        if not flags.all():
            matrix[:, place] = (np.cumsum(flags) - 1).astype(matrix.dtype)[matrix[:, place]]
        values[name] = packing.values[name].filter(pl.Series(flags))
    codes = dict(zip(names, matrix.T, strict=True))
    return Grouped(tuple(names), (), values, codes, counts, np.arange(len(counts)), matrix)


def _in_order(counted: pl.DataFrame, packing: Packing) -> pl.DataFrame:
    if not compiling() or len(counted) >= LARGE:
        return counted.sort(list(packing.words))
    order: Codes | None = None
    for word in reversed(list(packing.words)):
        order = order_of(counted[word].to_numpy(), order)
    return counted if order is None else counted[order]


def _codes(ordered: pl.DataFrame, packing: Packing) -> dict[str, Any]:
    """``packing.unpacked``, compiled where that is loaded."""
    if not compiling():
        return packing.unpacked(ordered)
    found: dict[str, Any] = {}
    for word, places in packing.words.items():
        codes = digits(ordered[word].to_numpy(), [stride for _, stride in places])
        found |= dict(zip([name for name, _ in places], codes, strict=True))
    return found


def _words(ordered: pl.DataFrame, packing: Packing) -> list[tuple[Codes, list[int], list[int]]]:
    return [
        (
            ordered[word].to_numpy(),
            [stride for _, stride in places],
            [packing.radices[name] for name, _ in places],
        )
        for word, places in packing.words.items()
    ]


def _only_present(found: Grouped) -> Grouped:
    """Without the values that no record holds: the codes of the others close the gaps."""
    if found.matrix is not None:
        return found
    values, codes = {}, {}
    for name, held in found.values.items():
        present = np.bincount(found.codes[name], minlength=len(held)) > 0
        values[name] = held.filter(pl.Series(present))
        codes[name] = (np.cumsum(present) - 1).astype(np.int32)[found.codes[name]]
    return replace(found, values=values, codes=codes)


def _numbered(ordered: pl.DataFrame, packing: Packing, sensitive: Sequence[str]) -> Codes:
    """The number of the tuple of each combination: those without a sensitive value are all different."""
    if not sensitive:
        return np.arange(len(ordered))
    changes = np.zeros(len(ordered), dtype=np.int64)
    for word, places in packing.words.items():
        if places and places[0][0] not in sensitive:
            keys = ordered[word].to_numpy()
            changes[1:] |= keys[1:] != keys[:-1]
    return np.cumsum(changes)


def distinct_tuples(
    found: Grouped,
    hierarchies: Sequence[Hierarchy],
    people: Mapping[tuple[Key, ...], int] | None = None,
) -> Tuples:
    """The tuples of ``found`` under ``hierarchies``, one for each of its names.

    ``people`` says how many people of the population share each combination of values, as text;
    its tuples are among those given back, with a count of 0 where nobody was collected.
    """
    values = {name: found.values[name] for name in found.names}
    firsts = found.firsts
    codes = [
        found.codes[name][firsts] if found.sensitive else found.codes[name] for name in found.names
    ]
    counts, population = found.sizes(), None
    order: Codes | None = None
    if people is not None:
        values, codes, counts, population, order = _with_people(values, codes, counts, people)
    ladders = [
        build_ladder(name, hierarchy, held.to_list())
        for (name, held), hierarchy in zip(values.items(), hierarchies, strict=True)
    ]
    held = [_held(found, name, order) for name in found.sensitive]
    tuples = Tuples(ladders, (0,) * len(ladders), codes, counts, held, population)
    if found.matrix is not None and people is None:
        tuples.matrix = found.matrix
    return tuples


def _held(found: Grouped, name: str, order: Codes | None) -> Held:
    """Where each value of a sensitive attribute lies in the tuples."""
    values, codes = found.values[name], found.codes[name]
    tuple_of = found.tuple_of if order is None else order[found.tuple_of]
    rows, held, counts = tally(tuple_of, codes, found.counts, len(values))
    totals = np.bincount(codes, weights=found.counts, minlength=len(values)).astype(np.int64)
    return Held(SensitiveColumn(name, tuple(values.to_list()), totals), rows, held, counts)


def _with_people(
    values: dict[str, pl.Series],
    codes: Sequence[Codes],
    counts: Codes,
    people: Mapping[tuple[Key, ...], int],
) -> tuple[dict[str, pl.Series], list[Any], Codes, Codes, Codes]:
    """The tuples of the table and of the population in one order, with the people of each; and the
    new number of each tuple of the table."""
    many = len(counts)
    theirs = [
        typed([key[place] for key in people], held) for place, held in enumerate(values.values())
    ]
    together, joint = {}, {}
    for (name, held), code, column in zip(values.items(), codes, theirs, strict=True):
        known = pl.concat([held, column]).unique().sort()
        place = pl.DataFrame({name: known, "*code": np.arange(len(known), dtype=np.int64)})
        both = pl.concat([held.gather(pl.Series(code)), column]).to_frame()
        together[name] = known
        joint[name] = both.join(
            place, on=name, how="left", nulls_equal=True, maintain_order="left"
        )["*code"].to_numpy()
    packing = Packing.of(together)
    weights = np.array(list(people.values()), dtype=np.int64)
    keys = pl.DataFrame(packing.keys(joint)).with_columns(
        pl.Series("*table", np.concatenate([counts, np.zeros_like(weights)])),
        pl.Series("*people", np.concatenate([np.zeros_like(counts), weights])),
    )
    words = list(packing.words)
    merged = keys.group_by(words).agg(pl.col("*table").sum(), pl.col("*people").sum()).sort(words)
    numbered = merged.with_row_index("*number")
    order = keys[:many].join(numbered, on=words, how="left", maintain_order="left")["*number"]
    new = packing.unpacked(merged)
    here, there = merged["*table"].to_numpy(), merged["*people"].to_numpy()
    if lost := int((here > there).sum()):
        raise BadInput(
            f"the population holds fewer people than the table has records, for {lost} combinations "
            "of the quasi-identifiers: it must hold everyone in the table"
        )
    return (
        together,
        [new[name] for name in together],
        here,
        there,
        order.to_numpy().astype(np.int64),
    )


def typed(texts: Sequence[Key], like: pl.Series) -> pl.Series:
    """Values written as text, in the type of the column ``like``; BadInput for one that is none."""
    held = {text_of(value, repr(like.name)): value for value in like.unique().to_list()}
    column = pl.Series(like.name, texts, dtype=pl.String)
    kind = like.dtype
    try:
        if kind == pl.Boolean:
            truth = {"true": True, "false": False, None: None}
            return pl.Series(like.name, [truth[text] for text in texts], kind)
        if kind.is_temporal():
            return pl.Series(like.name, [held[text] for text in texts], kind)
        return column.cast(kind)
    except (KeyError, pl.exceptions.PolarsError) as error:
        raise BadInput(
            f"the population has a value of {like.name!r} that is no {kind} of the table: {error}"
        ) from None


def recoding_of(tuples: Tuples, found: Grouped, node: Node, kept: Flags) -> ByColumn:
    """What the values of the table become at ``node``, where only the tuples ``kept`` stay.

    A quasi-identifier at level 0 is left as it came. All tuples of a class are kept, or none.
    """
    codes, labels = {}, {}
    for ladder, level in zip(tuples.ladders, node, strict=True):
        codes[ladder.attribute] = ladder.codes[level][_places(ladder, found)]
        if level:
            labels[ladder.attribute] = pl.Series(ladder.labels[level], dtype=pl.String)
    packing = Packing.of({name: found.values[name] for name in found.names}, codes)
    gone = np.flatnonzero(~kept & (tuples.counts > 0))
    if not len(gone):
        return ByColumn(packing, labels)
    columns = {
        ladder.attribute: ladder.codes[level][tuples.codes[place][gone]]
        for place, (ladder, level) in enumerate(zip(tuples.ladders, node, strict=True))
    }
    return ByColumn(packing, labels, pl.DataFrame(packing.keys(columns)).unique())


def _places(ladder: Ladder, found: Grouped) -> Codes:
    """The place in ``ladder`` of each value of the table: a population may have brought more."""
    values = found.values[ladder.attribute]
    if len(values) == len(ladder.codes[0]):
        return np.arange(len(values))
    texts = [ladder.labels[0][code] for code in ladder.codes[0]]
    place_of = {text: place for place, text in enumerate(texts)}
    return np.array([place_of[text_of(value, ladder.attribute)] for value in values])
