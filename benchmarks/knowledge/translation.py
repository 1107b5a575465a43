"""How well sentences are aligned, and terms found, on texts whose points tell the truth.

    python benchmarks/knowledge/translation.py LIBRARY.sqlite [--nearness]

Where two languages of a provision have the same marks of points in the same order ("(a)", "a)"), the point
of one stands against the point of the other: that is the truth, and nobody had to look. The marks are then
taken away, and the sentences aligned without them.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from casemate.knowledge.documents import Library, Stored
from casemate.knowledge.translation.alignment import Nearness, Side, align
from casemate.knowledge.translation.parallel import parallel_provisions
from casemate.knowledge.translation.segments import Segment, segments

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
    asked = parser.parse_args()
    nearness = _by_meaning() if asked.nearness else None
    with Library(asked.library) as library:
        for source, target in combinations(library.state().languages, 2):
            began = time.perf_counter()
            score = scored(library, source, target, nearness)
            seconds = round(time.perf_counter() - began, 1)
            told = {"languages": f"{source}-{target}", **score.told(), "seconds": seconds}
            sys.stdout.write(json.dumps({"alignment": told}) + "\n")


if __name__ == "__main__":
    main()
