"""``casemate serve`` as a process of its own: it starts, answers, ends cleanly, and survives kill -9."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from portal_world import served

from casemate.cli.serve import listen

CASEMATE = Path(sys.executable).with_name("casemate")


@contextmanager
def server(
    home: Path, *more: str
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client, dict[str, Any]]]:
    """A server of ``home`` on a free port of loopback; the process, a client, what it said."""
    words: list[str | Path] = [CASEMATE, "serve", "--home", home, "--port", "0", "--json", *more]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_PROXY": "*"}
    ) as process:
        try:
            said = json.loads(_document(process))
            with httpx.Client(base_url=said["address"], timeout=60, trust_env=False) as client:
                _await(client)
                yield process, client, said
        finally:
            process.kill()


def _document(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            return "".join(lines)
    raise AssertionError(f"the server ended: {process.wait()}")


def _await(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            client.get("/api/v1/datasets").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_one_command_makes_a_home_and_serves_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with server(home) as (process, client, said):
        assert said["new_operator"] == "acct-operator"
        (invited,) = said["invitations"]
        assert invited["account"] == "acct-operator"
        assert client.get(invited["link"]).status_code == 200
        assert client.get("/api/v1/me").status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with server(home) as (_, _, said):
        assert said["new_operator"] is None
        assert said["invitations"] == []
    with server(home, "--invite") as (_, client, said):
        (again,) = said["invitations"]
        assert client.get(again["link"]).status_code == 200
        assert client.get(urlsplit(invited["link"]).path).status_code == 404


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_run_goes_on_with_the_next_server_when_this_one_is_killed(tmp_path: Path) -> None:
    with served(tmp_path, works=False) as portal:
        portal.publish()
        permit = portal.permit()
        asked = {"permit": permit["id"], "script": "import time; time.sleep(1); print('done')"}
        run = portal.must("acct-researcher", "POST", "/runs", json=asked)["id"]
        headers = {"Authorization": f"Bearer {portal.tokens['acct-researcher']}"}
    home = tmp_path / "home"
    with server(home) as (process, client, _):
        for _ in range(300):
            if client.get(f"/api/v1/runs/{run}", headers=headers).json()["state"] != "queued":
                break
            time.sleep(0.1)
        process.kill()
    with server(home) as (_, client, _):
        for _ in range(6):
            found = client.get(f"/api/v1/runs/{run}", params={"wait": 30}, headers=headers).json()
            if found["state"] not in ("queued", "running", "checking"):
                break
        assert found["state"] == "awaiting_review", found


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_told_to_end_in_the_midst_of_everything_it_ends_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    with served(tmp_path, works=False) as portal:
        portal.publish()
        permit = portal.permit()
        asked = {"permit": permit["id"], "script": "import time; time.sleep(8); print('done')"}
        run = portal.must("acct-researcher", "POST", "/runs", json=asked)["id"]
        tokens = portal.tokens
    home, researcher = tmp_path / "home", {"Authorization": f"Bearer {tokens['acct-researcher']}"}
    with server(home) as (process, client, said), ExitStack() as clients:
        path = f"/api/v1/runs/{run}"
        while client.get(path, headers=researcher).json()["state"] == "queued":
            time.sleep(0.1)
        waiting = ThreadPoolExecutor(1)
        clients.callback(waiting.shutdown)
        answer = waiting.submit(client.get, path, params={"wait": 30}, headers=researcher)
        begin_an_upload(clients, said["address"], tokens["acct-holder"])
        begin_a_head(clients, said["address"])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert answer.result(30).json()["state"] in ("running", "queued", "checking")
        assert process.wait(60) == 0
    assert not list((home / "uploads").glob("*/upload-*"))
    with server(home) as (process, client, _):
        for _ in range(6):
            found = client.get(path, params={"wait": 30}, headers=researcher).json()
            if found["state"] not in ("queued", "running", "checking"):
                break
        assert found["state"] == "awaiting_review", found
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def begin_an_upload(clients: ExitStack, address: str, token: str) -> None:
    """Send half of a file, and no more."""
    head = (
        "POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    connected(clients, address).sendall(head.encode() + b"a,b\n" * 1000)


def begin_a_head(clients: ExitStack, address: str) -> None:
    connected(clients, address).sendall(b"GET /api/v1/datasets HTTP/1.1\r\nHost:")


def connected(clients: ExitStack, address: str) -> socket.socket:
    parts = urlsplit(address)
    return clients.enter_context(
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
    )


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_head() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
