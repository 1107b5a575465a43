"""Style sheets and scripts: our own, and htmx out of its wheel. No other host is ever asked.

Their addresses carry a digest of what they hold, so that a browser keeps them for good.
"""

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Response

from casemate.errors import NotFound, Unavailable

OWN = Path(__file__).with_name("static")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
router = APIRouter(prefix="/static", include_in_schema=False)


@cache
def _content(name: str) -> bytes:
    if name == "htmx.js":
        return _htmx()
    known = {file.name: file for file in OWN.iterdir() if file.suffix in TYPES}
    if name not in known:
        raise NotFound(f"there is no file {name!r}")
    return known[name].read_bytes()


def _htmx() -> bytes:
    # The package is looked for and read, never imported: it would import Django.
    spec = find_spec("django_htmx")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("htmx is missing on this machine: install the package django-htmx")
    folder = Path(spec.submodule_search_locations[0])
    return (folder / "static" / "django_htmx" / "htmx-2.min.js").read_bytes()


@cache
def address(name: str) -> str:
    """Where ``name`` is served, with the digest of what it holds."""
    return f"/static/{name}?v={sha256(_content(name)).hexdigest()[:12]}"


@router.get("/{name}")
def static(name: str) -> Response:
    """One file; what it holds never changes under one address."""
    response = Response(_content(name), media_type=TYPES.get(Path(name).suffix))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
