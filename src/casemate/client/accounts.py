"""People, organisations, and access tokens of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part
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

    def list_tokens(self) -> Sequence[AccessToken]:
        """Your access tokens, the newest first."""
        from casemate.identity import AccessToken

        return [decoded(AccessToken, one) for one in self._wire.get("/me/tokens")]

    def end_token(self, token: str) -> AccessToken:
        """End an access token of your own."""
        from casemate.identity import AccessToken

        return decoded(AccessToken, self._wire.delete(f"/me/tokens/{segment(token)}"))
