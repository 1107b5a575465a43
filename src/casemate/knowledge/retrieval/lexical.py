"""BM25 over sparse matrices: the score of every passage at once, which the ranker's votes and
neighbours need.

Robertson and Zaragoza (2009), The Probabilistic Relevance Framework; idf as Lucene and tantivy take it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Scores = NDArray[np.float32]
Places = NDArray[np.int64]
Query = Mapping[int, float]
"""Numbers of terms, and how much each counts."""


def counted(texts: Iterable[str], vocabulary: dict[str, int]) -> Any:
    """How often each term stands in each text (stems joined by blanks): a row a text. New terms are
    numbered."""
    rows: list[int] = []
    terms: list[int] = []
    counts: list[int] = []
    row = -1
    for row, text in enumerate(texts):
        for term, count in Counter(text.split()).items():
            rows.append(row)
            terms.append(vocabulary.setdefault(term, len(vocabulary)))
            counts.append(count)
    numbers = np.array(counts, np.float32)
    return sparse.csc_matrix((numbers, (rows, terms)), shape=(row + 1, len(vocabulary)))


@dataclass(frozen=True)
class Field:
    """One field of every passage: ``counts`` has a row a passage and a column a term."""

    counts: Any
    k1: float = 1.2
    b: float = 0.4

    @cached_property
    def idf(self) -> Scores:
        """How rare each term is among the passages."""
        held = np.diff(self.counts.indptr)
        rarity = np.log1p((self.counts.shape[0] - held + 0.5) / (held + 0.5))
        return np.asarray(rarity, np.float32)

    @cached_property
    def lengths(self) -> Scores:
        """Terms in each passage."""
        return np.asarray(self.counts.sum(axis=1), np.float32).ravel()

    @cached_property
    def by_passage(self) -> Any:
        """The counts, quick by passage."""
        return self.counts.tocsr()

    @cached_property
    def _weights(self) -> Scores:
        relative = self.lengths / max(float(self.lengths.mean()), 1e-6)
        floor = self.k1 * (1 - self.b + self.b * relative[self.counts.indices])
        per_term = np.repeat(self.idf, np.diff(self.counts.indptr))
        given = self.counts.data
        return np.asarray(per_term * given * (self.k1 + 1) / (given + floor), np.float32)

    def score(self, query: Query) -> Scores:
        """BM25 of every passage."""
        return self._summed(query, self._weights, None)

    def coverage(self, query: Query) -> Scores:
        """The share of the query, by rarity, that stands in each passage, however often."""
        total = sum(float(self.idf[term]) * counts for term, counts in query.items())
        return self._summed(query, None, self.idf) / np.float32(max(total, 1e-6))

    def _summed(self, query: Query, weights: Scores | None, flat: Scores | None) -> Scores:
        sums = np.zeros(self.counts.shape[0], np.float32)
        starts, rows = self.counts.indptr, self.counts.indices
        for term, much in query.items():
            span = slice(starts[term], starts[term + 1])
            add = flat[term] if flat is not None else weights[span]  # type: ignore[index]
            sums[rows[span]] += np.float32(much) * add
        return sums


def expanded(field: Field, query: Query, scores: Scores) -> dict[int, float]:
    """The query and the terms that mark its best passages: RM3 (Lavrenko and Croft 2001; Abdul-Jaleel
    et al. 2004)."""
    last = min(_FEEDBACK, len(scores) - 1)
    best = np.argpartition(-scores, last)[:_FEEDBACK]
    best = best[np.argsort(-scores[best], kind="stable")]
    best = best[scores[best] > 0]
    found: Counter[int] = Counter()
    for passage, share in zip(best, scores[best] / max(scores[best].sum(), 1e-6), strict=True):
        span = slice(*field.by_passage.indptr[passage : passage + 2])
        terms, counts = field.by_passage.indices[span], field.by_passage.data[span]
        marks = share * counts / max(float(counts.sum()), 30.0) * field.idf[terms]
        found.update(dict(zip(terms.tolist(), marks.tolist(), strict=True)))
    added = found.most_common(_ADDED)
    total = sum(mark for _, mark in added) or 1.0
    whole = sum(query.values()) or 1.0
    both = {term: much / whole * (1 - _SHARE) for term, much in query.items()}
    for term, mark in added:
        both[term] = both.get(term, 0.0) + mark / total * _SHARE
    return both


_FEEDBACK, _ADDED, _SHARE = 8, 25, 0.4
