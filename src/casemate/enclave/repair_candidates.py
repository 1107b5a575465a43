"""Recipes to try in the place of a refused one, from the recipe and from what the check said of it.

Each search is a generator: it proposes a recipe and is told what the check says of it (``Said``), or
``None`` where it could not be carried out. Nothing here sees a record, a count or a figure.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from casemate.analysis import Recipe
from casemate.analysis.expressions import Column as ColumnOf
from casemate.analysis.expressions import Cut, Recode
from casemate.analysis.recipes import (
    Crosstab,
    Derived,
    Figure,
    Histogram,
    Quantiles,
    Regression,
    Survival,
    Table,
    WeightedEffect,
)
from casemate.enclave.checks_model import Decision, Rules

_STEPS = 12
_MOST_CATEGORIES = 100
OTHER = "other"
_INTERVAL = re.compile(r"\[(-?\d+(?:\.\d+)?), (-?\d+(?:\.\d+)?)\)")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Said:
    """What the check tells the researcher: decision, (rule, figure, lines), their table's own keys."""

    decision: Decision
    breaches: tuple[tuple[str, str | None, tuple[int, ...]], ...]
    keys: tuple[Key, ...]
    hidden: int = 0

    @property
    def lines(self) -> set[int]:
        """The lines in which a rule is broken."""
        return {line for _, _, lines in self.breaches for line in lines}

    def values_at(self, place: int) -> list[Any]:
        """The categories of a key in the lines that break a rule, without margins, each once."""
        found = [self.keys[line][place] for line in sorted(self.lines)]
        return [one for one in dict.fromkeys(found) if one is not None and one != "All"]


@dataclass(frozen=True)
class Candidate:
    """A recipe to try. ``about`` is the column, or columns, that the change is of."""

    kind: Literal[
        "suppression", "rounding", "coarser", "fewer keys", "fewer figures", "fewer digits"
    ]
    text: str
    recipe: Recipe
    about: tuple[str, ...] = ()


Search = Generator[Candidate, Said | None, None]


def candidates(recipe: Recipe, first: Said, rules: Rules) -> Iterator[Search]:
    """The searches that make sense for the analysis, what keeps most first."""
    what = _inner(recipe)
    rules_broken = {rule for rule, _, _ in first.breaches}
    if "digits" in rules_broken:
        yield _fewer_digits(recipe)
    if isinstance(what, Table | Crosstab | Histogram):
        yield _one(
            Candidate("suppression", _SUPPRESSED, _with(recipe, suppress=True, round_to=None))
        )
        yield _one(_rounding(recipe, rules))
    match what:
        case Table() | Crosstab():
            for place, name in enumerate(_keys_of(what)):
                yield _coarser(recipe, first, place, name)
            yield from map(_one, _fewer_keys(recipe, what))
            yield from map(_one, _fewer_figures(recipe, what, first))
        case Histogram():
            yield _coarser_bins(recipe, what, first)
        case Quantiles():
            yield _inner_quantiles(recipe, what)
        case Survival():
            yield _fewer_times(recipe, what, first)
        case Regression() | WeightedEffect():
            yield from map(_one, _fewer_terms(recipe, what))
    if isinstance(what, Histogram | Survival) and what.by is not None:
        text = f"without the groups by {what.by}"
        yield _one(Candidate("fewer keys", text, _what(recipe, by=None), (what.by,)))
    if isinstance(what, Quantiles):
        for name in what.by:
            left = tuple(one for one in what.by if one != name)
            text = f"without the groups by {name}"
            yield _one(Candidate("fewer keys", text, _what(recipe, by=left), (name,)))


_SUPPRESSED = "cells that tell too much are hidden, and others so that they cannot be computed back"


