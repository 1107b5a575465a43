"""What every command shares: ``--home``, ``--as``, ``--json``, one line for an error, an exit code.

A command is a function of a ``Desk`` (an open platform and the account that acts) and its own
options; it gives back a ``Shown``: the data that ``--json`` prints, and the text for people.
"""

import errno
import functools
import getpass
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from casemate.errors import BadInput, CasemateError, NotAllowed, Unavailable
from casemate.plain import plain

if TYPE_CHECKING:
    from casemate.platform import Platform

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="The home's folder (default: $CASEMATE_HOME, or the user's data folder)."
    ),
]
AsOption = Annotated[
    str | None, typer.Option("--as", help="The account that acts (default: $CASEMATE_ACCOUNT).")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead of text.")
]

_OPTIONS = (
    ("home", HomeOption, None),
    ("account", AsOption, None),
    ("as_json", JsonOption, False),
)


UNFOLDED = 1000
"""Columns of a table that is written to a file or a pipe."""
LARGEST_NUMBER = 10**12
"""Of anything that a command counts (entries, days, seconds, MiB): more than any of them can be."""
LONGEST_MESSAGE = 4000
"""Characters of an error's line; what is longer quotes something that nobody reads to its end."""


@dataclass(frozen=True)
class Shown:
    """What a command answers: ``data`` for machines, ``text`` for people."""

    data: Any
    text: RenderableType = ""


@dataclass(frozen=True)
class Desk:
    """An open platform, and who sits at it (``None``: the public)."""

    platform: "Platform"
    account: str | None
    as_json: bool

    @property
    def actor(self) -> str:
        """The account that acts; raises ``BadInput`` where none was named."""
        if self.account is None:
            raise BadInput("name the account that acts: `--as ACCOUNT`, or set CASEMATE_ACCOUNT")
        return self.account


def command(app: typer.Typer, name: str | None = None) -> Callable[[Callable[..., Shown]], Any]:
    """Register a function of ``(desk, ...)`` as a command of ``app`` with the shared options."""

    def register(function: Callable[..., Shown]) -> Any:
        @functools.wraps(function)
        def run(*, home: Path | None, account: str | None, as_json: bool, **options: Any) -> None:
            with exits():
                from casemate.home import default_root, open_home
                from casemate.platform import Platform

                for name, value in {"--as": account, **options}.items():
                    _require_usable(name, value)
                with Platform(open_home(home or default_root())) as platform:
                    desk = Desk(platform, sign_in(platform, account), as_json)
                    show(function(desk, **options), as_json=as_json)

        run.__signature__ = _with_shared_options(function)  # type: ignore[attr-defined]
        run.__annotations__ = {
            name: parameter.annotation
            for name, parameter in inspect.signature(run).parameters.items()
        }
        return app.command(name)(run)

    return register


def show(shown: Shown, *, as_json: bool) -> None:
    """Print ``shown`` on standard output."""
    if as_json:
        print(_json(plain(shown.data)))
    elif not isinstance(shown.text, str):
        # A file or a pipe has no width: there, a table's identifiers must stay whole on their line.
        narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
        Console(width=None if narrow else UNFOLDED).print(shown.text)
    elif shown.text:
        print(shown.text)


def _json(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:  # the terminal has other letters: JSON has a spelling for all
        return json.dumps(data, allow_nan=False, indent=1)
    return text


class exits:  # noqa: N801 - reads as a word in a with statement
    """Turn an error on purpose into one line on standard error and its exit code."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CasemateError):
            print(one_line(f"{error.title}: {error}"), file=sys.stderr)
            raise typer.Exit(error.exit_code)
        if isinstance(error, KeyboardInterrupt):
            print("Interrupted: what was recorded stays, the rest was not begun.", file=sys.stderr)
            raise typer.Exit(130)


def one_line(message: str) -> str:
    """``message`` in one line that is safe on a terminal, whatever was quoted in it."""
    words = " ".join(message.split())
    words = words if len(words) <= LONGEST_MESSAGE else words[:LONGEST_MESSAGE] + " …"
    return printable(words)


def table(columns: list[str], rows: list[list[object]]) -> RenderableType:
    """A table for people; says so where it is empty."""
    if not rows:
        return "Nothing to show."
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # Nothing is cut: an identifier is to be copied. Nothing is markup: a title is not ours.
        drawn.add_column(Text(printable(column)), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text("" if cell is None else printable(str(cell))) for cell in row))
    return drawn


def printable(text: str) -> str:
    """``text`` with what steers a terminal spelt out; line breaks stay."""
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


def read_document(path: Path) -> dict[str, Any]:
    """A TOML or JSON file as a dictionary; raises ``BadInput`` naming file and line."""
    import tomllib

    is_toml = path.suffix.lower() == ".toml"
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = tomllib.loads(text) if is_toml else json.loads(text)
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}") from None
    except OSError as failure:
        raise BadInput(f"{path} cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise BadInput(f"{path} is not UTF-8 at byte {failure.start}") from failure
    except (ValueError, RecursionError) as failure:  # no such document, a huge number, deep nesting
        raise BadInput(f"{path} is not {'TOML' if is_toml else 'JSON'}: {failure}") from failure
    if not isinstance(document, dict):
        raise BadInput(f"{path} holds no object at its top level")
    return document


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise ``BadInput``, or ``Unavailable`` for a full disk, where ``path`` cannot be written."""
    try:
        yield
    except OSError as failure:
        kind = Unavailable if failure.errno in (errno.ENOSPC, errno.EDQUOT) else BadInput
        raise kind(f"{path} cannot be written: {failure.strerror}") from failure


def _require_usable(name: str, value: object) -> None:
    """Raise ``BadInput`` for what no record can hold: text that is none, a number without measure."""
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, str) and any("\ud800" <= letter <= "\udfff" for letter in one):
            raise BadInput(f"{name} is not UTF-8 text: {one}")
        if isinstance(one, int) and abs(one) > LARGEST_NUMBER:
            raise BadInput(f"{name} is {one}; {LARGEST_NUMBER} is the most")


def sign_in(platform: "Platform", account: str | None) -> str | None:
    """Who acts, signed in; ``None``, the public, where neither option nor setting names anybody."""
    account = account or os.environ.get("CASEMATE_ACCOUNT")
    if not account:
        return None
    return platform.sign_in(account, lambda: _password(account)).id


def _password(account: str) -> str:
    if (given := os.environ.get("CASEMATE_PASSWORD")) is not None:
        return given
    if not sys.stdin.isatty():
        raise NotAllowed(
            f"{account} does not come in without a password: set CASEMATE_PASSWORD, or sign in at a "
            "terminal; if it has none, there is no such account"
        )
    return getpass.getpass(f"Password of {account}: ")


def _with_shared_options(function: Callable[..., Shown]) -> inspect.Signature:
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, kind, default in _OPTIONS
    ]
    return inspect.Signature([*keyword, *shared])
