"""The data files of the law, read once."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_DATA = files(__package__) / "data"


@cache
def toml(name: str) -> dict[str, Any]:
    """A file of ``data`` as a dictionary; callers leave it as it is."""
    return tomllib.loads(_DATA.joinpath(name).read_text(encoding="utf-8"))


@cache
def chapters() -> tuple[dict[str, Any], ...]:
    """The files of rules, one a chapter or annex, in the order of the Act: chapters, then annexes."""
    names = sorted(one.name for one in (_DATA / "rules").iterdir() if one.name.endswith(".toml"))
    ordered = sorted(names, key=lambda name: (not name.startswith("chapter"), name))
    return tuple(toml(f"rules/{name}") for name in ordered)
