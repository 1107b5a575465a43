"""Margins: published tables of a population, one- or more-way, read from a TOML document.

total = 643941
blocks = [["age", "sex"], ["sex", "commune"]]     # what hangs together; see ``fitting``
[columns.sex]
values = ["F", "M"]
[[margins]]
columns = ["sex"]                                  # or ["age.five", "sex"], a grouping of ages
kind = "published"                                 # with source and year; or "assumption", with why
counts = { F = 319586, M = 324355 }                # or file = "sex.csv", with a column `count`
[[never]]                                          # what cannot be: structural zeros
[[affinities]]                                     # weights to start from, where no margin speaks
"""

import csv
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.errors import BadInput, NotFound
from casemate.protection.population.columns import Column, read_column

Floats = npt.NDArray[np.float64]
Reference = tuple[str, str]
"""A column and one of its groupings; an empty grouping means its values."""


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers by labels of one or more columns; ``within`` limits it to records that have these
    values. ``given``: which cells were named; in a margin what is not named is 0."""

    references: tuple[Reference, ...]
    numbers: Floats
    within: Mapping[Reference, tuple[str, ...]]
    kind: str
    note: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the table speaks of."""
        return tuple(dict.fromkeys(c for c, _ in (*self.references, *self.within)))

    @property
    def title(self) -> str:
        """For messages: "age.five × sex"."""
        names = " × ".join(f"{c}.{g}" if g else c for c, g in self.references)
        limits = " and ".join(f"{c}.{g}" if g else c for c, g in self.within)
        return f"{names} within {limits}" if limits else names


@dataclass(frozen=True)
class Margins:
    """A document of margins, checked for what can be checked without fitting."""

    title: str
    total: int
    tolerance: float
    columns: Mapping[str, Column]
    blocks: tuple[tuple[str, ...], ...]
    margins: tuple[Table, ...]
    affinities: tuple[Table, ...]
    never: tuple[Mapping[Reference, tuple[str, ...]], ...]

    def assumptions(self) -> tuple[str, ...]:
        """The margins that no source is given for."""
        return tuple(table.title for table in self.margins if table.kind == "assumption")


def luxembourg() -> Margins:
    """The margins that come with Casemate: Luxembourg about 2021; see ``luxembourg.toml``."""
    text = files("casemate.protection.population").joinpath("luxembourg.toml").read_text("utf-8")
    return margins_from(tomllib.loads(text), Path())


def read_margins(path: str | Path) -> Margins:
    """The margins in a TOML document. Raises NotFound or BadInput, naming the place."""
    path = Path(path)
    if not path.is_file():
        raise NotFound(f"there are no margins {path}: check the path")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"the margins {path.name} cannot be read: {error}") from None
    return margins_from(document, path.parent)


