"""Is a protection plan strong enough for what is asked, and a privacy budget within the holder's?

The holder's rules are the floor, and its budget is the ceiling.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from casemate.access import ApplicationForm, DatasetRequest
from casemate.catalogue import Dataset
from casemate.enclave import budget_of
from casemate.errors import BadInput
from casemate.protection import KAnonymity, Plan
from casemate.protection.privacy_loss import PrivacyLoss


def checked_plans(
    form: ApplicationForm, plans: Mapping[str, Mapping[str, Any]], datasets: Iterable[Dataset]
) -> dict[str, dict[str, Any]]:
    """The plans as they will be signed, one for each of the ``datasets`` that ``form`` asks for.

    Raises ``BadInput`` where one is missing, unreadable, names or drops what it cannot, or leaves a
    quasi-identifier or a direct identifier as it is, or is weaker than the holder's rules.
    """
    wanted = {request.dataset: request for request in form.datasets}
    if unknown := sorted(set(plans) - set(wanted)):
        raise BadInput(
            f"a plan is given for {unknown[0]!r}, which the application does not ask for"
        )
    checked = {}
    for dataset in datasets:
        if dataset.id not in plans:
            raise BadInput(f"no protection plan is given for {dataset.id}: an approval needs one")
        plan = Plan.from_dict(plans[dataset.id])
        _require_strong(plan, dataset, wanted[dataset.id])
        checked[dataset.id] = plan.to_dict()
    return checked


def checked_budgets(
    budgets: Mapping[str, PrivacyLoss], datasets: Iterable[Dataset]
) -> dict[str, dict[str, str]]:
    """The privacy budgets as they will be signed, by dataset.

    Raises ``BadInput`` where one is for a dataset that is not asked for or has no budget of its own,
    is larger than that, or is kept in another accounting.
    """
    holders = {dataset.id: budget_of(dataset) for dataset in datasets}
    for name, budget in budgets.items():
        if name not in holders:
            raise BadInput(
                f"a budget is given for {name!r}, which the application does not ask for"
            )
        if (most := holders[name]) is None:
            raise BadInput(f"{name} has no privacy budget: its holder allows no noisy answers")
        if budget.accounting is not most.accounting:
            raise BadInput(
                f"the budget of {name} is kept in {most.accounting}: give a part of {most}"
            )
        if not most.covers(budget):
            raise BadInput(
                f"the budget of {budget} for {name} is more than its holder allows: {most}"
            )
    return {name: budget.to_dict() for name, budget in budgets.items()}


def _require_strong(plan: Plan, dataset: Dataset, request: DatasetRequest) -> None:
    asked = {variable.name for variable in request.variables}
    written = {*plan.quasi_identifiers, *plan.pseudonymise, *plan.sensitive, *plan.drop}
    if unknown := sorted(written - dataset.variable_names):
        raise BadInput(f"the plan for {dataset.id} names {unknown[0]!r}, which it does not have")
    if dropped := sorted(asked & set(plan.drop)):
        raise BadInput(f"the plan for {dataset.id} drops {dropped[0]!r}, which is asked for")
    bare = (asked & dataset.quasi_identifiers) - set(plan.quasi_identifiers)
    if bare:
        raise BadInput(f"the plan for {dataset.id} leaves {', '.join(sorted(bare))} as they are")
    named = (asked & dataset.direct_identifiers) - set(plan.pseudonymise)
    if named:
        raise BadInput(
            f"the plan for {dataset.id} does not pseudonymise {', '.join(sorted(named))}"
        )
    least = max((model.k for model in plan.models if isinstance(model, KAnonymity)), default=1)
    if asked & dataset.quasi_identifiers and least < dataset.rules.min_k:
        raise BadInput(
            f"the plan for {dataset.id} has k = {least}; its holder asks for {dataset.rules.min_k}"
        )
    if Decimal(plan.suppression) > dataset.rules.max_suppression:
        raise BadInput(
            f"the plan for {dataset.id} may suppress {plan.suppression} of the records; its holder "
            f"allows {dataset.rules.max_suppression}"
        )
