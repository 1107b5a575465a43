"""What the enclave costs: start-up, the output check, short runs, differencing. Prints one JSON object.

Calls the scripts that measure one thing each, in processes of their own, one after another; what a script
prints as its last line of JSON stands under its name. The load average stands beside each.

    PYTHONPATH=tests python -m benchmarks.enclave.everything
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from enclave_world import COUNTS, RESEARCHER, World

from casemate.access import OutputRules
from casemate.enclave import RunState
from casemate.store import Base, Store

SHORT_RUNS = 20
SCRIPTS = Path(__file__).resolve().parents[1]
OTHERS = ("sandbox", "output_check")
MOST_SECONDS = 3600


def main() -> None:
    """Run as a program."""
    games = sorted(path.stem for path in SCRIPTS.glob("differencing*.py"))
    report: dict[str, Any] = {"short_runs": short_runs()}
    for name in (*OTHERS, *games):
        script = SCRIPTS / f"{name}.py"
        report[name] = measured(script) if script.exists() else "there is no such script here"
    print(json.dumps(report, indent=1))


def measured(script: Path) -> Any:
    """What ``script`` prints, and the load before it began."""
    load = round(os.getloadavg()[0], 2)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False,
        timeout=MOST_SECONDS,
    )  # fmt: skip
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:], "exit_code": done.returncode}
    return {"load_before": load, "found": last_document(done.stdout)}


def last_document(text: str) -> Any:
    """The JSON document that ``text`` is, or that its last line is."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.strip().splitlines()[-1])


def short_runs() -> dict[str, Any]:
    """Runs a second from submission to release, one at a time: sandbox, seals, check, ledger and all."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = Store(f"sqlite:///{home / 'casemate.db'}")
        Base.metadata.create_all(store.engine)
        world = World(home, store, f"sqlite:///{home / 'runs.db'}")
        world.publish()
        permit = world.permit(OutputRules(review="automatic"))
        world.run(permit, COUNTS)  # makes the view, tries the walls
        load, began = os.getloadavg()[0], time.monotonic()
        ids = [world.submit(permit, COUNTS) for _ in range(SHORT_RUNS)]
        ended = [world.enclave.worker.wait(run_id, timeout=300) for run_id in ids]
        seconds = time.monotonic() - began
        world.enclave.close()
        store.close()
    released = sum(run.state is RunState.released for run in ended)
    assert {run.submitted_by for run in ended} == {RESEARCHER}
    return {
        "runs": SHORT_RUNS,
        "released": released,
        "runs_a_second": round(SHORT_RUNS / seconds, 2),
        "ms_a_run": round(1000 * seconds / SHORT_RUNS, 1),
        "load_before": round(load, 2),
    }


if __name__ == "__main__":
    main()
