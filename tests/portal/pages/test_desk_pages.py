"""The authority's desk, page by page: what waits, a plan weighed, two who decide, a permit's end."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pages_world import SAME_SITE, Pages, Person, pages, words
from portal_world import form, plan

from casemate.platform import Platform

RESEARCHER, AUTHORITY, COLLEAGUE = "acct-researcher", "acct-authority", "acct-colleague"
PLAN = {
    "p0-k": "5",
    "p0-suppression": "0.05",
    "p0-how-birth_year": "bands",
    "p0-widths-birth_year": "10, 20",
    "p0-least-birth_year": "0",
    "p0-how-sex": "suppress",
    "p0-how-commune": "suppress",
    "p0-l-diagnosis": "1",
}
TERMS = {
    "decision": "approve", "reason": "necessary", "days": "30", "conditions": "Publish it.\n\nTell nobody.",
    "min_cell": "12", "review": "four-eyes", "types": ["csv", "md"],
}  # fmt: skip


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("desk"), works=False) as made:
        made.portal.publish()
        yield made


@pytest.fixture
def platform(clinic: Pages) -> Platform:
    return clinic.portal.platform


@pytest.fixture
def aline(clinic: Pages) -> Person:
    return clinic.person(AUTHORITY)


@pytest.fixture
def application(platform: Platform) -> str:
    return platform.apply(RESEARCHER, form()).id


@pytest.fixture
def permit(platform: Platform, application: str) -> str:
    return platform.approve(AUTHORITY, application, "necessary", plans={"clinic": plan()}).id


def desk(application: str, act: str = "") -> str:
    return f"/en/desk/applications/{application}{act}"


def seen_at(person: Person, application: str) -> dict[str, str]:
    """The revision that the page carries, as its form sends it back."""
    page = person.see(desk(application))
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found is not None
    return {"revision": found[1]}


# ── what waits, and what is shown of it ──────────────────────────────────────────────────────────


def test_the_inbox_lists_what_waits_with_the_day_it_is_due(
    aline: Person, platform: Platform, application: str
) -> None:
    platform.message(RESEARCHER, application, "By when?")
    page = aline.see("/en/desk")
    row = re.search(rf'<tr>\s*<th scope="row"><a href="{desk(application)}">.*?</tr>', page, re.S)
    assert row is not None
    said = words(row[0])
    assert "the authority" in said
    assert "A message waits for an answer" in said
    assert re.search(r"\d+ days", said)
    assert "<time" in row[0]


def test_asked_and_allowed_stand_side_by_side_in_words(aline: Person, platform: Platform) -> None:
    said = words(aline.see(desk(platform.apply(RESEARCHER, form()).id)))
    assert "Purpose Scientific Research Scientific Research Within what is allowed" in said
    assert "90 days at most 365 days Within what is allowed" in said
    assert "patient as pseudonyms only Within what is allowed" in said
    assert "at least 5 people look alike" in said


def test_the_desk_is_for_the_authority(clinic: Pages, application: str, permit: str) -> None:
    addresses = (
        "/en/desk", desk(application), "/en/desk/permits", f"/en/desk/permits/{permit}",
        f"/en/desk/permits/{permit}/signed", f"/en/desk/permits/{permit}/revoke",
    )  # fmt: skip
    for who in ("acct-researcher", "acct-outsider", "acct-holder", "acct-checker", "acct-operator",
                "acct-auditor"):  # fmt: skip
        person = clinic.person(who)
        for address in addresses:
            assert person.get(address).status_code == 403, (who, address)
        for act in ("/weigh", "/decide", "/messages"):
            answer = person.post(desk(application, act), {**PLAN, **TERMS, "text": "x"})
            assert answer.status_code == 403, (who, act)
        for act in ("/renew", "/revoke"):
            answer = person.post(f"/en/desk/permits/{permit}{act}", {"days": "1", "reason": "x"})
            assert answer.status_code == 403, (who, act)
    for address in addresses:
        assert clinic.person(None).get(address).status_code == 303


def test_an_authority_that_is_close_to_the_applicant_sees_no_form(
    clinic: Pages, platform: Platform
) -> None:
    platform.add_account(
        "acct-operator", "Nina Near", "org-university", ["authority"], account_id="acct-near"
    )
    application = platform.apply(RESEARCHER, form()).id
    near = clinic.person("acct-near")
    page = near.see(desk(application))
    assert 'name="decision"' not in page
    assert "You do not decide here" in page
    assert near.post(desk(application, "/weigh"), PLAN).status_code == 403
    assert near.post(desk(application, "/decide"), {**PLAN, **TERMS}).status_code in (403, 409)
    assert platform.application(AUTHORITY, application).state == "submitted"


# ── weighing ─────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_is_weighed_and_drawn_and_nothing_typed_is_lost(
    aline: Person, platform: Platform, application: str
) -> None:
    answer = aline.post(desk(application, "/weigh"), {**PLAN, **TERMS, "reason": "so far <i>"})
    assert answer.status_code == 200
    said = words(answer.text)
    assert "What the plan would do to clinic" in said
    assert "Highest risk of re-identification 100%" in said
    assert "fewer than 10" in said
    assert answer.text.count('<svg role="img" aria-label="') == 2
    assert "The numbers as a table" in said
    assert "so far &lt;i&gt;</textarea>" in answer.text
    assert 'value="four-eyes" checked' in answer.text
    assert platform.application(AUTHORITY, application).state == "submitted"
    acts = [entry.act for entry in platform.entries(subject=application)]
    assert "application.plan_previewed" in acts


def test_a_plan_that_is_too_weak_is_told_before_it_is_decided(
    aline: Person, application: str
) -> None:
    answer = aline.post(desk(application, "/weigh"), {**PLAN, "p0-k": "2"})
    assert answer.status_code == 422
    assert "its holder asks for 5" in words(answer.text)
    assert 'role="alert"' in answer.text


AS_TOML = """
suppression = "0.05"
pseudonymise = ["patient"]
models = [{ model = "k-anonymity", k = 10 }]
quasi_identifiers.sex = { kind = "suppressible" }
quasi_identifiers.commune = { kind = "suppressible" }
quasi_identifiers.birth_year = { kind = "intervals", widths = [20] }
"""


@pytest.mark.parametrize("written", [json.dumps(plan()), AS_TOML])
def test_experts_write_the_whole_plan(aline: Person, application: str, written: str) -> None:
    answer = aline.post(desk(application, "/weigh"), {**PLAN, "p0-text": written})
    assert answer.status_code == 200
    assert "What the plan would do to clinic" in words(answer.text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"p0-text": "{"}, {"p0-text": "[[["}, {"p0-text": "[1]"}, {"p0-k": "many"},
        {"p0-widths-birth_year": ""}, {"p0-widths-birth_year": "a"}, {"p0-suppression": "half"},
        {"p0-how-sex": "prefixes", "p0-widths-sex": "-1"}, {"p0-least-birth_year": "99"},
        {"p0-k": "9" * 400},
    ],
)  # fmt: skip
def test_what_is_no_plan_is_told_and_kept(
    aline: Person, application: str, wrong: dict[str, str]
) -> None:
    answer = aline.post(desk(application, "/weigh"), {**PLAN, **wrong, "reason": "kept"})
    assert answer.status_code == 422
    assert "kept</textarea>" in answer.text


def test_a_weighing_is_looked_at_by_whoever_began_it_alone(
    clinic: Pages, aline: Person, application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casemate.portal.pages.desk_weighing.PATIENCE", 0)
    gate = threading.Event()
    platform = clinic.portal.platform
    honest = platform.preview_plan

    def slow(*args: Any, **more: Any) -> Any:
        more["progress"](1, 4)
        assert gate.wait(60)
        return honest(*args, **more)

    monkeypatch.setattr(platform, "preview_plan", slow)
    page = aline.post(desk(application, "/weigh"), {**PLAN, "reason": "half a thought"}).text
    found = re.search(r'hx-get="([^"]+/weighing/[^"]+)"', page)
    assert found is not None
    assert clinic.person(COLLEAGUE).get(found[1]).status_code == 404
    assert clinic.person(RESEARCHER).get(found[1]).status_code == 403
    other = clinic.portal.platform.apply(RESEARCHER, form()).id
    assert aline.get(found[1].replace(application, other)).status_code == 404
    running = aline.get(found[1], headers={"HX-Request": "true"}).text
    assert "1 of 4 searches done" in running
    gate.set()
    for thread in threading.enumerate():
        if thread.name.startswith("weighing"):
            thread.join(60)
    part = aline.get(found[1], headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "What the plan would do to clinic" in part
    whole = aline.see(found[1])
    assert "half a thought</textarea>" in whole
    assert "What the plan would do to clinic" in whole


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────


def test_approving_signs_exactly_what_was_filled_in(
    aline: Person, platform: Platform, application: str
) -> None:
    page = aline.do(desk(application, "/decide"), {**seen_at(aline, application), **PLAN, **TERMS})
    assert "Approved" in words(page)
    known = platform.application(AUTHORITY, application)
    assert known.permit is not None
    permit = platform.permit(AUTHORITY, known.permit)
    assert permit.conditions == ("Publish it.", "Tell nobody.")
    assert permit.output_rules.min_cell == 12
    assert permit.output_rules.review == "four-eyes"
    assert permit.output_rules.allowed_types == ("csv", "md")
    assert (permit.valid_until - permit.valid_from).days == 30
    assert permit.scopes[0].plan["models"] == [{"model": "k-anonymity", "k": 5}]
    assert permit.scopes[0].plan["pseudonymise"] == ["patient"]


@pytest.mark.parametrize(
    ("decision", "state"),
    [("refuse", "refused"), ("incomplete", "incomplete"), ("changes", "changes_requested"),
     ("complete", "submitted"), ("extend", "submitted")],
)  # fmt: skip
def test_every_other_decision(
    aline: Person, platform: Platform, application: str, decision: str, state: str
) -> None:
    told = {**seen_at(aline, application), "decision": decision, "reason": "as it is"}
    page = aline.do(desk(application, "/decide"), told)
    assert "as it is" in page
    assert platform.application(AUTHORITY, application).state == state


@pytest.mark.parametrize(
    "wrong",
    [{"reason": ""}, {"decision": ""}, {"decision": "bless"}, {"days": "9999"}, {"days": "x"},
     {"min_cell": "1"}, {"min_cell": "x"}, {"review": "none"}, {"types": ["exe"]}],
)  # fmt: skip
def test_a_decision_that_cannot_be_is_told_and_what_was_typed_is_kept(
    aline: Person, platform: Platform, application: str, wrong: dict[str, Any]
) -> None:
    seen = seen_at(aline, application)
    told = {**seen, **PLAN, **TERMS, "conditions": "kept", **wrong}
    answer = aline.post(desk(application, "/decide"), told)
    if wrong == {"types": ["exe"]}:  # what is none of the types is not chosen: nothing may leave
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert "kept</textarea>" in answer.text
    assert platform.application(AUTHORITY, application).state == "submitted"


def test_two_who_decide_at_once_the_second_is_told_and_keeps_what_was_typed(
    clinic: Pages, aline: Person, platform: Platform, application: str
) -> None:
    carla = clinic.person(COLLEAGUE)
    hers, his = seen_at(aline, application), seen_at(carla, application)
    aline.do(
        desk(application, "/decide"),
        {**hers, "decision": "changes", "reason": "Fewer variables, please"},
    )
    answer = carla.post(
        desk(application, "/decide"),
        {**his, "decision": "refuse", "reason": "My own careful reason", "conditions": "c"},
    )
    assert answer.status_code == 409
    said = words(answer.text)
    assert "Somebody else was first" in answer.text
    assert "Fewer variables, please" in said
    assert AUTHORITY in said
    assert "My own careful reason</textarea>" in answer.text
    assert platform.application(AUTHORITY, application).state == "changes_requested"


def test_the_second_of_two_approvals_signs_nothing(
    clinic: Pages, aline: Person, platform: Platform, application: str
) -> None:
    carla = clinic.person(COLLEAGUE)
    both = seen_at(aline, application)
    start, answers = threading.Barrier(2), []

    def go(person: Person) -> None:
        start.wait()
        answers.append(person.post(desk(application, "/decide"), {**both, **PLAN, **TERMS}))

    threads = [threading.Thread(target=go, args=(one,)) for one in (aline, carla)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.status_code for one in answers) == [303, 409]
    signed = [one for one in platform.list_permits(AUTHORITY) if one.application == application]
    assert len(signed) == 1
    second = next(one for one in answers if one.status_code == 409)
    assert "necessary</textarea>" in second.text


def test_without_the_revision_nothing_is_decided(
    aline: Person, platform: Platform, application: str
) -> None:
    answer = aline.post(desk(application, "/decide"), {"decision": "refuse", "reason": "blind"})
    assert answer.status_code == 409
    assert platform.application(AUTHORITY, application).state == "submitted"


def test_a_message_goes_to_the_applicant_in_the_authoritys_name(
    clinic: Pages, aline: Person, application: str
) -> None:
    page = aline.do(desk(application, "/messages"), {"text": "Which period?"})
    assert "Which period?" in page
    theirs = clinic.person(RESEARCHER).see(f"/en/applications/{application}")
    assert "Which period?" in theirs
    assert AUTHORITY not in theirs


# ── permits ──────────────────────────────────────────────────────────────────────────────────────


def test_permits_in_force_and_one_of_them(aline: Person, platform: Platform, permit: str) -> None:
    assert permit in aline.see("/en/desk/permits")
    page = aline.see(f"/en/desk/permits/{permit}")
    assert "k-anonymity" in page
    signed = aline.get(f"/en/desk/permits/{permit}/signed")
    assert platform.verify_permit(signed.text.strip()).jti == permit
    assert signed.headers["content-disposition"] == f'attachment; filename="{permit}.jws"'


def test_a_renewal_leads_to_the_new_permit(aline: Person, platform: Platform, permit: str) -> None:
    where = f"/en/desk/permits/{permit}/renew"
    wrong = aline.post(where, {"days": "soon", "reason": "kept <here>"})
    assert wrong.status_code == 422
    assert "kept &lt;here&gt;</textarea>" in wrong.text
    page = aline.do(where, {"days": "30", "reason": "the review takes longer"})
    assert "Renewed" in page
    after = platform.permit(AUTHORITY, permit)
    assert str(after.superseded_by) in page
    assert aline.post(where, {"days": "30", "reason": "again"}).status_code == 409


def test_a_revocation_shows_its_effect_first_and_is_one_button(
    aline: Person, platform: Platform, permit: str
) -> None:
    (view,) = platform.protect(RESEARCHER, permit)
    run = platform.run(RESEARCHER, permit, b"print(1)")
    where = f"/en/desk/permits/{permit}/revoke"
    page = aline.see(where)
    assert view.id in page
    assert run.id in page
    assert platform.permit_in_force(permit)  # looking at it does nothing
    assert aline.post(where, {"reason": " "}).status_code == 422
    assert platform.permit_in_force(permit)
    page = aline.do(where, {"reason": "purpose exceeded"})
    assert not platform.permit_in_force(permit)
    assert "purpose exceeded" in page
    assert "sealed" in words(page)
    assert aline.post(where, {"reason": "again"}).status_code == 409
    assert permit not in aline.see("/en/desk/permits")
    assert permit in aline.see("/en/desk/permits?ended=yes")


def test_long_lists_come_in_pages(
    aline: Person, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casemate.portal.pages.slices.SIZE", 2)
    made = {platform.apply(RESEARCHER, form()).id for _ in range(3)}
    seen, address = set(), "/en/desk"
    for _ in range(200):
        page = aline.see(address)
        seen |= set(re.findall(r'href="/en/desk/applications/(application-\w+)"', page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    assert made <= seen
    assert aline.get("/en/desk?page=0").status_code == 422


def test_a_draft_is_nobodys_business_at_the_desk(aline: Person, platform: Platform) -> None:
    draft = platform.draft(RESEARCHER, form()).id
    assert aline.get(desk(draft)).status_code == 403
    assert draft not in aline.see("/en/desk")


def test_ids_that_are_not_there(aline: Person) -> None:
    for address in (
        desk("application-aaaaaaaaaaaa"), "/en/desk/permits/permit-aaaaaaaaaaaa",
        "/en/desk/permits/permit-aaaaaaaaaaaa/revoke", "/en/desk/permits/permit-aaaaaaaaaaaa/signed",
    ):  # fmt: skip
        assert aline.get(address).status_code == 404, address


def test_no_act_without_the_forms_token(aline: Person, application: str, permit: str) -> None:
    for address in (desk(application, "/decide"), f"/en/desk/permits/{permit}/revoke"):
        answer = aline.browser.post(address, data={"reason": "x"}, headers=SAME_SITE)
        assert answer.status_code == 403


@pytest.mark.parametrize("language", ["fr", "de", "lb"])
def test_every_page_speaks_every_language(
    aline: Person, application: str, permit: str, language: str
) -> None:
    for address in ("desk", f"desk/applications/{application}", "desk/permits",
                    f"desk/permits/{permit}", f"desk/permits/{permit}/revoke"):  # fmt: skip
        assert f'<html lang="{language}"' in aline.see(f"/{language}/{address}")
