"""From a question to quotes: find provisions, cut sentences, refuse where nothing is good enough."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from casemate.errors import BadInput
from casemate.knowledge.answers.asking import ASKING
from casemate.knowledge.answers.calibration import SIGNS, Calibration, Verdict, shipped
from casemate.knowledge.answers.records import Answer, Quote, Receipt
from casemate.knowledge.documents import Library
from casemate.knowledge.passages import Passage
from casemate.knowledge.sentences import Span, sentences
from casemate.search_words import words as words_of

LONGEST_QUESTION = 2_000
"""Characters: what is longer is a document, and no question."""
_LOOKED_AT = 10
_OF_WORKS = 100
"""So many are looked at where only some works are asked."""
_NEAR = 3
"""So many of the best passages say whether there is an answer."""
_MOST_SENTENCES = 3
_STEM = 6
"""Letters of a word that are compared: enough to tell words apart, few enough to let endings go."""

Likeness = Callable[[str, Sequence[str]], Sequence[float]]
"""How like the question each sentence is, from -1 to 1, across languages."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its score; higher is better, and 0 to 1 where the finder can tell."""

    passage: Passage
    score: float
    named: bool = False
    """Whether the question cites this very provision."""
    route: str = ""
    """By which of the ranker's weights it was scored."""
    lead: float | None = None
    """How far ahead of the others it stands by them, where there are enough to tell."""


class Finder(Protocol):
    """What finds passages; ``digest`` changes with what it holds."""

    @property
    def digest(self) -> str:
        """Of the index."""

    def find(
        self,
        question: str,
        language: str,
        on: date | None,
        limit: int,
        without: Collection[str] = (),
    ) -> Sequence[Found]:
        """The best passages in force ``on`` the day, the best first; those of the provisions ``without``
        are as if they were not there."""


