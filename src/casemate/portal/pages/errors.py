"""What a person is shown where a page cannot be: what happened, in one sentence, and where to go on."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from casemate.errors import CasemateError, IntegrityFailure
from casemate.portal.pages.language import LANGUAGES, mark, preferred
from casemate.portal.pages.visit import SignInWanted, visit

HEADINGS = {
    401: mark("Sign in first"),
    403: mark("You may not do this"),
    404: mark("There is no such page"),
    409: mark("Somebody else was first"),
    412: mark("Somebody else was first"),
    413: mark("That is too large"),
    422: mark("Something is not right"),
    429: mark("Too many requests"),
    503: mark("A part is missing on this machine"),
}
UNEXPECTED = mark("Something went wrong")
Handler = Callable[[Request, Exception], Response | Awaitable[Response]]


def is_page(request: Request) -> bool:
    """Whether ``request`` is for a page, so that a person reads the answer."""
    return request.url.path.split("/")[1] in LANGUAGES


def install(app: FastAPI) -> None:
    """Have ``app`` answer errors of pages with pages; those of the API stay what they are."""
    for kind in (CasemateError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _of_a_page(app.exception_handlers[kind]))


def _of_a_page(of_the_api: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        if is_page(request):
            return await run_in_threadpool(_page, request, error)
        made = of_the_api(request, error)
        return made if isinstance(made, Response) else await made

    return answer


def _page(request: Request, error: Exception) -> Response:
    request.scope.setdefault("path_params", {})
    if (
        "lang" not in request.path_params
    ):  # no page matched: the language is told by the address alone
        request.scope["path_params"] = {"lang": request.url.path.split("/")[1]}
    seen = visit(request)
    if isinstance(error, SignInWanted) and request.method == "GET":
        return seen.redirect("sign_in", query={"next": seen.here})
    status, detail = _told(error)
    heading = seen.gettext(HEADINGS.get(status, UNEXPECTED))
    return seen.page("error.html", status=status, heading=heading, detail=detail)


def _told(error: Exception) -> tuple[int, str | None]:
    if isinstance(error, IntegrityFailure):
        return error.http_status, None  # what was found is told to the operator, in the log
    if isinstance(error, CasemateError):
        return error.http_status, str(error)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return 422, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    assert isinstance(error, HTTPException)
    # The framework says no more than the heading does, but of its own refusals of a form.
    said = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    return error.status_code, said


def language_of(request: Request) -> str:
    """The language that a visitor is shown who named none."""
    return preferred(request.headers.get("accept-language", ""))
