"""Repair instead of refusal: recipes near a refused one that would pass, and carrying one out.

    for suggestion in repair(recipe, frame, rules):
        print(suggestion.kind, suggestion.text, suggestion.effect)
    repaired = carry_out(suggestion, frame, rules)   # new bytes, computed from the views, checked

**It is no oracle.** The search sees of the data only what the check would have told the researcher
who hands a recipe in: the decision, the rules broken and the lines in which they are (``Said``). It
proposes recipes in an order fixed by these and the recipe alone, and offers those that pass. So a
suggestion tells nothing beyond what its own output shows and what some verdicts say that the
researcher could have had by asking; and these are bounded in number. It names no category that its
output hides, and its effect counts lines of tables, never people.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl

from casemate.analysis import Answer, BadRecipe, Recipe, compute, recipe_from_json, render
from casemate.analysis.recipes import Figure
from casemate.enclave.checks_model import Decision, Findings, Rules
from casemate.enclave.recipes.drawing import drawn
from casemate.enclave.repair_candidates import Candidate, Said, candidates
from casemate.enclave.repair_cells import hidden_lines, rounded
from casemate.enclave.repair_noise import question_of
from casemate.enclave.rules.apply import breaches_of
from casemate.enclave.rules.breaches import Breach, report
from casemate.enclave.rules.supports import Ints, Supports
from casemate.errors import BadInput, NotAllowed, Unavailable

MOST_ASKED = 60
Kind = Literal[
    "suppression", "rounding", "coarser", "fewer keys", "fewer figures", "fewer digits", "noise"
]
_ORDER: dict[Decision, int] = {"pass": 0, "review": 1, "refuse": 2}
_CURED_BY_ROUNDING = frozenset({"minimum cell count", "zero cells", "class disclosure"})


@dataclass(frozen=True)
class Effect:
    """What is left: lines of the new output, how many of them are hidden, and the share of the lines
    asked for that is shown, in thousandths. Lines, not people."""

    lines: int
    hidden: int
    kept_permille: int


@dataclass(frozen=True)
class Suggestion:
    """A recipe that would pass, or with ``base`` a rounding of the old one.

    ``question`` is for noise alone: what to give to ``casemate permit ask``, once a cost is added.
    """

    kind: Kind
    text: str
    recipe: Recipe
    base: int | None = None
    effect: Effect | None = None
    question: dict[str, Any] | None = None

    def to_document(self) -> dict[str, Any]:
        """For keeping and showing, without floats; the recipe is its JSON text."""
        return {
            "kind": self.kind,
            "text": self.text,
            "recipe": self.recipe.to_json().decode(),
            "base": self.base,
            "effect": None if self.effect is None else vars(self.effect),
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
            base=document["base"],
            effect=None if effect is None else Effect(**effect),
            question=document["question"],
        )


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
    first = asked.said(recipe, None)
    if first is None or first.decision == "pass":
        return ()
    found: dict[tuple[Recipe, int | None], Suggestion] = {}
    for suggestion in _passing(recipe, first, asked, rules):
        found.setdefault((suggestion.recipe, suggestion.base), suggestion)
    question = None if dataset is None else question_of(recipe, dataset)
    if question is not None:
        text = "ask for a noisy answer, paid from the permit's privacy budget"
        found[recipe, 0] = Suggestion("noise", text, recipe, question=question)
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
    made = _made(suggestion.recipe, suggestion.base, frame, rules, people)
    findings = Findings()
    report(made.breaches, findings, made.supports.place, made.supports.noun)
    if findings.decision == "refuse":
        raise NotAllowed("the rules refuse the suggested output: ask for suggestions anew")
    return Repaired(_written(suggestion.recipe, made), made.answer, made.supports.hidden, findings)


def _written(recipe: Recipe, made: "_Made") -> bytes:
    """The file; a figure is drawn, as it is on every way out."""
    if not isinstance(recipe.what, Figure):
        return render(recipe, made.answer, hidden=made.supports.hidden)
    try:
        return drawn(recipe, made.answer, hidden=made.supports.hidden)
    except ValueError as problem:
        raise BadInput(f"the suggested figure cannot be drawn: {problem}") from None


@dataclass(frozen=True)
class _Made:
    answer: Answer
    supports: Supports
    breaches: list[Breach]


def _made(
    recipe: Recipe, base: int | None, frame: pl.DataFrame, rules: Rules, people: Ints | None
) -> _Made:
    answer = compute(recipe, frame)
    supports = Supports(recipe, answer, frame, people)
    if base is not None:
        if base < rules.min_cell:
            raise BadInput(f"counts are rounded to {rules.min_cell} or more, not to {base}")
        broken = [one for one in breaches_of(supports, rules) if one.rule not in _CURED_BY_ROUNDING]
        return _Made(rounded(supports, base), supports, broken)
    if recipe.suppress:
        supports = replace(supports, hidden=hidden_lines(supports, rules), _values={})
    return _Made(answer, supports, breaches_of(supports, rules))


class _Asked:
    """The only door from the data to the search: verdicts, and not many of them."""

    def __init__(self, frame: pl.DataFrame, rules: Rules, people: Ints | None) -> None:
        self._frame, self._rules, self._people = frame, rules, people
        self.left = MOST_ASKED

    def said(self, recipe: Recipe, base: int | None) -> Said | None:
        """What the check says of a recipe; None where it cannot be carried out, or enough was asked."""
        if self.left == 0:
            return None
        self.left -= 1
        try:
            recipe_from_json(recipe.to_json())  # a candidate is held to what any recipe is held to
            made = _made(recipe, base, self._frame, self._rules, self._people)
        except (BadRecipe, BadInput, Unavailable):
            return None
        decision: Decision = max(
            (one.decision for one in made.breaches), key=_ORDER.__getitem__, default="pass"
        )
        return Said(
            decision,
            tuple((one.rule, one.figure, one.lines) for one in made.breaches),
            tuple(row[: made.answer.keys] for row in made.answer.rows),
            len(made.supports.hidden),
        )


def _passing(recipe: Recipe, first: Said, asked: _Asked, rules: Rules) -> Iterator[Suggestion]:
    for search in candidates(recipe, first, rules):
        said: Said | None = None
        while (candidate := _next(search, said)) is not None:
            said = asked.said(candidate.recipe, candidate.base)
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
    return Suggestion(candidate.kind, candidate.text, candidate.recipe, candidate.base, effect)
