"""One language of an index: its passages' words, vectors, and where in their works they stand."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval.analysis import stems
from casemate.knowledge.retrieval.lexical import Field, Places, Scores, counted
from casemate.knowledge.retrieval.links import Graph, Links, links_of
from casemate.knowledge.retrieval.nearness import (
    HeldVectors,
    Nearness,
    Pieces,
    SharedNearness,
    Vectors,
    membership,
)

if TYPE_CHECKING:
    from casemate.knowledge.sharing import SharedSide

_SMALL, _LARGE = 8, 25
"""Passages that stand for a section, where neither headings nor numbers say what one is."""
_PREFIX = re.compile(r"^(.*\d)[-.–]\d")


@dataclass(frozen=True)
class Side:
    """The passages of one language, in the order of the stream; everything else is by their places in
    it."""

    language: str
    rows: Places
    vocabulary: Mapping[str, int]
    body: Field
    above: Field
    whole: Field
    tokens: NDArray[np.int32]
    starts: Places
    work: Places
    groups: tuple[Places, Places]
    nearness: Nearness
    links: Links

    @property
    def size(self) -> int:
        """How many passages."""
        return len(self.rows)

    @cached_property
    def sections(self) -> tuple[Field, ...]:
        """Each kind of section as one long text a section."""
        return tuple(
            Field((membership(group) @ self.whole.by_passage).tocsc(), b=0.5)
            for group in self.groups
        )

    @cached_property
    def graph(self) -> Graph:
        """Who cites whom."""
        return Graph(self.links, self.size)

    def query(self, text: str) -> dict[int, float]:
        """The known terms of a text, with how often each stands in it."""
        terms = [
            self.vocabulary[stem] for stem in stems(text, self.language) if stem in self.vocabulary
        ]
        return {term: float(count) for term, count in Counter(terms).items()}

    def sequence(self, text: str) -> list[int]:
        """The terms of a text in order; -1 for an unknown one."""
        return [self.vocabulary.get(stem, -1) for stem in stems(text, self.language)]

    def save(self, folder: Path) -> None:
        """Write all of it under ``folder``."""
        folder.mkdir(parents=True)
        arrays: dict[str, Any] = {
            "rows": self.rows, "tokens": self.tokens, "starts": self.starts, "work": self.work,
            "group0": self.groups[0], "group1": self.groups[1], "piece_starts": self.nearness.order.starts,
            "links": self.links,
        }  # fmt: skip
        np.savez(folder / "places.npz", **arrays)
        self.nearness.save(folder)
        for name in _FIELDS:
            sparse.save_npz(folder / f"{name}.npz", getattr(self, name).counts, compressed=False)
        (folder / "vocabulary.json").write_text(json.dumps(list(self.vocabulary)))

    @classmethod
    def load(cls, folder: Path, language: str, shared: "SharedSide | None" = None) -> "Side":
        """What ``save`` wrote; ``shared``: its vectors, where they lie in the shared database."""
        with np.load(folder / "places.npz") as held:
            arrays = {name: held[name] for name in held.files}
        words = json.loads((folder / "vocabulary.json").read_text())
        fields: dict[str, Any] = {
            name: Field(sparse.load_npz(folder / f"{name}.npz"), **_FIELDS[name])
            for name in _FIELDS
        }
        groups = (arrays.pop("group0"), arrays.pop("group1"))
        starts = arrays.pop("piece_starts")
        nearness: Nearness = (
            HeldVectors.load(folder, starts, groups)
            if shared is None
            else SharedNearness.load(folder, starts, shared)
        )
        vocabulary = {word: number for number, word in enumerate(words)}
        return cls(
            language=language,
            vocabulary=vocabulary,
            nearness=nearness,
            groups=groups,
            **fields,
            **arrays,
        )


_FIELDS: dict[str, dict[str, float]] = {
    "body": {"k1": 0.9, "b": 0.4},
    "above": {"k1": 1.2, "b": 0.5},
    "whole": {"k1": 1.2, "b": 0.3},
}
"""The fields, and their BM25: chosen on the training questions of three sets."""


@dataclass(frozen=True)
class Words:
    """The stems of the passages of one side, each passage's as one line."""

    body: Sequence[str]
    above: Sequence[str]
    title: Sequence[str]


def make_side(
    language: str,
    rows: Places,
    passages: Sequence[Passage],
    words: Words,
    vectors: Vectors,
    piece_starts: Places,
) -> Side:
    """A side of its passages' stems and vectors."""
    vocabulary: dict[str, int] = {}
    counts = [counted(lines, vocabulary) for lines in (words.body, words.above, words.title)]
    for matrix in counts:
        matrix.resize((len(passages), len(vocabulary)))
    body, above, title = counts
    lines = [[vocabulary[term] for term in line.split()] for line in words.body]
    lengths = np.array([len(line) for line in lines], np.int64)
    tokens = np.array([term for line in lines for term in line], np.int32)
    groups = _sections(passages)
    return Side(
        language=language,
        rows=rows,
        vocabulary=vocabulary,
        body=Field(body, **_FIELDS["body"]),
        above=Field(above, **_FIELDS["above"]),
        whole=Field((body + above + title).tocsc(), **_FIELDS["whole"]),
        tokens=tokens,
        starts=np.append(0, np.cumsum(lengths)),
        work=_numbered([passage.work for passage in passages]),
        groups=groups,
        nearness=HeldVectors(vectors, Pieces(piece_starts, len(vectors)), groups),
        links=links_of(passages),
    )


def _sections(passages: Sequence[Passage]) -> tuple[Places, Places]:
    """Which section each passage is in, narrow and wide: by its headings, by its number, by its place."""
    places: Counter[str] = Counter()
    narrow: list[str] = []
    wide: list[str] = []
    for passage in passages:
        place = places[passage.work]
        places[passage.work] += 1
        prefix = _PREFIX.match(passage.number)
        if passage.path:
            near, far = "\x1f".join(passage.path), "\x1f".join(passage.path[:-1])
        else:
            near = prefix.group(1) if prefix else f"\x1e{place // _SMALL}"
            far = f"\x1e{place // _LARGE}"
        narrow.append(f"{passage.work}\x1d{near}")
        wide.append(f"{passage.work}\x1d{far}")
    return _numbered(narrow), _numbered(wide)


def _numbered(names: Sequence[str]) -> Places:
    return np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)[1].astype(
        np.int64
    )


def neighbours(values: Scores, work: Places, reach: int) -> Scores:
    """The mean of the passages within ``reach`` of each in its work, itself left out."""
    sums = np.zeros(len(values), np.float32)
    counts = np.zeros(len(values), np.float32)
    for apart in range(1, min(reach, len(values) - 1) + 1):
        same = work[apart:] == work[:-apart]
        sums[apart:] += np.where(same, values[:-apart], 0)
        sums[:-apart] += np.where(same, values[apart:], 0)
        counts[apart:] += same
        counts[:-apart] += same
    return np.asarray(sums / np.maximum(counts, 1), np.float32)
