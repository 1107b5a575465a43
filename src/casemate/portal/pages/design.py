"""The design system on one page: its colours, its type, each component as it is used."""

from fastapi import Response

from casemate.portal.pages.charts import Chart, bars
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import Anyone

router = PageRouter()
TOKENS = (
    ("paper", "ink"),
    ("raised", "ink"),
    ("brand", "on-brand"),
    ("good-soft", "good"),
    ("warn-soft", "warn"),
    ("bad-soft", "bad"),
    ("info-soft", "info"),
)


@router.get("/design")
def design(seen: Anyone) -> Response:
    """Every component there is."""
    return seen.page("design/design.html", tokens=TOKENS, chart=_example(seen))


def _example(seen: Anyone) -> Chart:
    label, number = seen.gettext("Year"), seen.gettext("Releases")
    rows = [{label: year, number: count} for year, count in ((2024, 12), (2025, 31), (2026, 44))]
    return bars(
        rows,
        x=label,
        y=number,
        title=seen.gettext("Releases by year (an example)"),
        alternative=seen.gettext("Releases rise from 12 in 2024 to 44 in 2026."),
    )
