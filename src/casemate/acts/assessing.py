"""A system held against the law: what is shown, what is not, what was not tested. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casemate.acts.gate import GateActs
from casemate.acts.papers import PaperActs
from casemate.canonical import digest

if TYPE_CHECKING:
    from casemate.assurance.assessing import Assessment
    from casemate.register.law import Answer, Facts

FORMS = ("html", "pdf", "docx")


@dataclass(frozen=True)
class AssessedSystem:
    """An assessment, its digest on the ledger, and its documents by form."""

    assessment: Assessment
    digest: str
    answer: Answer
    documents: Mapping[str, bytes] = field(repr=False)


class AssessingActs(PaperActs, GateActs):
    """Assessments of systems."""

    def assess_system(
        self,
        actor: str,
        algorithm: str,
        *,
        facts: Mapping[str, Any] | None = None,
        closed: bool = False,
        day: date | None = None,
        forms: Sequence[str] = (),
    ) -> AssessedSystem:
        """Hold an entry and the evidence on it against the law in force on ``day`` (today if not given).

        ``facts`` are as ``casemate.register.law`` reads them, ``closed`` where what they do not state does
        not apply; if not given, those that its keepers answered for documents, or what the record tells.
        The digests of the assessment and of its documents (``forms``) go on the ledger.
        """
        from casemate.assurance.evidence import text_of
        from casemate.assurance.report import report
        from casemate.papers import write
        from casemate.plain import plain
        from casemate.register.law import read_facts

        day = day or self.clock().date()
        with self._changing(actor, "algorithm.assess", algorithm) as tx:
            given = None if facts is None else read_facts(facts, closed=closed)
            found, answer = self._assessed(tx, algorithm, given, day)
            evaluations = self.evaluations_kept.find(tx, algorithm=algorithm)
            paper = report(found, answer, evaluations, datetime.combine(day, time(), UTC))
            documents = {form: write(paper, form) for form in forms}
            text = text_of(plain(found)).encode()
            told = {form: digest(data) for form, data in documents.items()}
            self.ledger.append(
                tx, actor=actor, act="algorithm.assessed", subject=algorithm,
                assessment=digest(text), **told,
            )  # fmt: skip
        return AssessedSystem(found, digest(text), answer, documents)

    def _assessed(
        self, tx: Session, algorithm: str, given: Facts | None, day: date
    ) -> tuple[Assessment, Answer]:
        from casemate.assurance.assessing import Known, assess, kind_of
        from casemate.register.law import classify

        kept = self.register.get(tx, algorithm)
        facts = given or self._facts_told(tx, algorithm, kept.record.told)
        answer = classify(facts, day)
        evaluations = tuple(self.evaluations_kept.find(tx, algorithm=algorithm))
        about = self.facts.algorithm(tx, algorithm).attrs
        types = kept.record.told.get("model_type", {})
        known = Known(
            kept=kept,
            answer=answer,
            kind=kind_of(evaluations, " ".join(types.values())),
            model=self.models_named.newest(tx, algorithm),
            evaluations=evaluations,
            standing=self._standing(tx, algorithm),
            is_public=bool(about["published"]),
            runs=sum(one.run is not None for one in evaluations),
        )
        return assess(known), answer

    def _facts_told(
        self,
        tx: Session,
        algorithm: str,
        record: Mapping[str, Any],
    ) -> Facts:
        from casemate.register.law import read_facts

        answered = self.answers_kept.newest(tx, algorithm).questionnaire
        if answered.facts:
            return read_facts(answered.facts, closed=answered.closed)
        return read_facts(_facts_of(record))


def _facts_of(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a record tells of the facts that the law asks for: its point of Annex III, where it is used."""
    points = [one for one in told.get("annex_iii_points", ()) if one != "none"]
    found: dict[str, Any] = {"role": "provider"}
    if points:
        found["annexIII_area"] = points[0]
    if area := told.get("area_of_use"):
        found["sector"] = area
    return found
