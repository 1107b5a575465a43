"""How well the drafting office reads, carries out and compares; prints JSON.

    python -m benchmarks.knowledge.drafting FOLDER [--acts 32022L2555 …]

FOLDER holds laws in several versions and languages, such as ``../shared/data/law``.

- *round trips*: instructions are written from each two versions that follow each other, read and applied
  again; the articles that are then word for word those of the second version.
- *real*: how many sentences of the laws that hold a quotation and a verb of change are read, and what NIS2,
  Article 42, makes of eIDAS, whose next version is known.
- *transposition*: an act in English against the same act in French: for each paragraph the article that is
  found first, and its number is the truth; and what is still found where that article is taken out.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.citing import Resolver
from casemate.knowledge.documents import Document, Kind, Library, Provision
from casemate.knowledge.documents.library import Stored, Version
from casemate.knowledge.drafting import draft_of
from casemate.knowledge.drafting.amending import instructions_in
from casemate.knowledge.drafting.amending.applying import Wording, apply, number_of
from casemate.knowledge.drafting.amending.quoting import QUOTE, masked
from casemate.knowledge.drafting.amending.rendering import written_instructions
from casemate.knowledge.drafting.draft import begin_of
from casemate.knowledge.drafting.transposing import BOUND, Side, scores_of, units_of
from casemate.knowledge.encoding import Encoder

LANGUAGES = ("fr", "en", "de")
ACTS = ("32022L2555",)


def main() -> None:
    """Load, measure, print."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("folder", type=Path)
    told.add_argument("--acts", nargs="*", default=list(ACTS))
    asked = told.parse_args()
    with tempfile.TemporaryDirectory() as work, Library(Path(work) / "library.sqlite") as library:
        library.load(asked.folder, files_in(asked.folder), read_law)
        found: dict[str, Any] = {
            "round_trips": round_trips(library),
            "real_sentences": real_sentences(library),
            "nis2_on_eidas": nis2_on_eidas(library),
            "transposition": {one: across_languages(library, one) for one in asked.acts},
        }
    print(json.dumps(found, indent=1, ensure_ascii=False))


def _pairs(library: Library) -> Iterator[tuple[Version, Version]]:
    for work in library.works():
        by_language: dict[str, list[Version]] = {}
        for version in library.versions(work):
            by_language.setdefault(version.language, []).append(version)
        for language in LANGUAGES:
            yield from pairwise(by_language.get(language, []))


def round_trips(library: Library) -> dict[str, Any]:
    """Over every two versions that follow each other."""
    count: Counter[str] = Counter()
    for first, second in _pairs(library):
        before, after = library.provisions(first), library.provisions(second)
        written = written_instructions(before, after, first.language)
        found = instructions_in(draft_of(written.document))
        done = apply(found.operations, before)
        left = {key for key, _ in written.left_out}
        got, wanted = _words(done.after, left), _words(after, left)
        count["pairs_of_versions"] += 1
        count["instructions"] += len(written.instructions)
        count["could_not_be_written"] += len(left)
        count["read"] += len(found.operations)
        count["carried_out"] += len(done.changes)
        count["articles"] += len(wanted)
        count["articles_equal"] += sum((Counter(got) & Counter(wanted)).values())
        count["pairs_equal"] += got == wanted
    return dict(count)


def _words(provisions: Sequence[Stored] | Sequence[Wording], left: set[str]) -> list[str]:
    """Of articles, without the line of the number, which an insertion prints as its neighbours do."""
    return [
        one.text[begin_of(one.text, one.number, "") :].strip()
        for one in provisions
        if one.kind == Kind.ARTICLE and one.key not in left and number_of(one) is not None
    ]


def real_sentences(library: Library) -> dict[str, int]:
    """French articles in force that quote and change; those without quotation marks cannot be read."""
    count: Counter[str] = Counter()
    for version in library.newest():
        if version.language != "fr":
            continue
        for one in library.provisions(version):
            if one.kind != Kind.ARTICLE or "«" not in one.text:
                continue
            article = Provision(one.key, Kind.ARTICLE, one.number, one.heading, one.text)
            found = instructions_in(draft_of(Document(version.work, "", "fr", (article,))))
            quoting = [it for it in found.unread if QUOTE.search(masked(it.instruction).text)]
            read = [it for it in found.operations if it.new or it.old]
            count["read"] += len({it.start for it in read})
            count["not_read"] += len(quoting)
    return dict(count)


def nis2_on_eidas(library: Library) -> dict[str, Any]:
    """Article 42 of NIS2 on eIDAS as of May 2024: is the version of October what comes of it?"""
    day = date(2024, 10, 18)
    nis2, eidas = library.versions("32022L2555", "en"), library.versions("32014R0910", "en")
    known = {one.valid_from: one for one in eidas}
    if not nis2 or day not in known:
        return {}
    article = library.provision(nis2[-1], "art_42")
    assert article is not None  # the shared text has it
    provision = Provision("art_42", Kind.ARTICLE, article.number, article.heading, article.text)
    read = instructions_in(draft_of(Document("32022L2555", "", "en", (provision,))))
    resolver = Resolver(library)
    base = library.provisions(known[date(2024, 5, 20)])
    done = apply(
        read.operations,
        base,
        on=day,
        is_the_work=lambda named: resolver.work_of(named)[0] == "32014R0910",
    )
    after = library.provisions(known[day])
    return {
        "instructions": len(read.operations),
        "carried_out": len(done.changes),
        "articles_equal": sum(
            one.text == two.text for one, two in zip(done.after, after, strict=False)
        ),
        "articles": len(after),
        "equal": [one.key for one in done.after] == [one.key for one in after],
    }


def across_languages(library: Library, work: str) -> dict[str, Any]:
    """English against French: precision and recall of the article that is found first."""
    encoder = Encoder()
    sides = [_side(library, work, language) for language in ("en", "fr")]
    scores = scores_of(sides[0], sides[1], encoder.passages)
    true = np.array([[a.key == b.key for b in sides[1].units] for a in sides[0].units])
    best = scores.argmax(axis=1)
    right = true[np.arange(len(best)), best]
    said = scores.max(axis=1) >= BOUND["other"]
    without = np.where(true, -1.0, scores).max(axis=1)
    return {
        "paragraphs": len(best),
        "first_is_right": round(float(right.mean()), 3),
        "precision": round(float((right & said).sum() / max(said.sum(), 1)), 3),
        "recall": round(float((right & said).sum() / true.any(axis=1).sum()), 3),
        "still_found_where_it_is_taken_out": round(float((without >= BOUND["other"]).mean()), 3),
    }


def _side(library: Library, work: str, language: str) -> Side:
    version = library.versions(work, language)[-1]
    units = units_of(one for one in library.provisions(version) if one.kind == Kind.ARTICLE)
    return replace(Side(work, version.title, language), units=units)


if __name__ == "__main__":
    main()
