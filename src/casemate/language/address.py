"""Addresses of endpoints: they are recorded, so they hold no secret, and go in the clear to nobody else."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from casemate.errors import BadInput


def require_address(url: str) -> str:
    """``url`` as the base of an API; raises ``BadInput`` where it holds a secret or goes in the clear."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput("an endpoint is the base of an API: https://host/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput(
            "an endpoint's address has no password, query or fragment: it is recorded, and a key is not"
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise BadInput(
            f"{parts.hostname} is not this machine: an endpoint elsewhere is asked over https only"
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
