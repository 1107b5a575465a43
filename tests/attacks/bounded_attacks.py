"""Hostile programs that are not simply refused: they run, and what they get is bounded.

Each has the outcome that it must have, as a function of what was seen of the run. ``then`` is a second
program that runs afterwards and must find nothing of the first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from casemate.enclave.limits import MIB, Limits

LIMITS = Limits(
    memory_bytes=200 * MIB, cpu_seconds=2, wall_seconds=4.0, processes=20, open_files=64,
    output_bytes=MIB, tmp_bytes=8 * MIB, files=500, log_bytes=10_000,
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What was seen of a run from outside."""

    ended: str
    reason: str
    stderr: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    rejected: tuple[str, ...] = ()
    log_bytes: int = 0
    wall_ms: int = 0

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Seen":
        return cls(**{**document, "rejected": tuple(document["rejected"])})


Outcome = Callable[[Seen], bool]


@dataclass(frozen=True)
class Bounded:
    """A program, the outcome it must have, and the wall that gives it that outcome."""

    program: str
    outcome: Outcome
    wall: str
    then: str | None = None


def ended(*ways: str) -> Outcome:
    return lambda seen: seen.ended in ways and not seen.outputs


def rejected(why: str) -> Outcome:
    return lambda seen: (
        seen.ended == "finished"
        and any(why in reason for reason in seen.rejected)
        and set(seen.outputs) <= {"good.csv"}
    )


def only(**contents: str) -> Outcome:
    """Nothing but these, and each with this content; any of them may be missing."""
    allowed = {name.replace("_", "."): text for name, text in contents.items()}
    return lambda seen: all(allowed.get(name) == text for name, text in seen.outputs.items())


def never(word: str) -> Outcome:
    """Whatever is taken, nothing of it is ``word``; a file cut off while it was written may be empty."""
    return lambda seen: not any(word in text for text in seen.outputs.values())


RACE = """
import os, time
open('/out/table.csv', 'w').write('kept')
open('/tmp/theirs', 'w').write('theirs')
open('/out/other.csv', 'w').write('kept')
if os.fork() == 0:
    os.setsid()
    while True:
        try:
            {swap}
        except OSError:
            pass
time.sleep(0.2)
"""
CLEAN = """
import os, sys
assert 'LD_PRELOAD' not in os.environ and 'planted' not in sys.modules
assert os.listdir('/tmp') == [] and os.listdir('/dev/shm') == [] and os.listdir('/out') == []
"""

