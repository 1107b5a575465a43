"""How many duties are found, and whether their bearers are right: against a truth made by hand.

    python benchmarks/knowledge/duties.py [--wrong]

The truth (``duties.tsv``) counts duties by paragraph, kind and bearers, so that nothing hangs on where a
sentence is cut. Found and right are counted as multisets: of duties alone, of duties with their kind, and
of those with their bearers. It reads ``../shared/data/law/eu-law``.
"""

import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from casemate.knowledge.obligations import duties_in
from casemate.knowledge.obligations.instruments import Instruments, read_instruments

HERE = Path(__file__).parent
PROVISIONS = HERE.parents[1].parent / "shared/data/law/eu-law/provisions.en-fr.jsonl.gz"
Key = tuple[str, str, str, str, str]
"""Work, article, paragraph, kind, bearers."""


def truth() -> tuple[Counter[Key], set[tuple[str, str, str]], dict[str, tuple[str, str]]]:
    """The duties by hand, the paragraphs that were read, and language and day of each work."""
    found: Counter[Key] = Counter()
    read: set[tuple[str, str, str]] = set()
    asked: dict[str, tuple[str, str]] = {}
    lines = [line for line in (HERE / "duties.tsv").read_text().splitlines() if line[:1] != "#"]
    for row in csv.DictReader(lines, delimiter="\t"):
        read.add((row["work"], row["article"], row["paragraph"]))
        asked[row["work"]] = (row["language"], row["day"])
        if row["kind"] != "none":
            key = (row["work"], row["article"], row["paragraph"], row["kind"], row["addressees"])
            found[key] += int(row["times"])
    return found, read, asked


def extracted(asked: dict[str, tuple[str, str]], instruments: Instruments) -> Iterator[Key]:
    """What the engine finds in the versions in force on the days of the truth."""
    for row in _provisions():
        work = row["celex"]
        if work not in asked or row["lang"] != asked[work][0]:
            continue
        if not row["version"] <= asked[work][1] <= (row["valid_to"] or "9999"):
            continue
        one = next(one for one in instruments.by_id.values() if work in one.works)
        for duty in duties_in(
            row["text"], row["lang"], one.words(row["lang"]), ensuring=one.ensuring
        ):
            bearers = ",".join(sorted(duty.bearers)) or "-"
            yield work, row["anchor"], duty.paragraph, duty.kind.value, bearers


def _provisions() -> Iterator[dict[str, str]]:
    with gzip.open(PROVISIONS, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def scored(found: Counter[tuple[str, ...]], right: Counter[tuple[str, ...]]) -> str:
    """Precision, recall and F1 of multisets."""
    both = sum((found & right).values())
    precision, recall = both / max(1, sum(found.values())), both / max(1, sum(right.values()))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"{100 * precision:5.1f} {100 * recall:5.1f} {100 * f1:5.1f}"


def only(counted: Counter[Key], *columns: int) -> Counter[tuple[str, ...]]:
    """``counted`` by some of its columns."""
    found: Counter[tuple[str, ...]] = Counter()
    for key, times in counted.items():
        found[tuple(key[column] for column in columns)] += times
    return found


def of(counted: Counter[Key], work: str) -> Counter[Key]:
    """``counted`` of one work."""
    return Counter({key: times for key, times in counted.items() if key[0] == work})


def main() -> None:
    """Print the figures; with ``--wrong`` what is missed and what is too much."""
    if not PROVISIONS.is_file():
        sys.exit(f"{PROVISIONS} is not here: this is measured on shared data")
    right, read, asked = truth()
    instruments = read_instruments(files("casemate.register.law") / "instruments")
    found = Counter(one for one in extracted(asked, instruments) if one[:3] in read)
    works = sorted(asked)
    print(
        f"{sum(right.values())} duties by hand in {len(read)} paragraphs; {sum(found.values())} found"
    )
    print(f"{'precision, recall, F1':24}" + "".join(f"{name:>20}" for name in ("all", *works)))
    for name, columns in (
        ("duty", (0, 1, 2)),
        ("duty and kind", (0, 1, 2, 3)),
        ("with bearer", (0, 1, 2, 3, 4)),
    ):
        cells = [scored(only(found, *columns), only(right, *columns))]
        cells += [
            scored(only(of(found, work), *columns), only(of(right, work), *columns))
            for work in works
        ]
        print(f"{name:24}" + "".join(f"{cell:>20}" for cell in cells))
    named = [Counter({key: n for key, n in one.items() if key[4] != "-"}) for one in (found, right)]
    line = scored(*(only(one, 0, 1, 2, 4) for one in named))
    print(f"{'bearers that are named':24}{line:>20}")
    if "--wrong" in sys.argv:
        for sign, one in (("missed  ", right - found), ("too much", found - right)):
            for key, times in sorted(one.items()):
                print(sign, times, *key)


if __name__ == "__main__":
    main()
