"""Control groups: who is born in them, what a sweep leaves alone, what the kernel refuses."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from casemate.enclave import cgroups
from casemate.enclave.limits import Limits
from casemate.errors import Unavailable


@pytest.fixture
def group() -> cgroups.Group:
    made = cgroups.open_group("g-test", Limits())
    if not made.folders:
        pytest.skip("no control group is delegated to us here: run as root, or under systemd")
    return made


def test_a_child_is_born_under_the_limits_and_its_parent_stays_outside(
    group: cgroups.Group,
) -> None:
    before = Path("/proc/self/cgroup").read_text()
    with group.born_inside():
        child = subprocess.Popen(["sleep", "60"])
    try:
        group.add(child.pid)
        named = Path(f"/proc/{child.pid}/cgroup").read_text().splitlines()
        inside = [line for line in named if "casemate-run-" in line]
        assert len(inside) == len(set(group.folders.values()))
        assert Path("/proc/self/cgroup").read_text() == before
    finally:
        child.kill()
        child.wait()
        group.remove()
    assert not any(folder.exists() for folder in group.folders.values())


def test_the_starter_leaves_the_group_even_where_nothing_could_be_started(
    group: cgroups.Group,
) -> None:
    before = Path("/proc/self/cgroup").read_text()
    with pytest.raises(FileNotFoundError), group.born_inside():
        subprocess.Popen(["/nowhere/at/all"])
    assert Path("/proc/self/cgroup").read_text() == before
    group.remove()


def test_a_sweep_removes_what_the_dead_left_and_not_what_the_living_are_about_to_fill(
    group: cgroups.Group,
) -> None:
    ended = _number_of_nobody()
    left = [folder.with_name(f"casemate-run-{ended}-g-left") for folder in group.folders.values()]
    for folder in left:
        folder.mkdir()
    cgroups.sweep()
    assert not any(folder.exists() for folder in left)
    assert all(folder.exists() for folder in group.folders.values())
    group.remove()


@pytest.mark.parametrize(
    ("code", "expected"),
    [(errno.ESRCH, ProcessLookupError), (errno.ENODEV, Unavailable), (errno.ENOENT, Unavailable)],
)
def test_what_the_kernel_refuses_is_said_and_no_job_runs(
    code: int, expected: type[Exception], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(expected):
        cgroups.Group(2, {"memory": tmp_path}).add(1)


def test_a_busy_kernel_is_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = iter([OSError(errno.EBUSY, "busy"), OSError(errno.EAGAIN, "again"), None])

    def answer(*_: object) -> None:
        if (problem := next(answers)) is not None:
            raise problem

    monkeypatch.setattr(Path, "write_text", answer)
    cgroups.Group(2, {"memory": tmp_path}).add(1)
    assert next(answers, "all were asked") == "all were asked"


def _number_of_nobody() -> int:
    return int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
