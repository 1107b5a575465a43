"""Alerts on change: reckoned for every case file from the texts as they are, each change told once.

All that one reckoning finds is written in one transaction with what it was reckoned from. Killed before
it, nothing is told and the next one finds the same; killed after it, nothing is found again. Of two at
once, the second finds that the first was there and leaves it at that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casemate.clock import Clock
from casemate.errors import NotFound
from casemate.ids import new_id
from casemate.knowledge.casefiles.keeping import CaseFiles, as_text, decoded
from casemate.knowledge.casefiles.records import Alert, AlertKind, Content
from casemate.knowledge.casefiles.tables import (
    CaseFileAlertRow,
    CaseFileAlertSeenRow,
    CaseFileRow,
)
from casemate.knowledge.casefiles.watching import (
    Change,
    Known,
    Looker,
    Results,
    Watched,
    changes,
    cited,
    found,
    words_of,
)
from casemate.knowledge.documents import Library, Stored
from casemate.ledger import Ledger
from casemate.store.keys import Keyring

MOST_ALERTS = 1_000
"""Of one case file; of more, the oldest go."""
LONGEST_TEXT = 20_000
"""Characters of each of the two texts that are kept with an alert."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What there is to write of one case file."""

    case_file: str
    times: int
    watched: Watched
    alerts: tuple[tuple[str, Alert], ...]
    """Each with the digest of its change."""


