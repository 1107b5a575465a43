"""How well sentences are aligned, and terms found, on texts whose points tell the truth; how often the
checks of a translation are wrong about an official one.

    python benchmarks/knowledge/translation.py LIBRARY.sqlite [--nearness] [--alignment]

Where two languages of a provision have the same marks of points in the same order ("(a)", "a)"), the point
of one stands against the point of the other: that is the truth, and nobody had to look. The marks are then
taken away, and the sentences aligned without them.

Terms that laws define are known in both languages from the points of their definitions. The provisions that
define are then held out, and the terms looked for by co-occurrence in the others.

Official translations lose no number, day or negation, as a rule: what the checks find in them is taken for
a false alarm. One number of each is then changed by one, and it is counted how often that is found.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from casemate.knowledge.documents import Library, Stored
from casemate.knowledge.translation.alignment import Nearness, Side, align
from casemate.knowledge.translation.checking import objections
from casemate.knowledge.translation.memory import Memory
from casemate.knowledge.translation.parallel import parallel_provisions
from casemate.knowledge.translation.segments import Segment, segments
from casemate.knowledge.translation.termbase import defined_pairs
from casemate.knowledge.translation.terms import co_occurring, stem_key

FEWEST_MARKS = 2


@dataclass
class Score:
    """Links between points: how many are true, were found, and are right."""

    provisions: int = 0
    true: int = 0
    found: int = 0
    right: int = 0

    def told(self) -> dict[str, float | int]:
        """The figures as they are printed."""
        return {
            "provisions": self.provisions,
            "true_pairs": self.true,
            "precision": round(self.right / max(self.found, 1), 4),
            "recall": round(self.right / max(self.true, 1), 4),
        }


def cases(library: Library, source: str, target: str) -> Iterator[tuple[Stored, Stored]]:
    """Each two wordings once."""
    seen: set[tuple[str, str]] = set()
    for ours, theirs in parallel_provisions(library, source, target):
        if (ours.digest, theirs.digest) not in seen:
            seen.add((ours.digest, theirs.digest))
            yield ours, theirs


def scored(library: Library, source: str, target: str, nearness: Nearness | None) -> Score:
    """How the alignment does where the points tell the truth."""
    score = Score()
    for ours, theirs in cases(library, source, target):
        here, there = segments(ours.text), segments(theirs.text)
        marked = [[n for n, one in enumerate(side) if one.anchor] for side in (here, there)]
        told = [
            [side[n].anchor for n in places]
            for side, places in zip((here, there), marked, strict=True)
        ]
        if told[0] != told[1] or len(told[0]) < FEWEST_MARKS:
            continue
        truth = set(zip(*marked, strict=True))
        beads = align(_said(ours, here, source), _said(theirs, there, target), nearness)
        links = {(i, j) for one in beads for i in one.source for j in one.target}
        sure = {(i, j) for i, j in links if here[i].anchor and there[j].anchor}
        score.provisions += 1
        score.true += len(truth)
        score.found += len(sure)
        score.right += len(sure & truth)
    return score


def terms_held_out(
    library: Library, memory: Memory, languages: tuple[str, str]
) -> dict[str, object]:
    """Defined terms that co-occurrence finds without their definitions, and how many of those are right."""
    truth: dict[str, set[str]] = {}
    defining: set[str] = set()
    for ours, theirs in cases(library, *languages):
        for one, other in defined_pairs(ours, theirs):
            key = stem_key(one.term, languages[0])
            truth.setdefault(key, set()).add(stem_key(other.term, languages[1]))
            defining.add(f"{ours.version.work}#{ours.key}")
    units = [
        one
        for one in memory.units(*languages)
        if f"{one.origin.work}#{one.origin.key}" not in defining
    ]
    found = {
        stem_key(one.source, languages[0]): stem_key(one.target, languages[1])
        for one in co_occurring(units, languages)
    }
    asked = [key for key in truth if key in found]
    right = sum(found[key] in truth[key] for key in asked)
    return {
        "defined_terms": len(truth),
        "found": len(asked),
        "right": right,
        "precision": round(right / max(len(asked), 1), 4),
        "all_found_terms": len(found),
    }


def checks(memory: Memory, languages: tuple[str, str]) -> dict[str, object]:
    """False alarms over official pairs, and numbers changed by one that are found."""
    pairs = [one for one in memory.units(*languages) if not one.origin.brought]
    alarms: Counter[str] = Counter()
    quiet = changed = caught = 0
    for one in pairs:
        found = objections(one.source, one.target, languages)
        alarms.update({each.kind.split()[0] for each in found})
        quiet += not found
        turned = _NUMBER.sub(lambda number: str(int(number[0]) + 1), one.target, count=1)
        if not found and turned != one.target:
            changed += 1
            caught += bool(objections(one.source, turned, languages))
    return {
        "official_pairs": len(pairs),
        "without_alarm": round(quiet / max(len(pairs), 1), 4),
        "alarms": dict(alarms),
        "numbers_changed": changed,
        "caught": round(caught / max(changed, 1), 4),
    }


_NUMBER = re.compile(r"(?<![\d.,])\d{1,4}(?![\d.,])")


def _said(provision: Stored, found: list[Segment], language: str) -> Side:
    return Side(language, [one.said.cut(provision.text) for one in found])


def _by_meaning() -> Nearness:
    from casemate.knowledge.encoding import Encoder

    encoder = Encoder()
    return lambda ours, theirs: (encoder.passages(ours) @ encoder.passages(theirs).T).astype(float)


def main() -> None:
    """Print the figures as JSON, a line a pair of languages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--nearness", action="store_true", help="with vectors of the encoder too")
    parser.add_argument("--alignment", action="store_true", help="the alignment alone")
    asked = parser.parse_args()
    nearness = _by_meaning() if asked.nearness else None
    with Library(asked.library) as library:
        for source, target in combinations(library.state().languages, 2):
            began = time.perf_counter()
            score = scored(library, source, target, nearness)
            seconds = round(time.perf_counter() - began, 1)
            told = {"languages": f"{source}-{target}", **score.told(), "seconds": seconds}
            sys.stdout.write(json.dumps({"alignment": told}) + "\n")
        if not asked.alignment:
            _with_a_memory(library)


def _with_a_memory(library: Library) -> None:
    with TemporaryDirectory() as folder, Memory(Path(folder) / "memory.sqlite") as memory:
        began = time.perf_counter()
        state = memory.build(library)
        seconds = round(time.perf_counter() - began, 1)
        told = {"pairs": state.units, "provisions": state.pairings, "seconds": seconds}
        sys.stdout.write(json.dumps({"memory": told}) + "\n")
        for languages in memory.languages():
            named = {"languages": "-".join(languages)}
            held_out = terms_held_out(library, memory, languages)
            sys.stdout.write(json.dumps({"terms": named | held_out}) + "\n")
            sys.stdout.write(json.dumps({"checks": named | checks(memory, languages)}) + "\n")


if __name__ == "__main__":
    main()
