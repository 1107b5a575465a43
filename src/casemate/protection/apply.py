"""Apply a plan to a dataset: the protected view that a permit opens, and the report on it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput
from casemate.protection.anonymise import Result
from casemate.protection.classes import PrivacyModel
from casemate.protection.codebook import CodebookEntry
from casemate.protection.frames import given_back, open_frame, require_columns
from casemate.protection.plan import Plan
from casemate.protection.plan_parts import search_budget
from casemate.protection.plan_steps import (
    BEFORE_SEARCH,
    Step,
    after_search,
    before_search,
    policies,
    pseudonymise,
)
from casemate.protection.risk import Risk, reidentification_risk
from casemate.protection.search import UNLIMITED, Budget
from casemate.protection.transformations.local_recoding import LocalResult
from casemate.protection.transformations.recode import recode

Part = TypeVar("Part")


@dataclass(frozen=True)
class ProtectionReport:
    """What was done and what it cost; shares and losses are 0 to 1.

    ``gap`` is the most that the measure's score can be above the least there is, as a share of it: 0
    where the search finished. Risk is over the quasi-identifiers that leave. Digests are of a
    table's types and values, rows in the order given: ``input_digest`` of the variables asked for,
    before; ``output_digest`` of what leaves. ``records_in`` were there before any were drawn;
    ``sampled_out`` were not drawn, and ``suppressed`` is a share of those drawn. ``steps`` says what
    was done beside the search, in order, with figures (see ``plan_steps``). ``asked`` are the models
    that ``models`` describes, for pages in other languages; they are no part of the document.
    """

    plan_digest: str
    variables: tuple[str, ...]
    pseudonymised: tuple[str, ...]
    pseudonym_policy: str
    models: tuple[str, ...]
    measure: str
    records_in: int
    records_out: int
    suppressed: int
    suppressed_share: float
    generalisation: dict[str, int]
    loss: float
    gap: float
    attribute_losses: dict[str, float]
    risk_before: Risk
    risk_after: Risk
    codebook: tuple[CodebookEntry, ...]
    input_digest: str
    output_digest: str
    sampled_out: int = 0
    steps: tuple[Step, ...] = ()
    asked: tuple[PrivacyModel, ...] = field(default=(), repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The report as a document; it holds floats (see ``without_floats``)."""
        document = asdict(replace(self, asked=()))
        del document["asked"]
        document["risk_before"] = self.risk_before.to_dict()
        document["risk_after"] = self.risk_after.to_dict()
        document["codebook"] = [entry.to_dict() for entry in self.codebook]
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in document.items()
        }

    def html(self, **parts: Any) -> str:
        """The report as a page of its own; ``report_html`` says what ``parts`` there are."""
        from casemate.protection.html import report_html

        return report_html(self, **parts)


@dataclass(frozen=True)
class Protected:
    """The protected ``frame``, of the kind that was given, and the ``report`` on it.

    ``recovery`` holds pairs of pseudonym and identifier for each fully randomised identifier: a
    secret that only a trusted third party keeps, if anybody. ``source_rows`` has for each record of
    ``frame`` its place in the table that was given: as secret, since it undoes the sorting.
    """

    frame: Any
    report: ProtectionReport
    recovery: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)
    source_rows: npt.NDArray[np.uint32] = field(
        default_factory=lambda: np.empty(0, np.uint32), repr=False, compare=False
    )


def apply_plan(
    frame: Any,
    plan: Plan,
    variables: Sequence[str],
    pseudonym_key: bytes | None = None,
    *,
    budget: Budget = UNLIMITED,
) -> Protected:
    """Protect the ``variables`` of ``frame`` as ``plan`` says; no other variable is looked at.

    ``pseudonym_key`` belongs to one permit and is needed if a variable is pseudonymised. Records
    leave sorted by pseudonym and then by content: their first order would let two permits' tables
    be joined line by line. ``budget`` ends the search early; the report's ``gap`` then says how far
    from the best the result may be. Raises BadInput for what is wrong in the input or cannot be reached.
    """
    chosen = choose(frame, plan, variables)
    names = [name for name in plan.quasi_identifiers if name in chosen.columns]
    identifiers = tuple(name for name in plan.pseudonymise if name in chosen.columns)
    place = _unused("source_row", chosen.columns)
    ready, before = before_search(chosen.with_row_index(place), plan)
    result = anonymised(ready, plan, names, search_budget(plan.budget, budget))
    table = ready if result is None else pl.DataFrame(result.table)
    table, after = after_search(table, plan, pseudonym_key)
    table, last, recovery = pseudonymise(table, plan, identifiers, pseudonym_key)
    own = [name for name in table.columns if name != place]
    order = [*identifiers, *(name for name in own if name not in identifiers)]
    table = table.sort(order)
    source_rows = table.get_column(place).to_numpy().astype(np.uint32)
    table = table.select(own)
    steps = (*before, *steps_of_search(plan, result, chosen.columns), *after, *last)
    report = _report(chosen, len(ready), table, plan, identifiers, result, steps)
    return Protected(_as_given(table, frame), report, recovery, source_rows)


def _unused(name: str, columns: Sequence[str]) -> str:
    """``name``, lengthened until no column is called so."""
    while name in columns:
        name = f"{name}_"
    return name


