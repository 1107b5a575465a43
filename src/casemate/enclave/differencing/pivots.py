"""A basis of the classes through which every whole-numbered change can be put right.

Chosen are as many classes as there are independent groups (``pivots``), large ones first, so that the
groups' numbers follow from those of the pivots, and that by whole numbers: each step of the elimination
takes a row with 1 or -1 in it, and the class that stands for the fewest others (after Markowitz 1957), or
the numbers would grow beyond all measure. Then of any class one person more can be made up for by whole
persons of the pivots (``alone``); and a table of fractions becomes one of whole persons by rounding all but
the pivots, one after another so that these stay clear of zero, and letting the pivots make up for it
(``rounded``). The rounding is the method of conditional expectations with exponential weights (Raghavan
1988). What comes of it is checked by the caller; a basis that does not fit costs witnesses only.
"""

import time

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_BLOCK = 1_500
_POOR = 24
_RATIO = 3.0
_SMALL = 1e-7
_STEEP = 30.0


class Pivots:
    """Pivots of ``groups`` (groups by classes, 0 and 1) over classes of ``sizes`` people."""

    def __init__(self, groups: sp.csr_array, sizes: Ints, until: float) -> None:
        self._groups, self._sizes = groups, sizes
        found = _Elimination(groups, until)
        # sizes count by their order of magnitude: among like ones those that stand for little are better
        found.run(np.floor(np.log(sizes) / np.log(_RATIO)).astype(np.int64))
        self.complete = found.complete
        """Whether time sufficed: otherwise nothing is found."""
        self.classes: Ints = np.array(found.pivots, dtype=np.int64)
        self._turn: Floats = found.turn[found.rows]
        self._is_pivot: Flags = np.zeros(len(sizes), dtype=bool)
        self._is_pivot[self.classes] = True

    def made_of(self, classes: Ints) -> Floats:
        """How many of each pivot (row) one person of each class (column) stands for."""
        made: Floats = np.rint(self._turn @ self._groups[:, classes].toarray())
        return made

    def alone(self, classes: Ints, needs: Ints) -> Flags:
        """Which of the ``classes`` the pivots let have as many more as it ``needs``, by themselves."""
        made = self.made_of(classes)
        told = self._groups[:, self.classes] @ made  # small whole numbers: exact
        right = (told == self._groups[:, classes].toarray()).all(axis=0)
        enough = (self._sizes[self.classes][:, None] >= made * needs).all(axis=0)
        found: Flags = right & enough & ~self._is_pivot[classes]
        return found

    def rounded(self, change: Floats, sums: Ints, floors: Ints) -> Ints | None:
        """A change in whole persons near ``change`` that alters the groups' numbers by ``sums``, and takes
        no pivot below its floor if possible; None where one would have fewer than nobody. Not checked:
        see ``System.admits``."""
        whole = np.rint(change)
        whole[self.classes] = 0
        open_ = np.flatnonzero((np.abs(change - np.rint(change)) > _SMALL) & ~self._is_pivot)
        if len(open_):
            left = change[self.classes] - floors[self.classes]
            self._round(whole, change, open_, left)
        rest = sums - self._groups @ whole
        whole[self.classes] = np.rint(self._turn @ rest)
        found = whole.astype(np.int64)
        return None if (found + self._sizes < 0).any() else found

    def _round(self, whole: Floats, change: Floats, open_: Ints, left: Floats) -> None:
        """Up or down, each so that what is ``left`` of the pivots stays clear of zero."""
        made = self.made_of(open_).T
        for at in np.argsort(-np.abs(made).sum(axis=1), kind="stable"):
            low = np.floor(change[open_[at]])
            places = np.flatnonzero(made[at])
            taken = made[at, places]
            down = left[places] - taken * (low - change[open_[at]])
            up = down - taken
            fewer = _danger(down) <= _danger(up)
            whole[open_[at]] = low if fewer else low + 1
            left[places] = down if fewer else up


def _danger(left: Floats) -> float:
    return float(np.exp(-np.clip(left, -_STEEP, _STEEP)).sum())


class _Elimination:
    """Gauss-Jordan elimination by columns; ``turn @ groups`` is what has become of the groups. The first
    rounds take pivots of 1 and -1 only, the last any."""

    def __init__(self, groups: sp.csr_array, until: float) -> None:
        self._groups, self._columns = groups, groups.tocsc()
        self._until = until
        many = groups.shape[0]
        self.turn: Floats = np.eye(many)
        self._free: Flags = np.ones(many, dtype=bool)
        self.pivots: list[int] = []
        self.rows: list[int] = []
        self.complete = True

    def run(self, rank: Ints) -> None:
        """Take pivots, those of high ``rank`` first, until no class tells more of the groups."""
        strict = True
        while len(todo := self._telling(np.arange(len(rank)))):
            before = len(self.pivots)
            for level in np.unique(rank[todo])[::-1]:
                self._pass(todo[rank[todo] == level], strict=strict)
            if not self.complete:
                self.pivots, self.rows = [], []
                return
            if not strict and len(self.pivots) == before:
                return  # what is left is noise of the arithmetic
            strict = len(self.pivots) > before

    def _telling(self, classes: Ints) -> Ints:
        """Those of the classes that tell more than the pivots do."""
        left = np.abs(self.turn[self._free] @ self._groups).max(axis=0, initial=0)
        telling: Ints = classes[left[classes] > _SMALL]
        return telling

    def _pass(self, todo: Ints, *, strict: bool) -> None:
        for start in range(0, len(todo), _BLOCK):
            if time.monotonic() > self._until:
                self.complete = False
                return
            some = todo[start : start + _BLOCK]
            before = len(self.pivots)
            self._block(some, strict=strict)
            if len(self.pivots) - before < len(some) // _POOR:
                break  # too few to go on without looking which classes are left

    def _block(self, some: Ints, *, strict: bool) -> None:
        """Pivots among these classes, those first that stand for few others."""
        reduced = self.turn @ self._columns[:, some].toarray()
        while True:
            sizes = np.abs(reduced)
            fit = np.abs(sizes - 1) < _SMALL if strict else sizes > _SMALL
            fit &= self._free[:, None]
            usable = np.flatnonzero(fit.any(axis=0))
            if not len(usable):
                return
            at = int(usable[np.argmin(sizes[:, usable].sum(axis=0))])
            rows = np.flatnonzero(fit[:, at])
            row = int(rows[np.argmin(sizes[rows].sum(axis=1))])
            self._take(row, int(some[at]), reduced, reduced[:, at].copy())

    def _take(self, row: int, one: int, reduced: Floats, column: Floats) -> None:
        turned, told = self.turn[row] / column[row], reduced[row] / column[row]
        column[row] = 0
        others = np.flatnonzero(np.abs(column) > _SMALL)
        places = np.flatnonzero(turned)
        self.turn[np.ix_(others, places)] -= np.outer(column[others], turned[places])
        reduced[others] -= np.outer(column[others], told)
        self.turn[row], reduced[row] = turned, told
        self._free[row] = False
        self.pivots.append(one)
        self.rows.append(row)
