"""Attacks on the sandbox, each a small hostile program with the outcome it must have.

Run as whoever runs the tests and, where that is root and a system Python is at hand, also as an ordinary
user without control groups: there RLIMITs and sampling alone must hold.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attacks.decoys import PROJECT, Outside, decoys
from attacks.hostile_programs import ATTACKS, program

from casemate.enclave import processes, sandbox
from casemate.enclave.limits import MIB, Limits

SMALL = Limits(
    memory_bytes=256 * MIB,
    cpu_seconds=3,
    wall_seconds=6.0,
    processes=16,
    open_files=64,
    output_bytes=MIB,
    tmp_bytes=8 * MIB,
)
NOBODY = 65534


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with decoys(tmp_path_factory.mktemp("outside")) as prepared:
        yield prepared


def run(script: bytes, limits: Limits = SMALL, **inputs: bytes) -> sandbox.SandboxResult:
    files = {"people.csv": b"a,b\n1,2\n", **inputs}
    return sandbox.run(
        sandbox.Job(script=script, inputs=files, limits=limits), should_stop=lambda: None
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_stopped(attack: str, outside: Outside) -> None:
    result = run(program(attack, **outside.names()))
    assert result.ended == "failed", result
    assert b"SyntaxError" not in result.stderr
    assert b"NameError" not in result.stderr
    assert outside.was_reached() == []


def test_a_harmless_program_is_not_stopped_by_what_stops_attacks() -> None:
    result = run(b"import socket, threading, subprocess, tempfile\nsocket.socketpair()\n"
                 b"t = threading.Thread(target=print); t.start(); t.join()\n"
                 b"assert subprocess.run(['true']).returncode == 0\ntempfile.TemporaryFile()")  # fmt: skip
    assert result.ended == "finished", result.stderr


# An ordinary user, without control groups.

RUNNER = """
import dataclasses, json, sys, types
sys.path[:0] = json.loads(sys.argv[1])
package = types.ModuleType("casemate.enclave")  # the sandbox alone: the durable runs load in seconds
import casemate
package.__path__ = [casemate.__path__[0] + "/enclave"]
sys.modules["casemate.enclave"] = package
from casemate.enclave import cgroups, sandbox
from casemate.enclave.limits import Limits
limits = Limits(**json.loads(sys.argv[2]))
answers = {}
for name, script in json.load(sys.stdin).items():
    job = sandbox.Job(script=script.encode(), inputs={"people.csv": b"1"}, limits=limits)
    result = sandbox.run(job, should_stop=lambda: None)
    answers[name] = [result.ended, result.reason, result.limits_held, result.stderr.decode()[-200:]]
json.dump(answers, sys.stdout)
"""


def run_as_nobody(scripts: dict[str, bytes], limits: Limits = SMALL) -> dict[str, Any]:
    """Each script's [ended, reason, limits held, stderr's end], the whole trusted side run as nobody."""
    python = Path("/usr/bin/python3")
    packages = Path(sysconfig.get_path("purelib"))
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip(
            "only root can start another user's process; this run is an ordinary user's already"
        )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not python.exists() or python.resolve().name != version:
        pytest.skip(f"no system Python {version} that an ordinary user can reach")
    if not all(folder.stat().st_mode & 1 for folder in (packages, *packages.parents)):
        pytest.skip("an ordinary user cannot reach the virtual environment")
    paths = json.dumps([str(PROJECT / "src"), str(packages)])
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    done = subprocess.run(
        [*user, str(python), "-c", RUNNER, paths, json.dumps(vars(limits))],
        input=json.dumps({name: script.decode() for name, script in scripts.items()}).encode(),
        capture_output=True,
        cwd="/",
        env={"CASEMATE_DECOY_SECRET": "hunter2", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_every_attack_is_stopped_for_an_ordinary_user(outside: Outside) -> None:
    answers = run_as_nobody({name: program(name, **outside.names()) for name in ATTACKS})
    assert {name: answer for name, answer in answers.items() if answer[0] != "failed"} == {}
    assert outside.was_reached() == []
    assert all("control group" not in answer[2]["processes"] for answer in answers.values())


def test_bombs_are_stopped_for_an_ordinary_user() -> None:
    answers = run_as_nobody({"forks": FORK_BOMB, "memory": MEMORY_BOMB, "tree": MEMORY_TREE}, BOMBS)
    assert answers["forks"][0] in {"failed", "wall_time", "cpu_time"}
    assert answers["memory"][0] == "memory"
    assert answers["tree"][0] == "memory"


# Bombs.

BOMBS = Limits(
    memory_bytes=200 * MIB, cpu_seconds=2, wall_seconds=3.0, processes=20, output_bytes=MIB
)
FORK_BOMB = b"""
import os
while True:
    os.fork()
