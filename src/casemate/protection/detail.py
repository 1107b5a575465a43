"""How finely a node tells records apart, guessed without grouping it."""

import numpy as np

from casemate.protection.tuples import Node, Tuples


class Detail:
    """The sum over quasi-identifiers of the entropy of their labels, in bits.

    It bounds the entropy of a node's classes from above, and falls with every level. Guesses made
    by it bear on the order and the cost of a search only, never on what it finds.
    """

    def __init__(self, tuples: Tuples) -> None:
        shares = tuples.label_totals / max(1, tuples.records)
        bits = -shares * np.log2(np.where(shares > 0, shares, 1.0))
        self.bits = [
            [
                float(bits[at : at + many].sum())
                for at, many in zip(starts, radices, strict=True)
                if at >= 0
            ]
            for starts, radices in zip(tuples.labels.sums_at, tuples.labels.radices, strict=True)
        ]

    def of(self, node: Node) -> float:
        total = 0.0
        for levels, level in zip(self.bits, node, strict=True):
            total += levels[level]
        return total

    def drop(self, place: int, level: int) -> float:
        """What raising a quasi-identifier from ``level`` to the next takes away."""
        levels = self.bits[place]
        return levels[level] - levels[level + 1]
