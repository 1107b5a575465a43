"""A passage: one provision of a text as retrieval sees it, plain, whatever read it.

The order of the stream is the order of the text: neighbours in a work are neighbours in the stream. A
provision that has had several wordings is as many passages, each with the days on which it was in
force.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from casemate.errors import BadInput

LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Passage:
    """One wording of one provision in one language.

    ``id`` is unique in a stream. ``work`` names the text that it is part of in every version and
    language; ``title`` is that text's title in the passage's language. ``path`` are the headings above
    it, outermost first; ``number`` ("Art. 5bis") and ``heading`` are its own. In force on
    [``valid_from``, ``valid_to``); ``None`` is open. ``provision`` is the same for every version and
    language of one provision.
    """

    id: str
    language: str
    work: str
    title: str
    text: str
    path: tuple[str, ...] = ()
    number: str = ""
    heading: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    provision: str = ""

    def in_force(self, day: date | None) -> bool:
        """Whether this wording was in force on ``day``; without a day every wording counts."""
        if day is None:
            return True
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day < self.valid_to)

    @property
    def version_key(self) -> tuple[str, date | None]:
        """Which version of which work it is part of, where works are versioned as a whole."""
        return self.work, self.valid_from

    @property
    def digest(self) -> str:
        """SHA-256 of all that is indexed: equal digests need no new index."""
        parts = (
            self.id, self.language, self.work, self.title, *self.path, self.number, self.heading, self.text,
            str(self.valid_from), str(self.valid_to), self.provision,
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def checked(passages: Iterable[Passage]) -> Iterator[Passage]:
    """The stream, each passage looked at: unique ids, a language, days in order. Raises ``BadInput``."""
    seen: set[str] = set()
    for passage in passages:
        if not passage.id or passage.id in seen:
            raise BadInput(f"two passages have the id {passage.id!r}: each needs one of its own")
        seen.add(passage.id)
        if not LANGUAGE.fullmatch(passage.language):
            raise BadInput(
                f"passage {passage.id}: {passage.language!r} is no language code such as fr"
            )
        if passage.valid_from and passage.valid_to and passage.valid_to < passage.valid_from:
            raise BadInput(f"passage {passage.id}: it ends before it begins")
        yield passage
