"""Certificates under attack: no claim can be edited, no table swapped, no value changed unnoticed."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput, IntegrityFailure
from casemate.protection import (
    AverageRisk,
    DistinctLDiversity,
    EntropyLDiversity,
    KAnonymity,
    Plan,
    PrivacyModel,
    Protected,
    RecursiveCLDiversity,
    TCloseness,
    apply_plan,
    content_digest,
    intervals,
    suppressible,
)
from casemate.protection.certificate import Certificate, certify_frames, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PEOPLE = pl.DataFrame(
    {
        "ssn": [1000 + number for number in range(120)],
        "name": [f"Person {number}" for number in range(120)],
        "age": [20 + (number * 11) % 50 for number in range(120)],
        "sex": ["f" if number % 3 else "m" for number in range(120)],
        "illness": ["flu", "cold", None, "flu"] * 30,
        "weight": [50 + number / 3 for number in range(120)],
    }
)
PLAN = Plan(
    quasi_identifiers={"age": intervals(5, 10, 20), "sex": suppressible()},
    models=(KAnonymity(4),),
    suppression="0.05",
    pseudonymise=("ssn",),
    sensitive=("illness",),
    drop=("name",),
)
VARIABLES = ["ssn", "age", "sex", "illness", "weight"]


@pytest.fixture(scope="module")
def protected() -> Protected:
    return apply_plan(PEOPLE, PLAN, VARIABLES, b"permit key of 32 bytes, secret!!")


@pytest.fixture(scope="module")
def certificate(protected: Protected) -> Certificate:
    made = certify_frames(PEOPLE, PLAN, protected, signing_key=KEY)
    again: Certificate = json.loads(json.dumps(made))
    return again


def leaves(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document, containers included."""
    if path:
        yield path
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def edited(document: Certificate, path: tuple[Any, ...], value: Any) -> Certificate:
    copied = copy.deepcopy(document)
    place: Any = copied
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copied


def resealed(document: Certificate) -> Certificate:
    """With a digest that fits: what an attacker without the key can do."""
    body = {part: document[part] for part in document if part not in ("digest", "signature")}
    return {**body, "digest": digest(canonical_json(body))}


def other_than(value: Any) -> list[Any]:
    match value:
        case bool() | None:
            return ["x"]
        case int():
            return [value + 1, str(value)]
        case str():
            return [value + "1", ""] if value else ["1"]
        case list():
            return [[*value, "x"], None]
        case _:
            return [{**value, "x": "1"}, None]


def test_an_honest_certificate_verifies(protected: Protected, certificate: Certificate) -> None:
    found = verify(protected.frame, certificate, KEY.public_key(), source=PEOPLE)
    assert {"digest", "signature", "output_digest", "risk_after", "loss", "content"} <= {
        *found.holds
    }
    assert [claim for claim, _ in found.unchecked] == ["gap"]
    alone = verify(protected.frame, certificate)
    assert "loss" not in alone.holds
    assert "signature" in dict(alone.unchecked)
    assert "loss" in dict(alone.unchecked)


def test_no_field_can_be_edited(protected: Protected, certificate: Certificate) -> None:
    tried = 0
    for path in leaves({key: certificate[key] for key in certificate if key != "signature"}):
        place: Any = certificate
        for step in path:
            place = place[step]
        for value in other_than(place):
            with pytest.raises((IntegrityFailure, BadInput)):
                verify(protected.frame, edited(certificate, path, value))
            tried += 1
    assert tried > 150


def test_no_field_can_be_taken_out_or_added(protected: Protected, certificate: Certificate) -> None:
    for part in certificate:
        less = {key: value for key, value in certificate.items() if key != part}
        with pytest.raises((IntegrityFailure, BadInput)):
            verify(protected.frame, less, KEY.public_key())
    with pytest.raises(IntegrityFailure, match="'blessing' is missing or unknown"):
        verify(protected.frame, {**certificate, "blessing": "yes"})


# what an edit with a fitting digest cannot hide: from the tables alone, no signature
SAID = [
    ("plan_digest", "sha256:00"), ("models", []), ("measure", "discernibility"),
    ("models", [{"model": "k-anonymity", "k": 3}]), ("variables", ["age"]), ("pseudonymised", []),
    ("records_in", 121), ("records_out", 119), ("suppressed", 7), ("records_in", "120"),
    ("input_digest", "sha256:00"), ("output_digest", "sha256:00"), ("loss", "0.1"),
    ("loss", "low"), ("attribute_losses", {}), ("attribute_losses", {"age": "0", "sex": "0"}),
    ("generalisation", {"age": 0, "sex": 0}), ("generalisation", {"age": 99, "sex": 0}),
    ("generalisation", None), ("risk_after", {}), ("risk_before", None), ("plan", {}), ("plan", None),
]  # fmt: skip


@pytest.mark.parametrize(("part", "value"), SAID)
def test_an_edit_that_mends_the_digest_is_found_by_recomputing(
    protected: Protected, certificate: Certificate, part: str, value: Any
) -> None:
    forged = resealed({**certificate, part: value})
    with pytest.raises(IntegrityFailure, match="certificate"):
        verify(protected.frame, forged, source=PEOPLE)


@pytest.mark.parametrize("risk", ["risk_before", "risk_after"])
def test_every_figure_of_the_risk_is_recomputed(
    protected: Protected, certificate: Certificate, risk: str
) -> None:
    for figure, value in certificate[risk].items():
        for wrong in other_than(value):
            forged = resealed(edited(certificate, (risk, figure), wrong))
            with pytest.raises(IntegrityFailure, match=risk):
                verify(protected.frame, forged, source=PEOPLE)


