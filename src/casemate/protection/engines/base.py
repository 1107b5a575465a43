"""What every engine does for anonymisation, and the small tables that pass between it and the search.

An engine looks at each quasi-identifier's distinct values (``survey``), counts the records of each
combination (``counted``) and writes the table anew (``recoded``), all where the data lies. Between
the two passes only what is distinct is in this process: values, one integer key for each combination
and its number of records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput

COUNT = "*records"
MOST_KEYS = 2**62
"""So many keys fit one word."""

Codes = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Survey:
    """How many records a table has, and the distinct values of some columns, in order, null first.

    Where it is not ``exact`` there may be values that no record holds.
    """

    records: int
    values: Mapping[str, pl.Series]
    exact: bool = True


class Engine(Protocol):
    """A table where it lies. Null is a value like any other."""

    @property
    def columns(self) -> list[str]: ...

    def survey(self, names: Sequence[str]) -> Survey:
        """One pass. Raises BadInput for a column with NaN, of mixed types or of nested values."""
        ...

    def bounds(self, names: Sequence[str]) -> Survey:
        """A survey, which need not be exact where a column's type or range tells its values sooner."""
        ...

    def counted(self, packing: "Packing") -> pl.DataFrame:
        """One pass: the distinct keys in ``packing.words`` and ``COUNT``, in any order."""
        ...

    def classes(self, names: Sequence[str]) -> pl.DataFrame:
        """One pass: each combination of these columns as they stand, once, and ``COUNT``, in any
        order. It shares nothing with ``counted``: what a packing does wrong is not done here."""
        ...

    def recoded(self, recoding: "ByColumn | ByTuple") -> Any:
        """The table with its new labels and without its suppressed records, of the kind given.

        Records stay in order where the kind has one. A lazy kind stays lazy.
        """
        ...


@dataclass(frozen=True)
class Packing:
    """Columns of values as few integer keys: a key is the sum of each value's code times its stride.

    ``codes`` gives for each value of ``values`` its code, from 0 up to below the column's radix.
    A column of one code takes no room. Keys sort as tuples of codes do.
    """

    values: Mapping[str, pl.Series]
    codes: Mapping[str, Codes]
    words: Mapping[str, tuple[tuple[str, int], ...]]
    radices: Mapping[str, int]

    @classmethod
    def of(
        cls,
        values: Mapping[str, pl.Series],
        codes: Mapping[str, Codes] | None = None,
        apart: Sequence[str] = (),
    ) -> "Packing":
        """Pack all ``values``; those ``apart`` come last and share no key with the others."""
        codes = codes or {name: np.arange(len(held)) for name, held in values.items()}
        radices = {name: int(code.max(initial=0)) + 1 for name, code in codes.items()}
        split: list[list[str]] = [[]]
        width, parted = 1, False
        for name in [*(one for one in values if one not in apart), *apart]:
            if width * radices[name] > MOST_KEYS or (name in apart and not parted):
                split.append([])
                width, parted = 1, parted or name in apart
            split[-1].append(name)
            width *= radices[name]
        words = {f"*{place}": _strides(names, radices) for place, names in enumerate(split)}
        return cls(values, codes, words, radices)

    def keys(self, codes: Mapping[str, Codes]) -> dict[str, Codes]:
        """The keys of records (or tuples) whose columns have these ``codes``."""
        many = len(next(iter(codes.values())))
        found = {}
        for word, places in self.words.items():
            key = np.zeros(many, dtype=np.int64)
            for name, stride in places:
                key += codes[name].astype(np.int64) * stride
            found[word] = key
        return found

    def key_exprs(self) -> list[pl.Expr]:
        """``keys`` as expressions over columns of codes."""
        found = []
        for word, places in self.words.items():
            key = pl.lit(0, dtype=pl.Int64)
            for name, stride in places:
                key = key + pl.col(name).cast(pl.Int64) * stride
            found.append(key.alias(word))
        return found

    def unpacked(self, keys: pl.DataFrame) -> dict[str, Small]:
        """The code of each column, from keys."""
        codes = keys.select(
            (pl.col(word) // stride % self.radices[name]).cast(pl.Int32).alias(name)
            for word, places in self.words.items()
            for name, stride in places
        )
        return {column.name: column.to_numpy() for column in codes}


def _strides(names: Sequence[str], radices: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    stride, found = 1, []
    for name in reversed(names):
        found.append((name, stride))
        stride *= radices[name]
    return tuple(reversed(found))


@dataclass(frozen=True)
class ByColumn:
    """One generalisation of the whole table: what each value becomes, column by column.

    ``packing`` has the distinct values of the columns, and as codes the numbers of their labels;
    ``labels`` the new text for each code, of the columns that change. ``lost`` are the keys of the
    classes that are suppressed, each once; None where nothing is.
    """

    packing: Packing
    labels: Mapping[str, pl.Series]
    lost: pl.DataFrame | None = None


@dataclass(frozen=True)
class ByTuple:
    """What each distinct tuple becomes, where labels depend on several columns at once.

    ``old`` has the values as collected of each tuple that is kept, once; ``new`` in the same order
    what some of its columns become. A record whose tuple is not in ``old`` is suppressed.
    """

    old: pl.DataFrame
    new: pl.DataFrame = field(default_factory=pl.DataFrame)


Recoding = ByColumn | ByTuple


def plain_column(column: pl.Series) -> pl.Series:
    """Categories as text; BadInput for what has no plain written form, and for NaN and infinity."""
    name = column.name
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    if column.dtype.is_nested() or column.dtype in (pl.Object, pl.Binary):
        raise BadInput(
            f"the column {name!r} holds {column.dtype} values, or mixes types: "
            "give text, numbers, dates or booleans"
        )
    if column.dtype.is_float() and not column.drop_nulls().is_finite().all():
        raise BadInput(f"the column {name!r} holds NaN or infinity: use null for what is missing")
    return column


def with_distinct_names(columns: Sequence[str]) -> list[str]:
    """The names of a table's columns; BadInput where two are alike."""
    names = list(columns)
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"the table has two columns named {name!r}: rename one")
    return names


def survey_of(found: pl.DataFrame, names: Sequence[str]) -> Survey:
    """The survey in one line that an engine gave back: the number of records, and by column of
    ``names`` a list of its values and the number of records that hold one."""
    records, values = int(found[0, 0]), {}
    for place, name in enumerate(names):
        held = found.to_series(2 * place + 1).explode().drop_nulls().alias(name)
        if int(found[0, 2 * place + 2]) < records:
            held = pl.concat([pl.Series(name, [None], dtype=held.dtype), held])
        values[name] = plain_column(held).sort()
    return Survey(records, values)


def unused(names: Sequence[str]) -> str:
    """A beginning for names of our own that no column's name has."""
    return "*" + max(names, key=len, default="")
