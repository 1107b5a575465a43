"""How identifying names are: with how many people of a population does each record share its name.

The k-map of names (Sweeney's k-map with names as the quasi-identifiers): what a data holder looks at
before pseudonymising, to know how much the names told and whom a leaked key would name at once.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.name_matching.people import PersonColumns, comparable
from casemate.protection.name_matching.training import closed_database


class NameAgreement(StrEnum):
    """When two people's names agree: in spelling, in sound, or in similar spelling."""

    SPELLING = "spelling"
    SOUND = "sound"
    SIMILAR = "similar"


@dataclass(frozen=True)
class NamesKMap:
    """``counts``: for each record, in order, how many people of the population have its name.

    Null for a record that lacks a first or a last name. A count of 0 says that nobody of the
    population has it: the population is not that of the table, or lacks the person.
    """

    agreement: NameAgreement
    counts: pl.Series = field(repr=False)

    @property
    def records(self) -> int:
        """The records that have a name."""
        return len(self.counts) - self.counts.null_count()

    @property
    def smallest(self) -> int | None:
        """The k of the names: the least count; None where no record has a name."""
        found: Any = self.counts.min()
        return None if found is None else int(found)

    @property
    def mean(self) -> float | None:
        """People of the population that a record's name stands for, on average."""
        found: Any = self.counts.mean()
        return None if found is None else float(found)

    @property
    def absent(self) -> int:
        """The records whose name nobody of the population has."""
        return int((self.counts == 0).sum())

    def share_below(self, k: int) -> float:
        """The share of records whose name fewer than ``k`` people have, 0 to 1."""
        if k < 1:
            raise BadInput("k is at least 1")
        return int((self.counts < k).sum()) / self.records if self.records else 0.0


def names_k_map(
    table: Any,
    population: Any,
    *,
    columns: PersonColumns,
    population_columns: PersonColumns | None = None,
    agreement: NameAgreement = NameAgreement.SOUND,
    threshold: float = 0.92,
) -> NamesKMap:
    """Count for each record of ``table`` the people of ``population`` with a name that agrees.

    Names agree if first and last name do. ``SIMILAR`` counts names whose spellings both have a
    Jaro-Winkler similarity of ``threshold`` or more, among those of the same sound in the first or
    in the last name. ``population`` has one record a person. Raises BadInput for missing columns.
    """
    if not 0 < threshold <= 1:
        raise BadInput("a similarity is above 0 and at most 1")
    records = comparable(table, columns, names_only=True)
    people = comparable(population, population_columns or columns, names_only=True)
    names = ["first_name", "last_name"]
    if agreement is NameAgreement.SOUND:
        names = [f"{name}_sound" for name in names]
    if agreement is NameAgreement.SIMILAR:
        counted = _similar(records, people, threshold)
    else:
        counted = people.drop_nulls(names).group_by(names).agg(pl.len().alias("people"))
    found = records.join(counted, on=names, how="left", maintain_order="left")
    missing = pl.any_horizontal(pl.col("first_name").is_null(), pl.col("last_name").is_null())
    count = pl.when(~missing).then(pl.col("people").fill_null(0)).cast(pl.Int64)
    return NamesKMap(agreement, found.select(count.alias("people"))["people"])


def _similar(records: pl.DataFrame, people: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """For each distinct name of ``records`` the people of a similar one; on distinct names."""
    names = ["first_name", "last_name"]
    kept = [*names, *(f"{name}_sound" for name in names)]
    connection = closed_database()
    for side, table in (("l", records), ("r", people)):
        distinct = table.drop_nulls(names).group_by(kept).agg(pl.len().alias("people"))
        connection.register(side, distinct.to_arrow())
    alike = " AND ".join(
        f"jaro_winkler_similarity(l.{name}, r.{name}) >= {float(threshold)!r}" for name in names
    )
    # the words in these queries are ours; the only value is a number
    pairs = " UNION ".join(
        f"SELECT l.first_name, l.last_name, r.first_name AS f, r.last_name AS n, r.people FROM l "  # noqa: S608
        f"JOIN r ON l.{name}_sound = r.{name}_sound WHERE {alike}"
        for name in names
    )
    query = (
        f"SELECT first_name, last_name, sum(people)::BIGINT AS people FROM ({pairs}) GROUP BY ALL"  # noqa: S608
    )
    try:
        found: pl.DataFrame = connection.sql(query).pl()
    finally:
        connection.close()
    return found