def test_the_models_are_checked_on_the_table_and_not_believed(certificate: Certificate) -> None:
    """A certificate that fits a raw table in every digest and count, and claims 4-anonymity."""
    raw = PEOPLE.select("age", "sex", "illness", "weight")
    plan = Plan.from_dict({**PLAN.to_dict(), "pseudonymise": []})
    honest = apply_plan(raw, plan, raw.columns)
    made = certify_frames(raw, plan, honest)
    lie = certify_frames(raw, plan, Protected(raw, honest.report))
    forged = resealed({**made, "output_digest": lie["output_digest"], "records_out": 120})
    forged = resealed({**forged, "suppressed": 0})
    with pytest.raises(IntegrityFailure, match="not 4-anonymous"):
        verify(raw, forged)


def test_no_value_of_the_table_can_be_changed(
    protected: Protected, certificate: Certificate
) -> None:
    frame: pl.DataFrame = protected.frame
    for name in frame.columns:
        kind = frame.schema[name]
        for wrong in (None, 1.25 if kind.is_numeric() else "other"):
            cells = frame[name].to_list()
            place = next(place for place, cell in enumerate(cells) if cell != wrong)
            cells[place] = wrong
            changed = frame.with_columns(pl.Series(name, cells, dtype=kind))
            with pytest.raises(IntegrityFailure, match="'output_digest'"):
                verify(changed, certificate)


@pytest.mark.parametrize("swap", ["shorter", "longer", "reordered", "renamed", "other", "source"])
def test_no_other_table_passes(protected: Protected, certificate: Certificate, swap: str) -> None:
    frame: pl.DataFrame = protected.frame
    tables = {
        "shorter": frame.head(-1),
        "longer": pl.concat([frame, frame.head(1)]),
        "reordered": frame.reverse(),
        "renamed": frame.rename({"weight": "height"}),
        "other": frame.select(VARIABLES[:-1]),
        "source": PEOPLE.select(VARIABLES),
    }
    with pytest.raises(IntegrityFailure):
        verify(tables[swap], certificate)


def test_another_source_is_found(protected: Protected, certificate: Certificate) -> None:
    with pytest.raises(IntegrityFailure, match="'input_digest'"):
        verify(protected.frame, certificate, source=PEOPLE.head(119))
    with pytest.raises(IntegrityFailure, match="has no column"):
        verify(protected.frame, certificate, source=PEOPLE.drop("age"))
    # a digest that fits another source does not make it the one that the table came from
    other = PEOPLE.with_columns(pl.col("weight") + 1)
    lie = certify_frames(other, PLAN, protected)
    with pytest.raises(IntegrityFailure, match="not what the plan makes"):
        verify(protected.frame, lie, source=other)


def test_only_the_signer_signs(protected: Protected, certificate: Certificate) -> None:
    frame = protected.frame
    with pytest.raises(IntegrityFailure, match="of another key"):
        verify(frame, certificate, OTHER.public_key())
    stolen = certify_frames(PEOPLE, PLAN, protected, signing_key=OTHER)
    posed = edited(stolen, ("signature", "public_key"), certificate["signature"]["public_key"])
    with pytest.raises(IntegrityFailure, match="not that of this document"):
        verify(frame, posed, KEY.public_key())
    for wrong in ("", "AAAA", "&", 7, None):
        with pytest.raises(IntegrityFailure, match="not that of this document"):
            verify(frame, edited(certificate, ("signature", "value"), wrong), KEY.public_key())
    with pytest.raises(IntegrityFailure, match="bears no signature"):
        verify(frame, resealed(certificate), KEY.public_key())
    mended = {**resealed({**certificate, "tool": {}}), "signature": certificate["signature"]}
    with pytest.raises(IntegrityFailure, match="not that of this document"):
        verify(frame, mended, KEY.public_key())


def test_what_is_no_certificate_is_bad_input(protected: Protected) -> None:
    with pytest.raises(BadInput, match="no casemate protection certificate"):
        verify(protected.frame, {"kind": "letter"})


MODELS: list[PrivacyModel] = [
    DistinctLDiversity(2, "illness"),
    EntropyLDiversity("1.5", "illness"),
    RecursiveCLDiversity(4, 2, "illness"),
    TCloseness("0.4", "illness"),
    AverageRisk("0.2"),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.describe())
def test_every_kind_of_model_is_checked(model: PrivacyModel) -> None:
    """The same table with its illnesses sorted by age: as many classes, other distributions."""
    plan = Plan(PLAN.quasi_identifiers, (KAnonymity(4), model), suppression="0.3")
    names = ["age", "sex", "illness"]
    protected = apply_plan(PEOPLE, plan, names)
    made = certify_frames(PEOPLE, plan, protected)
    verify(protected.frame, made)
    verify(protected.frame, made, source=PEOPLE)
    poor: pl.DataFrame = protected.frame.with_columns(illness=pl.lit("flu"), sex=pl.lit("f"))
    if model.attribute is None:  # classes of one
        poor = poor.with_columns(age=pl.int_range(pl.len()).cast(pl.String))
    forged = resealed({**made, "output_digest": content_digest(poor)})
    with pytest.raises(IntegrityFailure):
        verify(poor, forged, source=PEOPLE)
    if not model.needs_collected:
        with pytest.raises(IntegrityFailure, match="models do not hold"):
            verify(poor, forged)