def choose(frame: Any, plan: Plan, variables: Sequence[str]) -> pl.DataFrame:
    """The variables asked for, as polars; a pandas index stays behind."""
    opened = open_frame(frame)
    if not variables:
        raise BadInput("name at least one variable")
    if len(set(variables)) != len(variables):
        raise BadInput("a variable is named twice")
    require_columns(opened, variables, "a variable")
    if dropped := [name for name in variables if name in plan.drop]:
        raise BadInput(f"the plan drops the variable {dropped[0]!r}: it never leaves")
    try:
        chosen = opened.select(*variables).to_polars()
    except (TypeError, ValueError) as error:
        raise BadInput(f"a variable mixes types: give every value one type ({error})") from None
    for name, kind in chosen.schema.items():
        if kind.is_nested() or kind in (pl.Object, pl.Binary):
            raise BadInput(
                f"the variable {name!r} holds {kind} values: give one plain value a record"
            )
    if not len(chosen):
        raise BadInput("the table has no records")
    return chosen


def anonymised(chosen: pl.DataFrame, plan: Plan, names: list[str], budget: Budget) -> Result | None:
    """The result over the quasi-identifiers that leave; None where none does."""
    if names:
        return recode(
            chosen,
            {name: plan.quasi_identifiers[name] for name in names},
            models=plan.models_for(chosen.columns),
            recoding=plan.recoding,
            aggregated=_present(plan.aggregated, chosen.columns),
            suppression=plan.suppression,
            measure=plan.measure_for(names),
            sensitive=[name for name in plan.sensitive if name in chosen.columns],
            levels=_present(plan.levels, names),
            budget=budget,
        )
    require_classes(plan, chosen.columns)
    for model in plan.models_for(chosen.columns):
        if len(chosen) < model.smallest_table():
            raise BadInput(f"the table has {len(chosen)} records, too few for {model.describe()}")
    return None


def require_classes(plan: Plan, columns: Sequence[str]) -> None:
    """Raise BadInput for a class value where no quasi-identifier that leaves makes classes."""
    if alone := _present(plan.aggregated, columns):
        raise BadInput(
            f"the plan gives {next(iter(alone))!r} a class value, but no quasi-identifier that leaves "
            "makes classes: ask for one too"
        )


def _present(parts: Mapping[str, Part], columns: Sequence[str]) -> dict[str, Part]:
    return {name: part for name, part in parts.items() if name in columns}


def steps_of_search(plan: Plan, result: Result | None, columns: Sequence[str]) -> list[Step]:
    """What the report says of the search beyond levels and loss."""
    steps: list[Step] = []
    if isinstance(result, LocalResult):
        steps.append(
            {
                "step": "local recoding",
                "regions": [asdict(region) for region in result.regions],
                "single_node_loss": result.single_node_loss,
            }
        )
    if result is not None:
        steps += [
            {"step": "class values", "column": name, "value": plan.aggregated[name]}
            for name in plan.aggregated
            if name in columns
        ]
    return steps


def _as_given(table: pl.DataFrame, given: Any) -> Any:
    if isinstance(given, pl.DataFrame) or nw.dependencies.is_duckdb_relation(given):
        return given_back(table, given)
    return table.to_arrow() if nw.dependencies.is_pyarrow_table(given) else table.to_pandas()


def _report(
    chosen: pl.DataFrame,
    drawn: int,
    table: pl.DataFrame,
    plan: Plan,
    identifiers: tuple[str, ...],
    result: Result | None,
    steps: tuple[Step, ...],
) -> ProtectionReport:
    threshold = max((model.smallest_table() for model in plan.models), default=1)
    everyone = reidentification_risk(chosen, [], threshold=threshold)
    leaving = (
        everyone if drawn == len(chosen) else reidentification_risk(table, [], threshold=threshold)
    )
    # before sampling, coding and rounding too
    as_it_came = result.risk_before if result else everyone
    if result and steps and steps[0]["step"] in BEFORE_SEARCH:
        names = list(result.generalisation)
        as_it_came = reidentification_risk(chosen, names, threshold=result.risk.threshold)
    return ProtectionReport(
        plan_digest=plan.digest,
        variables=tuple(table.columns),
        pseudonymised=identifiers,
        pseudonym_policy=policies(plan, identifiers),
        models=tuple(model.describe() for model in plan.models_for(chosen.columns)),
        asked=plan.models_for(chosen.columns),
        measure=plan.measure,
        records_in=len(chosen),
        records_out=len(table),
        suppressed=result.suppressed if result else 0,
        suppressed_share=result.suppressed_share if result else 0.0,
        generalisation=result.generalisation if result else {},
        loss=result.loss if result else 0.0,
        gap=result.gap if result else 0.0,
        attribute_losses=result.attribute_losses if result else {},
        risk_before=as_it_came,
        risk_after=result.risk if result else leaving,
        codebook=result.codebook if result else (),
        input_digest=table_digest(chosen),
        output_digest=table_digest(table),
        sampled_out=len(chosen) - drawn,
        steps=steps,
    )


def table_digest(table: pl.DataFrame) -> str:
    """``sha256:...`` of a table's names, types and values in order; text is quoted, null is not."""
    types = canonical_json([[name, str(kind)] for name, kind in table.schema.items()])
    values = table.write_csv(quote_style="non_numeric", null_value="null")
    return digest(types + b"\n" + values.encode())


def without_floats(document: Any) -> Any:
    """``document`` with each float as text of up to ten significant digits, fit for canonical JSON."""
    if isinstance(document, float):
        return f"{document:.10g}"
    if isinstance(document, dict):
        return {key: without_floats(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [without_floats(value) for value in document]
    return document
