"""The signed permit: its claims, and the JWS (RFC 7515, 7519) that carries them.

Anyone can check a permit offline: ``verify_jws(jws, public_key)`` needs this module and the public
key, nothing else of ours; any JOSE library with Ed25519 does as well.

The header is exactly ``{"alg": "Ed25519", "typ": "casemate-permit+jwt", "kid": ...}``: ``alg`` is
the fully specified name that RFC 9864 puts in the place of ``EdDSA``, ``kid`` the key's thumbprint
(RFC 7638). The payload is canonical JSON. A permit has one valid text only: any other
encoding of the same claims is refused, so that its digest on the ledger speaks for it.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import (
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from casemate.access.forms import Document, LegalBasis
from casemate.access.records import OutputRules
from casemate.canonical import canonical_json
from casemate.errors import BadInput, IntegrityFailure

ALGORITHM = "Ed25519"
TYPE = "casemate-permit+jwt"
MAX_PERMIT_BYTES = 8 * 2**20
"""A permit on 10,000 variables of 200 datasets still fits."""


class ScopeClaims(Document):
    """One dataset version of a permit, as signed."""

    dataset: str
    version: int
    variables: tuple[str, ...]
    pseudonyms: tuple[str, ...]
    plan: dict[str, Any]
    budget: dict[str, str] | None = None

    @model_serializer(mode="wrap")
    def _without_an_absent_budget(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Permits that were signed before budgets existed have one valid text too: without the name.
        claims: dict[str, Any] = write(self)
        return {name: value for name, value in claims.items() if (name, value) != ("budget", None)}


class PermitClaims(Document):
    """What a permit's signature covers. Moments are whole seconds since 1970, UTC (RFC 7519)."""

    iss: str
    """Who issued it: this data space's access body."""
    sub: str
    """The applicant; the same as ``applicant``, under the name that JOSE libraries look for."""
    jti: str
    """The permit's id."""
    iat: int
    nbf: int
    exp: int
    application: str | None
    applicant: str
    people: tuple[str, ...]
    scopes: tuple[ScopeClaims, ...]
    purpose: str
    purpose_text: str
    legal_basis: LegalBasis
    output_rules: OutputRules
    conditions: tuple[str, ...]
    standing: bool
    lineage: str
    supersedes: str | None
    profile: Literal[1] = 1
    """The version of this list of claims."""

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.exp <= self.nbf:
            raise ValueError("its dates are reversed")
        return self

    @property
    def valid_from(self) -> datetime:
        """The first moment at which it opens anything."""
        return datetime.fromtimestamp(self.nbf, UTC)

    @property
    def valid_until(self) -> datetime:
        """The first moment at which it opens nothing any more."""
        return datetime.fromtimestamp(self.exp, UTC)


def key_id(public_key: Ed25519PublicKey) -> str:
    """The thumbprint of ``public_key`` (RFC 7638), a permit's ``kid``."""
    return OKPKey.import_key(public_key).thumbprint()


def key_id_in(jws: str) -> str | None:
    """The ``kid`` that ``jws`` states, unproven; ``None`` where it states none."""
    try:
        stated = _parts(jws)[0].get("kid")
    except IntegrityFailure:
        return None
    return stated if isinstance(stated, str) else None


def public_jwk(public_key: Ed25519PublicKey) -> dict[str, str]:
    """``public_key`` as a JSON Web Key (RFC 8037), to publish beside the permits."""
    key = OKPKey.import_key(public_key)
    members = {name: str(value) for name, value in key.as_dict(private=False).items()}
    return {**members, "alg": ALGORITHM, "use": "sig", "kid": key.thumbprint()}


def sign(claims: PermitClaims, key: Ed25519PrivateKey) -> str:
    """``claims`` as a compact JWS. Raises ``BadInput`` where they are no canonical JSON or too big."""
    try:
        payload = canonical_json(claims.model_dump(mode="json"))
    except (TypeError, ValueError) as failure:
        raise BadInput(f"the permit cannot be signed: {failure}") from failure
    if len(payload) > MAX_PERMIT_BYTES:
        raise BadInput(f"the permit is {len(payload)} bytes long; {MAX_PERMIT_BYTES} at most")
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key_id(key.public_key())}
    return jose.serialize_compact(header, payload, OKPKey.import_key(key), registry=_registry())


def verify_jws(
    jws: str, public_key: Ed25519PublicKey | Mapping[str, Any] | Iterable[Ed25519PublicKey]
) -> PermitClaims:
    """The claims of ``jws``, if one of the keys given signed exactly this text.

    ``public_key`` is one key, a JSON Web Key, or several keys (after a rotation). Whether the permit
    is in force is another question: compare its dates, and ask its issuer whether it was revoked.
    Raises ``IntegrityFailure`` saying what does not hold.
    """
    keys = _keys(public_key)
    header, payload = _parts(jws)
    if header.keys() != {"alg", "typ", "kid"} or header["typ"] != TYPE:
        raise IntegrityFailure(f"the permit's header is not that of a permit: {header}")
    if header["alg"] != ALGORITHM:
        raise IntegrityFailure(
            f"the permit is signed by {header['alg']!r}; only {ALGORITHM} counts"
        )
    key = next((key for key in keys if key.thumbprint() == header["kid"]), None)
    if key is None:
        raise IntegrityFailure(f"the permit is signed by a key we do not know ({header['kid']})")
    try:
        jose.deserialize_compact(jws, key, registry=_registry())
    except (JoseError, ValueError) as failure:
        raise IntegrityFailure("the permit's signature is broken: it was altered") from failure
    return _claims(payload)


def _claims(payload: bytes) -> PermitClaims:
    try:
        claims = PermitClaims.model_validate_json(payload)
    except ValidationError as failure:
        raise IntegrityFailure(
            f"the permit's claims are not those of a permit: {failure}"
        ) from failure
    if canonical_json(claims.model_dump(mode="json")) != payload:
        raise IntegrityFailure("the permit's claims are not written in canonical JSON")
    return claims


def _parts(jws: str) -> tuple[dict[str, Any], bytes]:
    try:
        head, body, _signature = jws.split(".")
        header = json.loads(_decode(head))
        if not isinstance(header, dict):
            raise TypeError("its header is no JSON object")
        return header, _decode(body)
    except (ValueError, TypeError, RecursionError) as failure:
        raise IntegrityFailure(
            "this is no signed permit (a compact JWS): it was cut or altered"
        ) from failure


def _keys(given: Ed25519PublicKey | Mapping[str, Any] | Iterable[Ed25519PublicKey]) -> list[OKPKey]:
    if isinstance(given, Ed25519PublicKey):
        return [OKPKey.import_key(given)]
    if isinstance(given, Mapping):
        return [_key_from_jwk(given)]
    return [OKPKey.import_key(key) for key in given]


def _key_from_jwk(jwk: Mapping[str, Any]) -> OKPKey:
    try:
        members = {name: jwk[name] for name in ("kty", "crv", "x")}
        key = OKPKey.import_key(members)
        if not isinstance(key.public_key, Ed25519PublicKey):
            raise ValueError("its curve is not Ed25519")
    except (KeyError, TypeError, ValueError, JoseError) as failure:
        raise BadInput(f"the public key is no Ed25519 JSON Web Key: {failure}") from failure
    return key


def _registry() -> jose.JWSRegistry:
    registry = jose.JWSRegistry(algorithms=[ALGORITHM])
    registry.max_payload_length = MAX_PERMIT_BYTES * 4 // 3 + 4
    return registry


def _decode(segment: str) -> bytes:
    return base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
