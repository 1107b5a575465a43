"""Repairs of outputs that people see and apply: what is made is a new output, and checked like any other.

    asked = repairs.prepare(tx, output)          # in a transaction; what follows takes its time
    suggestions = repairs.find(asked)
    new = repairs.apply(actor, asked, suggestions[0], number=1)

Nothing is trusted because it was suggested: the new output has its own name, digest and recipe, names the
one that it is made from, and goes through the whole check, the memory of releases included.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy.orm import Session

from casemate.analysis import BadRecipe, Recipe, compute, recipe_from_json, render
from casemate.enclave.checking import Checker, Inputs
from casemate.enclave.recipes.spelling import unspelled
from casemate.enclave.records import Output, OutputKind, OutputState, Run
from casemate.enclave.repair import Suggestion, repair
from casemate.enclave.steps import Rooms
from casemate.errors import BadInput, Conflict
from casemate.ledger import Ledger

_STEM = 60
"""Letters of the old name that the new one keeps."""


@dataclass(frozen=True)
class ToRepair:
    """An output with its recipe and what trusted code needs to look for others. ``is_spelled``: the
    program's text spells out all that the recipe says, so that it tells nothing by its words."""

    output: Output
    run: Run
    recipe: Recipe
    inputs: Inputs
    script: bytes
    is_spelled: bool
    dataset: str | None


