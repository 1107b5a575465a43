"""One output with its recipe, one verdict: recomputed, compared, judged by the rules, made ready to go."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from casemate.analysis import Answer, BadRecipe, Recipe, recipe_from_json
from casemate.analysis.recipes import Figure
from casemate.enclave.checks_model import Findings, Reason, Rules, Verdict, listed
from casemate.enclave.checks_parse import is_formula
from casemate.enclave.environment import packages
from casemate.enclave.recipes.comparing import compare
from casemate.enclave.recipes.drawing import MAX_MARKS
from casemate.enclave.recipes.making import Made, made, written
from casemate.enclave.recipes.recompute import RULE, Input, recompute
from casemate.enclave.recipes.spelling import unspelled
from casemate.enclave.rules.breaches import report
from casemate.enclave.rules.supports import Ints
from casemate.enclave.sandbox import ShouldStop
from casemate.errors import BadInput, Unavailable

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
    ``hidden`` the lines (from 0) that they do not show, ``base`` what counts are rounded to."""

    verdict: Verdict
    instead: bytes | None = None
    hidden: frozenset[int] = frozenset()
    base: int = 1


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
    data: bytes,
    found: Recomputed,
    inputs: Mapping[str, pl.DataFrame],
    rules: Rules,
    script: bytes,
    *,
    people: Mapping[str, Ints] | None = None,
) -> Judged:
    """The verdict on the file ``data``, whose recipe trusted code carried out again.

    ``people`` numbers, by input, the person of each row, where somebody has several.
    """
    if found.problem is not None or found.recipe is None or found.answer is None:
        return _refused(found.problem or Reason(RULE, "its recipe was not carried out"))
    recipe, answer = found.recipe, found.answer
    likeness = compare(data, recipe, answer)
    if likeness == "different":
        return _refused(Reason("claim not reproduced", "the file is not what its recipe gives"))
    whose = (people or {}).get(recipe.input)
    try:
        ready = made(recipe, answer, inputs[recipe.input], rules, whose)
    except (BadInput, Unavailable):
        return _refused(_unmade(recipe))
    findings = Findings()
    report(ready.breaches, findings, ready.supports.place, ready.supports.noun)
    _words(recipe, script, findings)
    _formulas(recipe, data, findings)
    _note_changes(ready, findings)
    instead = None
    if ready.supports.hidden or recipe.round_to or isinstance(recipe.what, Figure):
        try:
            instead = written(recipe, ready)
        except ValueError:
            return _refused(Reason("figure", f"a figure has at most {MAX_MARKS} marks"))
    elif likeness == "close":
        instead = written(recipe, ready)
        findings.note("tolerance", _OWN_FIGURES, checker=_versions())
    _reproduced(answer, findings)
    return Judged(findings.verdict(), instead, ready.supports.hidden, recipe.round_to or 1)


def _formulas(recipe: Recipe, data: bytes, findings: Findings) -> None:
    """A value of the data may begin with a sign that a spreadsheet obeys. What is released is what was
    checked, byte for byte: nothing is taken out of it on the way, so it does not leave."""
    if recipe.file.lower().endswith((".csv", ".tsv")):
        lines = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""))
        if any(is_formula(cell) for row in lines for cell in row):
            findings.refuse("formula", "a cell would be run by a spreadsheet")


_OWN_FIGURES = (
    "a fit by other versions than the checker's, equal but for its last places: the checker's own figures "
    "leave"
)


def _versions() -> dict[str, str]:
    """What a fitted model rests on here."""
    known = packages()
    return {one: known[one] for one in ("python", "numpy", "scipy", "statsmodels") if one in known}


def _unmade(recipe: Recipe) -> Reason:
    if recipe.round_to is not None:
        return Reason("rounding", "the counts of this output cannot be rounded to this base")
    return Reason("suppression", "no cells can be left out of this output")


def _note_changes(ready: Made, findings: Findings) -> None:
    if hidden := sorted(ready.supports.place(line) for line in ready.supports.hidden):
        text = f"{listed(hidden, ready.supports.noun)} left out, so that no small cell is told"
        findings.note("suppression", text)
    if base := ready.supports.recipe.round_to:
        findings.note("rounding", f"counts rounded to multiples of {base}, so that they add up")


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
