"""A model that wants to leave: its form, whether it holds people, and what attacks make of it."""

from collections.abc import Callable

import numpy as np
import polars as pl

from casemate.enclave.checks_model import CheckContext, Findings
from casemate.enclave.checks_records import scan_pseudonyms, scan_values
from casemate.enclave.formats.facts import Facts, HostileKind
from casemate.enclave.formats.inspection import (
    Uninspectable,
    inspect_hostile,
    look_for_people,
    predictions,
    smallest_leaf,
)
from casemate.enclave.model_attacks import (
    BadCard,
    Coefficients,
    ModelCard,
    ModelRules,
    attack,
    card_from_json,
    coefficients_from_json,
)
from casemate.enclave.model_attacks.card import People, people_of
from casemate.enclave.model_attacks.losses import NotComparable
from casemate.enclave.model_attacks.scores import Matrix, Vector

_MAX_COLUMNS = 100


def judge_model(
    kind: HostileKind,
    data: bytes,
    card: bytes | None,
    context: CheckContext,
    rules: ModelRules,
    findings: Findings,
) -> None:
    """Judge an ONNX, safetensors or GGUF model; it is refused, or a person decides."""
    try:
        facts = inspect_hostile(data, kind)
    except Uninspectable as problem:
        findings.refuse("malformed", f"it cannot be read as {kind}", parser=str(problem))
        return
    if facts.problems:
        findings.refuse("malformed", f"it is no plain {kind} model", found=list(facts.problems))
        return
    _words(facts, context, findings)
    declared = _declared(card, context, findings)
    try:
        _memory(kind, data, declared, context, findings)
        if declared is not None:
            _carry_out(kind, data, *declared, context, rules, findings)
    except Uninspectable as problem:
        findings.review("not attacked", "its predictions could not be had", parser=str(problem))
    findings.review(
        "model",
        "it is a model: a person must decide",
        structure=facts.model_dump(mode="json", exclude_defaults=True),
    )


def _carry_out(
    kind: HostileKind,
    data: bytes,
    card: ModelCard,
    people: People,
    context: CheckContext,
    rules: ModelRules,
    findings: Findings,
) -> None:
    """Attack what can be carried out; of the rest, say to the person who decides that it was not."""
    if kind == "onnx":
        _leaves(data, people, context, findings)
        _attack(card, people, lambda rows: predictions(data, rows), rules, findings)
    elif kind == "safetensors" and card.layers:
        layers = [layer.model_dump() for layer in card.layers]

        def predictor(rows: Matrix) -> Matrix:
            return predictions(data, rows, "safetensors", layers)

        _attack(card, people, predictor, rules, findings)
    else:
        why = (
            "GGUF holds weights without what is done with them"
            if kind == "gguf"
            else "its card names no layers"
        )
        findings.review("not attacked", f"{why}: only its structure and its numbers were looked at")


def judge_coefficients(
    data: bytes, card: bytes, context: CheckContext, rules: ModelRules, findings: Findings
) -> bool:
    """Judge a regression as JSON; ``False`` where ``data`` is another document."""
    model = coefficients_from_json(data)
    if model is None:
        return False
    if model.digits > context.rules.max_digits:
        findings.refuse(
            "digits",
            f"its numbers have up to {model.digits} digits; at most {context.rules.max_digits} leave",
            threshold=context.rules.max_digits,
        )
    declared = _declared(card, context, findings)
    if declared is not None:
        _regression(model, *declared, context, rules, findings)
    findings.review("model", "it is a model: a person must decide")
    return True


def _regression(
    model: Coefficients,
    card: ModelCard,
    people: People,
    context: CheckContext,
    rules: ModelRules,
    findings: Findings,
) -> None:
    if tuple(model.coefficients) != card.features:
        findings.refuse("card", "its coefficients are not those of the card's features, in order")
        return
    fitted, parameters = int(people.trained.sum()), len(card.features) + 1
    if fitted - parameters < context.rules.min_residual_dof:
        findings.refuse("degrees of freedom", "it has too many coefficients for its people")
    elif 1000 * parameters > context.rules.max_parameters_permille * fitted:
        findings.refuse("saturated", "it has too many coefficients for its people")
    claimed = np.array([model.intercept, *model.coefficients.values()])
    _attack(card, people, model.predict, rules, findings, claimed)


