"""Scripts that do not end, eat, flood or babble: each ends in a plain reason, and the house stands."""

import json
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import AUTHORITY, RESEARCHER, Clinic, copy_of

pytest_plugins = ("functional.clinic_fixtures",)

MIB = 2**20
FLOOD = """
block = bytes(16 * 1024 * 1024)
with open("{place}/flood.bin", "wb") as file:
    for _ in range(640):  # 10 GiB
        file.write(block)
        file.flush()
"""
FORKS = """
import os, time
for _ in range(5000):
    if os.fork() == 0:
        time.sleep(60)
"""
BINARY = """
import os, sys
sys.stdout.buffer.write(os.urandom(3 * 1024 * 1024) + b"\\x1b[2J\\x00\\xff")
sys.stderr.buffer.write(b"\\x00\\xff\\xfe" * 100_000)
"""
NAMES = """
import pandas as pd
people = pd.read_parquet("/in/clinic.parquet")
raise ValueError(str(people.iloc[0].to_dict()))
"""
# name: script, options of `run submit`, words of the reason
ENDS: dict[str, tuple[str, list[str], tuple[str, ...]]] = {
    "never, by the clock": ("import time\ntime.sleep(600)\n", ["--wall", "1"], ("longer than 1 s",)),
    "never, by the processor": ("while True:\n    pass\n", ["--cpu", "1"], ("CPU",)),
    "all memory": (
        "kept = []\nwhile True:\n    kept.append(bytearray(1 << 24))\n", ["--memory", "256"], ("memory",),
    ),
    "all memory at once": ("x = bytearray(1 << 40)\n", [], ("memory",)),
    "10 GB to /out": (FLOOD.format(place="/out"), [], ("/out", "limit")),
    "10 GB to /tmp": (FLOOD.format(place="/tmp"), [], ("OSError", "line 5")),
    "a crowd of processes": (FORKS, ["--wall", "20"], ()),
    "an error with data in it": (NAMES, [], ("ValueError", "line 4")),
    "no Python": ("this is no program\n", [], ("SyntaxError",)),
    "no word": ("raise SystemExit(3)\n", [], ("exit code 3",)),
    "a kill of its own": ("import os\nos.kill(os.getpid(), 9)\n", [], ("exit code",)),
    "nothing": ("x = 1\n", [], ("no output",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def house(permitted: Clinic, tmp_path_factory: pytest.TempPathFactory) -> tuple[Clinic, str]:
    """A home in which all these scripts run, one after the other, and the permit."""
    clinic = copy_of(permitted, tmp_path_factory.mktemp("house"))
    return clinic, clinic.only("permit", by=RESEARCHER)


def _run(house: tuple[Clinic, str], script: str, *options: str) -> Any:
    clinic, permit = house
    clinic.file("hostile.py", script)
    return clinic.run(permit, "hostile.py", *options)


@pytest.mark.parametrize("name", ENDS)
def test_a_script_ends_with_a_plain_reason_and_leaves_nothing(
    name: str, house: tuple[Clinic, str]
) -> None:
    clinic, _ = house
    script, options, words = ENDS[name]
    run = _run(house, script, *options)
    assert run["state"] == "failed", run
    for word in words:
        assert word in run["reason"]
    assert len(run["reason"]) < 300
    left = clinic.outputs(run["id"]).values()
    assert all((one["kind"], one["state"]) == ("log", "held") for one in left)
    assert _size(clinic.home) < 16 * MIB
    assert [entry["act"] for entry in _logs(clinic, run)].count("run.failed") == 1
    assert clinic.verifies()


def test_a_script_that_prints_binary_leaves_a_bounded_log_that_steers_no_terminal(
    house: tuple[Clinic, str],
) -> None:
    clinic, _ = house
    before = clinic.vault()
    run = _run(house, BINARY)
    assert run["state"] in {"awaiting_review", "refused", "failed"}
    for words in (["run", "logs", run["id"]], ["run", "status"], ["output", "list"]):
        text = clinic.say(*words, by=RESEARCHER).out
        assert "\x1b" not in text
        assert "\x00" not in text
        clinic.ask(*words, by=RESEARCHER)
    written = clinic.vault() - before
    assert sum((clinic.home / "vault" / name).stat().st_size for name in written) < 2 * MIB
    assert not any(one["state"] == "released" for one in clinic.outputs(run["id"]).values())
    assert clinic.verifies()


@pytest.mark.parametrize(
    ("file", "content", "word"),
    [
        ("empty.py", b"", "empty"),
        ("blank.py", b" \n\t\n", "empty"),
        ("latin.py", "print('é')".encode("latin-1"), "UTF-8"),
        ("long.py", b"#" * (MIB + 1), "bytes"),
        ("script.sh", b"print(1)", ".py"),
        ("bad name.py", b"print(1)", "name"),
        ("nowhere.py", None, "nowhere.py"),
    ],
)
def test_a_file_that_is_no_script_is_never_run(
    file: str, content: bytes | None, word: str, house: tuple[Clinic, str], tmp_path: Path
) -> None:
    clinic, permit = house
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with clinic.unchanged():
        said = clinic.say(
            "run", "submit", "--permit", permit, "--script", tmp_path / file, by=RESEARCHER
        )
    assert (said.code, said.is_one_line) == (2, True), said
    assert word in said.err


@pytest.mark.parametrize(
    "options", [["--memory", "0"], ["--cpu", "-1"], ["--wall", "0"]], ids=" ".join
)
def test_limits_of_nothing_are_refused(options: list[str], house: tuple[Clinic, str]) -> None:
    clinic, permit = house
    with clinic.unchanged():
        said = clinic.say(
            "run", "submit", "--permit", permit, "--script", clinic.folder / "means.py", *options,
            by=RESEARCHER,
        )  # fmt: skip
    assert (said.code, said.is_one_line) == (2, True), said


@pytest.mark.parametrize("purpose", ["dpv:Marketing", "dpv:PublicPolicyMaking", "ehds:Advertising"])
def test_a_run_for_another_purpose_is_refused(purpose: str, house: tuple[Clinic, str]) -> None:
    clinic, permit = house
    with clinic.unchanged():
        said = clinic.say(
            "run", "submit", "--permit", permit, "--script", clinic.folder / "means.py",
            "--purpose", purpose, by=RESEARCHER,
        )  # fmt: skip
    assert (said.code, said.is_one_line) == (3, True), said
    assert purpose in said.err


def test_a_purpose_that_is_none_is_bad_input(house: tuple[Clinic, str]) -> None:
    clinic, permit = house
    with clinic.unchanged():
        said = clinic.say(
            "run", "submit", "--permit", permit, "--script", clinic.folder / "means.py",
            "--purpose", "because", by=RESEARCHER,
        )  # fmt: skip
    assert (said.code, said.is_one_line) == (2, True), said


def test_a_revocation_stops_a_run_that_is_under_way(open_clinic: Clinic) -> None:
    permit = open_clinic.only("permit", by=RESEARCHER)
    script = open_clinic.file("long.py", "import time\ntime.sleep(60)\n")
    process = open_clinic.start(
        "run", "submit", "--permit", permit, "--script", script, "--json", by=RESEARCHER
    )
    open_clinic.until(lambda: "running" in open_clinic.query("SELECT state FROM enclave_run"))
    open_clinic.ask("permit", "revoke", permit, "--reason", "misuse", by=AUTHORITY)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["state"] == "cancelled"
    assert not any(name.startswith("view-") for name in open_clinic.vault())
    assert open_clinic.verifies()


def _logs(clinic: Clinic, run: Any) -> list[Any]:
    return list(clinic.ask("run", "logs", run["id"], by=RESEARCHER)["entries"])


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
