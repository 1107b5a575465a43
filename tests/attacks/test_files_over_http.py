"""What people send and take: tables that grow, texts that run, addresses not to be visited."""

import io
import json
import socket
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from functional.clinic import DESCRIPTION
from pages_world import Person
from portal_world import Portal, form, plan, served, table

from casemate.catalogue import bombs

HOLDER, RESEARCHER, AUTHORITY, CHECKER = (
    "acct-holder",
    "acct-researcher",
    "acct-authority",
    "acct-checker",
)
FORMULA = "=cmd|' /C calc'!A0"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with served(tmp_path_factory.mktemp("files")) as portal:
        yield portal


def described(**changes: Any) -> dict[str, Any]:
    return {**tomllib.loads(DESCRIPTION), **changes}


def published(portal: Portal, content: bytes, name: str, **changes: Any) -> Any:
    upload = portal.upload(HOLDER, content, name)
    asked = {"upload": upload, "description": described(**changes)}
    return portal.ask(HOLDER, "POST", "/datasets", json=asked)


# Tables that grow


def workbook_bomb() -> bytes:
    """An archive with the parts of a workbook, the sheet 300 times as large as it looks."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (64 * 2**20))
    return made.getvalue()


def lying_workbook_bomb() -> bytes:
    """The same, whose lists of contents say that it is small."""
    bomb, size = workbook_bomb(), (64 * 2**20).to_bytes(4, "little")
    assert bomb.count(size) == 2
    return bomb.replace(size, (1000).to_bytes(4, "little"))


def parquet_bomb() -> bytes:
    """Ten million rows of one value each, in some kilobytes."""
    made = io.BytesIO()
    frame = pl.DataFrame(
        {"a": pl.repeat(1, 10**7, eager=True), "b": pl.repeat("x", 10**7, eager=True)}
    )
    frame.write_parquet(made, compression="zstd")
    return made.getvalue()


def json_bomb() -> bytes:
    """Each record names a field that no other has."""
    return "\n".join(json.dumps({f"c{number}": 1}) for number in range(20_000)).encode()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("bomb.xlsx", workbook_bomb),
        ("lying.xlsx", lying_workbook_bomb),
        ("bomb.ods", workbook_bomb),
        ("bomb.parquet", parquet_bomb),
        ("bomb.jsonl", json_bomb),
    ],
)
def test_a_table_that_grows_when_it_is_read_is_refused(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, name: str, make: Any
) -> None:
    content = make()
    assert len(content) < 2 * 2**20
    monkeypatch.setattr(bombs, "most_bytes", lambda: 32 * 2**20)
    answer = published(portal, content, name)
    assert answer.status_code == 422, answer.text
    assert "memory" in answer.json()["detail"] or "columns" in answer.json()["detail"]


@pytest.mark.parametrize(
    "magic", [b"\x1f\x8b\x08\x00" + bytes(400), b"PK\x03\x04" + bytes(400), b"BZh9" + bytes(400)]
)
def test_a_packed_file_is_not_unpacked_whatever_it_is_called(portal: Portal, magic: bytes) -> None:
    for name in ("visits.csv", "visits.csv.gz", "visits.json", "visits.parquet", "visits.sav"):
        assert published(portal, magic, name).status_code == 422


# Texts that run


@pytest.fixture(scope="module")
def hostile(portal: Portal) -> dict[str, Any]:
    """A dataset whose texts and whose commonest diagnosis are hostile, and a run that counts them."""
    content = table().replace(b",asthma,", f',"{FORMULA}",'.encode())
    made = published(
        portal,
        content,
        "clinic.csv",
        title={"en": MARKUP, "fr": FORMULA},
        description={"en": MARKUP},
    )
    assert made.status_code == 201, made.text
    asked = portal.must(
        RESEARCHER, "POST", "/applications", json={"form": {**form(), "title": MARKUP}}
    )
    terms = {"reason": MARKUP, "plans": {"clinic": plan()}}
    permit = portal.must(AUTHORITY, "POST", f"/applications/{asked['id']}/approve", json=terms)
    script = (
        "from casemate.analysis import read\n"
        'read("clinic").table("by_diagnosis.csv", ["diagnosis"], n="count")\n'
        'open("/out/plain.csv", "w").write("what,n\\n\\"=1+1\\",50\\n")\n'
        'open("/out/a\\"b;c.csv", "w").write("what,n\\nx,50\\n")\n'
    )
    run = portal.must(RESEARCHER, "POST", "/runs", json={"permit": permit["id"], "script": script})
    portal.platform.wait(RESEARCHER, run["id"])
    outputs = {one.name: one for one in portal.platform.outputs(CHECKER, run["id"])}
    return {"application": asked["id"], "permit": permit["id"], "outputs": outputs}


@pytest.mark.slow
def test_a_table_with_a_cell_that_a_spreadsheet_would_run_does_not_leave(
    portal: Portal, hostile: dict[str, Any]
) -> None:
    """Released bytes are the bytes that were checked: a formula is not taken out of them, it is refused."""
    for name in ("by_diagnosis.csv", "plain.csv"):
        output = hostile["outputs"][name]
        rules = {reason["rule"] for reason in output.verdict["reasons"]}
        assert (output.decision, "formula" in rules) == ("refuse", True), (name, output.why)
        clear = {"clear": True, "reason": "Looks well."}
        cleared = portal.ask(CHECKER, "POST", f"/outputs/{output.id}/review", json=clear)
        assert cleared.status_code in (403, 409, 422)


@pytest.mark.slow
def test_a_file_is_taken_as_a_file_and_never_shown(portal: Portal, hostile: dict[str, Any]) -> None:
    for output in hostile["outputs"].values():
        answer = portal.ask(CHECKER, "GET", f"/outputs/{output.id}/evidence")
        if answer.status_code != 200:
            continue
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        said = answer.headers["content-disposition"]
        assert said.startswith('attachment; filename="')
        assert said.count('"') == 2
        assert ";" not in said.split('"')[1]
        assert "sandbox" in answer.headers["content-security-policy"] or (
            "default-src 'none'" in answer.headers["content-security-policy"]
        )


@pytest.mark.slow
def test_markup_is_text_wherever_it_is_shown(portal: Portal, hostile: dict[str, Any]) -> None:
    pages = {
        None: ("/en/catalogue", "/en/catalogue?q=script", "/en/catalogue/clinic"),
        RESEARCHER: (
            f"/en/applications/{hostile['application']}",
            "/en/applications",
            "/en/workspace",
        ),
        AUTHORITY: ("/en/desk", f"/en/desk/applications/{hostile['application']}"),
        CHECKER: ("/en/outputs",),
    }
    for who, paths in pages.items():
        person = Person(portal, who)
        for path in paths:
            text = person.get(path, follow_redirects=True).text
            assert "<script>alert" not in text, path
            assert "<img src=x" not in text, path
    answer = portal.ask(None, "GET", "/datasets/clinic")
    assert answer.headers["content-type"] == "application/json"
    for ending in ("ttl", "jsonld", "rdf"):
        answer = portal.client.get(f"/catalogue.{ending}")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not answer.headers["content-type"].startswith("text/html")
        assert "<script>alert" not in answer.text or ending != "rdf"


# Addresses that the server should not visit


@contextmanager
def trap() -> Iterator[tuple[int, list[str]]]:
    """A port of loopback and everybody who has connected to it."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        ends = threading.Event()

        def wait() -> None:
            while not ends.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                came.append(connection.recv(100).decode(errors="replace"))
                connection.close()

        waiting = threading.Thread(target=wait)
        waiting.start()
        try:
            yield listening.getsockname()[1], came
        finally:
            ends.set()
            waiting.join()


