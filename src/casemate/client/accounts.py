"""People, organisations, and access tokens of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.identity import AccessToken, Account, Organisation, Role


class Accounts(Part):
    """Who is here."""

    def whoami(self) -> Account:
        """The account that acts."""
        from casemate.identity import Account

        return decoded(Account, self._wire.get("/me"))

    def accounts(self) -> Sequence[Account]:
        """Every account."""
        from casemate.identity import Account

        return [decoded(Account, one) for one in self._wire.pages("/accounts")]

    def organisations(self) -> Sequence[Organisation]:
        """Every organisation."""
        from casemate.identity import Organisation

        return [decoded(Organisation, one) for one in self._wire.pages("/organisations")]

    def add_organisation(self, name: str, kind: str = "") -> Organisation:
        """A new organisation."""
        from casemate.identity import Organisation

        made = self._wire.post("/organisations", {"name": name, "kind": kind})
        return decoded(Organisation, made)

    def add_account(
        self,
        name: str,
        organisation: str,
        roles: Iterable[Role | str],
        *,
        password: str | None = None,
        email: str | None = None,
        account_id: str | None = None,
    ) -> Account:
        """A new account of a person in ``organisation``."""
        from casemate.identity import Account

        asked = {
            "name": name,
            "organisation": organisation,
            "roles": list(roles),
            "password": password,
            "email": email,
            "id": account_id,
        }
        return decoded(Account, self._wire.post("/accounts", asked))

    def change_account(
        self,
        account: str,
        *,
        name: str | None = None,
        organisation: str | None = None,
        roles: Iterable[Role | str] | None = None,
        if_match: Seen = None,
    ) -> Account:
        """Another name, organisation or set of roles for somebody else; what is ``None`` stays."""
        given = None if roles is None else list(roles)
        asked = {"name": name, "organisation": organisation, "roles": given}
        return self._changed(account, "change", asked, if_match)

    def deactivate_account(self, account: str, *, if_match: Seen = None) -> Account:
        """Close somebody else's account: it does nothing any more, and its tokens and sessions end."""
        return self._changed(account, "deactivate", None, if_match)

    def reactivate_account(self, account: str, *, if_match: Seen = None) -> Account:
        """Open it again, with the roles it had; its tokens and sessions stay ended."""
        return self._changed(account, "reactivate", None, if_match)

    def _changed(self, account: str, act: str, asked: Any, if_match: Seen) -> Account:
        from casemate.identity import Account

        where = f"/accounts/{segment(account)}/{act}"
        return decoded(Account, self._wire.post(where, asked, if_match=if_match))

    def change_organisation(
        self,
        organisation: str,
        *,
        name: str | None = None,
        kind: str | None = None,
        if_match: Seen = None,
    ) -> Organisation:
        """Another name or kind for an organisation; what is ``None`` stays."""
        from casemate.identity import Organisation

        where, asked = (
            f"/organisations/{segment(organisation)}/change",
            {"name": name, "kind": kind},
        )
        return decoded(Organisation, self._wire.post(where, asked, if_match=if_match))

    def list_tokens(self) -> Sequence[AccessToken]:
        """Your access tokens, the newest first."""
        from casemate.identity import AccessToken

        return [decoded(AccessToken, one) for one in self._wire.get("/me/tokens")]

    def end_token(self, token: str) -> AccessToken:
        """End an access token of your own."""
        from casemate.identity import AccessToken

        return decoded(AccessToken, self._wire.delete(f"/me/tokens/{segment(token)}"))
