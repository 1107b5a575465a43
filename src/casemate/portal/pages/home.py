"""The first page, and the choice between light and dark."""

from fastapi import Response

from casemate.errors import NotFound
from casemate.portal.pages.language import mark
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import (
    THEME,
    THEMES,
    Anyone,
    Navigation,
    Visit,
    drop_cookie,
    set_cookie,
)

router = PageRouter()
NAVIGATION: Navigation = (mark("Home"), "home", None)
NEWEST = 5
_YEAR = 365 * 24 * 3600


@router.get("")
def home(seen: Anyone) -> Response:
    """What this place is, in one screen: what it does, how much of it there is now, where to begin."""
    newest = seen.platform.search("", sort="newest", limit=NEWEST).hits
    return seen.page("home/home.html", figures=_figures(seen), newest=newest)


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


def _figures(seen: Visit) -> list[tuple[int, str]]:
    """Each live figure and what it counts; of what this home does not keep, nothing is said."""
    now = seen.platform.figures()
    counted = [
        (now.datasets, seen.ngettext("dataset", "datasets", now.datasets)),
        (now.permits, seen.ngettext("permit in force", "permits in force", now.permits)),
        (now.releases, seen.ngettext("release this month", "releases this month", now.releases)),
    ]
    if now.systems is not None:
        registered = seen.ngettext("AI system registered", "AI systems registered", now.systems)
        counted.append((now.systems, registered))
    return counted
