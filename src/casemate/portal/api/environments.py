"""Environments: the packages that programs run on. They are built at the server's own machine."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from casemate.enclave import PackageSet
from casemate.portal.callers import Reader
from casemate.portal.documents import schema_of, sent
from casemate.portal.problems import describe

router = APIRouter(prefix="/environments", tags=["runs"])
EnvironmentDocument = schema_of(PackageSet)


@router.get(
    "",
    response_model=list[EnvironmentDocument],  # type: ignore[valid-type]
    responses=describe(401, 403),
)
def list_(caller: Reader) -> Response:
    """Every environment there is, all versions."""
    return sent(list(caller.platform.environments(caller.actor)))


@router.get(
    "/{reference}", response_model=EnvironmentDocument, responses=describe(401, 403, 404, 422)
)
def show(
    caller: Reader,
    reference: str,
    verify: Annotated[bool, Query(description="Read every byte of it first.")] = False,
) -> Response:
    """One of them, by ``NAME`` or ``NAME@VERSION``."""
    return sent(caller.platform.environment(caller.actor, reference, verify=verify))
