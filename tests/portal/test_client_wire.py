"""What the client does when something goes wrong between it and the server."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_server import live
from portal_world import Portal, form, served

import casemate
from casemate.client import Client, NotUnderstood, connect
from casemate.errors import (
    BadInput,
    CasemateError,
    Conflict,
    NotAllowed,
    TooLarge,
    TooManyRequests,
    Unavailable,
)
from casemate.identity import TokenRefused
from casemate.portal import create_app

NEAR = "http://127.0.0.1:1"
Answer = httpx.Response | Exception
ME = {
    "id": "acct-a",
    "name": "A",
    "organisation": "org-a",
    "roles": ["public"],
    "has_password": False,
    "active": True,
}


class Played(httpx.BaseTransport):
    """Answers as it was told to, one after the other, and keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def played(*answers: Answer, **options: Any) -> tuple[Client, Played, list[float]]:
    transport = Played(*answers)
    slept: list[float] = []
    place = connect(
        NEAR, "cmt_x", transport=transport, sleep=slept.append, progress=False, **options
    )
    return place, transport, slept


def problem(status: int, kind: str, detail: str = "Said.", **headers: str) -> httpx.Response:
    said = {"type": f"urn:casemate:problem:{kind}", "title": kind, "detail": detail}
    sent = {"content-type": "application/problem+json", **headers}
    return httpx.Response(status, headers=sent, content=json.dumps(said).encode())


def fine(document: Any = ME) -> httpx.Response:
    return httpx.Response(200, json=document)


def test_an_act_is_sent_again_under_the_same_key_and_another_act_under_another() -> None:
    made = {"id": "org-b", "name": "B", "kind": ""}
    lost = httpx.ReadError("the connection broke")
    place, transport, slept = played(lost, lost, fine(made), fine(made))
    place.add_organisation("B")
    place.add_organisation("B")
    keys = [one.headers["idempotency-key"] for one in transport.asked]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert len(slept) == 2
    assert slept[0] < 1


def test_a_first_try_that_got_through_is_waited_for() -> None:
    lost, going_on = httpx.ReadTimeout("no answer"), problem(409, "under-way")
    place, transport, _ = played(lost, going_on, fine({"id": "org-b", "name": "B", "kind": ""}))
    assert place.add_organisation("B").id == "org-b"
    assert len(transport.asked) == 3


def test_a_key_that_is_taken_at_the_first_try_is_no_wait() -> None:
    place, _, slept = played(problem(409, "under-way"))
    with pytest.raises(Conflict):
        place.add_organisation("B")
    assert not slept


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (problem(429, "too-many-requests", **{"retry-after": "7"}), 7),
        (httpx.Response(503, headers={"retry-after": "3"}), 3),
    ],
)
def test_who_is_asked_to_come_back_later_does(answer: httpx.Response, seconds: int) -> None:
    place, transport, slept = played(answer, fine())
    assert place.whoami().id == "acct-a"
    assert slept == [seconds]
    assert len(transport.asked) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (problem(503, "unavailable", **{"retry-after": "60"}), Unavailable),
        (problem(429, "too-many-requests", **{"retry-after": "600"}), TooManyRequests),
        (problem(413, "too-large"), TooLarge),
        (problem(401, "not-signed-in"), TokenRefused),
        (problem(403, "insufficient-scope"), NotAllowed),
        (problem(418, "of-a-later-version"), BadInput),
        (problem(500, "integrity-failure"), CasemateError),
        (httpx.Response(502, text="<h1>Bad gateway</h1>"), Unavailable),
        (httpx.Response(302, headers={"location": "http://elsewhere.example"}), CasemateError),
        (httpx.Response(200, text="<h1>Welcome</h1>"), Unavailable),
        (fine({"id": "acct-a"}), NotUnderstood),
    ],
)
def test_what_waiting_does_not_mend_is_told_at_once(
    answer: httpx.Response, error: type[CasemateError]
) -> None:
    place, transport, slept = played(answer)
    with pytest.raises(error):
        place.whoami()
    assert not slept
    assert len(transport.asked) == 1


def test_what_never_answers_is_told_in_a_sentence() -> None:
    place, transport, _ = played(*[httpx.ConnectError("refused")] * 3, retries=2)
    with pytest.raises(Unavailable, match="does not answer"):
        place.whoami()
    assert len(transport.asked) == 3


@pytest.mark.parametrize(
    "address",
    [
        "http://casemate.example",
        "ftp://x",
        "casemate",
        "https://me:secret@x.example",
        "https://x/?a",
    ],
)
def test_a_token_goes_only_where_nobody_reads_it_on_its_way(address: str) -> None:
    with pytest.raises(BadInput):
        casemate.open(address, token="cmt_x")


def test_no_database_is_read_in_anybodys_name(tmp_path: Path) -> None:
    place, transport, _ = played()
    with pytest.raises(BadInput, match="takes files"):
        place.publish("postgresql://db.example/patients#visits", {})
    with pytest.raises(BadInput, match="cannot be read"):
        place.publish(tmp_path / "none.csv", {})
    assert not transport.asked


def test_an_upload_that_broke_off_begins_again_from_its_start(tmp_path: Path) -> None:
    file = tmp_path / "Jane Doe, 1980.CSV"
    file.write_bytes(b"a,b\n" * 10**6)
    sent = {"upload": "upload-a"}
    refused = problem(409, "conflict")
    place, transport, _ = played(httpx.WriteError("broken"), fine(sent), refused)
    with pytest.raises(Conflict):
        place.publish(file, {"id": "x"})
    first, again, _ = transport.asked
    assert first.content == again.content == file.read_bytes()
    assert again.headers["content-name"] == "data.CSV"  # and nothing of the name


class Losing(httpx.BaseTransport):
    """Carries every request out, and loses the first answer."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self._lost = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        if self._lost:
            return response
        self._lost = True
        raise httpx.ReadError("the answer was lost")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("wire"), works=False) as portal:
        yield portal


def test_an_answer_that_is_lost_makes_no_second_act(portal: Portal) -> None:
    app = create_app(portal.platform, works=False)
    with live(app) as address:
        token = portal.tokens["acct-researcher"]
        with casemate.open(address, token=token, transport=Losing(), progress=False) as place:
            made = place.draft(form())
            assert [one.id for one in place.list_applications()] == [made.id]


def test_progress_is_shown_where_it_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    run = {"state": "queued"}
    place = connect(NEAR, "t", transport=Played(fine([])), progress=True)
    with place._watching.state("run-a") as tell:
        tell(run["state"])
    list(place._watching.bytes_of([b"a" * 10], "Sending x.csv", 10))
    assert "Sending x.csv" in capfd.readouterr().err


def seconds_free(code: str, refused: Callable[[str], bool]) -> set[str]:
    found = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name for name in found.stdout.split() if refused(name)}


def test_importing_the_client_imports_none_of_the_rooms() -> None:
    heavy = ("sqlalchemy", "polars", "pyarrow", "numba", "fastapi", "cedarpy", "dbos")
    rooms = tuple(f"casemate.{one}" for one in ("store", "platform", "enclave", "catalogue"))
    assert not seconds_free(
        "import casemate.client", lambda name: name in heavy or name.startswith(rooms)
    )
