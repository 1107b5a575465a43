"""Which groups add nothing: those whose indicator is a combination of groups that are out already.

Elimination modulo a prime. Kept of each reduced row: how it is made up of the groups added (``turn``),
and a fingerprint, its products with 32 random vectors. A group's coordinates at the pivot records say
which combination it must be; that it is one, its fingerprint tells: a wrong "adds nothing" has
probability below 2^-600 (Schwartz 1980; Zippel 1979). The other way round costs time only.
"""

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing.growing import Rows

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]
_PRIME = 1_048_573
_PRINTS = 32
_CHUNK = 512
LARGEST = 3_000
"""Independent groups at most: beyond this rank every group counts as new."""


class Span:
    """The span of the groups added so far, of a table of ``records``."""

    def __init__(self, records: int) -> None:
        self._records = records
        # fixed, so that the memory is the same in each process; no secret hangs on it
        draw = np.random.default_rng(20_260_301)
        self._weights = draw.integers(0, _PRIME, (records, _PRINTS), dtype=np.int32)
        self._groups = Rows((records + 7) // 8, np.uint8)
        self._prints: Floats = np.empty((16, _PRINTS))
        self._turn: Floats = np.zeros((16, 16))
        self._pivots = np.empty(0, dtype=np.int64)

    @property
    def rank(self) -> int:
        """How many of the groups are independent."""
        return len(self._pivots)

    @property
    def groups(self) -> Bits:
        """The groups that were new when they were added, as bits."""
        return self._groups.all

    @property
    def is_full(self) -> bool:
        """Whether no more are told apart."""
        return self.rank >= LARGEST

    def add(self, people: npt.NDArray[np.uint32], bits: Bits) -> bool:
        """Whether the group is new; it is in the span from now on."""
        if self.is_full:
            self._groups.add(bits)
            return True
        rest, held = self._reduced(people, bits)
        if not rest.any():
            return False
        many = self.rank
        made = -self._turn[held, :many].sum(axis=0) % _PRIME
        pivot, value = self._differs(bits, made)
        scale = pow(value, -1, _PRIME)
        row, told = made * scale % _PRIME, rest * scale % _PRIME
        self._room()
        # below 2^53 in every sum: products under 2^40, at most LARGEST < 2^13 of them
        column = self._turn[:many, :many] @ self._at(np.array([pivot]))[:, 0] % _PRIME
        touched = np.flatnonzero(column)
        some = column[touched]
        before = self._turn[touched, :many]
        self._turn[touched, :many] = (before - np.outer(some, row)) % _PRIME
        self._turn[touched, many] = -some * scale % _PRIME
        self._prints[touched] = (self._prints[touched] - np.outer(some, told)) % _PRIME
        self._turn[many, :many], self._turn[many, many] = row, scale
        self._prints[many] = told
        self._pivots = np.append(self._pivots, pivot)
        self._groups.add(bits)
        return True

    def holds(self, people: npt.NDArray[np.uint32], bits: Bits) -> bool:
        """Whether the group is a combination of those added."""
        return not self.is_full and not self._reduced(people, bits)[0].any()

    def _reduced(
        self, people: npt.NDArray[np.uint32], bits: Bits
    ) -> tuple[Floats, npt.NDArray[np.int64]]:
        """The fingerprint of what is left of the group, and the rows that were taken from it."""
        whole = self._weights[people].sum(axis=0, dtype=np.int64)
        held = np.flatnonzero(_of(bits, self._pivots))
        return (whole - self._prints[held].sum(axis=0)) % _PRIME, held

    def _differs(self, bits: Bits, made: Floats) -> tuple[int, int]:
        """A record at which the group is no combination of the others, and what is left there."""
        for start in range(0, self._records, _CHUNK):
            places = np.arange(start, min(start + _CHUNK, self._records))
            left = (_of(bits, places) + made @ self._at(places)) % _PRIME
            found = np.flatnonzero(left)
            if len(found):
                return int(places[found[0]]), int(left[found[0]])
        raise AssertionError("a fingerprint differs only where the group does")

    def _at(self, places: npt.NDArray[np.int64]) -> Floats:
        """Which of the independent groups hold the records ``places``."""
        return _of(self._groups.all[: self.rank], places).astype(np.float64)

    def _room(self) -> None:
        many = len(self._turn)
        if self.rank == many:
            wider = np.zeros((2 * many, 2 * many))
            wider[:many, :many] = self._turn
            self._turn = wider
            self._prints = np.concatenate([self._prints, np.empty_like(self._prints)])


def _of(bits: Bits, places: npt.NDArray[np.int64]) -> Bits:
    """The bits at ``places`` of one row, or of each."""
    chosen: Bits = (bits[..., places >> 3] >> (7 - (places & 7)).astype(np.uint8)) & np.uint8(1)
    return chosen
