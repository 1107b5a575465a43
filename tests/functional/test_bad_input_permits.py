"""Permits that are not what was signed: none is taken for true, whoever altered them."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import RESEARCHER, Clinic
from joserfc import jws as jose
from joserfc.jwk import OKPKey

from casemate.canonical import canonical_json
from casemate.store.keys import load_keyring

pytest_plugins = ("functional.clinic_fixtures",)


@pytest.fixture(scope="module")
def jws(permitted: Clinic) -> str:
    permit = permitted.only("permit", by=RESEARCHER)
    return str(permitted.ask("permit", "export", permit, by=RESEARCHER)["jws"])


def _swap(text: str, at: int) -> str:
    other = "A" if text[at] != "A" else "B"
    return text[:at] + other + text[at + 1 :]


BROKEN: dict[str, Callable[[str], str]] = {
    "header": lambda jws: _swap(jws, 5),
    "claims": lambda jws: _swap(jws, jws.index(".") + 40),
    "signature": lambda jws: _swap(jws, jws.rindex(".") + 10),
    "no signature": lambda jws: jws[: jws.rindex(".") + 1],
    "cut": lambda jws: jws[:-20],
    "empty": lambda _: "",
    "something else": lambda _: "Dear Sir or Madam",
    "binary": lambda _: "\x00\x01\x02" * 100,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_permit_is_exit_code_4(
    name: str, jws: str, permitted: Clinic, tmp_path: Path
) -> None:
    file = tmp_path / "permit.jws"
    file.write_text(BROKEN[name](jws))
    with permitted.unchanged():
        for options in ([], ["--json"]):
            said = permitted.say("permit", "verify", file, *options)
            assert (said.code, said.is_one_line) == (4, True), said


def test_a_permit_of_another_issuer_is_exit_code_4(
    jws: str, permitted: Clinic, clinic: Clinic
) -> None:
    stranger = Clinic(clinic.folder / "stranger")
    stranger.folder.mkdir()
    stranger.ask("init")
    said = stranger.say("permit", "verify", jws)
    assert (said.code, said.is_one_line) == (4, True)
    assert "a key we do not know" in said.err


def test_a_key_that_is_none_is_bad_input(jws: str, tmp_path: Path) -> None:
    offline = Clinic(tmp_path)
    for content in (b"", b"{}", b'{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}', b"\xff"):
        said = offline.say("permit", "verify", jws, "--key", offline.file("key.json", content))
        assert (said.code, said.is_one_line) == (2, True), said
    said = offline.say("permit", "verify", jws, "--key", tmp_path / "nowhere.json")
    assert (said.code, said.is_one_line) == (2, True)


def test_a_permit_signed_with_reversed_dates_is_exit_code_4(
    jws: str, permitted: Clinic, tmp_path: Path
) -> None:
    forged = _signed_by_the_home(permitted, jws, nbf=10, exp=5)
    file = tmp_path / "reversed.jws"
    file.write_text(forged)
    said = permitted.say("permit", "verify", file)
    assert (said.code, said.is_one_line) == (4, True)
    assert "its dates are reversed" in said.err


def test_an_altered_row_opens_nothing(open_clinic: Clinic, jws: str) -> None:
    now = datetime.now(UTC)
    far = int((now + timedelta(days=3000)).timestamp())
    assert _signed_by_the_home(open_clinic, jws) == jws  # or the next lines would test nothing
    longer = _swap(jws, jws.index(".") + 40)
    reversed_ = _signed_by_the_home(open_clinic, jws, nbf=far, exp=far - 5)
    for altered in (longer, reversed_):
        open_clinic.behind_the_back(f"UPDATE permit SET jws = '{altered}'")
        (permit,) = open_clinic.query("SELECT id FROM permit")
        script = open_clinic.folder / "means.py"
        said = open_clinic.say(
            "run", "submit", "--permit", permit, "--script", script, by=RESEARCHER
        )
        assert (said.code, said.is_one_line) == (4, True), said
    assert not any(name.startswith("view-") for name in open_clinic.vault())


def _signed_by_the_home(clinic: Clinic, jws: str, **changes: Any) -> str:
    """The permit with ``changes`` to its claims, signed by whoever holds the home's master key."""
    head, body, _ = jws.split(".")
    claims = {**json.loads(_decoded(body)), **changes}
    key = OKPKey.import_key(load_keyring(clinic.home / "keys" / "master.key").signing_key("permit"))
    registry = jose.JWSRegistry(algorithms=["Ed25519", "EdDSA"])
    registry.max_payload_length = 10**6
    return jose.serialize_compact(
        json.loads(_decoded(head)), canonical_json(claims), key, registry=registry
    )


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
