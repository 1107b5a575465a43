"""Collections of texts in a home: on the ledger, and not another organisation's to change."""

import sqlite3
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from functional.clinic import OPERATOR
from law_files import akoma_ntoso, article, legilux_version
from portal_world import Portal, served

from casemate.errors import BadInput, IntegrityFailure, NotAllowed, NotFound
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library
from casemate.platform import Platform

HOLDER = "acct-holder"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with served(tmp_path) as portal:
        yield portal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    legilux_version(
        tmp_path / "law", date(2020, 2, 1), akoma_ntoso(article("art_1", "Art. 1.", "Un."))
    )
    return tmp_path / "law"


def load(platform: Platform, actor: str, folder: Path, name: str = "law") -> str:
    kept, _ = platform.load_corpus(actor, name, folder, files_in(folder), read_law)
    return kept.digest


def entries(platform: Platform) -> list[tuple[str, str]]:
    with platform.store.read() as tx:
        found = platform.ledger.entries(tx, subject="law")
        return [(one.actor, one.detail["digest"]) for one in found if one.act == "corpus.loaded"]


def test_what_is_loaded_is_on_the_ledger_and_the_same_again_is_not(
    portal: Portal, folder: Path
) -> None:
    first = load(portal.platform, HOLDER, folder)
    assert load(portal.platform, HOLDER, folder) == first
    assert entries(portal.platform) == [(HOLDER, first)]


@pytest.mark.parametrize("actor", ["acct-researcher", "acct-authority", OPERATOR])
def test_only_a_data_holder_loads(portal: Portal, folder: Path, actor: str) -> None:
    with pytest.raises(NotAllowed):
        load(portal.platform, actor, folder)
    assert portal.platform.corpora() == []


def test_nobody_writes_over_another_organisations_texts(portal: Portal, folder: Path) -> None:
    load(portal.platform, HOLDER, folder)
    other = portal.platform.add_organisation(OPERATOR, "Another holder")
    portal.platform.add_account(OPERATOR, "Olga", other.id, ["data_holder"], account_id="acct-olga")
    with pytest.raises(NotAllowed):
        load(portal.platform, "acct-olga", folder)


def test_a_question_is_answered_from_the_index_that_the_ledger_knows(
    portal: Portal, folder: Path
) -> None:
    platform = portal.platform
    load(platform, HOLDER, folder)
    with pytest.raises(NotFound, match="no index yet"):
        platform.ask_corpus("law", "Combien ?", "fr", date(2021, 1, 1))
    index = platform.index_corpus(HOLDER, "law")
    with platform.store.read() as tx:
        acts = [
            (one.act, one.detail.get("index")) for one in platform.ledger.entries(tx, subject="law")
        ]
    assert ("corpus.indexed", index) in acts
    answer = platform.ask_corpus("law", "Que dit l'art. 1 ?", "fr", date(2021, 1, 1))
    assert answer.receipt.index == index
    with pytest.raises(NotAllowed):
        platform.index_corpus("acct-researcher", "law")


def test_an_index_of_older_texts_is_not_asked(portal: Portal, folder: Path) -> None:
    load(portal.platform, HOLDER, folder)
    portal.platform.index_corpus(HOLDER, "law")
    changed = akoma_ntoso(article("art_1", "Art. 1.", "Deux chiens sont permis."))
    legilux_version(folder, date(2020, 2, 1), changed)
    load(portal.platform, HOLDER, folder)
    with pytest.raises(NotFound, match="no index yet"):
        portal.platform.ask_corpus("law", "Combien de chiens ?", "fr", date(2021, 1, 1))


def test_texts_that_were_changed_past_the_ledger_are_not_read(portal: Portal, folder: Path) -> None:
    load(portal.platform, HOLDER, folder)
    library = portal.platform.home.knowledge / "law" / "library.sqlite"
    with sqlite3.connect(library) as database:
        database.execute("UPDATE version SET valid_from = '1999-01-01'")
    with pytest.raises(IntegrityFailure, match="not as it was loaded last"):
        portal.platform.works_of_corpus("law")


def test_words_that_were_changed_past_the_ledger_are_not_quoted(
    portal: Portal, folder: Path
) -> None:
    load(portal.platform, HOLDER, folder)
    library = portal.platform.home.knowledge / "law" / "library.sqlite"
    with sqlite3.connect(library) as database:
        database.execute("UPDATE text SET words = ?", (zlib.compress(b"Anything goes."),))
    with pytest.raises(IntegrityFailure, match="not those that were read"):
        portal.platform.provision_on("law", "loi-2020-01-15-n1", "art_1", "fr", date(2021, 1, 1))


def test_provisions_that_were_exchanged_are_found(portal: Portal, folder: Path) -> None:
    load(portal.platform, HOLDER, folder)
    path = portal.platform.home.knowledge / "law" / "library.sqlite"
    with Library(path) as library:
        assert library.verify() == []
    with sqlite3.connect(path) as database:
        database.execute("UPDATE provision SET key = 'art_2'")
    with Library(path) as library:
        assert library.verify() == ["loi-2020-01-15-n1, fr, 2020-02-01"]


@pytest.mark.parametrize("name", ["../law", "Law", "", "a/b", "law.sqlite"])
def test_a_name_is_no_way_out_of_the_folder(portal: Portal, folder: Path, name: str) -> None:
    with pytest.raises((BadInput, NotFound)):
        load(portal.platform, HOLDER, folder, name)
    with pytest.raises(NotFound):
        portal.platform.works_of_corpus(name)
