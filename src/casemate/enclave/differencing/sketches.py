"""Whether a statistic is out of nearly the same people, without keeping who they are.

A sketch counts a group's people in blocks of records, four times with other blocks drawn at random. The
sum of the differences of two sketches is at most the number of people in which the groups differ: so
none that is close is missed. It is less where somebody who came and somebody who left share a block, in
all four drawings: of two groups with equally many people, five of whom are exchanged, some one in a hundred
is taken for closer than it is. Groups that contain one another are told apart exactly.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from casemate.enclave.differencing.growing import Rows

_BLOCKS = 64
_DRAWINGS = 4


class Sketches:
    """The groups that one figure is out of, of a table of ``records``."""

    def __init__(self, records: int) -> None:
        # fixed, so that each process decides alike; no secret hangs on it
        draw = np.random.default_rng(20_260_302)
        self._block = draw.integers(0, _BLOCKS, (_DRAWINGS, records), dtype=np.int16)
        self._keys: dict[bytes, int] = {}
        self._counts = Rows(_DRAWINGS * _BLOCKS, np.int32)

    def __contains__(self, key: bytes) -> bool:
        return key in self._keys

    def add(self, key: bytes, people: npt.NDArray[np.uint32]) -> None:
        """The figure is out of ``people``, whose key is ``key``."""
        if key not in self._keys:
            self._keys[key] = self._counts.count
            self._counts.add(self._sketch(people))

    def has_close_to(self, key: bytes, people: npt.NDArray[np.uint32], within: int) -> bool:
        """Whether there is another group that differs from ``people`` by ``within`` at most."""
        apart = np.abs(self._counts.all - self._sketch(people))
        apart = apart.reshape(-1, _DRAWINGS, _BLOCKS).sum(axis=2).max(axis=1)
        if key in self._keys:
            apart[self._keys[key]] = within + 1
        return bool((apart <= within).any())

    def _sketch(self, people: npt.NDArray[np.uint32]) -> npt.NDArray[Any]:
        return np.concatenate(
            [np.bincount(block[people], minlength=_BLOCKS) for block in self._block]
        )
