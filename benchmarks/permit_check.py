"""How long the guard of the first law takes, in microseconds: medians, as JSON.

``verify`` is the Ed25519 signature and the claims alone, for anyone offline. ``require_in_force`` is
the guard in an open transaction of the embedded database: the permit's row, its verified signature
(cold: checked now; warm: remembered by its text), its revocation in the ledger, and every question.

    python benchmarks/permit_check.py [--rounds N]
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from casemate.access import Permit, Permits, PermitTerms, Scope, verify_jws
from casemate.clock import system_clock
from casemate.ledger import Ledger
from casemate.store import Base, Store
from casemate.store.keys import Keyring

VARIABLES = tuple(f"variable_{number}" for number in range(20))
PERMITS = 1000


def median_us(rounds: int, act: Callable[[], object]) -> float:
    """The median time of ``act``, in microseconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter_ns()
        act()
        times.append(time.perf_counter_ns() - started)
    return round(statistics.median(times) / 1000, 1)


def grant(permits: Permits, tx: Session, variables: tuple[str, ...] = VARIABLES) -> Permit:
    """One permit on one dataset for two people."""
    now = system_clock()
    scope = Scope("nhefs", 1, variables, {"k": 5, "suppression": "0.02"})
    terms = PermitTerms("ana", frozenset({"ana", "ben"}), (scope,), "dpv:ScientificResearch")
    return permits.grant(
        tx, "authority", terms, valid_from=now, valid_until=now + timedelta(days=365)
    )


def measure(store: Store, rounds: int) -> dict[str, float | int]:
    """The figures, among ``PERMITS`` other permits."""
    keyring = Keyring(b"\x07" * 32)
    ledger = Ledger(keyring.signing_key("ledger"))
    key = keyring.signing_key("permit")
    permits = Permits(ledger, system_clock, key)
    with store.transaction() as tx:
        started = time.perf_counter()
        for _ in range(PERMITS):
            permit = grant(permits, tx)
        granting = (time.perf_counter() - started) / PERMITS * 1e6
        wide = grant(permits, tx, tuple(f"variable_{number}" for number in range(10_000)))

    def ask(room: Permits, tx: Session, asked: Permit) -> object:
        return room.require_in_force(
            tx,
            asked.id,
            person="ana",
            purpose="dpv:ScientificResearch",
            dataset="nhefs",
            variables=VARIABLES,
        )

    def cold(tx: Session) -> object:
        return ask(Permits(ledger, system_clock, key), tx, permit)

    with store.read() as tx:
        return {
            "verify_cold_us": median_us(rounds, lambda: verify_jws(permit.jws, key.public_key())),
            "require_in_force_cold_us": median_us(rounds, lambda: cold(tx)),
            "require_in_force_warm_us": median_us(rounds, lambda: ask(permits, tx, permit)),
            "require_in_force_10000_variables_warm_us": median_us(
                rounds, lambda: ask(permits, tx, wide)
            ),
            "is_in_force_warm_us": median_us(rounds, lambda: permits.is_in_force(tx, permit.id)),
            "grant_us": round(granting, 1),
            "permits": PERMITS,
            "variables": len(VARIABLES),
            "jws_bytes": len(permit.jws),
            "rounds": rounds,
        }


def main() -> None:
    """Measure in a fresh home and print one JSON object."""
    parser = argparse.ArgumentParser(description="time the permit check")
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'casemate.db'}")
        Base.metadata.create_all(store.engine)
        print(json.dumps(measure(store, rounds), indent=1))
        store.close()


if __name__ == "__main__":
    main()
