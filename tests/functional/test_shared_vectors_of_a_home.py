"""A home whose vectors lie in PostgreSQL: indexed, searched, looked after; and what a database that is away
changes: nothing, told in one sentence without a word of its URL."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from answers_of_law import folder_of_dogs
from functional.clinic import HARMLESS, HOLDER, OPERATOR, Said, speak
from portal_world import Portal, served

from casemate.flagships.law.sources import files_in, read_law
from casemate.home import open_home

AWAY = "postgresql://ada:s3cret-word@127.0.0.1:9/vectors"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("vectors")
    with served(folder) as portal:
        laws = folder_of_dogs(folder)
        portal.platform.load_corpus(HOLDER, "law", laws, files_in(laws), read_law)
        yield portal


def say(portal: Portal, url: str, *words: str, by: str = HOLDER) -> Said:
    home = str(portal.platform.home.root)
    return speak([*words, "--home", home, "--as", by, "--json"], CASEMATE_VECTORS=url)


def acts(portal: Portal) -> list[str]:
    return [one.act for one in portal.platform.entries() if one.act not in HARMLESS]


def state_of(portal: Portal, url: str) -> Any:
    told = say(portal, url, "status", by=OPERATOR).json
    return next((one for one in told["checks"] if one["name"] == "vectors"), None)


def test_a_home_keeps_its_vectors_in_postgresql(portal: Portal, pgvector_url: str) -> None:
    indexed = say(portal, pgvector_url, "law", "index")
    assert indexed.code == 0, indexed
    folder = portal.platform.home.knowledge / "law" / "index"
    assert not list(folder.rglob("vectors.*"))
    found = say(portal, pgvector_url, "law", "search", "taxe", "--lang", "fr", "--on", "2025-01-01")
    assert found.code == 0, found
    assert "taxe" in json.dumps(found.json)
    state = state_of(portal, pgvector_url)
    assert (state["state"], "pgvector" in state["found"]) == ("ok", True)
    assert say(portal, "", "law", "search", "taxe").code == 2  # the setting is gone


def test_a_database_that_is_away_changes_nothing_and_shows_no_secret(
    portal: Portal, pgvector_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = acts(portal)
    said = [say(portal, AWAY, "law", "index")]
    assert acts(portal) == before
    assert say(portal, pgvector_url, "law", "index").code == 0
    said.append(say(portal, AWAY, "law", "search", "taxe", "--lang", "fr"))
    for one in said:
        assert one.code == 5, one
        assert "could not be reached" in one.err
    assert state_of(portal, AWAY)["state"] == "fail"
    monkeypatch.setenv("CASEMATE_VECTORS", AWAY)
    portal.platform.home = open_home(portal.platform.home.root)
    reply = portal.client.get("/api/v1/corpora/law/search?q=taxe&lang=fr&on=2025-01-01")
    assert reply.status_code == 503
    assert "could not be reached" in reply.json()["detail"]
    told = [reply.text, *said, say(portal, AWAY, "status", by=OPERATOR), portal.platform.entries()]
    files = [file.read_bytes() for file in portal.platform.home.root.rglob("*") if file.is_file()]
    for secret in ("s3cret-word", "ada:", pgvector_url):
        assert secret not in str(told)
        assert not any(secret.encode() in content for content in files)
