"""Requests that are made to be misread: by a proxy, by the parser, by a browser, by a database."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from live_server import live
from pages_world import COOKIE
from portal_world import Portal, form, served

from casemate.portal import create_app, doors
from casemate.portal.bodies import DEEPEST, MOST_PARTS

RESEARCHER = "acct-researcher"
LINE = b"\r\n"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("http"), works=False) as portal:
        portal.publish()
        yield portal


@pytest.fixture(scope="module")
def address(portal: Portal) -> Iterator[str]:
    app = create_app(portal.platform, works=False, requests_a_minute=10**6)
    with live(app) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield client


def answers(address: str, *sent: bytes) -> bytes:
    """Everything that comes back on one connection until it is closed, or nothing more comes."""
    parts = urlsplit(address)
    with closing(socket.create_connection((parts.hostname or "", parts.port or 0))) as connection:
        connection.settimeout(3)
        said = b""
        try:
            for piece in sent:
                connection.sendall(piece)
            while piece := connection.recv(65536):
                said += piece
        except OSError:
            pass
        return said


def statuses(said: bytes) -> list[int]:
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


def request(*lines: bytes, body: bytes = b"") -> bytes:
    return LINE.join(lines) + LINE + LINE + body


# Two readings of one request


SMUGGLED = b"0\r\n\r\nGET /api/v1/ledger/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n"
POST = (b"POST /api/v1/permits/verify HTTP/1.1", b"Host: x", b"Content-Type: application/json")
LENGTH, CHUNKED = b"Content-Length: %d" % len(SMUGGLED), b"Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    "said",
    [
        request(*POST, LENGTH, CHUNKED, body=SMUGGLED),
        request(*POST, CHUNKED, LENGTH, body=SMUGGLED),
        request(*POST, b"Content-Length: 0", LENGTH, body=SMUGGLED),
        request(*POST, b"Content-Length: 0, 60", body=SMUGGLED),
        request(*POST, b"Content-Length: +5", body=SMUGGLED),
        request(*POST, b"Content-Length: 0x10", body=SMUGGLED),
        request(*POST, b"Transfer-Encoding: chunked, identity", body=SMUGGLED),
        request(*POST, b"Transfer-Encoding: xchunked", body=SMUGGLED),
        request(*POST, b"Transfer-Encoding : chunked", body=SMUGGLED),
        request(*POST, CHUNKED, body=b"g\r\nx\r\n0\r\n\r\n"),
        request(*POST, CHUNKED, body=b"ffffffffffffffffffffff\r\nx"),
        request(b"GET /api/v1/datasets HTTP/1.1", b"Host: x", b"Host: y"),
        request(b"GET /api/v1/datasets HTTP/1.1", b"X: y"),
        request(b"GET /api/v1/datasets HTTP/1.1", b"Host: x", b"X: a\x00b"),
        request(b"GET /api/v1/datasets HTTP/1.1", b"Host: x", b"X: a\rb"),
        request(b"GET  /api/v1/datasets HTTP/1.1", b"Host: x"),
        request(b"GET /api/v1/datasets HTTP/1.1", b"Host: x", b": empty"),
        request(b"GET /api/v1/datasets HTTP/1.1", b"Host: x", b"X: " + b"y" * 70_000),
        request(b"GET /api/v1/datasets HTTP/1.1", b"Host: x", *[b"X: y"] * 20_000),
        request(b"GET /" + b"a" * 70_000 + b" HTTP/1.1", b"Host: x"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_a_request_of_two_readings_is_answered_by_400_and_the_connections_end(
    address: str, said: bytes
) -> None:
    assert statuses(answers(address, said)) in ([400], [])


def test_a_folded_line_is_no_header_of_its_own(address: str) -> None:
    folded = (b"X: a", b" Transfer-Encoding: chunked", b"Content-Length: 2", b"Connection: close")
    assert statuses(answers(address, request(*POST, *folded, body=b"{}" + SMUGGLED))) == [422]


def test_what_follows_an_unread_body_is_no_request(address: str) -> None:
    said = request(
        b"POST /api/v1/me HTTP/1.1",
        b"Host: x",
        b"Content-Length: %d" % len(SMUGGLED),
        body=SMUGGLED,
    )
    assert statuses(answers(address, said)) == [405]


@pytest.mark.parametrize(
    "host",
    [b"x/y", b"a b", b"x?y", b"x#y", b'"x"', b"<x>", b"user@x", b"x:port", b"", b"x\xff", b"[::1"],
)
def test_a_host_that_is_none_is_refused(address: str, host: bytes) -> None:
    said = request(b"GET /catalogue.ttl HTTP/1.1", b"Host: " + host, b"Connection: close")
    assert statuses(answers(address, said)) == [400]


def test_no_answer_sends_anybody_to_the_host_that_the_request_names(client: httpx.Client) -> None:
    there = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    for path in (
        "/",
        "/catalogue",
        "/api/v1/datasets/",
        "/en/",
        "//evil.example/",
        "/en//evil.example",
    ):
        answer = client.get(path, headers=there, follow_redirects=False)
        assert "evil.example" not in answer.headers.get("location", "")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "target",
    ["/api/v1/datasets/%00", "/api/v1/datasets/%ff", "/api/v1/datasets/%c0%ae%c0%ae", "/%00",
     "/api/v1/datasets?q=%00", "/api/v1/ledger/entries?subject=a%00b", "/en/%ff"],
)  # fmt: skip
def test_an_address_that_is_no_text_is_refused(address: str, target: str) -> None:
    said = request(b"GET " + target.encode() + b" HTTP/1.1", b"Host: x", b"Connection: close")
    assert statuses(answers(address, said)) == [400]


@pytest.mark.parametrize(
    "target",
    ["/../etc/passwd", "/static/../../pyproject.toml", "/static/%2e%2e/%2e%2e/app.py",
     "/static/..%2f..%2fapp.py", "/api/v1/outputs/..%2f..%2fme/content", "/api/v1/outputs/%2e%2e/content",
     "/static//etc/passwd", "/catalogue.%2e%2e%2fttl", "/api/v1/datasets/" + "a" * 5000],
)  # fmt: skip
def test_no_address_leads_out_of_its_folder(address: str, target: str) -> None:
    said = answers(
        address, request(b"GET " + target.encode() + b" HTTP/1.1", b"Host: x", b"Connection: close")
    )
    assert statuses(said) in ([404], [401], [400], [422])
    assert b"root:" not in said


# Methods and headers that mean something elsewhere


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "TRACE", "CONNECT", "PATCH", "PROPFIND"])
def test_a_method_that_is_not_there_does_nothing_and_tells_nothing(
    client: httpx.Client, method: str
) -> None:
    there = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    answer = client.request(method, "/api/v1/accounts", headers=there)
    assert answer.status_code in (400, 404, 405)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_no_other_site_may_read_an_answer(client: httpx.Client, portal: Portal) -> None:
    for origin in ("https://evil.example", "null", str(client.base_url)):
        answer = client.get("/api/v1/datasets", headers={"Origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_method_is_what_the_request_line_says(client: httpx.Client, portal: Portal) -> None:
    token, text = portal.platform.issue_token(RESEARCHER, "stays", ["read"])
    headers = {
        "Authorization": f"Bearer {text}",
        "X-HTTP-Method-Override": "DELETE",
        "X-Method-Override": "DELETE",
    }
    path = f"/api/v1/me/tokens/{token.id}"
    assert client.post(path, headers=headers, data={"_method": "DELETE"}).status_code == 405
    assert client.get("/api/v1/me", headers=headers).status_code == 200


def test_ranges_and_upgrades_are_not_acted_on(client: httpx.Client) -> None:
    for headers in (
        {"Range": "bytes=0-0," * 500 + "1-1"},
        {"Upgrade": "websocket", "Connection": "upgrade", "Sec-WebSocket-Key": "x"},
        {"Upgrade": "h2c", "Connection": "upgrade, http2-settings"},
    ):
        answer = client.get("/api/v1/datasets", headers=headers)
        assert answer.status_code == 200
        assert answer.json()["items"]


def test_a_cookie_opens_no_operation_and_a_token_no_page(
    client: httpx.Client, portal: Portal
) -> None:
    cookie = f"{COOKIE}={portal.platform.begin_session(RESEARCHER)[1]}"
    bearer = f"Bearer {portal.tokens[RESEARCHER]}"
    assert client.get("/api/v1/me", headers={"Cookie": cookie}).status_code == 401
    own = client.get("/en", headers={"Cookie": cookie}).text
    assert own != client.get("/en", headers={"Authorization": bearer}).text
    mixed = client.get(
        "/api/v1/me",
        headers={"Cookie": cookie, "Authorization": f"Bearer {portal.tokens['acct-auditor']}"},
    )
    assert mixed.json()["id"] == "acct-auditor"


def test_two_tokens_are_none(address: str, portal: Portal) -> None:
    tokens = [f"Authorization: Bearer {portal.tokens[one]}" for one in (RESEARCHER, "acct-auditor")]
    said = request(
        b"GET /api/v1/me HTTP/1.1",
        b"Host: x",
        *[one.encode() for one in tokens],
        b"Connection: close",
    )
    assert statuses(answers(address, said)) == [400]


# Bodies


def sent(client: httpx.Client, portal: Portal, body: bytes, **headers: str) -> Any:
    headers = {
        "Authorization": f"Bearer {portal.tokens[RESEARCHER]}",
        "Content-Type": "application/json",
        **headers,
    }
    return client.post("/api/v1/applications", content=body, headers=headers)


def draft(**changes: Any) -> bytes:
    return json.dumps({"form": {**form(), **changes}, "draft": True}).encode()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff\xfe{}", "no JSON"),
        (b'{"a":' * 100_000, "nests"),
        (b"[" * 50_000 + b"]" * 50_000, "nests"),
        (b'{"form":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), "nests"),
        (b'{"form": 1' + b"0" * 5000 + b"}", "no JSON"),
        (b'{"form": NaN}', "NaN"),
        (b'{"form": 1e999}', ""),
        (b"[" + b"[]," * MOST_PARTS + b"[]]", "values"),
        (draft(title="a\x00b"), "null character"),
        (draft(title="\ud800"), "surrogate"),
        (draft(**{"\ud800": 1}), "surrogate"),
        (draft(duration_days=10**400), ""),
        (draft(duration_days=2**63), ""),
        (draft(people=["x"] * 100_000), ""),
        (b"", ""),
        (gzip.compress(b"x" * 10**7), "no JSON"),
    ],
    ids=range(16),
)
def test_json_that_is_made_to_break_its_reader_is_bad_input(
    client: httpx.Client, portal: Portal, body: bytes, says: str
) -> None:
    answer = sent(client, portal, body)
    assert answer.status_code in (400, 422), answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert len(answer.content) < 100_000


def test_a_body_is_never_unpacked(client: httpx.Client, portal: Portal) -> None:
    packed = gzip.compress(draft())
    answer = sent(client, portal, packed, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 422


def test_a_body_of_another_kind_is_no_json(client: httpx.Client, portal: Portal) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        answer = sent(client, portal, draft(), **{"Content-Type": kind})
        assert answer.status_code == 422, kind  # what a form of another site can send makes nothing


def test_names_that_collide_cost_no_more_than_others(client: httpx.Client, portal: Portal) -> None:
    # Integers of text whose hashes would collide in a table without a secret, and very many of them.
    many = {str(2**61 * number): number for number in range(100_000)}
    assert sent(client, portal, draft(**many)).status_code == 422


def test_an_endless_body_is_cut_off(address: str, portal: Portal) -> None:
    begin = request(*POST, CHUNKED)
    piece = b"100000\r\n" + b" " * 2**20 + LINE
    assert statuses(answers(address, begin, *[piece] * 40)) in ([413], [])


# How many


def test_new_words_are_no_new_allowance(portal: Portal) -> None:
    app = create_app(portal.platform, works=False, requests_a_minute=60)
    with live(app) as address, httpx.Client(base_url=address, trust_env=False) as client:
        seen = [
            client.get("/api/v1/me", headers={"Authorization": f"Bearer cmt_{number}"}).status_code
            for number in range(doors.BAD_TOKENS + 70)
        ]
        assert seen[0] == 401
        assert seen[-1] == 429
        again = client.get("/api/v1/datasets")
        assert again.status_code == 429


def allowed(portal: Portal, behind_proxy: str | None) -> list[int]:
    """The answers to more requests than one caller may send, each said to be from somewhere else."""
    app = create_app(portal.platform, works=False, requests_a_minute=5)
    with live(app, behind_proxy=behind_proxy) as address:
        return [
            httpx.get(
                f"{address}/api/v1/datasets",
                headers={
                    "X-Forwarded-For": f"192.0.2.{number}",
                    "Forwarded": f"for=192.0.2.{number}",
                },
                trust_env=False,
            ).status_code
            for number in range(7)
        ]


def test_where_a_request_comes_from_is_the_proxys_word_and_nobody_elses(portal: Portal) -> None:
    assert allowed(portal, None) == [200] * 5 + [429] * 2
    assert allowed(portal, "198.51.100.7") == [200] * 5 + [429] * 2
    assert allowed(portal, "127.0.0.1") == [200] * 7


def test_whether_it_was_tls_is_the_proxys_word_and_nobody_elses(portal: Portal) -> None:
    for behind_proxy, is_secure in ((None, False), ("127.0.0.1", True)):
        app = create_app(portal.platform, works=False)
        with live(app, behind_proxy=behind_proxy) as address:
            answer = httpx.get(
                f"{address}/en/sign-in", headers={"X-Forwarded-Proto": "https"}, trust_env=False
            )
        cookies = answer.headers.get_list("set-cookie")
        assert cookies
        for cookie in cookies:
            assert ("; secure" in cookie.lower()) == cookie.startswith("__Host-") == is_secure
