"""Search in a register of many entries: what one search costs, alone, by words and by kind. Prints JSON.

python benchmarks/register_search.py [--entries 10000] [--repeats 20] [--database URL]

Entries are made up of sixty words, in two languages, and one word of their own each: common and rare
words are both there. The records are read back with each page, as the pages and the API do.
"""

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from casemate.clock import system_clock
from casemate.ledger import Ledger
from casemate.register.keeping import Register
from casemate.register.records import read_record
from casemate.register.search import AlgorithmPage, WantedAlgorithms, groups, search
from casemate.store import Base, Store
from casemate.store.keys import Keyring

WORDS = [f"{start}{end}" for start in ("plan", "sort", "asses", "trak", "lett", "park") for end in (
    "ing", "er", "ment", "age", "ure", "or", "ist", "ance", "ity", "al",
)]  # fmt: skip
CLASSES = ("minimal", "high_risk", "transparency", "not_high_risk_6_3")
SHAPES: dict[str, WantedAlgorithms] = {
    "everything": WantedAlgorithms(),
    "a common word": WantedAlgorithms("planing"),
    "two words": WantedAlgorithms("planing sorter"),
    "a beginning": WantedAlgorithms("plan"),
    "a rare word": WantedAlgorithms("unique77 "),
    "by kind": WantedAlgorithms("", (), ("high_risk",), ("in_use",), ("NL",)),
}


def fill(store: Store, register: Register, entries: int) -> None:
    """``entries`` records of a hundred organisations, the same each time."""
    draw = random.Random(7)
    for start in range(0, entries, 500):
        with store.transaction() as tx:
            for number in range(start, min(start + 500, entries)):
                told = record(draw, number)
                register.enter(tx, "acct-a", read_record(told), f"org-{number % 100}")


def record(draw: random.Random, number: int) -> dict[str, Any]:
    """One entry that is complete for the Dutch register."""

    def some(many: int) -> str:
        return " ".join(draw.choices(WORDS, k=many)).capitalize() + "."

    return {
        "name": {"en": f"{some(2)} unique{number}", "fr": some(2)},
        "short_description": {"en": some(30), "fr": some(30)},
        "goal_and_impact": {"en": some(120), "fr": some(120)},
        "organisation": {"en": f"Town {number % 100}"},
        "contact": {"en": "desk@town.example"},
        "status": draw.choice(("in_use", "development", "withdrawn")),
        "publication_category": "other",
        "ai_act_class": draw.choice(CLASSES),
    }


def milliseconds(act: Callable[[], Any], repeats: int) -> dict[str, float]:
    """The median, the slowest and the processor's share of ``repeats`` calls."""
    took, cpu = [], time.process_time()
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        took.append(1000 * (time.perf_counter() - began))
    spent = 1000 * (time.process_time() - cpu) / repeats
    return {
        "median_ms": round(statistics.median(took), 1),
        "slowest_ms": round(max(took), 1),
        "cpu_ms": round(spent, 1),
    }


def measure(store: Store, entries: int, repeats: int) -> dict[str, Any]:
    """Each shape of a search, as an authority that reads all makes it."""

    def once(wanted: WantedAlgorithms) -> AlgorithmPage:
        with store.read() as tx:
            return search(tx, wanted, groups(tx))

    found = {
        name: {"total": once(wanted).total, **milliseconds(lambda one=wanted: once(one), repeats)}  # type: ignore[misc]
        for name, wanted in SHAPES.items()
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"entries": entries, "searches": found, "peak_mib": round(peak / 1024)}


def main() -> None:
    """See the head of this file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--entries", type=int, default=10_000)
    asked.add_argument("--repeats", type=int, default=20)
    asked.add_argument("--database", default="")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(given.database or f"sqlite:///{Path(folder) / 'register.db'}")
        Base.metadata.create_all(store.engine)
        ledger = Ledger(Keyring(b"\x07" * 32).signing_key("ledger"))
        began = time.perf_counter()
        fill(store, Register(ledger, system_clock), given.entries)
        made = time.perf_counter() - began
        told = measure(store, given.entries, given.repeats)
        store.close()
    print(json.dumps({**told, "filled_in_s": round(made, 1)}, indent=1))


if __name__ == "__main__":
    main()
