"""A home: made once, found again, refused where it would overwrite something."""

from pathlib import Path

import pytest

import casemate
from casemate.errors import BadInput, IntegrityFailure, NotFound
from casemate.home import create_home, default_root, open_home


def test_a_home_is_made_and_found_again(tmp_path: Path) -> None:
    made = create_home(tmp_path / "home", name="north")
    assert made == create_home(tmp_path / "home") == open_home(tmp_path / "home", environ={})
    assert made.name == "north"
    assert made.root.stat().st_mode & 0o777 == 0o700


def test_a_home_left_half_made_by_a_crash_is_finished(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    create_home(tmp_path)
    assert open_home(tmp_path).master_key.exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="not empty"):
        create_home(tmp_path)


def test_another_database_for_the_same_home_is_refused_without_its_password(tmp_path: Path) -> None:
    create_home(tmp_path / "h", database="postgresql+psycopg://me:secret@db/casemate")
    with pytest.raises(BadInput) as refusal:
        create_home(tmp_path / "h", database="sqlite:///elsewhere.db")
    assert "secret" not in str(refusal.value)


def test_no_home_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="casemate init"):
        open_home(tmp_path)


def test_broken_settings_are_named(tmp_path: Path) -> None:
    (tmp_path / "casemate.toml").write_text("name = [")
    with pytest.raises(BadInput, match="TOML"):
        open_home(tmp_path)
    (tmp_path / "casemate.toml").write_text("colour = 'red'")
    with pytest.raises(BadInput, match="colour"):
        open_home(tmp_path)


def test_the_environment_names_home_and_database(tmp_path: Path) -> None:
    create_home(tmp_path / "h")
    url = "postgresql+psycopg://db/casemate"
    home = open_home(tmp_path / "h", environ={"CASEMATE_DATABASE": url})
    assert home.database == home.runs == url
    assert default_root({"CASEMATE_HOME": "/srv/c"}) == Path("/srv/c")
    assert default_root({"XDG_DATA_HOME": "/data"}) == Path("/data/casemate")


def test_another_homes_master_key_opens_nothing_and_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    casemate.create(tmp_path / "h", operator="Operator").close()
    published = (tmp_path / "h" / "public" / "ledger.vkey").read_text()
    monkeypatch.setenv("CASEMATE_MASTER_KEY", "07" * 32)
    with pytest.raises(IntegrityFailure, match="master key"):
        casemate.open(tmp_path / "h")
    assert (tmp_path / "h" / "public" / "ledger.vkey").read_text() == published
