"""Accounts, organisations, and the access tokens of one's own."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from casemate.identity import AccessToken, Account, Organisation, Role, Scope
from casemate.portal import paging
from casemate.portal.callers import Caller, Reader, needs
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.problems import describe

router = APIRouter(tags=["accounts"], route_class=KeyedRoute)
Operator = Annotated[Caller, needs(Scope.administer)]
AccountDocument = schema_of(Account)
OrganisationDocument = schema_of(Organisation)
TokenDocument = schema_of(AccessToken)
_NEW = describe(401, 403, 404, 409, 422)


class NewAccount(BaseModel):
    """A person, the organisation they work for, and what they do here."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    organisation: str = Field(max_length=80)
    roles: list[Role] = Field(min_length=1)
    password: SecretStr | None = None
    email: str | None = Field(None, max_length=320)
    id: str | None = Field(None, max_length=64)


class NewOrganisation(BaseModel):
    """An organisation that people work for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    kind: str = Field("", max_length=200)


@router.get("/me", response_model=AccountDocument, responses=describe(401, 403))
def me(caller: Reader) -> Response:
    """The account whose token this is."""
    return sent(caller.platform.whoami(caller.actor))


@router.get("/me/tokens", response_model=list[TokenDocument], responses=describe(401, 403))  # type: ignore[valid-type]
def tokens(caller: Reader) -> Response:
    """Your access tokens, the newest first: everything but the tokens."""
    return sent(list(caller.platform.list_tokens(caller.actor)))


@router.delete(
    "/me/tokens/{token}", response_model=TokenDocument, responses=describe(401, 403, 404)
)
def end_token(caller: Reader, token: str) -> Response:
    """End one of your tokens: whoever found it should be able to."""
    return sent(caller.platform.end_token(caller.actor, token))


@router.get("/accounts", response_model=Page[AccountDocument], responses=describe(401, 403, 422))  # type: ignore[valid-type]
def list_accounts(
    caller: Reader, cursor: paging.Cursor = None, limit: paging.Limit = paging.MANY
) -> Response:
    """Every account, by id."""
    known = caller.platform.accounts(caller.actor)
    return sent(paging.page(known, lambda one: [one.id], cursor, limit))


@router.post("/accounts", response_model=AccountDocument, status_code=201, responses=_NEW)
def add_account(caller: Operator, asked: NewAccount) -> Response:
    """A new account."""
    made = caller.platform.add_account(
        caller.actor,
        asked.name,
        asked.organisation,
        asked.roles,
        password=None if asked.password is None else asked.password.get_secret_value(),
        email=asked.email,
        account_id=asked.id,
    )
    return sent(made, status=201)


@router.get(
    "/organisations",
    response_model=Page[OrganisationDocument],  # type: ignore[valid-type]
    responses=describe(401, 403, 422),
)
def list_organisations(
    caller: Reader, cursor: paging.Cursor = None, limit: paging.Limit = paging.MANY
) -> Response:
    """Every organisation, by id."""
    known = caller.platform.organisations(caller.actor)
    return sent(paging.page(known, lambda one: [one.id], cursor, limit))


@router.post("/organisations", response_model=OrganisationDocument, status_code=201, responses=_NEW)
def add_organisation(caller: Operator, asked: NewOrganisation) -> Response:
    """A new organisation."""
    return sent(caller.platform.add_organisation(caller.actor, asked.name, asked.kind), status=201)
