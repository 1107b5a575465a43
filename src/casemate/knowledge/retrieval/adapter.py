"""A question's vector moved to where passages that answer such questions lie.

Questions are short and in everybody's words, provisions long and in the law's: an encoder puts them apart.
A linear map, learnt from questions with known answers, brings them nearer; the vectors of passages stay as
they are. Known as a query adapter (Sanjeev and Troynikov 2024, Embedding Adapters).
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from zipfile import BadZipFile

import numpy as np

from casemate.errors import IntegrityFailure
from casemate.knowledge.retrieval.nearness import Vectors

SHIPPED = "adapter.npz"


@dataclass(frozen=True)
class Adapter:
    """What is added to a question's vector: its product with a matrix, and a shift."""

    matrix: Vectors
    shift: Vectors

    def moved(self, questions: Vectors) -> Vectors:
        """Vectors of questions, a row each, moved and of length 1."""
        rows = questions + questions @ self.matrix + self.shift
        lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-6), np.float32)


def adapter_for(encoder: str, dimension: int) -> Adapter:
    """The one that ships, for the encoder that it was learnt with; for any other, one that moves nothing.

    ``encoder`` is the digest of the encoder.
    """
    weights, adapter = _shipped()
    if encoder.startswith(weights):
        return adapter
    return Adapter(np.zeros((dimension, dimension), np.float32), np.zeros(dimension, np.float32))


@cache
def _shipped() -> tuple[str, Adapter]:
    """The digest of the weights that it was learnt with, and the adapter. Raises ``IntegrityFailure``
    where it cannot be read."""
    try:
        with (
            resources.files(__package__).joinpath(SHIPPED).open("rb") as file,
            np.load(file, allow_pickle=False) as held,
        ):
            matrix, shift = (held[name].astype(np.float32) for name in ("matrix", "shift"))
            return str(held["weights"]), Adapter(matrix, shift)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise IntegrityFailure(f"the file {SHIPPED} cannot be read: {error}") from error
