"""What is to be tried, and what each try gave: the records that a run reads and writes."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from casemate.assurance.language.models import Card, Sampling
from casemate.assurance.suites.contract import (
    SEED,
    Answer,
    Judgement,
    Outcome,
    Sample,
    Suite,
    digest,
)
from casemate.assurance.suites.inspect_tasks import from_plain
from casemate.canonical import canonical_json
from casemate.canonical import digest as digest_of
from casemate.errors import BadInput
from casemate.plain import plain


@dataclass(frozen=True)
class Plan:
    """A suite in a language, and how it is put to a model. ``repeats`` draws each answer so many times."""

    suite: Suite
    language: str
    seed: int = SEED
    limit: int | None = None
    repeats: int = 1
    temperature: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what would say the same many times over, or cannot be done."""
        self.suite.require_language(self.language)
        if not 1 <= self.repeats <= 100 or not 0 <= self.temperature <= 2:
            raise BadInput("repeats go from 1 to 100, the temperature from 0 to 2")
        if self.repeats > 1 and self.temperature == 0:
            raise BadInput(
                "at temperature 0 a model gives its likeliest answer each time: repeat with a "
                "temperature above 0"
            )

    def samples(self) -> list[Sample]:
        """What is asked."""
        return self.suite.samples(self.language, self.seed, self.limit)

    def sampling(self, sample: Sample, repeat: int) -> Sampling:
        """A seed of its own for each answer, so that it depends on no other."""
        if self.temperature == 0:
            return Sampling()
        drawn = sha256(f"{self.seed} {repeat} {sample.id}".encode()).digest()
        return Sampling(self.temperature, int.from_bytes(drawn[:4]) % 2**31)

    def settings(self) -> dict[str, Any]:
        """What must be the same for answers to be the same."""
        return {
            "suite": self.suite.about.name,
            "suite_version": self.suite.about.version,
            "language": self.language,
            "seed": self.seed,
            "temperature": str(self.temperature),
            "samples": digest(self.samples()),
        }


@dataclass(frozen=True)
class Done:
    """One answer with its judgement, and what it took on this machine."""

    sample: str
    repeat: int
    answer: Answer
    judgement: Judgement
    cpu_seconds: float
    seconds: float
    peak_bytes: int

    def to_line(self) -> dict[str, Any]:
        """As the journal keeps it."""
        told: dict[str, Any] = plain(self)
        return told

    @classmethod
    def from_line(cls, told: dict[str, Any]) -> "Done":
        """What ``to_line`` wrote."""
        judged = told["judgement"]
        return cls(
            told["sample"],
            told["repeat"],
            from_plain(told["answer"]),
            Judgement(Outcome(judged["outcome"]), judged["read"]),
            told["cpu_seconds"],
            told["seconds"],
            told["peak_bytes"],
        )


@dataclass(frozen=True)
class Trial:
    """A run that came to its end. ``invalid`` says why its figures are of no one model, where they are."""

    plan: Plan
    card: Card
    samples: tuple[Sample, ...]
    done: tuple[Done, ...]
    resumed: int
    invalid: str = ""


def key_of(plan: Plan, card: Card) -> str:
    """What names a journal: equal plans for equal models have the same, whatever their limit or repeats."""
    settings = plan.settings()
    del settings["samples"]  # those of a lower limit are among those of a higher
    model = {name: str(value) for name, value in card.settings.items()}
    return digest_of(canonical_json({"model": card.digest, "set": model, **settings}))
