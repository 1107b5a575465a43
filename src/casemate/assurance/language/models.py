"""What every language model gives, wherever it runs: replies to asks, and what it is.

A model is local (a GGUF file, in this process) or an endpoint that speaks OpenAI's protocol. Its identity
is what must not change while it is tried: the digest of a file, or what an endpoint says of itself and
answers to fixed probes.
"""

from dataclasses import dataclass, field
from typing import Protocol

from casemate.assurance.suites.contract import Ask, Reply


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen. At temperature 0 the likeliest is taken, and the seed has no effect."""

    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Card:
    """What is told of a model beside its figures. ``digest`` is of its file, or of what an endpoint is.

    ``small`` says plainly what not to expect; ``repeatable`` whether the same ask gives the same bytes.
    """

    name: str
    kind: str  # "local" or "endpoint"
    digest: str
    licence: str
    source: str
    size_bytes: int | None = None
    small: str = ""
    repeatable: bool = True
    log_likelihoods: bool = True
    settings: dict[str, str | int | float | bool | None] = field(default_factory=dict)


class LanguageModel(Protocol):
    """A model that answers asks. ``connections`` is how many it is given at a time."""

    @property
    def card(self) -> Card:
        """What it is."""

    @property
    def connections(self) -> int:
        """How many asks may be under way at once."""

    def reply(self, ask: Ask, most_tokens: int, sampling: Sampling) -> Reply:
        """Answer one ask."""

    def identity(self) -> str:
        """A digest of what it is just now; a run whose model's identity changes is not valid."""

    def close(self) -> None:
        """Let go of memory, connections and threads."""
