"""The first page, and the choice between light and dark."""

from fastapi import Response

from casemate.errors import NotFound
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import THEME, THEMES, Anyone, drop_cookie, set_cookie

router = PageRouter()
_YEAR = 365 * 24 * 3600


@router.get("")
def home(seen: Anyone) -> Response:
    """What this place is, in one screen."""
    return seen.page("home/home.html")


@router.get("/theme/{theme}")
def theme(seen: Anyone, theme: str, back: str = "") -> Response:
    """Show pages in this theme from now on; ``system`` leaves it to the machine. Changes no record."""
    if theme not in (*THEMES, "system"):
        raise NotFound(f"there is no theme {theme!r}")
    response = seen.go(seen.own_address(back))
    if theme == "system":
        drop_cookie(seen.request, response, THEME)
    else:
        set_cookie(seen.request, response, THEME, theme, seconds=_YEAR)
    return response
