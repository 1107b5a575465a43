"""Control groups: who is born in them, what a sweep leaves alone, what the kernel refuses."""

import errno
import os
import shutil
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


class Tree:
    """Version 2 as the kernel shows it: a new group has the files of what is enabled above it.

    The kernel removes a group with all its files, and refuses to enable controllers in one that has
    members. Nothing here limits anything: this is the protocol of the files.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self._fill(root, "cpu memory pids")

    def create(self, folder: Path) -> None:
        folder.mkdir()
        self._fill(folder, (folder.parent / "cgroup.subtree_control").read_text().replace("+", ""))

    def delete(self, folder: Path) -> None:
        if (folder / "cgroup.procs").read_text():
            raise OSError(errno.EBUSY, "the group has members")
        shutil.rmtree(folder)

    def _fill(self, folder: Path, controllers: str) -> None:
        files = {
            "cgroup.controllers": controllers,
            "cgroup.subtree_control": "",
            "cgroup.procs": "",
        }
        files["cpu.stat"] = "usage_usec 2500000\nuser_usec 1\n"
        if "memory" in controllers:
            files |= {"memory.max": "max", "memory.swap.max": "max", "memory.peak": "4096"}
            files["memory.events"] = "low 0\nmax 3\noom 1\noom_kill 1\n"
        if "pids" in controllers:
            files["pids.max"] = "max"
        for name, text in files.items():
            (folder / name).write_text(text)


@pytest.fixture
def tree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tree:
    made = Tree(tmp_path / "cgroup")
    membership = tmp_path / "membership"
    membership.write_text("0::/casemate.service/main\n")
    for name, stand_in in {
        "_ROOT": made.root, "_MEMBERSHIP": membership, "_create": made.create, "_delete": made.delete,
    }.items():  # fmt: skip
        monkeypatch.setattr(cgroups, name, stand_in)
    cgroups._parents_of.cache_clear()
    (made.root / "cgroup.subtree_control").write_text("memory pids")
    made.create(made.root / "casemate.service")
    made.create(made.root / "casemate.service" / "main")
    return made


def test_version_2_below_the_service_that_is_delegated_to_us(tree: Tree) -> None:
    """As systemd sets it up with ``Delegate=`` and ``DelegateSubgroup=main``."""
    service = tree.root / "casemate.service"
    group = cgroups.open_group("g-one", Limits(memory_bytes=2**30, processes=7))
    (folder,) = set(group.folders.values())
    assert group.version == 2
    assert folder.parent in (service, service / "main")
    assert (folder.parent / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (folder / "memory.max").read_text() == str(2**30)
    assert (folder / "memory.swap.max").read_text() == "0"
    assert (folder / "pids.max").read_text() == "8"
    group.add(4711)
    assert (folder / "cgroup.procs").read_text() == "4711"
    assert (group.out_of_memory(), group.peak_bytes(), group.cpu_seconds()) == (True, 4096, 2.5)
    (folder / "cgroup.procs").write_text("")
    group.remove()
    assert not folder.exists()


def test_version_2_that_holds_nothing_is_not_used(tree: Tree) -> None:
    """Where a controller is not there to be had, no empty group says that something holds."""
    service = tree.root / "casemate.service"
    for folder in (service, service / "main"):
        (folder / "cgroup.controllers").write_text("memory")
    group = cgroups.open_group("g-none", Limits())
    assert group.folders == {}
    assert not list(tree.root.rglob("casemate-run-*"))


def test_a_sweep_of_version_2_leaves_a_group_with_members(tree: Tree) -> None:
    cgroups.open_group("g", Limits())
    place = next(iter(tree.root.rglob("casemate-run-*"))).parent
    empty, full = (place / f"casemate-run-{_number_of_nobody()}-{one}" for one in ("a", "b"))
    for folder in (empty, full):
        tree.create(folder)
    (full / "cgroup.procs").write_text("4711")
    cgroups.sweep()
    assert not empty.exists()
    assert full.exists()


def _number_of_nobody() -> int:
    return int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
