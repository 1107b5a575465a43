"""One statistic of groups of people: which groups it tells too much of."""

from collections.abc import Callable, Mapping

from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.breaches import Breach
from casemate.enclave.rules.magnitudes import (
    Values,
    all_equal,
    dominance_text,
    few_differ,
    is_dominated,
    is_yes_no,
    rests_on_few,
    stands_out,
    tells_of_all,
)

OF_VALUES = frozenset({"sum", "mean", "std", "share"})
Test = tuple[str, str, Callable[[Values], bool]]


def group_breaches(
    function: str,
    at: float | None,
    groups: Mapping[int, Values],
    rules: Rules,
    figure: str,
) -> list[Breach]:
    """The rules on ``function`` of the values of each group, by line.

    ``at`` is for a quantile; a median is one at a half.
    """
    tests = [_on_enough(rules)]
    if function == "share" or (
        function in OF_VALUES and all(is_yes_no(values) for values in groups.values())
    ):
        tests += _of_yes_and_no(rules)
    elif function in OF_VALUES:
        tests += _of_values(rules)
    elif function in {"median", "quantile"}:
        tests.append(_of_positions(0.5 if at is None else at, rules))
    found = []
    for rule, what, breaks in tests:
        lines = tuple(line for line, values in groups.items() if breaks(values))
        if lines:
            found.append(Breach(rule, "refuse", what, lines, figure))
    return found


def _few(rules: Rules) -> str:
    return f"fewer than {rules.min_cell} people"


def _on_enough(rules: Rules) -> Test:
    what = f"it rests on {_few(rules)}"
    return "minimum cell count", what, lambda values: 0 < len(values) < rules.min_cell


def _of_yes_and_no(rules: Rules) -> list[Test]:
    """A share is a count of those who have something, and of those who have not."""
    return [
        (
            "minimum cell count",
            f"it gives the count of a group of {_few(rules)}",
            lambda values: few_differ(values != 0, rules.min_cell),
        ),
        ("class disclosure", "it says the same of everybody", tells_of_all),
    ]


def _of_values(rules: Rules) -> list[Test]:
    """Sums, means and spreads: what they tell of one person, or of all."""
    share = f"{rules.dominance_permille / 10:g} %"
    return [
        ("dominance", dominance_text(rules), lambda values: is_dominated(values, rules)),
        ("all values equal", "everybody has the same value", all_equal),
        (
            "few differ",
            f"{_few(rules)} have another value than the rest, and follow from it",
            lambda values: few_differ(values, rules.min_cell),
        ),
        (
            "standing out",
            f"{rules.dominance_top} people make up {share} or more of what the values differ by",
            lambda values: stands_out(values, rules),
        ),
    ]


def _of_positions(at: float, rules: Rules) -> Test:
    what = f"{_few(rules)} lie on one side of it"
    return "quantile", what, lambda values: rests_on_few(len(values), [at], rules.min_cell)
