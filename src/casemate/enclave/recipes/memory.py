"""What outputs say of the records: asked of the memory of releases at the check, and again in the
transaction that lets an output out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.analysis import Answer, Recipe
from casemate.enclave.checks_model import Findings, Rules, Verdict
from casemate.enclave.differencing import (
    DifferencingRules,
    Persons,
    Releases,
    Statement,
    reasons_of,
    statements_of,
)
from casemate.enclave.differencing.releases import PUBLIC
from casemate.enclave.records import Output, Run, View
from casemate.enclave.rules.supports import Ints
from casemate.enclave.views import Views
from casemate.errors import NotFound

RULE = "differencing"


@dataclass(frozen=True)
class Told:
    """What an output tells, as its recipe has it: lines ``hidden`` are not shown, counts are rounded to
    ``base``, and where it is ``opaque`` there is more in it than the recipe gives."""

    recipe: Recipe
    answer: Answer
    hidden: frozenset[int] = frozenset()
    base: int = 1
    opaque: bool = False


@dataclass(frozen=True)
class Said:
    """What an output says of the records of one dataset version; ``opaque``: it may say more."""

    dataset: str
    version: int
    statements: tuple[Statement, ...]
    opaque: bool = False
    persons: Persons | None = None


class ReleaseMemory:
    """Asks the memory of releases about outputs, and keeps what they say in it."""

    def __init__(self, releases: Releases, views: Views, permits: Permits) -> None:
        self._releases = releases
        self._views = views
        self._permits = permits

    def people(self, tx: Session, view: str) -> Ints | None:
        """The person of each row of the view, by number; ``None`` where each row is another's, or where
        the view is older than the record of it."""
        try:
            persons = self._views.persons(tx, view)
            if persons is None:
                return None
            people: Ints = persons[self._views.origin(tx, view)].astype(np.int64)
        except NotFound:
            return None
        return None if len(np.unique(people)) == len(people) else people

    def judge(
        self,
        tx: Session,
        view: View,
        frame: pl.DataFrame,
        told: Told,
        verdict: Verdict,
        rules: Rules,
    ) -> tuple[Verdict, Said | None]:
        """The verdict with what the memory has against it, and what the output says if it may leave.

        Changes nothing; reads the records that the view's rows were made from.
        """
        if verdict.decision == "refuse":
            return verdict, None
        findings = Findings(verdict.decision, list(verdict.reasons))
        try:
            origin = self._views.origin(tx, view.id)
            persons = self._views.persons(tx, view.id)
        except NotFound:
            text = "its view is older than the memory of releases: a person compares it with them"
            findings.review(RULE, text)
            return findings.verdict(), None
        statements = statements_of(
            told.recipe, told.answer, frame, origin, hidden=tuple(told.hidden), base=told.base
        )
        statements = (Statement.of(origin, line=PUBLIC), *statements)
        said = Said(view.dataset, view.version, statements, told.opaque, persons)
        return self._asked(tx, said, findings, rules)

    def judge_counts(
        self, tx: Session, view: View, groups: Iterable[pl.Series], verdict: Verdict, rules: Rules
    ) -> tuple[Verdict, Said | None]:
        """The same where all that is known of an output is that it counts these rows of the view."""
        if verdict.decision == "refuse":
            return verdict, None
        try:
            origin = self._views.origin(tx, view.id)
            persons = self._views.persons(tx, view.id)
        except NotFound:
            return verdict, None
        counted = (Statement.of(origin[rows.to_numpy()]) for rows in groups)
        statements = (Statement.of(origin, line=PUBLIC), *counted)
        said = Said(view.dataset, view.version, statements, opaque=True, persons=persons)
        return self._asked(tx, said, Findings(verdict.decision, list(verdict.reasons)), rules)

    def _asked(
        self, tx: Session, said: Said, findings: Findings, rules: Rules
    ) -> tuple[Verdict, Said | None]:
        limits = DifferencingRules(threshold=rules.min_cell)
        decision = self._releases.would_disclose(
            tx, said.dataset, said.version, said.statements, limits, said.persons
        )
        add = findings.refuse if decision.discloses else findings.review
        for reason in reasons_of(decision):
            add(reason.rule, reason.message, **reason.evidence)
        return findings.verdict(), None if decision.discloses else said

    def keep(self, tx: Session, output: str, said: Said) -> None:
        """Keep what ``output`` says, in the transaction that records its verdict."""
        self._releases.keep(
            tx, output, said.dataset, said.version, said.statements, opaque=said.opaque,
            persons=said.persons,
        )  # fmt: skip

    def opaque(self, tx: Session, run: Run) -> tuple[str, ...]:
        """The released outputs of the run's datasets that the memory could not read: a checker compares
        with them, since it cannot."""
        named = [self._releases.opaque(tx, *one) for one in _versions(run)]
        return tuple(dict.fromkeys(output for some in named for output in some))

    def told(self, tx: Session, run: Run) -> tuple[tuple[str, int, int, tuple[str, ...]], ...]:
        """Of each dataset version that the run read: how many releases are remembered, and which of them
        could not be read."""
        return tuple(
            (*one, self._releases.count(tx, *one), self._releases.opaque(tx, *one))
            for one in _versions(run)
        )

    def before_release(self, tx: Session, output: Output, run: Run, _: bytes) -> None:
        """The guard: asks again, with all that is out by now, and remembers. Raises ``WouldDisclose`` (of
        ``differencing``).

        People who cleared what the memory could not decide have accepted those rows, and no others. An
        output of which nothing was kept counts as an opaque release of all that its run read.
        """
        rules = self._permits.get(tx, run.permit).output_rules
        self._releases.lock(tx, _versions(run))
        if not self._releases.is_kept(tx, output.id):
            for dataset, version in _versions(run):
                self._releases.keep(tx, output.id, dataset, version, (), opaque=True)
        limits = DifferencingRules(threshold=rules.min_cell)
        self._releases.remember(tx, output.id, limits, accepted=_accepted(output))


def _versions(run: Run) -> list[tuple[str, int]]:
    """The dataset versions that the run read."""
    inputs: Iterable[Mapping[str, Any]] = run.inputs.values()
    return sorted({(one["dataset"], one["version"]) for one in inputs})


def _accepted(output: Output) -> frozenset[int]:
    """The rows that a person cleared although nobody could decide on them."""
    if not output.cleared_by:
        return frozenset()
    told = [one for one in (output.verdict or {}).get("reasons", ()) if one["rule"] == RULE]
    return frozenset(row for one in told for row in one["evidence"].get("undecided", ()))
