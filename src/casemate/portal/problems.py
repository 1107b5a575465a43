"""Problem documents: every error as ``application/problem+json`` (RFC 9457).

``type`` names the kind of error, ``detail`` is the sentence that the command line would print.
"""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from casemate.errors import BadInput, CasemateError, IntegrityFailure

MEDIA_TYPE = "application/problem+json"
_TYPES = "urn:casemate:problem:"


class Problem(BaseModel):
    """Why a request was not carried out."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": f"{_TYPES}not-allowed",
                "title": "Not allowed",
                "status": 403,
                "detail": "acct-maria may not application.decide: who applied never decides",
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None
    """Of a request that does not fit its description: where, and what was expected."""


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The response that tells of one error."""
    kind = title.lower().replace(" ", "-")
    said: dict[str, Any] = {
        "type": _TYPES + kind,
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        said["errors"] = errors
    return JSONResponse(said, status, headers=headers, media_type=MEDIA_TYPE)


def describe(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: that an operation may answer with problems of these statuses."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Have ``app`` answer every error, its own and the framework's, with a problem document."""
    app.add_exception_handler(CasemateError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_the_request)
    app.add_exception_handler(HTTPException, _of_http)


def _of_ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CasemateError)
    detail = str(error)
    if isinstance(error, IntegrityFailure):
        detail = "a record of this home is not what was written; its operator was told in the log"
    headers = {"WWW-Authenticate": "Bearer"} if error.http_status == 401 else {}
    if error.http_status in (429, 503):
        headers["Retry-After"] = "60"
    return problem(error.http_status, error.title, detail, headers=headers)


def _of_the_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What was sent is not sent back: it may be a password, and it may be endless.
    told = [{"where": list(one["loc"]), "what": one["msg"]} for one in error.errors()]
    first = told[0]
    where = ".".join(str(part) for part in first["where"])
    return problem(422, BadInput.title, f"{where}: {first['what']}", errors=told)


def _of_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, title, str(error.detail), headers=headers)
