"""What a form must say, and how it is told what it lacks."""

from dataclasses import replace
from typing import Any

import pytest
from access_world import OFFER, PEOPLE, document, form

from casemate.access import ApplicationForm, Offer, require_complete
from casemate.errors import BadInput


def problems(form: ApplicationForm, offer: Offer = OFFER) -> str:
    with pytest.raises(BadInput) as refused:
        require_complete(form, [offer], PEOPLE)
    return str(refused.value)


def variables(*names: str, **more: Any) -> list[dict[str, Any]]:
    listed = [{"name": name, "necessity": "needed", **more} for name in names]
    return [{"dataset": "nhefs", "variables": listed}]


def test_a_complete_form_passes() -> None:
    require_complete(form(), [OFFER], PEOPLE)


def test_everything_missing_is_named_at_once() -> None:
    told = problems(ApplicationForm())
    for field in (
        "title",
        "datasets",
        "purpose",
        "legal_basis.article_6",
        "method",
        "people",
        "outputs",
        "duration_days",
    ):
        assert f"{field}: " in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"datasets": [{"dataset": "nhef"}]}, "no dataset 'nhef' (did you mean nhefs?)"),
        ({"datasets": variables("wieght", "agee", "zzz")}, "'wieght' (did you mean weight?)"),
        ({"datasets": variables("wieght", "agee", "zzz")}, "'agee' (did you mean age?), 'zzz'"),
        ({"datasets": variables()}, "variables of nhefs: name those that are needed"),
        ({"datasets": variables("age", necessity="")}, "say why each is needed"),
        ({"datasets": variables("age", "age")}, "more than once: age"),
        ({"datasets": variables("age") * 2}, "nhefs is named more than once"),
        ({"datasets": variables("seqn")}, "seqn identify people directly"),
        ({"datasets": [{**variables("age")[0], "version": 2}]}, "no version 2 on offer, only 1"),
        ({"legal_basis": {"article_6": "e"}}, "weight of nhefs are sensitive"),
        ({"purpose": {"term": "dpv:PublicBenefit", "description": "x"}}, "outside the allow-list"),
        ({"purpose": {"term": "dpv:Advertising", "description": "x"}}, "Article 54(c)"),
        ({"purpose": {"term": "ehds:HarmfulProducts", "description": "x"}}, "tobacco"),
        ({"purpose": {"term": "dpv:PersonnelHiring", "description": "x"}}, "Article 54(b)"),
        ({"purpose": {"term": "curiosity", "description": "x"}}, "not a known purpose"),
        ({"purpose": {"term": "dpv:ScientificResearch"}}, "purpose.description"),
        ({"duration_days": 731}, "731 is more than nhefs allows (730)"),
        ({"people": ["ana", "mallory"]}, "no such account: 'mallory'"),
        ({"kind": "request"}, "tabulation"),
        ({"kind": "amendment"}, "amends: an amendment names the permit"),
        ({"amends": "permit-x"}, "only an amendment names a permit"),
    ],
)
def test_each_problem_is_told_by_field(changes: dict[str, Any], told: str) -> None:
    assert told in problems(form(**changes))


def test_open_data_need_no_application() -> None:
    assert "standing permit" in problems(form(), replace(OFFER, open=True))


def test_a_prohibited_use_is_refused_even_where_the_holder_allows_it() -> None:
    careless = replace(OFFER, allowed_purposes=frozenset({"dpv:Purpose", "dpv:Marketing"}))
    asked = form(purpose={"term": "dpv:DirectMarketing", "description": "letters"})
    assert "prohibited: advertising and marketing" in problems(asked, careless)


def test_names_of_other_accounts_are_not_given_away() -> None:
    assert "carl" not in problems(form(people=["karl"]))


@pytest.mark.timeout(60)  # comparing every name with every other would take many minutes
def test_ten_thousand_unknown_variables_are_named_quickly() -> None:
    wide = replace(OFFER, variables=frozenset(f"variable_{n}" for n in range(10_000)))
    asked = form(datasets=variables(*(f"variabel_{n}" for n in range(10_000))))
    assert "'variabel_9999'" in problems(asked, wide)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"colour": "red"}, "colour: there is no such field"),
        ({"duration_days": 0}, "duration_days: Input should be greater"),
        ({"duration_days": 4000}, "duration_days: Input should be less"),
        ({"duration_days": "soon"}, "duration_days: Input should be a valid integer"),
        ({"kind": "loan"}, "kind: Input should be 'permit', 'request' or 'amendment'"),
        ({"legal_basis": {"article_6": "g"}}, "legal_basis.article_6"),
        ({"title": "a\x00b"}, "title: contains the control character U+0000"),
        ({"title": "\ud800"}, "title: Input should be a valid string"),
        ({"title": "x" * 20_001}, "title: String should have at most 20000"),
        ({"people": [""]}, "people.0: String should have at least 1"),
        ({"datasets": [{"dataset": "a", "variables": [{}]}]}, "datasets.0.variables.0.name"),
    ],
)
def test_what_is_plainly_wrong_is_refused_when_read(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match="the application form cannot be read") as refused:
        ApplicationForm.read(document(**changes))
    assert told in str(refused.value)


def test_reversed_dates_of_a_period_are_refused() -> None:
    asked = {"dataset": "nhefs", "period": {"start": "1982-01-01", "end": "1971-01-01"}}
    with pytest.raises(BadInput, match=r"datasets\.0\.period: the dates are reversed"):
        form(datasets=[asked])


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"title": 1}', "\xff"])
def test_text_that_is_no_form_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        ApplicationForm.read(text)


def test_a_form_comes_back_from_json_with_the_same_digest() -> None:
    given = form()
    again = ApplicationForm.read(given.model_dump_json())
    assert again == given
    assert again.digest() == given.digest()
    assert form(title="Another").digest() != given.digest()
