"""An index of passages in any languages: built from a stream, kept in a folder, asked in any language.

Building is incremental and can be interrupted at any moment: stems and vectors are kept by the digest
of their text as they are made, and a finished index appears whole or not at all.
"""

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from casemate.errors import BadInput, IntegrityFailure, NotFound, Unavailable
from casemate.knowledge.encoding import TextEncoder, VectorCache
from casemate.knowledge.passages import Passage, checked
from casemate.knowledge.retrieval.adapter import adapter_for
from casemate.knowledge.retrieval.analysis import stems
from casemate.knowledge.retrieval.described import Near
from casemate.knowledge.retrieval.features import Asked, Candidates, Flags, candidates
from casemate.knowledge.retrieval.kept import StemCache
from casemate.knowledge.retrieval.lexical import Places, Query, Scores
from casemate.knowledge.retrieval.naming import Named, Names, places_of, plain_number, titles_of
from casemate.knowledge.retrieval.nearness import HeldVectors, SharedNearness, Vectors
from casemate.knowledge.retrieval.pieces import pieces
from casemate.knowledge.retrieval.ranker import Ranker, Route, shipped_ranker
from casemate.knowledge.retrieval.side import Side, Words, make_side
from casemate.knowledge.retrieval.termbase import Translations, termbases, translated

if TYPE_CHECKING:
    from casemate.knowledge.sharing import SharedSide, SharedVectors

Told = Callable[[str, int, int], None]
"""Progress: what is done, how much of it, of how much."""

LONGEST_QUESTION = 2000
"""Characters of a question that are read."""
MOST_PIECES = 4
"""Vectors of one passage, at most: what stands further down is found by its words."""
_VECTORS = 12_000  # where passages are more than that, each has one: a first index within minutes
_MOST_WORDS = 48  # different words of a question, the rarest
_VECTORS_KEPT = 16  # of the questions asked last: one question is asked of every language
_BEHIND = 39  # the place of the candidate that others are held against
_ENOUGH = 100  # candidates: among fewer the best stands out whatever is asked
_FORM = 2
_SHARED = "postgresql"
_CITED = 1e3  # added to the score of a provision that the question cites


@dataclass(frozen=True)
class Hit:
    """A passage found. ``why`` tells what each kind of evidence added to its score, against the other
    candidates.

    ``lead`` is how far the score lies above that of the fortieth candidate, which answers hardly any
    question (what query performance prediction takes for a background: Zhou and Croft 2007, Shtok et al.
    2012); leads of one ``route`` compare between collections, as scores do not. ``None`` among too few.
    """

    id: str
    score: float
    why: Mapping[str, float]
    route: Route = "question"
    lead: float | None = None


