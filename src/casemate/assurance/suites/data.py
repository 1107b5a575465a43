"""Where the public sets lie that some suites read: a folder of the user's; nothing of them ships with us.

``CASEMATE_EVALUATION_DATA``, or ``look_in`` (``--data``), names the folder. In it each set has its own:
``langbite``, ``crows_pairs``, ``bbq``, ``winobias``, ``hatecheck``, with the files of its publisher.
"""

import csv
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from casemate.errors import BadInput, NotFound

VARIABLE = "CASEMATE_EVALUATION_DATA"
LARGEST = 64 * 1024**2
_folder: ContextVar[Path | None] = ContextVar("evaluation data", default=None)


@contextmanager
def look_in(folder: Path | None) -> Iterator[None]:
    """Read public sets from ``folder`` within; ``None`` leaves it to the environment."""
    token = _folder.set(folder if folder is not None else _folder.get())
    try:
        yield
    finally:
        _folder.reset(token)


def file(name: str) -> Path:
    """The file ``name`` ("bbq/Age.jsonl") of the user's folder; raises ``NotFound`` saying what to do."""
    told = _folder.get() or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if told is None:
        raise NotFound(
            f"the public set {name.split('/')[0]} is not part of Casemate: name the folder that it lies in "
            f"with --data or {VARIABLE}, or take one of the suites whose name ends in -own"
        )
    found = told / name
    if not found.is_file():
        raise NotFound(f"{found} is not there; suites read {name} below the folder {told}")
    if found.stat().st_size > LARGEST:
        raise BadInput(f"{found} is larger than {LARGEST // 1024**2} MiB: it is no evaluation set")
    return found


def rows(path: Path, *, tabs: bool = False, needs: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a file with a heading, each with its ``line``; ``BadInput`` names file and line."""
    return list(_rows(path, "\t" if tabs else ",", needs))


def _rows(path: Path, delimiter: str, needs: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, delimiter=delimiter)
            missing = [name for name in needs if name not in (reader.fieldnames or ())]
            if missing:
                raise BadInput(f"{path}, line 1: the columns {', '.join(missing)} are missing")
            for row in reader:
                yield {
                    "line": str(reader.line_num),
                    **{name: (row[name] or "").strip() for name in row if name},
                }
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} is no table of text in UTF-8: {error}") from error


@cache
def own(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a tab separated table of ours, ``social_bias/templates.tsv``; lines with # are notes."""
    text = files("casemate.assurance.suites").joinpath(name).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    told = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    return tuple(dict(row) for row in told)


@cache
def own_json(name: str) -> Any:
    """A JSON document of ours."""
    text = files("casemate.assurance.suites").joinpath(name).read_text("utf-8")
    return TypeAdapter(Any).validate_json(text)
