"""Documents that the law asks for: answers for them, and the documents themselves."""

from __future__ import annotations

from base64 import b64decode
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from casemate.client.part import Part
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.acts.papers import MadeDocument
    from casemate.register.documents import Questionnaire
    from casemate.register.documents.keeping import KeptAnswers


class Papers(Part):
    """Documents on algorithms."""

    def answer_for_documents(
        self, algorithm: str, given: Questionnaire, *, seen: int
    ) -> KeptAnswers:
        """Keep the next version of the answers on an algorithm of one's own organisation."""
        asked = {"questionnaire": given.document(), "seen": seen}
        return _kept(self._wire.put(f"/algorithms/{segment(algorithm)}/answers", asked))

    def answers_for_documents(self, algorithm: str) -> KeptAnswers:
        """The newest answers on an algorithm; version 0 where there are none."""
        return _kept(self._wire.get(f"/algorithms/{segment(algorithm)}/answers"))

    def make_document(
        self,
        algorithm: str,
        kind: str,
        *,
        form: str = "html",
        language: str = "en",
        as_of: date | None = None,
    ) -> MadeDocument:
        """A document on an algorithm, by the law in force on ``as_of`` (today where it is not named)."""
        from casemate.acts.papers import MadeDocument, Missing

        day = None if as_of is None else as_of.isoformat()
        asked = {"kind": kind, "form": form, "language": language, "as_of": day}
        told = self._wire.post(f"/algorithms/{segment(algorithm)}/documents", asked)
        told.pop("filename")
        return MadeDocument(
            **told
            | {
                "as_of": date.fromisoformat(told["as_of"]),
                "gaps": tuple(Missing(**one) for one in told["gaps"]),
                "content": b64decode(told["content"]),
            }
        )


def _kept(told: dict[str, Any]) -> KeptAnswers:
    from casemate.register.documents import read_questionnaire
    from casemate.register.documents.keeping import KeptAnswers

    moment = told["kept_at"] and datetime.fromisoformat(told["kept_at"])
    given = read_questionnaire(told["questionnaire"])
    return KeptAnswers(**told | {"questionnaire": given, "kept_at": moment})