class Alerts:
    """The alerts of one home's case files."""

    def __init__(
        self, ledger: Ledger, clock: Clock, keyring: Keyring, case_files: CaseFiles
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._keyring = keyring
        self._files = case_files

    def reckon(
        self, tx: Session, corpus: str, library: Library, looker: Looker, stamp: str
    ) -> Iterator[Reckoned]:
        """What there is to tell of one collection; ``stamp`` says by what it was looked at."""
        for row in tx.scalars(select(CaseFileRow).order_by(CaseFileRow.id)):
            watched, mark = self._files.watched(row), f"{stamp} {row.version}"
            if watched.looked.get(corpus) == mark:
                continue
            content = _of_corpus(self._files.content(row), corpus)
            if not content.items():
                continue
            told = list(_changes(content, watched, looker))
            teller = _Teller(row.id, corpus, library, self._clock())
            yield Reckoned(
                row.id, watched.times, _after(content, watched, looker, corpus, mark),
                tuple((one.digest(item, watched.times), teller.alert(item, one)) for item, one in told),
            )  # fmt: skip

    def keep(self, tx: Session, actor: str, corpus: str, reckoned: Iterable[Reckoned]) -> int:
        """Write what was reckoned, but of case files that are gone or were looked at since; how many."""
        count = 0
        for one in reckoned:
            try:
                row = self._files.row(tx, one.case_file, lock=True)
            except NotFound:
                continue
            if self._files.watched(row).times != one.times:
                continue
            # Written for each, whether there is something to tell or not: of two copies of the database
            # nobody reads which case file is about what has changed in between.
            self._files.keep_watched(row, one.watched)
            for change, alert in one.alerts:
                self._put(tx, change, alert)
            if one.alerts:
                self._prune(tx, one.case_file)
            count += 1
        if count:
            # One entry for all: which case file a change concerns would say what is in it.
            self._ledger.append(tx, actor=actor, act="case_files.watched", subject=corpus)
        return count

    def of(self, tx: Session, account: str, case_file: str) -> Sequence[Alert]:
        """The alerts of a case file, the newest first, each with whether ``account`` has seen it."""
        rows = select(CaseFileAlertRow).where(CaseFileAlertRow.case_file == case_file)
        ordered = rows.order_by(CaseFileAlertRow.found_at.desc(), CaseFileAlertRow.id)
        seen = self._seen(tx, account, case_file)
        return [replace(self._read(row), seen=row.id in seen) for row in tx.scalars(ordered)]

    def mark_seen(
        self, tx: Session, account: str, case_file: str, alerts: Sequence[str] | None
    ) -> int:
        """Mark alerts, or all (``None``), as seen by ``account``; gives how many were not."""
        rows = select(CaseFileAlertRow.id).where(CaseFileAlertRow.case_file == case_file)
        there = set(tx.scalars(rows))
        for one in alerts or ():
            if one not in there:
                raise NotFound(f"{case_file} has no alert {one!r}")
        fresh = (there if alerts is None else set(alerts)) - self._seen(tx, account, case_file)
        tx.add_all(CaseFileAlertSeenRow(alert=one, account=account) for one in sorted(fresh))
        tx.flush()
        if fresh:
            self._ledger.append(tx, actor=account, act="case_file.alerts_seen", subject=case_file)
        return len(fresh)

    def _put(self, tx: Session, change: str, alert: Alert) -> None:
        context = f"case-file-alert:{alert.id}:content"
        tx.add(
            CaseFileAlertRow(
                id=alert.id, case_file=alert.case_file, change=change, found_at=alert.found_at,
                content=self._keyring.seal(as_text(alert), context),
            )
        )  # fmt: skip
        tx.flush()

    def _read(self, row: CaseFileAlertRow) -> Alert:
        return decoded(
            Alert, self._keyring.unseal(row.content, f"case-file-alert:{row.id}:content")
        )

    @staticmethod
    def _prune(tx: Session, case_file: str) -> None:
        rows = select(CaseFileAlertRow.id).where(CaseFileAlertRow.case_file == case_file)
        newest = rows.order_by(CaseFileAlertRow.found_at.desc(), CaseFileAlertRow.id)
        old = list(tx.scalars(newest.offset(MOST_ALERTS).limit(MOST_ALERTS * 10)))
        if old:
            tx.execute(delete(CaseFileAlertRow).where(CaseFileAlertRow.id.in_(old)))

    @staticmethod
    def _seen(tx: Session, account: str, case_file: str) -> set[str]:
        rows = (
            select(CaseFileAlertSeenRow.alert)
            .join(CaseFileAlertRow, CaseFileAlertRow.id == CaseFileAlertSeenRow.alert)
            .where(CaseFileAlertRow.case_file == case_file, CaseFileAlertSeenRow.account == account)
        )
        return set(tx.scalars(rows))


class _Teller:
    """Makes alerts of changes: with the provision's name, and the words before and after."""

    def __init__(self, case_file: str, corpus: str, library: Library, now: datetime) -> None:
        self._case_file, self._corpus, self._library, self._now = case_file, corpus, library, now

    def alert(self, item: str, change: Change) -> Alert:
        work, key, language = change.place
        named = self._named(work, key, language)
        before, after = (words_of(self._library, one) for one in (change.old, change.new))
        cut = max(len(before), len(after)) > LONGEST_TEXT
        return Alert(
            id=new_id("alert"), case_file=self._case_file, item=item, kind=change.kind,
            corpus=self._corpus, work=work, key=key, language=language,
            title=named.version.title if named else work, number=named.number if named else key,
            begins=change.begins, ends=change.ends, before="" if cut else before,
            after="" if cut else after, cut=cut, found_at=self._now, seen=False,
        )  # fmt: skip

    def _named(self, work: str, key: str, language: str) -> Stored | None:
        try:
            states = self._library.history(work, key, language)
        except NotFound:
            return None
        return states[-1].provision if states else None


def _of_corpus(content: Content, corpus: str) -> Content:
    return replace(
        content,
        pins=tuple(one for one in content.pins if one.corpus == corpus),
        quotes=(),
        searches=tuple(one for one in content.searches if one.corpus == corpus),
    )


def _changes(content: Content, watched: Watched, looker: Looker) -> Iterator[tuple[str, Change]]:
    """Each change with the item that it is about; of a provision that is pinned, no search tells again."""
    told: set[tuple[object, ...]] = set()
    for item, one in _all_changes(content, watched, looker):
        name = (one.kind, one.place, one.old, one.new, one.begins, one.ends)
        if name not in told:
            told.add(name)
            yield item, one


def _all_changes(
    content: Content, watched: Watched, looker: Looker
) -> Iterator[tuple[str, Change]]:
    for pin in content.pins:
        place = (pin.work, pin.key, pin.language)
        before = watched.pins.get(pin.id)
        now = looker.provision(place, pin.on)
        yield from ((pin.id, one) for one in changes(place, before or now, now))
        earlier = watched.cited.get(pin.id)
        if earlier is not None:
            yield from ((pin.id, one) for one in cited(earlier, looker.cited(place, pin.digest)))
    pinned = {(one.work, one.key, one.language) for one in content.pins}
    for search in content.searches if looker.searches else ():
        earlier = watched.searches.get(search.id)
        for one in () if earlier is None else found(earlier, looker.search(search)):
            if one.kind is AlertKind.FOUND or one.place not in pinned:
                yield search.id, one


def _after(content: Content, watched: Watched, looker: Looker, corpus: str, mark: str) -> Watched:
    """What is reckoned from next time."""
    pins: Mapping[str, Known] = {
        one.id: looker.provision((one.work, one.key, one.language), one.on) for one in content.pins
    }
    searches: Mapping[str, Results] = (
        {one.id: looker.search(one) for one in content.searches} if looker.searches else {}
    )
    cites: Mapping[str, Results] = {
        one.id: looker.cited((one.work, one.key, one.language), one.digest) for one in content.pins
    }
    return Watched(
        watched.times + 1, {**watched.looked, corpus: mark}, {**watched.pins, **pins},
        {**watched.cited, **cites},
        {**watched.searches, **searches},
    )  # fmt: skip


def stamp(library: str, index: str, today: date) -> str:
    """By what a collection is looked at: the same again has nothing new."""
    return f"{library} {index} {today}"
