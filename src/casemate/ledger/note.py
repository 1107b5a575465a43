"""Signed notes and checkpoints, as other transparency logs write them.

Source: c2sp.org/signed-note and c2sp.org/tlog-checkpoint. A note is text, an empty line and
signature lines; a checkpoint is a note whose text is origin, size and root of a log. Witnesses and
verifiers written for Go's checksum database or Sigstore read ours.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from casemate.errors import BadInput, IntegrityFailure

_ED25519 = b"\x01"
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_MOST_NOTE_BYTES = (
    100_000  # sixteen signatures of any kind fit; a hostile file does not fill memory
)


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name it signs under; ``str()`` gives ``name+key id+base64`` (a vkey)."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(letter.isspace() for letter in self.name):
            raise BadInput(
                f"{self.name!r} cannot name a key: give a name without spaces and plus signs"
            )
        if len(self.public) != _KEY_BYTES:
            raise BadInput(f"an Ed25519 public key has {_KEY_BYTES} bytes, not {len(self.public)}")

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> "VerifierKey":
        """The public half of ``key``, under ``name``."""
        return cls(name, key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey; raises ``BadInput`` where it is none, or its key id is not its key's."""
        parts = text.strip().split("+", 2)  # base64 may hold further plus signs
        material = _unbase64(parts[2], "verifier key") if len(parts) == 3 else b""
        if material[:1] != _ED25519:
            raise BadInput(f"{text!r} is no Ed25519 verifier key: it reads name+key id+base64")
        key = cls(parts[0], material[1:])
        if key.id.hex() != parts[1]:
            raise BadInput(
                f"the verifier key {text!r} was altered: its key id should be {key.id.hex()}"
            )
        return key

    @cached_property
    def id(self) -> bytes:
        """Four bytes that tell keys apart; no security rests on them."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @cached_property
    def key(self) -> Ed25519PublicKey:
        """The key that checks signatures."""
        return Ed25519PublicKey.from_public_bytes(self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.public)}"


@dataclass(frozen=True)
class Checkpoint:
    """The size and root of a log at one moment: all that it ever held, in one hash."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text; raises ``BadInput`` where it is no checkpoint."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise BadInput("this is no checkpoint: it needs the lines origin, size and root")
        origin, size, root = lines[0], lines[1], _unbase64(lines[2], "checkpoint's root")
        if not re.fullmatch("0|[1-9][0-9]{0,18}", size):
            raise BadInput(f"this is no checkpoint: its size {size!r} is no plain decimal number")
        if len(root) != hashlib.sha256().digest_size:
            raise BadInput(f"this is no checkpoint: its root has {len(root)} bytes instead of 32")
        return cls(origin, int(size), root)


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """``text`` (ending in a newline) as a note signed by ``key`` under ``name``."""
    signer = VerifierKey.of(name, key)
    return attach(text, signer, key.sign(text.encode()))


def attach(text: str, signer: VerifierKey, signature: bytes) -> str:
    """``text`` as a note with this one signature."""
    return f"{text}\n— {signer.name} {_base64(signer.id + signature)}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """The text of ``note``, once ``key``'s signature on it holds.

    Signatures by other keys are passed over, as the specification asks. Raises ``BadInput`` where
    this is no signed note, ``IntegrityFailure`` where ``key`` did not sign it or the text was altered.
    """
    if len(note) > _MOST_NOTE_BYTES or any(letter < " " and letter != "\n" for letter in note):
        raise BadInput("this is no signed note: it is too long or holds control characters")
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise BadInput("this is no signed note: it needs text, an empty line and signature lines")
    text += "\n"
    found = False
    for line in signatures[:-1].split("\n"):
        name, key_id, signature = _signature_line(line)
        if (name, key_id) == (key.name, key.id):
            found = True
            _require_signature(text, signature, key)
    if not found:
        raise IntegrityFailure(f"the note carries no signature of {key.name}+{key.id.hex()}")
    return text


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint in ``note``, signed by ``key`` and of the log that the key is named after.

    Raises as ``open_note`` does, and ``IntegrityFailure`` where it is another log's checkpoint.
    """
    checkpoint = Checkpoint.parse(open_note(note, key))
    if checkpoint.origin != key.name:
        raise IntegrityFailure(
            f"the checkpoint is of the log {checkpoint.origin!r}, not {key.name!r}"
        )
    return checkpoint


def checkpoint_size(note: str) -> int:
    """The size that a checkpoint states, unchecked: enough to tell the newer of two of one's own."""
    lines = note.split("\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() else 0


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    decoded = _unbase64(encoded, "signature")
    if dash != "—" or not name or len(decoded) <= _KEY_ID_BYTES:
        raise BadInput(f"this is no signature line: {line!r}")
    return name, decoded[:_KEY_ID_BYTES], decoded[_KEY_ID_BYTES:]


def _require_signature(text: str, signature: bytes, key: VerifierKey) -> None:
    try:
        key.key.verify(signature, text.encode())
    except InvalidSignature:
        raise IntegrityFailure(
            f"the signature of {key.name}+{key.id.hex()} does not fit the note: it was altered"
        ) from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(text: str, what: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(f"the {what} is not base64: {text!r}") from None
    if _base64(decoded) != text:  # two spellings of one value would be two notes for one signature
        raise BadInput(f"the {what} is not in canonical base64: {text!r}")
    return decoded
