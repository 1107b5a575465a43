"""The report's page and the frontier: every figure is there, nothing is loaded, nothing is injected."""

import re
from html.parser import HTMLParser

import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import (
    Hierarchy,
    KAnonymity,
    Plan,
    anonymise,
    apply_plan,
    frontier,
    intervals,
    report_html,
    suppressible,
)

PEOPLE = pl.DataFrame(
    {
        "age": [20 + (number * 11) % 50 for number in range(120)],
        "sex": ["<script>alert(1)</script>" if number % 3 else "m" for number in range(120)],
    }
)
BY: dict[str, Hierarchy] = {"age": intervals(5, 10, 20), "sex": suppressible()}


class Page(HTMLParser):
    """What a browser makes of the page: its tags, its addresses, its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.labels: list[str] = []
        self.ids: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "data")]
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        if tag == "svg":
            self.labels += [value or "" for name, value in attrs if name == "aria-label"]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_what_the_report_says_and_loads_nothing() -> None:
    result = anonymise(PEOPLE, BY, models=[KAnonymity(4)], suppression="0.05")
    points = frontier(PEOPLE, BY, [2, 4, 8], suppression="0.05")
    text = result.html(title="Ward <b>7</b>", frontier=points)
    assert text == report_html(result, title="Ward <b>7</b>", frontier=points)
    page = Page(text)
    assert page.open == []  # every tag is closed in its order
    assert page.addresses  # to its own sections, and nowhere else
    assert {address[1:] for address in page.addresses} <= page.ids
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)
    assert not {"script", "b", "img", "link", "iframe"} & set(page.tags)
    assert "Ward <b>7</b>" in page.text
    assert "4-anonymity" in page.text
    assert f"{result.loss:.3f}" in page.text
    assert f"{result.suppressed:,}" in page.text
    assert "proven the best" in page.text
    for point in points:
        assert f"{point.loss:.4f}" in page.text
    assert page.tags.count("svg") == page.tags.count("details") == 3  # a table for each chart
    assert all(re.search("before|age: [0-9]|k 2:", label) for label in page.labels)
    assert "prefers-color-scheme: dark" in text


def test_the_page_of_a_plan_with_and_without_quasi_identifiers() -> None:
    plan = Plan(quasi_identifiers=BY, models=(KAnonymity(4),), suppression="0.05")
    report = apply_plan(PEOPLE, plan, ["age", "sex"]).report
    page = Page(report.html())
    assert plan.digest in page.text
    assert page.tags.count("svg") == 2
    bare = Page(report_html(apply_plan(PEOPLE, Plan(), ["age"]).report))
    assert "No privacy model was asked for" in bare.text


def test_the_bins_hold_every_record_once() -> None:
    result = anonymise(PEOPLE, BY, models=[KAnonymity(4)], suppression="0.05")
    table = report_html(result).split("<caption>Records by class size")[1].split("</table>")[0]
    cells = re.findall(r'<td class="n">([\d,]+)</td><td class="n">([\d,]+)</td>', table)
    before, after = (
        sum(int(cell.replace(",", "")) for cell in half) for half in zip(*cells, strict=True)
    )
    assert (before, after) == (len(PEOPLE), len(PEOPLE) - result.suppressed)


def test_the_frontier_is_each_k_at_its_best_and_never_falls() -> None:
    points = frontier(PEOPLE, BY, [8, 2, 2, 4, 60, 1000], suppression=0)
    assert [point.k for point in points] == [2, 4, 8, 60]
    for point in points:
        alone = anonymise(PEOPLE, BY, models=[KAnonymity(point.k)], suppression=0)
        assert (point.loss, point.generalisation) == (alone.loss, alone.generalisation)
        assert point.highest_risk <= 1 / point.k
    assert [point.loss for point in points] == sorted(point.loss for point in points)


def test_a_frontier_ends_where_a_k_cannot_be_reached() -> None:
    fixed: dict[str, Hierarchy] = {"age": intervals(5), "sex": suppressible()}
    assert [point.k for point in frontier(PEOPLE, fixed, [2, 120, 121])] == [2, 120]
    with pytest.raises(BadInput, match="no column 'height'"):
        frontier(PEOPLE, {"height": suppressible()}, [2])
