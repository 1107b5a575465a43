"""Witnesses without a solver: people who change places so that every released figure stays.

If classes ``a`` and ``b`` together are in the same groups as ``c`` and ``d`` together, then one person
of ``c`` and one of ``d`` may become one of ``a`` and one of ``b``, and nobody can tell. Tables cross
variables, so such exchanges abound; what they leave open goes to the linear programme. Classes are
compared by their labels, sums of one number a group; the change found is checked group by group.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.uint64]
_GIVERS = 1_200
_TAKERS = 4_000
_TRIED = 400


class Swaps:
    """All exchanges among classes of ``sizes`` people with these ``labels``."""

    def __init__(self, labels: Labels, sizes: Ints) -> None:
        self._labels, self._sizes = labels, sizes
        order = np.argsort(-sizes, kind="stable")
        givers = order[:_GIVERS]
        first, second = np.triu_indices(len(givers), 1)
        sums = labels[givers[first]] + labels[givers[second]]  # modulo 2^64, like the labels
        ranked = np.argsort(sums, kind="stable")
        self._sums, self._first, self._second = (
            sums[ranked], givers[first[ranked]], givers[second[ranked]],
        )  # fmt: skip
        self._takers = order[:_TAKERS]

    def change(self, at: int, need: int) -> Ints | None:
        """A change of the classes' sizes that gives class ``at`` as many as it needs, if there is one
        made of exchanges with the largest classes."""
        change = np.zeros(len(self._sizes), dtype=np.int64)
        for one, two, taker in self._exchanges(at):
            room = min(self._sizes[one] + change[one], self._sizes[two] + change[two])
            many = min(int(room), need - int(change[at]))
            if many > 0:
                change[[one, two]] -= many
                change[at] += many
                change[taker] += many
            if change[at] >= need:
                return change
        return None

    def _exchanges(self, at: int) -> Iterator[tuple[int, int, int]]:
        """(giver, giver, other taker), those with the largest givers first."""
        wanted = self._labels[self._takers] + self._labels[at]
        start = np.searchsorted(self._sums, wanted, side="left")
        stop = np.searchsorted(self._sums, wanted, side="right")
        many = stop - start
        takers = np.repeat(self._takers, many)
        pairs = np.repeat(start - np.cumsum(many) + many, many) + np.arange(int(many.sum()))
        one, two = self._first[pairs], self._second[pairs]
        fair = (one != at) & (two != at) & (takers != at)
        one, two, takers = one[fair], two[fair], takers[fair]
        best = np.argsort(-np.minimum(self._sizes[one], self._sizes[two]), kind="stable")[:_TRIED]
        yield from zip(one[best].tolist(), two[best].tolist(), takers[best].tolist(), strict=True)
