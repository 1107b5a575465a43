"""A small law in two versions and two languages, and a finder that counts words. No test."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from law_files import akoma_ntoso, article, legilux_version

from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.answers import Found
from casemate.knowledge.documents import Library
from casemate.knowledge.passages import Passage
from casemate.knowledge.passaging import passages_of
from casemate.platform import Platform
from casemate.search_words import EMPTY, words

WORK = "loi-2020-01-15-n1"
DOGS = "Chaque personne peut tenir {} chiens au plus. La commune tient un registre des chiens."
FEE = (
    "La taxe annuelle est de {} euros. Elle est due avant le 1er mars. Les chiots en sont exempts."
)
OLD, NEW = date(2020, 2, 1), date(2024, 1, 1)


def folder_of_dogs(folder: Path) -> Path:
    """Articles 1 and 2 as of 2020, with other numbers from 2024 on."""
    for day, dogs, fee in ((OLD, "deux", 40), (NEW, "trois", 60)):
        first = article("art_1", "Art. 1er.", DOGS.format(dogs))
        second = article("art_2", "Art. 2.", FEE.format(fee))
        ends = NEW if day == OLD else None
        legilux_version(folder / "law", day, akoma_ntoso(first, second), ends=ends, published=day)
    return folder / "law"


def load_dogs(platform: Platform, folder: Path) -> None:
    """Into a home, with article 2 in German too."""
    laws = folder_of_dogs(folder)
    german = article("art_2", "Art. 2.", "Die jährliche Steuer beträgt 60 Euro.")
    words = akoma_ntoso(german, language="DEU")
    (laws / WORK / NEW.isoformat() / "de.xml").write_text(words, encoding="utf-8")
    platform.load_corpus("acct-holder", "law", laws, files_in(laws), read_law)
    platform.index_corpus("acct-holder", "law")
    platform.link_corpus("acct-holder", "law")


def library_of_dogs(folder: Path) -> Library:
    """A library of that law."""
    laws = folder_of_dogs(folder)
    library = Library(folder / "library.sqlite")
    library.load(laws, files_in(laws), read_law)
    return library


@dataclass
class WordFinder:
    """Counts the words that question and passage share."""

    passages: list[Passage]
    digest: str = "sha256:words"

    def find(
        self,
        question: str,
        language: str,
        on: date | None,
        limit: int,
        without: Collection[str] = (),
    ) -> Sequence[Found]:
        asked = set(words(question)) - EMPTY
        rated = []
        for one in self.passages:
            if one.language == language and one.in_force(on) and one.provision not in without:
                share = len(asked & set(words(one.text))) / max(1, len(asked))
                rated.append(Found(one, share))
        rated.sort(key=lambda one: (-one.score, one.passage.id))
        return [one for one in rated if one.score > 0][:limit]


def finder_of(library: Library) -> WordFinder:
    """The finder over all of a library."""
    return WordFinder(list(passages_of(library)))
