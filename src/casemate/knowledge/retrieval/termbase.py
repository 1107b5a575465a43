"""Words and their translations, learnt from passages that a corpus holds in two languages.

Paragraphs stand against paragraphs, and two stems that occur in the same pairs translate each other
(Dice 1945; Smadja, McKeown and Hatzivassiloglou 1996). So a question in one language finds words in
another.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from casemate.knowledge.association import dice, occurrences
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval.analysis import stems

Translations = Mapping[str, Sequence[tuple[str, float]]]
"""Stems of one language, each with stems of the other and their shares."""

_FEWEST_PAIRS = 30
_MOST, _LEAST, _BESIDE_BEST = 3, 0.15, 0.4


def termbases(passages: Iterable[Passage]) -> dict[str, Translations]:
    """The translations between any two languages that the passages share, by a name such as ``en>fr``."""
    by_provision: defaultdict[tuple[str, str], dict[str, Passage]] = defaultdict(dict)
    for passage in passages:
        if passage.provision:
            key = (passage.provision, str(passage.valid_from))
            by_provision[key].setdefault(passage.language, passage)
    pairs: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for group in by_provision.values():
        for source in group.values():
            for target in group.values():
                if source.language != target.language:
                    pairs[source.language, target.language].update(_paragraphs(source, target))
    return {
        f"{source}>{target}": _translations(sorted(found), source, target)
        for (source, target), found in pairs.items()
        if len(found) >= _FEWEST_PAIRS
    }


def translated(words: Sequence[str], base: Translations) -> dict[str, float]:
    """Stems in the other language, each word counting one in all; an unknown word stands for itself."""
    found: defaultdict[str, float] = defaultdict(float)
    for word in words:
        choices = base.get(word) or ((word, 1.0),)
        whole = sum(share for _, share in choices)
        for stem, share in choices:
            found[stem] += share / whole
    return dict(found)


def _paragraphs(source: Passage, target: Passage) -> list[tuple[str, str]]:
    ours = [line for line in source.text.split("\n") if line.strip()]
    theirs = [line for line in target.text.split("\n") if line.strip()]
    headings = [(source.heading, target.heading)] if source.heading and target.heading else []
    if len(ours) != len(theirs):
        return [*headings, (source.text, target.text)]
    return headings + list(zip(ours, theirs, strict=True))


def _translations(pairs: Sequence[tuple[str, str]], source: str, target: str) -> Translations:
    ours, our_words = occurrences([stems(pair[0], source) for pair in pairs])
    theirs, their_words = occurrences([stems(pair[1], target) for pair in pairs])
    together = (ours.T @ theirs).tocsr()
    our_counts = np.asarray(ours.sum(axis=0)).ravel()
    their_counts = np.asarray(theirs.sum(axis=0)).ravel()
    base: dict[str, list[tuple[str, float]]] = {}
    for number, word in enumerate(our_words):
        span = slice(*together.indptr[number : number + 2])
        columns = together.indices[span]
        shares = dice(together.data[span], our_counts[number], their_counts[columns])
        best = np.argsort(-shares, kind="stable")[:_MOST]
        base[word] = [
            (their_words[columns[place]], round(float(shares[place]), 3))
            for place in best
            if shares[place] > max(_LEAST, _BESIDE_BEST * shares[best[0]])
        ]
    return {word: choices for word, choices in base.items() if choices}
