"""What binds a company, and how it stands with it. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from casemate.acts.knowledge import KnowledgeActs
from casemate.errors import NotFound

if TYPE_CHECKING:
    from casemate.knowledge.obligations.binding import CompanyDuty, Overview
    from casemate.knowledge.obligations.companies import Company
    from casemate.knowledge.obligations.instruments import Instruments
    from casemate.knowledge.obligations.keeping import (
        Companies,
        CompanyOverview,
        KeptCompany,
        Step,
        StepForm,
    )


class ObligationActs(KnowledgeActs):
    """The acts on companies and their duties. To ask what the law says of a profile takes no account."""

    @cached_property
    def instruments(self) -> Instruments:
        """The project's instruments, and the operator's in the home's ``instruments``."""
        from casemate.knowledge.obligations.instruments import read_instruments

        ours = files("casemate.register.law") / "instruments"
        return read_instruments(ours, self.home.root / "instruments")

    @cached_property
    def companies_kept(self) -> Companies:
        """The room of profiles."""
        from casemate.knowledge.obligations.keeping import Companies

        return Companies(self.ledger, self.clock)

    # ── for anyone ───────────────────────────────────────────────────────────────────────────────

    def obligations_of(
        self, corpus: str, document: Mapping[str, Any], on: date, language: str, *, only: str = ""
    ) -> Overview:
        """What binds the company that ``document`` tells of; for anyone, and nothing is kept."""
        from casemate.knowledge.obligations.companies import read_company

        return self._overview(corpus, read_company(document, self.instruments), on, language, only)

    def _overview(
        self, corpus: str, company: Company, on: date, language: str, only: str = ""
    ) -> Overview:
        from casemate.knowledge.obligations.binding import overview
        from casemate.register.law.companies import ai_facts

        uses = company.answers.get("uses_ai")
        derived = ai_facts(company.systems, uses if isinstance(uses, bool) else None, on)
        with self._library(corpus) as library:
            return overview(
                library,
                corpus,
                self.instruments,
                {**company.answers, **derived},
                on,
                language,
                only=only,
            )

    def export_obligations_of(
        self, corpus: str, document: Mapping[str, Any], on: date, language: str, form: str
    ) -> bytes:
        """The same as a file, in a form of ``exports.FORMS``; raises ``BadInput`` for assessment results,
        which are of kept profiles alone.
        """
        from casemate.knowledge.obligations.exports import Exported, export

        found = self.obligations_of(corpus, document, on, language)
        return export(Exported(str(document.get("name", "")), found, None), form, language)

    # ── for an organisation ──────────────────────────────────────────────────────────────────────

    def add_company(self, actor: str, document: Mapping[str, Any]) -> KeptCompany:
        """Keep a profile of one's own organisation."""
        company = self._company(document)
        with self._act(actor, "company.keep", self.facts.new_company, actor) as tx:
            own = self.identity.account(tx, actor).organisation
            return self.companies_kept.add(tx, actor, own, company)

    def change_company(
        self, actor: str, profile: str, document: Mapping[str, Any], *, seen: int
    ) -> KeptCompany:
        """The next version of a profile; ``seen`` is the version that was looked at."""
        company = self._company(document)
        with self._act(actor, "company.keep", self.facts.company, profile) as tx:
            return self.companies_kept.change(tx, actor, profile, company, seen)

    def _company(self, document: Mapping[str, Any]) -> Company:
        from casemate.knowledge.obligations.companies import read_company

        return read_company(document, self.instruments)

    def company(self, actor: str, profile: str) -> KeptCompany:
        """A profile of one's own organisation."""
        with self._look(actor, "company.read", self.facts.company, profile) as tx:
            return self.companies_kept.get(tx, profile)

    def companies(self, actor: str) -> Sequence[KeptCompany]:
        """The profiles of one's own organisation."""
        with self._look(actor, "company.list", self.facts.home) as tx:
            own = self.identity.account(tx, actor).organisation
            return self.companies_kept.of_organisation(tx, own)

    def company_obligations(
        self, actor: str, profile: str, corpus: str, on: date, language: str
    ) -> CompanyOverview:
        """What binds a company ``on`` a day, and how it stands with it as of that day."""
        from casemate.knowledge.obligations.keeping import CompanyOverview, statuses

        with self._look(actor, "company.read", self.facts.company, profile) as tx:
            kept = self.companies_kept.get(tx, profile, on)
            steps = self.companies_kept.steps(tx, profile, on)
        found = self._overview(corpus, self._company(kept.document), on, language)
        status, gone = statuses(found, steps)
        return CompanyOverview(kept, found, status, gone)

    def note_on_duty(
        self, actor: str, profile: str, corpus: str, form: StepForm, *, on: date, language: str
    ) -> Step:
        """Say how it stands with a duty as its words are ``on`` a day, with what that rests on.

        Raises ``NotFound`` for a duty that the company does not have then, and what reading the evidence
        raises where ``actor`` may not.
        """
        from casemate.knowledge.obligations.keeping import require_step

        require_step(form)
        duty = self._duty(actor, profile, corpus, form.duty, on, language)
        self._require_readable(actor, form)
        with self._act(actor, "company.keep", self.facts.company, profile) as tx:
            return self.companies_kept.note(tx, actor, profile, duty, form)

    def _duty(
        self, actor: str, profile: str, corpus: str, duty: str, on: date, language: str
    ) -> CompanyDuty:
        found = self.company_obligations(actor, profile, corpus, on, language).overview
        known = {one.id: one for one in (*found.duties, *found.coming)}
        if duty not in known:
            raise NotFound(
                f"{profile} has no duty {duty[:200]!r} on {on}: `law obligations` lists them"
            )
        return known[duty]

    def _require_readable(self, actor: str, form: StepForm) -> None:
        """Evidence that is a record here is one that ``actor`` may read."""
        kinds = {
            "algorithm": ("algorithm.read", self.facts.algorithm),
            "evaluation": ("evaluation.read", self.facts.evaluation),
        }
        if form.kind in kinds and form.reference.strip():
            action, facts = kinds[form.kind]
            with self._look(actor, action, facts, form.reference.strip()):
                pass

    def export_obligations(
        self, actor: str, profile: str, corpus: str, on: date, language: str, form: str
    ) -> bytes:
        """A company's duties and how it stands with them as a file, as ``export_obligations_of``."""
        from casemate.knowledge.obligations.exports import Exported, export

        found = self.company_obligations(actor, profile, corpus, on, language)
        name = str(found.company.document["name"])
        return export(Exported(name, found.overview, found.status), form, language)
