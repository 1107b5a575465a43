"""The whole flow in one place: one short method an arrow, each a call into the room that does it.

    file ──publish──▶ catalogue ──apply──▶ access ──decide──▶ permit
                                                              │
      release ◀──check── outputs ◀──run── enclave ◀──protect──┘

Every method asks the policies first and does its work in one transaction with its ledger entry. A
refusal is an act too: it is recorded in a transaction of its own, since the refused one is undone.
The command line and the portal call these methods and nothing below them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session

from casemate import rotation
from casemate.access import (
    Application,
    ApplicationEvent,
    ApplicationForm,
    Applications,
    Gap,
    OutputRules,
    Permit,
    PermitClaims,
    Permits,
    State,
    gaps,
)
from casemate.access.policies import Policies, Resource
from casemate.acts.assessing import AssessingActs
from casemate.acts.case_files import CaseFileActs
from casemate.acts.citing import CitingActs
from casemate.acts.drafting import DraftingActs
from casemate.acts.feedback import FeedbackActs
from casemate.acts.known import KnownActs
from casemate.acts.obligations import ObligationActs
from casemate.acts.observatory import ObservatoryActs
from casemate.acts.plain_language import PlainLanguageActs
from casemate.acts.sandboxes import SandboxActs
from casemate.acts.sign_in import SignInActs
from casemate.acts.translating import TranslatingActs
from casemate.acts.writing import WritingActs
from casemate.canonical import digest
from casemate.clock import Clock, system_clock
from casemate.errors import BadInput, IntegrityFailure, NotAllowed, NotFound, Unavailable
from casemate.facts import Door, Facts, offer_of
from casemate.home import Home
from casemate.identity import (
    AccessToken,
    AccessTokens,
    Account,
    Identity,
    Organisation,
    Role,
    Scope,
    SignInRefused,
    WebSession,
    WebSessions,
)
from casemate.identity.ceremonies import Ceremonies
from casemate.identity.invitations import Invitations
from casemate.identity.one_time_passwords import OneTimePasswords
from casemate.identity.openid import OpenIdProvider
from casemate.identity.passkeys import Passkeys
from casemate.identity.provider_links import ProviderLinks
from casemate.identity.web_sign_in import WebSignIn
from casemate.ledger import Entry, Ledger, Wanted, handover
from casemate.ledger.audit import Report
from casemate.ledger.note import VerifierKey, checkpoint_size
from casemate.ledger.proofs import ConsistencyProof, InclusionProof
from casemate.previews import PREVIEW_COLUMNS, PREVIEW_ROWS, Preview, cells
from casemate.register.feedback import FeedbackBox
from casemate.register.keeping import Register
from casemate.register.programs import Programs
from casemate.register.records import read_record
from casemate.register.sandboxes import Sandboxes
from casemate.rotation import PublicKey, Rotation
from casemate.store import Replies, Store, wrapped
from casemate.store.keys import Keyring
from casemate.store.schema import migrate
from casemate.store.vault import Vault

if TYPE_CHECKING:
    from polars import DataFrame

    from casemate.catalogue import (
        Catalogue,
        Citation,
        Dataset,
        DatasetDescription,
        Hit,
        SearchPage,
        Staged,
    )
    from casemate.desk import InboxItem, RevocationEffect
    from casemate.enclave import (
        AccountState,
        Claim,
        Comparison,
        Content,
        Enclave,
        ExpectedAnswer,
        Followed,
        Limits,
        Output,
        PackageSet,
        PrivateAnswer,
        ProgramDraft,
        ProgramVersion,
        QueueItem,
        ReleaseReceipt,
        Replay,
        Run,
        View,
    )
    from casemate.enclave.assessing import PlanPreview
    from casemate.enclave.evaluating import Evaluated, EvaluationRequest, ModelBytes
    from casemate.figures import Figures
    from casemate.first_look import Assessment, FirstLook
    from casemate.lineage import Lineage
    from casemate.protection.certificate import Verified
    from casemate.protection.privacy_loss import PrivacyLoss
    from casemate.upkeep import Health, Job, Storage

CatalogueForm = Literal["turtle", "json-ld", "xml"]
Decision = Literal["refuse", "incomplete", "changes", "extend", "complete"]
_PROVIDED: ContextVar[Callable[[Session], None] | None] = ContextVar("provided", default=None)
ANYONE = "public"
"""The actor on the ledger where nobody was signed in."""
FOLLOW_SECONDS = 0.25
"""Between two looks at a run that is followed."""


def open_database(url: str) -> Store:
    """The database at ``url`` with every table as this version wants it.

    Raises ``BadInput`` for a URL that names none we can use, ``Unavailable`` where it does not
    answer, ``IntegrityFailure`` where its file is something else.
    """
    try:
        store = Store(url)
        if store.engine.dialect.name not in ("sqlite", "postgresql"):
            raise BadInput(f"the database is SQLite or PostgreSQL, not {store.engine.dialect.name}")
        migrate(store)
        return store
    except (ArgumentError, ImportError) as failure:  # no URL, or of a driver that is not here
        raise BadInput(
            f"the database's URL cannot be used: {failure}; write postgresql+psycopg://user@host/name"
        ) from failure
    except OperationalError as failure:
        raise Unavailable(f"the database does not answer: {failure.orig}") from failure
    except DatabaseError as failure:
        raise IntegrityFailure(f"this is not a database of Casemate: {failure.orig}") from failure


class Platform(
    SignInActs,
    SandboxActs,
    ObservatoryActs,
    AssessingActs,
    KnownActs,
    FeedbackActs,
    CaseFileActs,
    PlainLanguageActs,
    CitingActs,
    TranslatingActs,
    ObligationActs,
    DraftingActs,
    WritingActs,
):
    """One open home. Close it, or use it as a context manager."""

    def __init__(self, home: Home, *, clock: Clock = system_clock) -> None:
        self.home = home
        self.clock = clock
        self.store = open_database(home.database)
        self._clock = clock
        self._keyring = keyring = rotation.open_keyring(home, self.store)
        self.store.before_commit = lambda tx: wrapped.require_current(tx, keyring)
        self.vault = Vault(home.vault)
        self.ledger = Ledger(keyring.signing_key("ledger"), home.name, clock)
        self.identity = Identity(self.ledger, clock)
        self.access_tokens = AccessTokens(self.ledger, clock)
        self.web_sessions = WebSessions(self.ledger, clock)
        self._open_sign_in(keyring)
        self.policies = Policies()
        self.permits = Permits(self.ledger, clock, keyring.signing_key("permit"), issuer=home.name)
        self.applications = Applications(self.ledger, clock, self.permits)
        self.register = Register(self.ledger, clock)
        self.programs = Programs(self.ledger, clock, self.register)
        self.sandboxes = Sandboxes(self.ledger, clock, self.register, self.permits)
        self.feedback_box = FeedbackBox(self.ledger, clock, keyring)
        self.facts = Facts(self)
        self._go_on_with(keyring)

    def _open_sign_in(self, keyring: Keyring) -> None:
        ledger, clock = self.ledger, self.clock
        self.ceremonies = Ceremonies(self.store, clock, keyring)
        self.one_time_passwords = OneTimePasswords(ledger, clock, keyring, self.home.name)
        self.passkeys = Passkeys(ledger, clock, keyring)
        self.invitations = Invitations(ledger, clock)
        self.provider_links = ProviderLinks(ledger, clock)
        self.web_sign_in = WebSignIn(self.identity, self.one_time_passwords, self.passkeys)
        self.openid = {one.name: OpenIdProvider(one, clock) for one in self.home.providers}

    # The rooms of tables and of programs take a second to import: who reads the ledger needs neither.

    @cached_property
    def catalogue(self) -> Catalogue:
        """The room of datasets."""
        from casemate.catalogue import Catalogue

        return Catalogue(self.ledger, self._clock, self.vault, self._keyring)

    @cached_property
    def enclave(self) -> Enclave:
        """The room of runs and outputs."""
        from casemate.enclave import Enclave

        return Enclave(
            self.home.root,
            self.home.runs,
            store=self.store,
            vault=self.vault,
            keyring=self._keyring,
            ledger=self.ledger,
            permits=self.permits,
            catalogue=self.catalogue,
            clock=self._clock,
            before_release=(self._require_entry, self._require_fit),
            evaluator=_evaluate_in_place,
        )

    def _go_on_with(self, keyring: Keyring) -> None:
        """Go on with ``keyring`` and what it has to know of the keys before it; lay out the public ones."""
        signing = keyring.signing_key("ledger")
        with self.store.read() as tx:
            history = handover.history(tx, VerifierKey.of(self.home.name, signing))
            retained = wrapped.retained(tx) if history else {}
        former = rotation.former_keys(history)
        self._keyring.become(keyring)
        self._keyring.remember(retained, former)
        ended = zip(former["permit"], (one.index for one in history), strict=True)
        self.permits.adopt(keyring.signing_key("permit"), tuple(ended))
        # The ledger last: until it has the new key, nothing that the old one encrypted is recorded.
        self.ledger.adopt(signing, [one.former["ledger"] for one in history])
        rotation.publish(self.home, rotation.public_keys(self.home, keyring), history)

    def _keep_to_today(self) -> None:
        """Raise ``Unavailable`` where another process changed the master key, and take up the new one."""
        with self.store.read() as tx:
            newest = handover.newest(tx)
        if newest is not None and newest.current["ledger"] != self.ledger.vkey:
            self._go_on_with(rotation.open_keyring(self.home, self.store))
            raise Unavailable("the master key was changed meanwhile: nothing was done, try again")

    @contextmanager
    def _keys_of_today(self) -> Iterator[None]:
        """What does not open or fit because the master key changed meanwhile is no altered record."""
        generation = self._keyring.generation
        try:
            yield
        except IntegrityFailure as failure:
            if self._keyring.generation != generation:
                raise Unavailable(
                    "the master key was changed meanwhile: nothing was done, try again"
                ) from failure
            self._keep_to_today()
            raise

    def close(self) -> None:
        """Stop working; runs that are under way go on with the next process that opens the home."""
        self._close_writer()
        self._close_vectors()
        if "enclave" in vars(self):  # what was not opened is not closed
            try:
                if self.enclave.worker.is_working:
                    self.sweep()
            finally:
                self.enclave.close()
        # `verify_ledger` is where an altered ledger is told; a full disk undoes no act that was done.
        with suppress(IntegrityFailure, Unavailable, OSError):
            self._keep_checkpoint()
        self.store.close()

    def _keep_checkpoint(self) -> None:
        """Leave the newest checkpoint outside the database: who rolls that back is found out."""
        newest = self.checkpoint()
        kept = self._kept_checkpoint()
        if kept is None or checkpoint_size(kept) < checkpoint_size(newest):
            fresh = self.home.public / f"checkpoint.{os.getpid()}.new"
            fresh.write_text(newest, encoding="utf-8")
            fresh.replace(self.home.public / "checkpoint.txt")

    def _kept_checkpoint(self) -> str | None:
        file = self.home.public / "checkpoint.txt"
        return file.read_text(encoding="utf-8") if file.exists() else None

    def __enter__(self) -> Platform:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── who is here ──────────────────────────────────────────────────────────────────────────────

    def found(self, operator: str, password: str | None = None) -> Account:
        """The first account, an operator named ``operator``; raises ``Conflict`` if there is one."""
        secret = None if password is None else self.identity.new_password(password)
        with self.store.transaction() as tx:
            return self.identity.bootstrap(tx, operator, secret)

    def sign_in(
        self,
        account: str,
        password: str | Callable[[], str] | None = None,
        *,
        source: str | None = None,
    ) -> Account:
        """``account``, if it may come in. A callable ``password`` is asked only where one is set.

        ``source`` is the network address that a request comes from, where it is one.
        """
        with self.store.read() as tx:
            challenge = self.identity.challenge(tx, account, source)
        if callable(password):
            password = password() if challenge.needs_password else None
        proof = self.identity.prove(challenge, password)
        with self.store.transaction() as tx:
            outcome = self.identity.try_sign_in(tx, proof)
        if isinstance(outcome, SignInRefused):
            raise outcome
        return outcome

    def begin_session(self, account: str) -> tuple[WebSession, str]:
        """A browser's session of ``account``, who was signed in just now, and its cookie's text."""
        with self.store.transaction() as tx:
            return self.web_sessions.begin(tx, account)

    def session(self, text: str) -> tuple[WebSession, Account] | None:
        """The session with that cookie and whose it is; ``None`` where it is over."""
        with self.store.read() as tx:
            if (found := self.web_sessions.find(tx, text)) is None:
                return None
            account = self.identity.account(tx, found.account)
        self.web_sessions.note_use(self.store, found)
        return found, account

    def sessions(self, actor: str) -> Sequence[WebSession]:
        """The web sessions of ``actor`` that are in force."""
        with self._look(actor, "account.token", self.facts.home) as tx:
            return self.web_sessions.of_account(tx, actor)

    def end_session(self, actor: str, session: str) -> None:
        """End one of ``actor``'s own web sessions: sign out there."""
        with self._act(actor, "account.token", self.facts.home) as tx:
            self.web_sessions.end(tx, actor, session)

    def may(self, actor: str | None, action: str, about: str | None = None) -> bool:
        """Whether the policies let ``actor`` do ``action`` to the record ``about``; asked so that a page
        offers what would be done, and nothing that would not."""
        with self.store.read() as tx:
            try:
                facts = self.facts.about(tx, action, actor, about)
            except NotFound:
                return False
            return self._may(tx, actor, action, facts)

    def doors(self, actor: str) -> frozenset[Door]:
        """The parts of the portal that ``actor`` has any use for."""
        with self.store.read() as tx:
            who = self._account(tx, actor)
            return frozenset(
                door
                for door, (action, facts) in self.facts.doors(tx, actor).items()
                if self.policies.is_allowed(who, action, facts)
            )

    def add_organisation(self, actor: str, name: str, kind: str = "") -> Organisation:
        """A new organisation."""
        with self._act(actor, "organisation.add", self.facts.home) as tx:
            return self.identity.add_organisation(tx, actor, name, kind)

    def add_account(
        self,
        actor: str,
        name: str,
        organisation: str,
        roles: Iterable[Role | str],
        *,
        password: str | None = None,
        email: str | None = None,
        account_id: str | None = None,
    ) -> Account:
        """A new account of a person in ``organisation``."""
        with self._look(actor, "account.add", self.facts.home):
            pass  # ask before the password is hashed, which takes its time
        secret = None if password is None else self.identity.new_password(password)
        with self._act(actor, "account.add", self.facts.home) as tx:
            return self.identity.add_account(
                tx, actor, name, organisation, roles, secret, email, account_id=account_id
            )

    def change_account(
        self,
        actor: str,
        account: str,
        *,
        name: str | None = None,
        organisation: str | None = None,
        roles: Iterable[Role | str] | None = None,
    ) -> Account:
        """Another name, organisation or set of roles for somebody else; what is ``None`` stays."""
        with self._act(actor, "account.change", self.facts.account, account) as tx:
            if name is not None:
                self.identity.rename(tx, actor, account, name)
            if organisation is not None:
                self.identity.move(tx, actor, account, organisation)
            if roles is not None:
                self.identity.set_roles(tx, actor, account, roles)
            return self.identity.account(tx, account)

    def deactivate_account(self, actor: str, account: str) -> Account:
        """Close somebody else's account: it does nothing any more, and its tokens and sessions end."""
        with self._act(actor, "account.change", self.facts.account, account) as tx:
            closed = self.identity.deactivate(tx, actor, account)
            self.access_tokens.end_all(tx, actor, account)
            self.web_sessions.end_all(tx, actor, account)
            return closed

    def reactivate_account(self, actor: str, account: str) -> Account:
        """Open it again, with the roles it had; its tokens and sessions stay ended."""
        with self._act(actor, "account.change", self.facts.account, account) as tx:
            return self.identity.reactivate(tx, actor, account)

    def change_organisation(
        self, actor: str, organisation: str, *, name: str | None = None, kind: str | None = None
    ) -> Organisation:
        """Another name or kind for an organisation; what is ``None`` stays."""
        with self._act(actor, "organisation.change", self.facts.organisation, organisation) as tx:
            return self.identity.change_organisation(tx, actor, organisation, name=name, kind=kind)

    def accounts(self, actor: str) -> Sequence[Account]:
        """Every account."""
        with self._look(actor, "account.list", self.facts.home) as tx:
            return self.identity.accounts(tx)

    def organisations(self, actor: str) -> Sequence[Organisation]:
        """Every organisation."""
        with self._look(actor, "account.list", self.facts.home) as tx:
            return self.identity.organisations(tx)

    def issue_token(
        self, actor: str, name: str, scopes: Iterable[Scope | str], days: int = 30
    ) -> tuple[AccessToken, str]:
        """A new access token of ``actor``'s own, and its text, which is told this once."""
        with self._act(actor, "account.token", self.facts.home) as tx:
            return self.access_tokens.issue(tx, actor, name, scopes, days)

    def list_tokens(self, actor: str) -> Sequence[AccessToken]:
        """The access tokens of ``actor``, the newest first."""
        with self._look(actor, "account.token", self.facts.home) as tx:
            return self.access_tokens.of_account(tx, actor)

    def end_token(self, actor: str, token: str) -> AccessToken:
        """End an access token of ``actor``'s own."""
        with self._act(actor, "account.token", self.facts.home) as tx:
            return self.access_tokens.end(tx, actor, token)

    def token(self, text: str) -> AccessToken:
        """Whose token this is, and what for; raises ``TokenRefused``."""
        with self.store.read() as tx:
            return self.access_tokens.owner(tx, text)

    def whoami(self, actor: str) -> Account:
        """The account that acts."""
        with self.store.read() as tx:
            return self.identity.account(tx, actor)

    def own_organisation(self, actor: str) -> Organisation:
        """The organisation that ``actor`` works for."""
        with self.store.read() as tx:
            return self.identity.organisation(tx, self.identity.account(tx, actor).organisation)

    # ── publish ──────────────────────────────────────────────────────────────────────────────────

    def publish(
        self,
        actor: str,
        source: Path | str,
        description: DatasetDescription | Mapping[str, Any],
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> Dataset:
        """Publish the table at ``source`` (a file, or a database's ``URL#table``) as ``description`` says.

        The same id again is a new version. ``encoding`` and ``delimiter`` are for text files that
        need telling. Raises ``BadInput`` for a table that cannot be read or is
        not described, ``Conflict`` where another version came first.
        """
        from casemate.catalogue import load_description, read_table

        described = (
            load_description(description) if isinstance(description, Mapping) else description
        )
        with self._look(actor, "dataset.publish", self.facts.to_publish, actor, described):
            pass  # ask before the table is read: it may be large
        frame = read_table(source, encoding=encoding, delimiter=delimiter)
        staged = self.catalogue.stage(described, frame, risk=_raw_risk(frame, described))
        try:
            return self._enter(actor, staged)
        except BaseException:
            self.catalogue.discard(staged)
            raise

    def first_look(self, actor: str, source: Path | str) -> FirstLook:
        """A draft of the description of the table at ``source``, for its holder to correct."""
        from casemate.catalogue import describe, guess_role, read_source
        from casemate.first_look import FirstLook

        self.require_publisher(actor)
        read = read_source(source)
        guesses = {name: guess_role(read.frame[name]) for name in read.frame.columns}
        return FirstLook(read.frame.height, describe(read.frame, read.hints), guesses)

    def assess(
        self,
        actor: str,
        source: Path | str,
        description: DatasetDescription | Mapping[str, Any],
    ) -> Assessment:
        """What publishing the table at ``source`` as ``description`` would show: quality, risk, profile.

        Nothing is recorded. Raises ``BadInput`` as ``publish`` does.
        """
        from casemate.catalogue import assess_quality, load_description, profile_table, read_table
        from casemate.catalogue.catalogue import columns_of
        from casemate.catalogue.content import conform
        from casemate.first_look import Assessment

        described = (
            load_description(description) if isinstance(description, Mapping) else description
        )
        with self._look(actor, "dataset.publish", self.facts.to_publish, actor, described):
            pass
        frame = conform(read_table(source), described)
        return Assessment(
            description=described,
            rows=frame.height,
            columns=columns_of(frame),
            profile=profile_table(frame, described),
            quality=assess_quality(frame, described),
            risk=_raw_risk(frame, described),
        )

    def held(self, actor: str) -> Sequence[Dataset]:
        """The datasets of ``actor``'s organisation, those that were withdrawn among them."""
        with self._look(actor, "dataset.publish", self.facts.to_send, actor) as tx:
            holder = self.identity.account(tx, actor).organisation
            return self.catalogue.list(tx, holder=holder, include_retired=True)

    def require_publisher(self, actor: str) -> None:
        """Raise ``NotAllowed`` unless ``actor`` publishes here: asked before a file is taken in."""
        with self._look(actor, "dataset.publish", self.facts.to_send, actor):
            pass

    def _enter(self, actor: str, staged: Staged) -> Dataset:
        described = staged.description
        with self._act(actor, "dataset.publish", self.facts.to_publish, actor, described) as tx:
            holder = self.identity.account(tx, actor).organisation
            from casemate.enclave import budget_of

            if (limit := budget_of(described)) is not None:
                self.enclave.answers.open_account(tx, actor, described.id, limit)
            dataset = self.catalogue.record(tx, actor, staged, holder=holder)
            if dataset.is_open:
                self.permits.standing_permit(tx, actor, offer_of(dataset))
            return dataset

    def dataset(self, dataset: str, version: int | None = None) -> Dataset:
        """What anyone may know of ``dataset``: everything but its data."""
        with self.store.read() as tx:
            return self.catalogue.get(tx, dataset, version)

    def check_plan(
        self, dataset: str, plan: Mapping[str, Any], variables: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """A protection plan as it would be signed, if it fits what the catalogue tells of ``dataset``
        and holds to its holder's rules; raises ``BadInput`` naming the column otherwise."""
        from casemate.plans import checked_plan

        return checked_plan(plan, self.dataset(dataset), variables)

    def datasets(self) -> Sequence[Dataset]:
        """The catalogue."""
        with self.store.read() as tx:
            return self.catalogue.list(tx)

    def search(self, text: str, **filters: Any) -> SearchPage:
        """The catalogue's answer to ``text``, best first; filters as ``Catalogue.search`` takes them."""
        with self.store.read() as tx:
            return self.catalogue.search(tx, text, **filters)

    def export_catalogue(self, base: str, form: CatalogueForm = "turtle") -> str:
        """The whole catalogue as DCAT-AP 3, its IRIs under ``base``."""
        with self.store.read() as tx:
            names = {one.id: one.name for one in self.identity.organisations(tx)}
            return self.catalogue.export_dcat(tx, base, form, holder_names=names)

    def export_dataset(self, dataset: str, base: str, form: CatalogueForm = "turtle") -> str:
        """One dataset as DCAT-AP 3, its IRIs under ``base``."""
        with self.store.read() as tx:
            names = {one.id: one.name for one in self.identity.organisations(tx)}
            return self.catalogue.export_dcat_one(tx, dataset, base, form, holder_names=names)

    def holder_names(self) -> dict[str, str]:
        """The names of all organisations by id: who holds a dataset is public."""
        with self.store.read() as tx:
            return {one.id: one.name for one in self.identity.organisations(tx)}

    def cite(self, dataset: str, base: str, language: str = "en") -> Citation:
        """The newest version of ``dataset``, cited; it is found at its address under ``base``."""
        from casemate.catalogue import cite

        with self.store.read() as tx:
            known = self.catalogue.get(tx, dataset)
            names = {one.id: one.name for one in self.identity.organisations(tx)}
        address = f"{base.rstrip('/')}/dataset/{known.id}"
        holder = names.get(known.holder, known.holder)
        return cite(known, address=address, holder_name=holder, language=language)

    def lineage(self, dataset: str) -> Lineage:
        """The versions of ``dataset``, what each changed, and in numbers what was made of it."""
        from casemate.enclave.uses import uses_of
        from casemate.lineage import Lineage

        with self.store.read() as tx:
            steps = self.catalogue.lineage(tx, dataset)
            now, permits = self.clock(), list(self.permits.list(tx, dataset=dataset))
            uses = uses_of(tx, dataset, permits, lambda permit: permit.in_force_at(now))
            return Lineage(dataset, steps, uses)

    def similar(self, dataset: str, limit: int = 5) -> Sequence[Hit]:
        """Datasets that are like ``dataset``, the likest first."""
        with self.store.read() as tx:
            return self.catalogue.similar(tx, dataset, limit)

    def preview(self, actor: str | None, dataset: str, rows: int = PREVIEW_ROWS) -> Preview:
        """The first rows of open data, read under its standing permit; raises ``NotAllowed`` for others.

        Every look is on the ledger, as every reading is.
        """
        if not 1 <= rows <= PREVIEW_ROWS:
            raise BadInput(f"a preview has 1 to {PREVIEW_ROWS} rows, not {rows}")
        with self._act(actor, "dataset.preview", self.facts.dataset, dataset) as tx:
            source = self.catalogue.get(tx, dataset)
            permit = self.permits.standing_for(tx, dataset, source.version)
            if permit is None or source.wrapped_key is None:
                raise NotAllowed(
                    f"{dataset} has no standing permit in force: nothing of it is shown"
                )
            shown = [one.name for one in source.variables][:PREVIEW_COLUMNS]
            grant = self.permits.require_in_force(
                tx, permit.id, person=actor, purpose=None, dataset=dataset, variables=shown
            )
            frame = self.enclave.views.first_rows(source, grant, shown, rows)
            told = {"version": source.version, "permit": permit.id, "rows": frame.height}
            self.ledger.append(
                tx, actor=actor or ANYONE, act="data.previewed", subject=dataset, **told
            )
            left_out = len(source.variables) - len(shown)
            read = tuple(cells(row) for row in frame.iter_rows())
            return Preview(dataset, source.version, tuple(shown), read, left_out)

    def export_catalogue_page(
        self, base: str, form: CatalogueForm, *, here: str, page: int, size: int
    ) -> str:
        """One page of it, for harvesters: ``size`` datasets, itself at ``here``?page=``page``."""
        with self.store.read() as tx:
            names = {one.id: one.name for one in self.identity.organisations(tx)}
            return self.catalogue.export_dcat_page(
                tx, base, form, here=here, number=page, size=size, holder_names=names
            )

    def retire(self, actor: str, dataset: str, reason: str) -> Dataset:
        """Withdraw ``dataset``: its keys are destroyed, nobody reads it again; its record stays.

        What permits had opened of it is sealed too; their views of other datasets are made anew.
        """
        with self._act(actor, "dataset.retire", self.facts.dataset, dataset) as tx:
            retired = self.catalogue.retire(tx, actor, dataset, reason)
            for permit in self.permits.list(tx, dataset=dataset):
                self.enclave.seal_views(tx, permit.id, actor=actor)
            tables = [self.catalogue.get(tx, dataset, one).blob for one in retired.versions]
        self.store.shred()
        for table in tables:
            self.vault.delete(table)
        return retired

    def sweep(self, *, grace: float | None = None) -> list[str]:
        """Seal what ended permits opened; remove vault files older than ``grace`` seconds that no
        record can open any more (what was destroyed, what a crash left). Gives their names."""
        from casemate.enclave.sweep import GRACE_SECONDS

        grace = GRACE_SECONDS if grace is None else grace
        _, removed = self.enclave.sweep(grace=grace)
        with self.store.read() as tx:
            tables = self.catalogue.blobs(tx)
        return removed + self.vault.sweep("table-", tables, grace=grace)

    # ── apply ────────────────────────────────────────────────────────────────────────────────────

    def apply(self, actor: str, form: ApplicationForm | Mapping[str, Any]) -> Application:
        """Draft an application and hand it in, both or neither."""
        read = _read_form(form)
        with self._act(actor, "application.create", self.facts.new_application, actor, read) as tx:
            drafted = self._draft(tx, actor, read)
            resource = self.facts.application(tx, drafted.id)
            self.policies.require(self._account(tx, actor), "application.submit", resource)
            return self._hand_in(tx, actor, drafted.id, None)

    def draft(self, actor: str, form: ApplicationForm | Mapping[str, Any]) -> Application:
        """Begin an application; it may be half filled."""
        read = _read_form(form)
        with self._act(actor, "application.create", self.facts.new_application, actor, read) as tx:
            return self._draft(tx, actor, read)

    def submit(
        self,
        actor: str,
        application: str,
        form: ApplicationForm | Mapping[str, Any] | None = None,
    ) -> Application:
        """Hand a draft in, or hand it in again with ``form`` after it was given back."""
        read = None if form is None else _read_form(form)
        with self._act(actor, "application.submit", self.facts.application, application) as tx:
            return self._hand_in(tx, actor, application, read)

    def revise(
        self, actor: str, application: str, form: ApplicationForm | Mapping[str, Any]
    ) -> Application:
        """Keep ``form`` for now, half filled as it may be: of a draft, or of what was given back.

        The same form again changes nothing. The authority sees it when it is handed in.
        """
        read = _read_form(form)
        with self._act(actor, "application.revise", self.facts.application, application) as tx:
            if self.applications.in_hand(tx, application) == read:
                return self.applications.get(tx, application)
            return self.applications.revise(tx, actor, application, read)

    def form_in_hand(self, actor: str, application: str) -> ApplicationForm:
        """The form as its applicant has it: what was saved last, handed in or not."""
        with self._look(actor, "application.revise", self.facts.application, application) as tx:
            return self.applications.in_hand(tx, application)

    def missing(self, actor: str, application: str) -> Sequence[Gap]:
        """What keeps one's own form, as it was saved last, from being handed in; nothing is done."""
        with self._look(actor, "application.revise", self.facts.application, application) as tx:
            form = self.applications.in_hand(tx, application)
            return gaps(form, self.facts.offers(tx, form), self._active_people(tx))

    def message(self, actor: str, application: str, text: str) -> Application:
        """Write to the other side; both read it in the application's history. It changes no state."""
        with self._act(actor, "application.message", self.facts.application, application) as tx:
            self.applications.message(tx, actor, application, text)
            return self.applications.get(tx, application)

    def _active_people(self, tx: Session) -> set[str]:
        return {one.id for one in self.identity.accounts(tx) if one.active}

    def _draft(self, tx: Session, actor: str, form: ApplicationForm) -> Application:
        organisation = self.identity.account(tx, actor).organisation
        return self.applications.draft(tx, actor, form, organisation=organisation)

    def _hand_in(
        self, tx: Session, actor: str, application: str, form: ApplicationForm | None
    ) -> Application:
        current = self.applications.get(tx, application)
        in_hand = form or self.applications.in_hand(tx, application)
        offers, people = self.facts.offers(tx, in_hand), self._active_people(tx)
        if current.state in (State.INCOMPLETE, State.CHANGES_REQUESTED):
            return self.applications.resubmit(
                tx, actor, application, in_hand, offers, known_people=people
            )
        if form is not None:
            self.applications.revise(tx, actor, application, form)
        return self.applications.submit(tx, actor, application, offers, known_people=people)

    def withdraw(self, actor: str, application: str, reason: str = "") -> Application:
        """End one's own application."""
        with self._act(actor, "application.withdraw", self.facts.application, application) as tx:
            return self.applications.withdraw(tx, actor, application, reason)

    def appeal(self, actor: str, application: str, grounds: str) -> Application:
        """Ask for a refusal to be looked at again, by somebody else."""
        with self._act(actor, "application.appeal", self.facts.application, application) as tx:
            return self.applications.appeal(tx, actor, application, grounds)

    def application(self, actor: str, application: str) -> Application:
        """One application as it stands."""
        with self._look(actor, "application.read", self.facts.application, application) as tx:
            return self.applications.get(tx, application)

    def timeline(self, actor: str, application: str) -> Sequence[ApplicationEvent]:
        """Everything that was done and said about an application."""
        with self._look(actor, "application.read", self.facts.application, application) as tx:
            return self.applications.timeline(tx, application)

    def list_applications(self, actor: str, *, state: str | None = None) -> Sequence[Application]:
        """The applications that ``actor`` may read."""
        with self.store.read() as tx:
            return [
                one
                for one in self.applications.list(tx, state=state)
                if self._may(tx, actor, "application.read", self.facts.application(tx, one.id))
            ]

    # ── decide ───────────────────────────────────────────────────────────────────────────────────

    def require_desk(self, actor: str) -> None:
        """Raise ``NotAllowed`` unless ``actor`` works at the authority's desk."""
        with self._look(actor, "application.inbox", self.facts.home):
            pass

    def inbox(self, actor: str) -> Sequence[InboxItem]:
        """What is not decided yet, for the authority: overdue first, then by the day it is due; what its
        applicant has to mend comes last."""
        from casemate.desk import InboxItem, is_unanswered, waiting

        with self._look(actor, "application.inbox", self.facts.home) as tx:
            items = []
            for known, waits_for, left, overdue in waiting(
                self.applications.list(tx), self.clock()
            ):
                facts = self.facts.application(tx, known.id)
                if not self._may(tx, actor, "application.read", facts):
                    continue
                events = self.applications.timeline(tx, known.id)
                fresh = not self.applications.refused_by(tx, known, actor)
                may = fresh and self._may(tx, actor, "application.decide", facts)
                unanswered = is_unanswered(known, events)
                items.append(InboxItem(known, waits_for, left, overdue, unanswered, may))
            return items

    def preview_plan(
        self,
        actor: str,
        application: str,
        plans: Mapping[str, Mapping[str, Any]],
        *,
        seconds: float | None = None,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> Sequence[PlanPreview]:
        """What ``plans`` would do to the data that an application asks for: risk and loss, no record.

        For whoever may decide on it, before deciding; it is on the ledger before anything is read. A
        dataset whose plan is not given is left out. ``progress`` is told how many of how many searches
        are done; they take ``seconds`` at most. Raises ``BadInput`` as ``approve`` does.
        """
        from casemate.enclave.assessing import SECONDS
        from casemate.plans import checked_plans

        with self._act(actor, "application.preview", self.facts.application, application) as tx:
            form = self.applications.get(tx, application).form
            datasets = [one for one in self.facts.datasets(tx, form) if one.id in plans]
            if not plans:
                raise BadInput(
                    "no protection plan is given: give one for each dataset to be weighed"
                )
            checked = checked_plans(form, plans, datasets)
            if gone := sorted(set(plans) - set(checked)):
                raise BadInput(f"{gone[0]} is not on offer any more: no plan is weighed for it")
            offers = [offer_of(one) for one in datasets]
            leaves = self.applications.require_assessable(tx, actor, application, offers)
            asked = self.enclave.assessments.prepare(tx, leaves, checked)
        seconds = SECONDS if seconds is None else seconds
        return self.enclave.assessments.weigh(asked, seconds=seconds, progress=progress)

    def approve(
        self,
        actor: str,
        application: str,
        reason: str,
        *,
        plans: Mapping[str, Mapping[str, Any]] | None = None,
        budgets: Mapping[str, PrivacyLoss] | None = None,
        conditions: Sequence[str] = (),
        output_rules: OutputRules | None = None,
        valid_from: datetime | None = None,
        duration_days: int | None = None,
    ) -> Permit:
        """Decide for it: the permit is signed and opens exactly what it names.

        ``plans`` is the protection plan of each dataset; raises ``BadInput`` for one that is weaker
        than its holder's rules, or cannot be carried out. ``budgets`` is what answers under
        differential privacy may cost, of the datasets where there are to be any: see ``ask``.
        """
        with self._act(actor, "application.decide", self.facts.application, application) as tx:
            form = self.applications.get(tx, application).form
            datasets = self.facts.datasets(tx, form)
            from casemate.plans import checked_budgets, checked_plans

            return self.applications.approve(
                tx,
                actor,
                application,
                reason=reason,
                offers=self.facts.offers(tx, form),
                plans=checked_plans(form, plans or {}, datasets),
                budgets=checked_budgets(budgets or {}, datasets),
                output_rules=output_rules,
                conditions=conditions,
                valid_from=valid_from,
                duration_days=duration_days,
            )

    def decide(self, actor: str, application: str, decision: Decision, reason: str) -> Application:
        """Any decision but approval: refuse it, give it back, or take more time."""
        room = self.applications
        steps: dict[str, Callable[[Session, str, str, str], Application]] = {
            "refuse": room.refuse,
            "incomplete": room.mark_incomplete,
            "changes": room.request_changes,
            "extend": room.extend,
            "complete": room.confirm_complete,
        }
        if decision not in steps:
            raise BadInput(f"decision {decision!r} is none of approve, {', '.join(sorted(steps))}")
        with self._act(actor, "application.decide", self.facts.application, application) as tx:
            return steps[decision](tx, actor, application, reason)

    # ── permits ──────────────────────────────────────────────────────────────────────────────────

    def permit(self, actor: str | None, permit: str) -> Permit:
        """One permit."""
        with self._look(actor, "permit.read", self.facts.permit, permit) as tx:
            return self.permits.get(tx, permit)

    def list_permits(self, actor: str) -> Sequence[Permit]:
        """The permits that ``actor`` may read."""
        with self.store.read() as tx:
            return [
                one
                for one in self.permits.list(tx)
                if self._may(tx, actor, "permit.read", self.facts.permit_record(tx, one))
            ]

    def permit_in_force(self, permit: str) -> bool:
        """Whether ``permit`` opens anything now; anyone who knows its id may ask."""
        with self.store.read() as tx:
            return self.permits.is_in_force(tx, permit)

    def verify_permit(self, jws: str) -> PermitClaims:
        """The claims of a signed permit of this home; raises ``IntegrityFailure`` if altered."""
        return self.permits.verify_jws(jws)

    def revocation_effect(self, actor: str, permit: str) -> RevocationEffect:
        """What revoking ``permit`` now would end; nothing is done."""
        from casemate.desk import revocation_effect

        with self._look(actor, "permit.revoke", self.facts.permit, permit) as tx:
            return revocation_effect(tx, self, permit, self.clock())

    def revoke(self, actor: str, permit: str, reason: str) -> Permit:
        """End a permit now: running work stops, what it opened is sealed for good."""
        with self._act(actor, "permit.revoke", self.facts.permit, permit) as tx:
            revoked = self.permits.revoke(tx, actor, permit, reason)
            for ended in self.permits.chain(tx, permit):
                self.enclave.seal_views(tx, ended, actor=actor)
        self.store.shred()
        return revoked

    def renew(self, actor: str, permit: str, days: int, reason: str) -> Permit:
        """A new permit on the same terms for ``days`` from now, in place of the old one."""
        with self._act(actor, "permit.renew", self.facts.permit, permit) as tx:
            scopes = self.permits.get(tx, permit).scopes
            offers = [
                offer_of(self.catalogue.get(tx, scope.dataset, scope.version)) for scope in scopes
            ]
            return self.permits.renew(
                tx, actor, permit, duration_days=days, reason=reason, offers=offers
            )

    # ── protect, run ─────────────────────────────────────────────────────────────────────────────

    def protect(self, actor: str, permit: str) -> Sequence[View]:
        """Make the protected view of each dataset that ``permit`` opens, unless it exists.

        A run does this by itself; asked for alone it tells risk and loss before any program runs.
        """
        with self._act(actor, "run.submit", self.facts.run_of_permit, actor, permit) as tx:
            return self._open_views(tx, actor, permit)

    def views(self, actor: str, permit: str) -> Sequence[View]:
        """What protection made of each dataset under ``permit``: the reports, no data."""
        with self._look(actor, "permit.read", self.facts.permit, permit) as tx:
            return self.enclave.views.of_permit(tx, permit)

    def verify_protection(self, actor: str, permit: str) -> Sequence[Verified]:
        """Recompute the certificate of each view under ``permit`` from the view itself.

        Raises ``IntegrityFailure`` naming the first claim that does not hold.
        """
        with self._act(actor, "run.submit", self.facts.run_of_permit, actor, permit) as tx:
            views = self._open_views(tx, actor, permit)
            return [self.enclave.views.verify(tx, view.id) for view in views]

    def codebook(self, actor: str, permit: str) -> Sequence[Mapping[str, Any]]:
        """What the columns of each view mean and how they were generalised; for the permit's people."""
        with self._act(actor, "run.submit", self.facts.run_of_permit, actor, permit) as tx:
            views = self._open_views(tx, actor, permit)
            return [self.enclave.views.codebook(tx, view.id) for view in views]

    def _open_views(self, tx: Session, actor: str, permit: str) -> list[View]:
        from casemate.enclave.guard import require_grants

        named = self.permits.get(tx, permit)
        grants = require_grants(self.permits, tx, permit, person=actor, purpose=named.purpose)
        return [self.enclave.views.open_view(tx, grant) for grant in grants]

    def run(
        self,
        actor: str,
        permit: str,
        script: bytes,
        filename: str = "script.py",
        *,
        purpose: str | None = None,
        limits: Limits | None = None,
        environment: str | None = None,
        algorithm: str | None = None,
        entry: Mapping[str, Any] | None = None,
    ) -> Run:
        """Hand in ``script`` to run on the protected views of ``permit``; see ``wait``.

        ``filename`` says what kind of work it is; ``environment`` (``NAME`` or ``NAME@VERSION``) what
        it runs on, Casemate's own packages if not given. ``algorithm`` is the register's entry that the
        run is of, if not given that of the same program, or a new one; ``entry`` (fields of a record: a
        ``short_description``, the ``ai_act_class``) is told there: nothing is released before it is whole.
        """
        told = read_record(entry or {})
        if algorithm is not None:
            self._require_known(actor, algorithm)
        with self._act(actor, "run.submit", self.facts.run_of_permit, actor, permit) as tx:
            purpose = purpose or self.permits.get(tx, permit).purpose
            chosen = self.enclave.environments.choose(tx, permit, environment)
            run = self.enclave.runs.submit(
                tx, actor, permit, script, filename, purpose, limits, chosen
            )
            kept = self._enter_run_of(tx, actor, run, told, algorithm)
        if told.told and kept is not None:
            self._release_held((kept.algorithm,))
        self.enclave.worker.enqueue(run.id)
        return run

    def work(self) -> bool:
        """Work on this home's runs in the background, unless another process does; says whether."""
        self._keep_to_today()
        return self.enclave.worker.start()

    def wait(self, actor: str, run: str, timeout: float | None = None) -> Run:
        """``run`` once the machine is done with it, or as it is after ``timeout`` seconds."""
        self.run_status(actor, run)
        self._keep_to_today()
        self.enclave.worker.wait(run, timeout)
        return self.run_status(actor, run)

    def follow(self, actor: str, run: str, after: int = -1, wait: float = 0.0) -> Followed:
        """``run`` as it stands, with what happened to it after event ``after``; within ``wait`` seconds
        as soon as something has, or the machine is done with it."""
        give_up = time.monotonic() + wait
        while True:
            with self._look(actor, "run.read", self.facts.run, run) as tx:
                told = self.enclave.follower.follow(tx, run, after)
                told = replace(told, run=self._as_seen(tx, actor, told.run))
            left = give_up - time.monotonic()
            if told.events or told.is_over or left <= 0:
                return told
            self.enclave.worker.wait(run, min(left, FOLLOW_SECONDS))

    def run_status(self, actor: str, run: str) -> Run:
        """``run`` as it stands."""
        with self._look(actor, "run.read", self.facts.run, run) as tx:
            return self._as_seen(tx, actor, self.enclave.runs.get(tx, run))

    def program(self, actor: str, run: str) -> tuple[str, str]:
        """The program of ``run`` as it was handed in, its file's name and text: for its team and for those
        who judge what it left."""
        with self._look(actor, "run.read", self.facts.run, run) as tx:
            known = self.enclave.runs.get(tx, run)
            return known.filename, self.enclave.runs.script(tx, run).decode()

    def list_runs(self, actor: str) -> Sequence[Run]:
        """The runs that ``actor`` may read."""
        with self.store.read() as tx:
            return [
                self._as_seen(tx, actor, one)
                for one in self.enclave.runs.list(tx)
                if self._may(tx, actor, "run.read", self.facts.run(tx, one.id))
            ]

    def _as_seen(self, tx: Session, actor: str, run: Run) -> Run:
        facts = self.facts.run(tx, run.id).attrs
        is_of_the_team = actor in {facts["submitted_by"], *facts["people"]}
        return run.for_team() if is_of_the_team else run

    def cancel(self, actor: str, run: str, reason: str) -> Run:
        """Stop ``run`` now."""
        with self._act(actor, "run.cancel", self.facts.run, run) as tx:
            return self._as_seen(tx, actor, self.enclave.runs.cancel(tx, actor, run, reason))

    def replay(self, actor: str, run: str) -> Replay:
        """Do a finished run again and say which outputs came out as they did; they stay inside.

        Raises ``NotAllowed`` where its permit has ended, ``Conflict`` where its environment or a view
        is gone or is another by now.
        """
        with self._act(actor, "run.replay", self.facts.run, run) as tx:
            again = self.enclave.replays.prepare(tx, run)
        done = self.enclave.replays.execute(again)
        with self._act(actor, "run.replay", self.facts.run, run) as tx:
            found = self.enclave.replays.record(tx, actor, again, done)
            facts = self.facts.run(tx, run).attrs
        is_of_the_team = actor in {facts["submitted_by"], *facts["people"]}
        return found.for_team() if is_of_the_team else found

    def save_draft(
        self,
        actor: str,
        permit: str,
        text: str,
        filename: str = "script.py",
        *,
        after: int | None = None,
    ) -> ProgramDraft:
        """Keep the program that ``actor`` writes under ``permit``, as their next version.

        Raises ``Conflict`` where ``after``, the version they began from, is not the newest any more.
        """
        with self._act(actor, "run.draft", self.facts.run_of_permit, actor, permit) as tx:
            return self.enclave.drafts.save(tx, actor, permit, text, filename, after)

    def draft_versions(self, actor: str, permit: str) -> Sequence[ProgramVersion]:
        """Which versions of ``actor``'s own draft under ``permit`` are kept, the newest first."""
        with self._look(actor, "run.draft", self.facts.run_of_permit, actor, permit) as tx:
            return self.enclave.drafts.versions(tx, actor, permit)

    def program_draft(self, actor: str, permit: str, version: int | None = None) -> ProgramDraft:
        """``actor``'s own draft under ``permit``: one version of it, the newest if not given."""
        with self._look(actor, "run.draft", self.facts.run_of_permit, actor, permit) as tx:
            return self.enclave.drafts.get(tx, actor, permit, version)

    def run_draft(
        self,
        actor: str,
        permit: str,
        version: int | None = None,
        *,
        limits: Limits | None = None,
        environment: str | None = None,
        algorithm: str | None = None,
        entry: Mapping[str, Any] | None = None,
    ) -> Run:
        """Hand in ``actor``'s own draft; see ``run``."""
        kept = self.program_draft(actor, permit, version)
        return self.run(
            actor, permit, kept.text.encode(), kept.filename, limits=limits,
            environment=environment, algorithm=algorithm, entry=entry,
        )  # fmt: skip

    # ── environments ─────────────────────────────────────────────────────────────────────────────

    def add_environment(
        self,
        actor: str,
        name: str,
        *,
        lock: bytes = b"",
        wheels: Path | None = None,
        library: Path | None = None,
    ) -> PackageSet:
        """A new version of environment ``name``: Python from a hash-locked file, or an R ``library``."""
        with self._look(actor, "environment.add", self.facts.home):
            pass  # ask before anything is built: it takes time
        room = self.enclave.environments
        if library is not None:
            kind, source, made = "r", str(library).encode(), room.from_library(library)
        else:
            kind, source, made = "python", lock, room.from_lock(lock, wheels)
        with made as built:
            draft = room.place(name, kind, built, source)
        with self._act(actor, "environment.add", self.facts.home) as tx:
            return room.keep(tx, actor, draft)

    def environments(self, actor: str) -> Sequence[PackageSet]:
        """Every environment there is, all versions."""
        with self._look(actor, "environment.list", self.facts.home) as tx:
            return self.enclave.environments.list(tx)

    def environment(self, actor: str, reference: str, *, verify: bool = False) -> PackageSet:
        """One of them; with ``verify`` every byte is read, ``IntegrityFailure`` where it was changed."""
        with self._look(actor, "environment.list", self.facts.home) as tx:
            room = self.enclave.environments
            return room.verify(tx, reference) if verify else room.get(tx, reference)

    def remove_environment(self, actor: str, reference: str) -> PackageSet:
        """Take one version away for good; what ran on it can no longer be replayed."""
        with self._act(actor, "environment.remove", self.facts.home) as tx:
            removed = self.enclave.environments.remove(tx, actor, reference)
        with self.store.read() as tx:
            self.enclave.environments.clear(tx, removed)
        return removed

    def allow_environments(self, actor: str, permit: str, names: Iterable[str]) -> frozenset[str]:
        """From now on runs under ``permit`` use one of ``names``; any, where none is named."""
        with self._act(actor, "permit.environments", self.facts.permit, permit) as tx:
            return self.enclave.environments.allow(tx, actor, permit, frozenset(names))

    # ── ask ──────────────────────────────────────────────────────────────────────────────────────

    def expected_error(
        self, actor: str, permit: str, question: Mapping[str, Any], *, purpose: str | None = None
    ) -> ExpectedAnswer:
        """What the answer to ``question`` would cost and how far it may be off; nothing is spent."""
        from casemate.protection.privacy_loss.questions import read_question

        asked = read_question(question)
        with self._look(actor, "permit.ask", self.facts.permit, permit) as tx:
            return self.enclave.answers.expect(tx, actor, permit, asked, purpose)

    def ask(
        self, actor: str, permit: str, question: Mapping[str, Any], *, purpose: str | None = None
    ) -> PrivateAnswer:
        """The noisy answer to ``question``, charged to the dataset's and the permit's budget.

        Charged before it is computed and never paid back; the same question again is the same
        answer, free. Raises ``NotAllowed`` where either budget has not enough left.
        """
        from casemate.protection.privacy_loss.questions import read_question

        asked = read_question(question)
        with self._act(actor, "permit.ask", self.facts.permit, permit) as tx:
            charged = self.enclave.answers.charge(tx, actor, permit, asked, purpose)
        if charged.answer is not None:
            return charged.answer
        drawn = self.enclave.answers.draw(charged)
        with self._act(actor, "permit.ask", self.facts.permit, permit) as tx:
            return self.enclave.answers.release(tx, actor, charged, drawn)

    def privacy_accounts(self, actor: str, permit: str) -> Sequence[AccountState]:
        """What answers under ``permit`` are charged to: each dataset's account, and its own."""
        with self._look(actor, "permit.read", self.facts.permit, permit) as tx:
            return self.enclave.answers.accounts(tx, permit)

    def privacy_account(self, actor: str, dataset: str) -> AccountState | None:
        """The account of ``dataset``, over all permits; ``None`` where it has no budget."""
        with self._look(actor, "dataset.budget", self.facts.dataset, dataset) as tx:
            return self.enclave.answers.account(tx, dataset)

    # ── check, release ───────────────────────────────────────────────────────────────────────────

    def outputs(self, actor: str, run: str | None = None) -> Sequence[Output]:
        """The outputs that ``actor`` may see listed; the evidence only for those who check."""
        listed = []
        with self.store.read() as tx:
            for output in self.enclave.outputs.list(tx, run=run):
                facts = self.facts.output(tx, output.id)
                if self._may(tx, actor, "output.read_evidence", facts):
                    listed.append(output)
                elif self._may(tx, actor, "output.list", facts):
                    listed.append(output.without_evidence())
        return listed

    def output(self, actor: str, output: str) -> Output:
        """One output; the evidence only for those who check."""
        with self._look(actor, "output.list", self.facts.output, output) as tx:
            found = self.enclave.outputs.get(tx, output)
            checks = self._may(tx, actor, "output.read_evidence", self.facts.output(tx, output))
        return found if checks else found.without_evidence()

    def evidence(self, actor: str, output: str) -> tuple[Output, bytes]:
        """For the checker's eyes: the output's verdict with its evidence, and its bytes."""
        with self._act(actor, "output.read_evidence", self.facts.output, output) as tx:
            data = self.enclave.outputs.evidence(tx, actor, output)
            return self.enclave.outputs.get(tx, output), data

    def examine(self, actor: str, output: str) -> tuple[Output, Content]:
        """For the checker's eyes: the output's verdict with its evidence, and what it holds, in a form that
        is safe to show: nothing of it is run, and a picture only told of unless trusted code drew it."""
        with self._act(actor, "output.read_evidence", self.facts.output, output) as tx:
            examined = self.enclave.comparisons.examine(tx, actor, output)
        return examined.output, self.enclave.comparisons.show(examined)

    def picture(self, actor: str, output: str) -> tuple[str, bytes]:
        """For the checker's eyes: a picture that trusted code drew, and its type; raises ``NotFound`` for
        an output that is none."""
        with self._act(actor, "output.read_evidence", self.facts.output, output) as tx:
            examined = self.enclave.comparisons.examine(tx, actor, output)
        if (kind := self.enclave.comparisons.picture(examined)) is None:
            raise NotFound(f"output {output} is no picture that may be shown")
        return kind, examined.data

    def compare_release(self, actor: str, output: str, against: str | None = None) -> Comparison:
        """For a checker: how ``output`` differs from what was released before it of the same data and name,
        or from ``against``, and what the memory of releases holds."""
        action, room = "output.read_evidence", self.enclave.comparisons
        with self._act(actor, action, self.facts.output, output) as tx:
            if against is not None:
                self.policies.require(
                    self._account(tx, actor), action, self.facts.output(tx, against)
                )
                known: Sequence[Output] = [room.released(tx, against)]
            else:
                known = room.earlier(tx, output)
            read = [
                one for one in known if self._may(tx, actor, action, self.facts.output(tx, one.id))
            ]
            asked = room.open(tx, actor, output, read, len(known) - len(read))
        return room.compare(asked)

    def queue(self, actor: str) -> Sequence[QueueItem]:
        """What awaits ``actor``, a checker, oldest first: nothing of a run of their own, nothing that
        they cleared first where a second has to. Each names everybody who may take its next step."""
        from casemate.enclave import review_queue

        with self._look(actor, "output.queue", self.facts.home) as tx:
            checkers = [one for one in self.identity.accounts(tx) if one.active]
            rooms = self.enclave
            items = review_queue(tx, rooms.outputs, rooms.runs, self.permits, rooms.memory)
            named = [self._with_deciders(tx, item, checkers) for item in items]
        return [item for item in named if actor in item.may_decide]

    def _with_deciders(
        self, tx: Session, item: QueueItem, accounts: Sequence[Account]
    ) -> QueueItem:
        action = "output.release" if item.awaits == "release" else "output.clear"
        facts = self.facts.output(tx, item.output.id)
        able = [one.id for one in accounts if self.policies.is_allowed(one, action, facts)]
        return replace(item, may_decide=tuple(sorted(able)))

    def claim(self, actor: str, output: str, seconds: int | None = None) -> Claim:
        """Say that ``actor`` looks at ``output`` now, so that no other checker does the same work."""
        from casemate.enclave import CLAIM_SECONDS

        seconds = CLAIM_SECONDS if seconds is None else seconds
        with self._act(actor, "output.review", self.facts.output, output) as tx:
            return self.enclave.outputs.claim(tx, actor, output, seconds=seconds)

    def give_back(self, actor: str, output: str) -> Output:
        """End ``actor``'s claim on ``output``."""
        with self._act(actor, "output.review", self.facts.output, output) as tx:
            self.enclave.outputs.give_back(tx, actor, output)
            return self.enclave.outputs.get(tx, output)

    def review(self, actor: str, output: str, *, clear: bool, reason: str) -> Output:
        """The checker's decision on an output that the machine passed or left to people."""
        action = "output.clear" if clear else "output.review"
        with self._act(actor, action, self.facts.output, output) as tx:
            return self.enclave.outputs.review(tx, actor, output, clear=clear, reason=reason)

    def release(self, actor: str, output: str) -> ReleaseReceipt:
        """Let a cleared output go: from here on the permit's people may fetch it.

        Raises ``WouldDisclose``, and holds it again, where that would disclose with what is out by now.
        """
        from casemate.enclave import WouldDisclose

        try:
            with self._act(actor, "output.release", self.facts.output, output) as tx:
                receipt = self.enclave.outputs.release(tx, actor, output)
                self._keep_measured(tx, output)
                return receipt
        except WouldDisclose as kept:
            with self.store.transaction() as tx:
                self.enclave.outputs.hold_again(tx, output, kept.reasons)
            raise

    def unread_releases(self, actor: str, output: str) -> Sequence[str]:
        """For a checker: the earlier outputs of the same data that the memory of releases could not read,
        so that no machine has compared this one with them."""
        with self._look(actor, "output.read_evidence", self.facts.output, output) as tx:
            run = self.enclave.runs.get(tx, self.enclave.outputs.get(tx, output).run)
            return self.enclave.memory.opaque(tx, run)

    def repairs(self, actor: str, output: str) -> Sequence[dict[str, Any]]:
        """What an output that was not let pass could be made into, numbered. Whoever ran it is told the
        kind and roughly the effect; a checker, which recipe and which lines."""
        with self._look(actor, "output.repair", self.facts.output, output) as tx:
            asked = self.enclave.repairs.prepare(tx, output)
            checks = self._may(tx, actor, "output.read_evidence", self.facts.output(tx, output))
        found = self.enclave.repairs.find(asked)
        if checks:
            told = [one.to_document() for one in found]
        else:
            told = [one.for_team() for one in found] if asked.is_spelled else []
        return [{"number": number, **one} for number, one in enumerate(told, start=1)]

    def repair(self, actor: str, output: str, number: int) -> Output:
        """Have repair ``number`` of ``output`` made: a new output, checked as a whole before it leaves."""
        with self._look(actor, "output.repair", self.facts.output, output) as tx:
            asked = self.enclave.repairs.prepare(tx, output)
        found = self.enclave.repairs.find(asked)
        made = self.enclave.repairs.apply(actor, asked, found, number)
        with self.store.read() as tx:
            facts = self.facts.output(tx, made.id)
            checks = self._may(tx, actor, "output.read_evidence", facts)
        return made if checks else made.without_evidence()

    def fetch(self, actor: str, output: str) -> bytes:
        """The bytes of a released output."""
        with self._act(actor, "output.fetch", self.facts.output, output) as tx:
            return self.enclave.outputs.fetch(tx, actor, output)

    def receipt(self, actor: str, output: str) -> dict[str, Any]:
        """The receipt that travels with a released output, proven under the newest checkpoint.

        ``casemate.enclave.receipt_verifier`` checks it with the ledger's public key alone. Raises
        ``NotFound`` where the output was not released.
        """
        with self._look(actor, "output.list", self.facts.output, output) as tx:
            from casemate.enclave import receipt_document

            released = self.enclave.outputs.receipt(tx, output)
            return receipt_document(tx, self.ledger, released.statement, released.ledger_index)

    # ── the ledger ───────────────────────────────────────────────────────────────────────────────

    def verify_ledger(
        self,
        actor: str | None = None,
        *,
        checkpoint: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Report:
        """Recompute the whole ledger; the report names what was altered.

        ``checkpoint`` is an older one to hold it against; the home's own kept one if not given.
        """
        older = checkpoint or self._kept_checkpoint()
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.verify(tx, checkpoint=older, progress=progress)

    def checkpoint(self, actor: str | None = None) -> str:
        """The signed checkpoint: keep it, and no later rewriting goes unnoticed."""
        with self._look(actor, "ledger.checkpoint", self.facts.home) as tx:
            return self.ledger.checkpoint(tx)

    def prove(
        self, index: int, actor: str | None = None, *, size: int | None = None
    ) -> InclusionProof:
        """That entry ``index`` is in the ledger, or was in it as it had ``size`` entries."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.prove_inclusion(tx, index, size)

    def prove_consistency(
        self, old_size: int, actor: str | None = None, *, new_size: int | None = None
    ) -> ConsistencyProof:
        """That the first ``old_size`` entries are today, or were at ``new_size``, what they were."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.prove_consistency(tx, old_size, new_size)

    def compare(self, checkpoint: str, actor: str | None = None) -> ConsistencyProof | None:
        """That today's ledger begins with what ``checkpoint`` fixed; ``None`` where it does not.

        Raises ``IntegrityFailure`` where no key of this ledger signed it, ``BadInput`` where it is none.
        """
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.compare(tx, checkpoint)

    def explore(
        self,
        wanted: Wanted,
        actor: str | None = None,
        *,
        before: int | None = None,
        limit: int = 20,
    ) -> Sequence[Entry]:
        """Entries of the ledger as ``wanted``, the newest first; of those below ``before`` if given."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.newest_first(tx, wanted, before=before, limit=limit)

    def ledger_activity(self, actor: str | None = None) -> Mapping[tuple[str, str], int]:
        """How many entries of each act in each month: {("2026-03", "permit.granted"): 4}."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.activity(tx)

    def ledger_entry(self, index: int, actor: str | None = None) -> tuple[Entry, bytes]:
        """One entry, and the exact bytes whose hash is its leaf in the tree."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.entry(tx, index), self.ledger.body(tx, index)

    def export_ledger(self, stream: TextIO, actor: str | None = None) -> int:
        """Write every entry for the stand-alone verifier; gives how many."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return self.ledger.export(tx, stream)

    def entries(
        self,
        actor: str | None = None,
        *,
        start: int = 0,
        subject: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Entry]:
        """Entries from ``start`` on, ``limit`` at most; of one ``subject`` if given. They hold no
        personal data."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            return list(islice(self.ledger.entries(tx, start=start, subject=subject), limit))

    # ── the house ────────────────────────────────────────────────────────────────────────────────

    def figures(self) -> Figures:
        """How much of everything there is, for anyone."""
        from casemate.figures import figures

        return figures(self)

    def replies(self) -> Replies:
        """The box of replies kept for requests that come twice; it is off the ledger."""
        return Replies(self.store, self._clock, self._keyring)

    def is_up(self) -> bool:
        """Whether the database answers; says nothing else, so anyone may ask."""
        from casemate.store.engine import ping

        try:
            ping(self.store)
        except Unavailable:
            return False
        return True

    def keys(self, actor: str | None = None) -> Sequence[PublicKey]:
        """The public keys of this home, those of today first: what signed, from when to when."""
        with self._look(actor, "ledger.read", self.facts.home) as tx:
            history = self.ledger.key_history(tx)
            begun = self.ledger.entry(tx, 0).time if self.ledger.size(tx) else None
        return rotation.listed(rotation.public_keys(self.home, self._keyring), history, begun)

    def rotate_keys(self, actor: str) -> Rotation:
        """Exchange the master key: all that it encrypted is encrypted by a new one, and that one signs.

        Killed at any moment, it has happened wholly or not at all. Raises ``Conflict`` while runs are
        under way, or another process of the home works on runs.
        """
        with self._look(actor, "key.rotate", self.facts.home):
            pass  # ask before a key is made
        with rotation.alone(self.home, self.enclave):
            self._keep_to_today()
            coming = rotation.coming_keyring(self.home, self._keyring)
            keys = (self._keyring, coming)
            with self._act(actor, "key.rotate", self.facts.home) as tx:
                self.ledger.hold(tx)  # whatever others wrote is there to be seen from here on
                lasting = [*self.enclave.views.lasting_keys(tx), *self.passkeys.lasting_keys(tx)]
                rooms = self.home, self.ledger, self.enclave
                done = rotation.carry_out(tx, actor, rooms, keys, lasting)
            rotation.put_in_place(self.home)
            self._go_on_with(coming)
        self.store.shred()
        return done

    def health(self, actor: str) -> Health:
        """Each part of the home, whether it does well, and what to do where not."""
        from casemate import upkeep

        with self._look(actor, "home.inspect", self.facts.home):
            pass  # some of the checks take a while: no transaction is held open for them
        return upkeep.health(self)

    def storage(self, actor: str) -> Storage:
        """What fills the disk, by kind and by dataset."""
        from casemate import upkeep

        with self._look(actor, "home.inspect", self.facts.home):
            pass
        return upkeep.storage(self)

    def jobs(self, actor: str) -> Sequence[Job]:
        """The runs that wait, are at work, or failed lately: no word of what they do."""
        from casemate import upkeep

        with self._look(actor, "home.inspect", self.facts.home):
            pass
        return upkeep.jobs(self)

    # ── how an act is done ───────────────────────────────────────────────────────────────────────

    @contextmanager
    def provided(self, require: Callable[[Session], None]) -> Iterator[None]:
        """In the block, every act calls ``require`` in its transaction: what that raises, undoes it."""
        token = _PROVIDED.set(require)
        try:
            yield
        finally:
            _PROVIDED.reset(token)

    @contextmanager
    def _act(
        self, actor: str | None, action: str, facts: Callable[..., Resource], *about: Any
    ) -> Iterator[Session]:
        """One act: ask the policies, change rows and ledger together, record a refusal if refused.

        ``facts`` gives what the policies may know of the record that ``about`` names.
        """
        with self._keys_of_today():
            try:
                with self.store.transaction() as tx:
                    self.policies.require(self._account(tx, actor), action, facts(tx, *about))
                    if (require := _PROVIDED.get()) is not None:
                        require(tx)
                    yield tx
            except NotAllowed as refusal:
                self._record_refusal(actor, action, refusal)
                raise

    @contextmanager
    def _look(
        self, actor: str | None, action: str, facts: Callable[..., Resource], *about: Any
    ) -> Iterator[Session]:
        """As ``_act``, for what changes nothing."""
        with self._keys_of_today():
            try:
                with self.store.read() as tx:
                    self.policies.require(self._account(tx, actor), action, facts(tx, *about))
                    yield tx
            except NotAllowed as refusal:
                self._record_refusal(actor, action, refusal)
                raise

    def _record_refusal(self, actor: str | None, action: str, refusal: NotAllowed) -> None:
        # The sentence may quote what a person typed, so only its digest is public for ever.
        with self.store.transaction() as tx:
            self.ledger.append(
                tx,
                actor=actor or ANYONE,
                act="act.refused",
                subject=action,
                reason=digest(str(refusal).encode()),
            )

    def _may(self, tx: Session, actor: str | None, action: str, resource: Resource) -> bool:
        return self.policies.is_allowed(self._account(tx, actor), action, resource)

    def _account(self, tx: Session, actor: str | None) -> Account | None:
        return None if actor is None else self.identity.account(tx, actor)


def _evaluate_in_place(
    request: EvaluationRequest, frame: DataFrame, data: str, model: ModelBytes, least: int
) -> Evaluated:
    """What tries models inside the enclave; imported when one is tried."""
    from casemate.assurance.tabular.inplace import evaluate_in_place

    return evaluate_in_place(request, frame, data, model, least)


def _raw_risk(frame: DataFrame, described: DatasetDescription) -> dict[str, Any]:
    """The re-identification risk of the raw table, over what the description calls quasi-identifiers."""
    from casemate.catalogue import VariableRole
    from casemate.protection import reidentification_risk

    quasi = sorted(described.with_role(VariableRole.QUASI_IDENTIFIER) & set(frame.columns))
    return reidentification_risk(frame, quasi, threshold=described.rules.min_k).to_dict()


def _read_form(form: ApplicationForm | Mapping[str, Any]) -> ApplicationForm:
    return ApplicationForm.read(form) if isinstance(form, Mapping) else form
