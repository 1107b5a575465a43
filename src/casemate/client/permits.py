"""Permits: what they open, what protection made of it, questions under a budget, their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casemate.client.datasets import _json
from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.access import Permit, PermitClaims
    from casemate.desk import RevocationEffect
    from casemate.enclave import AccountState, ExpectedAnswer, PrivateAnswer, View
    from casemate.protection.certificate import Verified


class Permits(Part):
    """Permits."""

    def permit(self, permit: str) -> Permit:
        """One permit."""
        return _permit(self._wire.get(f"/permits/{segment(permit)}"))

    def list_permits(self) -> Sequence[Permit]:
        """The permits that you may read."""
        return list(self.each_permit())

    def each_permit(self) -> Iterator[Permit]:
        """The same, page after page as they are asked for."""
        for one in self._wire.pages("/permits"):
            yield _permit(one)

    def permit_in_force(self, permit: str) -> bool:
        """Whether ``permit`` opens anything now; anyone who knows its id may ask."""
        return bool(self._wire.get(f"/permits/{segment(permit)}/in-force")["in_force"])

    def verify_permit(self, jws: str) -> PermitClaims:
        """The claims of a signed permit of the server's home; raises ``BadInput`` if altered."""
        from casemate.access import PermitClaims

        return decoded(PermitClaims, self._wire.post("/permits/verify", {"jws": jws}))

    def revocation_effect(self, permit: str) -> RevocationEffect:
        """What revoking ``permit`` now would end; nothing is done."""
        from casemate.desk import RevocationEffect

        told = self._wire.get(f"/permits/{segment(permit)}/revocation-effect")
        return decoded(RevocationEffect, told)

    def revoke(self, permit: str, reason: str, *, if_match: Seen = None) -> Permit:
        """End a permit now: running work stops, what it opened is sealed for good."""
        where = f"/permits/{segment(permit)}/revoke"
        return _permit(self._wire.post(where, {"reason": reason}, if_match=if_match))

    def renew(self, permit: str, days: int, reason: str, *, if_match: Seen = None) -> Permit:
        """A new permit on the same terms for ``days`` from now, in place of the old one."""
        where, asked = f"/permits/{segment(permit)}/renew", {"days": days, "reason": reason}
        return _permit(self._wire.post(where, asked, if_match=if_match))

    def protect(self, permit: str) -> Sequence[View]:
        """Make the protected view of each dataset that ``permit`` opens, unless it exists."""
        return _views(self._wire.post(f"/permits/{segment(permit)}/views"))

    def views(self, permit: str) -> Sequence[View]:
        """What protection made of each dataset under ``permit``: the reports, no data."""
        return _views(self._wire.get(f"/permits/{segment(permit)}/views"))

    def verify_protection(self, permit: str) -> Sequence[Verified]:
        """Recompute the certificate of each view under ``permit`` from the view itself."""
        from casemate.protection.certificate import Verified

        told = self._wire.post(f"/permits/{segment(permit)}/views/verify")
        return [decoded(Verified, one) for one in told]

    def codebook(self, permit: str) -> Sequence[Mapping[str, Any]]:
        """What the columns of each view mean and how they were generalised."""
        told: list[Mapping[str, Any]] = self._wire.get(f"/permits/{segment(permit)}/codebook")
        return told

    def allow_environments(self, permit: str, names: Iterable[str]) -> frozenset[str]:
        """From now on runs under ``permit`` use one of ``names``; any, where none is named."""
        where = f"/permits/{segment(permit)}/environments"
        return frozenset(self._wire.post(where, {"names": sorted(names)}))

    def expected_error(
        self, permit: str, question: Mapping[str, Any], *, purpose: str | None = None
    ) -> ExpectedAnswer:
        """What the answer to ``question`` would cost and how far it may be off; nothing is spent."""
        from casemate.enclave import ExpectedAnswer

        asked = {"question": _json(question), "purpose": purpose}
        where = f"/permits/{segment(permit)}/questions/expected"
        return decoded(ExpectedAnswer, self._wire.post(where, asked))

    def ask(
        self, permit: str, question: Mapping[str, Any], *, purpose: str | None = None
    ) -> PrivateAnswer:
        """The noisy answer to ``question``, charged to the dataset's and the permit's budget."""
        from casemate.enclave import PrivateAnswer

        asked = {"question": _json(question), "purpose": purpose}
        return decoded(
            PrivateAnswer, self._wire.post(f"/permits/{segment(permit)}/questions", asked)
        )

    def privacy_accounts(self, permit: str) -> Sequence[AccountState]:
        """What answers under ``permit`` are charged to: each dataset's account, and its own."""
        from casemate.enclave import AccountState

        told = self._wire.get(f"/permits/{segment(permit)}/budget")
        return [decoded(AccountState, one) for one in told]


def _permit(document: Any) -> Permit:
    from casemate.access import Permit

    return decoded(Permit, document)


def _views(documents: Any) -> list[View]:
    from casemate.enclave import View

    return [decoded(View, one) for one in documents]
