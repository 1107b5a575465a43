"""What the law asks of a company, and how it stands with it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.knowledge.obligations.binding import Overview
    from casemate.knowledge.obligations.keeping import (
        CompanyOverview,
        KeptCompany,
        Step,
        StepForm,
    )


class Obligations(Part):
    """Companies and their duties."""

    def obligations_of(
        self, corpus: str, document: Mapping[str, Any], on: date, language: str, *, only: str = ""
    ) -> Overview:
        """What binds the company that ``document`` tells of; for anyone, and nothing is kept."""
        from casemate.knowledge.obligations.binding import Overview

        asked = {
            "company": document, "on": on.isoformat(), "lang": language, "instrument": only,
        }  # fmt: skip
        return decoded(Overview, self._wire.post(f"/corpora/{segment(corpus)}/obligations", asked))

    def export_obligations_of(
        self, corpus: str, document: Mapping[str, Any], on: date, language: str, form: str
    ) -> bytes:
        """The same as a file, in a form of ``exports.FORMS``."""
        asked = {"company": document, "on": on.isoformat(), "lang": language, "form": form}
        told = self._wire.post(f"/corpora/{segment(corpus)}/obligations/file", asked)
        return b64decode(told["content"])

    def add_company(self, document: Mapping[str, Any]) -> KeptCompany:
        """Keep a profile of one's own organisation."""
        from casemate.knowledge.obligations.keeping import KeptCompany

        return decoded(KeptCompany, self._wire.post("/companies", {"company": document}))

    def change_company(
        self, profile: str, document: Mapping[str, Any], *, seen: int
    ) -> KeptCompany:
        """The next version of a profile; ``seen`` is the version that was looked at."""
        from casemate.knowledge.obligations.keeping import KeptCompany

        asked = {"company": document, "seen": seen}
        return decoded(KeptCompany, self._wire.put(f"/companies/{segment(profile)}", asked))

    def company(self, profile: str) -> KeptCompany:
        """A profile of one's own organisation."""
        from casemate.knowledge.obligations.keeping import KeptCompany

        return decoded(KeptCompany, self._wire.get(f"/companies/{segment(profile)}"))

    def companies(self) -> Sequence[KeptCompany]:
        """The profiles of one's own organisation."""
        from casemate.knowledge.obligations.keeping import KeptCompany

        return [decoded(KeptCompany, one) for one in self._wire.get("/companies")]

    def company_obligations(
        self, profile: str, corpus: str, on: date, language: str
    ) -> CompanyOverview:
        """What binds a company ``on`` a day, and how it stands with it as of that day."""
        from casemate.knowledge.obligations.keeping import CompanyOverview

        asked = {"corpus": corpus, "on": on.isoformat(), "lang": language}
        told = self._wire.get(f"/companies/{segment(profile)}/obligations", **asked)
        return decoded(CompanyOverview, told)

    def note_on_duty(
        self, profile: str, corpus: str, form: StepForm, *, on: date, language: str
    ) -> Step:
        """Say how it stands with a duty, and what that rests on."""
        from casemate.knowledge.obligations.keeping import Step

        asked = asdict(form) | {"corpus": corpus, "on": on.isoformat(), "lang": language}
        return decoded(Step, self._wire.post(f"/companies/{segment(profile)}/steps", asked))

    def export_obligations(
        self, profile: str, corpus: str, on: date, language: str, form: str
    ) -> bytes:
        """A company's duties and how it stands with them as a file."""
        asked = {"corpus": corpus, "on": on.isoformat(), "lang": language, "form": form}
        told = self._wire.get(f"/companies/{segment(profile)}/obligations/file", **asked)
        return b64decode(told["content"])