def _rounding(recipe: Recipe, rules: Rules) -> Candidate:
    base = -(-rules.min_cell // rules.rounding_base) * rules.rounding_base
    text = f"counts rounded to multiples of {base}, so that they still add up"
    return Candidate("rounding", text, _with(recipe, round_to=base, suppress=False))


def _fewer_digits(recipe: Recipe) -> Search:
    for decimals in range(recipe.decimals - 1, -1, -1):
        text = f"figures with {decimals} decimal places"
        yield Candidate("fewer digits", text, _with(recipe, decimals=decimals))


def _fewer_keys(recipe: Recipe, what: Table | Crosstab) -> Iterator[Candidate]:
    keys = _keys_of(what)
    measures = (what.measure,) if isinstance(what, Crosstab) else what.measures
    for name in keys if len(keys) > 1 else ():
        left = tuple(one for one in keys if one != name)
        table = Table(by=left, measures=measures, margins=what.margins)
        yield Candidate("fewer keys", f"without {name}", _analysis(recipe, table), (name,))


def _fewer_figures(recipe: Recipe, what: Table | Crosstab, first: Said) -> Iterator[Candidate]:
    if isinstance(what, Crosstab):
        return
    broken = {figure for _, figure, _ in first.breaches if figure}
    kept = tuple(one for one in what.measures if one.name not in broken)
    if kept and len(kept) < len(what.measures):
        text = f"without the columns {', '.join(sorted(broken))}"
        yield Candidate("fewer figures", text, _what(recipe, measures=kept), tuple(sorted(broken)))


def _fewer_terms(recipe: Recipe, what: Regression | WeightedEffect) -> Iterator[Candidate]:
    for term in what.terms if len(what.terms) > 1 else ():
        names = {factor.name for factor in term.factors}
        kept = tuple(
            one for one in what.terms if not names <= {factor.name for factor in one.factors}
        )
        if kept:
            text = f"without the terms of {' and '.join(sorted(names))}"
            yield Candidate("fewer figures", text, _what(recipe, terms=kept), tuple(sorted(names)))


def _coarser_bins(recipe: Recipe, what: Histogram, first: Said) -> Search:
    """Flagged bins join their neighbour towards the middle, until none is flagged."""
    breaks, said = list(what.breaks), first
    for _ in range(_STEPS):
        bins = len(breaks) - 1
        flagged = {line % bins for line in said.lines}
        if not flagged or bins < 3:
            return
        gone = {at + 1 if at < bins / 2 else at for at in flagged}
        # an outer edge stays: without it people would be left out
        inner = [edge for at, edge in enumerate(breaks) if at not in gone or at in (0, bins)]
        if len(inner) == len(breaks) or len(inner) < 3:
            return
        breaks = inner
        text = f"{len(breaks) - 1} intervals in the place of {len(what.breaks) - 1}"
        answer = yield Candidate("coarser", text, _what(recipe, breaks=tuple(breaks)))
        if answer is None:
            return
        said = answer


def _fewer_times(recipe: Recipe, what: Survival, first: Said) -> Search:
    times, said = list(what.times), first
    for _ in range(_STEPS):
        flagged = {line % len(times) for line in said.lines}
        kept = [time for at, time in enumerate(times) if at not in flagged]
        if not kept or len(kept) == len(times):
            kept = times[1::2]  # every second one
        if not kept:
            return
        times = kept
        text = f"{len(times)} times in the place of {len(what.times)}"
        answer = yield Candidate("coarser", text, _what(recipe, times=tuple(times)))
        if answer is None:
            return
        said = answer


def _inner_quantiles(recipe: Recipe, what: Quantiles) -> Search:
    at = tuple(sorted(what.at))
    while len(at) > 1:
        at = at[1:-1] if len(at) > 2 and (at[0] < 0.1 or at[-1] > 0.9) else at[1::2]
        text = f"the quantiles {', '.join(f'{one:g}' for one in at)} alone"
        yield Candidate("coarser", text, _what(recipe, at=at))


def _coarser(recipe: Recipe, first: Said, place: int, name: str) -> Search:
    """The categories of one key joined: intervals with their neighbours, others into one."""
    known = [one for one in dict.fromkeys(key[place] for key in first.keys) if one != "All"]
    written = [str(one) for one in known if one is not None]
    if not 2 < len(written) <= _MOST_CATEGORIES:
        return
    cut = next((one for one in recipe.derive if one.name == name), None)
    if cut is not None and isinstance(cut.value, Cut):
        yield from _joined_cuts(recipe, first, place, cut, cut.value)
    elif grid := _grid(written):
        yield from _joined_intervals(recipe, first, place, name, grid)
    else:
        yield from _joined_rest(recipe, first, place, name, written)


def _joined_cuts(recipe: Recipe, first: Said, place: int, derived: Derived, cut: Cut) -> Search:
    breaks, said = list(cut.breaks), first
    for _ in range(_STEPS):
        labels = [_label(low, high) for low, high in pairwise(breaks)]
        breaks, changed = _join(breaks, labels, said.values_at(place))
        if not changed:
            return
        new = Derived(name=derived.name, value=Cut(of=cut.of, breaks=tuple(breaks)))
        derive = tuple(new if one.name == derived.name else one for one in recipe.derive)
        text = f"{derived.name} in {len(breaks) - 1} intervals"
        answer = yield Candidate("coarser", text, _with(recipe, derive=derive), (derived.name,))
        if answer is None:
            return
        said = answer


def _joined_intervals(
    recipe: Recipe, first: Said, place: int, name: str, grid: list[float]
) -> Search:
    """Labels such as ``[20, 30)`` joined into longer ones; the list names every label of the grid."""
    breaks, said = list(grid), first
    for _ in range(_STEPS):
        labels = [_label(low, high) for low, high in pairwise(breaks)]
        breaks, changed = _join(breaks, labels, said.values_at(place))
        if not changed:
            return
        cases = tuple(
            (_label(low, high), _label(*_around(breaks, low))) for low, high in pairwise(grid)
        )
        new = Recode(of=ColumnOf(name=name), cases=cases)
        text = f"{name} in {len(breaks) - 1} intervals"
        answer = yield Candidate("coarser", text, _recoded(recipe, place, name, new), (name,))
        if answer is None:
            return
        said = answer


def _joined_rest(recipe: Recipe, first: Said, place: int, name: str, written: list[str]) -> Search:
    """Categories that break a rule become "other"; the recipe names only those that stay."""
    joined: set[str] = set()
    said = first
    for _ in range(_STEPS):
        flagged = {str(one) for one in said.values_at(place)} - {OTHER}
        spare = [one for one in written if one not in joined | flagged]
        new = flagged - joined or set(spare[-1:])
        joined |= new
        kept = [one for one in written if one not in joined]
        if not new or not kept:
            return
        if len(joined) < 2:
            continue  # "other" alone would be the category itself
        cases = tuple((_as_value(one, first, place), one) for one in kept)
        value = Recode(of=ColumnOf(name=name), cases=cases, otherwise=OTHER)
        text = f"{name} with {len(kept)} categories and {OTHER!r}"
        answer = yield Candidate("coarser", text, _recoded(recipe, place, name, value), (name,))
        if answer is None:
            return
        said = answer


def _as_value(label: str, first: Said, place: int) -> Any:
    """A category as the column holds it: whole numbers are written as text in a table."""
    written = [key[place] for key in first.keys if key[place] is not None]
    whole = all(re.fullmatch(r"-?\d+", str(one)) or one == "All" for one in written)
    return int(label) if whole else label


def _join(breaks: list[float], labels: list[str], flagged: list[Any]) -> tuple[list[float], bool]:
    """Without the break between each flagged interval and its neighbour towards the middle."""
    bins = len(labels)
    places = {labels.index(str(one)) for one in flagged if str(one) in labels}
    gone = {at + 1 if at < bins / 2 else at for at in places} - {0, bins}
    kept = [edge for at, edge in enumerate(breaks) if at not in gone]
    return (kept, True) if len(kept) < len(breaks) and len(kept) > 2 else (breaks, False)


def _grid(labels: list[str]) -> list[float]:
    """The breaks of labels such as ``[20, 30)`` of one width; empty where they are none."""
    found = [_INTERVAL.fullmatch(label) for label in labels]
    if not all(found):
        return []
    pairs = sorted((float(one[1]), float(one[2])) for one in found if one)
    width = pairs[0][1] - pairs[0][0]
    if any(high - low != width for low, high in pairs) or width <= 0:
        return []
    steps = round((pairs[-1][1] - pairs[0][0]) / width)
    grid = [pairs[0][0] + at * width for at in range(steps + 1)]
    known = {low for low, _ in pairs}
    return grid if known <= set(grid) and steps <= _MOST_CATEGORIES else []


def _around(breaks: list[float], low: float) -> tuple[float, float]:
    at = max(place for place, edge in enumerate(breaks[:-1]) if edge <= low)
    return breaks[at], breaks[at + 1]


def _label(low: float, high: float) -> str:
    return f"[{low:g}, {high:g})"


def _recoded(recipe: Recipe, place: int, name: str, value: Recode) -> Recipe:
    """The recipe with a key replaced by a derived one."""
    what = _inner(recipe)
    fresh = f"{name[:50]}_joined"
    derived = (*recipe.derive, Derived(name=fresh, value=value))
    changed = _with(recipe, derive=derived)
    if isinstance(what, Crosstab):
        return _what(changed, **{"down" if place == 0 else "across": fresh})
    by = tuple(fresh if at == place else one for at, one in enumerate(what.by))
    return _what(changed, by=by)


def _one(candidate: Candidate) -> Search:
    yield candidate


def _keys_of(what: Table | Crosstab) -> tuple[str, ...]:
    return (what.down, what.across) if isinstance(what, Crosstab) else what.by


def _inner(recipe: Recipe) -> Any:
    return recipe.what.of if isinstance(recipe.what, Figure) else recipe.what


def _what(recipe: Recipe, **changes: Any) -> Recipe:
    return _analysis(recipe, _inner(recipe).model_copy(update=changes))


def _analysis(recipe: Recipe, what: Any) -> Recipe:
    if isinstance(recipe.what, Figure):
        what = recipe.what.model_copy(update={"of": what})
    return _with(recipe, what=what)


def _with(recipe: Recipe, **changes: Any) -> Recipe:
    return recipe.model_copy(update=changes)
