"""The attack suite as a table: each attack, as root and as an ordinary user, with the wall that stopped it.

    python tests/attacks/attack_report.py [--json]

Where it cannot run as one of the two, that column says why. The wall of an attack that is refused is read
off what the program met, not looked up; of one that is bounded, it is what gives its outcome.
Exit code 1 where an attack got what it wanted.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks.attack_runs import seen_as_nobody, seen_of, why_not_as_nobody
from attacks.bounded_attacks import BOUNDED, LIMITS, Seen
from attacks.checker_attacks import (
    NOT_RUN,
    ON_CHECKER,
    on_checker_as_myself,
    on_checker_as_nobody,
)
from attacks.checker_attacks import (
    STOPPED as REFUSED,
)
from attacks.decoys import Outside, decoys
from attacks.hostile_programs import ATTACKS, program

Runner = Callable[[dict[str, bytes]], dict[str, Seen]]
STOPPED, BOUNDED_WORD, GOT_THROUGH = "stopped", "bounded", "GOT THROUGH"
# What a program met, in the order in which it is looked for, and the wall that this means.
MET = (
    (r"the attack got nothing|AssertionError", "nothing to see: own namespaces, no capabilities"),
    (r"Errno 30\b", "read-only file system"),
    (r"Errno 28\b|Errno 27\b", "size of its own tmpfs, RLIMIT_FSIZE"),
    (r"Errno 24\b", "RLIMIT_NOFILE"),
    (r"Errno 38\b", "seccomp: the call does not exist here"),
    (r"Errno 97\b", "seccomp: no socket family but AF_UNIX"),
    (r"Errno 111\b", "own network namespace"),
    (r"gaierror|Temporary failure", "no network to resolve names on"),
    (r"Errno 3\b|ProcessLookupError", "own process namespace"),
    (r"Errno 2\b|Errno 6\b|FileNotFoundError", "own mounts: it is not there"),
    (r"os\.kill\(.*\n(.*\n)*.*Errno 1\b", "Landlock: no signal leaves the job"),
    (r"out of pty devices", "there is no terminal, and none to be had"),
    (r"Errno 13\b", "Landlock, uid 1000 without capabilities"),
    (r"Errno 1\b|PermissionError", "seccomp: the call is refused"),
    (r"Errno 22\b", "own user namespace: there is no other user"),
    (r"Errno 5\b", "the terminal takes no typing (TIOCSTI)"),
    (r"not allowed to raise|exceeds maximum limit", "limits cannot be raised"),
    (r"CalledProcessError", "seccomp, no capabilities, no new privileges"),
)  # fmt: skip


def as_myself(scripts: dict[str, bytes]) -> dict[str, Seen]:
    """Each script as whoever runs this."""
    return {name: seen_of(script, LIMITS) for name, script in scripts.items()}


def as_nobody(scripts: dict[str, bytes]) -> dict[str, Seen]:
    """Each script as an ordinary user."""
    return seen_as_nobody(scripts, LIMITS)


def judged(seen: dict[str, Seen], outside: Outside) -> dict[str, tuple[str, str]]:
    """(how it went, by which wall) of each attack."""
    reached = outside.was_reached()
    verdicts = {}
    for name in ATTACKS:
        stopped = seen[name].ended == "failed" and not reached
        verdicts[name] = (STOPPED, wall_of(seen[name])) if stopped else (GOT_THROUGH, "")
    for name in ON_CHECKER:
        held_by = {REFUSED: (STOPPED, seen[name].reason), NOT_RUN: (NOT_RUN, seen[name].reason)}
        verdicts[name] = held_by.get(seen[name].ended, (GOT_THROUGH, seen[name].reason))
    for name, bounded in BOUNDED.items():
        held = bounded.outcome(seen[name])
        if bounded.then is not None:
            held = held and seen[f"{name}, then"].ended == "finished"
        verdicts[name] = (BOUNDED_WORD, bounded.wall) if held else (GOT_THROUGH, "")
    return verdicts


def wall_of(seen: Seen) -> str:
    """The wall that a refused program ran into, by what it met."""
    for met, wall in MET:
        if re.search(met, seen.stderr):
            return wall
    if "exit code -31" in seen.reason:
        return "seccomp: ended by SIGSYS"
    return f"the job was ended: {seen.reason}"


def scripts(outside: Outside) -> dict[str, bytes]:
    """Every program of the suite."""
    refused = {name: program(name, **outside.names()) for name in ATTACKS}
    bounded = {name: one.program.encode() for name, one in BOUNDED.items()}
    after = {f"{name}, then": one.then.encode() for name, one in BOUNDED.items() if one.then}
    return {**refused, **bounded, **after}


def run(runner: Runner, on_checker: Callable[[], dict[str, Seen]]) -> dict[str, tuple[str, str]]:
    """The whole suite by one runner, against decoys of its own."""
    with tempfile.TemporaryDirectory() as folder, decoys(Path(folder)) as outside:
        seen = runner(scripts(outside)) | on_checker()
        return judged(seen, outside)


def columns() -> Iterator[tuple[str, dict[str, tuple[str, str]] | str]]:
    """Root and user: the verdicts, or why there are none."""
    if os.geteuid() == 0:
        yield "root", run(as_myself, on_checker_as_myself)
        yield "user", why_not_as_nobody() or run(as_nobody, on_checker_as_nobody)
    else:
        yield "root", "this is not root's process"
        yield "user", run(as_myself, on_checker_as_myself)


def report() -> dict[str, Any]:
    """The table as a document."""
    found = dict(columns())
    ran = {who: verdicts for who, verdicts in found.items() if isinstance(verdicts, dict)}
    attacks = {
        name: {
            who: dict(zip(("outcome", "wall"), verdicts[name], strict=True))
            for who, verdicts in ran.items()
        }
        for name in (*ATTACKS, *BOUNDED, *ON_CHECKER)
    }
    through = [
        f"{name} ({who})"
        for name, by in attacks.items()
        for who, verdict in by.items()
        if verdict["outcome"] == GOT_THROUGH
    ]
    return {
        "attacks": attacks,
        "not_run": {who: why for who, why in found.items() if isinstance(why, str)},
        "got_through": through,
        "limits": asdict(LIMITS),
        "load_average": round(os.getloadavg()[0], 2),
    }


def table(document: dict[str, Any]) -> str:
    """The document for people."""
    rows = [("attack", "root", "user", "wall")]
    for name, by in document["attacks"].items():
        outcomes = [by.get(who, {}).get("outcome", "not run") for who in ("root", "user")]
        walls = list(dict.fromkeys(one["wall"] for one in by.values() if one["wall"]))
        rows.append((name, *outcomes, " / ".join(walls)))
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = [
        "  ".join([*(row[at].ljust(widths[at]) for at in range(3)), row[3]]).rstrip()
        for row in rows
    ]
    total = len(rows) - 1
    ran = ", ".join(who for who in ("root", "user") if who not in document["not_run"])
    lines += [f"not run as {who}: {why}" for who, why in document["not_run"].items()]
    lines.append(f"{total} attacks as {ran}: {len(document['got_through'])} got through")
    return "\n".join(lines)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Run the attack suite and print a table.")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    options = parser.parse_args()
    document = report()
    print(json.dumps(document, indent=1) if options.json else table(document))
    return 1 if document["got_through"] else 0


if __name__ == "__main__":
    sys.exit(main())
