"""Runs under ``kill -9``: whatever moment it hits, the run ends as it must, and once."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from enclave_world import COUNTS, World

from casemate.access import OutputRules
from casemate.enclave import OutputState, RunState
from casemate.enclave.sweep import known_blobs
from casemate.store import Base, Store

REPETITIONS = 10
LIFE_SECONDS = 0.8
"""About how long a worker needs from its start to the end of a short run."""

WORKER = """
import sys, time
from pathlib import Path
from enclave_world import World
from casemate.store import Store
root, database, runs = sys.argv[1:]
world = World(Path(root), Store(database), runs)
import casemate.enclave.durable
print("ready", flush=True)
world.enclave.worker.start()
time.sleep(600)
"""


@contextmanager
def worker_process(root: Path, database: str, runs: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that works on the home at ``root``, about to start; killed at the end."""
    tests = Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(root), database, runs],
        stdout=subprocess.PIPE,
        cwd=tests,
        env={"PYTHONPATH": str(tests), "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def require_consistent(world: World, run_id: str) -> None:
    """The run was released, and the ledger tells one whole story of it, each act once."""
    assert world.state(run_id) is RunState.released
    assert world.acts(run_id) == ["run.submitted", "run.running", "run.checking", "run.released"]
    (output,) = world.outputs(run_id).values()
    assert output.state is OutputState.released
    assert world.acts(output.id) == [
        "output.kept",
        "output.stated",
        "output.checked",
        "output.cleared",
        "output.released",
    ]


@pytest.mark.slow
def test_runs_go_on_after_kill_9_at_random_moments(tmp_path: Path) -> None:
    database, runs = f"sqlite:///{tmp_path / 'casemate.db'}", f"sqlite:///{tmp_path / 'runs.db'}"
    store = Store(database)
    Base.metadata.create_all(store.engine)
    world = World(tmp_path, store, runs)
    world.publish()
    permit = world.permit(OutputRules(review="automatic"))
    moments = random.Random(20260302)
    ids, cut = [], 0
    for _ in range(REPETITIONS):
        ids.append(world.submit(permit, COUNTS))
        with worker_process(tmp_path, database, runs):
            time.sleep(moments.uniform(0, LIFE_SECONDS))
        cut += world.state(ids[-1]) is not RunState.released
    assert cut, "no kill hit a run that was going on"
    for run_id in ids:
        world.enclave.worker.wait(run_id, timeout=60)
        require_consistent(world, run_id)
    with world.store.read() as tx:
        views = world.enclave.views.of_permit(tx, permit)
        known = known_blobs(tx)
    assert len(views) == 1
    world.enclave.sweep(grace=-1)
    kept = {file.name for file in world.vault.root.iterdir()}
    assert {name for name in kept if not name.startswith("table-")} == known
    world.enclave.close()
    store.close()


@pytest.mark.slow
def test_on_postgresql_the_runs_of_a_dead_executor_go_to_a_living_one(
    tmp_path: Path, postgres_url: str
) -> None:
    store = Store(postgres_url)
    Base.metadata.create_all(store.engine)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "vault").mkdir()
    (there / "vault").symlink_to(here / "vault")
    world = World(here, store, postgres_url)
    world.publish()
    slow = b"import time\ntime.sleep(2)\n" + COUNTS
    run_id = world.submit(world.permit(OutputRules(review="automatic")), slow)
    with worker_process(there, postgres_url, postgres_url):
        deadline = time.monotonic() + 30
        while world.state(run_id) is not RunState.running:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert world.enclave.worker.start()
        time.sleep(1)
        assert world.acts(run_id) == ["run.submitted", "run.running"], "the living keep their runs"
    world.enclave.worker.wait(run_id, timeout=60)
    require_consistent(world, run_id)
    world.enclave.close()
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["execute", "check", "settle"])
def test_a_step_cut_off_before_dbos_heard_of_it_is_done_once(tmp_path: Path, moment: str) -> None:
    """The worst moment: our transaction is committed, and DBOS has not recorded the step."""
    database, runs = f"sqlite:///{tmp_path / 'casemate.db'}", f"sqlite:///{tmp_path / 'runs.db'}"
    store = Store(database)
    Base.metadata.create_all(store.engine)
    world = World(tmp_path, store, runs)
    world.publish()
    run_id = world.submit(world.permit(OutputRules(review="automatic")), COUNTS)
    suicide = f"""
import os, signal, sys
from pathlib import Path
from enclave_world import World
from casemate.enclave.steps import Steps
from casemate.store import Store
step = Steps.{moment}
def dies(self, run_id):
    step(self, run_id)
    os.kill(os.getpid(), signal.SIGKILL)
Steps.{moment} = dies
world = World(Path(sys.argv[1]), Store(sys.argv[2]), sys.argv[3])
world.enclave.worker.wait("{run_id}", timeout=60)
"""
    tests = Path(__file__).resolve().parents[1]
    died = subprocess.run(
        [sys.executable, "-c", suicide, str(tmp_path), database, runs],
        env={"PYTHONPATH": str(tests), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert died.returncode == -9
    world.enclave.worker.wait(run_id, timeout=60)
    require_consistent(world, run_id)
    world.enclave.close()
    store.close()
