"""What the platform knows of an algorithm by itself: computed as it is read, with its source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

CPU_WATTS = Decimal(4)
"""Of one busy thread: what CodeCarbon takes where a processor has no meter (its "CPU load" mode).
The machine's own figure would be better; this one is named wherever a kWh stands."""
JOULES_PER_KWH = Decimal(3_600_000)


@dataclass(frozen=True)
class Fact:
    """One thing that the platform knows. ``entries``: the numbers of the ledger's entries it stands on."""

    name: str
    value: Any
    says: Mapping[str, str]
    """The same in a sentence, by language."""
    entries: tuple[int, ...]


def fact(name: str, value: Any, entries: tuple[int, ...], **words: object) -> Fact:
    """A fact with its sentence, in which ``words`` are filled in."""
    says = {language: text.format(**words) for language, text in _sentences()[name].items()}
    return Fact(name, value, says, tuple(sorted(set(entries))))


@cache
def _sentences() -> Mapping[str, Mapping[str, str]]:
    text = (files(__package__) / "known.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def energy(cpu_seconds: int) -> Mapping[str, Any]:
    """The energy of that much computing time, with the method and the constant it rests on."""
    kwh = cpu_seconds * CPU_WATTS / JOULES_PER_KWH
    return {
        "kwh": f"{kwh:.6f}",
        "cpu_seconds": cpu_seconds,
        "watts_per_thread": str(CPU_WATTS),
        "method": "computing time of each run, rounded up to whole seconds, times watts of a busy thread; "
        "memory, cooling and idling are not counted",
    }
