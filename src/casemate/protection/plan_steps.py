"""The steps of a plan before and after the search, and what the report says of each.

A step is a document of text, whole numbers and floats: its kind under "step", then its figures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.check_characters import with_check_characters
from casemate.protection.date_shift import DateShifter
from casemate.protection.format_preserving import DIGITS, FormatPreserving
from casemate.protection.plan import Plan
from casemate.protection.plan_parts import PseudonymRule
from casemate.protection.pseudonym_policies import PseudonymDomain, PseudonymPolicy
from casemate.protection.pseudonyms import Pseudonymiser
from casemate.protection.transformations.extremes import code_extremes, round_numbers
from casemate.protection.transformations.mdav import microaggregate
from casemate.protection.transformations.sampling import draw_sample

Step = dict[str, Any]
BEFORE_SEARCH = ("sampling", "top and bottom coding", "rounding")
_RANDOMISED = {
    "document-randomised": PseudonymPolicy.DOCUMENT_RANDOMISED,
    "fully-randomised": PseudonymPolicy.FULLY_RANDOMISED,
}
_DOMAIN = "protection plan"
_DEFAULT = PseudonymRule()


def before_search(table: pl.DataFrame, plan: Plan) -> tuple[pl.DataFrame, list[Step]]:
    """Sampling, top and bottom coding, rounding: of the columns that are there."""
    steps: list[Step] = []
    if plan.sampling is not None:
        drawn = pl.DataFrame(draw_sample(table, plan.sampling))
        steps.append(
            {"step": "sampling", "of": len(table), "drawn": len(drawn)} | plan.sampling.to_dict()
        )
        table = drawn
    if extremes := {name: one for name, one in plan.top_bottom.items() if name in table.columns}:
        table, coded = code_extremes(table, extremes)
        # a bound at a percentile is somebody's value: the report tells only how it was chosen
        steps += [
            {"step": "top and bottom coding", "column": one.column, "below": one.below,
             "above": one.above} | extremes[one.column].to_dict()
            for one in coded
        ]  # fmt: skip
    if bases := {name: base for name, base in plan.rounding.items() if name in table.columns}:
        table = round_numbers(table, bases)
        steps += [{"step": "rounding", "column": name, "to": base} for name, base in bases.items()]
    return table, steps


def after_search(
    table: pl.DataFrame, plan: Plan, key: bytes | None
) -> tuple[pl.DataFrame, list[Step]]:
    """Micro-aggregation and date shift; the person is still who it was."""
    steps: list[Step] = []
    for part in plan.microaggregation:
        if columns := [name for name in part.columns if name in table.columns]:
            made = microaggregate(table, columns, part.k)
            table = made.table
            steps.append(
                {"step": "micro-aggregation", "columns": columns, "k": part.k,
                 "groups": made.groups, "loss": made.loss}
            )  # fmt: skip
    shift = plan.date_shift
    if shift is not None and (dates := [name for name in shift.columns if name in table.columns]):
        if shift.person not in table.columns:
            raise BadInput(
                f"the plan shifts {dates[0]!r} by {shift.person!r}: ask for both, or for neither"
            )
        if key is None:
            raise BadInput(f"the plan shifts the dates {dates[0]!r}: a pseudonym key is needed")
        table = DateShifter(key, shift.days, shift.step).shift(table, shift.person, dates)
        steps.append(
            {"step": "date shift", "columns": dates, "person": shift.person, "days": shift.days}
        )
    return table, steps


def pseudonymise(
    table: pl.DataFrame, plan: Plan, names: Sequence[str], key: bytes | None
) -> tuple[pl.DataFrame, list[Step], dict[str, pl.DataFrame]]:
    """``names`` as pseudonyms by their policies, and the recovery tables of those fully randomised."""
    steps: list[Step] = []
    recovery: dict[str, pl.DataFrame] = {}
    for name in names:
        if key is None:
            raise BadInput(f"the plan pseudonymises {name!r}: a pseudonym key is needed")
        rule = plan.pseudonyms.get(name, _DEFAULT)
        table, kept = _replaced(table, name, rule, key)
        recovery.update(kept)
        steps.append({"step": "pseudonyms", "column": name} | rule.to_dict())
    return table, steps, recovery


def _replaced(
    table: pl.DataFrame, name: str, rule: PseudonymRule, key: bytes
) -> tuple[pl.DataFrame, Mapping[str, pl.DataFrame]]:
    if rule.policy == "format-preserving":
        maker = FormatPreserving(key, rule.alphabet or DIGITS)
        return pl.DataFrame(maker.pseudonymise(table, [name])), {}
    if rule.policy == "deterministic":
        made = pl.DataFrame(Pseudonymiser(key).pseudonymise(table, [name]))
        if rule.check_character:
            made = made.with_columns(with_check_characters(made[name]))
        return made, {}
    done = PseudonymDomain(_DOMAIN, [key]).pseudonymise(
        table, [name], policy=_RANDOMISED[rule.policy], check_character=rule.check_character
    )
    return pl.DataFrame(done.table), done.recovery


def policies(plan: Plan, names: Sequence[str]) -> str:
    """The policies at work, in words: one if it is the same for all."""
    found = [plan.pseudonyms.get(name, _DEFAULT).policy for name in names]
    return ", ".join(dict.fromkeys(found)) or _DEFAULT.policy
