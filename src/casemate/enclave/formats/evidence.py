"""What a machine can tell a checker of text that nothing recomputes.

``look`` gives a short list of what it found, for the checker's page alone, and says when it is enough to
refuse: text in disguise (base64, hex, other encodings) that holds people, lines that are people's rows.
The researcher sees the rule's name and no finding.
"""

import base64
import binascii
import contextlib
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from casemate.enclave.checks_model import CheckContext, Findings
from casemate.enclave.checks_parse import canonical_cell
from casemate.enclave.checks_records import scan_pseudonyms, scan_values
from casemate.enclave.formats.crowd import MIN_COLUMNS, Crowd

_MAX_LINES, _MAX_BLOBS, _MAX_BLOB = 2000, 50, 512 * 1024
_ENOUGH_ROWS = 3
_LONG_WORD = 60  # base85 and other codes that nothing here reads have no spaces
# Possessive, and each run is a match or short, so that no text makes the search go back over it.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}+={0,2}(?:\s++[A-Za-z0-9+/_-]{40,}+={0,2})*+")
_HEX = re.compile(r"[0-9a-fA-F]{48,}+|(?:[0-9a-fA-F]{2}[ :]){24,}+|(?:[0-9a-fA-F]{32,}+\s++){2,}+")
_LONG_NUMBER = re.compile(r"\d{12,}")
_SPLIT = re.compile(r"[^\w.+-]+")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)


@dataclass
class Evidence:
    """What was found: ``problems`` refuse, ``notes`` are for the checker; neither quotes a value."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def look(data: bytes, context: CheckContext) -> Evidence:
    """What ``data``, taken as text, tell. Bounded: of large files a part is looked at."""
    found = Evidence()
    text = data.decode("utf-8-sig", errors="replace")
    _describe(text, data, found)
    few = context.rules.min_cell
    crowds = [Crowd(frame, few) for frame in context.inputs.values() if frame.height]
    _rows(text, crowds, found, "its lines")
    for what, hidden in _disguised(text):
        found.notes.append(f"a block of {len(hidden)} bytes written as {what}")
        _judge_hidden(hidden, what, context, crowds, found)
    invisible = len(_INVISIBLE.findall(text))
    if invisible:
        found.problems.append(f"{invisible} invisible characters")
    return Evidence(found.problems[:20], found.notes[:20])


def entropy(data: bytes) -> float:
    """Shannon's entropy of the bytes, bits a byte: words about 4.5, packed or random data near 8."""
    if not data:
        return 0.0
    shares = [count / len(data) for count in Counter(data).values()]
    return -sum(share * math.log2(share) for share in shares)


def _describe(text: str, data: bytes, found: Evidence) -> None:
    lines = text.splitlines()
    found.notes.append(
        f"{len(data)} bytes, {len(lines)} lines, longest {max(map(len, lines), default=0)} characters, "
        f"{entropy(data):.1f} bits a byte"
    )
    if numbers := len(_LONG_NUMBER.findall(text)):
        found.notes.append(f"{numbers} numbers of twelve digits or more")
    if unbroken := sum(len(word) > _LONG_WORD for word in text.split()):
        found.notes.append(f"{unbroken} words of more than {_LONG_WORD} characters")
    mixed = sum(1 for word in set(text.split()[:20_000]) if _scripts(word) > 1)
    if mixed:
        found.notes.append(f"{mixed} words mix alphabets that look alike")
    trailing = sum(1 for line in lines if line != line.rstrip(" \t"))
    if trailing > 3:
        found.notes.append(f"{trailing} lines end in white space, which can carry a message")
    if len(lines) > _MAX_LINES:
        found.notes.append(f"only the first {_MAX_LINES} lines were compared with people")


def _scripts(word: str) -> int:
    names = {unicodedata.name(letter, "?").split()[0] for letter in word[:40] if letter.isalpha()}
    return len(names & {"LATIN", "CYRILLIC", "GREEK"})


def _disguised(text: str) -> Iterator[tuple[str, bytes]]:
    """(how it is written, what it is) for each block that is bytes in disguise."""
    for what, pattern in (("hexadecimal", _HEX), ("base64", _BASE64)):
        for match in islice(pattern.finditer(text[: 4 * _MAX_BLOB]), _MAX_BLOBS):
            if what == "base64" and _HEX.fullmatch(match[0]):
                continue
            whole = _decoded(what, match[0])
            pieces = (
                [whole] if whole is not None else [_decoded(what, one) for one in match[0].split()]
            )
            for hidden in pieces[:_MAX_BLOBS]:
                if hidden:
                    yield what, hidden[:_MAX_BLOB]


def _decoded(what: str, written: str) -> bytes | None:
    letters = re.sub(r"[\s:]", "", written)
    with contextlib.suppress(binascii.Error, ValueError):
        if what == "hexadecimal":
            return bytes.fromhex(letters[: len(letters) // 2 * 2])
        plain = letters.rstrip("=").replace("-", "+").replace("_", "/")
        # a letter too many is that of a line that was not taken
        plain = plain[:-1] if len(plain) % 4 == 1 else plain
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    return None


def _judge_hidden(
    hidden: bytes, what: str, context: CheckContext, crowds: list[Crowd], found: Evidence
) -> None:
    for form in _unfolded(hidden):
        inner = Findings()
        scan_pseudonyms(form, context, inner)
        scan_values(form, context, inner)
        if inner.decision == "refuse":
            found.problems.append(f"values of people, written as {what}")
        _rows(form, crowds, found, f"a block written as {what}")


def _unfolded(hidden: bytes) -> Iterator[str]:
    """``hidden`` as text: as it is, unpacked (bounded), and in sixteen bits a letter."""
    forms = [hidden]
    for wbits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        with contextlib.suppress(zlib.error):
            forms.append(zlib.decompressobj(wbits).decompress(hidden, _MAX_BLOB))
    for form in forms:
        yield form.decode("utf-8", errors="replace")
        if form.count(0) * 3 > len(form):
            yield form.replace(b"\0", b"").decode("utf-8", errors="replace")


def _rows(text: str, crowds: list[Crowd], found: Evidence, where: str) -> None:
    """Lines that hold values of one person which few share, more than chance would give."""
    each = (_words(line) for line in text.splitlines()[:_MAX_LINES])
    lines = [words for words in each if len(words) >= MIN_COLUMNS]
    for crowd in crowds:
        real, chance = crowd.told_by(lines)
        if real >= _ENOUGH_ROWS and real > 2 * chance:
            found.problems.append(f"{real} of {where} hold values that few people share")
        elif real:
            found.notes.append(f"{real} of {where} could be people; by chance {chance} would")


def _words(line: str) -> frozenset[str]:
    cells = (canonical_cell(word) for word in _SPLIT.split(line[:2000])[:200])
    return frozenset(cell for cell in cells if cell is not None)
