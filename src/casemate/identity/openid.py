"""Sign-in at an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0,
OAuth 2.1, RFC 7636, RFC 9207).

The protocol's parts come from Authlib, signatures from joserfc. What is ours is distrust: we speak only to
the hosts that the settings name, follow no redirect, read no endless answer, and believe an ID token only
if the configured issuer signed it, with an algorithm of public keys, for us, for this sign-in, now.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from casemate.clock import Clock
from casemate.errors import NotAllowed, Unavailable
from casemate.providers import LOOPBACK, Provider

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Those of public keys: with HS256 the client's secret, and with none anybody, could sign."""
TIMEOUT_SECONDS = 10
LARGEST_ANSWER = 512 * 1024
LEEWAY_SECONDS = 60
METADATA_LASTS = timedelta(minutes=5)
"""Whoever opens the sign-in page again and again must not make us a flood for the provider."""
_WELL_KNOWN = "/.well-known/openid-configuration"


class ProviderRefused(NotAllowed):
    """What came back from a provider is not to be believed, or it let nobody in."""

    title = "Sign-in refused"


class ProviderUnavailable(Unavailable):
    """The provider does not answer, or not as one."""


@dataclass(frozen=True)
class Begun:
    """What has to be remembered of a sign-in that went to a provider, until the browser comes back."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str

    @classmethod
    def new(cls, provider: str, redirect_uri: str) -> "Begun":
        """With fresh secrets, 32 random bytes each."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(provider, state, nonce, verifier, redirect_uri)

    def to_document(self) -> dict[str, str]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Person:
    """Whom the provider says that it is: its word for them, and their name where it gave one."""

    subject: str
    name: str | None


