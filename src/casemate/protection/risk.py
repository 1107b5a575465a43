"""Re-identification risk of a table, from the sizes of its equivalence classes.

Dankar and El Emam (2010), A method for evaluating marketer re-identification risk, PAIS workshop;
El Emam and Dankar (2008), Protecting privacy using k-anonymity, JAMIA 15 (k-map, journalist).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns, with_columns

THRESHOLDS = (2, 3, 5, 10, 20)
"""The class sizes that offices and guides ask for, from the laxest to the strictest."""

RECORDS, PEOPLE = "records", "people"


@dataclass(frozen=True)
class Risk:
    """What an attacker who knows the quasi-identifiers can hope for; probabilities are 0 to 1.

    * prosecutor: knows that a certain person is in the table. The risk of a record is 1 over the
      size of its class; ``prosecutor_highest`` and ``prosecutor_average`` are over records, and
      ``at_risk`` is the share of records whose risk is above 1/``threshold``.
    * journalist: knows nobody certain to be in it. Without a table of the population the file is
      taken for the population, and the highest risk is the prosecutor's: an upper limit.
    * marketer: re-identifies as many as possible; the share expected to be right is the number of
      classes over the number of records.

    Definitions of Dankar and El Emam (2010), as ARX reports them. ``class_sizes`` pairs each size
    with the number of classes that have it, smallest first.
    """

    records: int
    classes: int
    smallest_class: int
    largest_class: int
    average_class: float
    uniques: int
    threshold: int
    prosecutor_highest: float
    prosecutor_average: float
    at_risk: float
    journalist_highest: float
    marketer: float
    class_sizes: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats (see ``without_floats``)."""
        document = asdict(self)
        document["class_sizes"] = [list(pair) for pair in self.class_sizes]
        return document


def reidentification_risk(
    table: Any, quasi_identifiers: Sequence[str], *, threshold: int = 5
) -> Risk:
    """Measure ``table`` (polars, pandas or PyArrow) over its ``quasi_identifiers``.

    Null counts as a value. With no quasi-identifier all records are one class. Raises BadInput for
    an empty table, an unknown column, NaN or mixed types in a quasi-identifier, a threshold below 1.
    """
    frame = open_frame(table)
    names = list(quasi_identifiers)
    require_columns(frame, names, "a quasi-identifier")
    if threshold < 1:
        raise BadInput(f"the threshold is a class size of at least 1, not {threshold}")
    if not len(frame):
        raise BadInput("the table has no records, so there is nobody to re-identify")
    if not names:
        return risk_of_sizes(pl.Series([len(frame)]), threshold)
    columns = polars_columns(frame, names)
    columns.columns = [str(place) for place in range(columns.width)]
    return risk_of_sizes(columns.group_by(columns.columns).len("records")["records"], threshold)


def risk_of_sizes(sizes: pl.Series, threshold: int) -> Risk:
    """The risk of a table whose classes have these ``sizes``, at least one."""
    held, many = _histogram(sizes.to_numpy())
    pairs = tuple(zip(held.tolist(), many.tolist(), strict=True))
    records = sum(size * classes for size, classes in pairs)
    classes = sum(classes for _, classes in pairs)
    exposed = sum(size * classes for size, classes in pairs if size < threshold)
    smallest = pairs[0][0]
    return Risk(
        records=records,
        classes=classes,
        smallest_class=smallest,
        largest_class=pairs[-1][0],
        average_class=records / classes,
        uniques=sum(classes for size, classes in pairs if size == 1),
        threshold=threshold,
        prosecutor_highest=1 / smallest,
        prosecutor_average=classes / records,
        at_risk=exposed / records,
        journalist_highest=1 / smallest,
        marketer=classes / records,
        class_sizes=pairs,
    )


def _histogram(sizes: Any) -> tuple[Any, Any]:
    """Each size and how often it is there; without sorting where sizes are small numbers."""
    if len(sizes) and int(sizes.max()) <= 2 * len(sizes) + 1024:
        many = np.bincount(sizes)
        held = np.flatnonzero(many)
        return held, many[held]
    return np.unique(sizes, return_counts=True)


