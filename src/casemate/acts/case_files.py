"""Case files: what somebody gathers of collections of texts, alerts on change, files to take out.

Part of ``Platform``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casemate.acts.knowledge import KnowledgeActs
from casemate.canonical import digest
from casemate.errors import BadInput, NotFound
from casemate.ids import new_id

if TYPE_CHECKING:
    from casemate.knowledge.casefiles import (
        Alert,
        CaseFile,
        CaseFileEntry,
        CaseFiles,
        Content,
        Pin,
        PinnedQuote,
        Right,
        SavedSearch,
        Share,
    )
    from casemate.knowledge.casefiles.alerts import Alerts
    from casemate.knowledge.casefiles.watching import Known, Looker, Results, Watched
    from casemate.knowledge.citations import Cited, Gathered
    from casemate.knowledge.documents import Library, Loaded
    from casemate.knowledge.documents.library import Reader
    from casemate.knowledge.keeping import KeptCorpus
    from casemate.store.keys import Keyring


@dataclass(frozen=True)
class MadeExport:
    """A case file or an answer as a file."""

    source: str
    form: str
    style: str
    language: str
    media_type: str
    digest: str
    content: bytes

    @property
    def filename(self) -> str:
        """A name for its file; nothing in it is told of what is in the file."""
        return f"{self.source}.{'csl.json' if self.form == 'csl' else self.form}"


LONGEST_WORDS = 2_000
MOST_WORKS = 50


class CaseFileActs(KnowledgeActs):
    """The acts on case files; each is its owner's, and of those whom the owner named."""

    _keyring: Keyring

    @cached_property
    def case_files_kept(self) -> CaseFiles:
        """The room of case files."""
        from casemate.knowledge.casefiles import CaseFiles

        return CaseFiles(self.ledger, self.clock, self._keyring)

    @cached_property
    def case_alerts_kept(self) -> Alerts:
        """The room of their alerts."""
        from casemate.knowledge.casefiles.alerts import Alerts

        return Alerts(self.ledger, self.clock, self._keyring, self.case_files_kept)

    # ---- what is in them ----------------------------------------------------------------------

    def open_case_file(self, actor: str, title: str, notes: str = "") -> CaseFile:
        """Begin a case file of one's own; nobody else reads it until it is shared."""
        with self._act(actor, "casefile.open", self.facts.new_case_file, actor) as tx:
            return self.case_files_kept.open(tx, actor, title, notes)

    def case_file(self, actor: str, case_file: str) -> CaseFile:
        """A case file as it stands."""
        with self._look(actor, "casefile.read", self.facts.case_file, case_file) as tx:
            return self.case_files_kept.get(tx, case_file)

    def case_files(self, actor: str) -> Sequence[CaseFileEntry]:
        """One's own case files and those that one may read, the newest change first."""
        with self._look(actor, "casefile.list", self.facts.home) as tx:
            kept = self.case_files_kept
            rights = self._rights(tx, actor)
            unseen = kept.unseen(tx, actor, rights)
            return [kept.entry(tx, one, right, unseen.get(one, 0)) for one, right in rights.items()]

    def describe_case_file(
        self, actor: str, case_file: str, title: str, notes: str, *, seen: int | None = None
    ) -> CaseFile:
        """Give it this title and these notes; raises ``Conflict`` where it is past version ``seen``."""
        from casemate.knowledge.casefiles.keeping import described

        return self._change(
            actor, case_file, lambda content: described(content, title, notes), seen=seen
        )

    def pin_provision(
        self, actor: str, case_file: str, corpus: str, work: str, key: str, language: str, on: date
    ) -> CaseFile:
        """Pin a provision as it stood ``on`` a day; from now on alerts tell of its changes.

        Raises ``NotFound`` where there was none on that day.
        """
        self._may_change(actor, case_file)
        with self._library(corpus) as library:
            pin = self._pin(library, corpus, work, key, language, on)
            looker, place = self._looker(library, None), (pin.work, key, language)
            state, cites = looker.provision(place, on), looker.cited(place, pin.digest)
        return self._change(
            actor,
            case_file,
            lambda content: _with_pin(content, pin),
            watch=_pinned(pin.id, state, cites),
        )

    def pin_quote(
        self,
        actor: str,
        case_file: str,
        corpus: str,
        question: str,
        language: str,
        on: date,
        *,
        known: date | None = None,
        number: int = 1,
    ) -> CaseFile:
        """Ask the question and pin quote ``number`` of the answer, with the answer's receipt.

        The words are cut by us from the texts, and by nobody else. Raises ``NotFound`` where the answer
        has no such quote.
        """
        from casemate.knowledge.casefiles import PinnedQuote

        self._may_change(actor, case_file)
        answer = self.ask_corpus(corpus, question, language, on, known=known, quotes=max(3, number))
        if not 1 <= number <= len(answer.quotes):
            raise NotFound(f"the answer has {len(answer.quotes)} quotes, and no number {number}")
        pinned = PinnedQuote(
            id=new_id("quote"), corpus=corpus, question=question, language=language, on=on,
            known=known, receipt=answer.receipt.digest, index=answer.receipt.index,
            quote=answer.quotes[number - 1], pinned_at=self.clock(),
        )  # fmt: skip
        return self._change(
            actor, case_file,
            lambda content: replace(content, quotes=(*content.quotes, pinned)),
        )  # fmt: skip

    def save_search(
        self,
        actor: str,
        case_file: str,
        corpus: str,
        words: str,
        language: str,
        *,
        works: Sequence[str] = (),
        on: date | None = None,
    ) -> CaseFile:
        """Save a search; alerts tell what is new in its first results, on ``on`` or on each day."""
        from casemate.knowledge.casefiles import SavedSearch

        self._may_change(actor, case_file)
        _require_search(words, works)
        with self._library(corpus) as library:
            named = tuple(dict.fromkeys(library.work(one) for one in works))
            search = SavedSearch(
                new_id("search"), corpus, words.strip(), language, named, on, self.clock()
            )
            looker = self._looker(library, corpus)
            results = looker.search(search) if looker.searches else None

        def watch(watched: Watched) -> Watched:
            fresh = {} if results is None else {search.id: results}
            return replace(watched, searches={**watched.searches, **fresh})

        return self._change(
            actor, case_file,
            lambda content: replace(content, searches=(*content.searches, search)), watch=watch,
        )  # fmt: skip

    def take_from_case_file(self, actor: str, case_file: str, item: str) -> CaseFile:
        """Take a pin, a quote or a search out; raises ``NotFound`` for what is not in it."""
        return self._change(
            actor, case_file, lambda content: _without(content, item),
            watch=lambda watched: replace(
                watched,
                pins={one: state for one, state in watched.pins.items() if one != item},
                cited={one: state for one, state in watched.cited.items() if one != item},
                searches={one: state for one, state in watched.searches.items() if one != item},
            ),
        )  # fmt: skip

    def arrange_case_file(self, actor: str, case_file: str, items: Sequence[str]) -> CaseFile:
        """Put what is in it in the order of ``items``, each kind by itself; the rest stays behind them."""
        return self._change(actor, case_file, lambda content: _arranged(content, items))

    def delete_case_file(self, actor: str, case_file: str) -> None:
        """Delete one's own case file, with its alerts: it cannot be brought back."""
        with self._act(actor, "casefile.delete", self.facts.case_file, case_file) as tx:
            self.case_files_kept.delete(tx, actor, case_file)
        self.store.shred()

    # ---- whom they are shared with --------------------------------------------------------------

    def share_case_file(
        self, actor: str, case_file: str, party: str, right: Right | str = "read"
    ) -> CaseFile:
        """Share one's own case file with an account of one's organisation, or with an organisation."""
        with self._act(actor, "casefile.share", self.facts.case_file, case_file) as tx:
            share = self._share(tx, actor, party, right)
            return self.case_files_kept.share(tx, actor, case_file, share)

    def end_case_file_share(self, actor: str, case_file: str, party: str) -> CaseFile:
        """Share one's own case file no longer with somebody."""
        with self._act(actor, "casefile.share", self.facts.case_file, case_file) as tx:
            return self.case_files_kept.end_share(tx, actor, case_file, party)

    # ---- alerts ---------------------------------------------------------------------------------

    def case_file_alerts(self, actor: str, case_file: str) -> Sequence[Alert]:
        """What has changed in the texts that a case file is about, the newest first."""
        with self._look(actor, "casefile.read", self.facts.case_file, case_file) as tx:
            return self.case_alerts_kept.of(tx, actor, case_file)

    def mark_case_alerts_seen(
        self, actor: str, case_file: str, alerts: Sequence[str] | None = None
    ) -> int:
        """Mark alerts, or all of them, as seen by oneself; gives how many were not."""
        with self._act(actor, "casefile.read", self.facts.case_file, case_file) as tx:
            return self.case_alerts_kept.mark_seen(tx, actor, case_file, alerts)

    def unseen_case_alerts(self, actor: str) -> int:
        """How many alerts of all one's case files one has not marked as seen."""
        with self._look(actor, "casefile.list", self.facts.home) as tx:
            return sum(self.case_files_kept.unseen(tx, actor, self._rights(tx, actor)).values())

    def watch_case_files(self, actor: str, corpus: str) -> int:
        """Look what has changed in a collection, and tell every case file once; how many were looked at.

        Nobody is told which case file was told of what.
        """
        with self._look(actor, "corpus.watch", self.facts.corpus, actor, corpus):
            pass
        return self._watch(actor, corpus, "corpus.watch")

    def load_corpus(
        self,
        actor: str,
        name: str,
        folder: Path,
        files: Sequence[Path],
        reader: Reader,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> tuple[KeptCorpus, Loaded]:
        """As ``KnowledgeActs.load_corpus``; then case files are told of what has changed."""
        done = super().load_corpus(actor, name, folder, files, reader, progress)
        self._watch(actor, name, "corpus.load")
        return done

    def index_corpus(
        self,
        actor: str,
        name: str,
        names: Mapping[str, str] | None = None,
        progress: Callable[[str, int, int], None] = lambda what, done, of: None,
    ) -> str:
        """As ``KnowledgeActs.index_corpus``; then case files are told of what their searches find."""
        digest = super().index_corpus(actor, name, names, progress)
        self._watch(actor, name, "corpus.load")
        return digest

    def _watch(self, actor: str, corpus: str, action: str) -> int:
        from casemate.knowledge.casefiles.alerts import stamp

        with self.store.read() as tx:
            if not self.case_files_kept.are_any(tx):
                return 0
            kept = self.corpora_kept.get(tx, corpus)
        with self._library(corpus) as library:
            looker = self._looker(library, corpus if kept.index else None)
            mark = stamp(kept.digest, kept.index, self.clock().date())
            with self.store.read() as tx:
                reckoned = list(self.case_alerts_kept.reckon(tx, corpus, library, looker, mark))
        if not reckoned:
            return 0
        with self._act(actor, action, self.facts.corpus, actor, corpus) as tx:
            return self.case_alerts_kept.keep(tx, actor, corpus, reckoned)

    # ---- files to take out ----------------------------------------------------------------------

    def export_case_file(
        self,
        actor: str,
        case_file: str,
        form: str,
        *,
        style: str = "luxembourg",
        language: str = "fr",
    ) -> MadeExport:
        """A case file as a file of ``form``, cited in ``style``; equal case files give equal bytes."""
        from casemate.knowledge.citations import Gathered

        _require_form(form, style, language)
        with self._act(actor, "casefile.export", self.facts.case_file, case_file) as tx:
            known = self.case_files_kept.get(tx, case_file)
            self.case_files_kept.exported(tx, actor, case_file, form)
        gathered = Gathered(
            title=known.title, language=language, when=known.changed_at, notes=known.notes,
            provisions=tuple(self._cited_pins(known.pins)), quotes=_cited_quotes(known.quotes),
            searches=tuple(_in_words(one) for one in known.searches),
        )  # fmt: skip
        return _made(case_file, gathered, form, style)

    def export_answer(
        self,
        name: str,
        question: str,
        language: str,
        on: date,
        form: str,
        *,
        known: date | None = None,
        quotes: int = 3,
        style: str = "luxembourg",
    ) -> MadeExport:
        """One answer as a file; for anyone, and nothing is kept of who asks what."""
        from casemate.knowledge.citations import Gathered, of_quote

        _require_form(form, style, language)
        answer = self.ask_corpus(name, question, language, on, known=known, quotes=quotes)
        if answer.refusal:
            raise NotFound(f"there is nothing to cite: {answer.refusal}")
        receipt = answer.receipt.digest
        cited = tuple(
            of_quote(one, on, receipt, f"quote-{number}")
            for number, one in enumerate(answer.quotes, 1)
        )
        gathered = Gathered(
            title=" ".join(question.split())[:200], language=language, when=_midnight(on),
            quotes=((question, cited),),
        )  # fmt: skip
        return _made("answer", gathered, form, style)

    def _cited_pins(self, pins: Sequence[Pin]) -> Iterator[Cited]:
        """The pins as they are cited, with their words as they were pinned where they are kept still."""
        from casemate.knowledge.casefiles.watching import words_of
        from casemate.knowledge.citations import of_pin

        texts: dict[str, str] = {}
        for corpus in dict.fromkeys(one.corpus for one in pins):
            with self._library(corpus) as library:
                texts |= {
                    one.digest: words_of(library, one.digest)
                    for one in pins
                    if one.corpus == corpus
                }
        for one in pins:
            yield of_pin(one, texts[one.digest])

    # ---- what people are owed -------------------------------------------------------------------

    def my_case_data(self, actor: str) -> Mapping[str, Any]:
        """All that is kept of one's own case files, to take along (GDPR Art. 15 and 20)."""
        with self._act(actor, "casefile.list", self.facts.home) as tx:
            owned = self.case_files_kept.owned(tx, actor)
            files = [
                {
                    "case_file": self.case_files_kept.get(tx, one),
                    "alerts": self.case_alerts_kept.of(tx, actor, one),
                }
                for one in owned
            ]
            for one in owned:
                self.case_files_kept.exported(tx, actor, one, "data")
        return {"account": actor, "case_files": files}

    def erase_case_files_of(self, actor: str, account: str) -> int:
        """For an operator: delete, unread, all case files of an account that is closed (GDPR Art. 17)."""
        with self._act(actor, "casefile.erase", self.facts.account, account) as tx:
            owned = self.case_files_kept.owned(tx, account)
            for one in owned:
                self.case_files_kept.delete(tx, actor, one)
        self.store.shred()
        return len(owned)

    # ---- how it is done -------------------------------------------------------------------------

    def _may_change(self, actor: str, case_file: str) -> None:
        """Ask before work is done for it: whoever may not write learns nothing from how long it took."""
        with self._look(actor, "casefile.change", self.facts.case_file, case_file):
            pass

    def _change(
        self,
        actor: str,
        case_file: str,
        change: Callable[[Content], Content],
        *,
        seen: int | None = None,
        watch: Callable[[Watched], Watched] = lambda watched: watched,
    ) -> CaseFile:
        with self._act(actor, "casefile.change", self.facts.case_file, case_file) as tx:
            return self.case_files_kept.change(tx, actor, case_file, change, seen=seen, watch=watch)

    def _rights(self, tx: Session, actor: str) -> dict[str, str]:
        """The case files that ``actor`` may read, with the right to each."""
        account = self.identity.account(tx, actor)
        found = {}
        for one in self.case_files_kept.of(tx, actor, account.organisation):
            facts = self.facts.case_file(tx, one)
            if self.policies.is_allowed(account, "casefile.read", facts):
                writes = self.policies.is_allowed(account, "casefile.change", facts)
                own = facts.attrs["owner"] == actor
                found[one] = "own" if own else "write" if writes else "read"
        return found

    def _share(self, tx: Session, actor: str, party: str, right: Right | str) -> Share:
        from casemate.knowledge.casefiles import Right, Share, ShareKind

        if right not in list(Right):
            raise BadInput(f"a case file is shared to {' or '.join(Right)}, not to {right!r}")
        own = self.identity.account(tx, actor)
        colleagues = {
            one.id
            for one in self.identity.accounts(tx)
            if one.organisation == own.organisation and one.active
        }
        if party == actor:
            raise BadInput("a case file is its owner's already: name somebody else")
        if party in colleagues:
            return Share(ShareKind.ACCOUNT, party, Right(right))
        if party in {one.id for one in self.identity.organisations(tx)}:
            return Share(ShareKind.ORGANISATION, party, Right(right))
        raise NotFound(
            f"{party!r} is no account of your organisation, and no organisation: people of other "
            "organisations are reached by sharing with their organisation"
        )

    def _pin(
        self, library: Library, corpus: str, work: str, key: str, language: str, on: date
    ) -> Pin:
        from casemate.knowledge.casefiles import Pin

        name = library.work(work)
        standing = library.at(name, key, language, on)
        found = standing.provision
        if found is None:
            raise NotFound(f"nothing to pin: {standing.why}")
        held = next(
            (
                one
                for one in library.history(name, key, language)
                if (one.begins or date.min) <= on and (one.ends is None or on < one.ends)
            ),
            None,
        )
        version = found.version
        return Pin(
            id=new_id("pin"), corpus=corpus, work=name, key=key, language=language, on=on,
            digest=found.digest, title=version.title, number=found.number, heading=found.heading,
            eli=found.eli or version.eli, valid_from=held.begins if held else version.valid_from,
            valid_to=held.ends if held else version.valid_to, licence=version.licence,
            attribution=version.attribution, pinned_at=self.clock(),
        )  # fmt: skip

    def _looker(self, library: Library, corpus: str | None) -> Looker:
        """What looks things up as of today; with ``corpus`` it also searches, where that is indexed."""
        from casemate.knowledge.casefiles.watching import Looker

        today = self.clock().date()
        if corpus is None:
            return Looker(library, None, today)
        with self.store.read() as tx:
            indexed = bool(self.corpora_kept.get(tx, corpus).index)
        return Looker(library, self._finder(corpus, library) if indexed else None, today)


def _require_search(words: str, works: Sequence[str]) -> None:
    if not words.strip() or len(words) > LONGEST_WORDS:
        raise BadInput(f"a search has 1 to {LONGEST_WORDS:,} characters")
    if len(works) > MOST_WORKS:
        raise BadInput(f"a search is narrowed to {MOST_WORKS} works at most")


def _with_pin(content: Content, pin: Pin) -> Content:
    same = (pin.corpus, pin.work, pin.key, pin.language, pin.on)
    if any((one.corpus, one.work, one.key, one.language, one.on) == same for one in content.pins):
        raise BadInput(
            f"{pin.number or pin.key} as of {pin.on} is pinned in this case file already"
        )
    return replace(content, pins=(*content.pins, pin))


def _pinned(pin: str, state: Known, cites: Results) -> Callable[[Watched], Watched]:
    return lambda watched: replace(
        watched, pins={**watched.pins, pin: state}, cited={**watched.cited, pin: cites}
    )


def _without(content: Content, item: str) -> Content:
    if item not in content.items():
        raise NotFound(f"the case file holds no {item!r}")
    return replace(
        content,
        pins=tuple(one for one in content.pins if one.id != item),
        quotes=tuple(one for one in content.quotes if one.id != item),
        searches=tuple(one for one in content.searches if one.id != item),
    )


def _arranged(content: Content, items: Sequence[str]) -> Content:
    places = {item: place for place, item in enumerate(items)}
    if unknown := sorted(set(items) - set(content.items())):
        raise NotFound(f"the case file holds no {unknown[0]!r}")

    def place(one: Pin | Any | SavedSearch) -> int:
        return places.get(one.id, len(places))

    return replace(
        content,
        pins=tuple(sorted(content.pins, key=place)),
        quotes=tuple(sorted(content.quotes, key=place)),
        searches=tuple(sorted(content.searches, key=place)),
    )


def _require_form(form: str, style: str, language: str) -> None:
    from casemate.knowledge.citations import FORMS, STYLES
    from casemate.papers import LANGUAGES

    for told, among, what in (
        (form, FORMS, "files"), (style, STYLES, "citations"), (language, LANGUAGES, "documents"),
    ):  # fmt: skip
        if told not in among:
            raise BadInput(f"{what} are made as {', '.join(among)}, not as {told[:40]!r}")


def _made(source: str, gathered: Gathered, form: str, style: str) -> MadeExport:
    from casemate.knowledge.citations import MEDIA_TYPES, written

    content = written(gathered, form, style)
    return MadeExport(
        source, form, style, gathered.language, MEDIA_TYPES[form], digest(content), content
    )


def _cited_quotes(quotes: Sequence[PinnedQuote]) -> tuple[tuple[str, tuple[Cited, ...]], ...]:
    """The quotes by the question that they answer, in the order in which each was first asked."""
    from casemate.knowledge.citations import of_quote

    by_question: dict[str, list[Cited]] = {}
    for one in quotes:
        cited = of_quote(one.quote, one.on, one.receipt, one.id)
        by_question.setdefault(one.question, []).append(cited)
    return tuple((question, tuple(cited)) for question, cited in by_question.items())


def _in_words(search: SavedSearch) -> str:
    of = f" [{', '.join(search.works)}]" if search.works else ""
    return f"{search.words} ({search.corpus}, {search.language}, {search.on or '…'}){of}"


def _midnight(day: date) -> datetime:
    """What is made of the texts of a day has no other clock."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
