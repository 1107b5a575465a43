"""The database that keeps vectors for several processes or machines: ``[vectors]`` in ``casemate.toml``.

[vectors]
postgresql = "postgresql+psycopg://casemate@db.example.lu/vectors"   # with the extension pgvector
search = "all"   # each vector is held against a question; "nearest": those that a graph leads to
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from casemate.errors import BadInput
from casemate.language.address import is_loopback

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

VARIABLE = "CASEMATE_VECTORS"
"""The environment variable whose URL goes before the settings': a password need not lie in a file."""
_DRIVERS = ("postgresql", "postgresql+psycopg")
_SEARCHES = ("all", "nearest")
_CONNECTING = 10  # seconds


@dataclass(frozen=True)
class VectorSettings:
    """Where vectors lie that are shared. The URL may hold a password: it is shown nowhere."""

    url: str = field(repr=False)
    nearest_only: bool = False
    """Whether a graph leads to the nearest vectors, for collections too large to look at each."""


def read_vector_settings(document: Any, environ: Mapping[str, str]) -> VectorSettings | None:
    """What ``[vectors]`` and the environment say; ``None``: a home keeps its own. Raises ``BadInput``."""
    if document is not None and not isinstance(document, Mapping):
        raise BadInput("the settings' vectors are a table: write [vectors]")
    told = dict(document or {})
    if unknown := set(told) - {"postgresql", "search"}:
        raise BadInput(
            f"[vectors] has unknown settings {sorted(unknown)}; known: postgresql, search"
        )
    url = environ.get(VARIABLE) or told.get("postgresql")
    if document is not None and url is None:
        raise BadInput("[vectors] has no postgresql: the URL of a database with pgvector")
    if (search := told.get("search", "all")) not in _SEARCHES:
        raise BadInput('[vectors] search is "all" or "nearest"')
    return None if url is None else VectorSettings(_checked(url), search == "nearest")


def _checked(url: object) -> str:
    """The URL with our driver and, to another machine, encrypted unless it says otherwise itself."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        read = make_url(url) if isinstance(url, str) else None
    except (ArgumentError, ValueError):
        read = None
    if read is None or read.drivername not in _DRIVERS or not read.database:
        # Not a word of what was given, nor of what the library says of it: both may hold the password.
        raise BadInput(
            "the URL of the shared vectors is none of PostgreSQL: write "
            "postgresql+psycopg://user@host/database, special characters of a password as %40 and the like"
        ) from None
    usual = {"connect_timeout": str(_CONNECTING)}
    if any(not host.startswith("/") and not is_loopback(host) for host in _hosts(read)):
        usual["sslmode"] = "require"
    whole = read.set(drivername="postgresql+psycopg", query={**usual, **read.query})
    return whole.render_as_string(hide_password=False)


def _hosts(url: "URL") -> Iterator[str]:
    """Every host, address and folder of a socket that a URL names, each way in which libpq takes one."""
    yield from filter(None, [url.host])
    for name in ("host", "hostaddr"):
        found = url.query.get(name, ())
        for some in (found,) if isinstance(found, str) else found:
            yield from filter(None, some.split(","))
