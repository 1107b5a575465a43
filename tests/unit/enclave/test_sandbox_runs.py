"""The sandbox runs ordinary work: scripts, commands, the analysis packages; and says how it ended."""

import io
import os
import time
from types import SimpleNamespace

import polars as pl
import pytest

from casemate.enclave import cgroups, processes, sandbox
from casemate.enclave.collect import Collector
from casemate.enclave.limits import GIB, MIB, Limits
from casemate.enclave.sandbox import Job
from casemate.enclave.watch import BoundedLog, Watch
from casemate.errors import BadInput, Unavailable

LIMITS = Limits(cpu_seconds=60, wall_seconds=60.0)


def run(script: str, **inputs: bytes) -> sandbox.SandboxResult:
    files = {name.replace("__", "."): data for name, data in inputs.items()}
    job = Job(script=script.encode(), inputs=files, limits=LIMITS)
    return sandbox.run(job, should_stop=lambda: None)


def test_a_script_reads_its_input_and_leaves_its_output() -> None:
    result = run("open('/out/copy.csv', 'w').write(open('/in/a.csv').read())", a__csv=b"x,y\n1,2\n")
    assert (result.ended, result.exit_code, result.reason) == (
        "finished",
        0,
        "the program finished",
    )
    (output,) = result.outputs
    assert (output.name, output.data) == ("copy.csv", b"x,y\n1,2\n")
    assert output.sha256.startswith("sha256:")


def test_a_command_runs_with_its_words_as_they_are() -> None:
    words = ("sh", "-c", 'printf "%s" "$1" > /out/words.txt; exit 0', "sh", "a b;$(id)")
    result = sandbox.run(Job(command=words, limits=LIMITS), should_stop=lambda: None)
    assert result.outputs[0].data == b"a b;$(id)"


def test_a_command_that_does_not_exist_fails_clearly() -> None:
    result = sandbox.run(Job(command=("no-such-program",), limits=LIMITS), should_stop=lambda: None)
    assert (result.ended, result.exit_code) == ("failed", 127)
    assert b"no-such-program" in result.stderr


def test_the_environment_is_fixed_and_extended_by_the_job_only() -> None:
    script = "import os, json; json.dump(dict(os.environ), open('/out/env.json', 'w'))"
    job = Job(script=script.encode(), environment={"SEED": "42"}, limits=LIMITS)
    (output,) = sandbox.run(job, should_stop=lambda: None).outputs
    environment = output.data.decode()
    for expected in ('"SEED": "42"', '"TZ": "UTC"', '"PYTHONHASHSEED": "0"', '"LC_ALL": "C.UTF-8"'):
        assert expected in environment
    assert '"OPENBLAS_NUM_THREADS": "1"' in environment
    assert "SSH" not in environment
    assert "CASEMATE" not in environment


def test_two_runs_of_a_script_give_the_same_bytes() -> None:
    script = "print(hash('a')); open('/out/a.txt', 'w').write(str(list({'x', 'y', 'zz', 'w'})))"
    first, second = run(script), run(script)
    assert first.outputs == second.outputs
    assert first.stdout == second.stdout


def test_a_script_is_run_as_python_would_run_it() -> None:
    script = """
import sys, atexit, __main__
assert __name__ == '__main__' and __main__.__file__ == sys.argv[0] == __file__ == '/in/script.py'
assert sys.path[-1] == '/packages'
class Local: pass
import pickle
assert isinstance(pickle.loads(pickle.dumps(Local())), Local)
atexit.register(lambda: open('/out/late.txt', 'w').write('flushed'))
exit(0)
"""
    result = run(script)
    assert result.ended == "finished", result.stderr
    assert result.outputs[0].data == b"flushed"


def test_a_traceback_shows_the_script_and_nothing_of_ours() -> None:
    result = run("def f():\n    raise ValueError('of data')\nf()")
    assert result.reason == "the program raised ValueError at line 2 of script.py (exit code 1)"
    assert b"stage" not in result.stderr
    assert b"    raise ValueError('of data')" in result.stderr


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import sys; sys.exit(3)", "the program failed (exit code 3)"),
        ("def", "the program raised SyntaxError at line 1 of script.py (exit code 1)"),
        ("\nimport nosuch", "the program raised ModuleNotFoundError at line 2 of script.py"),
        ("import os; os.abort()", "the program was ended by an abort"),
    ],
)
def test_a_failure_is_told_safely(script: str, reason: str) -> None:
    result = run(script)
    assert result.ended == "failed"
    assert result.reason.startswith(reason)


def test_resources_are_measured_outside() -> None:
    script = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
    result = run(script + "kept = bytearray(50 << 20)")
    assert result.resources["cpu_ms"] >= 290
    assert result.resources["wall_ms"] >= 290
    assert result.resources["max_rss_bytes"] >= 50 << 20
    assert set(result.limits_held) == {"memory", "processes", "cpu", "wall", "output", "user"}


def test_analysis_packages_run_under_the_default_limits() -> None:
    people = pl.DataFrame(
        {"y": [float(n % 7) for n in range(300)], "x": [n % 2 for n in range(300)]}
    )
    parquet = io.BytesIO()
    people.write_parquet(parquet)
    script = """
import json
import numpy as np, pandas as pd, polars as pl, pyarrow.parquet as pq, scipy.stats
import statsmodels.api as sm
frame = pd.read_parquet('/in/people.parquet')
assert pl.read_parquet('/in/people.parquet').height == pq.read_table('/in/people.parquet').num_rows
assert pl.scan_parquet('/in/people.parquet').group_by('x').len().collect().height == 2
fit = sm.GEE(frame.y, sm.add_constant(frame.x.astype(float)), groups=np.arange(len(frame))).fit()
json.dump({'estimate': float(fit.params['x']), 'n': len(frame)}, open('/out/effect.json', 'w'))
"""
    job = Job(script=script.encode(), inputs={"people.parquet": parquet.getvalue()})
    result = sandbox.run(job, should_stop=lambda: None)
    assert result.ended == "finished", result.stderr.decode()
    assert b'"n": 300' in result.outputs[0].data