def margins_from(document: Mapping[str, Any], folder: Path) -> Margins:
    """The margins in a document read already; ``folder`` is where the CSV files it names lie."""
    try:
        columns = {name: read_column(name, one) for name, one in document["columns"].items()}
        made = Margins(
            title=str(document.get("title", "a population")),
            total=_total(document["total"]),
            tolerance=float(document.get("tolerance", 0.001)),
            columns=columns,
            blocks=_blocks(document, columns),
            margins=tuple(_margin(one, columns, folder) for one in document["margins"]),
            affinities=tuple(_affinity(one, columns) for one in document.get("affinities", ())),
            never=tuple(_limits(one["where"], columns) for one in document.get("never", ())),
        )
    except KeyError as error:
        raise BadInput(f"the margins lack {error.args[0]!r}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise BadInput(f"the margins are not of the form that they should have: {error}") from None
    if odd := [name for name in columns if not any(name in block for block in made.blocks)]:
        raise BadInput(f"no block holds the column {odd[0]!r}: add it to one")
    return made


def _total(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise BadInput("the total of the margins is a whole number of 1 or more")
    return value


def _blocks(
    document: Mapping[str, Any], columns: Mapping[str, Column]
) -> tuple[tuple[str, ...], ...]:
    """As declared; without a declaration, the columns of each margin that no earlier block holds."""
    if "blocks" in document:
        blocks = [tuple(block) for block in document["blocks"]]
    else:
        wanted = [_columns_of(one) for one in document["margins"]]
        wanted.sort(key=len, reverse=True)
        blocks = []
        for one in wanted:
            if not any(set(one) <= set(block) for block in blocks):
                blocks.append(one)
    for name in (name for block in blocks for name in block):
        _known(name, columns)
    return tuple(blocks)


def _columns_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    names = [*document["columns"], *document.get("within", {})]
    return tuple(dict.fromkeys(name.partition(".")[0] for name in names))


def _margin(document: Mapping[str, Any], columns: Mapping[str, Column], folder: Path) -> Table:
    kind, source = document.get("kind"), document.get("source")
    references = _references(document["columns"], columns)
    if kind not in ("published", "assumption"):
        raise BadInput(f"the margin {document['columns']} is published or an assumption: say which")
    if kind == "published" and not (source and "year" in document):
        raise BadInput(f"the margin {document['columns']} is published: give its source and year")
    if "file" in document:
        numbers = _from_file(folder / document["file"], references, columns)
    else:
        numbers = _nested(document["counts"], references, columns, 0.0)
    if not numbers.sum() > 0:
        raise BadInput(f"the margin {document['columns']} counts nobody")
    note = f"{source} ({document['year']})" if kind == "published" else str(document.get("why", ""))
    return Table(references, numbers, _limits(document.get("within", {}), columns), kind, note)


def _affinity(document: Mapping[str, Any], columns: Mapping[str, Column]) -> Table:
    references = _references(document["columns"], columns)
    numbers = _nested(document["weights"], references, columns, 1.0)
    return Table(references, numbers, {}, "assumption", str(document.get("why", "")))


def _references(names: Sequence[str], columns: Mapping[str, Column]) -> tuple[Reference, ...]:
    found = []
    for name in names:
        column, _, group = name.partition(".")
        _known(column, columns).grouping(group)
        found.append((column, group))
    if not found or len({column for column, _ in found}) != len(found):
        raise BadInput(f"a table has one or more columns, each once, not {list(names)}")
    return tuple(found)


def _limits(
    document: Mapping[str, Any], columns: Mapping[str, Column]
) -> dict[Reference, tuple[str, ...]]:
    found = {}
    for name, labels in document.items():
        (reference,) = _references([name], columns)
        for label in labels:
            _label(reference, str(label), columns)
        found[reference] = tuple(map(str, labels))
    return found


def _nested(
    document: Any, references: tuple[Reference, ...], columns: Mapping[str, Column], empty: float
) -> Floats:
    """Numbers from a table of tables, one depth a column."""
    shape = tuple(len(columns[c].grouping(g).labels) for c, g in references)
    numbers = np.full(shape, empty)
    for labels, number in _leaves(document, len(references)):
        at = tuple(_label(r, one, columns) for r, one in zip(references, labels, strict=True))
        numbers[at] = _number(number, labels)
    return numbers


def _leaves(document: Any, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    for label, below in document.items():
        if depth == 1:
            yield (label,), below
            continue
        for labels, number in _leaves(below, depth - 1):
            yield (label, *labels), number


def _from_file(
    path: Path, references: tuple[Reference, ...], columns: Mapping[str, Column]
) -> Floats:
    """Numbers from a CSV file with a column for each reference, named as it, and ``count``."""
    if not path.is_file():
        raise NotFound(f"there is no table of margins {path}: check the path")
    shape = tuple(len(columns[c].grouping(g).labels) for c, g in references)
    numbers = np.zeros(shape)
    names = [f"{c}.{g}" if g else c for c, g in references]
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if missing := [name for name in (*names, "count") if row.get(name) is None]:
                raise BadInput(f"{path.name} has a line without {missing[0]!r}")
            labels = tuple(row[name] for name in names)
            at = tuple(_label(r, one, columns) for r, one in zip(references, labels, strict=True))
            numbers[at] += _number(row["count"], labels)
    return numbers


def _label(reference: Reference, label: str, columns: Mapping[str, Column]) -> int:
    labels = columns[reference[0]].grouping(reference[1]).labels
    if label not in labels:
        name = ".".join(part for part in reference if part)
        raise BadInput(f"{name!r} has no {label!r}, which the margins name")
    return labels.index(label)


def _number(value: Any, labels: tuple[str, ...]) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BadInput(f"the margin of {' × '.join(labels)} is no number: {value!r}") from None
    if not (math.isfinite(number) and number >= 0):
        raise BadInput(f"the margin of {' × '.join(labels)} is not negative, and finite")
    return number


def _known(name: str, columns: Mapping[str, Column]) -> Column:
    if name not in columns:
        raise BadInput(f"the margins name the column {name!r}, which they do not declare")
    return columns[name]
