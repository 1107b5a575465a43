"""Subgroups, and which of them are too small to tell of.

A figure about few people is not told, and neither is one that gives it away: where a single group of a
total is withheld, what is told of the total and of the others would tell it. The rule is that of the
enclave's output check, in its words: the minimum cell count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from casemate.assurance.results import EVERYBODY
from casemate.assurance.tabular.data import Table

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Key = tuple[str, ...]
LEAST = 10
"""As a dataset's least number of people in a cell, where its holder sets none."""


@dataclass(frozen=True)
class Division:
    """A division of everybody by one or two columns: who is in each part, and which parts are told.

    ``told`` may show all figures of a part; ``counted`` its size and whom the model decides for, and
    nothing of what is so.
    """

    columns: Key
    parts: Mapping[Key, Flags]
    told: frozenset[Key]
    counted: frozenset[Key]

    def label(self, key: Key) -> str:
        """The part in words."""
        return label(self.columns, key)

    @property
    def name(self) -> str:
        """The division in words."""
        return " by ".join(self.columns)


def label(columns: Key, key: Key) -> str:
    """A part in words: ``sex = F, race = B``."""
    return (
        ", ".join(f"{one} = {value}" for one, value in zip(columns, key, strict=True)) or EVERYBODY
    )


def divisions(table: Table, least: int) -> tuple[Division, ...]:
    """By each protected column, then by each pair of them."""
    found: dict[Key, Division] = {}
    for columns in [
        *((one,) for one in table.groups),
        *combinations(table.groups, 2),
    ]:
        found[columns] = _divide(table, columns, least, found)
    return tuple(found.values())


def _divide(table: Table, columns: Key, least: int, above: Mapping[Key, Division]) -> Division:
    labels = list(zip(*(table.groups[one].tolist() for one in columns), strict=True))
    keys = sorted(set(labels))
    place = {key: number for number, key in enumerate(keys)}
    at = np.array([place[one] for one in labels])
    parts = {key: at == number for number, key in enumerate(keys)}
    people = {key: int(part.sum()) for key, part in parts.items()}
    outcomes = {key: _rarer(table.truth[part]) for key, part in parts.items()}
    counted = _told(people, _totals(columns, keys, above, "counted"), least)
    known = {key: size if key in counted else 0 for key, size in outcomes.items()}
    told = _told(known, _totals(columns, keys, above, "told"), least)
    return Division(columns, parts, told, counted)


def _rarer(truth: Flags) -> int:
    """People of the rarer truth: what is said of a rate is said of them."""
    return int(min(truth.sum(), (~truth).sum()))


def _totals(
    columns: Key, keys: Sequence[Key], above: Mapping[Key, Division], which: str
) -> list[list[Key]]:
    """The parts that add up to something told: to everybody, and to each told value of one column."""
    found = [list(keys)]
    if len(columns) < 2:
        return found
    for place, column in enumerate(columns):
        shown = sorted(getattr(above[(column,)], which))
        found += [[key for key in keys if key[place] == value] for (value,) in shown]
    return found


def _told(sizes: Mapping[Key, int], totals: list[list[Key]], least: int) -> frozenset[Key]:
    """The parts of ``least`` or more, less those that would give a smaller one away.

    Of each total, either nothing is withheld, or two parts or more that have ``least`` together.
    """
    hidden = {key for key, size in sizes.items() if size < least}
    changed = True
    while changed:
        changed = False
        for total in totals:
            inside = [key for key in total if key in hidden]
            left = sorted((key for key in total if key not in hidden), key=lambda key: sizes[key])
            enough = len(inside) > 1 and sum(sizes[key] for key in inside) >= least
            if inside and not enough and left:
                hidden.add(left[0])
                changed = True
    return frozenset(sizes) - hidden


def reason(least: int) -> str:
    """Why a figure is withheld, in the words of the output check."""
    return f"minimum cell count: it would be of, or give away, fewer than {least} people of one outcome"
