"""How noisy answers and privacy accounts are shown: numbers exact in JSON, readable in text."""

from collections.abc import Iterable
from typing import Any

from rich.console import RenderableType

from casemate.cli.common import table
from casemate.clock import timestamp
from casemate.enclave import AccountState, ExpectedAnswer, PrivateAnswer
from casemate.enclave.assessing import Alternative, Count, PlanPreview


def preview_text(preview: PlanPreview) -> RenderableType:
    """What a plan would do to one dataset: risk before and after, and the plan with another k."""
    rows: list[list[object]] = [
        ["records left out", "", _count(preview.suppressed)],
        ["smallest class, at least", preview.before.smallest_class, preview.after.smallest_class],
        ["highest risk", preview.before.highest, preview.after.highest],
        ["average risk", preview.before.average, preview.after.average],
        ["records at risk", _count(preview.before.at_risk), _count(preview.after.at_risk)],
        ["uniques", _count(preview.before.uniques), _count(preview.after.uniques)],
        ["information loss", 0, preview.loss if preview.is_best else f"{preview.loss} or less"],
    ]
    others: list[list[object]] = [
        [f"k = {one.k}", "", _weighed(one)] for one in preview.alternatives if not one.chosen
    ]
    title = f"{preview.dataset}, version {preview.version}"
    return table([title, "as it is", "protected"], rows + others)


def _count(count: Count) -> object:
    return f"fewer than {count.below}" if count.value is None else count.value


def _weighed(one: Alternative) -> str:
    if one.suppressed is None:
        return "cannot be reached within the plan" if one.in_time else "not weighed: time was up"
    return f"loss {one.loss}, left out: {_count(one.suppressed)}"


_UNITS = {"rows": "rows", "value": "in the variable's unit", "ranks": "rows in rank"}


def account_document(state: AccountState) -> dict[str, Any]:
    """An account as JSON; amounts are exact fractions, as text."""
    return {
        "account": state.name,
        "dataset": state.dataset,
        "permit": state.permit,
        "limit": state.limit.to_dict(),
        "spent": state.spent.to_dict(),
        "remaining": state.remaining.to_dict(),
        "spends": state.spends,
    }


def account_text(state: AccountState) -> str:
    """An account in one line."""
    whose = "of this permit" if state.permit else "of all permits together"
    figures = f"limit {state.limit}; spent {state.spent}; left {state.remaining}"
    return f"{state.dataset}, {whose}: {figures}"


def accounts_table(states: Iterable[AccountState]) -> RenderableType:
    """Accounts for people."""
    rows: list[list[object]] = [
        [
            one.dataset,
            one.permit or "all together",
            str(one.limit),
            str(one.spent),
            str(one.remaining),
        ]
        for one in states
    ]
    return table(["Dataset", "Permit", "Limit", "Spent", "Left"], rows)


def expected_document(expected: ExpectedAnswer) -> dict[str, Any]:
    """What an answer would cost, as JSON."""
    return {
        "cost": expected.cost.to_dict(),
        "accuracy": expected.accuracy,
        "answered": expected.answered,
        "accounts": [account_document(one) for one in expected.accounts],
    }


def expected_text(expected: ExpectedAnswer) -> str:
    """What an answer would cost, in three sentences."""
    left = "; ".join(f"{one.remaining} of {one.permit or one.dataset}" for one in expected.accounts)
    price = "nothing, it was asked before" if expected.answered else str(expected.cost)
    return f"It would cost {price}. {_error(expected.accuracy)} Left now: {left}."


def answer_document(answer: PrivateAnswer) -> dict[str, Any]:
    """An answer as JSON."""
    return {
        "answer": answer.id,
        "permit": answer.permit,
        "dataset": answer.dataset,
        "version": answer.version,
        "question": answer.question,
        "value": answer.value,
        "accuracy": answer.accuracy,
        "cost": answer.cost.to_dict(),
        "answered_at": timestamp(answer.answered_at),
    }


def answer_text(answer: PrivateAnswer) -> str:
    """The value first: a number, or a table with tabs; then how far off it may be."""
    shown = answer.value
    if isinstance(shown, dict):
        lines = [shown["columns"], *shown["rows"]]
        shown = "\n".join("\t".join(_cell(cell) for cell in line) for line in lines)
    return f"{shown}\n{_error(answer.accuracy)} It cost {answer.cost}."


def _cell(cell: Any) -> str:
    return "" if cell is None else str(cell)


def _error(accuracy: dict[str, str] | None) -> str:
    if accuracy is None:
        return "How far off it may be depends on the number of rows: guess it in expected_rows."
    share = round(100 * float(accuracy["confidence"]))
    told = f"It may be {accuracy['bound']} off ({_UNITS[accuracy['unit']]}) in {share} of 100 cases"
    if "sum_bound" in accuracy:
        told += f", sums {accuracy['sum_bound']}"
    if "threshold" in accuracy:
        told += f"; groups are named from a noisy count of {accuracy['threshold']} on"
    return told + "."
