"""A matrix that grows by rows, without being copied for each."""

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", bound=np.generic)


class Rows(Generic[Kind]):
    """Rows of ``width`` numbers of one ``kind``."""

    def __init__(self, width: int, kind: type[Kind]) -> None:
        self._kept: npt.NDArray[Any] = np.empty((16, width), dtype=kind)
        self.count = 0

    def add(self, row: npt.ArrayLike) -> None:
        """One more row."""
        if self.count == len(self._kept):
            self._kept = np.concatenate([self._kept, np.empty_like(self._kept)])
        self._kept[self.count] = row
        self.count += 1

    @property
    def all(self) -> npt.NDArray[Kind]:
        """The rows so far."""
        return self._kept[: self.count]
