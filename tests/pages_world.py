"""People in front of the portal's pages: a signed-in client each, and the forms that they send. No test."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from portal_world import Portal, served

from casemate.portal.pages.visit import token_of

COOKIE = "casemate-session"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


class Person:
    """Somebody at a browser that runs no scripts; ``None``: a visitor."""

    def __init__(self, portal: Portal, account: str | None) -> None:
        self.account = account
        self.browser = TestClient(portal.client.app, follow_redirects=False)
        if account is not None:
            self.browser.cookies.set(COOKIE, portal.platform.begin_session(account)[1])

    @property
    def token(self) -> str:
        """What this person's forms carry."""
        cookies = self.browser.cookies
        return token_of(cookies.get(COOKIE) or cookies["casemate-visitor"])

    def get(self, path: str, **options: Any) -> Any:
        """One page, redirects not followed."""
        return self.browser.get(path, **options)

    def see(self, path: str, **options: Any) -> str:
        """The text of a page that has to be there; redirects followed."""
        shown = self.browser.get(path, follow_redirects=True, **options)
        assert shown.status_code == 200, f"{path}: {shown.status_code} {words(shown.text)[:600]}"
        return str(shown.text)

    def post(self, path: str, form: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Send a form, with its token; redirects not followed."""
        data = {"csrf_token": self.token, **(form or {})}
        return self.browser.post(path, data=data, headers=SAME_SITE, **options)

    def do(self, path: str, form: Mapping[str, Any] | None = None) -> str:
        """Send a form that has to be accepted; the text of the page that follows."""
        answer = self.post(path, form)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {words(answer.text)[:600]}"
        return self.see(answer.headers["location"])


@dataclass(frozen=True)
class Pages:
    """A served clinic and everybody in front of it."""

    portal: Portal

    def person(self, account: str | None) -> Person:
        """A browser of ``account``'s own."""
        return Person(self.portal, account)


@contextmanager
def pages(folder: Path, **options: Any) -> Iterator[Pages]:
    """A new home in ``folder`` with everybody in it, its pages served in this process."""
    with served(folder, **options) as portal:
        yield Pages(portal)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def words(page: str) -> str:
    """What a page says, without its tags, from its first heading on."""
    parser = _Words()
    parser.feed(page)
    whole = re.sub(r"\s+", " ", " ".join(parser.said)).strip()
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    first = re.sub(r"<[^>]+>|\s+", " ", heading[1]).strip() if heading else ""
    return whole[whole.find(first) :] if first and first in whole else whole
