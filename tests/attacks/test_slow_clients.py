"""Slow clients (slowloris): they hold nothing for long, and nobody else waits for them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Response
from live_server import live
from portal_world import Portal, served

from casemate.portal import create_app
from casemate.portal.connections import Patience

IMPATIENT = Patience(head=1.0, stalled=1.5, least=1024, connections=60, from_one=20)
HEAD = b"POST /api/v1/permits/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("slow"), works=False) as portal:
        portal.publish()
        yield portal


@pytest.fixture(scope="module")
def address(portal: Portal) -> Iterator[str]:
    app = create_app(portal.platform, works=False, requests_a_minute=10**6)
    with live(app, patience=IMPATIENT) as address:
        yield address


def connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def was_given_up(attacker: socket.socket, piece: bytes, pause: float) -> bool:
    """Whether the server ends a connection on which ``piece`` comes every ``pause`` seconds, for ever."""
    attacker.settimeout(pause)
    for _ in range(int(15 / pause)):
        try:
            attacker.sendall(piece)
            if not attacker.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b""),
        (b"GET /api/v1/datasets HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
        (b"", b"\r\n"),
        (HEAD + b"Content-Length: 5000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"GET /api/v1/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", b"G"),
    ],
    ids=["silent", "a header now and then", "empty lines", "a body bytewise", "chunks", "again"],
)
def test_a_trickle_is_given_up(address: str, begin: bytes, piece: bytes) -> None:
    with closing(connected(address)) as attacker:
        attacker.sendall(begin)
        assert was_given_up(attacker, piece, 0.2)


def test_nobody_waits_for_those_who_are_slow(address: str) -> None:
    with ExitStack() as attackers:
        for _ in range(IMPATIENT.from_one - 2):
            slow = attackers.enter_context(closing(connected(address)))
            slow.sendall(HEAD)
        assert httpx.get(f"{address}/api/v1/datasets", trust_env=False).is_success


def test_one_address_takes_some_connections_and_no_more(address: str) -> None:
    with ExitStack() as attackers:
        for _ in range(IMPATIENT.from_one):
            attackers.enter_context(closing(connected(address))).sendall(b"G")
        time.sleep(0.2)
        with closing(connected(address)) as refused:
            assert refused.recv(100).startswith(b"HTTP/1.1 503")
    for _ in range(50):  # they are gone, and there is room again
        if httpx.get(f"{address}/api/v1/datasets", trust_env=False).is_success:
            return
        time.sleep(0.1)
    raise AssertionError("the places were not given back")


def test_who_does_not_take_an_answer_is_given_up() -> None:
    app = FastAPI()
    size = 64 * 2**20  # more than the buffers of both sides

    @app.get("/large")
    def large() -> Response:
        return Response(b"x" * size)

    with live(app, patience=IMPATIENT) as address, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        parts = urlsplit(address)
        reader.connect((parts.hostname, parts.port))
        reader.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(4 * IMPATIENT.stalled)
        reader.settimeout(20)
        taken = 0
        try:
            while piece := reader.recv(2**20):
                taken += len(piece)
        except ConnectionResetError:
            pass
        assert taken < size


def test_who_is_slow_but_gets_on_is_waited_for(address: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"jws": "'
        for _ in range(8):
            time.sleep(0.5)
            yield b"x" * 4096
        yield b'"}'

    answer = httpx.post(
        f"{address}/api/v1/permits/verify",
        content=pieces(),
        headers={"Content-Type": "application/json"},
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code == 422, answer.text
    assert "permit" in answer.json()["detail"]


def test_who_waits_for_a_run_keeps_nobody_out(portal: Portal) -> None:
    permit = portal.permit()["id"]
    asked = {"permit": permit, "script": "print(1)"}
    run = portal.must("acct-researcher", "POST", "/runs", json=asked)["id"]
    headers = {"Authorization": f"Bearer {portal.tokens['acct-researcher']}"}
    app = create_app(portal.platform, works=False, requests_a_minute=10**6)
    done: list[int] = []
    with (
        live(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):

        def wait() -> None:
            path = f"/api/v1/runs/{run}?wait=20"
            done.append(
                httpx.get(address + path, headers=headers, trust_env=False, timeout=60).status_code
            )

        waiting = [threading.Thread(target=wait) for _ in range(60)]  # the server has 40 threads
        for one in waiting:
            one.start()
        time.sleep(1)
        for _ in range(5):
            assert client.get("/api/v1/datasets").is_success
        assert not done
        app.state.is_ending = True
        for one in waiting:
            one.join()
    assert done == [200] * 60
