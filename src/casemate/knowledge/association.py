"""Which things of one side occur with which of the other: counts over pairs of texts, and two measures.

Dice (1945) is the share of what two things have together; the log-likelihood ratio (Dunning, Accurate
Methods for the Statistics of Surprise and Coincidence, 1993) tells how surprising that is.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def occurrences(texts: Sequence[Iterable[str]]) -> tuple[Any, list[str]]:
    """A row a text, a column a thing, one where the text has it; and the things, column by column."""
    known: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, things in enumerate(texts):
        for thing in sorted(set(things)):
            rows.append(row)
            columns.append(known.setdefault(thing, len(known)))
    ones = np.ones(len(rows), np.float32)
    return sparse.csr_matrix((ones, (rows, columns)), shape=(len(texts), len(known))), list(known)


def dice(together: NDArray[Any], ours: NDArray[Any] | float, theirs: NDArray[Any]) -> NDArray[Any]:
    """Twice what two have together, over what each has."""
    return 2 * together / (ours + theirs)


def log_likelihood(
    together: NDArray[Any], ours: NDArray[Any], theirs: NDArray[Any], texts: int
) -> NDArray[np.float64]:
    """Dunning's ratio over ``texts`` pairs: above 10.83, one in a thousand happens by chance."""
    both = np.asarray(together, np.float64)
    cells = (both, ours - both, theirs - both, texts - ours - theirs + both)
    margins = (ours, ours, texts - ours, texts - ours)
    others = (theirs, texts - theirs, theirs, texts - theirs)
    found = np.zeros_like(both)
    for cell, margin, other in zip(cells, margins, others, strict=True):
        expected = margin * other / texts
        found += np.where(cell > 0, cell * np.log(np.maximum(cell, 1e-9) / expected), 0.0)
    return 2 * found
