"""Counts of people: small cells, empty ones, classes with all in one cell, and who is left out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from casemate.analysis.evaluate import ROW
from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.breaches import Breach, at_level
from casemate.enclave.rules.supports import Supports


def cell_breaches(supports: Supports, rules: Rules) -> list[Breach]:
    """The rules on the people of each line, whatever figures stand in it."""
    return [
        *small_cells(supports, rules),
        *empty_cells(supports, rules),
        *class_disclosure(supports, rules),
    ]


def small_cells(supports: Supports, rules: Rules) -> list[Breach]:
    """Fewer people than the threshold (ESSnet 10; acro ``safe_threshold``)."""
    return small_counts(supports.counts.tolist(), supports.open, rules)


def small_counts(counts: Sequence[int], shown: Iterable[int], rules: Rules) -> list[Breach]:
    """The same on numbers of people, of which those at the places ``shown`` are shown."""
    small = tuple(line for line in shown if 0 < counts[line] < rules.min_cell)
    if not small:
        return []
    what = f"the cell holds fewer than {rules.min_cell} people"
    return [Breach("minimum cell count", "refuse", what, small, None, rules.min_cell)]


def empty_cells(supports: Supports, rules: Rules) -> list[Breach]:
    """Cells with nobody in them, shown as 0 or known by their absence (acro ``zeros_are_disclosive``)."""
    found = empty_counts(supports.counts.tolist(), supports.open, rules)
    if found or not _lacks_combinations(supports):
        return found
    what = (
        "combinations of its keys are left out because nobody has them, which says so of everybody"
    )
    return at_level(rules.zeros, "zero cells", what)


def empty_counts(counts: Sequence[int], shown: Iterable[int], rules: Rules) -> list[Breach]:
    """The same on numbers of people that are shown."""
    empty = [line for line in shown if counts[line] == 0]
    what = "nobody is in the cell, which says so of everybody"
    return at_level(rules.zeros, "zero cells", what, empty) if empty else []


def _lacks_combinations(supports: Supports) -> bool:
    keys = _finest(supports)
    categories = [len({key[place] for key in keys}) for place in range(supports.answer.keys)]
    return len(categories) > 1 and len(keys) < int(np.prod(categories))


def _finest(supports: Supports) -> dict[tuple[Any, ...], int]:
    """The lines that sum over no key, by their keys."""
    width = supports.answer.keys
    return {
        row[:width]: line
        for line, row in enumerate(supports.answer.rows)
        if not any(supports.margins[line])
    }


def class_disclosure(supports: Supports, rules: Rules) -> list[Breach]:
    """All people of a row or column in one cell: each of them is told to be in it (SACRO; ESSnet's
    group disclosure, where it is from 90 % on)."""
    keys = [row[: supports.answer.keys] for row in supports.answer.rows]
    found = concentrated(keys, supports.margins, supports.counts.tolist(), rules)
    lines = tuple(sorted(found - supports.hidden))
    return [class_breach(lines, rules)] if lines else []


def class_breach(lines: tuple[int, ...], rules: Rules) -> Breach:
    """What is wrong with these cells."""
    share = "all" if rules.class_permille == 1000 else f"{rules.class_permille / 10:g} % or more"
    what = f"{share} of the people with its other values are in this one cell"
    return Breach("class disclosure", "refuse", what, lines)


def concentrated(
    keys: Sequence[tuple[Any, ...]],
    margins: Sequence[tuple[bool, ...]],
    counts: Sequence[int],
    rules: Rules,
) -> set[int]:
    """The cells that hold nearly all, or all, who share their values of all keys but one."""
    found: set[int] = set()
    width = len(keys[0]) if keys else 0
    for place in range(width) if width > 1 else ():
        categories: dict[Any, set[Any]] = defaultdict(set)
        classes: dict[Any, list[int]] = defaultdict(list)
        for line, (key, margin) in enumerate(zip(keys, margins, strict=True)):
            if not margin[place] and counts[line]:
                classes[(margin, key[:place], key[place + 1 :])].append(line)
                categories[margin].add(key[place])
        for (margin, _, _), lines in classes.items():
            limit = rules.class_permille * sum(counts[line] for line in lines)
            if len(categories[margin]) > 1:
                found |= {line for line in lines if counts[line] * 1000 >= limit}
    return found


def left_out(supports: Supports, rules: Rules) -> list[Breach]:
    """A filter that keeps nearly everyone: the few others follow from the total, which is public."""
    without = supports.everyone - supports.count(supports.table[ROW].to_numpy())
    if not 0 < without < rules.min_cell:
        return []
    what = f"the filter leaves out fewer than {rules.min_cell} people, who follow from the total"
    return [Breach("differencing", "refuse", what, (), None, rules.min_cell)]


def lacking(supports: Supports, rules: Rules, used: frozenset[str]) -> list[Breach]:
    """Few people without a value in what the analysis uses: they too follow from the total."""
    held = np.ones(len(supports.frame), dtype=bool)
    for name in used:
        held &= supports.valid(name)
    rows = supports.table[ROW].to_numpy()
    without = supports.count(rows) - supports.count(rows[held[rows]])
    if not 0 < without < rules.min_cell:
        return []
    what = f"fewer than {rules.min_cell} people lack a value, and follow from the total"
    return at_level(rules.missing, "missing as a group", what, (), rules.min_cell)
