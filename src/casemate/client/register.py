"""The register of algorithms: find, read, record, revise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.register.exports import Export
    from casemate.register.feedback import Feedback
    from casemate.register.keeping import KeptRecord, Revision
    from casemate.register.records import Record
    from casemate.register.search import AlgorithmPage, ListedAlgorithm, Place


class Register(Part):
    """The register."""

    def search_algorithms(
        self,
        text: str = "",
        *,
        organisation: Sequence[str] = (),
        ai_act_class: Sequence[str] = (),
        status: Sequence[str] = (),
        complete: Sequence[str] = (),
        after: Place | None = None,
        limit: int = 20,
    ) -> AlgorithmPage:
        """A page of what you may read that has the words of ``text``; without a token, what is published.

        ``after`` is where the page before ended.
        """
        from casemate.register.search import AlgorithmPage

        filters = {
            "organisation": list(organisation),
            "ai_act_class": list(ai_act_class),
            "status": list(status),
            "complete": list(complete),
        }
        cursor = None if after is None else _cursor(after)
        page = self._wire.get("/algorithms", q=text, cursor=cursor, limit=limit, **filters)
        items = [_told(one) for one in page["items"]]
        following = items[-1]["place"] if page["next"] else None
        return decoded(AlgorithmPage, {**page, "items": items, "next": following})

    def each_algorithm(self, text: str = "", **filters: Any) -> Iterator[ListedAlgorithm]:
        """Every one, page after page as they are asked for."""
        from casemate.register.search import ListedAlgorithm

        for one in self._wire.pages("/algorithms", q=text, **filters):
            yield decoded(ListedAlgorithm, _told(one))

    def algorithm(self, algorithm: str, version: int | None = None) -> KeptRecord:
        """A version of an algorithm's record; where none is named, the newest if you read it, else the
        published one."""
        return _kept(self._wire.get(f"/algorithms/{segment(algorithm)}", version=version))

    def algorithm_history(self, algorithm: str) -> Sequence[Revision]:
        """Every version that you may read with what it changed, the newest first."""
        from casemate.register.keeping import Revision

        pages = self._wire.pages(f"/algorithms/{segment(algorithm)}/history")
        return [decoded(Revision, {**one, "kept": _told(one["kept"])}) for one in pages]

    def record_algorithm(self, record: Record) -> KeptRecord:
        """Enter an algorithm of one's own organisation in the register."""
        return _kept(self._wire.post("/algorithms", {"record": record}))

    def revise_algorithm(
        self, algorithm: str, record: Record, *, seen: int, reason: str, if_match: Seen = None
    ) -> KeptRecord:
        """The record's next version after ``seen``; ``Conflict`` where somebody else was first."""
        asked = {"record": record, "seen": seen, "reason": reason}
        where = f"/algorithms/{segment(algorithm)}/revise"
        return _kept(self._wire.post(where, asked, if_match=if_match))

    def publish_algorithm(
        self, algorithm: str, reason: str, *, if_match: Seen = None
    ) -> KeptRecord:
        """Let everyone see the newest version of an entry of one's own organisation."""
        where = f"/algorithms/{segment(algorithm)}/publish"
        return _kept(self._wire.post(where, {"reason": reason}, if_match=if_match))

    def withdraw_algorithm(
        self, algorithm: str, reason: str, *, if_match: Seen = None
    ) -> KeptRecord:
        """Take an entry of one's own organisation from the public's sight; its versions stay kept."""
        where = f"/algorithms/{segment(algorithm)}/withdraw"
        return _kept(self._wire.post(where, {"reason": reason}, if_match=if_match))

    def export_algorithm(
        self, algorithm: str, standard: str, *, language: str | None = None
    ) -> Export:
        """An entry in the form of another register, with what it lacks there."""
        from casemate.register.exports import Export

        where = f"/algorithms/{segment(algorithm)}/export"
        return decoded(Export, self._wire.get(where, standard=standard, language=language))

    def give_feedback(
        self,
        algorithm: str,
        kind: str,
        text: str,
        *,
        contact: str = "",
        language: str = "en",
        source: str | None = None,
    ) -> tuple[Feedback, str]:
        """Say something of a published algorithm; gives it with a code, told this once.

        ``source`` is not sent: the server sees where it comes from.
        """
        said = {"kind": kind, "text": text, "contact": contact, "language": language}
        told = self._wire.post(f"/algorithms/{segment(algorithm)}/feedback", said)
        return _feedback(told["feedback"]), str(told["code"])

    def feedback_of(self, code: str) -> Feedback:
        """What the owner of ``code`` wrote, and the answer."""
        return _feedback(self._wire.post("/feedback/of-code", {"code": code}))

    def take_back_feedback(self, code: str) -> Feedback:
        """Erase what the owner of ``code`` wrote, how to reach them, and the answer."""
        return _feedback(self._wire.post("/feedback/take-back", {"code": code}))

    def algorithm_feedback(self, algorithm: str) -> Sequence[Feedback]:
        """What was said of an algorithm, the newest first, for its organisation and the authority."""
        pages = self._wire.pages(f"/algorithms/{segment(algorithm)}/feedback")
        return sorted(map(_feedback, pages), key=lambda one: one.received_at, reverse=True)

    def waiting_feedback(self) -> dict[str, int]:
        """How many messages wait for an answer, by algorithm; of those whose feedback you read."""
        told: dict[str, int] = self._wire.get("/feedback/waiting")
        return told

    def answer_feedback(self, feedback: str, answer: str) -> Feedback:
        """Answer for one's own organisation, once; raises ``Conflict`` where that was done."""
        where = f"/feedback/{segment(feedback)}/answer"
        return _feedback(self._wire.post(where, {"answer": answer}))


def _feedback(document: Any) -> Feedback:
    from casemate.register.feedback import Feedback

    return decoded(Feedback, document)


def _cursor(after: Place) -> str:
    """As the server writes it."""
    import base64
    import json

    return base64.urlsafe_b64encode(json.dumps(list(after)).encode()).decode().rstrip("=")


def _kept(document: Any) -> KeptRecord:
    from casemate.register.keeping import KeptRecord

    return decoded(KeptRecord, _told(document))


def _told(document: Any) -> Any:
    """``document`` with its record as the register reads it: lists of words are tuples there."""
    from casemate.register.records import read_record

    return {**document, "record": read_record(document["record"])}
