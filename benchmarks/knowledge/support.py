"""Where sentences that say the same are told from those that do not; sets and judges the bounds.

    python -m benchmarks.knowledge.support --provisions FILE [--articles FILE] [--most N] [--write FILE]

``--provisions``: EU acts in English and French, every version (positives across languages are the official
parallel sentences; a former version's sentence is a negative of the present one). ``--articles``: articles
in one language. Half of the acts set the bounds, the other half is judged: shares of sentences that stand,
by kind. Each bound is the one that lets most of what says the same stand while at most ``--false`` of what
was turned does. Prints JSON.
"""

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from benchmarks.knowledge.rewording import same, turned
from casemate.knowledge.answers.finding import likeness_by
from casemate.knowledge.answers.records import Quote
from casemate.knowledge.answers.support import Bounds, Judge, held, shipped_bounds, without_lead
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.sentences import sentences

_SEED = 20261130
_OPEN = Bounds(like=-1.0, like_across=-1.0, new=1.0, kept=0.0)


@dataclass(frozen=True)
class Pair:
    """A sentence held against a quote: whether it says the same, and what the rules made of it."""

    kind: str
    says_same: bool
    across: bool
    act: str
    stands: bool
    verbatim: bool
    like: float = 0.0
    new: float = 0.0
    kept: float = 1.0
    ordered: bool = True

    def passes(self, bounds: Bounds) -> bool:
        """Whether it stands under ``bounds``."""
        if not self.stands or self.verbatim:
            return self.stands
        if self.across:
            return self.like >= bounds.like_across
        words = self.ordered and self.new <= bounds.new and self.kept >= bounds.kept
        return words and self.like >= bounds.like


