"""Short runs from submission to release, one at a time: sandbox, seals, check, ledger and all. JSON.

PYTHONPATH=tests python benchmarks/enclave/short_runs.py [--runs N]
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from enclave_world import COUNTS, World

from casemate.access import OutputRules
from casemate.enclave import RunState
from casemate.store import Base, Store


def short_runs(runs: int, home: Path) -> dict[str, Any]:
    """How many a second, over ``runs`` that are all handed in at once."""
    store = Store(f"sqlite:///{home / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    world = World(home, store, f"sqlite:///{home / 'runs.db'}")
    world.publish()
    permit = world.permit(OutputRules(review="automatic"))
    world.run(permit, COUNTS)  # makes the view, tries the walls
    load, began, cpu = os.getloadavg()[0], time.monotonic(), os.times()
    ids = [world.submit(permit, COUNTS) for _ in range(runs)]
    ended = [world.enclave.worker.wait(run_id, timeout=300) for run_id in ids]
    seconds, after = time.monotonic() - began, os.times()
    world.enclave.close()
    store.close()
    return {
        "runs": runs,
        "released": sum(run.state is RunState.released for run in ended),
        "runs_a_second": round(runs / seconds, 2),
        "ms_a_run": round(1000 * seconds / runs, 1),
        "cpu_ms_a_run": round(1000 * (sum(after[:4]) - sum(cpu[:4])) / runs, 1),
        "load_before": round(load, 2),
    }


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Measure short runs.")
    parser.add_argument("--runs", type=int, default=20)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(short_runs(parser.parse_args().runs, Path(folder))))


if __name__ == "__main__":
    main()
