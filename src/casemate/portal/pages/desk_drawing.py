"""What a plan would do, drawn: risk before and after, and what other k would lose."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from casemate.enclave.assessing import Alternative, Count, PlanPreview
from casemate.portal.pages.charts import Chart, bars
from casemate.portal.pages.language import format_number, format_percent
from casemate.portal.pages.visit import Visit


def count_in_words(seen: Visit, count: Count) -> str:
    """A number of records as it may be told."""
    if count.value is None:
        return seen.gettext("fewer than %(least)s", least=count.below)
    return format_number(count.value, seen.lang)


def risk_chart(seen: Visit, preview: PlanPreview) -> Chart:
    """Highest and average risk, before and after."""
    kind, risk, when = seen.gettext("Risk"), seen.gettext("Probability"), seen.gettext("Table")
    before, after = seen.gettext("as it is"), seen.gettext("protected")
    highest, average = seen.gettext("Highest"), seen.gettext("Average")
    rows: list[dict[str, Any]] = [
        {kind: name, when: table, risk: figure}
        for table, found in ((before, preview.before), (after, preview.after))
        for name, figure in ((highest, found.highest), (average, found.average))
    ]
    alternative = seen.gettext(
        "The highest risk goes from %(before)s to %(after)s, the average from %(mean)s to %(less)s.",
        before=_share(seen, preview.before.highest), after=_share(seen, preview.after.highest),
        mean=_share(seen, preview.before.average), less=_share(seen, preview.after.average),
    )  # fmt: skip
    drawn = bars(
        rows, x=kind, y=risk, colour=when, alternative=alternative,
        title=seen.gettext("Risk of re-identification, %(dataset)s", dataset=preview.dataset),
    )  # fmt: skip
    table = tuple((row[kind], row[when], _share(seen, row[risk])) for row in rows)
    return replace(drawn, columns=(kind, when, risk), rows=table)


def frontier_chart(seen: Visit, preview: PlanPreview) -> Chart | None:
    """The loss at each k that was weighed; ``None`` where there is no other to compare with."""
    reached = [one for one in preview.alternatives if one.loss is not None]
    if len(preview.alternatives) < 2:
        return None
    k, loss = "k", seen.gettext("Information loss")
    rows: list[Mapping[str, object]] = [{k: str(one.k), loss: one.loss} for one in reached]
    alternative = seen.gettext(
        "Information loss by k: %(points)s.",
        points=", ".join(f"{one.k}: {format_number(one.loss or 0, seen.lang)}" for one in reached),
    )
    drawn = bars(
        rows, x=k, y=loss, alternative=alternative,
        title=seen.gettext("The same plan with another k, %(dataset)s", dataset=preview.dataset),
    )  # fmt: skip
    columns = (k, loss, seen.gettext("Records left out"), seen.gettext("Highest risk"))
    return replace(
        drawn, columns=columns, rows=tuple(_alternative(seen, one) for one in preview.alternatives)
    )


def _alternative(seen: Visit, one: Alternative) -> tuple[str, ...]:
    name = f"{one.k} ({seen.gettext('chosen')})" if one.chosen else str(one.k)
    if one.suppressed is None or one.loss is None or one.highest is None:
        why = (
            seen.gettext("cannot be reached within the plan")
            if one.in_time
            else seen.gettext("not weighed: the time was up")
        )
        return name, why, "–", "–"
    left_out = count_in_words(seen, one.suppressed)
    return name, format_number(one.loss, seen.lang), left_out, _share(seen, one.highest)


def _share(seen: Visit, figure: float) -> str:
    return format_percent(figure, seen.lang)
