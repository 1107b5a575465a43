"""A protection plan weighed before it is decided on: what is told, to whom, on what basis, and what not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from portal_world import Portal, form, plan, served

from casemate.access import Assessment
from casemate.enclave.assessing import Count
from casemate.errors import BadInput, Conflict, NotAllowed

AUTHORITY, RESEARCHER = "acct-authority", "acct-researcher"
PLANS = {"clinic": plan()}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("weighed"), works=False) as portal:
        portal.publish()
        yield portal


@pytest.fixture
def application(portal: Portal) -> str:
    return portal.platform.apply(RESEARCHER, form()).id


def numbers(told: Any) -> Iterator[int]:
    if isinstance(told, dict):
        for value in told.values():
            yield from numbers(value)
    elif isinstance(told, list):
        for value in told:
            yield from numbers(value)
    elif type(told) is int:
        yield told


def test_it_tells_risk_and_loss_as_the_permits_own_view_has_them(
    portal: Portal, application: str
) -> None:
    platform = portal.platform
    (preview,) = platform.preview_plan(AUTHORITY, application, PLANS)
    permit = platform.approve(AUTHORITY, application, "necessary", plans=PLANS)
    (view,) = platform.protect(RESEARCHER, permit.id)
    after = view.report["risk_after"]
    assert preview.is_best
    assert preview.plan == view.report["plan_digest"]
    assert preview.generalisation == view.report["generalisation"]
    assert preview.loss == round(float(view.report["loss"]), 2)
    assert preview.after.average == round(float(after["prosecutor_average"]), 2)
    assert 0 <= after["smallest_class"] - preview.after.smallest_class < 5
    assert preview.before.highest == 1
    chosen = next(one for one in preview.alternatives if one.chosen)
    assert (chosen.k, chosen.loss) == (preview.k, preview.loss)


def test_a_larger_k_never_loses_less(portal: Portal, application: str) -> None:
    (preview,) = portal.platform.preview_plan(AUTHORITY, application, PLANS)
    losses = [one.loss for one in preview.alternatives if one.loss is not None]
    assert len(losses) > 1
    assert losses == sorted(losses)


def test_no_small_count_is_told_and_no_exact_one(portal: Portal, application: str) -> None:
    told = portal.must(
        AUTHORITY, "POST", f"/applications/{application}/preview", json={"plans": PLANS}
    )
    (preview,) = told
    counts = [preview["suppressed"], *(
        preview[when][what] for when in ("before", "after") for what in ("at_risk", "uniques")
    )]  # fmt: skip
    assert {"value": None, "below": 10} in counts
    for count in counts:
        assert count["value"] is None or (count["value"] >= 10 and count["value"] % 5 == 0)


@pytest.mark.parametrize(
    ("records", "told"),
    [(0, Count(None, 10)), (9, Count(None, 10)), (10, Count(10)), (12, Count(10)), (13, Count(15))],
)
def test_how_a_count_is_told(records: int, told: Count) -> None:
    assert Count.of(records, 10) == told


def test_it_is_on_the_ledger_before_it_is_answered(portal: Portal, application: str) -> None:
    platform = portal.platform
    for _ in range(
        2
    ):  # the second answer is remembered; that it was asked is recorded all the same
        (preview,) = platform.preview_plan(AUTHORITY, application, PLANS)
    entries = platform.entries(subject=application)
    seen = [entry for entry in entries if entry.act == "application.plan_previewed"]
    assert [(one.actor, one.detail["plan"]) for one in seen] == [(AUTHORITY, preview.plan)] * 2


def test_even_a_plan_that_fails_on_the_data_is_on_the_ledger(
    portal: Portal, application: str
) -> None:
    strict = {**plan(), "suppression": "0", "levels": {"birth_year": 0, "sex": 0, "commune": 0}}
    with pytest.raises(BadInput, match="cannot be carried out") as refused:
        portal.platform.preview_plan(AUTHORITY, application, {"clinic": strict})
    assert not set("0123456789") & set(str(refused.value))
    acts = [entry.act for entry in portal.platform.entries(subject=application)]
    assert "application.plan_previewed" in acts


@pytest.mark.parametrize(
    "who", ["acct-researcher", "acct-outsider", "acct-holder", "acct-checker", "acct-auditor",
            "acct-operator"],
)  # fmt: skip
def test_only_the_authority_weighs(portal: Portal, application: str, who: str) -> None:
    with pytest.raises(NotAllowed, match=r"application\.preview"):
        portal.platform.preview_plan(who, application, PLANS)


def test_only_what_awaits_the_decision_is_weighed(portal: Portal, application: str) -> None:
    platform = portal.platform
    draft = platform.draft(RESEARCHER, form())
    platform.decide(AUTHORITY, application, "refuse", "not now")
    for one in (draft.id, application):
        with pytest.raises(NotAllowed):
            platform.preview_plan(AUTHORITY, one, PLANS)
    platform.appeal(RESEARCHER, application, "look again")
    assert platform.preview_plan(AUTHORITY, application, PLANS)


def test_a_plan_too_weak_for_the_holder_is_refused_as_by_an_approval(
    portal: Portal, application: str
) -> None:
    weak = {**plan(), "models": [{"model": "k-anonymity", "k": 2}]}
    with pytest.raises(BadInput, match="its holder asks for"):
        portal.platform.preview_plan(AUTHORITY, application, {"clinic": weak})


def test_nobody_makes_their_own_leave_to_read(portal: Portal, application: str) -> None:
    with pytest.raises(TypeError, match=r"only Applications\.require_assessable"):
        Assessment(application, AUTHORITY, "clinic", 1, ("name",), 10)
    with portal.platform.store.read() as tx:
        facts = portal.platform.facts
        offers = facts.offers(tx, portal.platform.applications.get(tx, application).form)
        (leave,) = portal.platform.applications.require_assessable(
            tx, AUTHORITY, application, offers
        )
    with pytest.raises(TypeError):
        replace(leave, variables=("name",))
    source = portal.platform.dataset("clinic")
    frame = portal.platform.enclave.views.decrypt_for_assessment(source, leave)
    assert set(frame.columns) == set(leave.variables)
    with pytest.raises(NotAllowed, match="with an Assessment"):
        portal.platform.enclave.views.decrypt_for_assessment(source, "the authority asks")  # type: ignore[arg-type]


def test_the_room_itself_refuses_those_who_applied(portal: Portal, application: str) -> None:
    platform = portal.platform
    with platform.store.read() as tx:
        form_of = platform.applications.get(tx, application).form
        offers = platform.facts.offers(tx, form_of)
        with pytest.raises(NotAllowed, match="does not assess"):
            platform.applications.require_assessable(tx, RESEARCHER, application, offers)
    platform.decide(AUTHORITY, application, "refuse", "not now")
    with platform.store.read() as tx, pytest.raises(Conflict):
        platform.applications.require_assessable(tx, AUTHORITY, application, offers)


def test_time_that_is_up_is_told_and_not_remembered(portal: Portal, application: str) -> None:
    platform = portal.platform
    other = {"clinic": {**plan(), "suppression": "0.03"}}
    done: list[tuple[int, int]] = []
    with pytest.raises(BadInput, match="in the time there is"):
        platform.preview_plan(AUTHORITY, application, other, seconds=-1)
    (preview,) = platform.preview_plan(
        AUTHORITY, application, other, progress=lambda one, of: done.append((one, of))
    )
    assert all(one.in_time for one in preview.alternatives)
    assert done[0] == (0, len(preview.alternatives))
    assert done[-1] == (len(preview.alternatives), len(preview.alternatives))


def test_nothing_of_it_lies_in_the_vault(portal: Portal, application: str) -> None:
    other = {"clinic": {**plan(), "suppression": "0.04"}}
    before = sorted(one.name for one in portal.platform.home.vault.iterdir())
    portal.platform.preview_plan(AUTHORITY, application, other)
    assert sorted(one.name for one in portal.platform.home.vault.iterdir()) == before
