"""Parquet modular encryption under one data key; apart from the vault, since Arrow is slow to import."""

import secrets
from base64 import b64decode, b64encode
from typing import Any

import pyarrow.parquet.encryption as pe
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from casemate.errors import IntegrityFailure

_NONCE_BYTES = 12
_FOOTER_KEY = "data-key"


class _DataKeyWrap(pe.KmsClient):  # type: ignore[misc]
    """Parquet's own per-file keys, wrapped by our data key: the KMS that modular encryption asks for."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._cipher = AESGCM(key)

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return b64encode(nonce + self._cipher.encrypt(nonce, key_bytes, None))

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        sealed = b64decode(wrapped_key)
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        except InvalidTag as failure:
            raise IntegrityFailure("a vault table does not open with this key") from failure


def _factory(key: bytes) -> tuple[Any, Any]:
    return pe.CryptoFactory(lambda _config: _DataKeyWrap(key)), pe.KmsConnectionConfig()


def encryption(key: bytes) -> Any:
    """What a writer is given, so that the whole file is encrypted under ``key``."""
    factory, connection = _factory(key)
    return factory.file_encryption_properties(
        connection,
        pe.EncryptionConfiguration(
            footer_key=_FOOTER_KEY,
            uniform_encryption=True,
            encryption_algorithm="AES_GCM_V1",
            data_key_length_bits=256,
            double_wrapping=False,
        ),
    )


def decryption(key: bytes) -> Any:
    """What a reader is given to open a file that was written under ``key``."""
    factory, connection = _factory(key)
    return factory.file_decryption_properties(connection)
