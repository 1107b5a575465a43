"""Crash and load: many queued runs, with ``kill -9`` of the worker and of sandboxes at random moments.

    PYTHONPATH=tests python -m benchmarks.enclave.load [--runs 200] [--seed 1]

Prints one JSON object and exits with 1 where something does not hold: every run ends in a defined state,
with one whole story on the ledger; no process, mount, control group or temporary file is left; no
output is released twice, and none that was released is lost.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from enclave_world import COUNTS, RESEARCHER, World

from casemate.access import OutputRules
from casemate.canonical import digest
from casemate.enclave import OutputState, RunState, cgroups
from casemate.enclave.records import ACTIVE
from casemate.enclave.sweep import known_blobs
from casemate.store import Base, Store

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import sys, time
from pathlib import Path
from enclave_world import World
from casemate.store import Store
root, database, runs = sys.argv[1:]
world = World(Path(root), Store(database), runs)
world.enclave.worker._at_once = 2
import casemate.enclave.durable
print("ready", flush=True)
world.enclave.worker.start()
time.sleep(3600)
"""
# What tests of other rooms put beside ours while they run: not of the enclave.
_OF_OTHERS = ("casemate-pg-",)
FINAL = {RunState.released, RunState.refused, RunState.failed, RunState.cancelled}
MARK = b"/in/analysis.py"


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Load the enclave and kill its parts.")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-seconds", type=float, default=1800.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="enclave-load-") as folder:
        report = load(Path(folder), options.runs, options.seed, options.most_seconds)
    print(json.dumps(report))
    return 1 if report["problems"] else 0


def load(folder: Path, runs: int, seed: int, most_seconds: float) -> dict[str, Any]:
    """Submit ``runs``, kill until all have ended, and look at what is left."""
    database, durable = f"sqlite:///{folder / 'casemate.db'}", f"sqlite:///{folder / 'runs.db'}"
    store = Store(database)
    Base.metadata.create_all(store.engine)
    world = World(folder, store, durable)
    world.publish()
    before = leavings()
    permit = world.permit(OutputRules(review="automatic", min_cell=10))
    ids = [world.submit(permit, COUNTS) for _ in range(runs)]
    began = time.monotonic()
    kills = kill_until_ended(world, (str(folder), database, durable), seed, began + most_seconds)
    seconds = time.monotonic() - began
    problems = [*wrong_stories(world, ids), *left_over(world, before)]
    states = Counter(str(world.state(run_id)) for run_id in ids)
    store.close()
    return {
        "runs": runs,
        "seconds": round(seconds, 1),
        "runs_a_second": round(runs / seconds, 2),
        "kills": kills,
        "states": dict(states),
        "problems": problems,
        "load_average": round(os.getloadavg()[0], 2),
        "cores": os.cpu_count(),
    }


def kill_until_ended(
    world: World, arguments: tuple[str, str, str], seed: int, deadline: float
) -> dict[str, int]:
    """One worker after another, each killed at a random moment, and sandboxes under it."""
    chance, kills = random.Random(seed), Counter[str]()
    while active(world) and time.monotonic() < deadline:
        worker = start_worker(arguments)
        life = time.monotonic() + chance.uniform(0.2, 12.0)
        while time.monotonic() < life and active(world):
            time.sleep(chance.uniform(0.05, 0.6))
            if chance.random() < 0.25 and (victims := sandboxes()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(victims), 9)
                    kills["sandbox"] += 1
        worker.kill()
        worker.wait()
        kills["worker"] += 1
    return dict(kills)


def start_worker(arguments: tuple[str, str, str]) -> "subprocess.Popen[bytes]":
    """A process that works on the home."""
    paths = f"{ROOT / 'tests'}:{ROOT / 'src'}"
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin", "TMPDIR": str(temporary(arguments[0]))},
    )
    assert worker.stdout is not None
    worker.stdout.readline()
    return worker


def temporary(root: str) -> Path:
    """Where the workers put what is temporary: so that all of it is theirs."""
    folder = Path(root) / "temporary"
    folder.mkdir(exist_ok=True)
    return folder


def active(world: World) -> bool:
    """Whether any run still awaits the machine."""
    with world.store.read() as tx:
        return bool(world.enclave.runs.list(tx, submitted_by=RESEARCHER, states=ACTIVE))


def sandboxes() -> list[int]:
    """The processes of our jobs, inside and outside the sandbox."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if MARK in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def wrong_stories(world: World, ids: list[str]) -> list[str]:
    """What is wrong with any run, its outputs or their entries on the ledger."""
    problems = []
    for run_id in ids:
        state, acts = world.state(run_id), world.acts(run_id)
        if state not in FINAL:
            problems.append(f"{run_id} is {state}")
        if len(set(acts)) != len(acts) or acts[-1] != f"run.{state.value}":
            problems.append(f"{run_id} is {state}; the ledger says {acts}")
        outputs = list(world.outputs(run_id).values())
        released = [one for one in outputs if one.state is OutputState.released]
        if (state is RunState.released) != (len(released) == 1) or len(outputs) > 1:
            problems.append(f"{run_id} is {state} with {len(released)} of {len(outputs)} released")
        problems += [problem for one in outputs for problem in _wrong_output(world, one.id)]
    return problems


def _wrong_output(world: World, output: str) -> list[str]:
    acts = world.acts(output)
    if acts.count("output.released") > 1 or acts.count("output.kept") != 1:
        return [f"{output}: the ledger says {acts}"]
    if "output.released" not in acts:
        return []
    with world.store.transaction() as tx:
        data = world.enclave.outputs.fetch(tx, RESEARCHER, output)
        stated = world.enclave.outputs.receipt(tx, output)
    return [] if digest(data) == stated.digest else [f"{output} is not what was released"]


def leavings() -> dict[str, set[str]]:
    """What a run could leave on this machine."""
    temporary = {
        str(path) for root in ("/tmp", "/dev/shm", "/var/tmp") for path in Path(root).iterdir()
    }  # fmt: skip
    mounts = set(Path("/proc/self/mounts").read_text().splitlines())
    # A group is named after the process that made it; that of a living one is somebody's at work.
    groups = {
        str(path)
        for path in Path("/sys/fs/cgroup").glob("**/casemate-run-*")
        if not Path("/proc", path.name.split("-")[2]).exists()
    }
    return {"temporary files": temporary, "mounts": mounts, "control groups": groups}


def left_over(world: World, before: dict[str, set[str]]) -> list[str]:
    """What is there now and was not before; other programs' files are passed over."""
    deadline = time.monotonic() + 5
    while sandboxes() and time.monotonic() < deadline:
        time.sleep(0.1)
    problems = [f"process {pid} is left" for pid in sandboxes()]
    cgroups.sweep()  # as the next start of a worker does
    now = leavings()
    for kind, there in now.items():
        ours = {
            one
            for one in there - before[kind]
            if "casemate" in one and not any(other in one for other in _OF_OTHERS)
        }
        problems += [f"{kind}: {one}" for one in sorted(ours)]
    here = temporary(str(world.vault.root.parent))
    problems += [f"temporary files: {one.name}" for one in sorted(here.iterdir())]
    world.enclave.sweep(grace=-1)
    with world.store.read() as tx:
        known = known_blobs(tx)
        report = world.ledger.verify(tx)
    kept = {file.name for file in world.vault.root.iterdir() if not file.name.startswith("table-")}
    if missing := known - kept:
        problems.append(f"{len(missing)} files of the vault are lost")
    if not report.ok:
        problems.append(f"the ledger does not hold: {report.problems}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
