"""What is known of the people in a table, and the same in a form that can be compared."""

import re
from dataclasses import dataclass
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, polars_columns, require_columns
from casemate.protection.name_matching.spelling import spelled, spelling_of
from casemate.protection.pseudonyms import identifier_texts

ROW = "row"
_APART = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True)
class PersonColumns:
    """Which column of a table says what of a person; names are needed, the rest helps.

    ``birth_date`` holds dates, or text of one form (1980-02-29); ``place`` a commune or postcode;
    ``identifier`` a number that should be the person's own, such as a national one.
    """

    first_name: str
    last_name: str
    birth_date: str | None = None
    place: str | None = None
    identifier: str | None = None

    def given(self) -> dict[str, str]:
        """The columns by what they say; BadInput if one column says two things."""
        found = {role: name for role, name in vars(self).items() if name is not None}
        if len(set(found.values())) != len(found):
            raise BadInput("each column of a person says one thing: a column was named twice")
        return found


def comparable(table: Any, columns: PersonColumns, *, names_only: bool = False) -> pl.DataFrame:
    """The people of ``table`` (polars, pandas, PyArrow, DuckDB), one a row, in comparable form.

    Columns ``row`` (0, 1, ...), ``first_name`` and ``last_name`` (spelling), ``*_sound``, ``*_parts``
    (the words of a double name), and the other roles that ``columns`` has; null where nothing is
    known. Raises BadInput for a column that is missing or holds no text.
    """
    roles = columns.given()
    if names_only:
        roles = {role: roles[role] for role in ("first_name", "last_name")}
    frame = open_frame(table)
    require_columns(frame, list(roles.values()), "a column of people to match")
    given = polars_columns(frame, list(roles.values()))
    made = [pl.int_range(len(given), eager=True).alias(ROW)]
    for role, name in roles.items():
        if role in ("first_name", "last_name"):
            made += _names(given[name], role)
        else:
            made.append(_texts(given[name], role))
    return pl.DataFrame(made)


def _names(column: pl.Series, role: str) -> list[pl.Series]:
    """Spelling, sound and parts; each distinct name is worked out once."""
    if column.dtype not in (pl.String, pl.Null):
        raise BadInput(
            f"the column {column.name!r} holds {column.dtype} values, which are no names"
        )
    known = spelled(column.unique().to_list())
    table = pl.DataFrame(
        {
            "name": list(known),
            role: [spelling or None for spelling, _ in known.values()],
            f"{role}_sound": [sound or None for _, sound in known.values()],
        },
        schema={"name": pl.String, role: pl.String, f"{role}_sound": pl.String},
    )
    found = (
        column.cast(pl.String)
        .to_frame("name")
        .join(table, on="name", how="left", maintain_order="left")
    )
    parts = found[role].str.split(" ").alias(f"{role}_parts")
    return [found[role], found[f"{role}_sound"], parts]


def _texts(column: pl.Series, role: str) -> pl.Series:
    texts = identifier_texts(column)
    values = texts.unique().drop_nulls().to_list()
    table = pl.DataFrame(
        {"text": values, role: [_written(value, role) or None for value in values]},
        schema={"text": pl.String, role: pl.String},
    )
    found = texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    return found[role]


def _written(value: str, role: str) -> str:
    if role == "identifier":
        return _APART.sub("", value.upper())
    return spelling_of(value) if role == "place" else value.strip()
