"""Records from a fitted tree, with as little chance as whole numbers allow."""

import numpy as np

from casemate.protection.synthesis.domains import Codes
from casemate.protection.synthesis.tree import Fitted, Floats


def sample(fitted: Fitted, records: int) -> dict[int, Codes]:
    """Codes of ``records`` records: each column in the tree's order, given its parent's value.

    Within each group of equal parent the expected counts are rounded at random to whole ones that add
    up, and then shuffled: nearer to the fitted marginals than drawing each record for itself.
    """
    rng = np.random.default_rng()
    found: dict[int, Codes] = {}
    for visit in fitted.walk:
        column = np.zeros(records, dtype=np.int64)
        if visit.parent is None:
            column[:] = _spread(fitted.single[visit.column], records, rng)
        else:
            joint = fitted.joint(visit.parent, visit.column)
            parent = found[visit.parent]
            order = np.argsort(parent, kind="stable")
            ends = np.cumsum(np.bincount(parent, minlength=len(joint)))
            for value, group in enumerate(np.split(order, ends[:-1])):
                column[group] = _spread(joint[value], len(group), rng)
        found[visit.column] = column
    return found


def _spread(weights: Floats, records: int, rng: np.random.Generator) -> Codes:
    """``records`` codes in shuffled order, in proportion to ``weights``, rounded at random."""
    whole = weights.sum()
    shares = weights / whole if whole > 0 else np.full(len(weights), 1 / len(weights))
    exact = shares * records
    counts = np.floor(exact).astype(np.int64)
    left = records - int(counts.sum())
    if left:
        rest = exact - counts + 1e-12
        counts[rng.choice(len(counts), left, replace=False, p=rest / rest.sum())] += 1
    codes = np.repeat(np.arange(len(counts)), counts)
    rng.shuffle(codes)
    return codes
