"""The people that a model is tried on: any data frame, with what is so, who they are, and what is read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import open_frame, require_columns

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Labels = np.ndarray[Any, np.dtype[np.str_]]
MISSING = "(missing)"
_MOST_VALUES = 12
_BANDS = 4
_POSITIVE = {"true": "false", "1": "0", "yes": "no"}


@dataclass(frozen=True)
class Table:
    """Rows with a known truth. ``groups`` has each row's label by protected column."""

    rows: pl.DataFrame
    features: tuple[str, ...]
    target: str
    positive: str
    truth: Flags
    groups: dict[str, Labels]
    trained: Flags | None
    name: str
    digest: str

    def __len__(self) -> int:
        return self.rows.height

    def part(self, places: Any) -> pl.DataFrame:
        """The features of the rows at ``places``."""
        found: pl.DataFrame = self.rows.select(self.features)[places]
        return found


def table_of(
    frame: Any,
    *,
    target: str,
    protected: Sequence[str],
    positive: str | None = None,
    features: Sequence[str] = (),
    trained: str | None = None,
    name: str = "table",
    digest: str | None = None,
) -> Table:
    """``frame`` (polars, pandas, PyArrow, DuckDB) as a table to try models on.

    ``positive`` is the target's value that the model decides for; it may be left out where the target
    is true and false, 1 and 0, or yes and no. ``features`` are what the model reads: all columns but
    ``target`` and ``trained`` where none are named. ``trained`` is a column of true and false: who the
    model was trained on. A protected number of more than 12 values is cut into four bands.
    """
    opened = open_frame(frame)
    require_columns(
        opened, [target, *protected, *features, *([trained] if trained else [])], "the table"
    )
    rows: pl.DataFrame = opened.to_polars()
    if rows.height < 2 or rows[target].null_count():
        raise BadInput(f"the table needs two rows, and a value of {target!r} in each")
    labels = _text(rows[target])
    wanted = _positive(target, labels, positive)
    read = tuple(features) or tuple(one for one in rows.columns if one not in (target, trained))
    if target in read:
        raise BadInput(f"the target {target!r} cannot be among the features: it is what is told")
    return Table(
        rows,
        read,
        target,
        wanted,
        np.asarray(labels == wanted, dtype=bool),
        {one: _groups(rows[one]) for one in protected},
        None if trained is None else _trained(rows[trained]),
        name,
        digest or digest_of(rows),
    )


def digest_of(rows: pl.DataFrame) -> str:
    """A digest of names, types and values, whatever file they came from."""
    found = hashlib.sha256()
    for column in rows.get_columns():
        found.update(f"{column.name}\0{column.dtype}\0".encode())
        found.update(column.to_frame().write_csv().encode())
    return "sha256:" + found.hexdigest()


def _text(column: pl.Series) -> Labels:
    """Values as they are written; a whole number has no point, whatever type holds it."""
    if column.dtype.is_float() and bool((column.drop_nulls() % 1 == 0).all()):
        column = column.cast(pl.Int64)
    return np.asarray(column.cast(pl.String).fill_null(MISSING).to_list(), dtype=np.str_)


def _positive(target: str, labels: Labels, positive: str | None) -> str:
    values = sorted({str(one) for one in labels})
    if positive is not None:
        if positive not in values or len(values) < 2:
            raise BadInput(
                f"{target!r} needs the value {positive!r} and another one; it has {_listed(values)}"
            )
        return positive
    for value in values:
        other = _POSITIVE.get(value.lower())
        if other is not None and {one.lower() for one in values} == {value.lower(), other}:
            return value
    raise BadInput(
        f"say which value of {target!r} the model decides for (positive): it has {_listed(values)}"
    )


def _listed(values: list[str]) -> str:
    shown = ", ".join(repr(one) for one in values[:6])
    return shown + (", …" if len(values) > 6 else "")


def _trained(column: pl.Series) -> Flags:
    if column.dtype == pl.String:
        column = column.str.to_lowercase().replace_strict(
            {"true": True, "false": False, "1": True, "0": False}, default=None
        )
    if column.null_count() or not column.cast(pl.Float64).is_in([0.0, 1.0]).all():
        raise BadInput(
            f"the column {column.name!r} must be true or false in every row: who trained it"
        )
    return np.asarray(column.cast(pl.Float64).to_numpy() == 1.0, dtype=bool)


def _groups(column: pl.Series) -> Labels:
    if not column.dtype.is_numeric() or column.n_unique() <= _MOST_VALUES:
        return _text(column)
    values = column.cast(pl.Float64).to_numpy()
    known = values[~np.isnan(values)]
    cuts = np.unique(np.quantile(known, np.arange(1, _BANDS) / _BANDS, method="nearest"))
    names = [f"below {cuts[0]:g}"]
    names += [f"{low:g} to below {high:g}" for low, high in pairwise(cuts)]
    names.append(f"{cuts[-1]:g} and more")
    labels = np.array(names)[np.searchsorted(cuts, np.nan_to_num(values), side="right")]
    return np.where(np.isnan(values), MISSING, labels)
