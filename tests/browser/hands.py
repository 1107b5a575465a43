"""Somebody at a browser: with a mouse, or with the keyboard alone. No test.

The keyboard's hand reaches everything by Tab from where it stands, as people without a mouse do: what it
cannot reach so, or what does not show that it has the focus, fails.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import BrowserContext, Locator, Page, expect

MOST_TABS = 400
Role = Literal["button", "link", "radio", "checkbox"]


@dataclass
class Hand:
    """One person's page. ``keyboard``: no mouse is used."""

    page: Page
    address: str
    keyboard: bool = False

    def go(self, path: str) -> None:
        """Open an address."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}: {self.heading}"

    @property
    def heading(self) -> str:
        """What the page is called."""
        return self.page.locator("h1").first.inner_text()

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button ``name``; a page that comes of it is waited for."""
        self._act(self._find("button", name, within))

    def follow(self, name: str, *, within: Locator | None = None) -> None:
        """Follow the link ``name``."""
        self._act(self._find("link", name, within))

    def open(self, name: str) -> None:
        """Open what is folded away under ``name``."""
        self._act(self.page.locator("summary", has_text=name).first)

    def fill(self, label: str, text: str) -> None:
        """Type ``text`` into the field ``label``, in place of what is there."""
        field = self.page.get_by_label(label, exact=True).first
        if not self.keyboard:
            field.fill(text)
            return
        self._reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    def leave_editor(self) -> None:
        """Leave a field in which Tab indents, as the page says how to."""
        if self.keyboard:
            self.page.keyboard.press("Escape")

    def tick(self, label: str, *, within: Locator | None = None) -> None:
        """Tick the box ``label``, or choose it where it is one of several."""
        box = (within or self.page).get_by_label(label, exact=True).first
        if not self.keyboard:
            box.check()
        elif box.get_attribute("type") == "radio":
            self._turn_to(box)
        else:
            self._reach(box)
            if not box.is_checked():
                self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def select(self, label: str, option: str) -> None:
        """Choose ``option`` of the list ``label``."""
        field = self.page.get_by_label(label, exact=True).first
        if self.keyboard:
            self._reach(field)
            self.page.keyboard.type(option)
        else:
            field.select_option(label=option)
        assert field.locator("option:checked").inner_text() == option

    def pick(self, label: str, value: str) -> None:
        """As ``select``, by the option's value, whatever it is called."""
        field = self.page.get_by_label(label, exact=True).first
        self.select(label, field.locator(f'option[value="{value}"]').inner_text())

    def send(self, label: str, file: Path) -> None:
        """Choose ``file`` in the field ``label``: the system's own dialogue, which no test can see."""
        self.page.get_by_label(label, exact=True).first.set_input_files(file)

    def says(self, text: str) -> None:
        """The page says ``text``, sooner or later."""
        expect(self.page.locator("main")).to_contain_text(text)

    def sign_in(self, account: str, password: str) -> None:
        """As people do."""
        self.go("/en/sign-in")
        self.fill("Account", account)
        self.fill("Password", password)
        self.press("Sign in", within=self.page.locator("main"))
        self.page.wait_for_url(re.compile(r"/en$"))

    # ── how it is done ───────────────────────────────────────────────────────────────────────────

    def _find(self, role: Role, name: str, within: Locator | None) -> Locator:
        return (within or self.page).get_by_role(role, name=name, exact=True).first

    def _act(self, what: Locator) -> None:
        if not self.keyboard:
            what.click()
            return
        self._reach(what)
        self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()

    def _reach(self, what: Locator) -> None:
        expect(what).to_be_attached()
        for _ in range(MOST_TABS):
            if what.evaluate("one => one === document.activeElement"):
                assert self._shows_focus(what), f"{what} does not show that it has the focus"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{what} cannot be reached by Tab on {self.page.url}")

    def _shows_focus(self, what: Locator) -> bool:
        style = "one => { const s = getComputedStyle(one); return s.outlineStyle + s.boxShadow }"
        return bool(what.evaluate(style) != "nonenone")

    def _turn_to(self, radio: Locator) -> None:
        """Tab goes to a group of radio buttons once; within it the arrows turn."""
        group = self.page.locator(f'input[type="radio"][name="{radio.get_attribute("name")}"]')
        chosen = group.and_(self.page.locator(":checked"))
        self._reach(chosen.first if chosen.count() else group.first)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")


def hand(context: BrowserContext, address: str, *, keyboard: bool = False) -> Hand:
    """A new page in ``context``."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    return Hand(page, address, keyboard)
