"""Which records are one person, by names that are written in several ways."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns, with_columns
from casemate.protection.name_matching.evidence import MatchModel, comparisons_for
from casemate.protection.name_matching.people import PersonColumns, comparable
from casemate.protection.name_matching.training import Engine
from casemate.protection.pseudonyms import identifier_texts

_BLOCKS = {  # pairs that are looked at; the others cannot be found
    "identifier": "l.identifier = r.identifier",
    "birth_date": "l.birth_date = r.birth_date",
    "first_name": "l.first_name_sound = r.first_name_sound "
    "AND l.last_name_sound = r.last_name_sound",
    "last_name": "l.first_name = r.last_name AND l.last_name = r.first_name",
    "place": "l.place = r.place AND l.last_name_sound = r.last_name_sound",
}


@dataclass(frozen=True)
class Matches:
    """Pairs of records that are one person with at least the threshold's probability.

    ``pairs`` has the row numbers ``left`` and ``right`` (of one table, where one was given), the
    ``probability`` and the ``weight`` in bits (log2 of the odds against chance); ``clusters`` gives
    every record of each table, ``left`` or ``right``, the number of its person. A person's records
    are connected by pairs, not each with each: see ``chains``.
    """

    pairs: pl.DataFrame
    clusters: pl.DataFrame
    model: MatchModel
    threshold: float
    tables: tuple[str, ...] = field(default=("left",))

    @property
    def people(self) -> int:
        """How many people the records are taken for."""
        return int(self.clusters["person"].n_unique())

    def chains(self) -> pl.DataFrame:
        """People put together through others, for a clerk to look at: A like B, B like C, A unlike C.

        Columns ``person``, ``records``, ``pairs``; a cluster of n records that are all alike has
        n (n - 1) / 2 pairs in one table.
        """
        left = self.clusters.filter(pl.col("table") == "left").select("row", "person")
        pairs = (
            self.pairs.join(left, left_on="left", right_on="row").group_by("person").len("pairs")
        )
        sizes = self.clusters.group_by("person").agg(
            records=pl.len(), of_left=(pl.col("table") == "left").sum()
        )
        of_right = pl.col("records") - pl.col("of_left")
        within = pl.col("records") * (pl.col("records") - 1) // 2
        full = within if len(self.tables) == 1 else pl.col("of_left") * of_right
        found = sizes.join(pairs, on="person").filter(pl.col("pairs") < full)
        return found.select("person", "records", "pairs").sort("person")


def match_people(
    left: Any,
    right: Any = None,
    *,
    columns: PersonColumns,
    right_columns: PersonColumns | None = None,
    threshold: float = 0.95,
    model: MatchModel | None = None,
) -> Matches:
    """Find the records of one person within ``left``, or between ``left`` and ``right``.

    Without a ``model`` its weights are learned from the tables (expectation maximisation; the same
    tables give the same weights); with one nothing is learned. A false match gives two people one
    pseudonym and cannot be seen afterwards: raise ``threshold`` where that is worse than a missed
    one. Raises BadInput for missing columns, for tables too small to learn from, and for a model
    that lacks a role.
    """
    if not 0 < threshold < 1:
        raise BadInput("a threshold is a probability above 0 and below 1")
    tables = {"left": comparable(left, columns)}
    roles = columns.given()
    if right is not None:
        others = right_columns or columns
        tables["right"] = comparable(right, others)
        roles = {role: name for role, name in roles.items() if role in others.given()}
    if any(not len(table) for table in tables.values()):
        return _matched(_no_pairs(), tables, model or MatchModel(0.5, {}), threshold)
    _require_roles(model, roles)
    shared = [name for name in tables["left"].columns if name in list(tables.values())[-1].columns]
    engine = Engine({name: table.select(shared) for name, table in tables.items()}, roles)
    weights = model or engine.trained()
    rules = [rule for role, rule in _BLOCKS.items() if role in roles]
    found = engine.linker(weights, rules).inference.predict(threshold_match_probability=threshold)
    return _matched(_ordered(found.as_duckdbpyrelation().pl()), tables, weights, threshold)


def same_person_ids(
    table: Any,
    matches: Matches,
    *,
    column: str = "person",
    side: str = "left",
    identifier: str | None = None,
) -> Any:
    """``table`` with one identifier for each person in ``column``, for a pseudonymiser to take.

    ``table`` is that of the matching, rows in their order. ``identifier`` names a column of
    ``table``: then a person's identifier is the least that stands there (text order), so that
    pseudonyms agree with those of tables that have it; where the person has none, and without the
    argument, it is the person's number in ``matches``, which means nothing in another matching.
    """
    frame = open_frame(table)
    people = matches.clusters.filter(pl.col("table") == side).sort("row")["person"]
    if len(people) != len(frame):
        raise BadInput(
            f"the table has {len(frame)} records and the matching's {side} table {len(people)}: "
            "give the table that was matched"
        )
    if column in frame.columns:
        raise BadInput(f"the table has a column {column!r} already: name another")
    found = pl.format("person {}", pl.col("person"))
    known = people.to_frame("person")
    if identifier is not None:
        require_columns(frame, [identifier], "an identifier")
        texts = identifier_texts(polars_columns(frame, [identifier])[identifier])
        least = pl.col("identifier").min().over("person")
        known = known.with_columns(texts.alias("identifier"))
        found = pl.coalesce(least, found)
    return with_columns(frame, {column: known.select(found.alias(column))[column]}).to_native()


def _require_roles(model: MatchModel | None, roles: Sequence[str] | dict[str, str]) -> None:
    if model is None:
        return
    for comparison in comparisons_for(dict.fromkeys(roles, "")):
        if comparison.role not in model.weights:
            raise BadInput(f"the match model has no weights for {comparison.role!r}")


def _no_pairs() -> pl.DataFrame:
    schema = {"left": pl.Int64, "right": pl.Int64, "probability": pl.Float64, "weight": pl.Float64}
    return pl.DataFrame(schema=schema)


def _ordered(found: pl.DataFrame) -> pl.DataFrame:
    """Splink's pairs by row; within one table the smaller row is on the left."""
    pairs = found.select(
        left=pl.col("row_l").cast(pl.Int64),
        right=pl.col("row_r").cast(pl.Int64),
        probability=pl.col("match_probability"),
        weight=pl.col("match_weight"),
    )
    return pairs.sort("left", "right")


def _matched(
    pairs: pl.DataFrame, tables: dict[str, pl.DataFrame], model: MatchModel, threshold: float
) -> Matches:
    """People are the connected components of the pairs, numbered as they first come."""
    sizes = [len(table) for table in tables.values()]
    second = sizes[0] if len(sizes) > 1 else 0
    people = _components(sum(sizes), pairs["left"].to_numpy(), pairs["right"].to_numpy() + second)
    clusters = pl.DataFrame(
        {
            "table": [name for name, table in tables.items() for _ in range(len(table))],
            "row": [row for table in tables.values() for row in range(len(table))],
            "person": people,
        },
        schema={"table": pl.String, "row": pl.Int64, "person": pl.Int64},
    )
    return Matches(pairs, clusters, model, threshold, tuple(tables))


def _components(many: int, one: Any, other: Any) -> list[int]:
    """For each record the number of its component, counted from 1 in the order of first records."""
    above = list(range(many))

    def root(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        low, high = sorted((root(a), root(b)))
        above[high] = low
    roots = np.array([root(place) for place in range(many)], dtype=np.int64)
    _, numbers = np.unique(roots, return_inverse=True)
    return [int(number) + 1 for number in numbers]