BOUNDED: dict[str, Bounded] = {
    "fork bomb": Bounded(
        "import os\nwhile True: os.fork()", ended("failed", "wall_time", "cpu_time"),
        "process limit (pids, RLIMIT_NPROC)",
    ),
    "memory bomb": Bounded(
        "kept = []\nwhile True: kept.append(bytearray(10 << 20))", ended("memory"), "memory limit",
    ),
    "memory bomb of many processes": Bounded(
        """
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20)) * 60
        time.sleep(30)
time.sleep(30)
""",
        ended("memory"), "memory limit of the whole tree",
    ),
    "endless loop": Bounded("while True: pass", ended("cpu_time", "wall_time"), "CPU limit"),
    "sleep for ever": Bounded("import time; time.sleep(600)", ended("wall_time"), "wall clock"),
    "disk filler in /out": Bounded(
        "f = open('/out/big', 'wb')\nwhile True: f.write(bytes(1 << 16))",
        ended("output_too_large"), "size of the tmpfs at /out",
    ),
    "inode filler in /out": Bounded(
        "n = 0\nwhile True:\n    open(f'/out/{n}', 'w').close(); n += 1",
        ended("output_too_large", "failed", "too_many_files"), "limit on files",
    ),
    "inode filler in /tmp": Bounded(
        "import os\nn = 0\nwhile True:\n    os.mkdir(f'/tmp/{n}'); n += 1",
        ended("output_too_large", "failed", "too_many_files"), "limit on files",
    ),
    "many sparse files in /out": Bounded(
        """
import os
for n in range(200):
    os.truncate(os.open(f'/out/{n}.csv', os.O_CREAT | os.O_RDWR), 1 << 20)
    if n % 50 == 49: os.closerange(3, 250)
""",
        ended("output_too_large", "failed"), "stream of outputs counted by the parent",
    ),
    "symbolic link in /out": Bounded(
        "import os; open('/out/good.csv', 'w').write('a'); os.symlink('/etc/passwd', '/out/l.csv')",
        rejected("symbolic link"), "outputs opened without following links",
    ),
    "hard link in /out": Bounded(
        "import os; open('/out/good.csv', 'w').write('a'); os.link('/out/good.csv', '/out/l.csv')",
        rejected("hard link"), "outputs counted by their links",
    ),
    "symbolic link race in /out": Bounded(
        RACE.format(swap="""os.symlink('/tmp/theirs', '/out/s'); os.rename('/out/s', '/out/table.csv')
            open('/out/n', 'w').write('kept'); os.rename('/out/n', '/out/table.csv')"""),
        never("theirs"), "every process ended before outputs are read",
    ),
    "hard link race in /out": Bounded(
        RACE.format(swap="""os.unlink('/out/table.csv'); os.link('/tmp/theirs', '/out/table.csv')
            os.unlink('/out/table.csv'); open('/out/table.csv', 'w').write('kept')"""),
        never("theirs"), "file systems of their own, every process ended before outputs are read",
    ),
    "late writer": Bounded(
        """
import os, time
open('/out/table.csv', 'w').write('kept')
if os.fork() == 0:
    os.setsid(); time.sleep(0.3)
    open('/out/table.csv', 'w').write('swapped')
""",
        only(table_csv="kept"), "every process ended before outputs are read",
    ),
    "FIFO in /out": Bounded(
        "import os; open('/out/good.csv', 'w').write('a'); os.mkfifo('/out/pipe.csv')",
        rejected("not a regular file"), "only regular files are taken",
    ),
    "socket in /out": Bounded(
        "import socket; open('/out/good.csv', 'w').write('a')\n"
        "socket.socket(socket.AF_UNIX).bind('/out/socket.csv')",
        rejected("not a regular file"), "only regular files are taken",
    ),
    "device in /out": Bounded(
        "import os; os.mknod('/out/zero.csv', 0o020666, os.makedev(1, 5))",
        ended("failed"), "no capability, seccomp",
    ),
    "file names with control characters": Bounded(
        "open('/out/good.csv', 'w').write('a')\n"
        "open('/out/\\x1b[2Jclear.csv', 'w').write('x'); open('/out/a\\nb.csv', 'w').write('x')",
        rejected("control or unusual characters"), "names are checked",
    ),
    "core dump": Bounded(
        "import os; os.chdir('/out'); os.abort()", ended("failed"), "RLIMIT_CORE, nothing collected",
    ),
    "LD_PRELOAD that outlives the run": Bounded(
        """
import os, sys
open('/tmp/evil.so', 'w').write('x'); open('/dev/shm/evil.so', 'w').write('x')
os.environ.update(LD_PRELOAD='/tmp/evil.so', PYTHONPATH='/tmp')
os.execv(sys.executable, [sys.executable, '-c', 'pass'])
""",
        only(), "own tmpfs, gone with the run", CLEAN,
    ),
    ".pth and sitecustomize that outlive the run": Bounded(
        """
import os, sys
site = f'/tmp/.local/lib/python3.{sys.version_info.minor}/site-packages'
os.makedirs(site)
for name in ('planted.pth', 'usercustomize.py', 'sitecustomize.py'):
    for folder in (site, '/tmp'):
        open(f'{folder}/{name}', 'w').write("import sys; sys.modules['planted'] = sys")
for folder in sys.path:
    try: open(os.path.join(folder, 'planted.pth'), 'w').write('x')
    except OSError: pass
    else: assert folder.startswith('/tmp') or folder in ('', '/out'), folder
""",
        only(), "packages read-only, own tmpfs, gone with the run", CLEAN,
    ),
    "flood of stdout and stderr": Bounded(
        "import os\nwhile True: os.write(1, os.urandom(1 << 16)); os.write(2, b'\\xff' * 65536)",
        lambda seen: seen.ended in {"wall_time", "cpu_time"} and seen.log_bytes < 21_000,
        "logs bounded, head and tail kept",
    ),
    "data on stdout": Bounded(
        "print(open('/in/people.csv').read() * 10_000)",
        lambda seen: seen.ended == "finished" and not seen.outputs and seen.log_bytes < 21_000,
        "a log is an output: held for a person",
    ),
    "data in an error message": Bounded(
        "raise KeyError('Doe, Jane, 1980-02-03')",
        lambda seen: seen.ended == "failed" and "Doe" not in seen.reason,
        "the reason quotes no message",
    ),
    "data in the time a run takes": Bounded(
        "import time; time.sleep(0.3)",
        lambda seen: seen.ended == "finished" and -(-seen.wall_ms // 1000) <= 3,
        "bounded, not closed: whole seconds are told",
    ),
    "ignoring every signal": Bounded(
        """
import os, signal, time
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
if os.fork() == 0: os.setsid()
time.sleep(600)
""",
        ended("wall_time"), "the namespace's first process is killed",
    ),
}  # fmt: skip
