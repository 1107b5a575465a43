"""A random sample of the records, drawn by the operating system's secure random numbers.

A sample lowers the risk of the journalist and the marketer, who do not know who is in it, by about
the share that is drawn; it lowers nothing for the prosecutor, who knows that a person is in the
sample. Models are judged on the records drawn. Who could foretell the draw could undo it: so no seed
is taken, and a draw cannot be repeated.
"""

import secrets
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from casemate.errors import BadInput
from casemate.protection.frames import given_back, only, open_frame, polars_columns, require_columns
from casemate.protection.ladders import Codes
from casemate.protection.transformations.class_values import classes_of
from casemate.protection.values import number_of, plain


@dataclass(frozen=True)
class Sampling:
    """A ``share`` of the records, above 0 and up to 1, or a number of ``records``.

    With ``stratify`` each combination of these attributes has its part of the sample, as near as
    whole records allow (largest remainders).
    """

    share: Any = None
    records: int | None = None
    stratify: Any = ()

    def __post_init__(self) -> None:
        if (self.share is None) == (self.records is None):
            raise BadInput("a sample is a share of the records, or a number of records: name one")
        if self.share is not None:
            share = number_of(self.share, "the share of a sample")
            if not 0 < share <= 1:
                raise BadInput(f"the share of a sample is above 0 and up to 1, not {plain(share)}")
            object.__setattr__(self, "share", share)
        if self.records is not None and (type(self.records) is not int or self.records < 1):
            raise BadInput(f"a sample is of at least 1 record, not {self.records!r}")
        if isinstance(self.stratify, str):
            raise BadInput("a sample is stratified by a list of attributes")
        object.__setattr__(self, "stratify", tuple(self.stratify))

    def size(self, records: int) -> int:
        """How many of ``records`` are drawn; a share is rounded to the nearest whole record."""
        if self.records is None:
            return max(1, round(Fraction(self.share) * records))
        if self.records > records:
            raise BadInput(
                f"the table has {records} records, fewer than the sample of {self.records}"
            )
        return self.records

    def to_dict(self) -> dict[str, Any]:
        """The sampling as a document without floats."""
        found: dict[str, Any] = (
            {"records": self.records} if self.share is None else {"share": plain(self.share)}
        )
        return found | ({"stratify": list(self.stratify)} if self.stratify else {})


def draw_sample(table: Any, sampling: Sampling) -> Any:
    """The records of ``table`` that are drawn, in their order; each subset of a stratum is as likely.

    Raises BadInput for a table without records, or with fewer than the sample's.
    """
    frame = open_frame(table)
    require_columns(frame, sampling.stratify, "an attribute to stratify by")
    if not len(frame):
        raise BadInput("the table has no records to draw from")
    many = sampling.size(len(frame))
    strata = classes_of(polars_columns(frame, sampling.stratify), sampling.stratify)
    if not sampling.stratify:
        strata = pl.zeros(len(frame), dtype=pl.Int64, eager=True)
    drawn = np.zeros(len(frame), dtype=bool)
    drawn[_drawn(np.unique(strata.to_numpy(), return_inverse=True)[1].ravel(), many)] = True
    return given_back(only(frame, pl.Series(drawn)).to_native(), table)


def _drawn(strata: Codes, many: int) -> Codes:
    """The places of ``many`` records: of each stratum those with the smallest secret numbers."""
    tickets = np.frombuffer(secrets.token_bytes(8 * len(strata)), dtype=np.uint64)
    order = np.lexsort((tickets, strata))
    sizes = np.bincount(strata)
    first = np.cumsum(sizes) - sizes
    rank = np.arange(len(strata)) - first[strata[order]]
    return order[rank < _parts(sizes, many)[strata[order]]]


def _parts(sizes: Codes, many: int) -> Codes:
    """``many`` split in proportion to ``sizes``; who is due the largest fraction gets the odd one."""
    total = int(sizes.sum())
    parts = sizes * many // total
    due = np.argsort(-(sizes * many % total), kind="stable")
    parts[due[: many - int(parts.sum())]] += 1
    found: Codes = parts
    return found