"""
COUNTED_FORKS = b"""
import os, time
count = 0
try:
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
open('/out/count.txt', 'w').write(str(count))
"""
MEMORY_BOMB = b"kept = []\nwhile True:\n    kept.append(bytearray(10 << 20))\n"
MEMORY_TREE = b"""
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20)) * 60
        time.sleep(30)
        os._exit(0)
time.sleep(30)
"""


def test_a_fork_bomb_ends_with_its_whole_tree() -> None:
    before = _sandbox_processes()
    result = run(FORK_BOMB, BOMBS)
    assert result.ended in {"failed", "wall_time", "cpu_time"}
    assert result.resources["total_ms"] < 6000
    assert _sandbox_processes() <= before


def test_processes_are_counted() -> None:
    result = run(COUNTED_FORKS, BOMBS)
    assert result.ended == "finished", result
    assert int(result.outputs[0].data) <= BOMBS.processes


def test_a_memory_bomb_ends_and_says_so() -> None:
    result = run(MEMORY_BOMB, BOMBS)
    assert result.ended == "memory"
    assert result.outputs == ()


def test_memory_is_counted_over_the_whole_tree() -> None:
    assert run(MEMORY_TREE, BOMBS).ended == "memory"


def test_memory_in_tmpfs_counts() -> None:
    script = b"open('/tmp/a', 'wb').write(bytes(1) * (150 << 20))\nkept = bytearray(150 << 20)\n"
    limits = Limits(memory_bytes=200 * MIB, wall_seconds=5.0, tmp_bytes=160 * MIB)
    if "control group" not in run(b"pass").limits_held["memory"]:
        pytest.skip(
            "only a control group counts a tmpfs with the processes; here its size alone bounds it"
        )
    assert run(script, limits).ended == "memory"


def test_ten_gigabytes_written_end_early() -> None:
    script = (
        b"file = open('/out/big', 'wb')\nfor _ in range(10240):\n    file.write(bytes(1 << 20))\n"
    )
    result = run(script, BOMBS)
    assert result.ended == "output_too_large"
    assert "1 MiB" in result.reason
    assert result.outputs == ()


def test_an_endless_loop_ends_at_the_cpu_limit() -> None:
    result = run(b"while True: pass", Limits(cpu_seconds=1, wall_seconds=60.0))
    assert result.ended == "cpu_time"
    # The limit counts the start too, which on a busy machine takes more of the second.
    assert 500 < result.resources["cpu_ms"] < 3000


def test_cpu_time_is_summed_over_short_lived_children() -> None:
    """Each child stays far under the limit, and their parent is never told of their end."""
    script = b"""
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        end = time.process_time() + 0.2
        while time.process_time() < end: pass
        os._exit(0)
    time.sleep(0.15)
"""
    result = run(script, Limits(cpu_seconds=1, wall_seconds=8.0))
    if "control group" not in result.limits_held["processes"]:
        pytest.skip("without a control group only the wall clock bounds this")
    assert result.ended == "cpu_time"


def test_sleeping_for_ever_ends_at_the_wall_limit() -> None:
    result = run(b"import time\ntime.sleep(600)", Limits(wall_seconds=0.5))
    assert result.ended == "wall_time"
    assert result.resources["total_ms"] < 2500


def test_ignoring_every_signal_does_not_help() -> None:
    script = b"""
import os, signal, time
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
if os.fork() == 0: os.setsid()
time.sleep(600)
"""
    assert run(script, Limits(wall_seconds=0.5)).ended == "wall_time"


def test_what_a_job_leaves_running_ends_before_outputs_are_read() -> None:
    script = b"""
import os, time
open('/out/table.csv', 'w').write('kept')
if os.fork() == 0:
    os.setsid()
    time.sleep(0.3)
    open('/out/table.csv', 'w').write('swapped')
    os._exit(0)
"""
    result = run(script)
    assert [output.data for output in result.outputs] == [b"kept"]


def test_endless_binary_output_is_bounded() -> None:
    script = (
        b"import os\nwhile True: os.write(1, os.urandom(1 << 16)); os.write(2, b'\\xff' * 65536)"
    )
    result = run(script, Limits(wall_seconds=1.0, log_bytes=10_000))
    assert result.ended == "wall_time"
    assert len(result.stdout) < 10_100
    assert len(result.stderr) < 10_100
    assert result.resources["stdout_bytes"] > 100_000


def test_stderr_cannot_carry_data_into_the_reason() -> None:
    script = b"raise KeyError('Doe, Jane, 1980-02-03')"
    result = run(script)
    assert result.reason == "the program raised KeyError at line 1 of script.py (exit code 1)"
    forged = b"class Jane(Exception): pass\nraise Jane('Doe')"
    assert "Jane" not in run(forged).reason
    line = b"exec(compile('\\n' * 1979 + 'raise ValueError', '/in/script.py', 'exec'))"
    assert run(line).reason == "the program raised ValueError (exit code 1)"


def test_a_preloaded_library_reaches_nothing_of_ours() -> None:
    script = b"""
