"""Runs hostile programs, here or as an ordinary user in a process of its own, and says what was seen."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import asdict
from pathlib import Path

from attacks.bounded_attacks import Seen
from attacks.decoys import PROJECT

from casemate.enclave import sandbox
from casemate.enclave.limits import Limits

NOBODY = 65534
# The trusted side as another user: the sandbox alone, since the durable runs take seconds to load.
RUNNER = """
import json, sys, types
sys.path[:0] = json.loads(sys.argv[1])
import casemate
package = types.ModuleType("casemate.enclave")
package.__path__ = [casemate.__path__[0] + "/enclave"]
sys.modules["casemate.enclave"] = package
from casemate.enclave import sandbox
from casemate.enclave.limits import Limits
from attacks.attack_runs import seen_of
limits = Limits(**json.loads(sys.argv[2]))
for name, script in json.load(sys.stdin).items():
    print(json.dumps([name, vars(seen_of(script.encode(), limits))]), flush=True)
"""


def seen_of(script: bytes, limits: Limits) -> Seen:
    """``script`` in the sandbox, as this process's user."""
    job = sandbox.Job(script=script, inputs={"people.csv": b"a,b\n1,2\n"}, limits=limits)
    result = sandbox.run(job, should_stop=lambda: None)
    return Seen(
        ended=result.ended,
        reason=result.reason,
        stderr=result.stderr.decode(errors="replace")[-300:],
        outputs={one.name: one.data[:100].decode(errors="replace") for one in result.outputs},
        rejected=tuple(one.reason for one in result.rejected),
        log_bytes=len(result.stdout) + len(result.stderr),
        wall_ms=result.resources.get("wall_ms", 0),
    )


def why_not_as_nobody() -> str | None:
    """Why no other user's process can be started here; ``None`` where it can."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return "only root can start another user's process"
    python = Path("/usr/bin/python3")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not python.exists() or python.resolve().name != version:
        return f"no system Python {version} that an ordinary user can reach"
    packages = Path(sysconfig.get_path("purelib"))
    if not all(folder.stat().st_mode & 1 for folder in (packages, *packages.parents)):
        return "an ordinary user cannot reach the virtual environment"
    return None


def seen_as_nobody(scripts: dict[str, bytes], limits: Limits) -> dict[str, Seen]:
    """Each script, in order, the whole trusted side run as an ordinary user."""
    paths = [str(PROJECT / "src"), str(PROJECT / "tests"), sysconfig.get_path("purelib")]
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    done = subprocess.run(
        [*user, "/usr/bin/python3", "-c", RUNNER, json.dumps(paths), json.dumps(asdict(limits))],
        input=json.dumps({name: script.decode() for name, script in scripts.items()}).encode(),
        capture_output=True,
        cwd="/",
        env={"CASEMATE_DECOY_SECRET": "hunter2", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the ordinary user's process failed: {done.stderr.decode()[-2000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: Seen.of(document) for name, document in lines}
