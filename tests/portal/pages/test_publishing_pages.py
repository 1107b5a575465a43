"""A data holder publishes through pages: file, description, a look at what will be public, then that."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from functional.clinic import DESCRIPTION
from pages_world import SAME_SITE, Pages, Person, pages, words
from portal_world import table

STOPS = b"stop,zone,opened\nGare,1,2020-01-01\nHamilius,1,2021-05-04\n"
FORM: dict[str, Any] = {
    "id": "stops", "title": "Bus stops", "description": "Every stop.", "access_right": "public",
    "regime": "dga", "themes": ["TRAN"], "keywords": "bus, stop",
    "column": ["stop", "zone", "opened"],
    "label-0": "Name of the stop", "role-0": "other", "type-0": "text", "unit-0": "",
    "label-1": "Zone", "role-1": "other", "type-1": "integer", "unit-1": "",
    "label-2": "Since", "role-2": "other", "type-2": "date", "unit-2": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages(tmp_path_factory.mktemp("publishing"), works=False) as world:
        yield world


@pytest.fixture
def holder(world: Pages) -> Person:
    return world.person("acct-holder")


def send(person: Person, content: bytes, name: str = "stops.csv", **fields: str) -> Any:
    """The file's form, its token before the file as the page has it."""
    data = {"csrf_token": person.token, **fields}
    files = {"file": (name, content)}
    where = "/en/publishing/upload"
    return person.browser.post(where, data=data, files=files, headers=SAME_SITE)


def upload(person: Person, content: bytes = STOPS, name: str = "stops.csv", **fields: str) -> str:
    sent = send(person, content, name, **fields)
    assert sent.status_code == 303, words(sent.text)[:400]
    return str(sent.headers["location"])


def document_in(page: str) -> str:
    (found,) = re.findall(r'name="document" value="([^"]*)"', page)
    return unescape(found)


def publish(person: Person, form: dict[str, Any], content: bytes = STOPS) -> str:
    where = upload(person, content).split("?")[0]
    checked = person.post(where, form)
    assert checked.status_code == 200, words(checked.text)[:400]
    return person.do(f"{where}/publish", {"document": document_in(checked.text)})


def test_from_a_file_to_the_catalogue(world: Pages, holder: Person) -> None:
    where = upload(holder)
    described = holder.see(where)
    assert "It holds dates, which can point at people." in words(described)
    assert 'value="quasi_identifier" selected' in described
    before = len(world.portal.platform.datasets())
    checked = holder.post(where, FORM)
    assert checked.status_code == 200
    assert "Nothing is published yet." in words(checked.text)
    assert checked.text.count('role="img"') >= 2
    assert len(world.portal.platform.datasets()) == before
    page = holder.do(f"{where}/publish", {"document": document_in(checked.text)})
    assert "Version 1 is published." in words(page)
    made = world.portal.platform.dataset("stops")
    assert made.description.title == {"en": "Bus stops"}
    assert made.description.keywords == {"en": ("bus", "stop")}
    assert made.variables[2].type == "date"
    assert holder.get(where).status_code == 404  # the plain file is gone
    assert "Bus stops" in holder.see("/en/publishing")


def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(holder: Person) -> None:
    where = upload(holder)
    wrong = {**FORM, "id": "Not A Slug", "title": "Typed by hand", "label-1": "Typed label"}
    again = holder.post(where, wrong)
    assert again.status_code == 422
    assert 'role="alert"' in again.text
    for typed in ("Not A Slug", "Typed by hand", "Typed label"):
        assert f'value="{typed}"' in again.text
    assert re.search(r'value="TRAN" checked', again.text)


