"""Health, storage, jobs and figures: each check is seen to fail where what it looks at is broken."""

import base64
import os
import shutil
from collections import namedtuple
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from conftest import MovableClock
from functional.clinic import OPERATOR
from portal_world import Portal, served
from sqlalchemy import text

from casemate import upkeep
from casemate.enclave import sandbox
from casemate.enclave.sandbox import Wall
from casemate.errors import NotAllowed
from casemate.platform import Platform

AUDITOR = "acct-auditor"
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A clinic with a published table, a permit and a queued run that nobody works on."""
    with served(tmp_path_factory.mktemp("upkeep"), works=False) as portal:
        portal.publish()
        permit = portal.permit()["id"]
        body = {"permit": permit, "script": "print(1)"}
        portal.must("acct-researcher", "POST", "/runs", json=body)
        yield portal


@pytest.fixture(autouse=True)
def _all_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "doctor", lambda: (Wall("network", True, True, "none"),))


def check(portal: Portal, name: str) -> upkeep.Check:
    return next(one for one in portal.platform.health(OPERATOR).checks if one.name == name)


def test_a_home_that_does_well_says_so_and_what_waits_is_a_warning(portal: Portal) -> None:
    health = portal.platform.health(AUDITOR)
    assert [one.name for one in health.checks] == list(upkeep.CHECKS)
    states = {one.name: one.state for one in health.checks if one.name != "disk"}
    assert states.pop("worker") == "warn"
    assert set(states.values()) == {"ok"}, health
    assert check(portal, "worker").found == "1 runs wait and nobody works on them"


def test_what_is_not_ok_says_what_to_do(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = (Wall("network", True, False, "nothing"), Wall("Landlock", False, False, "too old"))
    monkeypatch.setattr(sandbox, "doctor", lambda: gone)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 * upkeep.GIB, 0, 5))
    health = portal.platform.health(OPERATOR)
    assert health.state == "fail"
    failed = {one.name: one for one in health.checks if one.state == "fail"}
    assert failed.keys() == {"sandbox", "disk"}
    assert "network" in failed["sandbox"].found
    assert all(one.todo.endswith(".") for one in health.checks if one.state != "ok")


def test_a_missing_vault_file_fails_and_a_stray_one_warns(portal: Portal) -> None:
    vault = portal.platform.home.vault
    (table,) = vault.glob("table-*")
    stray = vault / "table-stray"
    stray.write_bytes(b"x")
    assert check(portal, "vault").state == "ok"  # it may be of a transaction under way
    os.utime(stray, (0, 0))
    assert check(portal, "vault").state == "warn"
    hidden = table.rename(vault.parent / "hidden")
    try:
        assert check(portal, "vault").state == "fail"
    finally:
        hidden.rename(table)
        stray.unlink()


def test_a_rolled_back_ledger_and_a_clock_set_back_are_found(portal: Portal) -> None:
    public = portal.platform.home.public / "checkpoint.txt"
    public.write_text(portal.platform.checkpoint())
    assert check(portal, "ledger").state == "ok"
    public.write_text(portal.platform.checkpoint().replace("\n", "\n1", 1))
    assert check(portal, "ledger").state == "fail"
    public.unlink()
    real = portal.platform.clock
    portal.platform.clock = lambda: datetime(2020, 1, 1, tzinfo=UTC)
    try:
        assert check(portal, "clock").state == "fail"
    finally:
        portal.platform.clock = real


def test_old_tables_and_a_silent_database_fail(portal: Portal) -> None:
    engine = portal.platform.store.engine
    with engine.begin() as connection:
        was = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    try:
        assert check(portal, "database").state == "fail"
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :was"), {"was": was})


def test_storage_is_told_by_kind_and_by_dataset(portal: Portal) -> None:
    storage = portal.platform.storage(OPERATOR)
    assert storage.by_kind["database"] > 0
    assert storage.by_kind["tables"] == storage.by_dataset["clinic"] > 0
    assert storage.by_kind["runs"] > 0
    files = sum(path.stat().st_size for path in portal.platform.home.vault.iterdir())
    vault = {"tables", "views", "runs", "outputs", "release memory", "other"}
    assert sum(size for kind, size in storage.by_kind.items() if kind in vault) == files


def test_jobs_say_nothing_of_what_a_run_does(portal: Portal) -> None:
    (job,) = portal.platform.jobs(OPERATOR)
    assert (job.state, job.started_at) == ("queued", None)
    assert set(upkeep.Job.__dataclass_fields__) == {
        "run", "state", "submitted_at", "started_at", "ended_at",
    }  # fmt: skip


@pytest.mark.parametrize(
    "who", ["acct-holder", "acct-researcher", "acct-authority", "acct-checker"]
)
def test_only_operators_and_auditors_inspect(portal: Portal, who: str) -> None:
    platform = portal.platform
    for look in (platform.health, platform.storage, platform.jobs):
        with pytest.raises(NotAllowed, match=r"home\.inspect"):
            look(who)


def test_anyone_is_told_whether_it_is_up_and_nothing_else(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    up = portal.ask(None, "GET", "/health")
    assert (up.status_code, up.json()) == (200, {"up": True})
    monkeypatch.setattr(Platform, "is_up", lambda _: False)
    down = portal.ask(None, "GET", "/health")
    assert (down.status_code, down.json()) == (503, {"up": False})


def test_figures_count_what_is_there(portal: Portal) -> None:
    figures = portal.must(None, "GET", "/figures")
    assert figures == {
        "datasets": 1, "permits": 1, "releases": 0, "systems": 0, "decided": 1,
        "median_days": 0.0,
    }  # fmt: skip
    real = portal.platform.clock
    portal.platform.clock = lambda: real() + timedelta(days=400)
    try:
        assert portal.must(None, "GET", "/figures")["decided"] == 0
        assert portal.must(None, "GET", "/figures")["median_days"] is None
    finally:
        portal.platform.clock = real


def test_the_explorer_over_http_pages_backwards(portal: Portal, clock: MovableClock) -> None:
    whole = portal.must(None, "GET", "/ledger/entries", params={"limit": 100})["items"]
    found: list[int] = []
    cursor = None
    while True:
        params = {"act": "account.added", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = portal.must(None, "GET", "/ledger/newest", params=params)
        found += [one["index"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == [one["index"] for one in reversed(whole) if one["act"] == "account.added"]
    counts = portal.must(None, "GET", "/ledger/activity")
    assert sum(one["entries"] for one in counts) == len(portal.platform.entries())
    refused = portal.ask(None, "GET", "/ledger/newest", params={"since": "2026-03-01T00:00:00"})
    assert refused.status_code == 422  # a moment without its zone is none


def test_one_entry_brings_the_text_that_was_hashed(portal: Portal) -> None:
    entry = portal.must(None, "GET", "/ledger/entries/3")
    leaf = sha256(b"\0" + entry["body"].encode()).digest()
    assert entry["leaf"] == base64.b64encode(leaf).decode()
    for size in (4, 9):
        proof = portal.must(None, "GET", "/ledger/entries/3/proof", params={"size": size})
        assert (proof["size"], proof["leaf"]) == (size, entry["leaf"])
    assert portal.ask(None, "GET", "/ledger/entries/99999").status_code == 404
    assert portal.ask(None, "GET", "/ledger/entries/-1").status_code == 422
