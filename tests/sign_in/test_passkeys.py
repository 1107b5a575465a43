"""Passkeys: made, used, counted, removed; and every answer that a hostile browser or device could give."""

import json
from typing import Any

import pytest
from conftest import MovableClock
from sign_in_world import EVE, HERE, MAX, OPERATOR, PASSWORD, SOURCE, enrol, told
from soft_passkey import PRESENT, SoftPasskey
from webauthn.helpers import bytes_to_base64url

from casemate.errors import BadInput, Conflict, NotFound
from casemate.identity import SignInRefused
from casemate.identity.ceremonies import CeremonyOver
from casemate.identity.passkeys import PasskeyRefused, Site
from casemate.platform import Platform

pytest_plugins = ("sign_in.fixtures",)


def made(platform: Platform, account: str = MAX, name: str = "telephone") -> SoftPasskey:
    """A passkey of ``account``, kept."""
    device = SoftPasskey(HERE.origin)
    asked = platform.begin_passkey(account, name, HERE, PASSWORD)
    platform.add_passkey(account, device.create(asked), HERE)
    return device


def use(platform: Platform, device: SoftPasskey, **changed: Any) -> str:
    """Sign in with ``device``; whose it is."""
    answer = device.get(platform.begin_passkey_sign_in(HERE), **changed)
    return platform.sign_in_by_passkey(answer, HERE, source=SOURCE).id


def test_a_passkey_signs_in_without_a_password_or_a_code(
    both: Platform, clock: MovableClock
) -> None:
    enrol(both)
    device, spare = made(both), made(both, name="key in the drawer")
    clock.advance(days=1)
    assert use(both, device) == MAX
    assert use(both, spare) == MAX
    first, second = both.ways(MAX).passkeys
    assert (first.name, second.name) == ("telephone", "key in the drawer")
    assert first.used_at == clock.now
    entry = list(both.entries())[-1]
    assert entry.act == "account.signed_in"
    assert entry.detail == {"by_password": False, "passkey": second.id}
    assert "telephone" not in "\n".join(str(one) for one in both.entries())


def test_what_a_device_is_asked_finds_the_account_by_itself_and_wants_the_person(
    platform: Platform,
) -> None:
    device = made(platform)
    asked = json.loads(platform.begin_passkey(MAX, "another", HERE, PASSWORD))
    assert asked["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [one["id"] for one in asked["excludeCredentials"]] == [
        bytes_to_base64url(device.credential)
    ]
    assert MAX.encode() not in json.dumps(asked["user"]["id"]).encode()
    asked = json.loads(platform.begin_passkey_sign_in(HERE))
    assert asked.get("allowCredentials", []) == []
    assert asked["userVerification"] == "required"


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "webauthn.create"},
        {"origin": "https://look-alike.example"},
        {"origin": "http://localhost:8000.evil.example"},
    ],
)
def test_an_answer_that_was_given_elsewhere_or_for_something_else_is_refused(
    platform: Platform, changed: dict[str, Any]
) -> None:
    device = made(platform)
    with pytest.raises(SignInRefused, match="passkey"):
        use(platform, device, **changed)
    assert use(platform, device) == MAX


@pytest.mark.parametrize(
    ("field", "value"),
    [("domain", "evil.example"), ("flags", PRESENT), ("flags", 0), ("count", -1), ("user", "AAAA")],
)
def test_a_device_that_lies_is_refused_and_counted(
    platform: Platform, field: str, value: Any
) -> None:
    device = made(platform)
    use(platform, device)
    setattr(device, field, value)
    with pytest.raises(SignInRefused):
        use(platform, device)
    entry = list(platform.entries())[-1]
    assert (entry.act, entry.subject) == ("account.sign_in_failed", MAX)
    assert entry.detail == {"reason": "passkey", "failures": 1}


def test_another_key_does_not_sign_for_a_known_passkey(platform: Platform) -> None:
    device = made(platform)
    forger = SoftPasskey(HERE.origin, credential=device.credential, count=99, user=device.user)
    with pytest.raises(SignInRefused):
        use(platform, forger)
    with pytest.raises(SignInRefused):
        use(platform, SoftPasskey(HERE.origin))
    last = list(platform.entries())[-1]
    assert (last.subject, last.detail["reason"]) == ("unknown", "passkey")


def test_a_challenge_is_ours_answered_once_and_soon(both: Platform, clock: MovableClock) -> None:
    device = made(both)
    asked = both.begin_passkey_sign_in(HERE)
    answer = device.get(asked)
    assert both.sign_in_by_passkey(answer, HERE, source=SOURCE).id == MAX
    with pytest.raises(CeremonyOver):
        both.sign_in_by_passkey(answer, HERE, source=SOURCE)
    late = device.get(both.begin_passkey_sign_in(HERE))
    clock.advance(minutes=11)
    with pytest.raises(CeremonyOver):
        both.sign_in_by_passkey(late, HERE, source=SOURCE)
    for foreign in (
        json.dumps({"challenge": "A" * 43}),
        both.begin_passkey(MAX, "x", HERE, PASSWORD),
    ):
        with pytest.raises(CeremonyOver):
            both.sign_in_by_passkey(device.get(foreign), HERE, source=SOURCE)


