"""Attacks on ``casemate enclave exec``: folders and names made to read or write what is not theirs."""

import os
import socket
from pathlib import Path

import pytest
from functional.clinic import Said, speak

from casemate.enclave import execute


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("the host's own")
    return tmp_path


def attack(folder: Path, script: str, *, output: str | Path = "out") -> Said:
    return speak(
        ["enclave", "exec", "--input", str(folder / "in"), "--output", str(folder / output),
         "--wall", "20", "--", "sh", "-c", script]
    )  # fmt: skip


def _link(place: Path) -> None:
    (place / "a.csv").symlink_to(place.parent / "secret")


def _dangling(place: Path) -> None:
    (place / "a.csv").symlink_to("/nowhere")


def _folder(place: Path) -> None:
    (place / "a").mkdir()


def _fifo(place: Path) -> None:
    os.mkfifo(place / "a.csv")


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(place)  # a socket's whole path has 107 bytes at most
        try:
            one.bind("a.csv")
        finally:
            os.chdir(here)


def _hostile_name(place: Path) -> None:
    (place / "a\n\x1b[31m--ro-bind").write_text("x")


def _option_name(place: Path) -> None:
    (place / "--bind").write_text("x")


def _no_text(place: Path) -> None:
    Path(os.fsdecode(bytes(place) + b"/\xff\xfe")).write_text("x")


def _hidden(place: Path) -> None:
    (place / ".bashrc").write_text("x")


@pytest.mark.parametrize(
    "plant",
    [_link, _dangling, _folder, _fifo, _socket, _hostile_name, _option_name, _no_text, _hidden],
)
def test_an_input_that_is_no_plain_file_of_a_plain_name_stops_everything(
    plant: "object", folder: Path
) -> None:
    plant(folder / "in")  # type: ignore[operator]
    said = attack(folder, "cp -r /in/. /out/")
    assert (said.code, said.is_one_line) == (2, True), said
    assert said.err.startswith("Bad input: the input ")
    assert "\x1b" not in said.err
    assert not (folder / "out").exists()


@pytest.mark.parametrize("output", ["in", "in/out", ".", "in/../in/deep"])
def test_folders_that_lie_one_in_the_other_are_refused(output: str, folder: Path) -> None:
    said = attack(folder, "echo x > /out/x", output=output)
    assert (said.code, said.is_one_line) == (2, True), said
    assert list((folder / "in").iterdir()) == []


def test_an_output_that_is_a_link_or_holds_something_is_left_as_it_is(folder: Path) -> None:
    (folder / "target").mkdir()
    (folder / "out").symlink_to(folder / "target")
    assert attack(folder, "echo x > /out/x").code == 2
    (folder / "full").mkdir()
    (folder / "full" / "mine").write_text("mine")
    assert attack(folder, "echo x > /out/mine", output="full").code == 2
    assert (folder / "full" / "mine").read_text() == "mine"
    assert list((folder / "target").iterdir()) == []


def test_what_the_command_leaves_cannot_point_or_climb_out(folder: Path) -> None:
    script = (
        "ln -s /etc/passwd /out/link; mkfifo /out/fifo; ln /out/a /out/b 2>/dev/null; "
        'echo x > "/out/$(printf "a\\033[31m")"; echo fine > /out/fine'
    )
    said = attack(folder, script)
    assert said.code == 0
    assert [path.name for path in (folder / "out").iterdir()] == ["fine"]
    assert said.err.count("Not taken: ") == 3
    assert "\x1b" not in said.err


def test_an_output_planted_meanwhile_is_not_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody fills the folder while the command runs: the rename fails, nothing is mixed."""
    write = execute.write_folder

    def plant(target: Path, files: object) -> None:
        target.mkdir()
        (target / "theirs").write_text("theirs")
        write(target, files)  # type: ignore[arg-type]

    monkeypatch.setattr(execute, "write_folder", plant)
    said = attack(folder, "echo x > /out/theirs")
    assert (said.code, said.is_one_line) == (2, True)
    assert (folder / "out" / "theirs").read_text() == "theirs"
    assert sorted(path.name for path in folder.iterdir()) == ["in", "out", "secret"]


def test_inputs_larger_than_the_memory_limit_are_refused_before_they_fill_it(folder: Path) -> None:
    with (folder / "in" / "giant").open("wb") as file:
        file.truncate(2**33)
    said = attack(folder, "true")
    assert (said.code, said.is_one_line) == (2, True)
    assert "larger than the job's memory limit" in said.err


def test_the_command_sees_neither_the_folders_nor_the_callers_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEMATE_PASSWORD", "a long enough secret")
    said = attack(folder, f"env; ls {folder}; cat {folder}/secret; touch {folder}/planted")
    assert "a long enough secret" not in said.out
    assert "the host's own" not in said.out
    assert not (folder / "planted").exists()
