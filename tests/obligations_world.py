"""Provisions made by hand, for tests of duties."""

from datetime import date
from hashlib import sha256

from casemate.knowledge.documents.library import Stored, Version


def stored(key: str, text: str, *, path: tuple[str, ...] = (), language: str = "en") -> Stored:
    """A provision of an invented work."""
    version = Version(
        id=1, work="dogs", language=language, title="Dogs", kind="", eli="", valid_from=date(2025, 1, 1),
        valid_to=None, known_from=None, licence="", attribution="", problems=(),
    )  # fmt: skip
    return Stored(
        version=version, place=0, key=key, kind="article", number=key, heading="", path=path, text=text,
        digest=sha256(text.encode()).hexdigest(), as_filed="", since=None, eli="", terms=(), references=(),
    )  # fmt: skip
