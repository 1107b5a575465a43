"""What turns texts into vectors, whoever does it: this process or a server."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from casemate.knowledge.encoding.weights import Floats


class TextEncoder(Protocol):
    """Texts to vectors of length 1. ``digest`` changes with whatever changes the vectors."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def digest(self) -> str:
        """Which vectors these are."""

    def query(self, text: str) -> Floats:
        """The vector of a question."""

    def passages(self, texts: Sequence[str]) -> Floats:
        """The vectors of these texts, a row each."""

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[int, Floats]]:
        """Each text's place and its vector, as they come, in any order."""
