"""Casemate: the software of a country's data and AI ecosystem.

    import casemate

    with casemate.open("home") as place:
        print(place.search("smoking").hits)

``casemate.protection`` is usable alone, on any data frame, with no home opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casemate.platform import Platform

__all__ = ["create", "open"]
__version__ = "0.1.0"


def open(home: str | Path) -> Platform:  # noqa: A001 - casemate.open reads as what it does
    """The Casemate at ``home``, to be closed after use; raises ``NotFound`` where there is none."""
    from casemate.home import open_home
    from casemate.platform import Platform

    return Platform(open_home(Path(home)))


def create(
    home: str | Path, *, operator: str, name: str = "casemate", database: str | None = None
) -> Platform:
    """A new Casemate at ``home``, with ``operator`` as the name of its first account."""
    from casemate.home import create_home
    from casemate.platform import Platform

    platform = Platform(create_home(Path(home), name=name, database=database))
    platform.found(operator)
    return platform
