"""The keyring: one master key, kept outside the vault, from which every other secret follows.

The master key comes from the first of these that is set: the environment variable
``CASEMATE_MASTER_KEY`` (64 hexadecimal digits), the command ``CASEMATE_MASTER_KEY_COMMAND`` (a
KMS or HSM client that prints them), or the file ``keys/master.key`` with mode 0600.

Data keys are random and wrapped by AES-256-GCM; signing and pseudonym keys are derived by
HKDF-SHA-256 (RFC 5869) with one label a purpose, so that no key serves two.
"""

import os
import secrets
import shlex
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casemate.errors import BadInput, IntegrityFailure, NotFound

KEY_BYTES = 32
_NONCE_BYTES = 12


class Keyring:
    """Wraps data keys and derives all others from one 32-byte master key."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise BadInput(
                f"the master key has {len(master)} bytes; give {KEY_BYTES} (64 hex digits)"
            )
        self.generation = 0
        """Counts the changes of the master key that this object has gone along with."""
        self._retained: Mapping[str, Sequence[bytes]] = {}
        self._former: Mapping[str, Sequence[Ed25519PublicKey]] = {}
        self._master = master
        self._wrapping = AESGCM(self.derive("wrap"))

    def become(self, other: "Keyring") -> None:
        """Be ``other`` from now on: every room that holds this keyring goes on with the new master key."""
        self._master, self._wrapping = other._master, other._wrapping
        self.generation += 1

    def remember(
        self,
        retained: Mapping[str, Sequence[bytes]],
        former: Mapping[str, Sequence[Ed25519PublicKey]],
    ) -> None:
        """Know what earlier master keys left: ``retained`` keys (wrapped), and ``former`` public ones."""
        self._retained, self._former = retained, former

    def __repr__(self) -> str:
        return "Keyring(…)"  # never the key

    def derive(self, label: str) -> bytes:
        """The 32-byte key for ``label``; two labels give unrelated keys (RFC 5869)."""
        kdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"casemate/{label}".encode())
        return kdf.derive(self._master)

    def lasting(self, label: str) -> bytes:
        """As ``derive``, but the same for ever: the key of ``label`` outlives a change of the master key
        where it was retained then. For what must stay equal to what was made before, such as pseudonyms."""
        return self.every(label)[-1]

    def every(self, label: str) -> tuple[bytes, ...]:
        """Today's key of ``label`` and those retained, the newest first, to recognise what any made."""
        kept = self._retained.get(label, ())
        count = len(kept)
        return (
            self.derive(label),
            *(self.unwrap(one, f"retained:{label}:{count - at}") for at, one in enumerate(kept)),
        )

    def retain(self, label: str, number: int, key: bytes) -> bytes:
        """``key``, the ``number``-th that is retained of ``label``, wrapped."""
        return self._wrap(key, f"retained:{label}:{number}")

    def public_keys(self, label: str) -> tuple[Ed25519PublicKey, ...]:
        """The public key that signs for ``label``, and before it those that did, the newest first."""
        return (self.signing_key(label).public_key(), *self._former.get(label, ()))

    def opens(self, kind: str, value: bytes, context: str) -> bool:
        """Whether ``value``, a wrapped ``key`` or a sealed ``text``, opens with this master key."""
        try:
            self._open(kind, value, context)
        except IntegrityFailure:
            return False
        return True

    def encrypt_anew(self, old: "Keyring", kind: str, value: bytes, context: str) -> bytes:
        """What ``old`` encrypted, under this master key; raises ``IntegrityFailure`` if it is not its."""
        opened = old._open(kind, value, context)
        if isinstance(opened, str):
            return self.seal(opened, context)
        return self._wrap(opened, context)

    def _open(self, kind: str, value: bytes, context: str) -> bytes | str:
        if kind == "text":
            return self.unseal(value, context)
        return self.unwrap(value, context)

    def signing_key(self, label: str) -> Ed25519PrivateKey:
        """The Ed25519 key that signs for ``label`` (``ledger`` or ``permit``)."""
        return Ed25519PrivateKey.from_private_bytes(self.derive(f"sign/{label}"))

    def new_data_key(self, context: str) -> tuple[bytes, bytes]:
        """A fresh data key and the same key wrapped, bound to ``context`` (a record's id)."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, self._wrap(key, context)

    def _wrap(self, key: bytes, context: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, context.encode())

    def seal(self, text: str, context: str) -> bytes:
        """A short text, encrypted under a key of its own purpose and bound to ``context``."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.derive("seal")).encrypt(nonce, text.encode(), context.encode())

    def unseal(self, sealed: bytes, context: str) -> str:
        """What ``seal`` encrypted; raises ``IntegrityFailure`` where it was altered."""
        cipher = AESGCM(self.derive("seal"))
        try:
            text = cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag as failure:
            raise IntegrityFailure(f"the sealed text of {context} was altered") from failure
        return text.decode()

    def unwrap(self, wrapped: bytes | None, context: str) -> bytes:
        """The data key of ``context``.

        Raises ``NotFound`` where the key was destroyed, ``IntegrityFailure`` where it was wrapped by
        another master key, for another record, or was altered.
        """
        if wrapped is None:
            raise NotFound(f"the key of {context} was destroyed: its data cannot be read again")
        try:
            return self._wrapping.decrypt(
                wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context.encode()
            )
        except InvalidTag as failure:
            raise IntegrityFailure(
                f"the key of {context} does not open with this home's master key: it was altered, "
                "or the master key is another home's"
            ) from failure


