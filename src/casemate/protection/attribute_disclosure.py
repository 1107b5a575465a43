"""What an attacker learns of a sensitive attribute without knowing which record is whose.

The homogeneity attack of Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam (2007), l-diversity,
ACM TKDD 1: where a class has one value, it is everybody's in it, however large the class is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from casemate.errors import BadInput
from casemate.protection.attribute_codes import attribute_codes, refine
from casemate.protection.frames import open_frame, polars_columns, require_columns


@dataclass(frozen=True)
class AttributeDisclosure:
    """How well a person's value is guessed from the class that the person is known to be in; 0 to 1.

    * ``certain``: the share of records in classes of one value; ``certain_shared`` counts those of
      two records or more only, which no class size protects.
    * ``guess``: the share of records guessed rightly by naming the commonest value of each class;
      ``baseline`` is the same without any quasi-identifier, and ``gain`` what they add to it.
    """

    sensitive: str
    records: int
    classes: int
    values: int
    certain: float
    certain_shared: float
    guess: float
    baseline: float
    gain: float

    def to_dict(self) -> dict[str, Any]:
        """The figures as a document; it holds floats (see ``without_floats``)."""
        return asdict(self)


def attribute_disclosure(
    table: Any, quasi_identifiers: Sequence[str], sensitive: str
) -> AttributeDisclosure:
    """Measure ``table`` for one ``sensitive`` attribute; null is a value of its own.

    Raises BadInput for an empty table, an unknown column, NaN or mixed types, and for a sensitive
    attribute that is a quasi-identifier as well.
    """
    names = list(quasi_identifiers)
    if sensitive in names:
        raise BadInput(f"{sensitive!r} is named as sensitive and as a quasi-identifier: choose one")
    frame = open_frame(table)
    require_columns(frame, names, "a quasi-identifier")
    require_columns(frame, [sensitive], "sensitive")
    if not len(frame):
        raise BadInput("the table has no records, so nothing can be learnt from it")
    codes, radices = attribute_codes(polars_columns(frame, [*names, sensitive]))
    classes, count = np.zeros(len(frame), dtype=np.int64), 1
    for code, radix in zip(codes[:-1], radices[:-1], strict=True):
        classes, count = refine(classes, count, code, radix)
    cells, number = refine(classes, count, codes[-1], radices[-1])
    in_cell = np.bincount(cells, minlength=number)
    class_of = np.zeros(number, dtype=np.int64)
    class_of[cells] = classes
    sizes = np.bincount(classes, minlength=count)
    commonest = np.zeros(count, dtype=np.int64)
    np.maximum.at(commonest, class_of, in_cell)
    alike = commonest == sizes
    records = len(frame)
    guess = int(commonest.sum()) / records
    baseline = int(np.bincount(codes[-1]).max()) / records
    return AttributeDisclosure(
        sensitive=sensitive,
        records=records,
        classes=count,
        values=radices[-1],
        certain=int(sizes[alike].sum()) / records,
        certain_shared=int(sizes[alike & (sizes > 1)].sum()) / records,
        guess=guess,
        baseline=baseline,
        gain=guess - baseline,
    )
