"""An exported ledger recomputed on this machine, told as the platform tells of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import TextIO

from cryptography.exceptions import InvalidSignature

from casemate.ledger import Report, verifier

_STEP = 1000
"""Entries between two calls of ``progress``."""


def checked(
    file: TextIO, key: str | None, older: str | None, progress: Callable[[int, int], None] | None
) -> Report:
    """What the stand-alone verifier says of the export in ``file``, whose key is ``key``, or its own."""
    size, root = 0, b""
    problems: tuple[str, ...] = ()
    try:
        header = json.loads(file.readline())
        vkey = key or str(header["vkey"])
        size, root = verifier.read_checkpoint(header["checkpoint"], "the export's checkpoint")
        file.seek(0)
        verifier.verify(_told(file, size, progress), vkey, older)
    except (verifier.Broken, InvalidSignature) as failure:
        problems = (str(failure) or "a checkpoint was altered: its signature does not hold",)
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as failure:
        problems = (f"this is not a ledger's export, or not a key: {failure!r}",)
    return Report(size, base64.b64encode(root).decode(), not problems, problems)


def _told(lines: TextIO, size: int, progress: Callable[[int, int], None] | None) -> Iterator[str]:
    for number, line in enumerate(lines):
        if progress is not None and (number % _STEP == 0 or number == size):
            progress(number, size)
        yield line
