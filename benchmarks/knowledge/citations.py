"""Who cites whom: how much of it is found, how right it is, what it costs; one JSON object.

``python -m benchmarks.knowledge.citations --data ../shared/data/law``: the laws of a folder. Without it a
code of ``--megabytes`` is made up, whose articles cite each other, and the first by ``--citers``.
"""

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.citing import CitationGraph, Resolver, references_in
from casemate.knowledge.documents import Library

CODE = "loi-2001-05-02-n1"


def main() -> None:
    """Measure and print."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--data", type=Path)
    told.add_argument("--megabytes", type=int, default=60)
    told.add_argument("--citers", type=int, default=100_000)
    asked = told.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = (
            _of_laws(asked.data.resolve(), Path(folder))
            if asked.data
            else _of_a_code(Path(folder), asked.megabytes, asked.citers)
        )
    found["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    print(json.dumps(found, indent=1, ensure_ascii=False))


def _of_laws(data: Path, folder: Path) -> dict[str, Any]:
    with Library(folder / "library.sqlite") as library:
        library.load(data, files_in(data), read_law)
        return _built(library, folder) | {
            "by_kind": _by_kind(library),
            "against_links": against_links(library),
        }


def _built(library: Library, folder: Path) -> dict[str, Any]:
    file = folder / "citations.sqlite"
    with CitationGraph(file) as graph:
        started, processor = time.perf_counter(), time.process_time()
        state = graph.build(library)
        seconds, processor = time.perf_counter() - started, time.process_time() - processor
        started = time.perf_counter()
        graph.build(library)
        again = time.perf_counter() - started
    return {
        "texts": state.texts, "references": state.references, "resolved": state.resolved,
        "build_seconds": round(seconds, 1), "build_processor_seconds": round(processor, 1),
        "again_seconds": round(again, 3), "graph_mb": round(file.stat().st_size / 1e6, 1),
    }  # fmt: skip


def _by_kind(library: Library) -> dict[str, dict[str, int]]:
    """Of the newest versions: what is cited, by how it is named, and what became of it."""
    resolver, found = Resolver(library), Counter[tuple[str, str]]()
    for version in library.newest():
        for one in library.provisions(version):
            for cited in references_in(one.text, version.language):
                named = "own text" if cited.work is None else f"by {cited.work.by}"
                target = resolver.resolve(library, cited, version.work, one.key)
                found[(f"{cited.kind}, {named}", target.why or "resolved")] += 1
    kinds = sorted({kind for kind, _ in found})
    return {
        kind: {why: times for (other, why), times in sorted(found.items()) if other == kind}
        for kind in kinds
    }


def against_links(library: Library) -> dict[str, Any]:
    """The publisher's own links (``<ref href>``) as truth: which act the same words were resolved to."""
    resolver, found = Resolver(library), Counter[str]()
    wrong: list[str] = []
    for text, language, target, words in _links(library):
        named, _ = resolver.name_at(target)
        if named == target:
            continue
        cited = [
            resolver.work_of(one.work)[0] for one in references_in(text, language)
            if one.work is not None and _same(one.cut(text), words)
        ]  # fmt: skip
        right = any(
            one == named or named.startswith(f"{one}-") or one.startswith(f"{named}-")
            for one in cited
        )
        found["right" if right else "wrong" if cited else "not found"] += 1
        if cited and not right:
            wrong.append(f"{words}: {cited[0]} instead of {named}")
    told = found["right"] + found["wrong"]
    return {
        **found,
        "precision": round(found["right"] / told, 4) if told else None,
        "recall": round(found["right"] / found.total(), 4) if found else None,
        "wrong_examples": wrong[:10],
    }


def _links(library: Library) -> Iterator[tuple[str, str, str, str]]:
    """Each distinct link of a text in a language that is read: text, language, target, words."""
    seen: set[tuple[str, str, str]] = set()
    for work in library.works():
        for version in library.versions(work):
            if version.language not in {"fr", "de", "en", "lb"}:
                continue
            for one in library.provisions(version):
                for target, words in one.references:
                    if (one.digest, target, words) not in seen and "?" not in target:
                        seen.add((one.digest, target, words))
                        yield one.text, version.language, target, words


def _same(cut: str, words: str) -> bool:
    first, second = " ".join(cut.split()).casefold(), " ".join(words.split()).casefold()
    return first in second or second in first


# ── a code that is made up ───────────────────────────────────────────────────────────────────────


def _of_a_code(folder: Path, megabytes: int, citers: int) -> dict[str, Any]:
    file = folder / "code.jsonl"
    articles = _write_code(file, megabytes, citers)
    with Library(folder / "library.sqlite") as library:
        started = time.perf_counter()
        library.load(folder, [file])
        loaded = time.perf_counter() - started
        after_loading = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        built = _built(library, folder)
        with CitationGraph(folder / "citations.sqlite") as graph:
            started = time.perf_counter()
            page = graph.cited_by(library, CODE, "art_1")
            first = time.perf_counter() - started
            started = time.perf_counter()
            graph.cited_by(library, CODE, "art_1", after=max(0, page.total - 100))
            last = time.perf_counter() - started
    return {
        "articles": articles, "megabytes": round(file.stat().st_size / 1e6, 1),
        "load_seconds": round(loaded, 1), "memory_after_loading_mb": round(after_loading, 1), **built,
        "cited_by": page.total, "first_page_ms": round(1000 * first), "last_page_ms": round(1000 * last),
    }  # fmt: skip


def _write_code(file: Path, megabytes: int, citers: int) -> int:
    """Articles that all cite the first, their neighbours and a law that is not there."""
    filler = "Le titulaire de l'ouvrage tient un registre des passages et le présente sur demande. "
    written, number = 0, 0
    with file.open("w", encoding="utf-8") as out:
        while written < megabytes * 1_000_000 or number < citers:
            number += 1
            text = (
                f"Art. {number}.\nL'article 1er et les articles {number + 1} à {number + 3} valent ici.\n"
                f"L'article {max(1, number - 7)}, paragraphe 2, point b), vaut pour l'article précédent.\n"
                "L'article 9 de la loi modifiée du 5 avril 1993 relative aux ponts s'applique.\n"
            )
            padding = megabytes * 1_000_000 // max(citers, 1) - len(text) - 180
            text += filler * max(0, padding // len(filler))
            row = {
                "id": f"{CODE}#art_{number}", "work": CODE, "work_title": "Loi du 2 mai 2001 sur les ponts",
                "anchor": f"art_{number}", "lang": "fr", "text": text, "version": "2002-01-01",
            }  # fmt: skip
            written += out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return number


if __name__ == "__main__":
    main()