def load_keyring(key_file: Path, *, environ: Mapping[str, str] = os.environ) -> Keyring:
    """The keyring from environment, command or file, in that order; raises ``BadInput`` if unusable."""
    if (given := _given("CASEMATE_MASTER_KEY", environ)) is not None:
        return given
    return Keyring(_from_file(key_file))


def next_keyring(key_file: Path, *, environ: Mapping[str, str] = os.environ) -> Keyring | None:
    """The keyring that is to come, where one was brought: from ``CASEMATE_NEXT_MASTER_KEY``, the command
    ``CASEMATE_NEXT_MASTER_KEY_COMMAND``, or the file that a change of the key leaves until it is done."""
    if comes_from_outside(environ):
        return _given("CASEMATE_NEXT_MASTER_KEY", environ)
    coming = next_file(key_file)
    return Keyring(_from_file(coming)) if coming.exists() else None


def comes_from_outside(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether environment or command bring the master key, and no file of the home."""
    return bool(environ.get("CASEMATE_MASTER_KEY") or environ.get("CASEMATE_MASTER_KEY_COMMAND"))


def next_file(key_file: Path) -> Path:
    """Where a new master key lies while it takes the place of the old one."""
    return key_file.with_name(key_file.name + ".next")


def _given(name: str, environ: Mapping[str, str]) -> Keyring | None:
    if text := environ.get(name):
        return Keyring(_from_hex(text, f"the environment variable {name}"))
    if command := environ.get(f"{name}_COMMAND"):
        return Keyring(_from_hex(_output_of(command, name), f"the command {name}_COMMAND"))
    return None


def create_key_file(key_file: Path) -> None:
    """Write a fresh master key with mode 0600, unless one is there."""
    key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(key_file.parent)


def sync_folder(folder: Path) -> None:
    """Have the disk keep which files ``folder`` has now."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _from_file(key_file: Path) -> bytes:
    if not key_file.exists():
        raise NotFound(
            f"no master key at {key_file}: run `casemate init`, or set CASEMATE_MASTER_KEY"
        )
    if stat.S_IMODE(key_file.stat().st_mode) & 0o077:
        raise BadInput(f"{key_file} can be read by others: run `chmod 600 {key_file}`")
    return _from_hex(key_file.read_text(encoding="ascii", errors="replace"), str(key_file))


def _output_of(command: str, name: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command and environment
            shlex.split(command), capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, ValueError, subprocess.SubprocessError) as failure:
        raise BadInput(f"{name}_COMMAND cannot be run: {failure}") from failure
    if done.returncode != 0:
        raise BadInput(f"{name}_COMMAND ended with code {done.returncode}")
    return done.stdout


def _from_hex(text: str, source: str) -> bytes:
    try:
        return bytes.fromhex(text.strip())
    except ValueError:
        raise BadInput(f"{source} does not give 64 hexadecimal digits") from None
