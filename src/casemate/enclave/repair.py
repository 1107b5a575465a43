"""Repair instead of refusal: recipes near a refused one that would pass, and carrying one out.

    for suggestion in repair(recipe, frame, rules):
        print(suggestion.kind, suggestion.text, suggestion.effect)
    repaired = carry_out(suggestion, frame, rules)   # new bytes, computed from the views, checked

**It is no oracle.** The search sees of the data only what the check would tell of a recipe: the decision,
the rules broken and the lines in which they are (``Said``). It proposes recipes in an order fixed by these
and the recipe alone, and offers those that pass. It names no category that its output hides, and its
effect counts lines of tables, never people. Checkers see a suggestion whole; whoever ran the program,
which may have chosen its recipe and the size of its table by what it read, sees what ``for_team`` leaves.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import polars as pl

from casemate.analysis import Answer, BadRecipe, Recipe, compute, recipe_from_json
from casemate.enclave.checks_model import Decision, Findings, Rules
from casemate.enclave.recipes.cost import IN_PROCESS, IN_PROCESS_TOGETHER, cost
from casemate.enclave.recipes.making import Made, made, written
from casemate.enclave.repair_candidates import Candidate, Said, candidates
from casemate.enclave.repair_noise import question_of
from casemate.enclave.rules.breaches import report
from casemate.enclave.rules.supports import Ints
from casemate.errors import BadInput, NotAllowed, Unavailable

MOST_ASKED = 60
Kind = Literal[
    "suppression", "rounding", "coarser", "fewer keys", "fewer figures", "fewer digits", "noise"
]
_ORDER: dict[Decision, int] = {"pass": 0, "review": 1, "refuse": 2}
_FOR_TEAM: dict[Kind, str] = {
    "suppression": "cells that tell too much left out, with others that would give them away",
    "rounding": "counts rounded, so that they still add up",
    "coarser": "categories, intervals, times or quantiles joined or left out",
    "fewer keys": "fewer keys",
    "fewer figures": "fewer columns or terms",
    "fewer digits": "figures with fewer decimal places",
    "noise": "a noisy answer, paid from the permit's privacy budget: casemate permit ask",
}


@dataclass(frozen=True)
class Effect:
    """What is left: lines of the new output, how many of them are hidden, and the share of the lines
    asked for that is shown, in thousandths. Lines, not people."""

    lines: int
    hidden: int
    kept_permille: int

    @property
    def roughly(self) -> str:
        """The share in four steps: a program can choose the size of its table by what it reads."""
        if self.kept_permille >= 900:
            return "nearly all lines stay"
        if self.kept_permille >= 600:
            return "most lines stay"
        return "about half of the lines stay" if self.kept_permille >= 350 else "few lines stay"


@dataclass(frozen=True)
class Suggestion:
    """A recipe that would pass. ``about`` are the columns that it changes.

    ``question`` is for noise alone: what to give to ``casemate permit ask``, once a cost is added.
    """

    kind: Kind
    text: str
    recipe: Recipe
    about: tuple[str, ...] = ()
    effect: Effect | None = None
    question: dict[str, Any] | None = None

    def to_document(self) -> dict[str, Any]:
        """For keeping and showing, without floats; the recipe is its JSON text."""
        return {
            "kind": self.kind,
            "text": self.text,
            "recipe": self.recipe.to_json().decode(),
            "about": list(self.about),
            "effect": None if self.effect is None else asdict(self.effect),
            "question": self.question,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Suggestion":
        """Read what ``to_document`` wrote; what it asks for is checked anew when carried out."""
        effect = document["effect"]
        return cls(
            kind=document["kind"],
            text=document["text"],
            recipe=recipe_from_json(document["recipe"]),
            about=tuple(document["about"]),
            effect=None if effect is None else Effect(**effect),
            question=document["question"],
        )

    def for_team(self) -> dict[str, Any]:
        """As whoever ran the program may see it: what is done to which column, and roughly what stays."""
        about = f" ({', '.join(self.about)})" if self.about else ""
        return {
            "kind": self.kind,
            "text": _FOR_TEAM[self.kind] + about,
            "effect": None if self.effect is None else self.effect.roughly,
        }


@dataclass(frozen=True)
class Repaired:
    """New bytes computed by trusted code, and what the rules say of them.

    ``answer`` still has the figures of the ``hidden`` lines: it is for trusted code, such as the memory
    of releases; ``data`` is what may leave.
    """

    data: bytes
    answer: Answer = field(repr=False)
    hidden: frozenset[int]
    findings: Findings


def repair(
    recipe: Recipe,
    frame: pl.DataFrame,
    rules: Rules,
    *,
    people: Ints | None = None,
    dataset: str | None = None,
) -> tuple[Suggestion, ...]:
    """Recipes near ``recipe`` of which the rules say less; none where it passes or none was found.

    ``people`` is as for ``apply_rules``. ``dataset`` is given where the permit has a privacy budget for
    the input: then noise is offered too, where the question can be asked.
    """
    asked = _Asked(frame, rules, people)
    first = asked.said(recipe)
    if first is None or first.decision == "pass":
        return ()
    found: dict[tuple[Recipe, bool], Suggestion] = {}
    for suggestion in _passing(recipe, first, asked, rules):
        found.setdefault((suggestion.recipe, False), suggestion)
    question = None if dataset is None else question_of(recipe, dataset)
    if question is not None:
        text = "ask for a noisy answer, paid from the permit's privacy budget"
        found[recipe, True] = Suggestion("noise", text, recipe, question=question)
    return tuple(found.values())


def carry_out(
    suggestion: Suggestion, frame: pl.DataFrame, rules: Rules, *, people: Ints | None = None
) -> Repaired:
    """The suggested output, computed from the protected input and judged by the same rules.

    Raises NotAllowed where the rules refuse it, BadInput where it is no output of a recipe (noise).
    """
    if suggestion.kind == "noise":
        raise BadInput(
            "a noisy answer is asked for with `casemate permit ask`: nothing is carried out"
        )
    answer, ready = _made(suggestion.recipe, frame, rules, people)
    findings = Findings()
    report(ready.breaches, findings, ready.supports.place, ready.supports.noun)
    if findings.decision == "refuse":
        raise NotAllowed("the rules refuse the suggested output: ask for suggestions anew")
    try:
        data = written(suggestion.recipe, ready)
    except ValueError as problem:
        raise BadInput(f"the suggested figure cannot be drawn: {problem}") from None
    return Repaired(data, answer, ready.supports.hidden, findings)


def _made(
    recipe: Recipe, frame: pl.DataFrame, rules: Rules, people: Ints | None
) -> tuple[Answer, Made]:
    answer = compute(recipe, frame)
    return answer, made(recipe, answer, frame, rules, people)


class _Asked:
    """The only door from the data to the search: verdicts, and not many of them, nor dear ones."""

    def __init__(self, frame: pl.DataFrame, rules: Rules, people: Ints | None) -> None:
        self._frame, self._rules, self._people = frame, rules, people
        self.left = MOST_ASKED
        self._units = IN_PROCESS_TOGETHER

    def said(self, recipe: Recipe) -> Said | None:
        """What the check says of a recipe; None where it cannot be carried out, or enough was asked."""
        price = cost(recipe, len(self._frame))
        if self.left == 0 or price > min(IN_PROCESS, self._units):
            return None
        self.left, self._units = self.left - 1, self._units - price
        try:
            recipe_from_json(recipe.to_json())  # a candidate is held to what any recipe is held to
            answer, ready = _made(recipe, self._frame, self._rules, self._people)
        except (BadRecipe, BadInput, Unavailable):
            return None
        decision: Decision = max(
            (one.decision for one in ready.breaches), key=_ORDER.__getitem__, default="pass"
        )
        return Said(
            decision,
            tuple((one.rule, one.figure, one.lines) for one in ready.breaches),
            tuple(row[: answer.keys] for row in ready.shown.rows),
            len(ready.supports.hidden),
        )


def _passing(recipe: Recipe, first: Said, asked: _Asked, rules: Rules) -> Iterator[Suggestion]:
    for search in candidates(recipe, first, rules):
        said: Said | None = None
        while (candidate := _next(search, said)) is not None:
            said = asked.said(candidate.recipe)
            if said is not None and _ORDER[said.decision] < _ORDER[first.decision]:
                yield _suggestion(candidate, said, len(first.keys))
                break


def _next(search: Any, said: Said | None) -> Candidate | None:
    try:
        found: Candidate = next(search) if said is None else search.send(said)
    except StopIteration:
        return None
    return found


def _suggestion(candidate: Candidate, said: Said, lines: int) -> Suggestion:
    shown = len(said.keys) - said.hidden
    kept = min(1000, shown * 1000 // max(1, lines))
    effect = Effect(len(said.keys), said.hidden, kept)
    return Suggestion(candidate.kind, candidate.text, candidate.recipe, candidate.about, effect)
