"""A passkey in software, as a device would make it: what a browser sends of it, honest or not. No test."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftPasskey:
    """One key pair for one site. The fields are what a hostile device would change."""

    origin: str
    domain: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    user: str | None = None

    def create(self, options: str, **changed: Any) -> str:
        """What ``navigator.credentials.create(options)`` gives, as JSON."""
        asked = json.loads(options)
        self.user = asked["user"]["id"]
        point = self.key.public_key().public_numbers()
        cose = {
            1: 2,
            3: -7,
            -1: 1,
            -2: point.x.to_bytes(32, "big"),
            -3: point.y.to_bytes(32, "big"),
        }
        told = (
            b"\0" * 16
            + len(self.credential).to_bytes(2, "big")
            + self.credential
            + cbor2.dumps(cose)
        )
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + told}
        response = {
            "clientDataJSON": self._client("webauthn.create", asked["challenge"], changed),
            "attestationObject": bytes_to_base64url(cbor2.dumps(attestation)),
        }
        return self._answer(response)

    def get(self, options: str, **changed: Any) -> str:
        """What ``navigator.credentials.get(options)`` gives, as JSON."""
        asked = json.loads(options)
        client = self._client("webauthn.get", asked["challenge"], changed)
        data = self._data(0)
        signed = data + hashlib.sha256(base64url_to_bytes(client)).digest()
        response = {
            "clientDataJSON": client,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(self.key.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": self.user,
        }
        return self._answer(response)

    def _data(self, more: int) -> bytes:
        self.count += 1
        domain = hashlib.sha256(self.domain.encode()).digest()
        return domain + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, changed: dict[str, Any]) -> str:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return bytes_to_base64url(json.dumps(said | changed).encode())

    def _answer(self, response: dict[str, Any]) -> str:
        name = bytes_to_base64url(self.credential)
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": response,
             "clientExtensionResults": {}}
        )  # fmt: skip
