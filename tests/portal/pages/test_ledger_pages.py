"""The ledger's pages: what they show to anyone, what filters find, and a check that believes nothing."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from pages_world import Pages, Person, pages, words


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("ledger"), works=False) as made:
        made.portal.publish()
        yield made


@pytest.fixture
def visitor(house: Pages) -> Person:
    return house.person(None)


def indexes(page: str) -> list[int]:
    return [int(one) for one in re.findall(r"/ledger/entries/(\d+)\"", page)]


def test_the_newest_entries_come_first_and_older_pages_follow(
    house: Pages, visitor: Person
) -> None:
    size = len(house.portal.platform.entries())
    seen: list[int] = []
    address: str | None = "/en/ledger"
    while address is not None:
        page = visitor.see(address)
        seen += indexes(page)
        older = re.search(r'<a href="([^"]+)" rel="next">', page)
        address = unescape(older[1]) if older else None
    assert seen == list(range(size))[::-1]


def test_filters_find_by_act_record_and_day(visitor: Person) -> None:
    page = visitor.see("/en/ledger?act=dataset.published")
    assert len(indexes(page)) == 1
    assert 'value="dataset.published" selected' in page
    assert indexes(visitor.see("/en/ledger?subject=clinic"))
    assert "No entry is like that." in visitor.see("/en/ledger?until=2001-01-01")
    assert indexes(visitor.see("/en/ledger?since=2001-01-01"))


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-02-31"])
def test_a_day_that_is_none_is_told_beside_its_field(visitor: Person, query: str) -> None:
    answer = visitor.get(f"/en/ledger?{query}")
    assert answer.status_code == 422
    field = query.partition("=")[0]
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-problem"' in answer.text


def test_what_a_visitor_asks_for_is_shown_as_text(visitor: Person) -> None:
    page = visitor.see("/en/ledger?subject=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page


def test_an_entry_shows_its_text_its_leaf_and_the_command(house: Pages, visitor: Person) -> None:
    proof = house.portal.platform.prove(3)
    page = visitor.see("/en/ledger/entries/3")
    assert proof.leaf.hex() in page
    assert "python verifier.py ledger.jsonl --key" in words(page)
    assert '"act": "' in unescape(page)
    assert house.portal.platform.ledger.vkey in page.replace("&#43;", "+")
    assert visitor.get("/en/ledger/entries/99999").status_code == 404
    assert visitor.get("/en/ledger/entries/-1").status_code in (404, 422)


def test_an_older_checkpoint_is_held_against_today_s_ledger(house: Pages, visitor: Person) -> None:
    platform = house.portal.platform
    note = platform.checkpoint()
    platform.add_organisation("acct-operator", "One more")
    visitor.see("/en/ledger/checkpoints")
    held = visitor.post("/en/ledger/checkpoints", {"checkpoint": note.replace("\n", "\r\n")})
    size = note.split("\n")[1]
    assert held.status_code == 200
    assert f"It holds: the first {size} entries" in words(held.text)
    altered = note.replace(f"\n{size}\n", f"\n{int(size) - 1}\n")
    refused = visitor.post("/en/ledger/checkpoints", {"checkpoint": altered})
    assert refused.status_code == 422
    assert "It holds" not in refused.text
    assert altered.strip() in unescape(refused.text)  # nothing that was typed is lost
    nonsense = visitor.post("/en/ledger/checkpoints", {"checkpoint": "nonsense"})
    assert nonsense.status_code == 422


def test_a_checkpoint_of_before_a_change_of_keys_still_holds(house: Pages, visitor: Person) -> None:
    platform = house.portal.platform
    note, vkey = platform.checkpoint(), platform.ledger.vkey
    platform.rotate_keys("acct-operator")
    page = visitor.see("/en/ledger/checkpoints")
    assert (
        page.replace("&#43;", "+").count(vkey) >= 2
    )  # told as a key of before, and for the browser
    held = visitor.post("/en/ledger/checkpoints", {"checkpoint": note})
    assert "It holds" in words(held.text)


def test_the_pages_send_nothing_of_people(house: Pages, visitor: Person) -> None:
    told = "".join(visitor.see(f"/en/ledger{rest}") for rest in ("", "/checkpoints", "/entries/4"))
    names = {one.name for one in house.portal.platform.accounts("acct-operator")}
    assert not {name for name in names if name != "Operator" and name in told}
