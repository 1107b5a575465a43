"""A law of dogs that changes, and case files about it. No test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from law_files import akoma_ntoso, article, legilux_version

from casemate.flagships.law.sources import files_in, read_law
from casemate.home import create_home
from casemate.platform import Platform

WORK = "loi-2020-01-15-n1"
OWNER, COLLEAGUE, STRANGER = "acct-researcher", "acct-partner", "acct-outsider"
HOLDER, OPERATOR = "acct-holder", "acct-operator"
FIRST, THEN, COMING = date(2020, 2, 1), date(2024, 1, 1), date(2090, 1, 1)
DAY = date(2024, 6, 1)
LEASH = "Art. 2. Les chiens sont tenus en laisse, sauf dans les cas de l'article 1er."


@dataclass
class Laws:
    """A folder of laws that a home loads again when something in it has changed."""

    platform: Platform
    folder: Path

    def version(self, begins: date, *articles: tuple[str, str], ends: date | None = None) -> None:
        """Write a version, each article as its key and its words; load what there is."""
        body = [article(key, f"Art. {key[4:]}.", words) for key, words in articles]
        words = akoma_ntoso(*body)
        legilux_version(self.folder, begins, words, ends=ends, published=FIRST)
        self.load()

    def load(self) -> None:
        """Load what is new."""
        files = files_in(self.folder)
        self.platform.load_corpus(HOLDER, "law", self.folder, files, read_law)


@contextmanager
def house(folder: Path) -> Iterator[Laws]:
    """A home with its people and the law in two versions, without a server."""
    with Platform(create_home(folder / "home", name="cases.example")) as platform:
        operator = platform.found("Operator").id
        cast = {
            HOLDER: "data_holder",
            OWNER: "data_user",
            COLLEAGUE: "public",
            STRANGER: "data_user",
        }
        houses = [
            platform.add_organisation(operator, name).id for name in ("Clinic", "Court", "Bar")
        ]
        of = {HOLDER: houses[0], STRANGER: houses[2]}
        for account, role in cast.items():
            place = of.get(account, houses[1])
            platform.add_account(operator, account, place, [role], account_id=account)
        yield laws(platform, folder)


def laws(platform: Platform, folder: Path) -> Laws:
    """Two articles, in two versions."""
    made = Laws(platform, folder / "law")
    made.version(FIRST, ("art_1", "Un chien."), ("art_2", LEASH))
    made.version(THEN, ("art_1", "Deux chiens."), ("art_2", LEASH))
    return made


def pinned(platform: Platform, key: str = "art_1", on: date = DAY, title: str = "Dogs") -> Any:
    """A case file of the owner's with one provision pinned."""
    case = platform.open_case_file(OWNER, title, "Ask the owner.")
    return platform.pin_provision(OWNER, case.id, "law", WORK, key, "fr", on)
