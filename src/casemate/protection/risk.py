"""Re-identification risk of a table, from the sizes of its equivalence classes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns


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
    histogram = sizes.rename("size").value_counts(name="classes").sort("size")
    pairs = tuple((int(size), int(classes)) for size, classes in histogram.iter_rows())
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
