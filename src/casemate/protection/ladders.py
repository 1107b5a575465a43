"""A hierarchy laid over the values that one column holds: integer codes, labels and shares a level."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.errors import BadInput
from casemate.protection.hierarchies import Hierarchy, Key, require_monotone
from casemate.protection.values import text_of

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ladder:
    """One quasi-identifier's values, in a fixed order, and what each becomes at each level.

    ``codes[level][value]`` numbers the label of a value, ``labels[level][code]`` is its text,
    ``shares[level][code]`` the part of the hierarchy's ``lines`` that the label covers.
    """

    attribute: str
    hierarchy: Hierarchy
    lines: int
    codes: tuple[Codes, ...]
    labels: tuple[tuple[Key, ...], ...]
    shares: tuple[Floats, ...]

    @property
    def height(self) -> int:
        """The number of levels, the original values included."""
        return len(self.codes)

    def up(self, low: int, high: int) -> Codes:
        """For each label of level ``low`` the code of its label at level ``high``."""
        found = np.zeros(len(self.labels[low]), dtype=np.int64)
        found[self.codes[low]] = self.codes[high]
        return found


def build_ladder(attribute: str, hierarchy: Hierarchy, values: Sequence[Any]) -> Ladder:
    """Lay ``hierarchy`` over the distinct ``values`` of a column.

    Raises BadInput, naming the value, if the hierarchy lacks one or is not monotone: two values
    that share a label must share every later label, or a coarser table would tell more.
    """
    table = hierarchy.lines(attribute, values)
    if None in values and None not in table:
        raise BadInput(f"quasi-identifier {attribute!r} holds nulls, which its hierarchy lacks")
    require_monotone(attribute, table)
    present = [text_of(value, f"quasi-identifier {attribute!r}") for value in values]
    for key in present:
        if key not in table:
            raise BadInput(
                f"quasi-identifier {attribute!r} holds {key!r}, which its hierarchy lacks"
            )
    height = 1 + len(next(iter(table.values())))
    codes, labels, shares = [], [], []
    for level in range(height):
        column = {key: (key if level == 0 else line[level - 1]) for key, line in table.items()}
        numbers: dict[Key, int] = {}
        codes.append(np.array([numbers.setdefault(column[key], len(numbers)) for key in present]))
        labels.append(tuple(numbers))
        covered = Counter(column.values())
        shares.append(np.array([covered[label] / len(table) for label in numbers]))
    return Ladder(attribute, hierarchy, len(table), tuple(codes), tuple(labels), tuple(shares))
