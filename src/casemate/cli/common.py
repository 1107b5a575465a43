"""What every command shares: ``--home``, ``--as``, ``--json``, one line for an error, an exit code.

A command is a function of a ``Desk`` (an open platform and the account that acts) and its own
options; it gives back a ``Shown``: the data that ``--json`` prints, and the text for people.
"""

import functools
import getpass
import inspect
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.table import Table

from casemate.clock import timestamp
from casemate.errors import BadInput, CasemateError, NotAllowed
from casemate.home import default_root, open_home
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


@dataclass(frozen=True)
class Shown:
    """What a command answers: ``data`` for machines, ``text`` for people."""

    data: Any
    text: RenderableType = ""


@dataclass(frozen=True)
class Desk:
    """An open platform, and who sits at it (``None``: the public)."""

    platform: Platform
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
            with exits(), Platform(open_home(home or default_root())) as platform:
                desk = Desk(platform, _sign_in(platform, account), as_json)
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
        print(json.dumps(plain(shown.data), ensure_ascii=False, indent=1))
    elif isinstance(shown.text, str):
        print(shown.text)
    else:
        Console().print(shown.text)


class exits:  # noqa: N801 - reads as a word in a with statement
    """Turn an error on purpose into one line on standard error and its exit code."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CasemateError):
            print(f"{error.title}: {error}", file=sys.stderr)
            raise typer.Exit(error.exit_code)
        if isinstance(error, KeyboardInterrupt):
            print("Interrupted: what was recorded stays, the rest was not begun.", file=sys.stderr)
            raise typer.Exit(130)


def table(columns: list[str], rows: list[list[object]]) -> RenderableType:
    """A table for people; says so where it is empty."""
    if not rows:
        return "Nothing to show."
    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*("" if cell is None else str(cell) for cell in row))
    return drawn


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: records as objects, moments as RFC 3339, sets in order."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: plain(getattr(value, name))
            for name in value.__dataclass_fields__
            if not name.startswith("_") and not isinstance(getattr(value, name), bytes)
        }
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Path):
        return str(value)
    return value


def read_document(path: Path) -> dict[str, Any]:
    """A TOML or JSON file as a dictionary; raises ``BadInput`` naming file and line."""
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}") from None
    except (IsADirectoryError, PermissionError) as failure:
        raise BadInput(f"{path} cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise BadInput(f"{path} is not UTF-8 at byte {failure.start}") from failure
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as failure:
        kind = "TOML" if path.suffix == ".toml" else "JSON"
        raise BadInput(f"{path} is not {kind}: {failure}") from failure
    if not isinstance(document, dict):
        raise BadInput(f"{path} holds no object at its top level")
    return document


def _sign_in(platform: Platform, account: str | None) -> str | None:
    account = account or os.environ.get("CASEMATE_ACCOUNT")
    if account is None:
        return None
    return platform.sign_in(account, lambda: _password(account)).id


def _password(account: str) -> str:
    if (given := os.environ.get("CASEMATE_PASSWORD")) is not None:
        return given
    if not sys.stdin.isatty():
        raise NotAllowed(
            f"{account} has a password: set CASEMATE_PASSWORD, or sign in at a terminal"
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
