"""``casemate protect stream`` from outside: pipes, a kill in the middle, what is refused."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from casemate.cli import stream

PROGRAM = """
import typer
from casemate.cli import stream
app = typer.Typer()
app.callback()(lambda: None)
stream.register(app)
app()
"""
PLAN = """
version = 1
pseudonymise = ["pid"]
models = [{ model = "k-anonymity", k = 3 }]
[quasi_identifiers]
age = { kind = "intervals", widths = [10] }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(PLAN)
    key = tmp_path / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    return tmp_path


def command(*words: str) -> list[str]:
    given = ["stream", "--plan", "plan.toml", "--level", "age=1", "--variables", "pid,age"]
    return [sys.executable, "-c", PROGRAM, *given, "--key-file", "key", *words]


def run(folder: Path, records: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), input=records, cwd=folder, capture_output=True, text=True, check=False
    )


def records(many: int) -> str:
    lines = (json.dumps({"pid": f"p{n % 50}", "age": 20 + n % 37}) for n in range(many))
    return "\n".join(lines) + "\n"


def test_records_go_in_and_come_out_as_lines(folder: Path) -> None:
    done = run(folder, records(100), "--person", "pid", "--window-column", "window")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    report = json.loads(done.stderr)
    assert len(found) == report["released"] == 100 - report["suppressed"]
    assert found[0].keys() == {"pid", "age", "window"}
    assert "p1" not in {row["pid"] for row in found}
    table = "pid,age\n" + "".join(f"p{n},31\n" for n in range(3))
    assert run(folder, table, "--format", "csv").stdout.startswith("pid,age\n")


def test_windows_by_time_from_lines(folder: Path) -> None:
    lines = "".join(
        json.dumps({"pid": f"p{n}", "age": 31, "at": f"2020-01-01T0{n // 4}:00:00Z"}) + "\n"
        for n in range(8)
    )
    done = run(folder, lines, "--time", "at", "--every", "3600")
    assert [json.loads(line)["released"] for line in done.stderr.splitlines()] == [4, 4]


def test_after_a_kill_no_record_is_lost_or_doubled(folder: Path) -> None:
    whole = records(400)
    options = ["--rows", "120", "--batch", "10", "--person", "pid"]
    assert run(folder, whole, *options, "--output", "once.ndjson").returncode == 0
    again = [*options, "--output", "twice.ndjson", "--state", "state"]
    lines = whole.splitlines(keepends=True)
    with subprocess.Popen(
        command(*again), cwd=folder, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as killed:
        assert killed.stdin is not None
        killed.stdin.write("".join(lines[:215]).encode())
        killed.stdin.flush()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            output = folder / "twice.ndjson"
            if output.exists() and output.read_bytes().count(b"\n") > 100:
                break
            time.sleep(0.05)
        killed.send_signal(signal.SIGKILL)
    with (folder / "twice.ndjson").open("ab") as file:
        file.write(b'{"half a li')  # written after the state was kept
    done = run(folder, whole, *again)
    assert done.returncode == 0, done.stderr
    assert (folder / "twice.ndjson").read_bytes() == (folder / "once.ndjson").read_bytes()
    assert not (folder / "state").exists()
    assert run(folder, whole, *again).returncode == 2  # the output is there


@pytest.mark.parametrize(
    ("lines", "words", "message"),
    [
        ("nothing\n", [], "line 1 of the records is no JSON object"),
        ('{"pid": "p", "age": 3}\n[1]\n', [], "line 2 of the records is no JSON object"),
        ('{"pid": ["secret"], "age": 3}\n', [], "holds a list"),
        ("pid\np1\n", ["--format", "csv"], "does not have the column 'age' once"),
        ("pid,age\np1\n", ["--format", "csv"], "line 2 of the records has 1 fields"),
        ("", ["--format", "xml"], "ndjson or csv"),
        ("", ["--level", "age"], "NAME=LEVEL"),
        ("", ["--level", "age=x"], "whole number"),
        ("", ["--state", "s"], "--state needs --output"),
        ("", ["--batch", "0"], "at least one record"),
        ("", ["--unknown-values", "guess"], "refuses unknown values or suppresses"),
        ('{"pid": "p", "age": 3, "at": "noon"}\n', ["--time", "at", "--every", "9"], "moment"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    folder: Path,
    lines: str,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    app = typer.Typer()
    app.callback()(lambda: None)
    stream.register(app)
    done = CliRunner().invoke(app, command(*words)[3:], input=lines)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
