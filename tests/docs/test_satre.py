"""The page on SATRE claims nothing without a test that exists, and leaves no mandatory statement out."""

import re
from collections import Counter
from pathlib import Path

import pytest
from conftest import SHARED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "satre.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d\.\d\.\d\d) \| ([^|]+) \| (\w+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
STATES = ("met", "partly", "not", "duty")


def mandatory() -> list[tuple[str, ...]]:
    return ROW.findall(PAGE.partition("## Recommended")[0])


def test_every_test_that_the_page_names_exists() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    defined = set(re.findall(r"def (test_\w+)\(", sources))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert named - defined == set()


def test_what_is_met_is_shown_by_a_test_and_what_is_missing_is_said() -> None:
    for number, _what, state, how, tests in ROW.findall(PAGE):
        assert state in STATES, number
        assert state != "met" or "`test_" in tests, number
        assert how, number


def test_the_counts_are_those_of_the_table() -> None:
    counted = Counter(state for _, _, state, _, _ in mandatory())
    for state in STATES:
        (told,) = re.findall(rf"^\| {state} \| .* \| (\d+) \|$", PAGE, re.MULTILINE)
        assert int(told) == counted[state], state


def test_no_mandatory_statement_is_left_out() -> None:
    file = SHARED / "yardsticks" / "satre.md"
    if not file.exists():
        pytest.skip("the list of SATRE's statements is not on this machine")
    listed = re.findall(r"^\| (\d\.\d\.\d\d) \| M\*? \|", file.read_text("utf-8"), re.MULTILINE)
    assert [row[0] for row in mandatory()] == listed
