"""The home keeps its newest checkpoint outside the database: putting back an old database shows."""

import shutil
from pathlib import Path

import casemate


def test_a_database_put_back_to_an_older_state_is_found_out(tmp_path: Path) -> None:
    home = tmp_path / "home"
    casemate.create(home, operator="Operator").close()
    shutil.copy(home / "casemate.db", tmp_path / "yesterday.db")
    with casemate.open(home) as place:
        place.add_organisation("acct-operator", "City Hospital")
    with casemate.open(home) as place:
        assert place.verify_ledger().ok
    shutil.copy(tmp_path / "yesterday.db", home / "casemate.db")
    for suffix in ("-wal", "-shm"):
        (home / f"casemate.db{suffix}").unlink(missing_ok=True)
    with casemate.open(home) as place:
        report = place.verify_ledger()
    assert not report.ok
    assert "rolled back" in report.problems[0]


def test_an_older_checkpoint_never_replaces_a_newer_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    casemate.create(home, operator="Operator").close()
    early = casemate.open(home)
    with casemate.open(home) as place:
        place.add_organisation("acct-operator", "City Hospital")
    newest = (home / "public" / "checkpoint.txt").read_text()
    early.close()
    assert (home / "public" / "checkpoint.txt").read_text() == newest
