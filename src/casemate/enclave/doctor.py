"""What this machine can enforce: a probe runs behind the walls and reports what it could do.

Each wall is tried, not looked up: a kernel option that exists but does not hold counts as missing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from casemate.enclave import cgroups
from casemate.enclave.limits import MIB, Limits
from casemate.errors import Unavailable

_PROBE = b"""
import json, os, resource, signal, socket
status = dict(line.split(':', 1) for line in open('/proc/self/status') if ':' in line)
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
def namespace(name):
    return os.readlink('/proc/self/ns/' + name)
def too_much_memory():
    try:
        bytearray(256 << 20)
    except MemoryError:
        return True
    return False
def forks():
    children = []
    try:
        while len(children) < 64:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children)
report = {
    'namespaces': {n: namespace(n) for n in ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts')},
    'capabilities': status['CapEff'].strip() + status['CapBnd'].strip().lstrip('0'),
    'no_new_privileges': status['NoNewPrivs'].strip(),
    'seccomp': status['Seccomp'].strip(),
    'network': refused(lambda: socket.socket(socket.AF_INET)),
    'processes': sorted(int(n) for n in os.listdir('/proc') if n.isdigit()),
    'root_written': refused(lambda: open('/planted', 'w')),
    'packages_written': refused(lambda: open('/packages/planted', 'w')),
    'sysctl_written': refused(lambda: open('/proc/sys/vm/max_map_count', 'w')),
    'memory': too_much_memory(),
    'forks': forks(),
    'input_written': refused(lambda: open('/in/planted', 'w')),
    'core': resource.getrlimit(resource.RLIMIT_CORE)[1],
    'uid': os.getuid(),
    'landlock': refused(lambda: open('/proc/1/environ')) and refused(lambda: os.kill(1, 0)),
}
json.dump(report, open('/out/report.json', 'w'))
"""


_PROBE_PROCESSES = 8
_BARS = {
    "user.max_user_namespaces": "0",
    "kernel.unprivileged_userns_clone": "0",
    "kernel.apparmor_restrict_unprivileged_userns": "1",
}
PROBE_LIMITS = Limits(
    memory_bytes=128 * MIB, processes=_PROBE_PROCESSES, wall_seconds=20.0, cpu_seconds=10
)


@dataclass(frozen=True)
class Wall:
    """One wall of the sandbox: whether this machine raises it, and by what."""

    name: str
    required: bool
    available: bool
    how: str


class Probed(Protocol):
    """What the probe's run gives back (a ``SandboxResult``)."""

    @property
    def ended(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def outputs(self) -> tuple[Any, ...]: ...
    @property
    def limits_held(self) -> dict[str, str]: ...


def examine(run: Callable[[bytes], Probed]) -> tuple[Wall, ...]:
    """Run the probe behind the walls and judge each by what it could do."""
    try:
        result = run(_PROBE)
    except Unavailable as missing:
        return (Wall("sandbox", True, False, f"{missing}{_barred()}"),)
    if result.ended != "finished" or not result.outputs:
        return (Wall("sandbox", True, False, f"the probe did not finish: {result.reason}"),)
    report = json.loads(result.outputs[0].data)
    return (*_required(report, result.limits_held), *_optional(report))


def _barred() -> str:
    """What else to say where the kernel is set to give no user namespaces, on which the walls stand.

    Sandlock, which needs none, stops the same programs by Landlock and seccomp; it is not used in their
    place. Tried by this very probe it shares all seven namespaces with the host, opens network sockets
    (and stops them at connecting), keeps root's capabilities, and has no tmpfs for inputs and outputs.
    """
    for name, barred in _BARS.items():
        path = Path("/proc/sys") / name.replace(".", "/")
        if path.exists() and path.read_text().strip() == barred:
            return f"; {name} is {barred}: allow user namespaces, nothing weaker stands in for them"
    return ""


def _required(report: dict[str, Any], held: dict[str, str]) -> list[Wall]:
    shared = [name for name, id_ in report["namespaces"].items() if id_ == _own_namespace(name)]
    judged = {
        "namespaces": (not shared, "all seven of its own" if not shared else f"shared: {shared}"),
        "capabilities": (not report["capabilities"].strip("0"), "none, none to be had"),
        "no new privileges": (report["no_new_privileges"] == "1", "PR_SET_NO_NEW_PRIVS"),
        "system calls": (report["seccomp"] == "2", "seccomp allow-list"),
        "network": (report["network"], "no socket but AF_UNIX, own empty network namespace"),
        "processes hidden": (len(report["processes"]) <= 2, "own process namespace and /proc"),
        "read-only system": (report["root_written"] and report["packages_written"], "bubblewrap"),
        "read-only inputs": (report["input_written"], "bubblewrap, data in memory only"),
        "no core dumps": (report["core"] == 0, "RLIMIT_CORE"),
        "kernel parameters": (report["sysctl_written"], "/proc read-only"),
        "process limit": (report["forks"] < _PROBE_PROCESSES + 1, held["processes"]),
        "memory limit": (report["memory"], held["memory"]),
        "user": (report["uid"] == 1000, held["user"]),
    }
    return [Wall(name, True, bool(held_), how) for name, (held_, how) in judged.items()]


def _optional(report: dict[str, Any]) -> list[Wall]:
    group = cgroups.open_group("doctor", Limits())
    controllers = ", ".join(sorted(group.folders)) or "not delegated to us"
    group.remove()
    swap = Path("/proc/swaps").read_text().count("\n") > 1
    return [
        Wall(
            "Landlock",
            False,
            report["landlock"],
            "files, TCP and signals a second time, by rules of the job's own"
            if report["landlock"]
            else "not in this kernel, or older than version 6.12",
        ),
        Wall("control groups", False, bool(group.folders), f"v{group.version}: {controllers}"),
        Wall(
            "memory stays memory",
            False,
            not swap,
            "no swap" if not swap else "swap is on: it must be encrypted, inputs may reach it",
        ),
    ]


def _own_namespace(name: str) -> str:
    return str(Path(f"/proc/self/ns/{name}").readlink())
