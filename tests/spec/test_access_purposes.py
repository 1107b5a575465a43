"""The vocabulary of purposes, and which uses the law rules out."""

import itertools

import pytest

from casemate.access import purposes
from casemate.errors import BadInput


def test_every_term_has_four_names_and_leads_to_the_root() -> None:
    for term in purposes.TERMS.values():
        assert set(term.labels) == {"en", "fr", "de", "lb"}
        assert all(term.labels.values()), term.id
        assert purposes.ROOT in purposes.ancestors(term.id)
        assert term.iri == f"https://w3id.org/dpv#{term.id[4:]}"
        assert purposes.term(term.iri) is term


# Facts of the published vocabulary (DPV 2.1, module purposes: skos:broader).
@pytest.mark.parametrize(
    ("narrow", "broad"),
    [
        ("ScientificResearch", {"ResearchAndDevelopment"}),
        ("CommercialResearch", {"CommercialPurpose", "ResearchAndDevelopment"}),
        ("NonCommercialResearch", {"NonCommercialPurpose", "ResearchAndDevelopment"}),
        ("ProvideOfficialStatistics", {"PublicBenefit"}),
        ("TargetedAdvertising", {"PersonalisedAdvertising"}),
        ("FraudPreventionAndDetection", {"MisusePreventionAndDetection"}),
        ("RecruitmentManagement", {"PersonnelHiring"}),
        ("SellDataToThirdParties", {"SellProducts"}),
    ],
)
def test_parents_are_those_of_the_vocabulary(narrow: str, broad: set[str]) -> None:
    assert set(purposes.TERMS[f"dpv:{narrow}"].parents) == {f"dpv:{name}" for name in broad}


def test_covering_is_a_partial_order() -> None:
    for one, two in itertools.product(purposes.TERMS, repeat=2):
        assert purposes.covers(one, one)
        assert purposes.covers(purposes.ROOT, one)
        if one != two:
            assert not (purposes.covers(one, two) and purposes.covers(two, one))
        for middle in purposes.TERMS[two].parents:
            assert not purposes.covers(one, middle) or purposes.covers(one, two)


def test_the_five_prohibited_uses_are_refused_by_name() -> None:
    assert [use.article for use in purposes.PROHIBITED.values()] == [
        f"Article 54({letter})" for letter in "abcde"
    ]
    for name, use in purposes.PROHIBITED.items():
        told = purposes.objection(name, [purposes.ROOT], "x")
        assert told is not None
        assert use.name in told
        assert use.article in told
        with pytest.raises(BadInput, match="prohibited"):
            purposes.term(name)


@pytest.mark.parametrize(
    ("purpose", "use"),
    [
        ("dpv:TargetedAdvertising", "ehds:Advertising"),
        ("dpv:PoliticalCampaign", "ehds:Advertising"),
        ("https://w3id.org/dpv#Marketing", "ehds:Advertising"),
        ("dpv:RecruitmentManagement", "ehds:Discrimination"),
        ("dpv:CustomerSolvencyMonitoring", "ehds:DetrimentalDecision"),
    ],
)
def test_purposes_that_amount_to_a_prohibited_use(purpose: str, use: str) -> None:
    found = purposes.prohibited_use(purpose)
    assert found is not None
    assert found.id == use


def test_research_and_public_interest_are_not_prohibited() -> None:
    for broad in ("dpv:ResearchAndDevelopment", "dpv:PublicBenefit"):
        for name in purposes.TERMS:
            if purposes.covers(broad, name):
                assert purposes.prohibited_use(name) is None, name
                assert purposes.objection(name, [broad], "x") is None


def test_an_empty_allow_list_allows_nothing() -> None:
    told = purposes.objection("dpv:ScientificResearch", [], "nhefs")
    assert told == (
        "purpose dpv:ScientificResearch is outside the allow-list of nhefs (which is empty)"
    )
