"""The pages of case files, without scripts: begun, filled, shared, alerted, taken out, deleted."""

from collections.abc import Iterator

import pytest
from case_world import COMING, DAY, OWNER, STRANGER, WORK, Laws, laws
from pages_world import Person, pages, words

PIN = f"/en/law/cases/pin?corpus=law&work={WORK}&key=art_1&language=fr&on={DAY}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Laws, Person, Person]]:
    folder = tmp_path_factory.mktemp("case-pages")
    with pages(folder, works=False) as made:
        texts = laws(made.portal.platform, folder)
        yield texts, made.person(OWNER), made.person(STRANGER)


def begun(owner: Person, title: str = "Dogs in flats") -> str:
    """The address of a new case file."""
    answer = owner.post("/en/law/cases", {"title": title, "notes": "Ask the owner."})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_a_case_file_from_its_beginning_to_its_end(world: tuple[Laws, Person, Person]) -> None:
    texts, owner, _ = world
    where = begun(owner)
    case = where.rpartition("/")[2]
    provision = f"/en/law/provision?corpus=law&work={WORK}&key=art_1&language=fr&on={DAY}"
    assert "/en/law/cases/pin?" in owner.see(provision)
    assert "Dogs in flats" in owner.see(PIN)
    fields = {"corpus": "law", "work": WORK, "language": "fr", "on": str(DAY), "case": case}
    for key in ("art_1", "art_2"):
        assert "Pinned." in owner.do("/en/law/cases/pin", {**fields, "key": key})
    page = owner.do(f"{where}/searches", {"corpus": "law", "words": "chiens", "language": "fr"})
    assert "The search is saved." in page
    first, second = (one.id for one in texts.platform.case_file(OWNER, case).pins)
    owner.do(f"{where}/items/{second}", {"up": "1"})
    assert [one.id for one in texts.platform.case_file(OWNER, case).pins] == [second, first]
    owner.do(f"{where}/items/{second}", {"take": "1"})
    texts.version(COMING, ("art_1", "Trois chiens."))
    assert "1 new alert" in words(owner.see("/en/law/cases"))
    assert "1 alert" in owner.see("/en/catalogue")
    assert "<del>Deux</del><ins>Trois</ins>" in owner.see(f"{where}/alerts")
    assert "Mark all as seen" not in owner.do(f"{where}/alerts", {})
    answer = owner.get(f"{where}/export?form=bib&style=french")
    assert answer.headers["content-disposition"] == f'attachment; filename="{case}.bib"'
    assert "cannot be brought back" in owner.see(f"{where}/delete")
    assert "is deleted" in owner.do(f"{where}/delete", {})
    assert owner.get(where).status_code == 404


def test_what_was_typed_stays_where_it_cannot_be_kept(world: tuple[Laws, Person, Person]) -> None:
    _, owner, _ = world
    where = begun(owner)
    answer = owner.post(f"{where}/words", {"title": "", "notes": "typed long", "seen": "1"})
    assert (answer.status_code, "typed long" in answer.text) == (422, True)
    assert "This was not done" in answer.text
    answer = owner.post(f"{where}/shares", {"party": "acct-none", "right": "read"})
    assert (answer.status_code, "acct-none" in answer.text) == (404, True)
    answer = owner.post("/en/law/cases", {"title": "", "notes": "typed long"})
    assert (answer.status_code, "typed long" in answer.text) == (422, True)
    answer = owner.post(f"{where}/searches", {"words": "x", "corpus": "none", "on": "never"})
    assert answer.status_code == 422


def test_who_was_second_is_told_and_keeps_what_was_typed(
    world: tuple[Laws, Person, Person],
) -> None:
    _, owner, _ = world
    where = begun(owner)
    owner.do(f"{where}/words", {"title": "A", "notes": "first", "seen": "1"})
    answer = owner.post(f"{where}/words", {"title": "A", "notes": "second", "seen": "1"})
    assert answer.status_code == 409
    assert "second" in answer.text


def test_a_case_file_is_shared_and_shared_no_longer(world: tuple[Laws, Person, Person]) -> None:
    texts, owner, stranger = world
    where = begun(owner, "Shared one")
    assert stranger.get(where).status_code == 403
    houses = {"party": texts.platform.own_organisation(STRANGER).id, "right": "read"}
    assert "It is shared." in owner.do(f"{where}/shares", houses)
    assert "Shared one" in stranger.see("/fr/law/cases")
    shown = stranger.see(where)
    assert "Title and notes" not in shown
    assert stranger.post(f"{where}/words", {"title": "Mine", "seen": "2"}).status_code == 403
    assert stranger.post(f"{where}/delete", {}).status_code == 403
    owner.do(f"{where}/shares/end", houses)
    assert stranger.get(where).status_code == 403


def test_a_visitor_is_asked_to_sign_in(world: tuple[Laws, Person, Person]) -> None:
    visitor = Person.__new__(Person)
    visitor.account, visitor.browser = None, type(world[1].browser)(world[1].browser.app)
    assert visitor.browser.get("/en/law/cases", follow_redirects=False).status_code in (303, 401)


def test_titles_are_text(world: tuple[Laws, Person, Person]) -> None:
    _, owner, _ = world
    where = begun(owner, "<script>alert(1)</script>")
    assert "<script>alert" not in owner.see(where) + owner.see("/en/law/cases")
