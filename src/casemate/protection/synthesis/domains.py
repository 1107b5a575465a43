"""What values a column may have, said publicly, and a table as whole-number codes of them.

The list of values is the one thing about the data that synthesis gives away unprotected: it must be
public knowledge (a codebook, a classification), not what happens to be in the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput
from casemate.protection.privacy_loss.conditions import Value, as_type
from casemate.protection.privacy_loss.rows import Rows

Codes = npt.NDArray[np.int64]
_MOST_CELLS = 10_000


@dataclass(frozen=True)
class Categories:
    """The values of a column, each once; None among them where it may be missing."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.values) <= _MOST_CELLS or len(set(self.values)) != len(self.values):
            raise BadInput(f"a column has 1 to {_MOST_CELLS} values, each given once")

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.values)

    def encode(self, column: pl.Series) -> pl.Series:
        """The place of each value in the list; null for a value that is not in it."""
        cells = as_type(self.values, column.dtype, column.name)
        codes = pl.DataFrame({"value": cells, "code": np.arange(self.size)})
        found = column.to_frame("value").join(
            codes, on="value", how="left", nulls_equal=True, maintain_order="left"
        )
        return found["code"].alias(column.name)

    def decode(self, codes: Codes, rng: np.random.Generator) -> pl.Series:
        """The values of ``codes``."""
        del rng
        return pl.Series(self.values)[codes] if len(codes) else pl.Series(self.values).head(0)


@dataclass(frozen=True)
class Bins:
    """A number in bins [a, b) of ascending ``edges``; what lies outside goes to the nearest bin.

    ``draw``: synthetic values are drawn evenly within their bin (whole where ``edges`` are whole);
    otherwise they are the bins' names, such as "20 to 25". Null has a bin of its own if ``missing``.
    """

    edges: tuple[float, ...]
    draw: bool = True
    missing: bool = False

    def __post_init__(self) -> None:
        if not 2 <= len(self.edges) <= _MOST_CELLS or list(self.edges) != sorted(set(self.edges)):
            raise BadInput("bins have at least two edges, ascending, each once")
        if not np.isfinite(self.edges).all():
            raise BadInput("the edges of bins are finite numbers")

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.edges) - 1 + self.missing

    def encode(self, column: pl.Series) -> pl.Series:
        """The bin of each number; null for what is missing, unless that is a bin."""
        if not column.dtype.is_numeric():
            raise BadInput(f"the column {column.name!r} holds {column.dtype}: bins are for numbers")
        numbers = column.cast(pl.Float64).fill_nan(None)
        last = len(self.edges) - 2
        places = np.searchsorted(self.edges[1:-1], numbers.fill_null(0).to_numpy(), side="right")
        codes = pl.Series(column.name, np.clip(places, 0, last), dtype=pl.Int64)
        absent = pl.lit(self.size - 1 if self.missing else None, dtype=pl.Int64)
        frame = pl.DataFrame({"code": codes, "number": numbers})
        kept = pl.when(pl.col("number").is_null()).then(absent).otherwise("code")
        return frame.select(kept.alias(column.name)).to_series()

    def decode(self, codes: Codes, rng: np.random.Generator) -> pl.Series:
        """A number in each bin, or its name."""
        low = np.append(np.asarray(self.edges[:-1]), np.nan)[codes]
        high = np.append(np.asarray(self.edges[1:]), np.nan)[codes]
        whole = all(float(edge).is_integer() for edge in self.edges)
        if not self.draw:
            names = [f"{a:g} to {b:g}" for a, b in zip(self.edges, self.edges[1:], strict=False)]
            return pl.Series([*names, None])[codes]
        drawn = low + rng.random(len(codes)) * (high - low)
        column = pl.Series(np.floor(drawn) if whole else drawn).fill_nan(None)
        return column.cast(pl.Int64) if whole else column


Domain = Mapping[str, Categories | Bins]


def observed_domain(table: Any, columns: Sequence[str]) -> dict[str, Categories]:
    """The values that ``columns`` have in ``table``: for columns whose list of values is public.

    This reads the data without protection: a value that only one person has is given away.
    """
    rows = Rows(table, contribution=1, person=None)
    rows.require(columns)
    found = rows.where({}).select(columns).collect()
    return {name: Categories(tuple(found[name].unique().sort().to_list())) for name in columns}


def check_types(rows: Rows, domain: Domain) -> None:
    """Raise BadInput unless each column is there and of a type its domain fits: reads no row."""
    rows.require(list(domain))
    for name, cells in domain.items():
        cells.encode(pl.Series(name, [], dtype=rows.schema[name]))


def encoded(rows: Rows, domain: Domain) -> pl.DataFrame:
    """The table as codes. A record with a value outside the domain is left out, whatever the others
    hold, so that one person more or less changes the codes by that person's records only."""
    if not domain:
        raise BadInput("give the domain of at least one column")
    check_types(rows, domain)
    found = rows.where({}).select(list(domain)).collect()
    codes = {name: cells.encode(found[name]) for name, cells in domain.items()}
    return pl.DataFrame(codes).drop_nulls().cast(pl.Int64)


def decoded(codes: Mapping[str, Codes], domain: Domain) -> pl.DataFrame:
    """Codes back as values; numbers are drawn within their bins afresh."""
    rng = np.random.default_rng()
    return pl.DataFrame({name: cells.decode(codes[name], rng) for name, cells in domain.items()})