def test_a_description_is_sent_as_a_file(world: Pages, holder: Person) -> None:
    where = upload(holder, table(), "clinic.csv")
    files = {"toml": ("clinic.toml", DESCRIPTION.encode())}
    data = {"csrf_token": holder.token}
    checked = holder.browser.post(where, data=data, files=files, headers=SAME_SITE)
    assert checked.status_code == 200
    assert "people are alone with their quasi-identifiers" in words(checked.text)
    holder.do(f"{where}/publish", {"document": document_in(checked.text)})
    assert world.portal.platform.dataset("clinic").rows == 300
    broken = upload(holder, table(), "clinic.csv")
    files = {"toml": ("clinic.toml", b"id = ")}
    refused = holder.browser.post(broken, data=data, files=files, headers=SAME_SITE)
    assert refused.status_code == 422
    assert "not valid TOML" in words(refused.text)


def test_a_new_version_keeps_what_the_form_does_not_ask(world: Pages, holder: Person) -> None:
    publish(holder, {**FORM, "id": "growing"}, b"stop,zone,opened\na,1,2020-01-01\n")
    french = {**FORM, "id": "growing", "title": "Arrêts", "label-0": "Nom"}
    more = b"stop,zone,opened\na,1,2020-01-01\nb,2,2020-01-02\n"
    where = upload(holder, more, dataset="growing")
    assert where.endswith("?dataset=growing")
    assert 'value="Bus stops"' in holder.see(where)
    path = where.split("?")[0].replace("/en/", "/fr/")
    checked = holder.post(path, french)
    holder.do(f"{path}/publish", {"document": document_in(checked.text)})
    second = world.portal.platform.dataset("growing")
    assert second.version == 2
    assert second.description.title == {"en": "Bus stops", "fr": "Arrêts"}
    assert second.variables[0].label == {"en": "Name of the stop", "fr": "Nom"}


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("../../../../etc/cron.d/evil.csv", ".csv"),
        ("/etc/passwd.csv", ".csv"),
        ("a/b\x00.csv", ".csv"),
    ],
)
def test_a_files_name_chooses_no_place(
    world: Pages, holder: Person, name: str, ending: str
) -> None:
    where = upload(holder, STOPS, name)
    sent = where.rpartition("/")[2]
    folder = world.portal.platform.home.root / "uploads" / "acct-holder" / sent
    assert [file.name for file in folder.iterdir()] == [f"data{ending}"]


@pytest.mark.parametrize(
    "name", ["noending", "a.c s v", "..\\..\\a.csv", "evil.csv\r\nX-Evil: 1", "a.php.exe~"]
)
def test_a_name_without_a_format_is_refused(holder: Person, name: str) -> None:
    answer = send(holder, STOPS, name)
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert holder.get(answer.headers["location"]).status_code == 422


def test_no_byte_is_written_for_a_form_that_is_forged_or_of_nobody_who_publishes(
    world: Pages, holder: Person
) -> None:
    uploads = world.portal.platform.home.root / "uploads"
    before = sorted(uploads.rglob("*"))
    where, files = "/en/publishing/upload", {"file": ("a.csv", STOPS)}
    forged = holder.browser.post(where, data={"csrf_token": "x"}, files=files, headers=SAME_SITE)
    assert forged.status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    data = {"csrf_token": holder.token}
    assert holder.browser.post(where, data=data, files=files, headers=elsewhere).status_code == 403
    late = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na\n1\r\n--B\r\n'
    late += b'Content-Disposition: form-data; name="csrf_token"\r\n\r\n' + holder.token.encode()
    headers = {**SAME_SITE, "Content-Type": "multipart/form-data; boundary=B"}
    answer = holder.browser.post(where, content=late + b"\r\n--B--\r\n", headers=headers)
    assert answer.status_code == 403
    assert send(world.person("acct-researcher"), STOPS).status_code == 403
    nobody = world.person(None)
    assert nobody.browser.post(where, files=files).status_code in (303, 401, 403)
    assert sorted(uploads.rglob("*")) == before


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=B", b"not a form"),
        ("multipart/form-data; boundary=B", b"--B--\r\n"),
        ("application/x-www-form-urlencoded", b"file=a"),
        ("text/plain", b"a"),
    ],
)
def test_what_is_no_form_with_a_file_is_told(holder: Person, kind: str, body: bytes) -> None:
    headers = {**SAME_SITE, "Content-Type": kind, "X-CSRF-Token": holder.token}
    answer = holder.browser.post("/en/publishing/upload", content=body, headers=headers)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_file_that_is_cut_short_leaves_nothing(world: Pages, holder: Person) -> None:
    uploads = world.portal.platform.home.root / "uploads"
    before = sorted(uploads.rglob("*"))
    body = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na\n1\n2'
    headers = {
        **SAME_SITE, "Content-Type": "multipart/form-data; boundary=B", "X-CSRF-Token": holder.token,
    }  # fmt: skip
    answer = holder.browser.post("/en/publishing/upload", content=body, headers=headers)
    assert answer.status_code == 422
    assert sorted(uploads.rglob("*")) == before


