"""What a terminal shows while much is protected, and that a file or a pipe gets none of it."""

import io
import sys

import pytest

from casemate.cli.protect.progress import counting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with counting("protecting") as progress:
        assert progress is not None
        progress(933, 7310)
    assert "protecting: 933 of 7,310" in terminal.getvalue()


def test_a_pipe_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("protecting") as progress:
        assert progress is None
    assert capsys.readouterr().err == ""