def _declared(
    card: bytes | None, context: CheckContext, findings: Findings
) -> tuple[ModelCard, People] | None:
    if card is None:
        findings.review(
            "undeclared",
            "no FILE.model.json says which people it was trained on: it cannot be attacked",
        )
        return None
    try:
        read = card_from_json(card)
        if read.input not in context.inputs:
            raise BadCard("the card names an input that the run did not have")
        return read, people_of(read, context.inputs[read.input])
    except BadCard as problem:
        findings.refuse("card", str(problem))
        return None


def _words(facts: Facts, context: CheckContext, findings: Findings) -> None:
    """Names and metadata are text as any other."""
    text = "\n".join([*facts.texts, *(tensor.name for tensor in facts.tensors)])
    scan_pseudonyms(text, context, findings)
    scan_values(text, context, findings)


def _memory(
    kind: HostileKind,
    data: bytes,
    declared: tuple[ModelCard, People] | None,
    context: CheckContext,
    findings: Findings,
) -> None:
    """Compare the model's arrays with the declared features and with every input as it is."""
    compared = [
        (_numbers(frame), frame.height) for frame in context.inputs.values() if frame.height
    ]
    if declared is not None:
        _, people = declared
        trained = people.features[people.trained]
        compared += [(trained, len(trained)), (people.features, len(people.target))]
    for rows, known in compared:
        if rows.size == 0:
            continue
        facts = look_for_people(data, kind, rows, [], known)
        if facts.problems:
            findings.refuse(
                "holds people", "its weights hold rows of people", found=list(facts.problems)
            )
            return
        if facts.notes:
            findings.review("weights", "a person must look at its weights", seen=list(facts.notes))


def _numbers(frame: pl.DataFrame) -> Matrix:
    columns = [
        column.cast(pl.Float64).fill_null(0.0).fill_nan(0.0)
        for column in frame.get_columns()
        if column.dtype.is_numeric() or column.dtype == pl.Boolean
    ][:_MAX_COLUMNS]
    return pl.DataFrame(columns).to_numpy().astype(np.float64) if columns else np.zeros((0, 0))


def _leaves(data: bytes, people: People, context: CheckContext, findings: Findings) -> None:
    fewest = smallest_leaf(data, people.features[people.trained])
    if fewest is not None and fewest < context.rules.min_cell:
        findings.refuse(
            "small leaves",
            f"a leaf of its trees holds fewer than {context.rules.min_cell} people",
            threshold=context.rules.min_cell,
        )


def _attack(
    card: ModelCard,
    people: People,
    predictor: Callable[[Matrix], Matrix],
    rules: ModelRules,
    findings: Findings,
    claimed: Vector | None = None,
) -> None:
    trained = int(people.trained.sum())
    if min(trained, len(people.target) - trained) < rules.min_people:
        findings.review(
            "not attacked",
            f"fewer than {rules.min_people} people trained it or were held out: no attack means anything",
            threshold=rules.min_people,
        )
        return
    try:
        report = attack(card, people, predictor, rules, claimed)
    except NotComparable as problem:
        findings.review("not attacked", "its predictions do not fit its card", why=str(problem))
        return
    record = report.record()
    if report.reproduced is False:
        findings.refuse("not reproduced", "a refit on the declared people gives another model")
    if found := report.too_telling(rules):
        findings.refuse(
            "tells of its people",
            "an attack tells who it was trained on, or what they are: regularise it, or train it on more",
            attacks=list(found),
            scores=record,
        )
    else:
        findings.note("attacked", "attacks on it stayed under the rules' scores", scores=record)