class Answers:
    """Answers from a library through a finder."""

    def __init__(
        self,
        library: Library,
        finder: Finder,
        *,
        likeness: Likeness | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self._library = library
        self._finder = finder
        self._likeness = likeness
        self._calibration = calibration or shipped()

    def ask(
        self,
        question: str,
        language: str,
        on: date,
        *,
        known: date | None = None,
        quotes: int = 3,
        without: Collection[str] = (),
        works: Sequence[str] = (),
    ) -> Answer:
        """The answer on the texts in force ``on`` a day as ``known`` on another.

        ``without`` leaves provisions out, as if they were not in the texts; ``works`` asks those alone.
        Raises ``BadInput`` for a question without words or of too many.
        """
        require_question(question)
        found = self._standing(question, language, on, known, without, works)
        rated = Rated(question, self._likeness)
        verdict, chance = self._judged(rated, [one for one, _ in found])
        chosen = () if verdict == "nothing" else _good(rated, _apart(found, language)[:quotes])
        cut = tuple(self._quote(rated, *one) for one in chosen)
        spans = tuple((one.passage, one.start, one.end, one.digest) for one in cut)
        answered = verdict == "answered"
        receipt = Receipt(
            question, language, on, known, self._finder.digest, spans, near=verdict == "near",
            quotes=quotes, works=tuple(works), rules=self._calibration.digest,
        )  # fmt: skip
        return Answer(
            question=question, language=language, on=on, quotes=cut if answered else (),
            confidence=chance, receipt=receipt, refusal=_REFUSALS.get(verdict, ""),
            instruments=_instruments(found) if answered else (), near=() if answered else cut,
            nearest=() if answered else _titles(found),
        )  # fmt: skip

    def _judged(self, rated: "Rated", found: Sequence[Found]) -> tuple[Verdict, float]:
        """Whether what was found answers, and how likely that is; what the question cites does."""
        if not found:
            return "nothing", 0.0
        if found[0].named:
            return "answered", 1.0
        leads = [(one.route, one.lead) for one in found if one.lead is not None]
        return self._calibration.judged(signs_of(rated, found), leads)

    def replay(self, receipt: Receipt) -> bool:
        """Whether the question of ``receipt``, asked again, gives the same spans of the same texts."""
        again = self.ask(
            receipt.question, receipt.language, receipt.on, known=receipt.known,
            quotes=receipt.quotes, works=receipt.works,
        )  # fmt: skip
        return not differences(receipt, again.receipt)

    def _standing(
        self, question: str, language: str, on: date, known: date | None,
        without: Collection[str], works: Sequence[str],
    ) -> list[tuple[Found, str]]:  # fmt: skip
        """What is found and held on the day, each with the words on why it did not quite."""
        wanted = (_OF_WORKS if works else _LOOKED_AT) + len(without)
        day = None if known else on
        found = self._finder.find(question, language, day, wanted, without)
        kept = []
        for one in found:
            if one.passage.provision in without or one.passage.id in without:
                continue
            if works and one.passage.work not in works:
                continue
            version, why = self._library.version_on(
                one.passage.work, one.passage.language, on, known
            )
            if version is not None and one.passage.in_force(version.valid_from):
                kept.append((one, why))
        return kept

    def _quote(self, rated: "Rated", found: Found, why: str) -> Quote:
        """The sentences of a passage that answer best, cut from the text as it is kept now."""
        passage = found.passage
        key = passage.provision.rpartition("#")[2]
        day = passage.valid_from or date.max
        stored = self._library.at(passage.work, key, passage.language, day).provision
        if stored is None or stored.text != passage.text:
            raise BadInput(
                f"{passage.id} is in the index and not in the library: build the index again"
            )
        spans = sentences(stored.text)
        span = _window(spans, rated.sentences(stored.text), _title_lines(passage))
        version = stored.version
        return Quote(
            passage=passage.id, work=passage.work, provision=key, title=version.title,
            number=stored.number, heading=stored.heading, language=version.language,
            text=span.cut(stored.text), start=span.start, end=span.end, digest=stored.digest,
            valid_from=passage.valid_from, valid_to=passage.valid_to, eli=stored.eli or version.eli,
            licence=version.licence, attribution=version.attribution, score=found.score, why=why,
        )  # fmt: skip


class Rated:
    """How well sentences answer one question; each text is looked at once."""

    def __init__(self, question: str, likeness: Likeness | None) -> None:
        self.question = question
        self._likeness = likeness
        self._asked = _stems(question)
        self._known: dict[str, list[float]] = {}

    def sentences(self, text: str) -> list[float]:
        """Of each sentence of ``text``, its share of the question's words plus its likeness."""
        if text not in self._known:
            cut = [one.cut(text) for one in sentences(text)]
            shared = [len(self._asked & _stems(one)) / max(1, len(self._asked)) for one in cut]
            like = (
                self._likeness(self.question, cut) if self._likeness and cut else [0.0] * len(cut)
            )
            self._known[text] = [a + b for a, b in zip(shared, like, strict=True)]
        return self._known[text]


def differences(receipt: Receipt, again: Receipt) -> list[str]:
    """Why an answer is another one by now, a sentence each; empty where its quotes are the same."""
    if replace(again, salt="", **_of_model("")) == replace(receipt, salt="", **_of_model("")):
        return []
    found = []
    if again.near != receipt.near:
        found.append(
            "what answered comes near only"
            if again.near
            else "what came near only is an answer now"
        )
    if again.index != receipt.index:
        found.append("the index was built anew: texts were added, changed or taken out")
    if again.rules != receipt.rules:
        found.append("what decides when to refuse has changed")
    was = {passage: (start, end, of) for passage, start, end, of in receipt.spans}
    now = {passage: (start, end, of) for passage, start, end, of in again.spans}
    found += [f"{one} is quoted no more" for one in was if one not in now]
    found += [f"{one} is quoted now" for one in now if one not in was]
    for one in (one for one in was if one in now and was[one] != now[one]):
        text = "its text has changed" if was[one][2] != now[one][2] else "other sentences of it"
        found.append(f"{one} is quoted otherwise: {text}")
    if not found:
        found.append("the same quotes stand in another order")
    return found


def _of_model(value: str) -> dict[str, Any]:
    names = ("model", "model_digest", "prompt", "written")
    return {**dict.fromkeys(names, value), "model_settings": ()}


def signs_of(rated: Rated, found: Sequence[Found]) -> Mapping[str, float]:
    """What tells, without knowing the answer, whether it is among ``found``."""
    if not found:
        return dict.fromkeys(SIGNS, 0.0)
    passages = [one.passage for one in found[:_LOOKED_AT]]
    near = passages[:_NEAR]
    return {
        "coverage": max(_coverages(rated.question, passages)[:_NEAR]),
        "likeness": max(rate for one in near for rate in (*rated.sentences(one.text), 0.0)),
    }


def _apart(found: Sequence[tuple[Found, str]], language: str) -> list[tuple[Found, str]]:
    """One passage a provision, where the first one stood: in the question's language where there is one."""
    best: dict[str, tuple[Found, str]] = {}
    for one in found:
        provision = one[0].passage.provision or one[0].passage.id
        known = best.get(provision)
        if known is None or one[0].passage.language == language != known[0].passage.language:
            best[provision] = one
    return list(best.values())


def _good(rated: Rated, found: Sequence[tuple[Found, str]]) -> list[tuple[Found, str]]:
    """What the question cites, then those whose best sentence answers nearly as well as any of them does,
    the best first."""
    rates = [max(rated.sentences(one.passage.text), default=0.0) for one, _ in found]
    least = _NEARLY * max(rates, default=0.0)
    kept = [
        (one[0].named, rate, one)
        for one, rate in zip(found, rates, strict=True)
        if rate >= least or one[0].named
    ]
    kept.sort(key=lambda rated_one: (not rated_one[0], -rated_one[1]))
    return [one for _, _, one in kept]


_REFUSALS: Mapping[Verdict, str] = {
    "nothing": "Nothing in these texts answers the question well enough to quote it.",
    "near": "No provision of these texts answers the question for certain; these come nearest.",
}


def require_question(question: str) -> None:
    """Raise ``BadInput`` for what is too long for a question, or has no words."""
    if len(question) > LONGEST_QUESTION:
        raise BadInput(
            f"the question has {len(question):,} characters; the most is {LONGEST_QUESTION:,}"
        )
    if not words_of(question):
        raise BadInput("the question has no words: ask in a sentence")


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in words_of(text) if word not in ASKING}