class KnowledgeIndex:
    """An index that was built, open for questions."""

    def __init__(
        self,
        folder: Path,
        encoder: TextEncoder,
        ranker: Ranker | None = None,
        shared: "SharedVectors | None" = None,
    ) -> None:
        """``shared``: the database of its vectors, where it was built with one."""
        held = _read(folder)
        self.digest: str = held["digest"]
        self._shared = _shared_of(held, shared)
        self._encoder = encoder
        self.adapter = adapter_for(encoder.digest, encoder.dimension)
        self._query_vector = lru_cache(maxsize=_VECTORS_KEPT)(encoder.query)
        self._ranker = ranker or shipped_ranker()
        self._passages = [_passage(row) for row in held["passages"]]
        self._names = Names(self._passages, held["names"])
        self._termbases: Mapping[str, Translations] = held["termbases"]
        self._folder = folder / held["digest"]
        self.languages: tuple[str, ...] = tuple(held["languages"])
        self._sides: dict[str, Side] = {}
        self._held: dict[str, _Columns] = {}

    @classmethod
    def build(
        cls,
        passages: Iterable[Passage],
        where: Path,
        encoder: TextEncoder,
        *,
        names: Mapping[str, str] | None = None,
        told: Told | None = None,
        most_pieces: int | None = None,
        shared: "SharedVectors | None" = None,
    ) -> "KnowledgeIndex":
        """Index a stream under the folder ``where``; what an earlier build left there is used again.

        ``names`` are short names of works. ``most_pieces`` says how many vectors a passage has at most;
        without it, four in a small corpus and one in a large one. ``shared`` keeps the vectors in its
        database, for whoever else builds and asks; those that ``where`` has are taken over. Raises
        ``BadInput`` where there are no passages or two have one id.
        """
        every = list(checked(passages))
        if not every:
            raise BadInput("there are no passages to index: the corpus is empty")
        where.mkdir(parents=True, exist_ok=True)
        most = most_pieces or min(MOST_PIECES, max(1, _VECTORS // len(every)))
        plan = _Plan(every, names or {}, encoder, most, shared)
        digest = _digest(plan)
        if shared is not None:
            shared.sides.want(_holder(where), digest)
        if not (where / digest).exists() or not _is_placed(plan, digest):
            _make(plan, where, digest, told or (lambda *_: None))
        _point(where, digest)
        if shared is not None:
            shared.sides.draw(digest, plan.languages)
            shared.sides.settle(_holder(where), digest)
        return cls(where, encoder, shared=shared)

    def __len__(self) -> int:
        return len(self._passages)

    def passage_ids(self) -> list[str]:
        """The ids of all passages, in their order."""
        return [passage.id for passage in self._passages]

    def search(
        self,
        question: str,
        language: str,
        *,
        as_of: date | None = None,
        limit: int = 10,
        languages: Collection[str] | None = None,
        works: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> list[Hit]:
        """The passages that answer ``question`` best, asked in ``language``, the best first.

        ``as_of`` keeps to what was in force on a day; ``languages`` and ``works`` keep to some; ``without``
        leaves passages out by their ids, as if they were not there. Raises
        ``BadInput`` for an empty question and ``NotFound`` for a language that the index does not hold.
        """
        if not question.strip():
            raise BadInput("the question is empty: ask something")
        hits: list[Hit] = []
        for name in languages or self.languages:
            hits += self._hits(
                name, question[:LONGEST_QUESTION], language, as_of, works, limit, without
            )
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def side(self, language: str) -> Side:
        """The part of one language. Raises ``NotFound`` where the index has none."""
        if language not in self.languages:
            raise NotFound(
                f"the index holds no passages in {language!r}: it has {', '.join(self.languages)}"
            )
        if language not in self._sides:
            self._sides[language] = Side.load(
                self._folder / language, language, self._placed(language)
            )
        return self._sides[language]

    def _placed(self, language: str) -> "SharedSide | None":
        """Where the vectors of a language lie, if not in the folder."""
        if self._shared is None:
            return None
        found = self._shared.sides.placed(self.digest, [language])
        if language not in found or found[language].dimension != self._encoder.dimension:
            raise Unavailable(
                "the shared database has no vectors of this index: build it again with `law index`"
            )
        return found[language]

    def ids(self, language: str) -> list[str]:
        """The ids of one language's passages, by their places in its side."""
        return [self._passages[row].id for row in self.side(language).rows]

    def vector(self, text: str) -> Scores:
        """The vector of a question."""
        return np.asarray(self._query_vector(text), np.float32)

    def asked(
        self,
        question: str,
        language: str,
        of: str,
        allowed: Flags | None = None,
    ) -> tuple[Asked, Named]:
        """A question, as the side of the language ``of`` takes it, and what it names."""
        side = self.side(of)
        named = self._names.named(question, self._nearer(question))
        free = np.ones(side.size, bool) if allowed is None else allowed
        if named.works:
            inside = self._of_works(of, named.works) & free
            free = inside if inside.any() else free
        head, mark, tail = named.rest.partition(" : ")
        texts = (named.rest, head, tail if mark else named.rest)
        words = [self._query(text, language, side) for text in texts]
        vector = self.vector(named.rest)
        sequence = side.sequence(named.rest) if language == of else []
        return Asked(
            words=words[0],
            head=words[1],
            tail=words[2],
            sequence=sequence[:_MOST_WORDS],
            vector=vector,
            moved=self.adapter.moved(vector),
            allowed=free,
        ), named

    def _nearer(self, question: str) -> Near:
        """How near the question is to titles; its vector is made only where that is asked."""

        def near(numbers: Sequence[int]) -> Scores:
            return np.asarray(self._titles[numbers] @ self.vector(question), np.float32)

        return near

    @cached_property
    def _titles(self) -> Vectors:
        return np.asarray(np.load(self._folder / "titles.npy"), np.float32)

    def ranked(
        self, asked: Asked, named: Named, of: str, route: Route
    ) -> tuple[Candidates, Scores]:
        """The candidates of one side and their scores, cited provisions far above the others."""
        cited = self._cited(named, of, asked.allowed)
        found = candidates(self.side(of), asked, cited)
        scores = self._ranker.scores(found, route)
        for rank, place in enumerate(cited):
            scores[np.searchsorted(found.places, place)] += np.float32(_CITED - rank)
        return found, scores

    def _hits(
        self, of: str, question: str, language: str, as_of: date | None,
        works: Collection[str] | None, limit: int, without: Collection[str],
    ) -> list[Hit]:  # fmt: skip
        side = self.side(of)
        allowed = self._in_force(of, as_of)
        if works is not None:
            allowed &= self._of_works(of, works)
        if without:
            allowed &= ~np.isin(self.ids(of), list(without))
        asked, named = self.asked(question, language, of, allowed)
        route = route_of(named.rest, language, of)
        found, scores = self.ranked(asked, named, of, route)
        order = np.argsort(-scores, kind="stable")
        best = order[:limit]
        behind = float(scores[order[_BEHIND]]) if len(order) >= _ENOUGH else None
        return [
            Hit(
                self._passages[side.rows[found.places[place]]].id,
                float(scores[place]),
                _why(self._ranker.parts(found, route, place), cited=scores[place] > _CITED / 2),
                route,
                None if behind is None else float(scores[place]) - behind,
            )
            for place in best
        ]

    def _query(self, text: str, language: str, side: Side) -> Query:
        """The terms of a text; in another language their translations, or themselves: names and numbers
        are the same."""
        if language == side.language:
            words: Query = side.query(text)
        else:
            base = self._termbases.get(f"{language}>{side.language}", {})
            found = translated(stems(text, language), base)
            words = {
                side.vocabulary[stem]: much
                for stem, much in found.items()
                if stem in side.vocabulary
            }
        rarest = sorted(words, key=lambda term: -float(side.whole.idf[term]))[:_MOST_WORDS]
        return {term: words[term] for term in rarest}

    def _of_works(self, of: str, works: Collection[str]) -> Flags:
        """Which passages of a side are of these works."""
        numbers = [number for work, number in self._work_numbers.items() if work in works]
        return np.isin(self._columns(of).works, numbers)

    def _in_force(self, of: str, day: date | None) -> Flags:
        """Which passages of a side were in force on a day."""
        held = self._columns(of)
        if day is None:
            return np.ones(len(held.works), bool)
        return (held.begins <= day.toordinal()) & (day.toordinal() < held.ends)

    def _columns(self, of: str) -> "_Columns":
        if of not in self._held:
            mine = [self._passages[row] for row in self.side(of).rows]
            self._held[of] = _Columns(
                np.array([self._work_numbers[one.work] for one in mine], np.int64),
                np.array([_ordinal(one.valid_from, 0) for one in mine], np.int64),
                np.array([_ordinal(one.valid_to, _NEVER) for one in mine], np.int64),
            )
        return self._held[of]

    @cached_property
    def _work_numbers(self) -> Mapping[str, int]:
        works = dict.fromkeys(passage.work for passage in self._passages)
        return {work: number for number, work in enumerate(works)}

    def _cited(self, named: Named, of: str, allowed: Flags) -> list[int]:
        """Places of the provisions that are cited by number: of the works that are named, which may be in
        other languages alone; where none is, only if few have the number."""
        if named.works:
            allowed = allowed & self._of_works(of, named.works)
        places = [place for place in places_of(named.numbers, self._numbers[of]) if allowed[place]]
        return places if named.works or len(places) <= _FEW else []

    @cached_property
    def _numbers(self) -> Mapping[str, Mapping[str, list[int]]]:
        known: dict[str, defaultdict[str, list[int]]] = {}
        for language in self.languages:
            known[language] = defaultdict(list)
            for place, row in enumerate(self.side(language).rows):
                number = plain_number(self._passages[row].number)
                if number:
                    known[language][number].append(place)
        return known


_FEW = 3


def route_of(rest: str, language: str, of: str) -> Route:
    """Which weights a question takes: another language's, a question's, or those of a term."""
    if language != of:
        return "across"
    return "question" if "?" in rest or " : " in rest else "term"


_KINDS = {
    "words": ("whole", "body", "head", "tail", "expanded", "covered", "dense", "phrase", "from"),
    "meaning": ("best", "first", "mean", "centred", "towards"),
    "headings": ("above", "beginning"),
    "section": ("section", "votes", "near", "around"),
}


def _why(parts: Mapping[str, float], *, cited: bool) -> dict[str, float]:
    told = dict.fromkeys(_KINDS, 0.0)
    for name, value in parts.items():
        told[_kind(name)] += value
    rounded = {kind: round(value, 3) for kind, value in told.items()}
    return {"cited": 1.0, **rounded} if cited else rounded


@cache
def _kind(name: str) -> str:
    """Which kind of evidence a feature is."""
    if name.startswith(("section", "best_around")):
        return "section"
    return next((kind for kind, starts in _KINDS.items() if name.startswith(starts)), "words")


_NEVER = 10**7  # beyond the calendar


def _ordinal(day: date | None, otherwise: int) -> int:
    return otherwise if day is None else day.toordinal()


@dataclass(frozen=True)
class _Columns:
    """Of each passage of a side: its work's number, and its days as ordinals."""

    works: Places
    begins: Places
    ends: Places


@dataclass(frozen=True)
class _Plan:
    """All that decides what an index holds."""

    passages: list[Passage]
    names: Mapping[str, str]
    encoder: TextEncoder
    most: int
    shared: "SharedVectors | None"

    @property
    def languages(self) -> Sequence[str]:
        """Those of the passages, in order."""
        return sorted({passage.language for passage in self.passages})


def _make(plan: _Plan, where: Path, digest: str, told: Told) -> None:
    """Write the index under a name that nobody reads, then give it its own."""
    draft = where / f"draft-{digest}"
    shutil.rmtree(draft, ignore_errors=True)
    kept, vectors = StemCache(where / "stems.sqlite"), _keeper(plan, where)
    for language in plan.languages:
        own = [row for row, one in enumerate(plan.passages) if one.language == language]
        side = _side(plan, language, np.array(own, np.int64), kept, vectors, told)
        if plan.shared is not None:
            side = _placed(plan.shared, digest, side)
        side.save(draft / language)
    titles = [title for _, title in titles_of(plan.passages)]
    np.save(draft / "titles.npy", vectors.vectors(titles, plan.encoder))
    document = {
        "form": _FORM,
        "digest": digest,
        "languages": plan.languages,
        "names": dict(plan.names),
        "termbases": termbases(plan.passages),
        "passages": [_row(passage) for passage in plan.passages],
    }
    if plan.shared is not None:
        document["vectors"] = _SHARED
    (draft / "index.json").write_text(json.dumps(document, ensure_ascii=False))
    kept.close()
    if plan.shared is None:
        vectors.close()
    shutil.rmtree(where / digest, ignore_errors=True)  # one whose vectors are no longer shared
    draft.replace(where / digest)


def _keeper(plan: _Plan, where: Path) -> "VectorCache | SharedVectors":
    """Who keeps vectors by their texts: a file beside the index, or the shared database."""
    file = where / "vectors.sqlite"
    if plan.shared is None:
        return VectorCache(file)
    if file.exists():
        plan.shared.take_over(file)
    return plan.shared


def _placed(shared: "SharedVectors", digest: str, side: Side) -> Side:
    """A side whose vectors are asked for in the database."""
    held = side.nearness
    if not isinstance(held, HeldVectors):
        raise TypeError("a side that was just made holds its vectors")
    there = shared.sides.place(digest, side.language, held.vectors.astype(np.float16))
    return replace(side, nearness=SharedNearness.of(held, there))


def _is_placed(plan: _Plan, digest: str) -> bool:
    """Whether the database, where there is one, has the vectors of an index that was built before."""
    shared = plan.shared
    return shared is None or len(shared.sides.placed(digest, plan.languages)) == len(plan.languages)


def _holder(where: Path) -> str:
    """The number of a folder, by which the database knows who holds an index."""
    file = where / "holder"
    if not file.exists():
        fresh = where / "holder.new"
        fresh.write_text(uuid4().hex)
        fresh.replace(file)
    return file.read_text()


def _shared_of(held: Mapping[str, Any], shared: "SharedVectors | None") -> "SharedVectors | None":
    """The database that an index needs; one that it was not built with is left alone."""
    if held.get("vectors") != _SHARED:
        return None
    if shared is None:
        raise BadInput(
            "the index was built with its vectors in PostgreSQL, and the settings name none: "
            "set [vectors], or build the index again"
        )
    return shared


def _side(
    plan: _Plan, language: str, rows: Places, kept: StemCache,
    vectors: "VectorCache | SharedVectors", told: Told,
) -> Side:  # fmt: skip
    passages = [plan.passages[row] for row in rows]

    def lines(texts: list[str]) -> list[str]:
        return kept.lines(texts, language, lambda done, of: told(f"words {language}", done, of))

    words = Words(
        body=lines([passage.text for passage in passages]),
        above=lines([" ".join((*passage.path, passage.heading)) for passage in passages]),
        title=lines([f"{passage.title} {passage.number}" for passage in passages]),
    )
    texts = [pieces(passage, plan.most) for passage in passages]
    starts = np.append(0, np.cumsum([len(some) for some in texts]))[:-1].astype(np.int64)
    rows_of_numbers = vectors.vectors(
        [text for some in texts for text in some],
        plan.encoder,
        lambda done, of: told(f"vectors {language}", done, of),
    ).astype(np.float32)
    return make_side(language, rows, passages, words, rows_of_numbers, starts)


def _point(where: Path, digest: str) -> None:
    """Make this index the one that is read; remove others."""
    mark = where / "current.new"
    mark.write_text(digest)
    mark.replace(where / "current")
    for other in where.iterdir():
        if other.is_dir() and other.name != digest:
            shutil.rmtree(other, ignore_errors=True)


def _digest(plan: _Plan) -> str:
    names = sorted(plan.names.items())
    whole = hashlib.sha256(f"{_FORM} {plan.encoder.digest} {plan.most} {names}".encode())
    if plan.shared is not None:
        whole.update(_SHARED.encode())
    for passage in plan.passages:
        whole.update(passage.digest.encode())
    return whole.hexdigest()[:32]


def _read(folder: Path) -> dict[str, Any]:
    mark = folder / "current"
    if not mark.exists():
        raise NotFound(f"{folder} holds no index: build one first")
    try:
        held: dict[str, Any] = json.loads((folder / mark.read_text() / "index.json").read_text())
    except (OSError, ValueError) as error:
        raise IntegrityFailure(f"the index in {folder} cannot be read: {error}") from error
    if held.get("form") != _FORM:
        raise IntegrityFailure(f"the index in {folder} is of another form: build it anew")
    return held


_KEPT = ("id", "language", "work", "title", "path", "number", "heading", "valid_from", "valid_to")


def _row(passage: Passage) -> list[Any]:
    """A passage without its text, for the index's own file."""
    values = [getattr(passage, name) for name in _KEPT]
    return [str(value) if isinstance(value, date) else value for value in values]


def _passage(row: Sequence[Any]) -> Passage:
    values = dict(zip(_KEPT, row, strict=True))
    for name in ("valid_from", "valid_to"):
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    return Passage(**values | {"path": tuple(values["path"]), "text": ""})
