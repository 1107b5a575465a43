"""One output with its recipe, one verdict: recomputed, compared, judged by the rules, made ready to go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from casemate.analysis import Answer, BadRecipe, Recipe, recipe_from_json, render
from casemate.analysis.recipes import Figure
from casemate.enclave.checks_model import Findings, Reason, Rules, Verdict, listed
from casemate.enclave.recipes.drawing import MAX_MARKS, drawn
from casemate.enclave.recipes.recompute import RULE, Input, recompute
from casemate.enclave.recipes.spelling import unspelled
from casemate.enclave.recipes.suppressing import hidden_lines
from casemate.enclave.rules import apply_rules
from casemate.enclave.sandbox import ShouldStop

_COLUMN = re.compile(r"column '[^']*'")


@dataclass(frozen=True)
class Recomputed:
    """A recipe read and carried out again; ``problem`` says why there is nothing to compare with."""

    recipe: Recipe | None = None
    answer: Answer | None = None
    problem: Reason | None = None


@dataclass(frozen=True)
class Judged:
    """The verdict on an output; ``instead`` are the bytes that leave in place of the researcher's,
    ``hidden`` the lines (from 0) that they do not show."""

    verdict: Verdict
    instead: bytes | None = None
    hidden: frozenset[int] = frozenset()


def recompute_all(
    recipes: Mapping[str, tuple[str, bytes]],
    inputs: Mapping[str, Input],
    should_stop: ShouldStop = lambda: None,
) -> dict[str, Recomputed]:
    """Each (name of the output, bytes of its recipe), by the output's id, read and carried out."""
    found: dict[str, Recomputed] = {}
    readable: dict[str, Recipe] = {}
    for output, (name, data) in recipes.items():
        try:
            recipe = recipe_from_json(data)
        except BadRecipe as problem:
            found[output] = Recomputed(problem=Reason(RULE, f"its recipe is none: {problem}"))
            continue
        if recipe.file == name:
            readable[output] = recipe
        else:
            reason = Reason(RULE, "the recipe beside it is the recipe of another file")
            found[output] = Recomputed(recipe, problem=reason)
    for output, answer in recompute(readable, inputs, should_stop).items():
        recipe = readable[output]
        found[output] = (
            Recomputed(recipe, problem=answer)
            if isinstance(answer, Reason)
            else Recomputed(recipe, answer)
        )
    return found


def judge_by_recipe(
    data: bytes, found: Recomputed, inputs: Mapping[str, pl.DataFrame], rules: Rules, script: bytes
) -> Judged:
    """The verdict on the file ``data``, whose recipe trusted code carried out again."""
    if found.problem is not None or found.recipe is None or found.answer is None:
        return _refused(found.problem or Reason(RULE, "its recipe was not carried out"))
    recipe, answer = found.recipe, found.answer
    if data != render(recipe, answer):
        return _refused(Reason("claim not reproduced", "the file is not what its recipe gives"))
    frame = inputs[recipe.input]
    try:
        hidden = hidden_lines(recipe, answer, frame, rules) if recipe.suppress else frozenset()
    except BadRecipe:
        return _refused(Reason("suppression", "no cells can be left out of this output"))
    findings = apply_rules(recipe, answer, frame, rules, hidden=hidden)
    _words(recipe, script, findings)
    instead = None
    if hidden:
        instead = render(recipe, answer, hidden=hidden)
        text = (
            f"{listed(sorted(line + 1 for line in hidden))} left out, so that no small cell is told"
        )
        findings.note("suppression", text)
    if isinstance(recipe.what, Figure):
        try:
            instead = drawn(recipe, answer, hidden=hidden)
        except ValueError:
            return _refused(Reason("figure", f"a figure has at most {MAX_MARKS} marks"))
    _reproduced(answer, findings)
    return Judged(findings.verdict(), instead, hidden)


def _refused(reason: Reason) -> Judged:
    return Judged(Verdict("refuse", (reason,)))


def _words(recipe: Recipe, script: bytes, findings: Findings) -> None:
    """Doubt what the script does not spell out, and repeat none of it in the checker's words."""
    if fields := unspelled(recipe, script):
        findings.reasons[:] = [
            replace(one, message=_COLUMN.sub("a column", one.message)) for one in findings.reasons
        ]
        findings.review(
            "words of the recipe",
            "its recipe has words or numbers that the script does not spell out, or very many: they "
            "could carry data",
            fields=list(fields),
        )


def _reproduced(answer: Answer, findings: Findings) -> None:
    """How large it is only where it leaves: before, that would answer a question."""
    text = "reproduced from its recipe"
    if findings.decision == "pass":
        text += f": {_counted(len(answer.rows), 'row')}, {_counted(len(answer.columns), 'column')}"
    findings.note("reproduced", text)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
