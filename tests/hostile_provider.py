"""OpenID providers on loopback: an honest one in few lines, and every way in which one may lie. No test."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey

SUBJECT = "248289761001"


@dataclass
class Lies:
    """What this provider says otherwise than an honest one. ``claims`` replace those of the ID token."""

    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    other_key: bool = False
    redirects_to: str | None = None
    status: int = 200
    body: bytes | None = None
    no_id_token: bool = False


@dataclass
class Provider:
    """A running one: its issuer, its lies, and what was asked of it."""

    issuer: str
    lies: Lies
    key: RSAKey
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    nonce: str = ""

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/out?x=1",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        } | self.lies.metadata

    def token(self) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": SUBJECT, "aud": "casemate", "exp": now + 3600, "iat": now,
            "nonce": self.nonce, "name": "Théodora Private",
        } | self.lies.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        told: dict[str, Any] = {"access_token": "at", "token_type": "Bearer"}
        return told if self.lies.no_id_token else told | {"id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.lies.algorithm == "none":
            parts = [{"alg": "none"}, claims]
            return ".".join([*map(_encoded, parts), ""])
        if self.lies.algorithm == "HS256":  # signed with what everybody can read: the public key
            from joserfc.jwk import OctKey

            secret = OctKey.import_key(self.key.as_pem(private=False))
            return jwt.encode({"alg": "HS256"}, claims, secret)
        key = RSAKey.generate_key(2048) if self.lies.other_key else self.key
        return jwt.encode({"alg": "RS256"}, claims, key)


def _encoded(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@contextmanager
def provider(lies: Lies | None = None) -> Iterator[Provider]:
    """One on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made = Provider(
        f"http://127.0.0.1:{server.server_port}", lies or Lies(), RSAKey.generate_key(2048)
    )
    server.provider = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self._known({})
        if self.path == "/jwks":
            self._say({"keys": [known.key.as_dict(private=False)]})
        else:
            self._say(known.metadata())

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(sent).items()}
        self._say(
            self._known(form | {"authorization": self.headers["authorization"] or ""}).token()
        )

    def _known(self, form: dict[str, str]) -> Provider:
        known: Provider = self.server.provider  # type: ignore[attr-defined]
        known.asked.append((self.path, form))
        return known

    def _say(self, document: dict[str, Any]) -> None:
        lies = self.server.provider.lies  # type: ignore[attr-defined]
        if lies.redirects_to is not None:
            self.send_response(302)
            self.send_header("Location", lies.redirects_to)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = json.dumps(document).encode() if lies.body is None else lies.body
        self.send_response(lies.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
