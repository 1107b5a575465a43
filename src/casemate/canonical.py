"""Canonical JSON (RFC 8785, for the values we allow): equal documents have equal bytes and digests."""

import hashlib
import json
from typing import Any


def canonical_json(document: Any) -> bytes:
    """``document`` as UTF-8 JSON with sorted keys and no spaces.

    Floats are refused by ``ValueError``: RFC 8785 fixes their form through ECMAScript, which Python
    does not share; write such figures as strings or integers.
    """
    _refuse_floats(document)
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(data: bytes) -> str:
    """``sha256:<hex>`` of ``data``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError(f"canonical JSON takes no float: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
