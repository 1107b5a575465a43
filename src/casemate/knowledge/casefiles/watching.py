"""What has changed in the texts that a case file is about, since they were looked at last.

``known`` reduces a provision's history to what matters for an alert; ``changes`` holds two such states
against each other. Both are reckoned from the texts alone: the same texts on the same day give the same,
so that looking twice tells nothing twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256

from casemate.errors import NotFound
from casemate.knowledge.answers.answering import Finder
from casemate.knowledge.casefiles.records import AlertKind, SavedSearch
from casemate.knowledge.citing import Resolver, references_in
from casemate.knowledge.documents import Library
from casemate.knowledge.documents.library import State

RESULTS = 10
"""A saved search is watched in so many of its first results."""
CITED = 50
"""Of what a pin cites, so many provisions are watched."""
_DEEPER = 10
"""So many times deeper is looked where only some works are wanted."""
Place = tuple[str, str, str]
"""Work, key, language."""


@dataclass(frozen=True, slots=True)
class Known:
    """A provision as it was known: digests of its words, and their days.

    ``current`` is empty where nothing is in force, ``pinned`` where the day that is asked about has none.
    ``ends`` is the day from which there are no words, where no later ones are known.
    """

    current: str = ""
    begins: date | None = None
    coming: tuple[tuple[date, str], ...] = ()
    ends: date | None = None
    pinned: str = ""
    there: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """The first results of a saved search, or what a pin cites; each as it was known."""

    places: tuple[tuple[Place, Known], ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """What a case file's alerts were reckoned from last. ``times`` counts the reckonings.

    ``looked`` says for each collection by what (digests, day, version of the file): the same again has
    nothing new.
    """

    times: int = 0
    looked: dict[str, str] = field(default_factory=dict)
    pins: dict[str, Known] = field(default_factory=dict)
    cited: dict[str, Results] = field(default_factory=dict)
    searches: dict[str, Results] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One change; ``old`` and ``new`` are digests of words, empty where there are none."""

    kind: AlertKind
    place: Place
    old: str = ""
    new: str = ""
    begins: date | None = None
    ends: date | None = None

    def digest(self, item: str, times: int) -> str:
        """Names the change: the same one, found twice by two who look at once, is one."""
        told = [item, times, self.kind, *self.place, self.old, self.new, self.begins, self.ends]
        return sha256("\0".join(map(str, told)).encode()).hexdigest()


def known(states: Sequence[State], today: date, on: date | None) -> Known:
    """What is known of a provision from its history, as of ``today``; ``on`` is the day pinned, if any."""
    now, then = _on(states, today), None if on is None else _on(states, on)
    return Known(
        current=now.provision.digest if now else "",
        begins=now.begins if now else None,
        coming=tuple(
            (one.begins, one.provision.digest) for one in states if one.begins and one.begins > today
        ),
        ends=states[-1].ends if states else None,
        pinned=then.provision.digest if then else "",
        there=bool(states),
    )  # fmt: skip


def changes(place: Place, before: Known, now: Known) -> Iterator[Change]:
    """What there is to tell of a provision that was ``before`` and is ``now``."""
    if not now.there:
        if before.there:
            yield Change(AlertKind.GONE, place, before.current or before.pinned)
        return
    words = bool(now.current) and now.current != before.current
    if words:
        yield Change(AlertKind.WORDS, place, before.current, now.current, now.begins)
    for begins, digest in now.coming:
        if (begins, digest) not in before.coming:
            yield Change(AlertKind.COMING, place, now.current, digest, begins)
    if now.ends is not None and now.ends != before.ends:
        yield Change(AlertKind.REPEALED, place, now.current or before.current, ends=now.ends)
    corrected = (before.pinned, now.pinned)
    if now.pinned != before.pinned and not (words and corrected == (before.current, now.current)):
        yield Change(AlertKind.CORRECTED, place, *corrected)


def found(before: Results, now: Results) -> Iterator[Change]:
    """What there is to tell of a search: provisions that are new in it, and changes of the others."""
    earlier = dict(before.places)
    for place, state in now.places:
        if place not in earlier:
            yield Change(
                AlertKind.FOUND, place, new=state.current or state.pinned, begins=state.begins
            )
        else:
            yield from changes(place, earlier[place], state)


def cited(before: Results, now: Results) -> Iterator[Change]:
    """What there is to tell of the provisions that a pin cited ``before`` and cites ``now``."""
    earlier = dict(before.places)
    for place, state in now.places:
        for one in changes(place, earlier.get(place, state), state):
            yield replace(one, kind=AlertKind.CITED)


def words_of(library: Library, digest: str) -> str:
    """The text of a digest; empty where the collection has none such any more."""
    try:
        return library.words(digest) if digest else ""
    except NotFound:
        return ""


class Looker:
    """Looks provisions and searches up in one collection on one day, each once."""

    def __init__(self, library: Library, finder: Finder | None, today: date) -> None:
        self._library = library
        self._finder = finder
        self._today = today
        self._histories: dict[Place, Sequence[State]] = {}
        self._cited: dict[tuple[Place, str], list[Place]] = {}
        self._places: dict[tuple[str, str, tuple[str, ...], date], list[Place]] = {}

    @property
    def searches(self) -> bool:
        """Whether there is an index to search in."""
        return self._finder is not None

    def provision(self, place: Place, on: date | None) -> Known:
        """A provision as it is known."""
        if place not in self._histories:
            self._histories[place] = self._history(place)
        return known(self._histories[place], self._today, on)

    def cited(self, place: Place, digest: str) -> Results:
        """What the words of a digest, that stand at ``place``, cite; each as it is known."""
        key = (place, digest)
        if key not in self._cited:
            self._cited[key] = self._cite(place, words_of(self._library, digest))
        return Results(tuple((one, self.provision(one, None)) for one in self._cited[key]))

    def _cite(self, place: Place, text: str) -> list[Place]:
        work, key, language = place
        found: dict[Place, None] = {}
        for one in references_in(text, language) if text else ():
            target = self._resolver.resolve(self._library, one, work, key)
            for named in target.keys if target.resolved else ():
                found[target.work, named, language] = None
        found.pop(place, None)
        return list(found)[:CITED]

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(self._library)

    def search(self, asked: SavedSearch) -> Results:
        """The first results of a search in force on its day, or today."""
        on = asked.on or self._today
        key = (asked.words, asked.language, asked.works, on)
        if key not in self._places:
            self._places[key] = self._find(asked, on)
        return Results(tuple((one, self.provision(one, asked.on)) for one in self._places[key]))

    def _history(self, place: Place) -> Sequence[State]:
        work, key, language = place
        try:
            return self._library.history(work, key, language)
        except NotFound:  # the work itself is no longer there
            return ()

    def _find(self, asked: SavedSearch, on: date) -> list[Place]:
        if self._finder is None:
            return []
        limit = RESULTS * (_DEEPER if asked.works else 1)
        places: dict[Place, None] = {}
        for one in self._finder.find(asked.words, asked.language, on, limit):
            passage = one.passage
            key = passage.provision.rpartition("#")[2]
            if not asked.works or passage.work in asked.works:
                places[passage.work, key, passage.language] = None
        return list(places)[:RESULTS]


def _on(states: Sequence[State], day: date) -> State | None:
    """The wording in force on a day."""
    for one in states:
        if (one.begins or date.min) <= day and (one.ends is None or day < one.ends):
            return one
    return None
