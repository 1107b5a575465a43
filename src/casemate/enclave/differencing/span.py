"""Which groups add nothing: those whose indicator is a combination of groups that are out already.

Elimination modulo a prime on random fingerprints of the groups: a group in the rational span of others
is in their span modulo the prime for all primes but finitely many, and fingerprints keep that with
probability 1 - 1/p for each coordinate to spare (Schwartz 1980; Zippel 1979). A wrong answer would be
"adds nothing" with probability below 2^-600 (32 spare coordinates); the other way round costs time only.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_PRIME = 1_048_573
SPARE = 32
_FIRST = 96
LARGEST = 1_536
"""Coordinates of a fingerprint at most: beyond this rank every group counts as new."""


class Span:
    """The span of the groups added so far, of a table of ``records``."""

    def __init__(self, records: int) -> None:
        self._records = records
        self._added: list[npt.NDArray[np.uint32]] = []
        self._widen(_FIRST)

    def _widen(self, width: int) -> None:
        """Begin again with longer fingerprints."""
        self.width = min(width, self._records + SPARE, LARGEST)
        # fixed, so that the memory is the same in each process; no secret hangs on it
        draw = np.random.default_rng(20_260_301)
        self._weights = draw.integers(0, _PRIME, (self._records, self.width), dtype=np.int32)
        self._basis: Floats = np.empty((16, self.width))
        self._pivots: list[int] = []
        again, self._added = self._added, []
        for people in again:
            self.add(people)

    @property
    def rank(self) -> int:
        """How many of the groups are independent."""
        return len(self._pivots)

    @property
    def is_full(self) -> bool:
        """Whether the fingerprints are too short to tell any more."""
        return self.rank > self.width - SPARE

    def add(self, people: npt.NDArray[np.uint32]) -> bool:
        """Whether the group is new; it is in the span from now on."""
        if self.is_full and self.width < min(self._records + SPARE, LARGEST):
            self._widen(2 * self.width)
        if self.is_full:
            return True
        rest = self._reduced(people)
        places = np.flatnonzero(rest)
        if not len(places):
            return False
        pivot = int(places[0])
        rest = rest * pow(int(rest[pivot]), -1, _PRIME) % _PRIME
        self._room()
        rows = self._basis[: self.rank]
        touched = np.flatnonzero(rows[:, pivot])
        rows[touched] = (rows[touched] - np.outer(rows[touched, pivot], rest)) % _PRIME
        self._basis[self.rank] = rest
        self._pivots.append(pivot)
        self._added.append(people)
        return True

    def holds(self, people: npt.NDArray[np.uint32]) -> bool:
        """Whether the group is a combination of those added."""
        return not self.is_full and not self._reduced(people).any()

    def _reduced(self, people: npt.NDArray[np.uint32]) -> Floats:
        whole = self._weights[people].sum(axis=0, dtype=np.int64) % _PRIME
        rest: Floats = whole.astype(np.float64)
        if self._pivots:
            # below 2^53 in every sum: products under 2^40, at most LARGEST < 2^13 of them
            rest = (rest - rest[self._pivots] @ self._basis[: self.rank]) % _PRIME
        return rest

    def _room(self) -> None:
        if self.rank == len(self._basis):
            self._basis = np.concatenate([self._basis, np.empty_like(self._basis)])
