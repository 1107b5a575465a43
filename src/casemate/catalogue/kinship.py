"""Datasets that are like another: those that share its rarer words in title and keywords, or its themes."""

import math
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casemate.catalogue.records import Hit
from casemate.catalogue.search import hits_of, holding
from casemate.catalogue.tables import EntryRow
from casemate.catalogue.words import EMPTY

WORDS = 10
"""Words of a title and its keywords that are looked for."""
AT_LEAST = 0.15
"""Of the score that the dataset itself would have: less is likeness by chance."""


def similar(tx: Session, dataset_id: str, limit: int = 5) -> tuple[Hit, ...]:
    """Published datasets like ``dataset_id``, the likest first; none for one that is not published."""
    entry = tx.scalars(select(EntryRow).where(EntryRow.dataset_id == dataset_id)).first()
    if entry is None:
        return ()
    scores: Counter[int] = Counter()
    whole, known = 0, tx.execute(select(func.max(EntryRow.id))).scalar_one()
    for word in _telling(f"{entry.title_words} {entry.keyword_words}"):
        found = holding(tx, word)  # itself among them, unless more have it than are looked at
        if not found:
            continue
        weight = round(1000 * math.log2((1 + known) / len(found)))  # the rarer, the more it tells
        whole += weight
        scores.update(dict.fromkeys(found, weight))
    del scores[entry.id]
    least = AT_LEAST * whole
    best = sorted(scores.items(), key=lambda one: (-one[1], -one[0]))[:limit]
    return hits_of(tx, [(number, float(score)) for number, score in best if score >= least])


def _telling(words: str) -> list[str]:
    """The words that say something, the longest first: they are the rarer ones."""
    known = {word for word in words.split() if len(word) > 2 and not word.isdigit()}
    return sorted(known - EMPTY, key=lambda word: (-len(word), word))[:WORDS]