class Repairs:
    """Prepare and apply in transactions of their own; the search in none."""

    def __init__(self, rooms: Rooms, ledger: Ledger) -> None:
        self._rooms = rooms
        self._ledger = ledger
        self._checker = Checker(rooms)

    def prepare(self, tx: Session, output_id: str) -> ToRepair:
        """All that a search needs. Raises ``Conflict`` for an output that is not checked yet or left
        already, ``BadInput`` for one without a recipe, ``NotAllowed`` where its permit has ended."""
        rooms = self._rooms
        output = rooms.outputs.get(tx, output_id)
        if output.decision is None or output.state is OutputState.released:
            raise Conflict(
                f"output {output_id} is {output.state.value}"
                f"{'' if output.decision else ' and not checked yet'}: there is nothing to repair"
            )
        run = rooms.runs.get(tx, output.run)
        kept = rooms.recipes.of_run(tx, run.id).get(output_id)
        if kept is None:
            raise BadInput(
                f"output {output_id} has no recipe, and none was inferred: use casemate.analysis, and its "
                "repair can be computed"
            )
        permit = rooms.permits.get(tx, run.permit)
        inputs = self._checker.inputs(tx, run, permit.output_rules)
        recipe = self._read(output_id, kept, inputs)
        dataset = run.inputs[recipe.input]["dataset"]
        budgets = {one.dataset for one in permit.scopes if one.budget is not None}
        script = rooms.runs.script(tx, run.id)
        return ToRepair(
            output, run, recipe, inputs, script,
            is_spelled=self._is_spelled(tx, output, recipe, script),
            dataset=dataset if dataset in budgets else None,
        )  # fmt: skip

    def find(self, asked: ToRepair) -> tuple[Suggestion, ...]:
        """The suggestions, in an order that is always the same; none where the output passes."""
        name = asked.recipe.input
        return repair(
            asked.recipe, asked.inputs.context.inputs[name], asked.inputs.context.rules,
            people=asked.inputs.people.get(name), dataset=asked.dataset,
        )  # fmt: skip

    def apply(
        self, actor: str, asked: ToRepair, suggestions: tuple[Suggestion, ...], number: int
    ) -> Output:
        """The new output that suggestion ``number`` (from 1) gives, with its verdict; released at once
        where it passes and the permit leaves that to the machine.

        Raises ``BadInput`` for no such suggestion and for noise, ``Conflict`` where it was applied before.
        """
        suggestion = _chosen(suggestions, number, asked.output.id)
        name = _name(asked, number)
        recipe = suggestion.recipe.model_copy(update={"file": name})
        frame = asked.inputs.context.inputs[recipe.input]
        try:
            data = render(recipe, compute(recipe, frame))
        except BadRecipe as problem:
            raise BadInput(f"repair {number} cannot be carried out: {problem}") from None
        new = self._keep(actor, asked, suggestion, name, data, recipe)
        # The machine's words are its own; the program's stay as doubtful as they were.
        spelled = asked.script + b"\n" + recipe.to_json() if asked.is_spelled else asked.script
        self._checker.check(asked.run, [new], asked.inputs, spelled, lambda _: True)
        rooms = self._rooms
        with rooms.store.transaction() as tx:
            if asked.inputs.rules.review == "automatic":
                run = rooms.runs.lock(tx, asked.run.id)
                rooms.outputs.clear_one_by_machine(tx, run, new.id)
            return rooms.outputs.get(tx, new.id)

    def _keep(
        self, actor: str, asked: ToRepair, suggestion: Suggestion, name: str, data: bytes,
        recipe: Recipe,
    ) -> Output:  # fmt: skip
        rooms, old = self._rooms, asked.output
        sealed = rooms.outputs.seal(name, OutputKind.file, data)
        beside = rooms.recipes.seal(sealed.id, recipe.to_json())
        kept = False
        try:
            with rooms.store.transaction() as tx:
                run = rooms.runs.lock(tx, asked.run.id)
                if name in {one.name for one in rooms.outputs.list(tx, run=run.id)}:
                    raise Conflict(
                        f"this repair of output {old.id} was applied already: see {name}"
                    )
                rooms.outputs.keep(tx, run, [sealed], repaired_from=old.id)
                rooms.recipes.keep(tx, [beside])
                self._ledger.append(
                    tx, actor=actor, act="output.repaired", subject=old.id, run=run.id,
                    repair=suggestion.kind, output=sealed.id,
                )  # fmt: skip
                kept = True
                return rooms.outputs.get(tx, sealed.id)
        finally:
            if not kept:
                rooms.outputs.discard([sealed])
                rooms.recipes.discard([beside])

    @staticmethod
    def _read(output_id: str, data: bytes, inputs: Inputs) -> Recipe:
        try:
            recipe = recipe_from_json(data)
        except BadRecipe as problem:
            raise BadInput(f"the recipe of output {output_id} is none: {problem}") from None
        if recipe.input not in inputs.context.inputs:
            raise BadInput(f"the recipe of output {output_id} reads an input that its run has not")
        return recipe

    def _is_spelled(self, tx: Session, output: Output, recipe: Recipe, script: bytes) -> bool:
        """Whether the program's text has the recipe's words; of a repair, whether the first one's had."""
        while output.repaired_from is not None:
            output = self._rooms.outputs.get(tx, output.repaired_from)
            first = self._rooms.recipes.of_run(tx, output.run)[output.id]
            recipe = recipe_from_json(first)
        inferred: list[dict[str, Any]] = (output.verdict or {}).get("reasons", [])
        if any("recipe was inferred" in one["message"] for one in inferred):
            return True  # it is made of the names of columns alone
        return not unspelled(recipe, script)


def _chosen(suggestions: tuple[Suggestion, ...], number: int, output: str) -> Suggestion:
    if not 1 <= number <= len(suggestions):
        raise BadInput(
            f"output {output} has {len(suggestions)} repairs to choose from, not one of number {number}"
        )
    if suggestions[number - 1].kind == "noise":
        raise BadInput(
            "a noisy answer is asked for with `casemate permit ask`, where its cost is yours to set"
        )
    return suggestions[number - 1]


def _name(asked: ToRepair, number: int) -> str:
    """The old name with what was done; of a name that the program made, nothing is kept."""
    file = PurePosixPath(asked.recipe.file)
    stem = file.stem[:_STEM] if asked.output.name_is_known else "table"
    return f"{stem}-{asked.output.id[-4:]}-repair-{number}{file.suffix}"
