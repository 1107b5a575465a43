"""The domain of a table, declared in TOML; or read off the data, which gives them away.

[columns.sex]
values = ["Female", "Male"]
missing = true              # null is one of the values
[columns.age]
edges = [15, 25, 35, 65, 95]   # numbers in bins; or range = [0, 120] and width = 5
draw = false                # bins by name ("15 to 25"), not a number drawn within
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from casemate.errors import BadInput, NotFound
from casemate.protection.privacy_loss.rows import Rows
from casemate.protection.synthesis.domains import Bins, Categories

_BINS = 20
_FEW = 50
_MOST = 10_000


def read_domain(path: str | Path) -> dict[str, Categories | Bins]:
    """The domain that a TOML file declares. Raises NotFound or BadInput, naming the column."""
    path = Path(path)
    if not path.is_file():
        raise NotFound(f"there is no domain {path}: check the path")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"the domain {path.name} cannot be read: {error}") from None
    return domain_from_dict(document)


def domain_from_dict(document: Mapping[str, Any]) -> dict[str, Categories | Bins]:
    """The domain in a document read already; the inverse of ``domain_to_dict``."""
    columns = document.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise BadInput("a domain declares at least one column, as [columns.NAME]")
    return {str(name): _column(str(name), one) for name, one in columns.items()}


def domain_to_dict(domain: Mapping[str, Categories | Bins]) -> dict[str, Any]:
    """The domain as a document; it holds floats."""
    return {"columns": {name: _written(cells) for name, cells in domain.items()}}


def inferred_domain(
    table: Any, columns: Sequence[str] | None = None
) -> dict[str, Categories | Bins]:
    """A domain read off ``table``: numbers of over 50 values in 20 bins of equal width between the
    least and the largest, any other column by its values.

    This is not private: it gives away the least and largest number, and values that one person alone
    has. Raises BadInput for a column without any value, or with over 10,000 that are no numbers.
    """
    rows = Rows(table, contribution=1, person=None)
    names = list(rows.schema) if columns is None else list(columns)
    rows.require(names)
    frame = rows.where({}).select(names).collect()
    return {name: _inferred(frame[name]) for name in names}


def _inferred(column: pl.Series) -> Categories | Bins:
    numeric = column.dtype.is_numeric()
    known = (column.fill_nan(None) if column.dtype.is_float() else column).drop_nulls()
    absent = len(known) < len(column)
    many = known.n_unique()
    if not many:
        raise BadInput(f"the column {column.name!r} holds no value: leave it out")
    if numeric and many > _FEW:
        return _equal_bins(known, absent)
    if many > _MOST:
        raise BadInput(
            f"the column {column.name!r} has {many:,} values, which synthesis cannot keep: leave it "
            "out, or group them first"
        )
    values = known.cast(pl.String) if isinstance(column.dtype, pl.Enum | pl.Categorical) else known
    return Categories((*values.unique().sort().to_list(), *([None] if absent else [])))


def _equal_bins(known: pl.Series, absent: bool) -> Bins:
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type] # numbers, not null
    if not (math.isfinite(low) and math.isfinite(high)):
        raise BadInput(f"the column {known.name!r} holds an infinite number: declare its bins")
    if known.dtype.is_integer():
        whole = max(1, math.ceil((high - low + 1) / _BINS))
        return Bins(tuple(low + whole * at for at in range(_BINS + 1)), missing=absent)
    width = (high - low) / _BINS
    return Bins((*(low + width * at for at in range(_BINS)), high), missing=absent)


def _column(name: str, document: Any) -> Categories | Bins:
    if not isinstance(document, dict):
        raise BadInput(f"the domain of {name!r} is a table of values, edges, or range and width")
    missing, draw = bool(document.get("missing", False)), bool(document.get("draw", True))
    try:
        if "values" in document:
            return Categories((*document["values"], *([None] if missing else [])))
        if "edges" in document:
            return Bins(tuple(float(edge) for edge in document["edges"]), draw, missing)
        if "range" in document:
            return Bins(_edges(name, document), draw, missing)
    except BadInput as error:
        raise BadInput(f"the domain of {name!r}: {error}") from None
    except (TypeError, ValueError):
        raise BadInput(f"the domain of {name!r} holds what is no value or number") from None
    raise BadInput(f"the domain of {name!r} needs values, edges, or range and width")


def _edges(name: str, document: Mapping[str, Any]) -> tuple[float, ...]:
    low, high = (float(end) for end in document["range"])
    width = float(document.get("width", 1))
    if not (width > 0 and high > low and (high - low) / width <= _MOST):
        raise BadInput(f"the range of {name!r} goes up, in at most {_MOST:,} steps of its width")
    return tuple(low + width * at for at in range(math.ceil((high - low) / width) + 1))


def _written(cells: Categories | Bins) -> dict[str, Any]:
    if isinstance(cells, Bins):
        return {"edges": list(cells.edges), "draw": cells.draw, "missing": cells.missing}
    values = [value for value in cells.values if value is not None]
    return {"values": values, "missing": len(values) < cells.size}
