"""The whole check of outputs: their content, their recipes, the rules, and all that was released before.

    checker = Checker(rooms)
    with store.read() as tx:
        inputs = checker.inputs(tx, run, rules)
    checker.check(run, outputs, inputs)

Nothing passes by machine whose figures the machine did not compute itself: a file without a recipe passes
where a recipe could be inferred that gives all of it, and is for a person where not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy.orm import Session

from casemate.access import OutputRules
from casemate.analysis.recipes import Figure
from casemate.enclave import checks, recipes
from casemate.enclave.checks_model import CheckContext, Findings, Reason, Verdict
from casemate.enclave.evaluating import EvaluationRequest, read_request
from casemate.enclave.judging import against_the_permit, judge, with_known_name
from casemate.enclave.kinds import kind_of
from casemate.enclave.model_attacks.card import SUFFIX as CARD_SUFFIX
from casemate.enclave.outputs import Sealed
from casemate.enclave.recipes.memory import Said, Told
from casemate.enclave.records import Output, OutputKind, Run
from casemate.enclave.rules import apply_rules
from casemate.enclave.rules.supports import Ints

if TYPE_CHECKING:
    from casemate.enclave.steps import Rooms

NO_RECIPE = Reason(
    "no recipe", "it came without a recipe, and none could be inferred that gives all of it"
)

MEASURED = Reason(
    "evaluation",
    "trusted code tried the model, twice with the same figures: a person looks at them",
)
NOT_THE_SAME = Reason(
    "not reproduced",
    "tried again, the model gives other figures: it does not decide the same twice",
)


@dataclass(frozen=True)
class Inputs:
    """What trusted code knows of a run: its inputs, and of whom each row is where somebody has several."""

    rules: OutputRules
    context: CheckContext
    people: Mapping[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """``content`` is what the verdict is of, ``made`` the same sealed where trusted code made it;
    ``inferred`` is a recipe to be kept."""

    content: bytes
    verdict: Verdict
    said: Sequence[Said] = ()
    made: Sealed | None = None
    inferred: bytes | None = None


class Checker:
    """Gives every output its verdict."""

    def __init__(self, rooms: "Rooms", stopping: Callable[[], bool] = lambda: False) -> None:
        self._rooms = rooms
        self._stopping = stopping

    def inputs(self, tx: Session, run: Run, rules: OutputRules) -> Inputs:
        """What the check of ``run`` works on. Raises ``NotAllowed`` where its permit has ended."""
        views, memory = self._rooms.views, self._rooms.memory
        frames: Mapping[str, pl.DataFrame] = {
            file: views.frame(tx, recorded["view"]) for file, recorded in run.inputs.items()
        }
        people = {
            file: found
            for file, recorded in run.inputs.items()
            if (found := memory.people(tx, recorded["view"])) is not None
        }
        context = CheckContext(
            inputs=frames, rules=checks.Rules.of_permit(rules), script_digest=run.script_digest
        )
        return Inputs(rules, context, people)

    def check(
        self,
        run: Run,
        outputs: Sequence[Output],
        inputs: Inputs,
        script: bytes,
        may_record: Callable[[Session], bool],
    ) -> bool:
        """Record a verdict on each of ``outputs`` that has none, where ``may_record`` still says so.

        False where the worker is stopping, and nothing was recorded. ``outputs`` are all of the run: a
        model's card may be among them.
        """
        rooms = self._rooms
        with rooms.store.read() as tx:
            beside = rooms.recipes.of_run(tx, run.id)
        unchecked = [output for output in outputs if output.decision is None]
        found = recipes.recompute_all(
            {one.id: (one.name, beside[one.id]) for one in unchecked if one.id in beside},
            self._carried_out_on(run, inputs),
            lambda: "the worker stops" if self._stopping() else None,
        )
        if self._stopping():
            return False
        cards = {
            one.name.removesuffix(CARD_SUFFIX): one
            for one in outputs
            if one.kind is OutputKind.file and one.name.endswith(CARD_SUFFIX)
        }
        for output in unchecked:
            if kind_of(run.filename) == "evaluation":
                checked = self._evaluated(run, output, inputs)
            elif output.id in found:
                checked = self._by_recipe(run, output, found[output.id], inputs, script)
            else:
                checked = self._by_content(run, output, cards.get(output.name), inputs)
            self._record(output, checked, inputs, may_record)
        return True

    def _evaluated(self, run: Run, output: Output, inputs: Inputs) -> Checked:
        """Figures of a model that trusted code tried: done again, and the people behind each count held
        against all that was released. A person looks, whatever comes of it."""
        from casemate.enclave.steps import evaluated

        rooms = self._rooms
        with rooms.store.read() as tx:
            data = rooms.outputs.data(tx, output.id)
            again = evaluated(rooms, tx, run, inputs.rules)
        if refusal := against_the_permit(output.name, len(data), inputs.rules):
            return Checked(data, Verdict("refuse", (refusal,)))
        if again.document != data:
            return Checked(data, Verdict("refuse", (NOT_THE_SAME,)))
        verdict = Verdict("review", (replace(MEASURED, evidence={"counts": len(again.people)}),))
        request = _request_of(rooms, run)
        with rooms.store.read() as tx:
            source = request.input_of(sorted(run.inputs))
            view = rooms.views.get(tx, run.inputs[source]["view"])
            rows = [pl.Series(one) for one in again.people]
            verdict, said = rooms.memory.judge_counts(tx, view, rows, verdict, inputs.context.rules)
        return Checked(data, verdict, () if said is None else (said,))

    def _carried_out_on(self, run: Run, inputs: Inputs) -> dict[str, recipes.Input]:
        """The run's inputs as frames, and as bytes where the sandbox needs them."""

        def parquet(view: str) -> bytes:
            with self._rooms.store.read() as tx:
                return self._rooms.views.parquet(tx, view)

        return {
            file: recipes.Input(inputs.context.inputs[file], partial(parquet, recorded["view"]))
            for file, recorded in run.inputs.items()
        }

    def _by_recipe(
        self, run: Run, output: Output, found: recipes.Recomputed, inputs: Inputs, script: bytes
    ) -> Checked:
        """What its recipe gives is judged; bytes that trusted code made take the file's place."""
        rooms = self._rooms
        with rooms.store.read() as tx:
            data = rooms.outputs.data(tx, output.id)
        drawn = found.recipe is not None and isinstance(found.recipe.what, Figure)
        if refusal := against_the_permit(output.name, len(data), inputs.rules, drawn=drawn):
            return Checked(data, Verdict("refuse", (refusal,)))
        context = inputs.context
        judged = recipes.judge_by_recipe(
            data, found, context.inputs, context.rules, script, people=inputs.people
        )
        verdict, said = judged.verdict, None
        if found.recipe is not None and found.answer is not None:
            told = Told(found.recipe, found.answer, judged.hidden, judged.base)
            verdict, said = self._remembered(run, told, verdict, inputs)
        verdict = with_known_name(output, verdict)
        kept = () if said is None or verdict.decision == "refuse" else (said,)
        if judged.instead is None or verdict.decision == "refuse":
            return Checked(data, verdict, kept)
        made = rooms.outputs.seal(output.name, output.kind, judged.instead)
        return Checked(judged.instead, verdict, kept, made)

    def _by_content(self, run: Run, output: Output, card: Output | None, inputs: Inputs) -> Checked:
        """What came without a recipe: judged by what it holds, and by the recipe that can be inferred."""
        rooms, context = self._rooms, inputs.context
        with rooms.store.read() as tx:
            data = rooms.outputs.data(tx, output.id)
            beside = None if card is None else rooms.outputs.data(tx, card.id)
        verdict = judge(output, data, context, inputs.rules, beside)
        if output.kind is OutputKind.log:
            return Checked(data, verdict)
        if verdict.instead is not None and verdict.decision != "refuse":  # a picture, written again
            made = rooms.outputs.seal(output.name, output.kind, verdict.instead)
            return Checked(verdict.instead, verdict, made=made)
        inferred = recipes.infer(output.name, data, context)
        if inferred is None:
            verdict, said = self._counted(run, output.name, data, _doubted(verdict), inputs)
            return Checked(data, verdict, said)
        recipe = inferred.recipe.to_json() if inferred.is_whole else None
        verdict = _by_the_rules(inferred, verdict, inputs)
        told = Told(
            inferred.recipe,
            inferred.answer,
            inferred.hidden,
            inferred.base,
            opaque=not inferred.is_whole,
        )
        verdict, one = self._remembered(run, told, verdict, inputs)
        return Checked(data, verdict, () if one is None else (one,), inferred=recipe)

    def _remembered(
        self, run: Run, told: Told, verdict: Verdict, inputs: Inputs
    ) -> tuple[Verdict, Said | None]:
        """The verdict with what all earlier releases have against it, and what the output says."""
        name = told.recipe.input
        if verdict.decision == "refuse":
            return verdict, None
        with self._rooms.store.read() as tx:
            view = self._rooms.views.get(tx, run.inputs[name]["view"])
            frame = inputs.context.inputs[name]
            return self._rooms.memory.judge(tx, view, frame, told, verdict, inputs.context.rules)

    def _counted(
        self, run: Run, name: str, data: bytes, verdict: Verdict, inputs: Inputs
    ) -> tuple[Verdict, list[Said]]:
        """Of estimates: the n that they tell is remembered; what they are of, nobody can read."""
        found: list[Said] = []
        groups = recipes.people_counted(name, data, inputs.context)
        with self._rooms.store.read() as tx:
            for source, rows in groups.items():
                view = self._rooms.views.get(tx, run.inputs[source]["view"])
                verdict, said = self._rooms.memory.judge_counts(
                    tx, view, rows, verdict, inputs.context.rules
                )
                found += [] if said is None else [said]
        return verdict, found if verdict.decision != "refuse" else []

    def _record(
        self,
        output: Output,
        checked: Checked,
        inputs: Inputs,
        may_record: Callable[[Session], bool],
    ) -> None:
        rooms = self._rooms
        made, kept = checked.made, False
        inferred = checked.inferred and rooms.recipes.seal(output.id, checked.inferred)
        try:
            with rooms.store.transaction() as tx:
                if not may_record(tx):
                    return
                if made is not None:
                    rooms.exchange(tx, output.id, made)
                if inferred:
                    rooms.recipes.keep(tx, [inferred])
                for said in checked.said:
                    rooms.memory.keep(tx, output.id, said)
                rules: dict[str, Any] = inputs.rules.model_dump()
                rooms.outputs.record_verdict(tx, output.id, checked.content, checked.verdict, rules)
            kept = True
        finally:
            if not kept:
                rooms.outputs.discard([made] if made else [])
                rooms.recipes.discard([inferred] if inferred else [])