def test_one_account_registers_for_itself_alone(platform: Platform) -> None:
    device = SoftPasskey(HERE.origin)
    asked = platform.begin_passkey(EVE, "Eve's", HERE, PASSWORD)
    with pytest.raises(PasskeyRefused, match="another account"):
        platform.add_passkey(MAX, device.create(asked), HERE)
    with pytest.raises(CeremonyOver):
        platform.add_passkey(EVE, device.create(asked), HERE)
    assert platform.ways(MAX).passkeys == ()
    mine = made(platform)
    asked = platform.begin_passkey(EVE, "Eve's", HERE, PASSWORD)
    with pytest.raises(Conflict, match="kept already"):
        platform.add_passkey(EVE, mine.create(asked), HERE)


def test_a_device_that_does_not_verify_its_holder_is_not_kept(platform: Platform) -> None:
    device = SoftPasskey(HERE.origin, flags=PRESENT)
    asked = platform.begin_passkey(MAX, "weak", HERE, PASSWORD)
    with pytest.raises(PasskeyRefused):
        platform.add_passkey(MAX, device.create(asked), HERE)


def test_passkeys_are_removed_by_their_owner_with_the_password(both: Platform) -> None:
    device = made(both)
    (kept,) = both.ways(MAX).passkeys
    with pytest.raises(SignInRefused):
        both.remove_passkey(MAX, kept.id, "wrong password")
    with pytest.raises(NotFound):
        both.remove_passkey(EVE, kept.id, PASSWORD)
    both.remove_passkey(MAX, kept.id, PASSWORD)
    with pytest.raises(SignInRefused):
        use(both, device)
    assert "account.passkey_removed" in told(both)


def test_the_only_way_into_an_account_stays(platform: Platform) -> None:
    device = SoftPasskey(HERE.origin)
    asked = platform.begin_passkey(OPERATOR, "only", HERE, "")
    kept = platform.add_passkey(OPERATOR, device.create(asked), HERE)
    with pytest.raises(Conflict, match="only way"):
        platform.remove_passkey(OPERATOR, kept.id, "")
    assert use(platform, device) == OPERATOR


def test_whoever_guesses_passwords_does_not_keep_the_passkeys_owner_out(
    platform: Platform,
) -> None:
    device = made(platform)
    for _ in range(4):
        with pytest.raises(SignInRefused):
            platform.sign_in_over_web(MAX, "guess", source="198.51.100.7")
    with pytest.raises(SignInRefused, match="try again"):
        platform.sign_in_over_web(MAX, PASSWORD, source=SOURCE)
    assert use(platform, device) == MAX


def test_a_deactivated_accounts_passkey_opens_nothing(platform: Platform) -> None:
    device = made(platform)
    with platform.store.transaction() as tx:
        platform.identity.deactivate(tx, OPERATOR, MAX)
    with pytest.raises(SignInRefused, match="deactivated"):
        use(platform, device)


NO_ANSWERS = [
    "", "null", "[]", "{}", "x" * 70_000, "[" * 50_000, '{"response": {}}', '{"response": []}',
    '{"response": {"clientDataJSON": 7}}', '{"response": {"clientDataJSON": "e30"}}',
    '{"response": {"clientDataJSON": "////"}}', '{"response": {"clientDataJSON": null}}',
    '{"rawId": 5, "response": {"clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0"}}',
]  # fmt: skip
ODD_VALUES = [None, 7, "", "AA", "oA", "%%%", {"a": 1}, ["x"]]


def test_what_no_browser_sends_is_bad_input(platform: Platform) -> None:
    for answer in NO_ANSWERS:
        with pytest.raises(BadInput):
            platform.sign_in_by_passkey(answer, HERE, source=SOURCE)
        with pytest.raises(BadInput):
            platform.add_passkey(MAX, answer, HERE)


def mangled(answer: str, field: str, value: Any) -> str:
    document = json.loads(answer)
    (document["response"] if field in document["response"] else document)[field] = value
    return json.dumps(document)


@pytest.mark.parametrize("field", ["authenticatorData", "signature", "rawId", "id", "type"])
def test_a_mangled_answer_signs_nobody_in(platform: Platform, field: str) -> None:
    device = made(platform)
    for value in ODD_VALUES:
        answer = mangled(device.get(platform.begin_passkey_sign_in(HERE)), field, value)
        with pytest.raises((BadInput, SignInRefused)):
            platform.sign_in_by_passkey(answer, HERE, source=None)
    assert use(platform, device) == MAX


@pytest.mark.parametrize("field", ["attestationObject", "rawId", "id"])
def test_a_mangled_registration_keeps_nothing(platform: Platform, field: str) -> None:
    device = SoftPasskey(HERE.origin)
    for value in ODD_VALUES:
        asked = platform.begin_passkey(MAX, "x", HERE, PASSWORD)
        with pytest.raises(BadInput):
            platform.add_passkey(MAX, mangled(device.create(asked), field, value), HERE)
    assert platform.ways(MAX).passkeys == ()


def test_a_passkeys_name_is_a_name(platform: Platform) -> None:
    for name in ("", "x" * 201, "evil\u202ename", "a\x00b"):
        with pytest.raises(BadInput, match="passkey's name"):
            platform.begin_passkey(MAX, name, HERE, PASSWORD)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://[::1]:8000", "http://"])
def test_a_bare_address_has_no_passkeys(platform: Platform, origin: str) -> None:
    with pytest.raises(BadInput, match="host's name"):
        platform.begin_passkey_sign_in(Site(origin))