def _coverages(question: str, passages: Sequence[Passage]) -> list[float]:
    """How much of the question each passage has; rare words among the found count more."""
    asked = _stems(question)
    held = [
        _stems(f"{one.title} {' '.join(one.path)} {one.heading} {one.text}") for one in passages
    ]
    seen = Counter(word for words in held for word in words & asked)
    weight = {word: math.log((1 + len(held)) / (0.5 + seen[word])) for word in asked}
    whole = max(sum(weight.values()), 1e-9)
    return [sum(weight[word] for word in asked & words) / whole for words in held]


def _title_lines(passage: Passage) -> int:
    """How many sentences at the top are number and heading: they are no answer by themselves."""
    top = [one for one in (passage.number, passage.heading) if one]
    joined = "".join("".join(top).split())
    count, read = 0, ""
    for span in sentences(passage.text):
        read += "".join(span.cut(passage.text).split())
        if not joined.startswith(read):
            break
        count += 1
    return count


def _window(spans: Sequence[Span], rates: Sequence[float], titles: int) -> Span:
    """The best sentence and its neighbours that nearly are as good, as one run of the text."""
    first = titles if titles < len(spans) else 0
    best = max(range(first, len(spans)), key=lambda place: (rates[place], -place))
    low = high = best
    while high - low + 1 < _MOST_SENTENCES:
        around = [place for place in (low - 1, high + 1) if first <= place < len(spans)]
        nearest = max(around, key=lambda place: rates[place], default=None)
        if nearest is None or rates[nearest] < rates[best] / 2 or rates[nearest] <= 0:
            break
        low, high = min(low, nearest), max(high, nearest)
    return Span(spans[low].start, spans[high].end)


def _instruments(found: Sequence[tuple[Found, str]]) -> tuple[tuple[str, str], ...]:
    """The works to choose from, where the best of several come close and the question names none."""
    top = found[0][0]
    if top.named or top.score <= 0:
        return ()
    near = [one for one, _ in found[:_LOOKED_AT] if one.score >= top.score - _CLOSE]
    works = dict.fromkeys((one.passage.work, one.passage.title) for one in near)
    return tuple(works) if len({work for work, _ in works}) > 1 else ()


def _titles(found: Sequence[tuple[Found, str]]) -> tuple[str, ...]:
    """Of the works that the first found are of."""
    return tuple(dict.fromkeys(one.passage.title for one, _ in found[:3]))


_CLOSE = 0.02
_NEARLY = 0.8
