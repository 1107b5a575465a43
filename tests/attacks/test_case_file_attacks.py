"""Somebody tries to get at a case file that is not theirs, or to smuggle something through it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from case_world import COLLEAGUE, DAY, HOLDER, OPERATOR, OWNER, STRANGER, WORK, laws
from markdown_it import MarkdownIt
from portal_world import Portal, served

from casemate.errors import NotAllowed, NotFound
from casemate.knowledge.citations import FORMS, STYLES, Cited, Gathered, written

EVIL = (
    "Law}, url={http://evil} \\input{x} $a$ % & #\r\nUR  - http://evil\nER  - \n\n"
    '# H <img src=x onerror=alert(1)> [a](javascript:x) "'
)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("cases")
    with served(folder, works=False) as portal:
        own = portal.platform.own_organisation(OWNER).id
        portal.platform.add_account(OPERATOR, "Col", own, ["public"], account_id=COLLEAGUE)
        laws(portal.platform, folder)
        yield portal


@pytest.fixture
def case(portal: Portal) -> str:
    made = portal.platform.open_case_file(OWNER, "Dogs", "Ask the owner.")
    portal.platform.pin_provision(OWNER, made.id, "law", WORK, "art_1", "fr", DAY)
    return made.id


def every_call(case: str) -> list[tuple[str, str, Any]]:
    """Each operation on a case file with a body that would be carried out."""
    where = f"/case-files/{case}"
    day = {"corpus": "law", "language": "fr", "on": DAY.isoformat()}
    return [
        ("GET", where, None),
        ("GET", f"{where}/alerts", None),
        ("GET", f"{where}/alerts.atom", None),
        ("GET", f"{where}/export?form=md", None),
        ("PUT", where, {"title": "Mine", "notes": ""}),
        ("POST", f"{where}/pins", day | {"work": WORK, "key": "art_2"}),
        ("POST", f"{where}/quotes", day | {"question": "Combien ?"}),
        ("POST", f"{where}/searches", {"corpus": "law", "language": "fr", "words": "chiens"}),
        ("PUT", f"{where}/order", {"items": []}),
        ("DELETE", f"{where}/items/none", None),
        ("POST", f"{where}/shares", {"party": STRANGER, "right": "write"}),
        ("DELETE", f"{where}/shares/{OWNER}", None),
        ("POST", f"{where}/alerts/seen", {}),
        ("DELETE", where, None),
    ]


@pytest.mark.parametrize("who", [None, STRANGER, OPERATOR, "acct-authority", "acct-auditor"])
def test_nobody_else_gets_at_a_case_file_by_any_way(
    portal: Portal, case: str, who: str | None
) -> None:
    before = portal.must(OWNER, "GET", f"/case-files/{case}")
    for method, path, body in every_call(case):
        answer = portal.ask(who, method, path, **({} if body is None else {"json": body}))
        assert answer.status_code == (401 if who is None else 403), (method, path, answer.text)
        assert "Dogs" not in answer.text
    assert portal.must(OWNER, "GET", f"/case-files/{case}") == before
    if who is not None:
        assert case not in str(portal.must(who, "GET", "/case-files"))
        assert case not in str(portal.must(who, "GET", "/case-files/data"))


def test_a_reader_reads_and_no_more(portal: Portal, case: str) -> None:
    portal.platform.share_case_file(OWNER, case, "org-clinic")
    reads, rest = every_call(case)[:4], every_call(case)[4:]
    for method, path, _ in reads:
        assert portal.ask(HOLDER, method, path).status_code == 200
    for method, path, body in rest:
        if path.endswith("/seen"):
            continue  # what one has seen is one's own
        answer = portal.ask(HOLDER, method, path, **({} if body is None else {"json": body}))
        assert answer.status_code == 403, (method, path)


def test_a_writer_neither_shares_nor_deletes(portal: Portal, case: str) -> None:
    portal.platform.share_case_file(OWNER, case, "org-clinic", "write")
    assert portal.platform.describe_case_file(HOLDER, case, "Dogs", "ours").notes == "ours"
    for act in (
        lambda: portal.platform.share_case_file(HOLDER, case, STRANGER),
        lambda: portal.platform.end_case_file_share(HOLDER, case, "org-clinic"),
        lambda: portal.platform.delete_case_file(HOLDER, case),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_what_is_no_longer_shared_is_no_longer_read(portal: Portal, case: str) -> None:
    portal.platform.share_case_file(OWNER, case, "org-clinic", "write")
    portal.platform.end_case_file_share(OWNER, case, "org-clinic")
    for method, path, body in every_call(case):
        answer = portal.ask(HOLDER, method, path, **({} if body is None else {"json": body}))
        assert answer.status_code == 403, (method, path)


def test_people_of_other_organisations_are_not_named_one_by_one(portal: Portal, case: str) -> None:
    for party in (HOLDER, "acct-none", "org-none"):
        with pytest.raises(NotFound, match="no account of your organisation"):
            portal.platform.share_case_file(OWNER, case, party)


def test_a_colleague_who_has_moved_is_no_colleague(portal: Portal, case: str) -> None:
    own = portal.platform.own_organisation(OWNER).id
    portal.platform.share_case_file(OWNER, case, COLLEAGUE)
    assert portal.platform.case_file(COLLEAGUE, case).title == "Dogs"
    portal.platform.change_account(OPERATOR, COLLEAGUE, organisation="org-clinic")
    with pytest.raises(NotAllowed):
        portal.platform.case_file(COLLEAGUE, case)
    assert case not in [one.id for one in portal.platform.case_files(COLLEAGUE)]
    portal.platform.change_account(OPERATOR, COLLEAGUE, organisation=own)


def test_a_token_without_the_scope_writes_nothing(portal: Portal, case: str) -> None:
    _, text = portal.platform.issue_token(OWNER, "reader", ["read"])
    sends = {"Authorization": f"Bearer {text}"}
    base = "/api/v1/case-files"
    assert portal.client.get(f"{base}/{case}/alerts.atom", headers=sends).status_code == 200
    told = {"title": "x"}
    assert portal.client.post(base, json=told, headers=sends).status_code == 403
    assert portal.client.delete(f"{base}/{case}", headers=sends).status_code == 403


def test_of_two_who_saw_the_same_only_the_first_changes_it(portal: Portal, case: str) -> None:
    seen = {"If-Match": portal.ask(OWNER, "GET", f"/case-files/{case}").headers["etag"]}
    told = {"title": "Dogs", "notes": "first"}
    path = f"/case-files/{case}"
    assert portal.ask(OWNER, "PUT", path, json=told, headers=seen).status_code == 200
    second = portal.ask(OWNER, "PUT", path, json=told | {"notes": "second"}, headers=seen)
    assert second.status_code == 412
    assert portal.must(OWNER, "GET", path)["notes"] == "first"


def test_a_request_sent_twice_pins_once(portal: Portal, case: str) -> None:
    asked = {"corpus": "law", "language": "fr", "on": "2021-01-01", "work": WORK, "key": "art_2"}
    key = {"Idempotency-Key": f"pin-{case}"}
    path = f"/case-files/{case}/pins"
    both = [portal.ask(OWNER, "POST", path, json=asked, headers=key) for _ in range(2)]
    assert [one.status_code for one in both] == [200, 200]
    assert len(both[1].json()["pins"]) == 2
    assert both[1].headers["idempotency-replayed"] == "true"


def test_a_kept_reply_tells_nothing_to_who_reads_the_database(portal: Portal) -> None:
    told = {"title": "Wellesch gegen Unbekannt", "notes": ""}
    key = {"Idempotency-Key": "open-one"}
    both = [portal.ask(OWNER, "POST", "/case-files", json=told, headers=key) for _ in range(2)]
    assert both[0].content == both[1].content
    for file in portal.platform.home.root.rglob("*"):
        assert not file.is_file() or b"Wellesch" not in file.read_bytes(), file


def test_a_hundred_thousand_characters_of_notes_are_told_so(portal: Portal, case: str) -> None:
    asked = {"title": "Dogs", "notes": "x" * 100_000}
    answer = portal.ask(OWNER, "PUT", f"/case-files/{case}", json=asked)
    assert answer.status_code == 422
    assert "100,000 characters; 50,000 is the most" in answer.json()["detail"]


@pytest.mark.parametrize("title", ["a\x1b[31m\x07", "\u202e gnp.exe", "a\u2028b\ufffe"])
def test_a_title_of_control_characters_harms_no_file(portal: Portal, title: str) -> None:
    answer = portal.ask(OWNER, "POST", "/case-files", json={"title": title})
    made = answer.json()["id"]
    assert answer.status_code == 201
    for form in ("html", "docx", "md", "json", "ris"):
        sent = portal.ask(OWNER, "GET", f"/case-files/{made}/export", params={"form": form})
        assert sent.status_code == 200
        assert re.fullmatch(
            r'attachment; filename="case-\w+\.\w+"', sent.headers["content-disposition"]
        )
    assert portal.ask(OWNER, "GET", f"/case-files/{made}/alerts.atom").status_code == 200


def hostile() -> Gathered:
    """A text, a title, a number, an address and a note that all mean harm."""
    one = Cited(
        id="pin-1}\n", work=EVIL, key=EVIL, title=EVIL, number=EVIL, heading=EVIL, language="fr",
        text=EVIL, on=DAY, valid_from=date(2024, 1, 1), valid_to=None, digest="ab" * 32,
        eli="http://x.example/}\\x", licence=EVIL, attribution=EVIL,
    )  # fmt: skip
    return Gathered(
        title=EVIL, language="fr", when=datetime(2024, 6, 1, tzinfo=UTC), notes=EVIL,
        provisions=(one,), quotes=((EVIL, (one,)),), searches=(EVIL,),
    )  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_a_title_makes_no_new_field_of_ris(style: str) -> None:
    lines = written(hostile(), "ris", style).decode().split("\r\n")
    assert lines.pop() == ""
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", one) for one in lines)
    assert [one[:2] for one in lines].count("ER") == 2
    assert not [one for one in lines if one.startswith("UR") and "evil" in one]
    assert "\n" not in "".join(lines)


@pytest.mark.parametrize("style", STYLES)
def test_a_title_makes_no_new_field_of_bibtex_and_no_command_of_tex(style: str) -> None:
    text = written(hostile(), "bib", style).decode()
    bare = re.sub(r"\\textbackslash\{\}|\\textascii\w+\{\}|\\[{}$&#%_]", "", text)
    assert "\\" not in bare
    for entry in bare.split("@legislation")[1:]:
        depth = 0
        for letter in entry:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            assert 0 <= depth <= 2
        assert depth == 0
        fields = re.findall(r"^  (\w+) = \{", entry, re.MULTILINE)
        assert len(fields) == len(set(fields))


@pytest.mark.parametrize("style", STYLES)
def test_a_title_is_no_markup_of_markdown(style: str) -> None:
    shown = MarkdownIt("commonmark").render(written(hostile(), "md", style).decode())
    assert "<img" not in shown
    assert "<h1>" in shown
    assert shown.count("<h1>") == 1
    assert 'javascript:x"' not in shown
    assert 'href="javascript' not in shown


@pytest.mark.parametrize("form", FORMS)
def test_hostile_words_are_written_in_every_form(form: str) -> None:
    content = written(hostile(), form, "luxembourg")
    assert content == written(hostile(), form, "luxembourg")
    if form in ("json", "csl"):
        json.loads(content)
    if form == "html":
        assert b"<img src=x" not in content
