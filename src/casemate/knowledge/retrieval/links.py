"""Which passages cite which, by the numbers of provisions in their words.

A provision that applies another is found with it: where one of the two answers a question, the other
often does. Only references within a work are taken, and a number that the work does not have is none.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval.lexical import Scores
from casemate.knowledge.retrieval.naming import numbers_in, plain_number

Links = NDArray[np.int32]
"""A row a reference: the place of the passage that cites, and of the one cited."""

_MOST_WORDINGS = 4
"""A number with more wordings than that is linked to the first ones only."""


def links_of(passages: Sequence[Passage]) -> Links:
    """The references among passages of one language, in their order, each once."""
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        number = plain_number(passage.number)
        if number:
            places[passage.work, number].append(place)
    found = [
        (place, other)
        for place, passage in enumerate(passages)
        for number in dict.fromkeys(map(plain_number, numbers_in(passage.text)))
        for other in places.get((passage.work, number), ())[:_MOST_WORDINGS]
        if other != place
    ]
    return np.array(found, np.int32).reshape(-1, 2)


class Graph:
    """The references of one side, either way."""

    def __init__(self, links: Links, size: int) -> None:
        ones = np.ones(len(links), np.float32)
        shape = (size, size)
        cites: Any = sparse.csr_matrix((ones, (links[:, 0], links[:, 1])), shape=shape)
        both = (cites + cites.T).tocsr()
        self._starts, self._others = both.indptr, both.indices
        self._linked = np.flatnonzero(np.diff(self._starts))
        cited = np.bincount(links[:, 1], minlength=size)
        self.often: Scores = np.log1p(cited).astype(np.float32)
        """How often each passage is cited, as a logarithm."""

    def best(self, scores: Scores) -> Scores:
        """For each passage, the best score of those that it cites or that cite it; 0 where none does."""
        return self._reduced(np.maximum, scores)

    def mean(self, scores: Scores) -> Scores:
        """For each passage, the mean score of those that it cites or that cite it; 0 where none does."""
        counts = np.maximum(np.diff(self._starts), 1)
        return np.asarray(self._reduced(np.add, scores) / counts, np.float32)

    def _reduced(self, how: np.ufunc, scores: Scores) -> Scores:
        found = np.zeros(len(scores), np.float32)
        if len(self._linked):
            found[self._linked] = how.reduceat(scores[self._others], self._starts[self._linked])
        return found
