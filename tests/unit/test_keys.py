"""The keyring: where the master key comes from, and what it will not open."""

from pathlib import Path

import pytest

from casemate.errors import BadInput, IntegrityFailure, NotFound
from casemate.store.keys import Keyring, create_key_file, load_keyring


def test_a_wrapped_key_opens_for_its_own_record_only(keyring: Keyring) -> None:
    key, wrapped = keyring.new_data_key("blob-a")
    assert keyring.unwrap(wrapped, "blob-a") == key
    with pytest.raises(IntegrityFailure):
        keyring.unwrap(wrapped, "blob-b")


def test_another_master_key_opens_nothing(keyring: Keyring) -> None:
    _, wrapped = keyring.new_data_key("blob-a")
    with pytest.raises(IntegrityFailure):
        Keyring(b"\x08" * 32).unwrap(wrapped, "blob-a")


def test_a_destroyed_key_says_so(keyring: Keyring) -> None:
    with pytest.raises(NotFound, match="destroyed"):
        keyring.unwrap(None, "blob-a")


def test_labels_give_unrelated_keys(keyring: Keyring) -> None:
    assert len({keyring.derive(f"pseudonym/permit-{n}") for n in range(100)}) == 100


def test_the_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "master.key"
    create_key_file(file)
    first = file.read_text()
    create_key_file(file)
    assert file.read_text() == first
    assert file.stat().st_mode & 0o777 == 0o600
    load_keyring(file, environ={})
    file.chmod(0o644)
    with pytest.raises(BadInput, match="chmod 600"):
        load_keyring(file, environ={})


def test_the_environment_and_a_command_come_before_the_file(tmp_path: Path) -> None:
    nowhere = tmp_path / "none"
    by_text = load_keyring(nowhere, environ={"CASEMATE_MASTER_KEY": "07" * 32})
    by_command = load_keyring(nowhere, environ={"CASEMATE_MASTER_KEY_COMMAND": f"echo {'07' * 32}"})
    assert by_text.derive("x") == by_command.derive("x") == Keyring(b"\x07" * 32).derive("x")


@pytest.mark.parametrize(
    "environ",
    [
        {"CASEMATE_MASTER_KEY": "not hex"},
        {"CASEMATE_MASTER_KEY": "0707"},
        {"CASEMATE_MASTER_KEY_COMMAND": "false"},
    ],
)
def test_a_bad_master_key_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        load_keyring(tmp_path / "none", environ=environ)


def test_no_key_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="casemate init"):
        load_keyring(tmp_path / "none", environ={})


def test_the_key_is_not_in_its_own_picture(keyring: Keyring) -> None:
    assert "07" not in repr(keyring)
