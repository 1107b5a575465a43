"""One story told twice by the same lines: in a home on this machine, and against a server."""

import io
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from functional.clinic import DESCRIPTION, OPERATOR
from live_server import live
from portal_world import Portal, form, plan, served, table
from register_world import STATED

import casemate
from casemate.acting import Acting
from casemate.catalogue import Dataset
from casemate.catalogue.records import KEPT_INSIDE
from casemate.client import Client, wire
from casemate.enclave import RunState
from casemate.errors import (
    BadInput,
    CasemateError,
    Conflict,
    NotAllowed,
    NotFound,
    PreconditionFailed,
)
from casemate.ledger import Wanted
from casemate.plain import plain
from casemate.portal import create_app
from casemate.protection.privacy_loss import PrivacyLoss
from casemate.register.records import read_record

Place = Acting | Client
As = Callable[[str], Any]
HOLDER, RESEARCHER, AUTHORITY, CHECKER, AUDITOR = (
    f"acct-{name}" for name in ("holder", "researcher", "authority", "checker", "auditor")
)
SCRIPT = b"""
from casemate.analysis import read

read("clinic").table("by_diagnosis.csv", ["diagnosis"], n="count")
"""
BUDGETED = DESCRIPTION.replace(
    "[rules]", '[privacy]\naccounting = "epsilon"\namount = "2"\n\n[rules]'
)
COUNT = {
    "version": 1,
    "dataset": "clinic",
    "kind": "count",
    "cost": {"accounting": "epsilon", "amount": "0.1"},
}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("story"), works=False) as portal:
        yield portal


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The story told in a home on this machine."""
    with served(tmp_path_factory.mktemp("here"), works=False) as near:
        return tell(partial(Acting, near.platform), tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def address(portal: Portal, here: dict[str, Any]) -> Iterator[str]:  # one home a process works
    with live(create_app(portal.platform, requests_a_minute=10**6)) as address:
        yield address


@pytest.fixture(scope="module")
def far(portal: Portal, address: str) -> Iterator[As]:
    """The served place as an account sees it."""
    with ExitStack() as open_places:
        places = {
            account: open_places.enter_context(casemate.open(address, token=token, progress=False))
            for account, token in portal.tokens.items()
        }
        yield places.__getitem__


def tell(as_: As, folder: Path) -> dict[str, Any]:
    """The whole flow; what came of it."""
    file = folder / "clinic.csv"
    file.write_bytes(table())
    dataset = as_(HOLDER).publish(file, tomllib.loads(BUDGETED))
    assert [hit.id for hit in as_(RESEARCHER).search("asthma").hits] == [dataset.id]
    wanted = [one["name"] for one in form()["datasets"][0]["variables"]]
    as_(AUTHORITY).check_plan(dataset.id, plan(), wanted)
    asked = as_(RESEARCHER).draft({"title": "Half of it"})
    assert as_(RESEARCHER).missing(asked.id)
    as_(RESEARCHER).revise(asked.id, form())
    assert as_(RESEARCHER).form_in_hand(asked.id).title == form()["title"]
    asked = as_(RESEARCHER).submit(asked.id)
    as_(RESEARCHER).message(asked.id, "There is a question.")
    assert [one.application.id for one in as_(AUTHORITY).inbox()] == [asked.id]
    (weighed,) = as_(AUTHORITY).preview_plan(asked.id, {dataset.id: plan()})
    assert [one.id for one in as_(AUTHORITY).list_applications(state="submitted")] == [asked.id]
    budgets = {dataset.id: PrivacyLoss.epsilon("0.5")}
    permit = as_(AUTHORITY).approve(
        asked.id, "In the public interest", plans={dataset.id: plan()}, budgets=budgets
    )
    assert as_(AUDITOR).verify_permit(permit.jws).model_dump()
    (checked,) = as_(RESEARCHER).verify_protection(permit.id)
    effect = as_(AUTHORITY).revocation_effect(permit.id)
    assert effect.in_force
    as_(RESEARCHER).save_draft(permit.id, SCRIPT.decode(), after=0)
    assert [one.number for one in as_(RESEARCHER).draft_versions(permit.id)] == [1]
    run = as_(RESEARCHER).run_draft(permit.id, entry=STATED)
    followed = as_(RESEARCHER).follow(run.id, wait=30.0)
    run = as_(RESEARCHER).wait(run.id)
    assert run.state is RunState.awaiting_review, run.reason
    (item,) = as_(CHECKER).queue()
    seen, data = as_(CHECKER).evidence(item.output.id)
    compared = as_(CHECKER).compare_release(seen.id)
    as_(CHECKER).claim(seen.id)
    as_(CHECKER).give_back(seen.id)
    as_(CHECKER).review(seen.id, clear=True, reason="Aggregates only.")
    receipt = as_(CHECKER).release(seen.id)
    assert as_(RESEARCHER).fetch(seen.id) == data
    answer = as_(RESEARCHER).ask(permit.id, COUNT)
    report = as_(AUDITOR).verify_ledger()
    assert report.ok, report.problems
    assert as_(AUDITOR).prove(receipt.ledger_index).holds()
    assert as_(AUDITOR).prove_consistency(1).holds()
    return {
        "followed": bool(followed.events),
        "before": compared.earlier,
        "rows": dataset.rows,
        "name": seen.shown_name,
        "data": data,
        "claims": checked.holds,
        "left": as_(RESEARCHER).privacy_accounts(permit.id)[1].remaining,
        "weighed": (weighed.k, weighed.after, weighed.loss),
        "ends": effect.people,
        "cost": answer.cost,
        "events": [event.act for event in as_(RESEARCHER).timeline(asked.id)],
        "acts": [entry.act for entry in as_(AUDITOR).entries(subject=seen.id)],
    }


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_the_same_lines_do_the_same_here_and_there(
    here: dict[str, Any], far: As, tmp_path: Path
) -> None:
    assert tell(far, tmp_path) == here


RECORDS: dict[str, Callable[[Any, dict[str, str]], Any]] = {
    "dataset": lambda place, ids: place.dataset("clinic"),
    "search": lambda place, ids: place.search("asthma", limit=3),
    "application": lambda place, ids: place.application(ids["application"]),
    "timeline": lambda place, ids: place.timeline(ids["application"]),
    "list_applications": lambda place, ids: place.list_applications(),
    "permit": lambda place, ids: place.permit(ids["permit"]),
    "list_permits": lambda place, ids: place.list_permits(),
    "views": lambda place, ids: place.views(ids["permit"]),
    "privacy_accounts": lambda place, ids: place.privacy_accounts(ids["permit"]),
    "list_runs": lambda place, ids: place.list_runs(),
    "outputs": lambda place, ids: place.outputs(),
    "output": lambda place, ids: place.output(ids["output"]),
    "unread_releases": lambda place, ids: list(place.unread_releases(ids["output"])),
    "environments": lambda place, ids: place.environments(),
    "entries": lambda place, ids: place.entries(start=2, limit=110),
    "checkpoint": lambda place, ids: place.checkpoint(),
    "prove": lambda place, ids: place.prove(3),
    "prove_consistency": lambda place, ids: place.prove_consistency(5),
    "explore": lambda place, ids: place.explore(Wanted(subject=ids["permit"]), before=60),
    "ledger_activity": lambda place, ids: place.ledger_activity(),
    "ledger_entry": lambda place, ids: place.ledger_entry(3),
    "figures": lambda place, ids: place.figures(),
    "is_up": lambda place, ids: place.is_up(),
    "whoami": lambda place, ids: place.whoami(),
    "list_tokens": lambda place, ids: place.list_tokens(),
    "algorithm": lambda place, ids: place.algorithm(ids["algorithm"]),
    "algorithm_history": lambda place, ids: place.algorithm_history(ids["algorithm"]),
    "search_algorithms": lambda place, ids: place.search_algorithms("sort", status=["in_use"]),
    "answers_for_documents": lambda place, ids: place.answers_for_documents(ids["algorithm"]),
    "make_document": lambda place, ids: place.make_document(
        ids["algorithm"], "fria", form="docx", language="lb", as_of=date(2027, 12, 3)
    ),
    "permit_in_force": lambda place, ids: place.permit_in_force(ids["permit"]),
}


@pytest.fixture(scope="module")
def ids(portal: Portal, far: As) -> dict[str, str]:
    platform = portal.platform
    (permit,), (application,) = platform.list_permits(CHECKER), platform.list_applications(AUDITOR)
    released = [one.id for one in platform.outputs(CHECKER) if one.released_at]
    told = read_record({"name": "Sorter", "status": "in_use", "tags": ["post"]})
    algorithm = far(RESEARCHER).record_algorithm(told)
    again = read_record({"name": "Sorter", "status": "in_use"})
    far(RESEARCHER).revise_algorithm(
        algorithm.algorithm, again, seen=1, reason="No tags.", if_match=algorithm
    )
    return {
        "permit": permit.id,
        "application": application.id,
        "output": released[0],
        "algorithm": algorithm.algorithm,
    }


@pytest.mark.parametrize("account", [CHECKER, AUTHORITY, RESEARCHER])
def test_what_comes_over_the_wire_is_the_record_itself(
    portal: Portal, far: As, ids: dict[str, str], account: str
) -> None:
    near, different = Acting(portal.platform, account), []
    for name, call in RECORDS.items():
        here, there = told(near, ids, call), told(far(account), ids, call)
        if here != there:
            different.append((name, here, there))
    assert not different


def told(place: Place, ids: dict[str, str], call: Callable[[Any, dict[str, str]], Any]) -> Any:
    try:
        found = call(place, ids)
    except NotAllowed as refused:
        return NotAllowed, str(refused)
    if isinstance(found, Mapping):
        return dict(found)
    return kinds(found), plain(found.as_shown() if isinstance(found, Dataset) else found)


def kinds(value: Any) -> Any:
    """The types of a record and of what is in it, lists as lists."""
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return [kinds(one) for one in value]
    inside = set(getattr(value, "__dataclass_fields__", {})) - KEPT_INSIDE
    return type(value), {name: kinds(getattr(value, name)) for name in inside}


def test_a_record_that_has_changed_since_it_was_seen_is_not_acted_on(far: As) -> None:
    place = far(RESEARCHER)
    seen = place.draft(form())
    place.submit(seen.id, if_match=seen)
    with pytest.raises(PreconditionFailed, match="look again"):
        place.withdraw(seen.id, "no more", if_match=seen)
    (listed,) = (one for one in place.list_applications() if one.id == seen.id)
    place.withdraw(seen.id, "no more", if_match=listed)


REFUSED: list[tuple[type[CasemateError], Callable[[Any], Any]]] = [
    (NotFound, lambda place: place.permit("permit-none")),
    (NotFound, lambda place: place.dataset("nothing")),
    (NotAllowed, lambda place: place.accounts()),
    (BadInput, lambda place: place.apply({**form(), "people": []})),
    (NotFound, lambda place: place.algorithm("algorithm-none")),
    (Conflict, lambda place: place.submit(place.list_applications()[0].id)),
]


@pytest.mark.parametrize(("error", "call"), REFUSED, ids=range(len(REFUSED)))
def test_a_refusal_is_the_platforms_own_in_its_words(
    portal: Portal, far: As, ids: dict[str, str], error: type[CasemateError], call: Any
) -> None:
    said = []
    for place in (far(RESEARCHER), Acting(portal.platform, RESEARCHER)):
        with pytest.raises(error) as raised:
            call(place)
        said.append(str(raised.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", ["../../x?y#z", "..", ".", "", "a\r\nb", "a%2fb", "ü\0"])
def test_an_odd_id_is_no_records(far: As, name: str) -> None:
    with pytest.raises(NotFound):
        far(RESEARCHER).application(name)


def test_a_released_file_is_written_as_it_arrives(
    far: As, ids: dict[str, str], tmp_path: Path
) -> None:
    place = far(RESEARCHER)
    assert place.download(ids["output"], tmp_path / "a.csv").read_bytes() == place.fetch(
        ids["output"]
    )
    with pytest.raises(NotFound):
        place.download("output-none", tmp_path / "b.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_the_export_is_the_platforms_line_for_line(portal: Portal, far: As) -> None:
    here, there = io.StringIO(), io.StringIO()
    assert far(AUDITOR).export_ledger(there) == portal.platform.export_ledger(here, AUDITOR)
    assert there.getvalue() == here.getvalue()


def test_lists_longer_than_a_page_are_read_to_their_end(
    portal: Portal, far: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "PAGE", 2)
    for number in range(5):
        portal.platform.draft("acct-outsider", {**form(), "title": f"Number {number}"})
    titles = {one.form.title for one in far("acct-outsider").each_application()}
    assert titles == {f"Number {number}" for number in range(5)}
    assert not list(far(OPERATOR).list_applications())
