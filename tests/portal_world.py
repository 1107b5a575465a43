"""A clinic on the portal: 300 invented people in a file, every role with a token. No test."""

import csv
import io
import random
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from functional.clinic import CAST, DESCRIPTION, FORM, OPERATOR, ORGANISATIONS, PLAN, people

from casemate.home import create_home
from casemate.identity import Scope
from casemate.platform import Platform
from casemate.portal import create_app

API = "/api/v1"


@dataclass(frozen=True)
class Portal:
    """A served platform; ``tokens`` by account, each with every scope."""

    platform: Platform
    client: TestClient
    tokens: dict[str, str]

    def ask(self, account: str | None, method: str, path: str, **options: Any) -> Any:
        """One request of ``account`` (``None``: the public) under ``/api/v1``; the response."""
        headers = options.pop("headers", {})
        if account is not None:
            headers = {"Authorization": f"Bearer {self.tokens[account]}", **headers}
        return self.client.request(method, API + path, headers=headers, **options)

    def must(self, account: str | None, method: str, path: str, **options: Any) -> Any:
        """As ``ask``; the JSON of a request that has to succeed."""
        response = self.ask(account, method, path, **options)
        assert response.status_code < 300, f"{method} {path}: {response.text}"
        return response.json()

    def upload(self, account: str, content: bytes, name: str = "clinic.csv") -> str:
        """The id of a file that was sent."""
        sent = self.must(
            account, "POST", "/uploads", content=content, headers={"Content-Name": name}
        )
        return str(sent["upload"])

    def publish(self, account: str = "acct-holder") -> Any:
        """The clinic's table, published."""
        upload = self.upload(account, table())
        document = {"upload": upload, "description": tomllib.loads(DESCRIPTION)}
        return self.must(account, "POST", "/datasets", json=document)

    def permit(self) -> Any:
        """A permit for the researcher, on the clinic's published table."""
        applied = self.must("acct-researcher", "POST", "/applications", json={"form": form()})
        terms = {"reason": "In the public interest.", "plans": {"clinic": plan()}}
        path = f"/applications/{applied['id']}/approve"
        return self.must("acct-authority", "POST", path, json=terms)


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[Portal]:
    """A new home in ``folder`` with everybody in it, served in this process."""
    with Platform(create_home(folder / "home")) as platform:
        platform.found("Operator")
        for name in ORGANISATIONS:
            platform.add_organisation(OPERATOR, name)
        for account, (name, organisation, role) in CAST.items():
            platform.add_account(OPERATOR, name, organisation, [role], account_id=account)
        tokens = {
            account: platform.issue_token(account, "test", list(Scope))[1]
            for account in (OPERATOR, *CAST)
        }
        with TestClient(create_app(platform, **{"requests_a_minute": 10**6, **options})) as client:
            yield Portal(platform, client, tokens)


def table() -> bytes:
    """The clinic's table as a CSV file."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("patient", "name", "birth_year", "sex", "commune", "diagnosis", "marker"))
    for one in people():
        writer.writerow(
            (one.patient, one.name, one.birth_year, one.sex, one.commune, one.diagnosis, one.marker)
        )
    return written.getvalue().encode()


def large_table(rows: int) -> bytes:
    """A table of ``rows`` rows, for uploads."""
    draw = random.Random(5)
    lines = ["a,b"] + [f"{draw.randrange(10**6)},{draw.randrange(9)}" for _ in range(rows)]
    return "\n".join(lines).encode()


def form() -> dict[str, Any]:
    """The researcher's application."""
    return tomllib.loads(FORM)


def plan() -> dict[str, Any]:
    """The protection plan that the authority signs."""
    return tomllib.loads(PLAN)