def test_others_files_and_datasets_are_as_if_they_were_not(world: Pages, holder: Person) -> None:
    where = upload(holder)
    other = world.person("acct-other-holder")
    assert other.get(where).status_code == 404
    assert other.post(where, FORM).status_code == 404
    assert other.post(f"{where}/publish", {"document": "{}"}).status_code == 404
    publish(holder, {**FORM, "id": "mine"}, b"stop,zone,opened\nx,1,2020-01-01\n")
    assert other.get("/en/publishing/datasets/mine/withdraw").status_code == 404
    taken = {"reason": "Mine now", "typed": "mine"}
    assert other.post("/en/publishing/datasets/mine/withdraw", taken).status_code == 403
    assert "mine" not in other.see("/en/publishing")
    stolen = other.post(upload(other), {**FORM, "id": "mine"})
    assert stolen.status_code in (403, 422)
    assert world.portal.platform.dataset("mine").state.value == "published"


@pytest.mark.parametrize(
    "who", ["acct-researcher", "acct-authority", "acct-checker", "acct-operator"]
)
def test_who_holds_no_data_is_told_so(world: Pages, who: str) -> None:
    person = world.person(who)
    assert person.get("/en/publishing").status_code == 403
    assert person.get("/en/publishing/new").status_code == 403
    assert "/en/publishing" not in person.see("/en")
    assert world.person(None).get("/en/publishing").headers["location"].startswith("/en/sign-in")


def test_withdrawing_asks_twice_and_is_for_good(world: Pages, holder: Person) -> None:
    publish(holder, {**FORM, "id": "leaving"}, b"stop,zone,opened\ny,1,2020-01-01\n")
    where = "/en/publishing/datasets/leaving/withdraw"
    assert "nobody reads the data again" in words(holder.see(where))
    hasty = holder.post(where, {"reason": "An error in it", "typed": "other"})
    assert hasty.status_code == 422
    assert "An error in it" in hasty.text
    assert holder.post(where, {"reason": " ", "typed": "leaving"}).status_code == 422
    assert world.portal.platform.dataset("leaving").state.value == "published"
    page = holder.do(where, {"reason": "An error in it", "typed": "leaving"})
    assert "its keys are destroyed" in page
    assert world.portal.platform.dataset("leaving").state.value == "retired"


def test_names_of_columns_are_text_in_the_form(holder: Person) -> None:
    header = b'"<script>alert(1)</script>","=cmd|calc","a""onfocus=""x"\n1,2,3\n'
    page = holder.see(upload(holder, header))
    assert "<script>alert" not in page
    assert 'onfocus="x' not in page


def test_a_table_too_wide_for_a_form_is_described_by_a_file(holder: Person) -> None:
    names = [f"c{number}" for number in range(201)]
    content = (",".join(names) + "\n" + ",".join("1" for _ in names) + "\n").encode()
    page = holder.see(upload(holder, content))
    assert "too many columns" in words(page)
    assert 'name="label-0"' not in page
