"""Does a protection plan fit the dataset, is it strong enough, and a budget within the holder's?

A plan is held against what the catalogue tells anyone: columns, types, codes, how many records. The
holder's rules are the floor, and its budget is the ceiling.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from casemate.access import ApplicationForm, DatasetRequest
from casemate.catalogue import Dataset, Variable
from casemate.enclave import budget_of
from casemate.errors import BadInput
from casemate.protection import KAnonymity, Plan
from casemate.protection.privacy_loss import PrivacyLoss


class PlanMisfit(BadInput):
    """The plan for ``dataset`` cannot be signed; the message says which column or part is wrong."""

    def __init__(self, dataset: str, why: str) -> None:
        super().__init__(f"the plan for {dataset} {why}")
        self.dataset = dataset


def checked_plan(
    document: Mapping[str, Any], dataset: Dataset, asked: Collection[str] | None = None
) -> dict[str, Any]:
    """The plan for ``dataset`` as it would be signed for the variables ``asked``; where none are
    named, for all that it does not drop.

    Raises ``PlanMisfit`` where it is unreadable, names or drops what it cannot, does not fit the
    columns as they are described, leaves a quasi-identifier or a direct identifier as it is, or is
    weaker than the holder's rules.
    """
    try:
        plan = Plan.from_dict(document)
    except BadInput as failure:
        raise PlanMisfit(dataset.id, f"cannot be read: {failure}") from failure
    names = [variable.name for variable in dataset.variables]
    wanted = [name for name in names if (name not in plan.drop if asked is None else name in asked)]
    _require_known(plan, dataset, asked or ())
    try:
        plan.check_against(
            {variable.name: _described(variable) for variable in dataset.variables},
            variables=wanted,
            secret=False,  # codes are described to anyone
            records=dataset.rows,
        )
    except BadInput as failure:
        raise PlanMisfit(dataset.id, f"does not fit its columns: {failure}") from failure
    _require_strong(plan, dataset, wanted)
    return plan.to_dict()


def checked_plans(
    form: ApplicationForm, plans: Mapping[str, Mapping[str, Any]], datasets: Iterable[Dataset]
) -> dict[str, dict[str, Any]]:
    """The plans as they will be signed, one for each of the ``datasets`` that ``form`` asks for.

    Raises ``BadInput`` where one is missing, or for a dataset that is not asked for, and
    ``PlanMisfit`` as ``checked_plan`` does, or where what is asked for as a pseudonym gets none.
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
        request = wanted[dataset.id]
        asked = [variable.name for variable in request.variables]
        checked[dataset.id] = checked_plan(plans[dataset.id], dataset, asked)
        _require_pseudonyms(checked[dataset.id], request)
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


def _described(variable: Variable) -> pl.Series:
    """What anyone may know of a column's values: its codes, or no value, in its type."""
    dtype = getattr(pl, variable.dtype.partition("(")[0], pl.String)
    codes = pl.Series(variable.name, list(variable.codes), dtype=pl.String)
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return codes
    if not pl.Series([], dtype=dtype).dtype.is_numeric():
        return pl.Series(variable.name, [], dtype=dtype)
    return codes.cast(dtype, strict=False).drop_nulls()


def _require_known(plan: Plan, dataset: Dataset, asked: Collection[str]) -> None:
    written = {*plan.looked_at(), *plan.pseudonymise, *plan.drop}
    if unknown := sorted(written - dataset.variable_names):
        raise PlanMisfit(dataset.id, f"names {unknown[0]!r}, which it does not have")
    if dropped := sorted(set(asked) & set(plan.drop)):
        raise PlanMisfit(dataset.id, f"drops {dropped[0]!r}, which is asked for")
    if any(name in asked for name in plan.shifted):
        person = plan.date_shift.person if plan.date_shift else ""
        if person not in asked:
            raise PlanMisfit(
                dataset.id, f"shifts dates by {person!r}, which is not asked for with them"
            )


def _require_pseudonyms(document: Mapping[str, Any], request: DatasetRequest) -> None:
    wanted = {variable.name for variable in request.variables if variable.as_pseudonym}
    if bare := sorted(wanted - set(document["pseudonymise"])):
        raise PlanMisfit(
            request.dataset, f"makes no pseudonym of {bare[0]!r}, which is asked for as one"
        )


def _require_strong(plan: Plan, dataset: Dataset, variables: Collection[str]) -> None:
    asked = set(variables)
    bare = (asked & dataset.quasi_identifiers) - set(plan.quasi_identifiers)
    if bare:
        raise PlanMisfit(dataset.id, f"leaves {', '.join(sorted(bare))} as they are")
    named = (asked & dataset.direct_identifiers) - set(plan.pseudonymise)
    if named:
        raise PlanMisfit(dataset.id, f"does not pseudonymise {', '.join(sorted(named))}")
    least = max((model.k for model in plan.models if isinstance(model, KAnonymity)), default=1)
    if asked & dataset.quasi_identifiers and least < dataset.rules.min_k:
        raise PlanMisfit(dataset.id, f"has k = {least}; its holder asks for {dataset.rules.min_k}")
    if Decimal(plan.suppression) > dataset.rules.max_suppression:
        raise PlanMisfit(
            dataset.id,
            f"may suppress {plan.suppression} of the records; its holder allows "
            f"{dataset.rules.max_suppression}",
        )
