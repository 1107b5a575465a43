"""How a sentence was translated before: the same one, or one that is much like it.

Likeness is the share of letters that two sentences have in the same order (RapidFuzz's ratio, the
normalised Indel similarity); from three quarters on, translators are used to look at what differs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz, process

from casemate.knowledge.translation.memory import Unit

LEAST_LIKE = 0.75
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "\xa0": " "})


@dataclass(frozen=True, slots=True)
class Match:
    """A pair of the memory. ``others`` are how many other translations of its sentence there are."""

    unit: Unit
    like: float
    others: int


class Recall:
    """The pairs of one direction, ready to be asked. It holds them in memory."""

    def __init__(self, units: Iterable[Unit]) -> None:
        found: defaultdict[str, list[Unit]] = defaultdict(list)
        for one in units:
            found[_flat(one.source)].append(one)
        self._units = dict(found)
        self._sentences: Sequence[str] = list(self._units)

    def exact(self, sentence: str, work: str = "") -> Match | None:
        """The sentence itself, but for spaces, quotation marks and the sign at its end.

        Of several translations, one that ``work`` has itself comes first, then the one most often given.
        """
        units = self._units.get(_flat(sentence))
        return None if not units else _best(units, 1.0, work)

    def near(self, sentence: str, work: str = "", least: float = LEAST_LIKE) -> Match | None:
        """The sentence that is most like it, at least ``least`` of 1."""
        flat = _flat(sentence)
        if not flat:
            return None
        found = process.extractOne(
            flat, self._sentences, scorer=fuzz.ratio, score_cutoff=100 * least
        )
        return (
            None if found is None else _best(self._units[found[0]], round(found[1] / 100, 3), work)
        )


def _best(units: Sequence[Unit], like: float, work: str) -> Match:
    """The translation of ``work``, or the one most often given; the newest of those."""
    counts = Counter(_flat(one.target) for one in units)

    def weight(one: Unit) -> tuple[bool, int, date]:
        own = bool(work) and one.origin.work == work
        return own, counts[_flat(one.target)], one.origin.version or date.min

    return Match(max(units, key=weight), like, len(counts) - 1)


def _flat(sentence: str) -> str:
    return " ".join(sentence.translate(_QUOTES).split()).rstrip(" .;:,").casefold()
