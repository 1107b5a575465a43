"""What recomputed outputs say of the records: asked of the memory of releases at the check, and again in
the transaction that lets an output out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.enclave.checks_model import Findings, Rules, Verdict
from casemate.enclave.differencing import DifferencingRules, Releases, Statement, statements_of
from casemate.enclave.recipes.verdicts import Judged, Recomputed
from casemate.enclave.records import Output, Run, View
from casemate.enclave.views import Views
from casemate.errors import NotFound

RULE = "differencing"


@dataclass(frozen=True)
class Said:
    """What an output says of the records of one dataset version."""

    dataset: str
    version: int
    statements: tuple[Statement, ...]


class ReleaseMemory:
    """Asks the memory of releases about outputs that have recipes, and keeps what they say in it."""

    def __init__(self, releases: Releases, views: Views, permits: Permits) -> None:
        self._releases = releases
        self._views = views
        self._permits = permits

    def judge(
        self, tx: Session, view: View, frame: pl.DataFrame, found: Recomputed, judged: Judged,
        rules: Rules,
    ) -> tuple[Verdict, Said | None]:  # fmt: skip
        """The verdict with what the memory has against it, and what the output says if it may leave.

        Changes nothing; reads the records that the view's rows were made from.
        """
        verdict = judged.verdict
        if verdict.decision == "refuse" or found.recipe is None or found.answer is None:
            return verdict, None
        findings = Findings(verdict.decision, list(verdict.reasons))
        try:
            origin: npt.NDArray[np.uint32] = self._views.origin(tx, view.id)
        except NotFound:
            text = "its view is older than the memory of releases: a person compares it with them"
            findings.review(RULE, text)
            return findings.verdict(), None
        statements = statements_of(
            found.recipe, found.answer, frame, origin, hidden=tuple(judged.hidden)
        )
        limits = DifferencingRules(threshold=rules.min_cell)
        decision = self._releases.would_disclose(tx, view.dataset, view.version, statements, limits)
        decision.tell(findings)
        said = None if decision.discloses else Said(view.dataset, view.version, statements)
        return findings.verdict(), said

    def keep(self, tx: Session, output: str, said: Said) -> None:
        """Keep what ``output`` says, in the transaction that records its verdict."""
        self._releases.keep(tx, output, said.dataset, said.version, said.statements)

    def before_release(self, tx: Session, output: Output, run: Run, _: bytes) -> None:
        """The guard: asks again, with all that is out by now, and remembers. Raises ``NotAllowed``.

        A person who cleared what the memory could not decide has accepted it.
        """
        limits = DifferencingRules(
            threshold=self._permits.get(tx, run.permit).output_rules.min_cell
        )
        told = any(one["rule"] == RULE for one in (output.verdict or {}).get("reasons", ()))
        accepted = told and output.reviewed_by is not None
        self._releases.remember(tx, output.id, limits, accepted=accepted)
