"""The OpenID providers that a home's settings name: ``[[oidc]]`` in ``casemate.toml``.

address = "https://data.example.lu"     # where the portal is, as browsers see it

[[oidc]]
name = "health"                         # in addresses and on the ledger
title = "Ministry of Health"            # on the sign-in page
issuer = "https://login.example.lu"
client_id = "casemate"
client_secret_env = "HEALTH_SECRET"     # or client_secret_file, of mode 0600; never the secret itself
scopes = ["openid", "profile"]
claim = "sub"                           # whose value operators link to accounts
hosts = ["keys.example.lu"]             # what else than the issuer's host its endpoints may be on
organisation = "org-ministry"           # with role: who is unknown gets an account of the public
role = "public"
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from casemate.errors import BadInput

_TEXTS = {
    "name", "title", "issuer", "client_id", "client_secret_env", "client_secret_file", "claim",
    "organisation", "role",
}  # fmt: skip
_LISTS = {"scopes", "hosts"}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Provider:
    """One provider's settings. ``organisation`` is set where strangers get an account of the public."""

    name: str
    title: str
    issuer: str
    client_id: str
    scopes: tuple[str, ...]
    claim: str
    hosts: frozenset[str]
    """Where its endpoints may be: the issuer's host, and what the settings add."""
    organisation: str | None
    secret_variable: str | None
    secret_file: Path | None

    def client_secret(self, environ: Mapping[str, str] = os.environ) -> str | None:
        """The client's secret, read anew each time; ``None`` for a public client.

        Raises ``BadInput`` where the settings name one that is not there, or that others can read.
        """
        if self.secret_variable is not None:
            if secret := environ.get(self.secret_variable):
                return secret
            raise BadInput(
                f"provider {self.name}: set {self.secret_variable} to the client's secret"
            )
        if self.secret_file is None:
            return None
        if not self.secret_file.is_file():
            raise BadInput(f"provider {self.name}: there is no file {self.secret_file}")
        if stat.S_IMODE(self.secret_file.stat().st_mode) & 0o077:
            raise BadInput(
                f"{self.secret_file} can be read by others: run `chmod 600 {self.secret_file}`"
            )
        return self.secret_file.read_text(encoding="utf-8").strip()


def read_providers(documents: Any, root: Path) -> tuple[Provider, ...]:
    """What ``[[oidc]]`` says; files are named from ``root``. Raises ``BadInput``."""
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise BadInput("the settings' oidc is a list of tables: write [[oidc]] above each provider")
    providers = tuple(_provider(one, root) for one in documents)
    for field in ("name", "issuer"):
        values = [getattr(one, field) for one in providers]
        if twice := {one for one in values if values.count(one) > 1}:
            raise BadInput(f"the settings name the oidc {field} {sorted(twice)[0]} twice")
    return providers


def check_address(address: Any) -> str:
    """``address`` if a browser can be sent there safely: https, or http on loopback; no path."""
    if not isinstance(address, str):
        raise BadInput("the settings' address is a text such as https://data.example.lu")
    parts = _safe_url(address, "the settings' address")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BadInput(f"the settings' address {address!r} has a path: give scheme and host alone")
    return address.rstrip("/")


def _provider(document: Mapping[str, Any], root: Path) -> Provider:
    texts, lists = _typed(document)
    name = texts.get("name", "")
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"the oidc provider's name is {name!r}: give lower-case letters, digits and hyphens"
        )
    where = f"provider {name}"
    for needed in ("issuer", "client_id"):
        if not texts.get(needed):
            raise BadInput(f"{where}: the settings lack {needed}")
    issuer = _safe_url(texts["issuer"], f"{where}: issuer")
    if issuer.query or issuer.fragment:
        raise BadInput(f"{where}: an issuer has no query and no fragment")
    if {"client_secret_env", "client_secret_file"} <= texts.keys():
        raise BadInput(f"{where}: give client_secret_env or client_secret_file, not both")
    file = texts.get("client_secret_file")
    return Provider(
        name=name,
        title=texts.get("title", name),
        issuer=texts["issuer"],
        client_id=texts["client_id"],
        scopes=tuple(dict.fromkeys(["openid", *lists.get("scopes", ["profile"])])),
        claim=texts.get("claim", "sub"),
        hosts=frozenset({str(issuer.hostname), *lists.get("hosts", [])}),
        organisation=_organisation(texts, where),
        secret_variable=texts.get("client_secret_env"),
        secret_file=None if file is None else root / file,
    )


def _typed(document: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, list[str]]]:
    if unknown := sorted(set(document) - _TEXTS - _LISTS):
        raise BadInput(f"an oidc provider has no settings {unknown}; see docs/sign-in.md")
    texts = {key: value for key, value in document.items() if key in _TEXTS}
    lists = {key: value for key, value in document.items() if key in _LISTS}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise BadInput(f"the oidc setting {key} is a text, not {value!r}")
    for key, values in lists.items():
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise BadInput(f"the oidc setting {key} is a list of texts, not {values!r}")
    return texts, lists


def _organisation(texts: Mapping[str, str], where: str) -> str | None:
    organisation, role = texts.get("organisation"), texts.get("role")
    if organisation is None and role is None:
        return None
    if organisation is None or role != "public":
        raise BadInput(
            f"{where}: strangers get an account only of an organisation and of the role public: give "
            'organisation and role = "public", or neither'
        )
    return organisation


def _safe_url(text: str, what: str) -> Any:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise BadInput(f"{what} {text!r} is no address") from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or not parts.hostname or parts.username is not None:
        raise BadInput(f"{what} {text!r} is not https://HOST; http is for this machine alone")
    return parts