def main() -> None:
    """Make pairs, set the bounds on one half, judge on the other, print."""
    given = _options()
    like = likeness_by(Encoder())
    pairs = [
        _pair(one, Judge(like, _OPEN, across=True)) for one in _claims(given.provisions, given.most)
    ]
    acts = sorted({one.act for one in pairs})
    fit = [one for one in pairs if acts.index(one.act) % 2 == 0]
    judge = [one for one in pairs if acts.index(one.act) % 2]
    made_of = f"{len(fit)} sentences of {len(acts[::2])} acts in English and French, every version"
    bounds = _fitted(fit, given.false, made_of)
    report = {
        "bounds": asdict(bounds),
        "fitted": _shares(judge, bounds),
        "shipped": _shares(judge, shipped_bounds()),
        "trade_off": {
            "one_language": _curve(judge, across=False, bounds=bounds),
            "across": _curve(judge, across=True, bounds=bounds),
        },
    }
    print(json.dumps(report, indent=1, ensure_ascii=False))
    if given.write:
        given.write.write_text(json.dumps(asdict(bounds), indent=1) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--provisions", type=Path, required=True)
    parser.add_argument("--most", type=int, default=120)
    parser.add_argument("--false", type=float, default=0.01)
    parser.add_argument("--write", type=Path)
    return parser.parse_args()


Claim = tuple[str, bool, str, str, str, str, str]
"""Kind, whether it says the same, act, claim, its language, source, its language."""


def _claims(file: Path, most: int) -> Iterator[Claim]:
    chance = random.Random(_SEED)
    for act, parallel, former in _acts(file):
        chosen = chance.sample(parallel, min(most, len(parallel)))
        for at, pair in enumerate(chosen):
            language = ("en", "fr")[at % 2]
            other = ("fr", "en")[at % 2]
            sentence, foreign = pair[language], pair[other]
            yield "parallel", True, act, foreign, other, sentence, language
            of_law = [one[language] for one in parallel if one[language] != sentence]
            for kind, told in same(sentence, language, chance):
                yield kind, True, act, told, language, sentence, language
            for kind, told in turned(sentence, language, of_law, chance):
                yield kind, False, act, told, language, sentence, language
                yield kind, False, act, told, language, foreign, other
        for old, new, language in chance.sample(former, min(most, len(former))):
            yield "former_version", False, act, old, language, new, language


def _acts(file: Path) -> Iterator[tuple[str, list[dict[str, str]], list[tuple[str, str, str]]]]:
    """Of each act its parallel sentences, and sentences that a later version has otherwise."""
    rows: defaultdict[str, dict[tuple[str, str, str], str]] = defaultdict(dict)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows[row["celex"]][row["anchor"], row["version"], row["lang"]] = row["text"]
    for act, texts in sorted(rows.items()):
        yield act, list(_parallel(texts)), list(_former(texts))


def _parallel(texts: dict[tuple[str, str, str], str]) -> Iterator[dict[str, str]]:
    seen = set()
    for (anchor, version, language), text in texts.items():
        other = texts.get((anchor, version, "fr"))
        if language != "en" or other is None:
            continue
        english, french = _cut(text), _cut(other)
        if len(english) == len(french):
            for one, two in zip(english, french, strict=True):
                fair = 0.6 < len(two) / len(one) < 1.9
                if fair and 60 < len(one) < 400 and one not in seen and "|" not in one + two:
                    seen.add(one)
                    yield {"en": one, "fr": two}


def _former(texts: dict[tuple[str, str, str], str]) -> Iterator[tuple[str, str, str]]:
    for anchor, language in sorted({(one[0], one[2]) for one in texts}):
        versions = sorted(one[1] for one in texts if one[0] == anchor and one[2] == language)
        for before, after in pairwise(versions):
            old, new = _cut(texts[anchor, before, language]), _cut(texts[anchor, after, language])
            if len(old) == len(new):
                changed = [(a, b) for a, b in zip(old, new, strict=True) if a.split() != b.split()]
                yield from ((a, b, language) for a, b in changed if 60 < len(a) < 400)


def _cut(text: str) -> list[str]:
    return [one.cut(text) for one in sentences(text)]


def _pair(claim: Claim, judge: Judge) -> Pair:
    kind, says_same, act, told, language, source, of = claim
    quote = Quote(
        "p", act, "a", "", "", "", of, source, 0, len(source), "", None, None, "", "", "", 1.0
    )
    why, what = judge.objection(told, quote, language)
    across = language != of
    if why or what == "quote":
        return Pair(kind, says_same, across, act, not why, what == "quote")
    assert judge.likeness is not None
    said = without_lead(told, quote)
    words = held(said, source)
    near = max(judge.likeness(said, [source]))
    return Pair(
        kind, says_same, across, act, True, False, near, words.new, words.kept, words.ordered
    )


def _fitted(pairs: Sequence[Pair], most_false: float, made_of: str) -> Bounds:
    levels = [round(0.80 + step / 200, 3) for step in range(40)]
    one = [pair for pair in pairs if not pair.across]
    grid = product(levels, (0.0, 0.05, 0.1, 0.15, 0.2, 0.25), (0.5, 0.7, 0.8, 0.9, 1.0))
    bounds = [Bounds(like, 1.0, new, kept) for like, new, kept in grid]
    best = max(bounds, key=lambda some: _worth(one, some, most_false))
    across = [pair for pair in pairs if pair.across]
    far = max(
        (Bounds(1.0, like, 0, 1) for like in levels),
        key=lambda some: _worth(across, some, most_false),
    )
    return Bounds(best.like, far.like_across, best.new, best.kept, made_of)


def _worth(pairs: Sequence[Pair], bounds: Bounds, most_false: float) -> tuple[float, float]:
    """How many stand that say the same; nothing where too many others do. Then the fewer others."""
    right = _share([one for one in pairs if one.says_same], bounds)
    wrong = _share([one for one in pairs if not one.says_same], bounds)
    return (right if wrong <= most_false else -wrong, -wrong)


def _share(pairs: Sequence[Pair], bounds: Bounds) -> float:
    return sum(one.passes(bounds) for one in pairs) / max(1, len(pairs))


def _shares(pairs: Sequence[Pair], bounds: Bounds) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for across, name in ((False, "one_language"), (True, "across")):
        here = [one for one in pairs if one.across == across]
        kinds = sorted({(not one.says_same, one.kind) for one in here})
        told[name] = {
            "says_same": round(_share([one for one in here if one.says_same], bounds), 4),
            "says_other": round(_share([one for one in here if not one.says_same], bounds), 4),
            "kinds": {
                kind: [round(_share(some, bounds), 4), len(some)]
                for _, kind in kinds
                if (some := [one for one in here if one.kind == kind])
            },
        }
    return told


def _curve(pairs: Sequence[Pair], *, across: bool, bounds: Bounds) -> list[list[float]]:
    """At each bound of likeness: of what says the same, and of what does not, the share that stands."""
    here = [one for one in pairs if one.across == across]
    same_ones = [one for one in here if one.says_same]
    others = [one for one in here if not one.says_same]
    levels = [round(0.80 + step / 50, 2) for step in range(10)]
    at = {level: Bounds(level, level, bounds.new, bounds.kept) for level in levels}
    return [
        [level, round(_share(same_ones, at[level]), 4), round(_share(others, at[level]), 4)]
        for level in levels
    ]


if __name__ == "__main__":
    main()
