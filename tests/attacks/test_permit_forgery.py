"""Forged permits: texts that look signed and are not, offered to the verifier and to the guard."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from access_world import TERMS, World
from conftest import MovableClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from casemate.access import key_id, verify_jws
from casemate.access.claims import sign
from casemate.access.granting import make_claims
from casemate.access.tables import PermitRow
from casemate.canonical import canonical_json
from casemate.errors import BadInput, CasemateError, IntegrityFailure
from casemate.ledger import Ledger
from casemate.store import Store
from casemate.store.keys import Keyring

STRANGER = Ed25519PrivateKey.from_private_bytes(b"\x66" * 32)


@pytest.fixture
def world(store: Store, ledger: Ledger, clock: MovableClock, keyring: Keyring) -> World:
    return World.open(store, ledger, clock, keyring)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def parts(jws: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    head, body, signature = jws.split(".")
    return json.loads(decode(head)), json.loads(decode(body)), decode(signature)


def assemble(header: Any, claims: Any, sign: Callable[[bytes], bytes]) -> str:
    payload = claims if isinstance(claims, bytes) else canonical_json(claims)
    signed = f"{encode(json.dumps(header).encode())}.{encode(payload)}"
    return f"{signed}.{encode(sign(signed.encode()))}"


def edited(claims: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**claims, **changes}


def forgeries(jws: str, own_key: Ed25519PrivateKey) -> dict[str, str]:
    """Every way we know of making a permit that was not granted, from one that was."""
    header, claims, signature = parts(jws)
    head, body, tail = jws.split(".")
    public = own_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    more_people = edited(claims, people=["ana", "ben", "eve"])

    def hs256(data: bytes) -> bytes:
        return hmac.new(public, data, hashlib.sha256).digest()

    return {
        "alg none, no signature": assemble({**header, "alg": "none"}, more_people, lambda _: b""),
        "alg none, old signature": assemble({**header, "alg": "none"}, claims, lambda _: signature),
        "HS256 with the public key": assemble({**header, "alg": "HS256"}, more_people, hs256),
        "EdDSA in place of Ed25519": assemble({**header, "alg": "EdDSA"}, claims, own_key.sign),
        "a stranger's key, our kid": assemble(header, more_people, STRANGER.sign),
        "a stranger's key, its kid": assemble(
            {**header, "kid": key_id(STRANGER.public_key())}, more_people, STRANGER.sign
        ),
        "our signature, a stranger's kid": assemble(
            {**header, "kid": key_id(STRANGER.public_key())}, claims, own_key.sign
        ),
        "a stranger's key in the header": assemble(
            {**header, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": encode(public)}},
            claims,
            own_key.sign,
        ),
        "a critical extension": assemble(
            {**header, "crit": ["b64"], "b64": False}, claims, own_key.sign
        ),
        "another type": assemble({**header, "typ": "JWT"}, claims, own_key.sign),
        "no kid": assemble({"alg": "Ed25519", "typ": header["typ"]}, claims, own_key.sign),
        "claims edited": f"{head}.{encode(canonical_json(more_people))}.{tail}",
        "end moved": f"{head}.{encode(canonical_json(edited(claims, exp=2**33)))}.{tail}",
        "signature cut": f"{head}.{body}.{tail[:-4]}",
        "signature gone": f"{head}.{body}.",
        "claims cut": f"{head}.{body[:-8]}.{tail}",
        "two parts": f"{head}.{body}",
        "four parts": f"{jws}.{tail}",
        "padding": f"{jws}==",
        "rubbish in the signature": f"{head}.{body}.!{tail}",
        "a newline": f"{jws}\n",
        "other last bits": f"{head}.{body}.{_other_last_bits(tail)}",
        "empty": "",
        "header is a list": assemble(["Ed25519"], claims, own_key.sign),
        "deep nesting": f"{encode(b'[' * 100_000)}.{body}.{tail}",
        # What follows is signed by our own key, as a confused signer might: still no permits.
        "no claims": assemble(header, {}, own_key.sign),
        "claims of a token": assemble(header, {"sub": "ana", "exp": 2**33}, own_key.sign),
        "one claim too many": assemble(header, edited(claims, admin=True), own_key.sign),
        "reversed dates": assemble(header, edited(claims, exp=claims["nbf"]), own_key.sign),
        "not canonical": assemble(header, json.dumps(claims, indent=1).encode(), own_key.sign),
        "a claim twice": assemble(
            header, canonical_json(claims)[:-1] + b',"sub":"eve"}', own_key.sign
        ),
    }


def _other_last_bits(segment: str) -> str:
    """The same 64 bytes in another spelling: base64 leaves four bits of the last letter unused."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelt = segment[:-1] + alphabet[alphabet.index(segment[-1]) ^ 1]
    assert decode(spelt) == decode(segment)
    return spelt


def test_no_forgery_passes_the_verifier_or_the_guard(world: World, keyring: Keyring) -> None:
    permit = world.grant()
    own_key = keyring.signing_key("permit")
    for name, forged in forgeries(permit.jws, own_key).items():
        assert forged != permit.jws
        with world.store.engine.begin() as raw:
            raw.execute(update(PermitRow).values(jws=forged))
        assert refuses(verify_jws, forged, own_key.public_key()), name
        assert refuses(world.ask, permit.id), name
        assert refuses(in_force, world, permit.id), name
    with world.store.engine.begin() as raw:
        raw.execute(update(PermitRow).values(jws=permit.jws))
    assert world.ask(permit.id)


def refuses(check: Callable[..., object], *given: object) -> bool:
    try:
        check(*given)
    except IntegrityFailure:
        return True
    return False


def in_force(world: World, permit_id: str) -> bool:
    with world.store.read() as tx:
        return world.permits.is_in_force(tx, permit_id)


def test_a_genuine_permit_verifies_with_its_key_and_no_other(world: World) -> None:
    permit = world.grant()
    assert verify_jws(permit.jws, world.permits.public_key).jti == permit.id
    with pytest.raises(IntegrityFailure, match="a key we do not know"):
        verify_jws(permit.jws, STRANGER.public_key())
    with pytest.raises(IntegrityFailure, match="a key we do not know"):
        verify_jws(permit.jws, [])
    keys = [STRANGER.public_key(), world.permits.public_key]
    assert verify_jws(permit.jws, keys).jti == permit.id


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": "OKP", "crv": "Ed25519", "x": "short"},
        {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},
    ],
)
def test_what_is_no_public_key_is_told_so(jwk: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="Ed25519 JSON Web Key"):
        verify_jws("e30.e30.AA", jwk)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(position=st.integers(0, 10**6), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_no_single_character_can_be_changed(
    keyring: Keyring, position: int, character: str
) -> None:
    key = keyring.signing_key("permit")
    jws = GENUINE
    place = position % len(jws)
    changed = jws[:place] + character + jws[place + 1 :]
    if changed == jws:
        return
    with pytest.raises(CasemateError):
        verify_jws(changed, key.public_key())


def _genuine() -> str:
    clock = MovableClock()
    claims = make_claims(
        TERMS,
        permit_id="permit-x",
        issuer="casemate",
        issued=clock(),
        valid_from=clock(),
        valid_until=clock().replace(year=2030),
        lineage="permit-x",
        supersedes=None,
    )
    return sign(claims, Keyring(b"\x07" * 32).signing_key("permit"))


GENUINE = _genuine()
