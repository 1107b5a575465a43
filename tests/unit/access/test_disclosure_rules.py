"""The parameters of the output check: from description to permit, stricter on the way, never laxer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from casemate.access import OfferRules, OutputRules
from casemate.canonical import canonical_json, digest
from casemate.catalogue.description import Rules as DatasetRules
from casemate.disclosure import DisclosureRules, strictest
from casemate.errors import BadInput

DEFAULTS = DisclosureRules()


@st.composite
def some_rules(draw: st.DrawFn) -> DisclosureRules:
    level = st.sampled_from(["allow", "review", "refuse"])
    return DisclosureRules(
        zeros=draw(level),  # type: ignore[arg-type]
        class_permille=draw(st.integers(500, 1000)),
        dominance_permille=draw(st.integers(1, 1000)),
        p_percent=draw(st.integers(1, 100)),
        min_residual_dof=draw(st.integers(1, 100)),
    )


def test_a_permit_from_before_the_rules_keeps_its_text_and_digest() -> None:
    written = (
        b'{"allowed_types":["csv","json","txt","md","png"],"max_files":50,'
        b'"max_output_bytes":10485760,"min_cell":10,"review":"required","rows":true}'
    )
    rules = OutputRules.model_validate_json(written)
    assert canonical_json(rules.model_dump(mode="json")) == written
    assert digest(written) == (
        "sha256:" + "a92ae7390f7aceee1fd6fcc8575a59b560ec99ff8b6df174044034fb24588ad9"
    )


def test_signed_rules_come_back_as_they_were() -> None:
    rules = OutputRules(disclosure=DisclosureRules(dominance_permille=850, zeros="refuse"))
    text = canonical_json(rules.model_dump(mode="json"))
    assert OutputRules.model_validate_json(text) == rules
    assert b'"dominance_permille":850' in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"dominance_permille": 900.0},
        {"dominance_permille": True},
        {"dominance_permille": 0},
        {"class_permille": 400},
        {"zeros": "perhaps"},
        {"unknown": 1},
    ],
)
def test_the_document_is_strict(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DisclosureRules.model_validate(wrong)


def test_a_description_without_them_has_the_defaults() -> None:
    assert DatasetRules().disclosure == DEFAULTS
    described = DatasetRules.model_validate({"disclosure": {"p_percent": 20}})
    assert described.disclosure == DisclosureRules(p_percent=20)


def test_a_permit_may_be_stricter() -> None:
    stricter = DEFAULTS.model_copy(update={"p_percent": 15, "zeros": "refuse"})
    OutputRules(min_cell=20, disclosure=stricter).require_no_laxer(OfferRules(), "people")


@pytest.mark.parametrize(
    ("name", "value"),
    [("p_percent", 5), ("dominance_permille", 950), ("zeros", "allow"), ("min_residual_dof", 9)],
)
def test_a_permit_is_never_laxer_than_its_dataset(name: str, value: object) -> None:
    laxer = OutputRules(disclosure=DEFAULTS.model_copy(update={name: value}))
    with pytest.raises(BadInput, match=name):
        laxer.require_no_laxer(OfferRules(), "people")


def test_an_old_permit_is_held_against_a_dataset_that_has_become_stricter() -> None:
    demanded = replace(OfferRules(), disclosure=DisclosureRules(class_permille=900))
    with pytest.raises(BadInput, match="class_permille"):
        OutputRules().require_no_laxer(demanded, "people")


@given(some_rules(), some_rules())
def test_the_strictest_of_two_is_laxer_than_neither(
    one: DisclosureRules, other: DisclosureRules
) -> None:
    both = strictest([one, other])
    assert not both.laxer_than(one)
    assert not both.laxer_than(other)
    assert strictest([other, one]) == both
    assert strictest([both, one]) == both
