"""The ledger's proofs, checked by the browser alone: what was altered fails at the step it belongs to."""

import base64
import json
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from browser_world import chromium, serving
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from casemate.home import create_home
from casemate.ledger.note import sign
from casemate.platform import Platform
from casemate.store.keys import Keyring

INDEX = 5


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(create_home(tmp_path_factory.mktemp("proof") / "home")) as platform:
        platform.found("Operator")
        for number in range(20):
            platform.add_organisation("acct-operator", f"Organisation {number}")
        yield platform


@pytest.fixture(scope="module")
def address(platform: Platform) -> Iterator[str]:
    with serving(platform, works=False) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context() as context:
        yield context


def check(page: Page) -> None:
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("[data-verdict]")).not_to_be_empty()


def states(page: Page) -> dict[str, str]:
    found = page.locator("[data-step]").all()
    return {
        str(one.get_attribute("data-step")): one.locator("[data-state]").inner_text()
        for one in found
    }


def altering(context: BrowserContext, ending: str, change: Callable[[str], str]) -> None:
    """Somebody on the way changes the answers whose address ends so."""

    def answer(route: Route) -> None:
        given = route.fetch()
        route.fulfill(response=given, body=change(given.text()))

    context.route(lambda url: url.partition("?")[0].endswith("/ledger" + ending), answer)


def flipped(text: str) -> str:
    first = base64.b64decode(text)
    return base64.b64encode(bytes([first[0] ^ 1]) + first[1:]).decode()


def test_a_true_proof_holds_step_by_step(
    platform: Platform, address: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{address}/en/ledger/entries/{INDEX}")
    check(page)
    assert set(states(page).values()) == {"Holds"}
    expect(page.locator("[data-verdict]")).to_contain_text("Everything holds")
    root = base64.b64encode(platform.prove(INDEX).root).decode()
    expect(page.locator("[data-step=root] [data-computed]")).to_have_text(root)
    expect(page.locator("[data-step=leaf] [data-computed]")).to_contain_text("organisation.added")


def _body(text: str) -> str:
    entry = json.loads(text)
    entry["body"] = entry["body"].replace("organisation.added", "organisation.addet")
    return json.dumps(entry)


def _body_and_leaf(text: str) -> str:
    entry = json.loads(_body(text))
    entry["leaf"] = base64.b64encode(sha256(b"\0" + entry["body"].encode()).digest()).decode()
    return json.dumps(entry)


def _path(text: str) -> str:
    proof = json.loads(text)
    proof["path"][1] = flipped(proof["path"][1])
    return json.dumps(proof)


def _shorter(text: str) -> str:
    proof = json.loads(text)
    del proof["path"][-1]
    return json.dumps(proof)


def _root(text: str) -> str:
    origin, size, root, *rest = text.split("\n")
    return "\n".join([origin, size, flipped(root), *rest])


def _strangers(text: str) -> str:
    signed = text.rpartition("\n\n")[0] + "\n"
    return sign(signed, "casemate", Keyring(b"y" * 32).signing_key("ledger"))


@pytest.mark.parametrize(
    ("ending", "change", "fails"),
    [
        (f"/entries/{INDEX}", _body, "leaf"),
        (f"/entries/{INDEX}", _body_and_leaf, "root"),
        (f"/entries/{INDEX}/proof", _path, "root"),
        (f"/entries/{INDEX}/proof", _shorter, "path"),
        ("/checkpoint", _root, "signature"),
        ("/checkpoint", _strangers, "signature"),
    ],
    ids=["text", "text and leaf", "path", "short path", "root", "another key"],
)
def test_what_was_altered_on_the_way_is_shown_as_failing(
    address: str, context: BrowserContext, ending: str, change: Callable[[str], str], fails: str
) -> None:
    page = context.new_page()
    page.goto(f"{address}/en/ledger/entries/{INDEX}")
    altering(context, ending, change)
    check(page)
    found = states(page)
    assert found[fails] == "Fails"
    order = list(found)
    assert {found[one] for one in order[: order.index(fails)]} <= {"Holds"}
    assert {found[one] for one in order[order.index(fails) + 1 :]} <= {"Not reached"}
    expect(page.locator("[data-verdict]")).to_contain_text("does not hold")


def test_a_key_of_one_s_own_is_the_one_that_counts(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{address}/en/ledger/entries/{INDEX}")
    field = page.get_by_label("The ledger's public key")
    told = field.input_value()
    field.fill(told[:-3] + ("A" if told[-3] != "A" else "B") + told[-2:])
    check(page)
    assert states(page)["key"] == "Fails"


def test_a_server_that_does_not_answer_is_no_verdict(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{address}/en/ledger/entries/{INDEX}")
    context.route("**/api/v1/ledger/checkpoint", lambda route: route.fulfill(status=503, body=""))
    check(page)
    expect(page.locator("[data-verdict]")).to_contain_text("could not be checked")


def test_two_checkpoints_are_compared_in_the_browser_and_a_rewritten_history_fails(
    platform: Platform, address: str, context: BrowserContext
) -> None:
    older = platform.checkpoint()
    platform.add_organisation("acct-operator", f"Later {older.split()[1]}")
    page = context.new_page()
    page.goto(f"{address}/en/ledger/checkpoints")
    page.get_by_label("The older checkpoint", exact=True).fill(older)
    check(page)
    assert set(states(page).values()) == {"Holds"}
    altering(context, "/consistency", _path_of_consistency)
    check(page)
    assert states(page)["path"] == "Fails"


def _path_of_consistency(text: str) -> str:
    proof = json.loads(text)
    proof["path"][-1] = flipped(proof["path"][-1])
    return json.dumps(proof)


def test_without_scripts_the_page_tells_the_command(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/en/ledger/entries/{INDEX}")
        expect(page.get_by_text("Your browser runs no scripts.")).to_be_visible()
        expect(page.get_by_text("python verifier.py ledger.jsonl")).to_be_visible()
        expect(page.get_by_role("button", name="Check now")).to_be_hidden()