import os, sys
os.environ['LD_PRELOAD'] = '/tmp/evil.so'
os.environ['PYTHONPATH'] = '/tmp'
open('/tmp/evil.so', 'w').write('x')
open('/tmp/usercustomize.py', 'w').write('open("/out/planted", "w")')
os.execv(sys.executable, [sys.executable, '-c', 'pass'])
"""
    assert run(script).ended == "finished"
    clean = run(
        b"import os\nassert 'LD_PRELOAD' not in os.environ\nassert os.listdir('/tmp') == []"
    )
    assert clean.ended == "finished", clean.stderr


def test_two_jobs_do_not_see_each_other() -> None:
    first = run(b"open('/tmp/left', 'w').write('x'); open('/dev/shm/left', 'w').write('x')")
    second = run(
        b"import os\nassert not os.path.exists('/tmp/left') and os.listdir('/dev/shm') == []"
    )
    assert (first.ended, second.ended) == ("finished", "finished")


def test_the_job_cannot_forge_the_stream_of_outputs_into_the_parent() -> None:
    """It may find process 1's pipe and write to it: what comes is parsed as hostile, within bounds."""
    script = b"""
import os
for fd in range(3, 64):
    try:
        pipe = os.open(f'/proc/1/fd/{fd}', os.O_WRONLY)
        os.write(pipe, b'exit 0 0\\nfile 2e2e2f2e2e2f657463 3\\nabcend\\n' + b'x' * 100000)
    except OSError:
        pass
"""
    result = run(script)
    assert all(".." not in output.name for output in result.outputs)
    assert result.ended in {"finished", "failed"}


def test_kill_9_of_the_parent_ends_the_sandbox_and_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, types, casemate\n"
        "package = types.ModuleType('casemate.enclave')\n"
        "package.__path__ = [casemate.__path__[0] + '/enclave']\n"
        "sys.modules['casemate.enclave'] = package\n"
        "from casemate.enclave import sandbox\n"
        "job = sandbox.Job(script=b'import time; print(1); time.sleep(60)', filename='orphan.py',"
        " inputs={'people.csv': b'0123456789'})\n"
        "sandbox.run(job, should_stop=lambda: print('up', flush=True))\n"
    )
    before = _files_in_temporary_folders()
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert parent.stdout is not None
    for _ in range(4):  # by then the job runs
        parent.stdout.readline()
    sandboxes = _wait_for(lambda: _with_argument(b"/in/orphan.py"), present=True)
    assert sandboxes
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert not _wait_for(lambda: _with_argument(b"/in/orphan.py"), present=False)
    assert list(tmp_path.iterdir()) == []
    assert not {name for name in _files_in_temporary_folders() - before if "casemate" in name}


def test_a_reason_to_stop_ends_the_whole_tree_at_once() -> None:
    asked: list[float] = []

    def should_stop() -> str | None:
        asked.append(time.monotonic())
        return "the permit was revoked" if len(asked) > 4 else None

    script = (
        b"import os, time\nos.fork(); os.fork()\nopen('/out/a.csv', 'w').write('1')\ntime.sleep(60)"
    )
    began = time.monotonic()
    job = sandbox.Job(script=script, limits=SMALL)
    result = sandbox.run(job, should_stop=should_stop)
    assert (result.ended, result.reason) == ("stopped", "the permit was revoked")
    assert result.outputs == ()
    assert time.monotonic() - began < 3
    assert max(later - earlier for earlier, later in pairwise(asked[1:])) < 1


def test_an_error_while_asking_to_stop_ends_the_tree_too() -> None:
    asked: list[int] = []

    def should_stop() -> str | None:
        asked.append(1)
        if len(asked) > 2:
            raise RuntimeError("database gone")
        return None

    job = sandbox.Job(script=b"import time\ntime.sleep(60)", filename="asking.py", limits=SMALL)
    with pytest.raises(RuntimeError, match="database gone"):
        sandbox.run(job, should_stop=should_stop)
    assert not _with_argument(b"/in/asking.py")


def _with_argument(word: bytes) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def _sandbox_processes() -> int:
    return processes.tree(os.getpid()).processes


def _wait_for(look: Any, *, present: bool) -> Any:
    deadline = time.monotonic() + 5
    while bool(found := look()) != present and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _files_in_temporary_folders() -> set[str]:
    return {str(path) for root in ("/tmp", "/var/tmp", "/dev/shm") for path in Path(root).iterdir()}
