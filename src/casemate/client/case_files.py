"""Case files: what somebody gathers of the texts, and alerts on what changes in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from casemate.canonical import digest
from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.acts.case_files import MadeExport
    from casemate.knowledge.casefiles import Alert, CaseFile, CaseFileEntry, Right


class CaseFiles(Part):
    """Case files."""

    def open_case_file(self, title: str, notes: str = "") -> CaseFile:
        """Begin a case file of one's own; nobody else reads it until it is shared."""
        return _case_file(self._wire.post("/case-files", {"title": title, "notes": notes}))

    def case_file(self, case_file: str) -> CaseFile:
        """A case file as it stands."""
        return _case_file(self._wire.get(_at(case_file)))

    def case_files(self) -> Sequence[CaseFileEntry]:
        """One's own case files and those that one may read, the newest change first."""
        from casemate.knowledge.casefiles import CaseFileEntry

        return [decoded(CaseFileEntry, one) for one in self._wire.get("/case-files")]

    def describe_case_file(
        self,
        case_file: str,
        title: str,
        notes: str,
        *,
        seen: int | None = None,
        if_match: Seen = None,
    ) -> CaseFile:
        """Give it this title and these notes; raises ``Conflict`` where it is past version ``seen``."""
        asked = {"title": title, "notes": notes, "seen": seen}
        return _case_file(self._wire.put(_at(case_file), asked, if_match=if_match))

    def pin_provision(
        self,
        case_file: str,
        corpus: str,
        work: str,
        key: str,
        language: str,
        on: date,
        *,
        if_match: Seen = None,
    ) -> CaseFile:
        """Pin a provision as it stood ``on`` a day; from now on alerts tell of its changes."""
        asked = {"corpus": corpus, "work": work, "key": key, "language": language, "on": on}
        return self._put_in(case_file, "pins", asked, if_match)

    def pin_quote(
        self,
        case_file: str,
        corpus: str,
        question: str,
        language: str,
        on: date,
        *,
        known: date | None = None,
        number: int = 1,
        if_match: Seen = None,
    ) -> CaseFile:
        """Ask the question and pin quote ``number`` of the answer, with the answer's receipt."""
        asked = {
            "corpus": corpus, "question": question, "language": language, "on": on, "known": known,
            "number": number,
        }  # fmt: skip
        return self._put_in(case_file, "quotes", asked, if_match)

    def save_search(
        self,
        case_file: str,
        corpus: str,
        words: str,
        language: str,
        *,
        works: Sequence[str] = (),
        on: date | None = None,
        if_match: Seen = None,
    ) -> CaseFile:
        """Save a search; alerts tell what is new in its first results, on ``on`` or on each day."""
        asked = {
            "corpus": corpus, "words": words, "language": language, "works": list(works), "on": on,
        }  # fmt: skip
        return self._put_in(case_file, "searches", asked, if_match)

    def take_from_case_file(self, case_file: str, item: str) -> CaseFile:
        """Take a pin, a quote or a search out."""
        return _case_file(self._wire.delete(f"{_at(case_file)}/items/{segment(item)}"))

    def arrange_case_file(
        self, case_file: str, items: Sequence[str], *, if_match: Seen = None
    ) -> CaseFile:
        """Put what is in it in the order of ``items``; the rest stays behind them."""
        asked = {"items": list(items)}
        return _case_file(self._wire.put(f"{_at(case_file)}/order", asked, if_match=if_match))

    def delete_case_file(self, case_file: str) -> None:
        """Delete one's own case file, with its alerts: it cannot be brought back."""
        self._wire.delete(_at(case_file))

    def share_case_file(
        self, case_file: str, party: str, right: Right | str = "read", *, if_match: Seen = None
    ) -> CaseFile:
        """Share one's own case file with an account of one's organisation, or with an organisation."""
        return self._put_in(case_file, "shares", {"party": party, "right": right}, if_match)

    def end_case_file_share(self, case_file: str, party: str) -> CaseFile:
        """Share one's own case file no longer with somebody."""
        return _case_file(self._wire.delete(f"{_at(case_file)}/shares/{segment(party)}"))

    def case_file_alerts(self, case_file: str) -> Sequence[Alert]:
        """What has changed in the texts that a case file is about, the newest first."""
        from casemate.knowledge.casefiles import Alert

        return [decoded(Alert, one) for one in self._wire.get(f"{_at(case_file)}/alerts")]

    def mark_case_alerts_seen(self, case_file: str, alerts: Sequence[str] | None = None) -> int:
        """Mark alerts, or all of them, as seen by oneself; gives how many were not."""
        asked = {"alerts": None if alerts is None else list(alerts)}
        return int(self._wire.post(f"{_at(case_file)}/alerts/seen", asked)["marked"])

    def my_case_data(self) -> Mapping[str, Any]:
        """All that is kept of one's own case files, to take along (GDPR Art. 15 and 20)."""
        told: Mapping[str, Any] = self._wire.get("/case-files/data")
        return told

    def export_case_file(
        self, case_file: str, form: str, *, style: str = "luxembourg", language: str = "fr"
    ) -> MadeExport:
        """A case file as a file of ``form``, cited in ``style``."""
        asked = {"form": form, "style": style, "lang": language}
        return self._file(f"{_at(case_file)}/export", case_file, asked)

    def export_answer(
        self,
        name: str,
        question: str,
        language: str,
        on: date,
        form: str,
        *,
        known: date | None = None,
        quotes: int = 3,
        style: str = "luxembourg",
    ) -> MadeExport:
        """One answer as a file; for anyone."""
        asked = {
            "question": question, "lang": language, "on": on, "form": form, "known": known,
            "quotes": quotes, "style": style,
        }  # fmt: skip
        return self._file(f"/corpora/{segment(name)}/answer/export", "answer", asked)

    def _file(self, path: str, source: str, asked: dict[str, Any]) -> MadeExport:
        from casemate.acts.case_files import MadeExport

        media_type, content = self._wire.file(path, **asked)
        form, style, language = asked["form"], asked["style"], asked["lang"]
        return MadeExport(source, form, style, language, media_type, digest(content), content)

    def _put_in(self, case_file: str, what: str, asked: Any, if_match: Seen) -> CaseFile:
        return _case_file(self._wire.post(f"{_at(case_file)}/{what}", asked, if_match=if_match))


def _at(case_file: str) -> str:
    return f"/case-files/{segment(case_file)}"


def _case_file(document: Any) -> CaseFile:
    from casemate.knowledge.casefiles import CaseFile

    return decoded(CaseFile, document)
