"""How plain the rules make real laws, and that nothing changes by it; prints JSON.

    python benchmarks/knowledge/plain_language.py [--every 20] [--data ../shared/data/law]

Texts: every N-th article of Luxembourg's law in French, of EU acts in English, all of the Constitution in
German and Luxembourgish. ``changed`` is of sentences that are no labels. Readability is the median over
articles, with the notes counted. ``violations`` are sentences whose marks, read again, are not those of
their original. ``definitions`` are points found in the definitions' article of EU acts.
"""

import argparse
import gzip
import json
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from casemate.knowledge.definitions import definitions_in
from casemate.knowledge.documents import Kind, Provision, read
from casemate.knowledge.marks import changed
from casemate.knowledge.plain import PlainVersion, plain_version
from casemate.knowledge.plain.records import printed

HERE = Path(__file__).parent
ACTS = {
    "32016R0679": "GDPR",
    "32024R1689": "AI Act",
    "32022R2554": "DORA",
    "32022L2555": "NIS2",
    "32014R0910": "eIDAS",
}


def main() -> None:
    """Read, put in plain words, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=20, help="each N-th article")
    parser.add_argument("--data", type=Path, default=HERE.parents[1].parent / "shared/data/law")
    given = parser.parse_args()
    told: dict[str, Any] = {
        language: figures([plain_version(text, language) for text in texts], language)
        for language, texts in corpora(given.data, given.every)
    }
    told["definitions"] = definitions(given.data)
    print(json.dumps(told, indent=2, ensure_ascii=False))


def corpora(data: Path, every: int) -> Iterator[tuple[str, list[str]]]:
    """The texts of each language."""
    french = [row["text"] for row in rows(data / "lu-law/articles.latest.fr.jsonl.gz")]
    yield "fr", french[::every]
    english = [
        row for row in rows(data / "eu-law/provisions.en-fr.jsonl.gz") if row["lang"] == "en"
    ]
    yield "en", [row["text"] for row in english if row["type"] == "article"][::every]
    for language in ("de", "lb"):
        path = data / f"lu-law/akn-multilingual/constitution-2023-07-01/{language}.xml"
        yield language, [one.text for _, one in read(path).units()]


def figures(found: list[PlainVersion], language: str) -> dict[str, Any]:
    """What became of the sentences, and how easily they are read."""
    each = [one for version in found for one in version.sentences if one.why != "label"]
    read_both = [
        (version.before, version.after)
        for version in found
        if version.before and version.after and version.before.words >= 20
    ]
    medians = {
        figure.name: {
            "before": statistics.median(before.figures[place].value for before, _ in read_both),
            "after": statistics.median(after.figures[place].value for _, after in read_both),
        }
        for place, figure in enumerate(read_both[0][0].figures)
    }
    return {
        "articles": len(found),
        "sentences": len(each),
        "changed": round(sum(one.changed for one in each) / len(each), 3),
        "parted": round(sum(len(one.lines) > 1 for one in each) / len(each), 3),
        "with_notes": round(sum(bool(one.notes) for one in each) / len(each), 3),
        "fell_back": round(sum(bool(one.refused) for one in each) / len(each), 3),
        "why_refused": Counter(
            difference.kind
            for one in each
            for refused in one.refused
            for difference in refused.differences
        ).most_common(6),
        "violations": sum(
            bool(changed(printed(one.original), one.whole, language)) for one in each
        ),
        "words_a_sentence": {
            "before": statistics.median(before.words_a_sentence for before, _ in read_both),
            "after": statistics.median(after.words_a_sentence for _, after in read_both),
        },
        **medians,
        "hints": Counter(told.hint for one in each for told in one.hints).most_common(),
    }


def definitions(data: Path) -> dict[str, dict[str, int]]:
    """The most terms that an article of each act's last version defines, by language."""
    versions: dict[tuple[str, str], dict[str, list[Provision]]] = {}
    for row in rows(data / "eu-law/provisions.en-fr.jsonl.gz"):
        if row["celex"] in ACTS:
            one = Provision(
                row["anchor"], Kind.ARTICLE, heading=row["heading"] or "", text=row["text"]
            )
            by_day = versions.setdefault((row["celex"], row["lang"]), {})
            by_day.setdefault(row["version"], []).append(one)
    told: dict[str, dict[str, int]] = {}
    for (act, language), by_day in sorted(versions.items()):
        found = definitions_in(by_day[max(by_day)], language)
        most = Counter(one.key for one in found if one.how == "means").most_common(1)
        told.setdefault(ACTS[act], {})[language] = most[0][1] if most else 0
    return told


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Each line of a packed file of rows."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    main()