class OpenIdProvider:
    """One provider of the settings. Its keys are asked for anew each time: they may have changed."""

    def __init__(self, settings: Provider, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._known: tuple[datetime, dict[str, Any]] | None = None

    def authorization_url(self, begun: Begun) -> str:
        """Where the browser goes. Raises ``ProviderUnavailable``."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        endpoint = self._discover()["authorization_endpoint"]
        return str(
            prepare_grant_uri(
                endpoint,
                client_id=self.settings.client_id,
                response_type="code",
                redirect_uri=begun.redirect_uri,
                scope=" ".join(self.settings.scopes),
                state=begun.state,
                nonce=begun.nonce,
                code_challenge=create_s256_code_challenge(begun.verifier),
                code_challenge_method="S256",
            )
        )

    def person(self, begun: Begun, answer: Mapping[str, str]) -> Person:
        """Who came back with ``answer``, the query of the redirect.

        Raises ``ProviderRefused`` for anything that is not what ``begun`` asked for.
        """
        known = self._discover()
        self._check_answer(begun, answer, known)
        token = self._exchange(known, begun, answer["code"])
        claims = self._claims(known, token, begun.nonce)
        return self._person(claims)

    def sign_out_url(self, back_to: str) -> str | None:
        """Where one can sign out of the provider itself; ``None`` where it offers no such page."""
        endpoint = self._discover().get("end_session_endpoint")
        if endpoint is None:
            return None
        told = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back_to}
        parts = urlsplit(endpoint)
        query = "&".join(one for one in (parts.query, urlencode(told)) if one)
        return str(urlunsplit(parts._replace(query=query)))

    def _discover(self) -> dict[str, Any]:
        """The provider's metadata, of which every address was looked at."""
        now = self._clock()
        if self._known is None or not self._known[0] <= now < self._known[0] + METADATA_LASTS:
            self._known = now, self._ask()
        return self._known[1]

    def _ask(self) -> dict[str, Any]:
        issuer = self.settings.issuer
        known = self._fetch("GET", issuer.rstrip("/") + _WELL_KNOWN)
        if known.get("issuer") != issuer:
            raise ProviderRefused(
                f"{self.settings.name} calls itself by another issuer than the settings: not used"
            )
        for needed in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(known.get(needed), str):
                raise ProviderUnavailable(f"{self.settings.name} does not say its {needed}")
            self._require_allowed(known[needed])
        if (out := known.get("end_session_endpoint")) is not None:
            self._require_allowed(str(out))
        return known

    def _check_answer(
        self, begun: Begun, answer: Mapping[str, str], known: Mapping[str, Any]
    ) -> None:
        name = self.settings.name
        if begun.provider != name or not secrets.compare_digest(
            begun.state.encode(), answer.get("state", "").encode()
        ):
            raise ProviderRefused(f"this is no answer to the sign-in that was begun at {name}")
        # RFC 9207: an answer that another provider gave is told by its issuer (mix-up).
        named = answer.get("iss")
        wanted = known.get("authorization_response_iss_parameter_supported") is True
        if (named is not None or wanted) and named != self.settings.issuer:
            raise ProviderRefused(f"the answer does not come from {name}")
        if "error" in answer:
            raise ProviderRefused(f"{name} let nobody in: sign in there, or in another way")
        if not answer.get("code"):
            raise ProviderRefused(f"{name} sent no code")

    def _exchange(self, known: Mapping[str, Any], begun: Begun, code: str) -> dict[str, Any]:
        from authlib.oauth2.auth import ClientAuth

        secret = self.settings.client_secret()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.verifier,
        }
        methods = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = secret is not None and "client_secret_basic" in methods
        method = (
            "none" if secret is None else "client_secret_basic" if basic else "client_secret_post"
        )
        url, headers, body = ClientAuth(self.settings.client_id, secret, method).prepare(
            "POST", known["token_endpoint"], {"Content-Type": _FORM}, urlencode(form)
        )
        token = self._fetch("POST", url, headers=dict(headers), content=body)
        if not isinstance(token.get("id_token"), str):
            raise ProviderRefused(f"{self.settings.name} sent no ID token")
        return token

    def _claims(
        self, known: Mapping[str, Any], token: Mapping[str, Any], nonce: str
    ) -> dict[str, Any]:
        """The ID token's claims, every one of them checked that has to be."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        said = known.get("id_token_signing_alg_values_supported", ["RS256"])
        allowed = sorted(ALGORITHMS & set(said)) if isinstance(said, list) else []
        keys = self._fetch("GET", known["jwks_uri"])
        try:
            public = KeySet.import_key_set(_public_keys(keys))
            signed = jwt.decode(token["id_token"], public, algorithms=allowed)
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                options={
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                },
                params={
                    "nonce": nonce,
                    "client_id": self.settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as failure:
            raise ProviderRefused(
                f"the ID token of {self.settings.name} does not hold ({type(failure).__name__}): "
                "nobody was signed in"
            ) from failure
        return dict(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        claim = self.settings.claim
        subject = claims.get(claim)
        if not isinstance(subject, str) or not subject:
            raise ProviderRefused(
                f"{self.settings.name} does not say the claim {claim!r} of anybody"
            )
        if claim == "email" and claims.get("email_verified") is not True:
            raise ProviderRefused(f"{self.settings.name} has not verified that e-mail address")
        name = claims.get("name")
        return Person(subject, name if isinstance(name, str) and name else None)

    def _fetch(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        """The JSON object at ``url``, which is on an allowed host; nothing else is asked."""
        import httpx

        self._require_allowed(url)
        name, local = self.settings.name, urlsplit(url).hostname in LOOPBACK
        try:
            with (
                httpx.Client(
                    timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=not local
                ) as client,
                client.stream(method, url, **options) as response,
            ):
                text = _read(response)
                document = (
                    None if response.is_redirect else httpx.Response(200, content=text).json()
                )
        except httpx.HTTPError as failure:
            raise ProviderUnavailable(f"{name} does not answer: {failure}") from failure
        except ValueError as failure:
            raise ProviderUnavailable(f"{name} does not answer as a provider does") from failure
        if response.is_error:
            raise ProviderRefused(f"{name} refused with status {response.status_code}")
        if not isinstance(document, dict):
            raise ProviderUnavailable(f"{name} does not answer as a provider does")
        return document

    def _require_allowed(self, url: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        if not secure or parts.hostname not in self.settings.hosts or parts.username is not None:
            raise ProviderRefused(
                f"{self.settings.name} names an address at {parts.hostname}, which the settings do not: "
                "name that host under hosts if it is the provider's"
            )


_FORM = "application/x-www-form-urlencoded;charset=UTF-8"


def _read(response: Any) -> bytes:
    read = b""
    for part in response.iter_bytes():
        read += part
        if len(read) > LARGEST_ANSWER:
            raise ValueError("longer than any provider's answer")
    return read


def _public_keys(document: Mapping[str, Any]) -> Any:
    """The keys of public cryptography: a secret that a hostile key set brings along signs nothing."""
    keys = document.get("keys")
    if not isinstance(keys, list):
        raise ValueError("no key set")
    kinds = ("RSA", "EC", "OKP")
    return {"keys": [one for one in keys if isinstance(one, dict) and one.get("kty") in kinds]}
