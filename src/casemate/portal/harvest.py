"""The catalogue for other catalogues: DCAT-AP by content negotiation, in Hydra pages."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from casemate.errors import CasemateError, NotFound
from casemate.portal.address import base_of
from casemate.portal.callers import Anyone
from casemate.portal.dcat_forms import FORMS
from casemate.portal.pages.language import preferred
from casemate.portal.problems import describe

router = APIRouter(tags=["catalogue"])
DATASETS_A_PAGE = 100
_CONTENT: dict[str, dict[str, Any]] = {media: {} for _, media in FORMS.values()}
Number = Annotated[int, Query(ge=1, le=10**9, alias="page")]


class NotAcceptable(CasemateError):
    """None of the forms that the request accepts."""

    http_status = 406
    title = "Not acceptable"


@router.get("/catalogue", status_code=303, response_class=RedirectResponse, responses=describe(406))
def negotiate(request: Request) -> Response:
    """The catalogue in the form that ``Accept`` prefers; Turtle where it does not matter."""
    ending = _preferred(request.headers.get("accept", "*/*"))
    where = request.url_for("export", ending=ending).path
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(where + query, 303, headers={"Vary": "Accept"})


@router.get(
    "/catalogue.{ending}",
    name="export",
    response_class=Response,
    responses={200: {"content": _CONTENT}, **describe(404, 422)},
)
def export(anyone: Anyone, request: Request, ending: str, number: Number = 1) -> Response:
    """One page of the catalogue as DCAT-AP 3, with links to the others (Hydra's PagedCollection)."""
    if ending not in FORMS:
        raise NotFound(f"the catalogue is not written as .{ending}: take {', '.join(FORMS)}")
    form, media = FORMS[ending]
    base = base_of(request)
    text = anyone.platform.export_catalogue_page(
        base, form, page=number, size=DATASETS_A_PAGE, here=f"{base}/catalogue.{ending}"
    )
    return Response(text, media_type=media)


@router.get(
    "/datasets/{dataset}.{ending}",
    name="export_dataset",
    response_class=Response,
    responses={200: {"content": _CONTENT}, **describe(404)},
)
def export_dataset(anyone: Anyone, request: Request, dataset: str, ending: str) -> Response:
    """One dataset as DCAT-AP 3, in the form that the ending names: .ttl, .jsonld or .rdf."""
    if ending not in FORMS:
        raise NotFound(f"a dataset is not written as .{ending}: take {', '.join(FORMS)}")
    form, media = FORMS[ending]
    base = base_of(request)
    text = anyone.platform.export_dataset(dataset, base, form)
    return Response(text, media_type=media)


@router.get(
    "/dataset/{dataset}",
    status_code=303,
    response_class=RedirectResponse,
    responses=describe(404, 406),
)
def resolve(anyone: Anyone, request: Request, dataset: str) -> Response:
    """The dataset's own address, as DCAT and citations give it: on to its page, or to its description as
    data where ``Accept`` prefers that."""
    known = anyone.platform.dataset(dataset)
    accept = request.headers.get("accept", "*/*")
    wanted = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    if any(media in wanted for _, media in FORMS.values()) and "text/html" not in wanted:
        where = request.url_for("export_dataset", dataset=known.id, ending=_preferred(accept)).path
    else:
        where = f"/{preferred(request.headers.get('accept-language', ''))}/catalogue/{known.id}"
    return RedirectResponse(where, 303, headers={"Vary": "Accept, Accept-Language"})


def _preferred(accept: str) -> str:
    """The ending of the form that ``accept`` (RFC 9110 section 12.5.1) likes most."""
    liked = sorted(((_quality(part), part) for part in accept.split(",")), key=lambda one: -one[0])
    for quality, part in liked:
        media = part.split(";")[0].strip().lower()
        for ending, (_, own) in FORMS.items():
            if quality > 0 and media in (own, "*/*", own.split("/")[0] + "/*"):
                return ending
    raise NotAcceptable(f"the catalogue is written as {', '.join(_CONTENT)}: accept one of them")


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
