"""The register's pages: found and told to anyone, kept in steps, compared, asked about; no scripts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pages_world import Pages, Person, pages, words

from casemate.portal.pages.register_words import FIELD_TEXTS, STEPS
from casemate.register.feedback import FROM_ONE_SOURCE
from casemate.register.records import every_field, read_record

KEEPER, STRANGER, AUTHORITY, CHECKER = (
    "acct-researcher", "acct-holder", "acct-authority", "acct-checker",
)  # fmt: skip
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}</textarea>'
WHOLE: dict[str, Any] = {
    "name": {"en": "Letter sorter", "fr": "Trieur de lettres"},
    "short_description": {
        "en": "It sorts letters. A person reads each one.",
        "fr": "Il trie les lettres.",
    },
    "organisation": {"en": "University"},
    "contact": {"en": "desk@university.example"},
    "status": "in_use",
    "publication_category": "high_risk_ai",
    "ai_act_class": "high_risk",
    "annex_iii_points": ["8(a)"],
    "appeal": {"en": "Write to the desk within a month."},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("register"), works=False) as world:
        yield world


@pytest.fixture(scope="module")
def keeper(world: Pages) -> Person:
    return world.person(KEEPER)


@pytest.fixture(scope="module")
def visitor(world: Pages) -> Person:
    return world.person(None)


def entered(world: Pages, *, public: bool = True, **told: Any) -> str:
    platform = world.portal.platform
    kept = platform.record_algorithm(KEEPER, read_record(WHOLE | told))
    if public:
        platform.publish_algorithm(KEEPER, kept.algorithm, "Everyone may see it.")
    return kept.algorithm


@pytest.fixture(scope="module")
def sorter(world: Pages) -> str:
    return entered(world)


def at(algorithm: str, rest: str = "", language: str = "en") -> str:
    return f"/{language}/register/algorithms/{algorithm}{rest}"


def test_every_field_is_in_a_step_and_has_its_words() -> None:
    groups = [group for _title, some in STEPS.values() for group in some]
    assert sorted(groups) == sorted({one.group for one in every_field().values()})
    texts = {text for one in every_field().values() for text in (one.label, one.why)}
    assert texts == FIELD_TEXTS


def test_anyone_finds_what_is_published_and_nothing_else(
    world: Pages, visitor: Person, sorter: str
) -> None:
    entered(world, public=False, name={"en": "Secret letter weigher"})
    page = visitor.see("/en/register?q=letter")
    assert "Letter sorter" in page
    assert "Secret" not in page
    assert "1 algorithm" in words(visitor.see("/en/register?q=letter+sorter"))
    assert "Nothing was found" in page if "Letter" not in page else True
    narrowed = visitor.see("/en/register?ai_act_class=minimal")
    assert "Letter sorter" not in narrowed
    assert "Trieur de lettres" in visitor.see("/fr/register?q=lettres")


def test_one_algorithm_is_told_by_the_questions_that_people_have(
    visitor: Person, sorter: str
) -> None:
    page = words(visitor.see(at(sorter)))
    for said in ("It sorts letters.", "Who answers for it", "desk@university.example", "In use",
                 "High-risk", "8(a)", "Duties", "Write to the desk within a month."):  # fmt: skip
        assert said in page
    assert "Flesch Reading Ease" in page
    assert "Change the entry" not in page
    french = visitor.see(at(sorter, language="fr"))
    assert "Trieur de lettres" in french
    assert '<span class="said">Write to the desk within a month.</span>' in french
    assert re.search(r'<dd lang="en"><span class="said">Write to the desk', french)


@pytest.mark.parametrize(
    "rest", ["", "/history", "/completeness", "/export?standard=nl-1.0", "/feedback", "?version=1"]
)
def test_a_stranger_learns_nothing_of_what_is_not_published(
    world: Pages, visitor: Person, rest: str
) -> None:
    algorithm = entered(world, public=False, name={"en": "Unpublished thing"})
    for one in (algorithm, "algorithm-aaaaaaaaaaaa"):
        answer = visitor.get(at(one, rest))
        assert answer.status_code == 404
        assert "Unpublished" not in answer.text
    api = world.portal.ask(None, "GET", f"/algorithms/{algorithm}{rest}")
    assert api.status_code in (401, 404)
    assert "Unpublished" not in api.text


def test_a_new_entry_is_filled_in_steps_compared_and_published(
    world: Pages, keeper: Person
) -> None:
    page = keeper.do(
        "/en/register/new", {"name": "Parking planner", "short_description": "It plans."}
    )
    assert "Nobody else sees it before you publish it" in page
    algorithm = re.search(r"/register/algorithms/(algorithm-\w+)/edit/about", page)[1]  # type: ignore[index]
    refused = keeper.post(at(algorithm, "/publish"), {"reason": "Now.", "publish": "yes"})
    assert refused.status_code == 422
    assert "Class" in words(refused.text) or "class" in words(refused.text)
    seen = 1
    for step, told in {
        "about": {"name": "Parking planner", "short_description": "It plans who parks where.",
                  "organisation": "University", "contact": "desk@university.example"},
        "use": {"status": "in_use", "goal_and_impact": "Less traffic."},
        "class": {"publication_category": "other", "ai_act_class": "minimal"},
    }.items():  # fmt: skip
        form = {"seen": str(seen), "language": "en", "reason": "", **told}
        keeper.do(at(algorithm, f"/edit/{step}"), form)
        seen += 1
    history = words(keeper.see(at(algorithm, "/history?before=1&after=2")))
    assert "[−plans.−] [+plans who parks where.+]" in history
    assert "Filled in: What it is and who answers for it" in history
    done = keeper.do(at(algorithm, "/publish"), {"reason": "It is whole.", "publish": "yes"})
    assert "The entry is published." in done
    assert "Parking planner" in world.person(None).see("/en/register?q=parking")
    keeper.do(at(algorithm, "/publish"), {"reason": "It is over.", "withdraw": "yes"})
    assert world.person(None).get(at(algorithm)).status_code == 404


def test_texts_in_other_languages_stay_when_one_is_changed(world: Pages, keeper: Person) -> None:
    algorithm = entered(world, public=False)
    form = {
        "seen": "1",
        "language": "lb",
        "name": "Bréifsortéierer",
        "stay": "yes",
        "contact": "desk@u.example",
    }
    keeper.do(at(algorithm, "/edit/about"), form)
    record = world.portal.platform.algorithm(KEEPER, algorithm).record
    assert record.text("name") == {**WHOLE["name"], "lb": "Bréifsortéierer"}
    assert record.told["ai_act_class"] == "high_risk"
    assert "Trieur de lettres" in keeper.see(at(algorithm, "/edit/about?language=lb"))


def test_nothing_typed_is_lost_where_somebody_else_was_first(world: Pages, keeper: Person) -> None:
    algorithm = entered(world, public=False)
    changed = read_record(WHOLE | {"status": "withdrawn"})
    world.portal.platform.revise_algorithm(KEEPER, algorithm, changed, seen=1, reason="Over.")
    form = {"seen": "1", "language": "en", "goal_and_impact": "What I typed.", "status": "in_use"}
    answer = keeper.post(at(algorithm, "/edit/use"), form)
    assert answer.status_code == 409
    assert "What I typed." in answer.text
    wrong = keeper.post(at(algorithm, "/edit/use"), {**form, "seen": "2", "start_date": "tomorrow"})
    assert wrong.status_code == 422
    assert "What I typed." in wrong.text
    assert 'value="tomorrow"' in wrong.text


@pytest.mark.parametrize("account", [None, STRANGER, AUTHORITY, CHECKER])
def test_nobody_else_changes_an_entry_or_reads_its_messages(
    world: Pages, sorter: str, account: str | None
) -> None:
    person = world.person(account)
    person.see(at(sorter, "/feedback"))
    for rest in ("/edit/about", "/publish"):
        assert person.get(at(sorter, rest)).status_code in (303, 404)
        assert person.post(at(sorter, rest), {"reason": "x", "seen": "1"}).status_code in (401, 404)
    if account != AUTHORITY:
        assert person.get(at(sorter, "/said")).status_code in (303, 403)
    assert person.post(at(sorter, "/said"), {"feedback": "x", "answer": "y"}).status_code in (
        401,
        403,
        404,
    )


def test_somebody_without_an_account_asks_and_reads_the_answer(
    world: Pages, visitor: Person, keeper: Person
) -> None:
    algorithm = entered(world)
    visitor.see(at(algorithm, "/feedback"))
    empty = visitor.post(
        at(algorithm, "/feedback"), {"kind": "appeal", "text": " ", "contact": "a@b.example"}
    )
    assert empty.status_code == 422
    assert "a@b.example" in empty.text
    sent = visitor.post(at(algorithm, "/feedback"), {"kind": "appeal", "text": EVIL})
    assert sent.status_code == 200
    code = re.search(r"<code>([\w-]+)</code>", sent.text)[1]  # type: ignore[index]
    page = keeper.see(at(algorithm, "/said"))
    assert "<script>alert" not in page
    feedback = re.search(r'name="feedback" value="(feedback-\w+)"', page)[1]  # type: ignore[index]
    keeper.do(at(algorithm, "/said"), {"feedback": feedback, "answer": "A person looked again."})
    visitor.see("/en/register/message")
    shown = visitor.post("/en/register/message", {"code": code})
    assert "A person looked again." in shown.text
    assert "<script>alert" not in shown.text
    gone = visitor.post("/en/register/message", {"code": code, "take_back": "yes"})
    assert "A person looked again." not in gone.text
    assert visitor.post("/en/register/message", {"code": "no"}).status_code == 404
    forged = visitor.browser.post(
        at(algorithm, "/feedback"), data={"kind": "question", "text": "x"}
    )
    assert forged.status_code == 403


def test_a_flood_of_messages_is_stopped_in_words(
    world: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from casemate.portal.pages import register

    monkeypatch.setattr(register, "source_of_request", lambda _request: "192.0.2.1")
    algorithm, person = entered(world), world.person(None)
    person.see(at(algorithm, "/feedback"))
    form = {"kind": "question", "text": "Again?"}
    statuses = [
        person.post(at(algorithm, "/feedback"), form).status_code
        for _ in range(FROM_ONE_SOURCE + 2)
    ]
    assert statuses == [200] * FROM_ONE_SOURCE + [429, 429]


def test_what_the_ledger_knows_is_told_with_its_entries(world: Pages, visitor: Person) -> None:
    algorithm = entered(world)
    today = world.portal.platform.clock().date()
    world.portal.platform.report_algorithm_incident(KEEPER, algorithm, "Secret words.", on=today)
    page = visitor.see(at(algorithm, language="de"))
    known = page[page.index('id="known"') :] if 'id="known"' in page else ""
    assert re.search(r'href="/de/ledger/entries/\d+"', known)
    assert "Secret words." not in page


def test_completeness_says_what_is_missing_and_why(visitor: Person, sorter: str) -> None:
    page = visitor.see(at(sorter, "/completeness?standard=ATRS"))
    assert "<svg" in page
    assert "Without it a decision cannot be contested." not in words(page)
    assert "It shows that something lighter was looked at first." in words(page)
    assert visitor.get(at(sorter, "/completeness?standard=XX")).status_code == 404


def test_an_entry_is_taken_in_another_registers_form(visitor: Person, sorter: str) -> None:
    answer = visitor.get(at(sorter, "/export?standard=nl-1.0"))
    assert answer.headers["content-disposition"].startswith('attachment; filename="algorithm-')
    assert "Letter sorter" in json.dumps(answer.json(), ensure_ascii=False)
    assert visitor.get(at(sorter, "/export?standard=no")).status_code == 422


def test_the_class_is_found_by_questions_and_put_into_the_entry(
    world: Pages, keeper: Person
) -> None:
    algorithm = entered(world, public=False, ai_act_class="minimal", annex_iii_points=[])
    first = keeper.see(f"/en/register/classify?algorithm={algorithm}")
    assert 'name="asked"' in first
    facts = {
        "fact-role": "provider", "fact-infers": "true", "fact-annexIII_area": "4(a)",
        "fact-sector": "employment", "fact-purpose": "rank_candidates", "fact-natural_persons": "true",
        "fact-profiling": "true",
    }  # fmt: skip
    skipped = ["international_cooperation", "sole_scientific_research", "exclusive_military"]
    form: dict[str, Any] = {
        "algorithm": algorithm,
        **facts,
        "skipped": skipped,
        "asked": "",
        "reply": "",
    }
    for _ in range(80):
        page = keeper.post("/en/register/classify", form)
        assert page.status_code == 200, words(page.text)[:300]
        asked = re.search(r'name="asked" value="(\w+)"', page.text)
        if asked is None:
            break
        form |= {"asked": asked[1], "reply": "unknown"}
        form["skipped"] = re.findall(r'name="skipped" value="(\w+)"', page.text)
    assert "High-risk" in words(page.text)
    keeper.do("/en/register/classify", form | {"keep": "yes", "asked": ""})
    told = world.portal.platform.algorithm(KEEPER, algorithm).record.told
    assert (told["ai_act_class"], told["annex_iii_points"]) == ("high_risk", ("4(a)",))
    assert told["area_of_use"] == "employment"
    wrong = keeper.post("/en/register/classify", {"asked": "role", "reply": EVIL})
    assert wrong.status_code == 422
    assert "<script>alert" not in wrong.text


def evil_record() -> dict[str, Any]:
    """Something hostile in every field that takes text."""
    made: dict[str, Any] = {}
    for one in every_field().values():
        if one.kind == "text":
            made[one.name] = {"en": f"{EVIL} {one.name}", "fr": EVIL}
        elif one.kind == "word" or (one.kind == "words" and not one.values):
            made[one.name] = EVIL if one.kind == "word" else [EVIL]
        elif one.kind in ("link", "links"):
            link = "https://x.example/'onmouseover=alert(1)"
            made[one.name] = link if one.kind == "link" else [link]
    return made


def test_nothing_that_a_record_tells_is_anything_but_text(
    world: Pages, visitor: Person, keeper: Person
) -> None:
    fixed = {
        "status": "in_use",
        "publication_category": "other",
        "ai_act_class": "minimal",
        "annex_iii_points": [],
    }
    algorithm = entered(world, **{**evil_record(), **fixed})
    changed = read_record({**evil_record(), **fixed, "tags": [EVIL, "more"]})
    world.portal.platform.revise_algorithm(KEEPER, algorithm, changed, seen=1, reason=EVIL)
    for person in (visitor, keeper):
        for rest in ("", "/history?before=1&after=1", "/completeness?standard=A8A", "/feedback"):
            assert_text(person.see(at(algorithm, rest)))
    for rest in ("/history", *(f"/edit/{step}" for step in STEPS), "/publish", "/said"):
        assert_text(keeper.see(at(algorithm, rest)))
    for person in (visitor, keeper):
        assert_text(person.see("/en/register?q=alert"))
    assert_text(keeper.see("/en/register/own"))
    for link in ("javascript:alert(1)", "data:text/html,x", "//x"):
        sent = {"seen": "2", "language": "en", "name": "n", "public_page_url": link}
        assert keeper.post(at(algorithm, "/edit/about"), sent).status_code == 422


def assert_text(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "49</textarea>" not in page
    assert not re.search(r'href="(?:javascript|data):', page)


@pytest.mark.parametrize("language", ["fr", "de", "lb"])
def test_the_pages_speak_every_language(
    visitor: Person, keeper: Person, sorter: str, language: str
) -> None:
    for path in ("", "/history", "/completeness", "/feedback"):
        visitor.see(at(sorter, path, language))
    for path in ("register", "register/message"):
        visitor.see(f"/{language}/{path}")
    keeper.see(at(sorter, "/edit/class", language))
    keeper.see(f"/{language}/register/own")