def _request_of(rooms: "Rooms", run: Run) -> EvaluationRequest:
    """What ``run`` asks to be tried."""
    with rooms.store.read() as tx:
        return read_request(rooms.runs.script(tx, run.id), run.filename)


def _doubted(verdict: Verdict) -> Verdict:
    """Nothing without a recipe passes by machine."""
    if verdict.decision != "pass":
        return verdict
    return replace(verdict, decision="review", reasons=(*verdict.reasons, NO_RECIPE))


def _by_the_rules(inferred: recipes.Inferred, verdict: Verdict, inputs: Inputs) -> Verdict:
    """The verdict with the rules applied to the people that the inferred recipe found."""
    recipe, context = inferred.recipe, inputs.context
    ruled = apply_rules(
        recipe, inferred.answer, context.inputs[recipe.input], context.rules,
        people=inputs.people.get(recipe.input), hidden=inferred.hidden,
    )  # fmt: skip
    findings = Findings(verdict.decision, list(verdict.reasons))
    known = {(reason.rule, reason.message) for reason in verdict.reasons}
    new = [one for one in ruled.reasons if (one.rule, one.message) not in known]
    if ruled.decision == "refuse" and findings.decision != "refuse":
        findings.decision = "refuse"
    elif ruled.decision == "review" and findings.decision == "pass":
        findings.decision = "review"
    findings.reasons += new
    if inferred.is_whole:
        findings.note("reproduced", "its recipe was inferred, and gives every figure in it")
    return findings.verdict() if inferred.is_whole else _doubted(findings.verdict())
