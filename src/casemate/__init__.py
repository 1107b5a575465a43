"""Casemate: the software of a country's data and AI ecosystem.

    import casemate

    with casemate.open("home") as place:
        print(place.search("smoking").hits)

``casemate.protection`` is usable alone, on any data frame, with no home opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from casemate.acting import Acting
    from casemate.client import Client
    from casemate.platform import Platform

__all__ = ["create", "open"]
__version__ = "0.1.0"


@overload
def open(home: str | Path) -> Platform: ...  # noqa: A001 - as below
@overload
def open(home: str | Path, *, account: str) -> Acting: ...  # noqa: A001 - as below
@overload
def open(home: str, *, token: str, **options: Any) -> Client: ...  # noqa: A001 - as below


def open(  # noqa: A001 - casemate.open reads as what it does
    home: str | Path, *, account: str | None = None, token: str | None = None, **options: Any
) -> Platform | Acting | Client:
    """The Casemate at ``home``, to be closed after use; raises ``NotFound`` where there is none.

    With ``account``, as that account: its calls leave the one who acts out. With ``token``, the one that
    is served at the address ``home``, by the same calls (see ``casemate.client.connect``).
    """
    if token is not None:
        from casemate.client import connect

        return connect(str(home), token, **options)
    from casemate.home import open_home
    from casemate.platform import Platform

    if options:
        raise TypeError(f"{', '.join(options)}: for a server, which takes a token")
    platform = Platform(open_home(Path(home)))
    if account is None:
        return platform
    from casemate.acting import Acting

    return Acting(platform, account)


def create(
    home: str | Path, *, operator: str, name: str = "casemate", database: str | None = None
) -> Platform:
    """A new Casemate at ``home``, with ``operator`` as the name of its first account."""
    from casemate.home import create_home
    from casemate.platform import Platform

    platform = Platform(create_home(Path(home), name=name, database=database))
    platform.found(operator)
    return platform
