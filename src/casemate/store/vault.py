"""The vault: data at rest, encrypted; plaintext never touches its disk.

Tables are Parquet with modular encryption (Apache Parquet format, AES-GCM, footer encrypted too), so
that a reader decrypts the columns it asks for and no others. Other bytes (scripts, outputs) are one
AES-256-GCM message. Each file has a data key of its own; destroying that key destroys the file.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from casemate.errors import IntegrityFailure, Unavailable

if TYPE_CHECKING:  # Arrow is slow to import, and who reads the ledger opens no table
    import pyarrow as pa

_NONCE_BYTES = 12


class Vault:
    """A folder of encrypted files named by record id; the caller holds the keys."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write_table(
        self, name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema, key: bytes
    ) -> int:
        """Encrypt ``batches`` (streamed, one row group each) into file ``name``; returns its bytes.

        The file appears whole or not at all; raises ``Unavailable`` when the disk is full.
        """
        from pyarrow.parquet import ParquetWriter

        from casemate.store.parquet_keys import encryption

        def write(path: Path) -> None:
            with ParquetWriter(
                path, schema, compression="zstd", encryption_properties=encryption(key)
            ) as writer:
                for batch in batches:
                    writer.write_batch(batch)

        return self._write_atomically(name, write)

    def read_table(self, name: str, key: bytes, columns: Sequence[str]) -> pa.Table:
        """Decrypt ``columns`` of the table in file ``name``; other columns stay sealed."""
        with self._opened(name, key) as file:
            return file.read(list(columns))

    def first_rows(self, name: str, key: bytes, columns: Sequence[str], most: int) -> pa.Table:
        """As ``read_table``, but ``most`` rows at most, and no more of the file read than they take."""
        import pyarrow as arrow

        with self._opened(name, key) as file:
            read = file.iter_batches(batch_size=most, columns=list(columns))
            batches = list(islice(read, 1))
            schema = batches[0].schema if batches else file.schema_arrow
        return arrow.Table.from_batches(batches, schema).slice(0, most)

    def table_schema(self, name: str, key: bytes) -> pa.Schema:
        """The columns of the table in file ``name`` and their types: its footer alone is decrypted."""
        with self._opened(name, key) as file:
            return file.schema_arrow

    def write_bytes(self, name: str, data: bytes, key: bytes) -> int:
        """Encrypt ``data`` into file ``name``; returns its bytes on disk."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, data, name.encode())
        return self._write_atomically(name, lambda path: _write_whole(path, sealed))

    def read_bytes(self, name: str, key: bytes) -> bytes:
        """Decrypt file ``name``; raises ``IntegrityFailure`` where it was altered or moved."""
        sealed = self._path(name).read_bytes()
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as failure:
            raise IntegrityFailure(
                f"vault file {name} was altered, or is not in its place"
            ) from failure

    def delete(self, name: str) -> None:
        """Remove file ``name``; that it is gone already is no error."""
        (self.root / name).unlink(missing_ok=True)

    def sweep(self, prefix: str, known: Collection[str], *, grace: float = 0) -> list[str]:
        """Remove the files that begin with ``prefix``, that ``known`` does not name, and that are
        older than ``grace`` seconds: a file is written before the record that names it.

        Gives their names. What a crash left half-written goes with them.
        """
        before = time.time() - grace
        orphans = []
        for path in sorted(self.root.glob(f"{prefix}*")):
            with suppress(FileNotFoundError):  # another process sweeps too
                if path.name not in known and path.stat().st_mtime <= before:
                    path.unlink()
                    orphans.append(path.name)
        return orphans

    @contextmanager
    def _opened(self, name: str, key: bytes) -> Iterator[Any]:
        from pyarrow import ArrowInvalid
        from pyarrow.parquet import ParquetFile

        from casemate.store.parquet_keys import decryption

        path = self._path(name)
        try:
            yield ParquetFile(path, decryption_properties=decryption(key))
        except (OSError, ArrowInvalid) as failure:
            raise IntegrityFailure(
                f"vault file {name} cannot be decrypted: it or its key was altered"
            ) from failure

    def _path(self, name: str) -> Path:
        path = self.root / name
        if not path.is_file():
            raise IntegrityFailure(
                f"vault file {name} is missing from {self.root}: it was removed behind the program's back"
            )
        return path

    def _write_atomically(self, name: str, write: Callable[[Path], None]) -> int:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.root / f"{name}.{secrets.token_hex(4)}.partial"
        with _disk_errors(name):
            try:
                write(partial)
                with partial.open("rb") as file:
                    os.fsync(file.fileno())
                size = partial.stat().st_size
                partial.replace(self.root / name)
                _sync_folder(self.root)
            finally:
                partial.unlink(missing_ok=True)
        return size


def _write_whole(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _disk_errors(name: str) -> Any:
    try:
        yield
    except OSError as failure:
        if failure.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Unavailable(
            f"the disk is full: {name} was not stored and nothing was changed"
        ) from failure
