"""``casemate protect stream``: records from standard input, protected as they arrive."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import typer

from casemate.cli.common import exits, writing
from casemate.cli.files import KeyFile, names_in, pair, secret_in
from casemate.errors import BadInput, Conflict
from casemate.protection.plan_files import read_plan
from casemate.protection.stream_lines import read_batches, written
from casemate.protection.stream_windows import WindowReport
from casemate.protection.streams import StreamProtector


def register(app: typer.Typer) -> None:
    """Put the command of this module on ``app``."""
    app.command()(stream)


def stream(
    plan: Annotated[Path, typer.Option(help="The plan: TOML or JSON.")],
    level: Annotated[list[str], typer.Option(help="NAME=LEVEL of a quasi-identifier.")],
    variables: Annotated[str, typer.Option(help="What leaves: names, with commas between.")],
    key_file: KeyFile = None,
    kind: Annotated[str, typer.Option("--format", help="ndjson or csv, in and out.")] = "ndjson",
    rows: Annotated[int, typer.Option(help="Records of a window, at most.")] = 10_000,
    batch: Annotated[int, typer.Option(help="Records that are taken at a time.")] = 1_000,
    person: Annotated[str | None, typer.Option(help="The column that tells people apart.")] = None,
    time: Annotated[
        str | None, typer.Option(help="A column of moments, for windows by it.")
    ] = None,
    every: Annotated[int | None, typer.Option(help="Seconds of a window by time.")] = None,
    window_column: Annotated[str | None, typer.Option(help="Adds the window's number.")] = None,
    unknown_values: Annotated[
        str, typer.Option(help="Values a hierarchy lacks: refuse, or suppress their records.")
    ] = "refuse",
    output: Annotated[Path | None, typer.Option(help="A file instead of standard output.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="Where to go on after a stop; needs --output and a key.")
    ] = None,
) -> None:
    """Protect records as they arrive by a plan and levels found before; k holds in every window."""
    # Each window's report is a line of JSON on standard error: standard output is the records.
    with exits():
        names = names_in(variables)
        protector = StreamProtector(
            read_plan(plan),
            dict(_level(text) for text in level),
            None if key_file is None else secret_in(key_file),
            names,
            rows=rows,
            time=time,
            every=None if every is None else timedelta(seconds=every),
            person=person,
            window_column=window_column,
            on_window=_tell,
            unknown_values=unknown_values,  # type: ignore[arg-type]  # judged there
        )
        needed = list(dict.fromkeys([*names, *filter(None, [time, person])]))
        with _opened(protector, output, state) as out:
            out.keep()
            sys.stdin.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
            batches = read_batches(
                _text(sys.stdin), kind, needed, size=batch, skip=protector.came, moment=time
            )
            for records in batches:
                released = protector.push(records)
                out.write(written(released, kind, header=not out.begun))
                out.keep()
            protector.close()
            out.end()


class _Out:
    """Where the lines go, and the state that goes with them."""

    def __init__(self, protector: StreamProtector, file: BinaryIO, state: Path | None) -> None:
        self._protector, self._file, self._state = protector, file, state
        self.begun = state is not None and file.tell() > 0

    def write(self, text: str) -> None:
        self._file.write(text.encode())
        self._file.flush()
        self.begun = True

    def keep(self) -> None:
        """The state after this batch, on disk after its lines."""
        if self._state is None:
            return
        os.fsync(self._file.fileno())
        whole = self._protector.checkpoint(self._file.tell())
        beside = self._state.with_name(self._state.name + ".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as new:
            new.write(whole)
            new.flush()
            os.fsync(new.fileno())
        beside.replace(self._state)

    def end(self) -> None:
        """The stream is over: nothing is left to go on with."""
        if self._state is not None:
            self._state.unlink()


@contextmanager
def _opened(protector: StreamProtector, output: Path | None, state: Path | None) -> Iterator[_Out]:
    """The output, cut back to where the state was kept if there is one; never over another file."""
    if output is None:
        if state is not None:
            raise BadInput("--state needs --output: standard output cannot be cut back")
        yield _Out(protector, sys.stdout.buffer, None)
        return
    kept = state is not None and state.exists()
    if output.exists() and not kept:
        raise Conflict(f"{output} is there already: name another output")
    with writing(output), output.open("r+b" if kept else "xb") as file:
        if kept and state is not None:
            file.truncate(protector.resume(state.read_bytes()))
            file.seek(0, os.SEEK_END)
        yield _Out(protector, file, state)


def _text(lines: TextIO) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError:
        raise BadInput("the records are not UTF-8") from None


def _level(text: str) -> tuple[str, int]:
    name, value = pair(text, "--level", "LEVEL")
    if not value.isdecimal():
        raise BadInput(f"--level {name} is a whole number, not {value!r}")
    return name, int(value)


def _tell(report: WindowReport) -> None:
    facts: dict[str, Any] = asdict(report)
    print(json.dumps(facts), file=sys.stderr, flush=True)
