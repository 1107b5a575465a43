"""What the enclave costs, in at most ten minutes: start-up, the output check, short runs, differencing.

Each figure is measured by a script of its own in a process of its own, one after another, with a time
limit each; what does not end in time is said not to have. Prints a table, or one JSON object.

    PYTHONPATH=tests python -m benchmarks.enclave.everything [--json] [--attacks N] [--minutes N]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[1]
EARLIER = (10, 1_000, 10_000)


@dataclass(frozen=True)
class Script:
    """One measurement: what runs, and its share of the time there is."""

    name: str
    path: str
    share: int
    options: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Measured:
    """What a script printed, or why it printed nothing; the load before it, and its seconds."""

    found: Any
    problem: str
    load: float
    seconds: float


def scripts(attacks: int, seconds: float) -> list[Script]:
    """All of them; the shares are of one hundred, and of each the script itself keeps four fifths."""
    releases = [
        Script(
            f"differencing {many}",
            "differencing.py",
            share,
            # two worlds, one after the other
            ("--releases", str(many), "--limit", str(0.4 * seconds * share / 100)),
        )
        for many, share in zip(EARLIER, (6, 10, 24), strict=True)
    ]
    game = ("--attacks", str(attacks), "--workloads", "4")
    return [
        Script("start-up", "sandbox.py", 10),
        Script("output check", "output_check.py", 10, ("--rounds", "11")),
        Script("short runs", "enclave/short_runs.py", 12),
        *releases,
        Script("differencing game", "differencing_game.py", 28, game),
    ]


def measure(script: Script, limit: float) -> Measured:
    """Run ``script`` for at most ``limit`` seconds and read the JSON that it prints."""
    load, began = round(os.getloadavg()[0], 2), time.monotonic()
    command = [sys.executable, str(SCRIPTS / script.path), *script.options]
    found, problem = None, ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        problem = f"not finished in {limit:.0f} s"
    else:
        if done.returncode:
            said = (done.stderr.strip().splitlines() or [""])[-1]
            problem = f"failed with exit code {done.returncode}: {said[:200]}"
        else:
            found = last_document(done.stdout)
    return Measured(found, problem, load, round(time.monotonic() - began, 1))


def last_document(text: str) -> Any:
    """The JSON document that ``text`` is, or that its last line is."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.strip().splitlines()[-1])


def rows(measured: dict[str, Measured]) -> Iterator[tuple[str, str, str, str]]:
    """(what, measured, aim, load) of each figure that the table shows."""
    for name, one in measured.items():
        load = f"{one.load:.1f}"
        if one.problem:
            yield name, one.problem, "", load
            continue
        try:
            shown = list(figures(name, one.found))
        except (AttributeError, KeyError, TypeError):  # a script that prints another form by now
            shown = [(name, flat(one.found), "")]
        for what, figure, aim in shown:
            yield what, figure, aim, load


def figures(name: str, found: Any) -> Iterator[tuple[str, str, str]]:
    """(what, measured, aim) out of what one script printed."""
    if name == "start-up":
        yield "walls over bare Python, wall", f"{found['walls_cost_ms']} ms", "<= 15 ms"
        yield "walls over bare Python, CPU", f"{found['walls_cost_cpu_ms']} ms", ""
    elif name == "output check":
        for what, one in found["outputs"].items():
            if "check_ms" in one:
                aim = "<= 20 ms (acro 301)" if what == "table 14 x 5, counts" else ""
                yield f"check: {what}", f"{one['check_ms']} ms", aim
    elif name == "short runs":
        yield "short runs, submission to release", f"{found['runs_a_second']} a second", ""
    elif name == "differencing game":
        yield from _game(found)
    else:
        yield from _differencing(name.split()[1], found)


def _differencing(many: str, found: Any) -> Iterator[tuple[str, str, str]]:
    for world, sizes in found.items():
        for one in sizes.values() if isinstance(sizes, dict) else ():
            ended = "" if one.get("finished", True) else " (as far as the time went)"
            if "all" in one:
                shown = picked(one["all"], "tables", "held", "undecided", "ms_50%", "ms_95%")
                yield f"a table, {many} earlier, {world}", shown + ended, ""
            for kind in ("known_table", "new_table", "disclosing_table"):
                if kind in one:
                    shown = picked(one[kind], "outcome", "ms", "cpu_ms") + ended
                    yield f"{kind.replace('_', ' ')}, {many} earlier, {world}", shown, ""


def _game(found: Any) -> Iterator[tuple[str, str, str]]:
    for data, one in found.items():
        if isinstance(one, dict):
            attacks = picked(one["game"], "attacks", "got_through", "median_ms", "p95_ms")
            yield f"game, {data}", attacks, "none gets through"
            harmless = picked(one["harmless"], "tables", "wrongly_held", "wrongly_held_percent")
            yield f"harmless tables, {data}", harmless, "< 5 % held"


def picked(document: dict[str, Any], *names: str) -> str:
    """Some figures of a document on one line."""
    return ", ".join(f"{name} {document[name]}" for name in names if name in document)


def flat(document: Any) -> str:
    """What a document of unknown form says at its top, on one line."""
    if not isinstance(document, dict):
        return str(document)
    plain = {key: value for key, value in document.items() if not isinstance(value, dict | list)}
    return picked(plain, *plain)


def table(lines: list[tuple[str, str, str, str]]) -> str:
    """The rows for people."""
    lines = [("what", "measured", "aim", "load"), *lines]
    widths = [max(len(line[at]) for line in lines) for at in range(3)]
    return "\n".join(
        "  ".join([*(line[at].ljust(widths[at]) for at in range(3)), line[3]]) for line in lines
    )


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Measure what the enclave costs.")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    parser.add_argument("--attacks", type=int, default=100, help="played in the differencing game")
    parser.add_argument("--minutes", type=float, default=10.0, help="in all, at most")
    asked = parser.parse_args()
    seconds = asked.minutes * 60
    measured = {
        one.name: measure(one, seconds * one.share / 100) for one in scripts(asked.attacks, seconds)
    }
    if asked.json:
        print(json.dumps({name: vars(one) for name, one in measured.items()}, indent=1))
    else:
        print(table(list(rows(measured))))
    sys.exit(0 if any(one.found for one in measured.values()) else 1)


if __name__ == "__main__":
    main()
