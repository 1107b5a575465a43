"""A stream's state, sealed: what lets it go on after a stop without a record lost or doubled.

It holds records whose class is not full, and who is in it: as secret as the data. So it exists only
sealed (AES-256-GCM) under a key derived from the stream's pseudonym key, bound to the stream's
settings. Sealing cannot tell an old state from the newest: keep it where only the stream writes.
"""

import base64
import io
import json
import os
from typing import Any

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casemate.errors import IntegrityFailure

_DERIVE = b"casemate stream state v1\0"
_NONCE = 12


def seal_state(key: bytes, settings: str, state: dict[str, Any]) -> bytes:
    """``state`` (numbers, texts and polars frames) sealed; ``settings`` is the stream's digest."""
    nonce = os.urandom(_NONCE)
    written = json.dumps(state, default=_written).encode()
    return nonce + AESGCM(_derived(key)).encrypt(nonce, written, settings.encode())


def open_state(key: bytes, settings: str, sealed: bytes) -> dict[str, Any]:
    """What was sealed; IntegrityFailure if it was changed, or belongs to another key or stream."""
    try:
        opened = AESGCM(_derived(key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], settings.encode())
    except (InvalidTag, ValueError):
        raise IntegrityFailure(
            "the stream's state was changed, or is that of another stream, plan, setting or key: "
            "start anew from the first record, with a new output"
        ) from None
    state: dict[str, Any] = json.loads(opened, object_hook=_read)
    return state


def _derived(key: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, _DERIVE).derive(key)


def _written(value: Any) -> dict[str, str]:
    """A frame as Arrow, which keeps its types."""
    buffer = io.BytesIO()
    value.write_ipc(buffer)
    return {"*frame": base64.b64encode(buffer.getvalue()).decode()}


def _read(document: dict[str, Any]) -> Any:
    if document.keys() != {"*frame"}:
        return document
    return pl.read_ipc(io.BytesIO(base64.b64decode(document["*frame"])))
