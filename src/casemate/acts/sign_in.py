"""What ``Platform`` does about sign-in over the web: factors, invitations, providers. Part of its class.

Here as there: every act asks the policies and is one transaction with its ledger entry. What proves who
somebody is needs no policy, as it is what the policies are asked about afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from casemate.acts.part import Part
from casemate.errors import Conflict, NotFound
from casemate.identity import Account, Role, SignInRefused, WebSessions
from casemate.identity.ceremonies import Ceremonies, CeremonyOver
from casemate.identity.invitations import Invitation, Invitations
from casemate.identity.one_time_passwords import NewOneTimePassword, OneTimePasswords
from casemate.identity.passkeys import (
    Passkey,
    PasskeyRefused,
    Passkeys,
    Site,
    challenge_of,
    read_answer,
    read_assertion,
)
from casemate.identity.provider_links import ProviderLink, ProviderLinks
from casemate.identity.web_sign_in import NeedsCode, WebSignIn
from casemate.ids import new_id

if TYPE_CHECKING:
    from casemate.identity.openid import OpenIdProvider, Person

STRANGER = "public"
"""The actor on the ledger where a provider vouches for somebody who has no account yet."""


@dataclass(frozen=True)
class HalfSignedIn:
    """The password was right; ``handle`` and a code finish it."""

    account: str
    handle: str


@dataclass(frozen=True)
class Ways:
    """How an account can come in over the web."""

    account: str
    has_password: bool
    has_one_time_password: bool
    recovery_codes: int
    passkeys: tuple[Passkey, ...]
    links: tuple[ProviderLink, ...]

    @property
    def any(self) -> bool:
        """Whether there is one at all: a code is none, as it only follows a password."""
        return self.has_password or bool(self.passkeys) or bool(self.links)


@dataclass(frozen=True)
class FromProvider:
    """Who came back from a provider, and what was remembered for them meanwhile."""

    account: Account
    remembered: Mapping[str, str]


class SignInActs(Part):
    """The acts of signing in."""

    web_sessions: WebSessions
    ceremonies: Ceremonies
    one_time_passwords: OneTimePasswords
    passkeys: Passkeys
    invitations: Invitations
    provider_links: ProviderLinks
    web_sign_in: WebSignIn
    openid: Mapping[str, OpenIdProvider]

    # ── a password, and a code ───────────────────────────────────────────────────────────────────

    def sign_in_over_web(
        self, account: str, password: str, *, source: str | None
    ) -> Account | HalfSignedIn:
        """``account``, or that a code is wanted too; nobody comes in here without a password.

        ``source`` is the network address that asks. Raises ``SignInRefused``.
        """
        with self.store.read() as tx:
            challenge = self.identity.challenge(tx, account, source)
        proof = self.identity.prove(challenge, password)
        with self.store.transaction() as tx:
            outcome = self.web_sign_in.by_password(tx, proof)
        if isinstance(outcome, SignInRefused):
            raise outcome
        if isinstance(outcome, NeedsCode):
            handle = self.ceremonies.begin(
                "second-factor", account=outcome.account, stamp=outcome.stamp
            )
            return HalfSignedIn(outcome.account, handle)
        return outcome

    def finish_sign_in(self, handle: str, code: str, *, source: str | None) -> Account:
        """The account whose password was right, if ``code`` (one-time or recovery) is too.

        Raises ``SignInRefused``, counted as any failed sign-in, or ``CeremonyOver``.
        """
        remembered = self.ceremonies.look("second-factor", handle)
        with self.store.transaction() as tx:
            outcome = self.web_sign_in.by_code(tx, NeedsCode(**remembered), code, source)
        if isinstance(outcome, SignInRefused):
            raise outcome
        self.ceremonies.take("second-factor", handle)
        return outcome

    def ways(self, actor: str) -> Ways:
        """How ``actor`` can come in over the web."""
        with self._look(actor, "account.credentials", self.facts.home) as tx:
            return self._ways(tx, self.identity.account(tx, actor))

    def change_password(
        self, actor: str, old: str, new: str, *, source: str | None = None, stays: str | None = None
    ) -> None:
        """Set ``actor``'s password, whose old one was shown; every session but ``stays`` ends.

        Raises ``SignInRefused`` for a wrong old one, counted as a failed sign-in.
        """
        self._require_own_password(actor, old, source)
        secret = self.identity.new_password(new)
        with self._act(actor, "account.credentials", self.facts.home) as tx:
            if not self.identity.account(tx, actor).has_password:
                raise Conflict(
                    f"{actor} has no password to change: an operator's invitation sets one"
                )
            self.identity.set_password(tx, actor, actor, secret)
            self.web_sessions.end_all(tx, actor, actor, but=stays)

    def begin_one_time_password(self, actor: str) -> NewOneTimePassword:
        """A secret for ``actor``'s app, not in force before a code of it was shown."""
        with self._look(actor, "account.credentials", self.facts.home) as tx:
            self.one_time_passwords.require_none(tx, actor)
        secret = self.one_time_passwords.new_secret()
        handle = self.ceremonies.begin("one-time-password", account=actor, secret=secret)
        return self._enrolment(actor, handle, secret)

    def begun_one_time_password(self, actor: str, handle: str) -> NewOneTimePassword:
        """What ``begin_one_time_password`` gave, once more; raises ``CeremonyOver``."""
        return self._enrolment(actor, handle, self._begun_secret(actor, handle))

    def add_one_time_password(
        self, actor: str, handle: str, code: str, password: str, *, source: str | None = None
    ) -> list[str]:
        """Put the secret in force of which ``code`` is; gives the recovery codes, told this once."""
        secret = self._begun_secret(actor, handle)
        self._require_own_password(actor, password, source)
        with self._act(actor, "account.credentials", self.facts.home) as tx:
            if not self.identity.account(tx, actor).has_password:
                raise Conflict(
                    "a one-time password goes with a password, and this account has none"
                )
            codes = self.one_time_passwords.add(tx, actor, secret, code)
        self.ceremonies.take("one-time-password", handle)
        return codes

    def renew_recovery_codes(
        self, actor: str, password: str, *, source: str | None = None
    ) -> list[str]:
        """New recovery codes in place of all older ones, told this once."""
        self._require_own_password(actor, password, source)
        with self._act(actor, "account.credentials", self.facts.home) as tx:
            return self.one_time_passwords.renew_codes(tx, actor)

    def remove_one_time_password(
        self, actor: str, password: str, *, source: str | None = None
    ) -> None:
        """Take ``actor``'s second factor away, with its recovery codes."""
        self._require_own_password(actor, password, source)
        with self._act(actor, "account.credentials", self.facts.home) as tx:
            self.one_time_passwords.remove(tx, actor, actor)

    # ── passkeys ─────────────────────────────────────────────────────────────────────────────────

    def begin_passkey_sign_in(self, site: Site) -> str:
        """What a browser asks of its passkeys, as JSON."""
        return self.passkeys.request_options(site, self.ceremonies.begin("passkey-sign-in"))

    def sign_in_by_passkey(self, answer: str, site: Site, *, source: str | None) -> Account:
        """The account whose passkey signed our challenge.

        Raises ``PasskeyRefused`` for what is no answer, ``CeremonyOver``, or ``SignInRefused``.
        """
        assertion = read_assertion(answer)
        self.ceremonies.take("passkey-sign-in", assertion.challenge)
        with self.store.transaction() as tx:
            outcome = self.web_sign_in.by_passkey(tx, assertion, site, source)
        if isinstance(outcome, SignInRefused):
            raise outcome
        return outcome

    def begin_passkey(
        self, actor: str, name: str, site: Site, password: str, *, source: str | None = None
    ) -> str:
        """What a browser asks of a device that is to make a passkey called ``name``, as JSON."""
        self._require_own_password(actor, password, source)
        with self._look(actor, "account.credentials", self.facts.home) as tx:
            self.passkeys.check_name(name)
            challenge = self.ceremonies.begin("passkey", account=actor, name=name)
            return self.passkeys.creation_options(tx, actor, self.home.name, site, challenge)

    def add_passkey(self, actor: str, answer: str, site: Site) -> Passkey:
        """Keep the passkey that a device made for ``actor``; raises ``PasskeyRefused``."""
        document = read_answer(answer)
        challenge = challenge_of(document)
        begun = self.ceremonies.take("passkey", challenge)
        if begun["account"] != actor:
            raise PasskeyRefused("this passkey was made for another account: nothing was kept")
        with self._act(actor, "account.credentials", self.facts.home) as tx:
            return self.passkeys.add(tx, actor, begun["name"], document, site, challenge)

    def remove_passkey(
        self, actor: str, passkey: str, password: str, *, source: str | None = None
    ) -> None:
        """Forget one of ``actor``'s own passkeys; raises ``Conflict`` where nothing else lets them in."""
        self._require_own_password(actor, password, source)
        with self._act(actor, "account.credentials", self.facts.home) as tx:
            self.passkeys.remove(tx, actor, passkey)
            if not self._ways(tx, self.identity.account(tx, actor)).any:
                raise Conflict(
                    "this passkey is the only way into the account: add another way first"
                )

    # ── invitations ──────────────────────────────────────────────────────────────────────────────

    def invite(self, actor: str, account: str, *, resets: bool = False) -> tuple[Invitation, str]:
        """An invitation of ``account`` to set a password, and the text that its link ends with.

        ``resets``: for whoever lost a telephone; its one-time password and passkeys end when it is used.
        """
        with self._act(actor, "account.invite", self.facts.account, account) as tx:
            return self.invitations.make(tx, actor, account, resets=resets)

    def not_signing_in(self, actor: str) -> Sequence[Account]:
        """The active accounts that no way leads into over the web, for an operator to invite."""
        with self._look(actor, "account.list", self.facts.home) as tx:
            known = [one for one in self.identity.accounts(tx) if one.active]
            return [one for one in known if not self._ways(tx, one).any]

    def invitation(self, text: str) -> tuple[Invitation, Account]:
        """The open invitation with that link, and whom it invites; raises ``InvitationOver``."""
        with self.store.read() as tx:
            found = self.invitations.find(tx, text)
            return found, self.identity.account(tx, found.account)

    def accept_invitation(self, text: str, password: str) -> Account:
        """Set the invited account's password; its sessions end. Raises ``InvitationOver``, ``BadInput``.

        Nobody is signed in by it: where the account has a one-time password, that is wanted as ever.
        """
        self.invitation(text)  # before the hash, which takes its time
        secret = self.identity.new_password(password)
        with self.store.transaction() as tx:
            found = self._take_up(tx, text)
            self.web_sessions.end_all(tx, found.account, found.account)
            return self.identity.set_password(tx, found.account, found.account, secret)

    def _take_up(self, tx: Session, text: str) -> Invitation:
        found = self.invitations.use(tx, text)
        if found.resets:
            if self.one_time_passwords.is_set(tx, found.account):
                self.one_time_passwords.remove(tx, found.account, found.account)
            self.passkeys.remove_all(tx, found.account, found.account)
        return found

    # ── OpenID providers ─────────────────────────────────────────────────────────────────────────

    def begin_provider_sign_in(
        self, provider: str, site: Site, *, invitation: str = "", **remembered: str
    ) -> tuple[str, str]:
        """Where the browser goes to sign in at ``provider``, and the handle that it keeps meanwhile.

        ``invitation``: the text of one, whose account whoever comes back is linked to.
        """
        from casemate.identity.openid import Begun

        known = self._provider(provider)
        begun = Begun.new(provider, f"{site.origin}/oidc/{provider}")
        address = known.authorization_url(begun)
        handle = self.ceremonies.begin(
            "provider", begun=begun.to_document(), invitation=invitation, remembered=remembered
        )
        return address, handle

    def finish_provider_sign_in(
        self, provider: str, handle: str, answer: Mapping[str, str], *, source: str | None
    ) -> FromProvider:
        """Who came back from ``provider`` with ``answer``, the query of its redirect.

        Raises ``ProviderRefused``, ``CeremonyOver``, ``SignInRefused``, or ``Conflict`` where an
        invitation is for somebody else than the account that the person has.
        """
        from casemate.identity.openid import Begun, ProviderRefused

        known = self._provider(provider)
        kept = self.ceremonies.take("provider", handle)
        try:
            person = known.person(Begun(**kept["begun"]), answer)
        except ProviderRefused:
            with self.store.transaction() as tx:
                self.web_sign_in.note_provider_failure(tx, source)
            raise
        with self.store.transaction() as tx:
            account = self._account_of(tx, known, person, kept["invitation"])
            outcome = self.web_sign_in.by_provider(tx, account, provider, source)
        if isinstance(outcome, SignInRefused):
            raise outcome
        return FromProvider(outcome, kept["remembered"])

    def provider_sign_out(self, provider: str, site: Site) -> str | None:
        """Where one signs out of ``provider`` itself; ``None`` where it has no such page."""
        return self._provider(provider).sign_out_url(f"{site.origin}/")

    def link_account(self, actor: str, account: str, provider: str, subject: str) -> ProviderLink:
        """Let in as ``account`` whom ``provider`` calls ``subject`` (by the claim of the settings)."""
        known = self._provider(provider).settings
        with self._act(actor, "account.invite", self.facts.account, account) as tx:
            return self.provider_links.add(tx, actor, account, known.name, known.issuer, subject)

    def unlink_account(self, actor: str, account: str, link: str) -> ProviderLink:
        """End a link of ``account``, and its sessions."""
        with self._act(actor, "account.invite", self.facts.account, account) as tx:
            if link not in [one.id for one in self.provider_links.of_account(tx, account)]:
                raise NotFound(f"{account} has no link {link!r}")
            self.web_sessions.end_all(tx, actor, account)
            return self.provider_links.remove(tx, actor, link)

    def account_links(self, actor: str, account: str) -> Sequence[ProviderLink]:
        """The links of ``account``, for an operator."""
        with self._look(actor, "account.invite", self.facts.account, account) as tx:
            return self.provider_links.of_account(tx, account)

    def _account_of(
        self, tx: Session, known: OpenIdProvider, person: Person, invitation: str
    ) -> str | None:
        """The account that the person is linked to, or becomes linked to now; ``None`` where neither."""
        settings = known.settings
        account = self.provider_links.account_of(tx, settings.issuer, person.subject)
        if invitation:
            invited = self.invitations.find(tx, invitation).account
            if account not in (None, invited):
                raise Conflict(
                    "whom the provider names has another account here: the invitation was not used"
                )
            self._take_up(tx, invitation)
            by, wanted = invited, invited
        elif account is None and settings.organisation is not None:
            by, wanted = STRANGER, self._new_public(tx, settings.organisation, person)
        else:
            return account
        if account is None:
            self.provider_links.add(tx, by, wanted, settings.name, settings.issuer, person.subject)
        return wanted

    def _new_public(self, tx: Session, organisation: str, person: Person) -> str:
        # The id is on the ledger for ever, so it is not made from the name.
        name = "".join(one for one in person.name or "" if one.isprintable()).strip()[:200]
        return self.identity.add_account(
            tx, STRANGER, name or "Somebody", organisation, [Role.PUBLIC], account_id=new_id("acct")
        ).id

    def _provider(self, name: str) -> OpenIdProvider:
        if name not in self.openid:
            raise NotFound(f"there is no provider {name!r} in the settings of this home")
        return self.openid[name]

    # ── what is told once ────────────────────────────────────────────────────────────────────────

    def tell_once(self, actor: str, *secrets: str) -> str:
        """A handle under which ``actor`` alone is told ``secrets``, once: a page that is loaded again, or
        found in a browser's history, shows them no more."""
        return self.ceremonies.begin("told-once", account=actor, secrets=secrets)

    def told_once(self, actor: str, handle: str) -> list[str]:
        """What ``tell_once`` was given; raises ``CeremonyOver``."""
        if self.ceremonies.look("told-once", handle)["account"] != actor:
            raise CeremonyOver("that was told, or is for somebody else")
        told: list[str] = self.ceremonies.take("told-once", handle)["secrets"]
        return told

    # ── what several of them need ────────────────────────────────────────────────────────────────

    def _require_own_password(self, actor: str, password: str, source: str | None) -> None:
        """Raise ``SignInRefused``, counted, unless it is ``actor``'s; who has none is not asked.

        So a browser that somebody left open, or took over, changes no way into the account.
        """
        with self.store.read() as tx:
            if not self.identity.account(tx, actor).has_password:
                return
            challenge = self.identity.challenge(tx, actor, source)
        proof = self.identity.prove(challenge, password)
        with self.store.transaction() as tx:
            refused = self.web_sign_in.is_their_password(tx, proof)
        if refused is not None:
            raise refused

    def _begun_secret(self, actor: str, handle: str) -> str:
        begun = self.ceremonies.look("one-time-password", handle)
        if begun["account"] != actor:
            raise Conflict("this one-time password was begun by another account: begin again")
        return str(begun["secret"])

    def _enrolment(self, actor: str, handle: str, secret: str) -> NewOneTimePassword:
        return NewOneTimePassword(handle, secret, self.one_time_passwords.uri(actor, secret))

    def _ways(self, tx: Session, account: Account) -> Ways:
        return Ways(
            account=account.id,
            has_password=account.has_password,
            has_one_time_password=self.one_time_passwords.is_set(tx, account.id),
            recovery_codes=self.one_time_passwords.codes_left(tx, account.id),
            passkeys=tuple(self.passkeys.of_account(tx, account.id)),
            links=tuple(self.provider_links.of_account(tx, account.id)),
        )
