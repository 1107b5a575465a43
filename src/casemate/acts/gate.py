"""Which model an entry is about, and whether it may go out. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from casemate.acts.assurance import AssuranceActs
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.assurance.gate import Standing
    from casemate.assurance.naming import ModelException, NamedModel, NamedModels
    from casemate.enclave import Output, Run
    from casemate.register.programs import Programs

MODELS = ("onnx", "safetensors", "gguf")
"""Endings of files that are models."""


class GateActs(AssuranceActs):
    """The acts on models of entries; asked before an entry is published and before a model leaves."""

    programs: Programs

    @cached_property
    def models_named(self) -> NamedModels:
        """The models that entries are about."""
        from casemate.assurance.naming import NamedModels

        return NamedModels(self.ledger, self.clock)

    def name_model(
        self, actor: str, algorithm: str, *, output: str | None = None, digest: str | None = None
    ) -> NamedModel:
        """Say which model an entry of one's own organisation is about: an ``output`` of the enclave that a
        checker has cleared, or the ``digest`` of a file that was never here."""
        with self._changing(actor, "algorithm.record", algorithm) as tx:
            if (output is None) == (digest is None):
                raise BadInput("name an output that holds the model, or the model's digest")
            if output is not None:
                about = self.facts.output(tx, output)
                self.policies.require(self._account(tx, actor), "output.list", about)
                digest = self.enclave.outputs.cleared_digest(tx, output)
            return self.models_named.name(tx, actor, algorithm, str(digest), output)

    def models(self, actor: str, algorithm: str) -> Sequence[NamedModel]:
        """The models that an entry is and was about, the newest first."""
        with self._reading(actor, algorithm) as tx:
            return self.models_named.of(tx, algorithm)

    def allow_model(self, actor: str, algorithm: str, digest: str, reason: str) -> ModelException:
        """For an authority: let a model go out that was kept back, with a reason."""
        with self._changing(actor, "algorithm.except", algorithm) as tx:
            return self.models_named.allow(tx, actor, algorithm, digest, reason)

    def model_standing(self, actor: str, algorithm: str) -> Standing:
        """Whether an entry may be published, by what was measured of its model."""
        with self._reading(actor, algorithm) as tx:
            return self._standing(tx, algorithm)

    def _standing(self, tx: Session, algorithm: str, digest: str | None = None) -> Standing:
        """Of the entry's model, or of the one with ``digest``."""
        from casemate.assurance.gate import Standing, is_held, judge

        if not is_held(self.register.get(tx, algorithm).record):
            return Standing(None, "the rules on selecting people do not hold for this entry")
        named = self.models_named.of(tx, algorithm)
        model = next((one for one in named if digest in (None, one.digest)), None)
        exception = None
        if model is not None:
            # Bytes that lie here are of the enclave, under whatever name an entry tells of them.
            lies = model.output or self.enclave.outputs.holding(tx, model.digest)
            model = replace(model, output=lies)
            exception = self.models_named.exception(tx, algorithm, model.digest)
        return judge(model, self.evaluations_kept.find(tx, algorithm=algorithm), exception)

    def _before_publication(self, tx: Session, algorithm: str) -> None:
        """Raise ``KeptBack`` where the entry's model is not fit to go out."""
        standing = self._standing(tx, algorithm)
        if standing.passes is False:
            self._keep_back(f"{algorithm} is not published", standing)

    def _require_fit(self, tx: Session, output: Output, run: Run, _data: bytes) -> None:
        """The guard of the enclave: a model of an entry leaves when it is fit to. Whose it is say its
        naming, evaluations of it, and the entry of the program that left it."""
        digest = str(output.digest)
        entries = self.models_named.entries_of(tx, digest)
        entries |= self.evaluations_kept.algorithms_of(tx, digest)
        made_by = self.programs.of_run(tx, run.id) if output.ending in MODELS else None
        entries |= set() if made_by is None else {made_by}
        for algorithm in sorted(entries):
            standing = self._standing(tx, algorithm, digest)
            if standing.passes is False:
                self._keep_back(f"{output.id}, a model of {algorithm}, is not released", standing)

    @staticmethod
    def _keep_back(what: str, standing: Standing) -> None:
        from casemate.assurance.gate import KeptBack, gate

        raise KeptBack(f"{what}: {standing.why} (house rule: {gate().why})")
