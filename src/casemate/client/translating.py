"""Texts in other languages, and their terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.knowledge.translation import Term, Translation
    from casemate.knowledge.translation.keeping import KeptMemory


class Translating(Part):
    """Translations, terms, memories."""

    def translate_provision(
        self,
        name: str,
        work: str,
        key: str,
        source: str,
        target: str,
        on: date,
        *,
        machine: bool = True,
    ) -> Translation:
        """A provision in another language: official, from the memory, or by a machine; each says which."""
        from casemate.knowledge.translation import Translation

        asked = {
            "work": work, "key": key, "from": source, "to": target, "on": on.isoformat(),
            "machine": str(machine).lower(),
        }  # fmt: skip
        found = self._wire.get(f"/corpora/{segment(name)}/translation", **asked)
        return decoded(Translation, found)

    def translate_text(
        self, name: str, text: str, source: str, target: str, *, machine: bool = True
    ) -> Translation:
        """A text of one's own, by a collection's memory and by machines; nothing of it is kept."""
        from casemate.knowledge.translation import Translation

        asked = {"text": text, "source": source, "target": target, "machine": machine}
        found = self._wire.post(f"/corpora/{segment(name)}/translation", asked)
        return decoded(Translation, found)

    def terms_of_corpus(
        self, name: str, source: str, target: str, text: str = "", *, most: int = 200
    ) -> Sequence[Term]:
        """Terms of a collection in two languages that have the words of ``text``, for anyone."""
        from casemate.knowledge.translation import Term

        asked: dict[str, str | int] = {"from": source, "to": target, "text": text, "most": most}
        found = self._wire.get(f"/corpora/{segment(name)}/terms", **asked)
        return [decoded(Term, one) for one in found]

    def memory_of_corpus(self, name: str) -> KeptMemory | None:
        """What the translation memory of a collection holds; ``None`` where there is none."""
        from casemate.knowledge.translation.keeping import KeptMemory

        found = self._wire.get(f"/corpora/{segment(name)}/memory")
        return None if found is None else decoded(KeptMemory, found)
