"""Which lines of a table would have to be hidden, were it published with cells left out."""

from dataclasses import replace

from casemate.enclave.checks_model import Rules
from casemate.enclave.rules.breaches import Breach
from casemate.enclave.rules.cells import small_cells
from casemate.enclave.rules.figures import figure_breaches
from casemate.enclave.rules.supports import Supports


def sensitive_lines(supports: Supports, rules: Rules) -> frozenset[int]:
    """Lines whose figures tell too much by themselves. Of all lines, hidden or not.

    A row with all of its people in one cell is not among them: that others are empty still shows it.
    """
    shown = replace(supports, hidden=frozenset(), _values={})
    found: list[Breach] = small_cells(shown, rules)
    if shown.is_table:
        found += [one for one in figure_breaches(shown, rules) if one.decision == "refuse"]
    return frozenset(line for breach in found for line in breach.lines)
