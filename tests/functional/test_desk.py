"""The talk between applicant and authority: forms kept as they grow, messages, the inbox, what ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import MovableClock
from portal_world import Portal, form, plan, served

from casemate.access import State
from casemate.errors import BadInput, Conflict, NotAllowed
from casemate.home import create_home
from casemate.platform import Platform

AUTHORITY, COLLEAGUE, RESEARCHER = "acct-authority", "acct-colleague", "acct-researcher"
PLANS = {"clinic": plan()}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("desk"), works=False) as portal:
        portal.publish()
        yield portal


@pytest.fixture
def platform(portal: Portal) -> Platform:
    return portal.platform


def kinds(platform: Platform, application: str) -> list[str]:
    return [gap.kind for gap in platform.missing(RESEARCHER, application)]


def acts(platform: Platform, subject: str) -> list[str]:
    return [entry.act for entry in platform.entries(subject=subject)]


# ── a form that grows ────────────────────────────────────────────────────────────────────────────


def test_a_form_grows_step_by_step_and_is_told_what_it_lacks(platform: Platform) -> None:
    full: dict[str, Any] = form()
    draft = platform.draft(RESEARCHER, {}).id
    growing: dict[str, Any] = {}
    lacking = kinds(platform, draft)
    assert {"title-missing", "people-missing", "datasets-missing"} <= set(lacking)
    for field in full:
        growing[field] = full[field]
        platform.revise(RESEARCHER, draft, growing)
        now = kinds(platform, draft)
        assert len(set(now) - {"article-9-missing", "purpose-refused"}) <= len(lacking)
    assert kinds(platform, draft) == []
    assert platform.submit(RESEARCHER, draft).state is State.SUBMITTED


def test_the_same_form_again_is_no_act(platform: Platform) -> None:
    draft = platform.draft(RESEARCHER, form()).id
    platform.revise(RESEARCHER, draft, form() | {"title": "Another"})
    before = acts(platform, draft), platform.application(RESEARCHER, draft).revision
    platform.revise(RESEARCHER, draft, form() | {"title": "Another"})
    assert (acts(platform, draft), platform.application(RESEARCHER, draft).revision) == before


def test_what_was_given_back_is_mended_out_of_sight(platform: Platform) -> None:
    application = platform.apply(RESEARCHER, form()).id
    platform.decide(AUTHORITY, application, "changes", "fewer variables")
    platform.revise(RESEARCHER, application, form() | {"title": "Half written"})
    assert platform.application(AUTHORITY, application).form.title == form()["title"]
    assert platform.form_in_hand(RESEARCHER, application).title == "Half written"
    again = platform.submit(RESEARCHER, application)
    assert (again.state, again.form.title) == (State.SUBMITTED, "Half written")
    assert platform.approve(AUTHORITY, application, "necessary", plans=PLANS)


def test_what_was_not_handed_in_is_not_what_is_decided(platform: Platform) -> None:
    """Refused while it was with the applicant, and appealed: the form is the one submitted."""
    application = platform.apply(RESEARCHER, form()).id
    platform.decide(AUTHORITY, application, "incomplete", "say more")
    platform.revise(RESEARCHER, application, form() | {"title": "Never handed in"})
    platform.decide(AUTHORITY, application, "refuse", "no answer")
    platform.appeal(RESEARCHER, application, "I was ill")
    permit = platform.approve(COLLEAGUE, application, "accepted", plans=PLANS)
    assert permit.application == application
    assert platform.application(RESEARCHER, application).form.title == form()["title"]


@pytest.mark.parametrize("who", ["acct-outsider", "acct-authority", "acct-holder", "acct-operator"])
def test_a_form_in_hand_is_its_applicants_alone(platform: Platform, who: str) -> None:
    draft = platform.draft(RESEARCHER, form()).id
    for ask in (platform.form_in_hand, platform.missing):
        with pytest.raises(NotAllowed):
            ask(who, draft)
    with pytest.raises(NotAllowed):
        platform.revise(who, draft, form())


def test_nothing_is_revised_once_it_is_handed_in(platform: Platform) -> None:
    application = platform.apply(RESEARCHER, form()).id
    with pytest.raises(Conflict, match="revise is not possible"):
        platform.revise(RESEARCHER, application, form() | {"title": "Another"})


def test_two_windows_on_one_draft_do_not_overwrite_each_other(portal: Portal) -> None:
    made = portal.must(RESEARCHER, "POST", "/applications", json={"form": {}, "draft": True})
    seen = portal.ask(RESEARCHER, "GET", f"/applications/{made['id']}").headers["etag"]

    def save(title: str) -> int:
        body = {"form": {"title": title}}
        headers = {"If-Match": seen}
        path = f"/applications/{made['id']}"
        return int(portal.ask(RESEARCHER, "PUT", path, json=body, headers=headers).status_code)

    assert (save("first"), save("second")) == (200, 412)
    kept = portal.must(RESEARCHER, "GET", f"/applications/{made['id']}/form")
    assert kept["title"] == "first"


# ── messages and the inbox ───────────────────────────────────────────────────────────────────────


def of_inbox(platform: Platform, who: str, application: str) -> Any:
    return next(one for one in platform.inbox(who) if one.application.id == application)


def test_both_sides_write_and_the_inbox_tells_who_waits_for_an_answer(platform: Platform) -> None:
    application = platform.apply(RESEARCHER, form()).id
    assert not of_inbox(platform, AUTHORITY, application).unanswered
    platform.message(RESEARCHER, application, "Is the period right?")
    assert of_inbox(platform, AUTHORITY, application).unanswered
    platform.message(AUTHORITY, application, "It is.")
    assert not of_inbox(platform, AUTHORITY, application).unanswered
    said = [one.text for one in platform.timeline(RESEARCHER, application) if one.act == "message"]
    assert said == ["Is the period right?", "It is."]
    entries = [one for one in platform.entries(subject=application) if "message" in one.act]
    assert len(entries) == 2
    assert "period" not in str([one.detail for one in entries])


def test_nobody_else_writes_and_nobody_into_a_draft(platform: Platform) -> None:
    application = platform.apply(RESEARCHER, form()).id
    for who in ("acct-outsider", "acct-holder", "acct-auditor", "acct-checker"):
        with pytest.raises(NotAllowed):
            platform.message(who, application, "let me say")
    draft = platform.draft(RESEARCHER, form()).id
    with pytest.raises(NotAllowed):
        platform.message(RESEARCHER, draft, "to whom?")
    with pytest.raises(BadInput, match="the message is missing"):
        platform.message(RESEARCHER, application, "  ")


def test_whoever_refused_does_not_decide_on_the_appeal(platform: Platform) -> None:
    application = platform.apply(RESEARCHER, form()).id
    platform.decide(AUTHORITY, application, "refuse", "too broad")
    platform.appeal(RESEARCHER, application, "it is not")
    assert not of_inbox(platform, AUTHORITY, application).may_decide
    assert of_inbox(platform, COLLEAGUE, application).may_decide


def test_the_overdue_comes_first_and_what_is_with_its_applicant_last(portal: Portal) -> None:
    clock = MovableClock()
    folder = portal.platform.home.root.parent / "clocked"
    with Platform(create_home(folder), clock=clock) as platform:
        story = _three_applications(platform, clock)
        found = [
            (one.application.id, one.waits_for, one.overdue) for one in platform.inbox("acct-a")
        ]
        first, second, given_back = story
        assert found == [
            (first, "authority", True),
            (second, "authority", False),
            (given_back, "applicant", False),
        ]
        assert next(one.days_left for one in platform.inbox("acct-a")) == -2


def _three_applications(platform: Platform, clock: MovableClock) -> tuple[str, str, str]:
    """One that is overdue, one that is not, and an older one that was given back."""
    platform.found("Operator")
    for name, role in (("acct-u", "data_user"), ("acct-h", "data_holder"), ("acct-a", "authority")):
        organisation = platform.add_organisation("acct-operator", f"House of {name}").id
        platform.add_account("acct-operator", name, organisation, [role], account_id=name)
    table = platform.home.root / "clinic.csv"
    table.write_text("age,sex\n" + "".join(f"{20 + n % 40},{'fm'[n % 2]}\n" for n in range(200)))
    platform.publish("acct-h", table, DESCRIPTION)
    asked = form() | {"people": ["acct-u"], "datasets": ASKED}
    given_back = platform.apply("acct-u", asked).id
    platform.decide("acct-a", given_back, "incomplete", "say more")
    first = platform.apply("acct-u", asked).id
    clock.advance(days=20)
    second = platform.apply("acct-u", asked).id
    clock.advance(days=12)
    return first, second, given_back


DESCRIPTION = {
    "id": "clinic",
    "title": {"en": "Clinic"},
    "description": {"en": "People"},
    "access_right": "non_public",
    "regime": "gdpr",
    "allowed_purposes": ["dpv:ScientificResearch"],
    "variables": {
        "age": {"label": {"en": "Age"}, "role": "quasi_identifier"},
        "sex": {"label": {"en": "Sex"}, "role": "quasi_identifier"},
    },
}
ASKED = [{"dataset": "clinic", "variables": [{"name": "age", "necessity": "by age"}]}]


# ── what a revocation ends ───────────────────────────────────────────────────────────────────────


def test_what_is_told_of_a_revocation_is_what_happens(platform: Platform) -> None:
    application = platform.apply(RESEARCHER, form()).id
    first = platform.approve(AUTHORITY, application, "necessary", plans=PLANS)
    (view,) = platform.protect(RESEARCHER, first.id)
    run = platform.run(RESEARCHER, first.id, b"print(1)")
    renewed = platform.renew(AUTHORITY, first.id, 30, "longer")
    amendment = form() | {"kind": "amendment", "amends": renewed.id}
    asked = platform.apply(RESEARCHER, amendment).id
    platform.draft(RESEARCHER, amendment)  # nobody else's business, and not told
    effect = platform.revocation_effect(AUTHORITY, renewed.id)
    assert effect.permits == (renewed.id, first.id)
    assert (effect.runs, effect.views, effect.amendments) == ((run.id,), (view.id,), (asked,))
    assert effect.in_force
    assert effect.people == (RESEARCHER,)

    platform.revoke(AUTHORITY, renewed.id, "purpose exceeded")
    sealed = platform.views(AUTHORITY, first.id)[0].sealed_at
    assert sealed is not None
    with pytest.raises(BadInput, match="not in force"):
        platform.approve(AUTHORITY, asked, "necessary", plans=PLANS)
    after = platform.revocation_effect(AUTHORITY, renewed.id)
    assert (after.in_force, after.views) == (False, ())


@pytest.mark.parametrize("who", ["acct-researcher", "acct-holder", "acct-checker", "acct-auditor"])
def test_only_who_may_revoke_sees_the_effect(platform: Platform, who: str) -> None:
    application = platform.apply(RESEARCHER, form()).id
    permit = platform.approve(AUTHORITY, application, "necessary", plans=PLANS)
    with pytest.raises(NotAllowed):
        platform.revocation_effect(who, permit.id)