def test_worker_processes_and_threads_work() -> None:
    script = """
import multiprocessing, concurrent.futures
def double(n): return 2 * n
with multiprocessing.Pool(2) as pool:
    assert pool.map(double, range(4)) == [0, 2, 4, 6]
with concurrent.futures.ThreadPoolExecutor(4) as threads:
    assert list(threads.map(double, range(4))) == [0, 2, 4, 6]
"""
    result = run(script)
    assert result.ended == "finished", result.stderr.decode()


def test_nothing_starts_when_there_is_a_reason_to_stop() -> None:
    job = Job(script=b"open('/out/a.csv', 'w').write('1')", limits=LIMITS)
    result = sandbox.run(job, should_stop=lambda: "the permit expired")
    assert (result.ended, result.reason, result.outputs) == ("stopped", "the permit expired", ())


def test_a_permit_that_ends_with_the_job_lets_nothing_out() -> None:
    """The last question is asked after the job has finished, before its outputs are handed over."""
    job = Job(script=b"open('/out/a.csv', 'w').write('1')", limits=LIMITS)
    asked: list[int] = []

    def should_stop() -> str | None:
        asked.append(1)
        return None

    assert sandbox.run(job, should_stop=should_stop).outputs
    last = len(asked)
    asked.clear()

    def stops_at_the_end() -> str | None:
        asked.append(1)
        return "revoked" if len(asked) >= max(2, last - 2) else None

    result = sandbox.run(job, should_stop=stops_at_the_end)
    assert (result.ended, result.outputs) == ("stopped", ())


@pytest.mark.parametrize(
    "job",
    [
        Job(),
        Job(script=b"", command=("true",)),
        Job(script=b"", filename="../escape.py"),
        Job(script=b"", inputs={"a/b.csv": b""}),
        Job(script=b"", inputs={"script.py": b""}),
        Job(script=b"", inputs={".hidden": b""}),
        Job(script=b"", environment={"LD_PRELOAD": "/tmp/x.so"}),
        Job(script=b"", environment={"PYTHONPATH": "/tmp"}),
        Job(script=b"", environment={"lower": "x"}),
        Job(command=("a\0b",)),
    ],
)
def test_a_malformed_job_is_bad_input(job: Job) -> None:
    with pytest.raises(BadInput):
        sandbox.run(job, should_stop=lambda: None)


def test_limits_are_more_than_nothing() -> None:
    with pytest.raises(BadInput, match="memory_bytes"):
        Limits(memory_bytes=0)


def test_the_doctor_tries_every_wall_and_finds_it() -> None:
    walls = sandbox.doctor()
    names = {wall.name for wall in walls if wall.required}
    assert {"namespaces", "system calls", "network", "process limit", "memory limit"} <= names
    assert [wall for wall in walls if wall.required and not wall.available] == []


def test_without_a_filter_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty filter lets every call through: the doctor must see it and the enclave refuse."""
    from casemate.enclave import seccomp

    allow_all = bytes([0x06, 0, 0, 0, 0, 0, 0xFF, 0x7F])  # BPF: return SECCOMP_RET_ALLOW
    monkeypatch.setattr(seccomp, "program", lambda: allow_all)
    sandbox.require_walls.cache_clear()
    try:
        assert "network" in {wall.name for wall in sandbox.doctor() if not wall.available}
        with pytest.raises(Unavailable, match="network"):
            sandbox.run(Job(script=b"pass", limits=LIMITS), should_stop=lambda: None)
    finally:
        sandbox.require_walls.cache_clear()


def test_a_bubblewrap_that_cannot_raise_a_wall_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from casemate.enclave import walls

    monkeypatch.setattr(walls, "isolation", lambda: ["--no-such-wall"])
    with pytest.raises(Unavailable, match="no-such-wall"):
        sandbox.run(Job(script=b"pass", limits=LIMITS), should_stop=lambda: None)


def test_inputs_are_held_in_memory_only() -> None:
    """/in lies on a tmpfs of the sandbox, and so do /tmp and /out."""
    script = """
kinds = {}
for line in open('/proc/self/mountinfo'):
    left, _, right = line.partition(' - ')
    kinds[left.split()[4]] = right.split()[0]
assert not [place for place in kinds if place.startswith('/in')], kinds  # it lies on /
assert kinds['/tmp'] == kinds['/out'] == kinds['/dev/shm'] == kinds['/'] == 'tmpfs', kinds
"""
    result = run(script, people__csv=b"1" * MIB)
    assert result.ended == "finished", result.stderr


def test_files_are_not_counted_before_the_sandbox_has_its_own_file_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a slow machine the first look comes while the host's are still there, full as they are."""
    limits = Limits(memory_bytes=1000 * GIB, cpu_seconds=10**6, wall_seconds=1e6)
    monkeypatch.setattr(processes, "files_made", lambda *_: limits.files + 1)
    ended: list[str] = []
    here = SimpleNamespace(first_pid=os.getpid(), group=cgroups.Group(1, {}), kill=lambda: None)
    log = BoundedLog(10)
    watch = Watch(here, limits, lambda: None, Collector(10), log, log)  # type: ignore[arg-type]
    for ready in (False, True):
        watch.collector.ready = ready
        watch._next_poll = 0.0
        watch._started = time.monotonic()
        watch._poll()
        ended.append("" if watch.verdict is None else watch.verdict[0])
    assert ended == ["", "output_too_large"]
