"""Accounts, organisations, and the access tokens of one's own."""

from contextlib import AbstractContextManager
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.orm import Session

from casemate.identity import AccessToken, Account, Organisation, Role, Scope
from casemate.portal import paging
from casemate.portal.callers import Caller, Reader, needs
from casemate.portal.documents import Page, schema_of, sent
from casemate.portal.keyed import KeyedRoute
from casemate.portal.preconditions import IfMatch, unless_changed
from casemate.portal.problems import describe

router = APIRouter(tags=["accounts"], route_class=KeyedRoute)
Operator = Annotated[Caller, needs(Scope.administer)]
AccountDocument = schema_of(Account)
OrganisationDocument = schema_of(Organisation)
TokenDocument = schema_of(AccessToken)
_NEW = describe(401, 403, 404, 409, 422)
_CHANGED = describe(401, 403, 404, 409, 412, 422)
Id = Annotated[str, Path(max_length=64)]


class NewAccount(BaseModel):
    """A person, the organisation they work for, and what they do here."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    organisation: str = Field(max_length=80)
    roles: list[Role] = Field(min_length=1)
    password: SecretStr | None = None
    email: str | None = Field(None, max_length=320)
    id: str | None = Field(None, max_length=64)


class ChangedAccount(BaseModel):
    """What becomes of an account; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=200)
    organisation: str | None = Field(None, max_length=80)
    roles: list[Role] | None = Field(None, min_length=1)


class ChangedOrganisation(BaseModel):
    """What becomes of an organisation; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=200)
    kind: str | None = Field(None, max_length=200)


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


@router.post("/accounts/{account}/change", response_model=AccountDocument, responses=_CHANGED)
def change_account(
    caller: Operator, account: Id, asked: ChangedAccount, if_match: IfMatch = None
) -> Response:
    """Another name, organisation or set of roles for somebody else's account."""
    with _as_seen(caller, account, if_match):
        changed = caller.platform.change_account(
            caller.actor,
            account,
            name=asked.name,
            organisation=asked.organisation,
            roles=asked.roles,
        )
    return sent(changed)


@router.post("/accounts/{account}/deactivate", response_model=AccountDocument, responses=_CHANGED)
def deactivate_account(caller: Operator, account: Id, if_match: IfMatch = None) -> Response:
    """Close somebody else's account: it does nothing any more, and its access tokens end."""
    with _as_seen(caller, account, if_match):
        return sent(caller.platform.deactivate_account(caller.actor, account))


@router.post("/accounts/{account}/reactivate", response_model=AccountDocument, responses=_CHANGED)
def reactivate_account(caller: Operator, account: Id, if_match: IfMatch = None) -> Response:
    """Open a deactivated account again, with the roles it had; its tokens stay ended."""
    with _as_seen(caller, account, if_match):
        return sent(caller.platform.reactivate_account(caller.actor, account))


def _as_seen(caller: Caller, account: str, if_match: str | None) -> AbstractContextManager[None]:
    identity = caller.platform.identity
    return unless_changed(caller.platform, if_match, lambda tx: identity.account(tx, account))


@router.post(
    "/organisations/{organisation}/change",
    response_model=OrganisationDocument,
    responses=_CHANGED,
)
def change_organisation(
    caller: Operator, organisation: Id, asked: ChangedOrganisation, if_match: IfMatch = None
) -> Response:
    """Another name or kind for an organisation; its id stays."""
    platform = caller.platform

    def seen(tx: Session) -> Organisation:
        return platform.identity.organisation(tx, organisation)

    with unless_changed(platform, if_match, seen):
        changed = platform.change_organisation(
            caller.actor, organisation, name=asked.name, kind=asked.kind
        )
    return sent(changed)


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
