"""The house itself: whether it is up, how it does, and its figures."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel

from casemate.figures import Figures
from casemate.identity import Scope
from casemate.portal.callers import Anyone, Caller, needs
from casemate.portal.documents import schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.problems import describe
from casemate.rotation import Rotation
from casemate.upkeep import Health, Job, Storage

router = APIRouter(tags=["house"], route_class=KeyedRoute)
_ROTATED = describe(401, 403, 409, 422, 503)
Inspector = Annotated[Caller, needs(Scope.administer)]


class Up(BaseModel):
    """Whether requests are answered; no more, since anyone may ask."""

    up: bool


@router.get("/health", response_model=Up, responses={503: {"model": Up}})
def health(anyone: Anyone) -> Response:
    """Whether the database answers: 200 or 503, and nothing else."""
    up = anyone.platform.is_up()
    return sent({"up": up}, status=200 if up else 503)


@router.get("/figures", response_model=schema_of(Figures))
def figures(anyone: Anyone) -> Response:
    """How much of everything there is."""
    return sent(anyone.platform.figures())


@router.get("/house/health", response_model=schema_of(Health), responses=describe(401, 403))
def checks(caller: Inspector) -> Response:
    """Every part of the home, how it does, and what to do where it does not do well."""
    return sent(caller.platform.health(caller.actor))


@router.post("/house/keys/rotate", response_model=schema_of(Rotation), responses=_ROTATED)
def rotate(caller: Inspector) -> Response:
    """Exchange the master key: all that it encrypted is encrypted by a new one, and that one signs."""
    return sent(caller.platform.rotate_keys(caller.actor))


@router.get("/house/storage", response_model=schema_of(Storage), responses=describe(401, 403))
def storage(caller: Inspector) -> Response:
    """What fills the disk, by kind and by dataset."""
    return sent(caller.platform.storage(caller.actor))


@router.get("/house/jobs", response_model=list[schema_of(Job)], responses=describe(401, 403))  # type: ignore[misc]
def jobs(caller: Inspector) -> Response:
    """The runs that wait, are at work, or failed in the last week; oldest first."""
    return sent(list(caller.platform.jobs(caller.actor)))