def addresses(port: int) -> list[str]:
    there = f"127.0.0.1:{port}"
    return [
        f"http://{there}/a.csv",
        f"https://{there}/a.parquet#t",
        f"postgresql://user@{there}/db#t",
        f"postgresql+psycopg://user@{there}/db#t",
        f"mysql://{there}/db#t",
        f"duckdb:///{there}#t",
        f"ftp://{there}/a",
        f"s3://{there}/a.parquet",
        f"//{there}/share/a.csv",
        f"\\\\{there}\\share",
    ]


def test_nothing_that_is_sent_makes_the_server_call_anywhere(
    portal: Portal, tmp_path: Path
) -> None:
    with trap() as (port, came):
        for address in addresses(port):
            said = {
                "landing_page": address,
                "publisher": address,
                "licence": address,
                "contact": address,
                "conforms_to": [address],
            }
            for changes in ({}, *({name: value} for name, value in said.items())):
                asked = {"upload": address, "description": described(id="x", **changes)}
                assert portal.ask(HOLDER, "POST", "/datasets", json=asked).status_code in (404, 422)
                published(portal, f"url\n{address}\n".encode(), "a.csv", id="ssrf", **changes)
            portal.ask(None, "GET", "/datasets", params={"q": address})
            portal.client.get("/catalogue.jsonld", params={"page": 1, "url": address})
            portal.ask(AUTHORITY, "POST", "/permits/verify", json={"jws": address})
            portal.ask(
                RESEARCHER, "POST", "/applications", json={"form": {**form(), "method": address}}
            )
            for header in ("Referer", "Origin", "X-Forwarded-Host", "X-Original-URL", "Link"):
                portal.client.get("/catalogue.ttl", headers={header: address})
        for content in (b'{"@context": "http://127.0.0.1:%d/c"}' % port, b"<?xml version='1.0'?>"):
            published(portal, content, "a.json")
    assert came == []