@dataclass(frozen=True)
class RiskAtThreshold:
    """How many records lie in classes smaller than ``threshold``: a risk above 1/``threshold``."""

    threshold: int
    records: int
    share: float


def at_thresholds(
    class_sizes: Sequence[tuple[int, int]], thresholds: Sequence[int] = THRESHOLDS
) -> tuple[RiskAtThreshold, ...]:
    """The records at risk for each threshold, from ``Risk.class_sizes``; the thresholds sorted.

    Raises BadInput for a threshold below 1 and where there is no class.
    """
    return _at_thresholds([(size, size * classes) for size, classes in class_sizes], thresholds)


def _at_thresholds(
    records_by_size: Sequence[tuple[int, int]], thresholds: Sequence[int]
) -> tuple[RiskAtThreshold, ...]:
    whole = sum(records for _, records in records_by_size)
    if not whole:
        raise BadInput("there is no class, so nobody to be at risk")
    found = []
    for threshold in sorted(set(thresholds)):
        if threshold < 1:
            raise BadInput(f"the threshold is a class size of at least 1, not {threshold}")
        exposed = sum(records for size, records in records_by_size if size < threshold)
        found.append(RiskAtThreshold(threshold, exposed, exposed / whole))
    return tuple(found)


@dataclass(frozen=True)
class PopulationRisk:
    """The risk of a table whose records stand in a known ``population`` table; 0 to 1.

    * ``k_map``: the smallest population class that a record of the table falls in (the table
      satisfies k-map for each k up to it); ``population_uniques``: records whose class is one person.
    * journalist: a record's risk is 1 over its class in the population; the highest and the average
      over records. The attacker picks a person at random or looks for the easiest one.
    * ``marketer``: the expected share of records matched rightly, the same sum as the average.
    * ``absent``: records in classes that the population holds fewer people of than the table; above
      0 only where it was said to be ``incomplete``: the table's own people then count for them.
    * ``thresholds``: records at risk for each class size asked for, by population class.
    """

    records: int
    population: int
    k_map: int
    population_uniques: int
    absent: int
    journalist_highest: float
    journalist_average: float
    marketer: float
    thresholds: tuple[RiskAtThreshold, ...]

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats (see ``without_floats``)."""
        document = asdict(self)
        document["thresholds"] = [asdict(one) for one in self.thresholds]
        return document


def population_risk(
    table: Any,
    population: Any,
    quasi_identifiers: Sequence[str],
    *,
    thresholds: Sequence[int] = THRESHOLDS,
    incomplete: bool = False,
) -> PopulationRisk:
    """Measure ``table`` against a ``population`` table that holds everybody in it (k-map).

    Both have the ``quasi_identifiers``, at the same generalisation. A population that holds fewer
    people of some class than the table does not contain it and is refused by BadInput, unless
    ``incomplete``: then such a class counts the table's own people. Raises BadInput also for an
    empty table, an unknown column, NaN, and a column of different types in the two.
    """
    frame, people = _classes_in_both(table, population, quasi_identifiers)
    short = frame.filter(pl.col(PEOPLE) < pl.col(RECORDS))
    absent = int(short[RECORDS].sum())
    if absent and not incomplete:
        raise BadInput(
            f"the population has fewer people than the table in classes of {absent} records: give "
            "one that contains the table, or say that it is incomplete"
        )
    frame = frame.with_columns(pl.max_horizontal(PEOPLE, RECORDS).alias(PEOPLE))
    by_size = frame.group_by(PEOPLE).agg(pl.col(RECORDS).sum()).sort(PEOPLE)
    pairs = [(int(size), int(records)) for size, records in by_size.iter_rows()]
    records = sum(count for _, count in pairs)
    average = sum(count / size for size, count in pairs) / records
    return PopulationRisk(
        records=records,
        population=people,
        k_map=pairs[0][0],
        population_uniques=dict(pairs).get(1, 0),
        absent=absent,
        journalist_highest=1 / pairs[0][0],
        journalist_average=average,
        marketer=average,
        thresholds=_at_thresholds(pairs, thresholds),
    )


def with_record_risk(
    table: Any, quasi_identifiers: Sequence[str], *, population: Any = None
) -> Any:
    """``table`` with a column ``prosecutor_risk``: for each record 1 over the size of its class.

    With a ``population`` also ``journalist_risk``, 1 over the size of its class there, or in the
    table where that is larger. Columns are float64, 0 to 1, in the kind of table that was given.
    Raises BadInput as ``reidentification_risk``, and where the table has such a column already.
    """
    names = list(quasi_identifiers)
    frame = open_frame(table)
    require_columns(frame, names, "a quasi-identifier")
    if not len(frame):
        raise BadInput("the table has no records, so nobody to be at risk")
    new = ["prosecutor_risk"] + ["journalist_risk"] * (population is not None)
    for name in new:
        if name in frame.columns:
            raise BadInput(f"the table has a column {name!r} already: rename or drop it first")
    keys = _numbered(polars_columns(frame, names), len(frame))
    sizes = keys.with_columns(pl.len().over(keys.columns).alias(RECORDS))
    columns = {"prosecutor_risk": 1 / sizes[RECORDS]}
    if population is not None:
        classes, _ = _classes_in_both(table, population, names)
        keys = keys.cast({name: classes.schema[name] for name in keys.columns})
        found = keys.join(classes, on=keys.columns, nulls_equal=True, maintain_order="left")
        columns["journalist_risk"] = (
            1 / found.select(pl.max_horizontal(PEOPLE, RECORDS)).to_series()
        )
    return with_columns(frame, columns).to_native()


def _classes_in_both(
    table: Any, population: Any, quasi_identifiers: Sequence[str]
) -> tuple[pl.DataFrame, int]:
    """Each class of the table with its ``records`` and ``people``, and the size of the population."""
    names = list(quasi_identifiers)
    frame, everybody = open_frame(table), open_frame(population)
    require_columns(frame, names, "a quasi-identifier")
    if missing := [name for name in names if name not in everybody.columns]:
        raise BadInput(f"the population table has no column {missing[0]!r}")
    if not len(frame):
        raise BadInput("the table has no records, so there is nobody to re-identify")
    ours, theirs = polars_columns(frame, names), polars_columns(everybody, names)
    for name in names:
        ours, theirs = _alike(name, ours, theirs)
    mine, whole = _numbered(ours, len(frame)), _numbered(theirs, len(everybody))
    classes = mine.group_by(mine.columns).len(RECORDS)
    people = whole.group_by(whole.columns).len(PEOPLE)
    joined = classes.join(people, on=mine.columns, how="left", nulls_equal=True)
    return joined.with_columns(pl.col(PEOPLE).fill_null(0)), len(everybody)


def _alike(
    name: str, ours: pl.DataFrame, theirs: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both columns in one type; whole numbers of any width are alike, and an empty column fits all."""
    mine, other = ours[name].dtype, theirs[name].dtype
    if mine == other:
        return ours, theirs
    if mine.is_integer() and other.is_integer():
        wide = pl.col(name).cast(pl.Int128)
        return ours.with_columns(wide), theirs.with_columns(wide)
    if mine == pl.Null:
        return ours.with_columns(pl.col(name).cast(other)), theirs
    if other == pl.Null:
        return ours, theirs.with_columns(pl.col(name).cast(mine))
    raise BadInput(
        f"the column {name!r} is {mine} in the table and {other} in the population: "
        "give both the same type"
    )


def _numbered(columns: pl.DataFrame, height: int) -> pl.DataFrame:
    """The columns named by their place, which no word of ours can clash with; one class if none."""
    if not columns.width:
        return pl.DataFrame({"0": pl.repeat(0, height, dtype=pl.Int8, eager=True)})
    return columns.rename({name: str(place) for place, name in enumerate(columns.columns)})
