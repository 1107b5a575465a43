"""Pages for people who never open a terminal: thin, over the platform that the command line calls too.

Each area is a module of this package with a folder of templates; one that people go to has ``NAVIGATION``:
its name, its first page, and the door that it takes. ``visit`` says who looks and makes the page,
``router`` guards the forms, ``language`` and ``locale/`` hold the four languages. Pages work without
JavaScript; with it, htmx exchanges parts of them.
"""

from collections import defaultdict

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse

from casemate.portal.pages import (
    account,
    administration,
    applying,
    assets,
    catalogue,
    dataset,
    design,
    desk,
    desk_permits,
    errors,
    home,
    law,
    law_answers,
    law_answers_written,
    law_cases,
    law_citing,
    law_drafting,
    law_obligations,
    law_plain,
    law_translation,
    ledger,
    observatory,
    observatory_evaluations,
    outputs,
    papers,
    programs,
    publishing,
    register,
    register_classify,
    register_keeping,
    sandbox,
    sign_in,
    upkeep,
    workspace,
)

AREAS = (
    home,
    sign_in,
    account,
    catalogue,
    dataset,
    register_keeping,
    register_classify,
    register,
    publishing,
    applying,
    desk,
    desk_permits,
    sandbox,
    papers,
    workspace,
    programs,
    outputs,
    law,
    law_answers,
    law_answers_written,
    law_citing,
    law_drafting,
    law_translation,
    law_cases,
    law_obligations,
    law_plain,
    ledger,
    observatory,
    observatory_evaluations,
    administration,
    upkeep,
    design,
)
"""In the order in which their addresses are tried."""


def install(app: FastAPI) -> None:
    """Put the pages into ``app``, after everything whose address is no language's."""
    app.include_router(assets.router)
    app.state.areas = [area.NAVIGATION for area in AREAS if hasattr(area, "NAVIGATION")]
    app.state.pages = defaultdict(list)
    for area in AREAS:
        app.include_router(area.router)
        for route in area.router.routes:
            assert isinstance(route, APIRoute)
            app.state.pages[route.name].append(route)
    app.include_router(sign_in.callback)
    app.add_api_route("/", _to_a_language, include_in_schema=False)
    errors.install(app)


def _to_a_language(request: Request) -> Response:
    """The home page in the language that the browser asks for."""
    response = RedirectResponse(f"/{errors.language_of(request)}", 307)
    response.headers["Vary"] = "Accept-Language"
    return response
