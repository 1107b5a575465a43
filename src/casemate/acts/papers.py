"""Documents that the law asks for, and what keepers answer for them. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from casemate.acts.known import KnownActs
from casemate.canonical import digest
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.access import Permits
    from casemate.acts.paper_evidence import Seen
    from casemate.assurance.keeping import KeptEvaluation
    from casemate.assurance.naming import NamedModel
    from casemate.catalogue import Catalogue
    from casemate.enclave import Enclave, Run
    from casemate.papers import Block
    from casemate.register.documents import Questionnaire
    from casemate.register.documents.keeping import Answers, KeptAnswers
    from casemate.register.sandboxes import Sandboxes


@dataclass(frozen=True)
class MadeDocument:
    """A document as it was made: its bytes, and what of it is told and missing."""

    algorithm: str
    kind: str
    form: str
    language: str
    as_of: date
    record_version: int
    answers_version: int
    told: int
    gaps: tuple[Missing, ...]
    digest: str
    content: bytes

    @property
    def filename(self) -> str:
        """A name for its file."""
        return f"{self.algorithm}-{self.kind}-{self.language}.{self.form}"


@dataclass(frozen=True)
class Missing:
    """A gap of a document: the question, and in words what is missing, who gives it and where."""

    key: str
    what: str
    who: str
    where: str


def _require_sort(kind: str, form: str, language: str) -> None:
    from casemate.papers import FORMATS, LANGUAGES
    from casemate.register.documents import document_kind

    document_kind(kind)
    if form not in FORMATS or language not in LANGUAGES:
        raise BadInput(
            f"documents are written as {', '.join(FORMATS)} in {', '.join(LANGUAGES)}, not as "
            f"{form!r} in {language!r}"
        )


class PaperActs(KnownActs):
    """The acts on documents."""

    permits: Permits
    sandboxes: Sandboxes

    if TYPE_CHECKING:

        @property
        def catalogue(self) -> Catalogue: ...

        @property
        def enclave(self) -> Enclave: ...

    @cached_property
    def answers_kept(self) -> Answers:
        """The room of answers."""
        from casemate.register.documents.keeping import Answers

        return Answers(self.ledger, self.clock)

    def answer_for_documents(
        self, actor: str, algorithm: str, given: Questionnaire, *, seen: int
    ) -> KeptAnswers:
        """Keep the next version of the answers on an algorithm of one's own organisation.

        ``seen`` is the version that was looked at, 0 for the first. Raises ``NotFound`` for a permit that
        there is not, and ``NotAllowed`` for one that ``actor`` may not read.
        """
        for permit in given.permits:
            with self._look(actor, "permit.read", self.facts.permit, permit):
                pass
        with self._changing(actor, "algorithm.record", algorithm) as tx:
            return self.answers_kept.keep(tx, actor, algorithm, given, seen)

    def answers_for_documents(self, actor: str, algorithm: str) -> KeptAnswers:
        """The newest answers on an algorithm; version 0 where there are none."""
        self._require_known(actor, algorithm)
        with self._look(actor, "algorithm.read", self.facts.algorithm, algorithm) as tx:
            return self.answers_kept.newest(tx, algorithm)

    def make_document(
        self,
        actor: str,
        algorithm: str,
        kind: str,
        *,
        form: str = "html",
        language: str = "en",
        as_of: date | None = None,
    ) -> MadeDocument:
        """A document on an algorithm, by the law in force on ``as_of`` (today where it is not named).

        ``kind``: one of ``casemate.register.documents.KINDS``; ``form``: ``html``, ``pdf`` or ``docx``;
        ``language``: ``en``, ``fr``, ``de`` or ``lb``. It holds what ``actor`` may read; the same bytes
        come of the same record, answers and evidence, and their digest is on the ledger.
        """
        with self._changing(actor, "document.make", algorithm) as tx:
            _require_sort(kind, form, language)
            made = self._made(tx, actor, algorithm, kind, form, language, as_of)
            self.ledger.append(
                tx, actor=actor, act="document.made", subject=algorithm, kind=kind, form=form,
                language=language, as_of=made.as_of.isoformat(), version=made.record_version,
                answers=made.answers_version, gaps=len(made.gaps), document=made.digest,
            )  # fmt: skip
            return made

    def _made(
        self,
        tx: Session,
        actor: str,
        algorithm: str,
        kind: str,
        form: str,
        language: str,
        as_of: date | None,
    ) -> MadeDocument:
        from casemate.papers import text_of, told, write
        from casemate.register.documents import Known, fill

        kept = self.register.get(tx, algorithm)
        answers = self.answers_kept.newest(tx, algorithm)
        platform = self._platform_facts(tx, actor, algorithm, answers.questionnaire, language)
        known = Known(kept, answers.questionnaire, answers.version, platform)
        paper = fill(kind, known, language, as_of or self.clock().date())
        content = write(paper, form)
        return MadeDocument(
            algorithm=algorithm,
            kind=kind,
            form=form,
            language=language,
            as_of=paper.date.date(),
            record_version=kept.version,
            answers_version=answers.version,
            told=sum(map(told, paper.sections)),
            gaps=tuple(
                Missing(one.key, text_of(one.what), text_of(one.who), text_of(one.where))
                for one in paper.gaps()
            ),
            digest=digest(content),
            content=content,
        )

    def _platform_facts(
        self, tx: Session, actor: str, algorithm: str, given: Questionnaire, language: str
    ) -> Mapping[str, tuple[Block, ...]]:
        from casemate.acts.paper_evidence import platform_blocks

        return platform_blocks(self._seen(tx, actor, algorithm, given), algorithm, language)

    def _seen(self, tx: Session, actor: str, algorithm: str, given: Questionnaire) -> Seen:
        """What the platform knows of an algorithm, as far as ``actor`` may read it."""
        from casemate.acts.paper_evidence import Seen

        may = partial(self.policies.is_allowed, self._account(tx, actor))
        evaluations = tuple(
            one
            for one in self.evaluations_kept.find(tx, algorithm=algorithm)
            if may("evaluation.read", self.facts.evaluation_record(tx, one))
        )
        models = tuple(self.models_named.of(tx, algorithm))
        sandbox = self._sandbox(tx, actor, algorithm)
        runs = self._runs_of(tx, algorithm, evaluations, models)
        named = [*given.permits, *(one.permit for one in runs)]
        known = [self.permits.get(tx, one) for one in dict.fromkeys(named)]
        permits = tuple(
            one for one in known if may("permit.read", self.facts.permit_record(tx, one))
        )
        readable = {one.id for one in permits}
        return Seen(
            history=tuple(self.register.history(tx, algorithm)),
            evaluations=evaluations,
            models=models,
            standing=self._standing(tx, algorithm),
            permits=permits,
            unread=tuple(one.id for one in known if one.id not in readable),
            datasets=tuple(
                self.catalogue.get(tx, scope.dataset, scope.version)
                for one in permits
                for scope in one.scopes
            ),
            runs=tuple(one for one in runs if may("run.read", self.facts.run(tx, one.id))),
            energy=next(
                (
                    one
                    for one in self._facts_of(tx, algorithm, public=False)
                    if one.name == "energy"
                ),
                None,
            ),
            sandbox=sandbox,
        )

    def _runs_of(
        self,
        tx: Session,
        algorithm: str,
        evaluations: tuple[KeptEvaluation, ...],
        models: tuple[NamedModel, ...],
    ) -> list[Run]:
        """The runs of its program, those that measured it, and those that its models came from."""
        found = {one.run for one in self.programs.runs(tx, algorithm)}
        found |= {one.run for one in evaluations if one.run}
        found |= {self.enclave.outputs.get(tx, one.output).run for one in models if one.output}
        return [self.enclave.runs.get(tx, one) for one in sorted(found)]

    def _sandbox(self, tx: Session, actor: str, algorithm: str) -> Mapping[str, Any] | None:
        """The exit report of its newest participation that ``actor`` may read, as signed or as it
        would be today."""
        may = partial(self.policies.is_allowed, self._account(tx, actor))
        for one in reversed(self.sandboxes.list(tx)):
            if one.form.algorithm == algorithm and may(
                "sandbox.read", self.facts.sandbox(tx, one.id)
            ):
                if one.report_digest is None:
                    return self.sandboxes.draft_report(tx, one.id)
                signed = self.sandboxes.exit_report(tx, one.id)
                about = {"digest": signed.digest, "by": signed.issued_by, "at": signed.issued_at}
                return {**signed.facts, "signed": about}
        return None
