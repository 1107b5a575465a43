"""Dual control: a key split between two approvers, of whom one alone knows nothing about it.

One half is random and the other is the key XOR that half, so each half alone is independent of the
key (Shamir's 2-of-2 in its simplest form). Each share is sealed to its approver's name under the key
itself: a share that was renamed or damaged is found out when the two are joined.
"""

import hmac
import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from casemate.errors import BadInput, IntegrityFailure, NotAllowed

_TAG = b"casemate key share tag v1\0"
_SEAL = b"casemate key share seal v1\0"
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn"}
_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}


@dataclass(frozen=True)
class KeyShare:
    """One approver's half of a key; ``subject`` says what the key opens. Its half is not printed."""

    subject: str
    key_tag: str
    approver: str
    half: int
    secret: str = field(repr=False)
    seal: str = field(repr=False)

    def to_text(self) -> str:
        """The share as one line for its approver alone to keep."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> "KeyShare":
        """Read what ``to_text`` wrote; the message of its BadInput does not repeat the text."""
        try:
            share = cls(**json.loads(text))
            texts = (share.subject, share.key_tag, share.approver, share.secret, share.seal)
            if not all(isinstance(text, str) for text in texts):
                raise TypeError
            bytes.fromhex(share.secret)
        except (TypeError, ValueError):
            raise BadInput(
                "this text is no key share: give the line as it was handed out"
            ) from None
        if type(share.half) is not int or share.half not in (1, 2):
            raise BadInput("a key share is half 1 or half 2")
        return share


def split_key(key: bytes, subject: str, approvers: tuple[str, str]) -> tuple[KeyShare, KeyShare]:
    """Split ``key`` between two approvers, who must be different people (BadInput).

    Names that differ in case, blanks or Unicode form are one person's; a name with characters that
    nobody sees, or with letters of two scripts that look alike, is refused.
    """
    first, second = approvers
    if not _name(first) or not _name(second):
        raise BadInput("dual control needs two approvers by name")
    for approver in approvers:
        _require_readable(approver)
    if _name(first) == _name(second):
        raise BadInput(f"dual control needs two different approvers, not {first!r} twice")
    mask = os.urandom(len(key))
    halves = (mask, _xor(key, mask))
    made = [
        KeyShare(subject, _tag(key, subject), approver, number, half.hex(), "")
        for number, (approver, half) in enumerate(zip(approvers, halves, strict=True), start=1)
    ]
    sealed = [KeyShare(**{**asdict(share), "seal": _seal(key, share)}) for share in made]
    return sealed[0], sealed[1]


def join_shares(shares: Sequence[KeyShare], subject: str) -> bytes:
    """The key, from the shares of two different approvers.

    Raises NotAllowed unless there are two, of two approvers, for this ``subject`` and of one key;
    IntegrityFailure if a share was changed since it was handed out.
    """
    if len(shares) != 2:
        raise NotAllowed(f"the {subject} needs the shares of two approvers; {len(shares)} given")
    first, second = sorted(shares, key=lambda share: share.half)
    if _name(first.approver) == _name(second.approver):
        raise NotAllowed(
            f"the {subject} needs two different approvers; both shares are {first.approver}'s"
        )
    for share in (first, second):
        if share.subject != subject:
            raise NotAllowed(
                f"{share.approver}'s share opens the {share.subject}, not the {subject}"
            )
    if first.key_tag != second.key_tag:
        raise NotAllowed(f"the two shares for the {subject} belong to different keys")
    if (first.half, second.half) != (1, 2):
        raise NotAllowed(f"both shares are the same half of the key for the {subject}")
    return _joined(first, second, subject)


def _joined(first: KeyShare, second: KeyShare, subject: str) -> bytes:
    halves = [bytes.fromhex(share.secret) for share in (first, second)]
    if len(halves[0]) == len(halves[1]):
        key = _xor(*halves)
        good = _same(_tag(key, subject), first.key_tag)
        if good and all(_same(_seal(key, share), share.seal) for share in (first, second)):
            return key
    raise IntegrityFailure(
        f"a share for the {subject} is not as it was handed out (those of {first.approver} and "
        f"{second.approver} were given)"
    )


def _same(one: str, other: str) -> bool:
    """Whether they are equal, in constant time, whatever letters ``other`` came with."""
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))


def _name(approver: str) -> str:
    """The name as compared: without case, Unicode form, double blanks and what nobody sees."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", approver).casefold())
    seen = (letter for letter in text if unicodedata.category(letter) not in _UNSEEN)
    return " ".join("".join(seen).split())


def _require_readable(approver: str) -> None:
    """Two names that look the same would give both shares to one person."""
    if any(unicodedata.category(letter) in _UNSEEN for letter in approver):
        raise BadInput("an approver's name holds a character that nobody sees: write it anew")
    letters = (letter for letter in approver if letter.isalpha())
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
    if len(scripts & _ALIKE) > 1:
        raise BadInput(
            "an approver's name mixes letters of scripts that look alike: write it in one script"
        )


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def _tag(key: bytes, subject: str) -> str:
    return hmac.digest(key, _TAG + subject.encode(), "sha256")[:8].hex()


def _seal(key: bytes, share: KeyShare) -> str:
    bound = json.dumps([share.subject, share.approver, share.half, share.secret]).encode()
    return hmac.digest(key, _SEAL + bound, "sha256")[:16].hex()
