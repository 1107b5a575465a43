"""A protected table as HTML: a caption, headers with a scope, and confidential cells said in words."""

from html import escape
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from casemate.errors import BadInput
from casemate.protection.aggregation.markers import CONFIDENTIAL, LEGEND

if TYPE_CHECKING:
    from casemate.protection.aggregation.dimensions import Dimension
    from casemate.protection.aggregation.table import AggregateTable


def table_html(table: "AggregateTable", statistic: str) -> str:
    """``statistic`` of ``table``, its row dimensions down the side and the others across the top."""
    if statistic not in table.statistics:
        raise BadInput(
            f"the table has no statistic {statistic!r}: it has {', '.join(table.statistics)}"
        )
    across = table.dimensions[len(table.rows) :]
    down = table.dimensions[: len(table.rows)]
    parts = [
        "<table>",
        f"<caption>{escape(_caption(table, statistic))}</caption>",
        f"<thead>{''.join(_head(table, down, across, statistic))}</thead>",
        f"<tbody>{''.join(_body(table, down, across, statistic))}</tbody>",
        "</table>",
    ]
    return "\n".join(parts)


def _caption(table: "AggregateTable", statistic: str) -> str:
    used = [marker for marker in LEGEND if marker in table.markers]
    legend = "; ".join(f"{marker}: {LEGEND[marker]}" for marker in used)
    what = "" if table.measure is None or statistic == "count" else f" of {table.measure}"
    return f"{table.title} ({statistic}{what})" + (f". {legend}" if legend else "")


def _head(
    table: "AggregateTable",
    down: "tuple[Dimension, ...]",
    across: "tuple[Dimension, ...]",
    statistic: str,
) -> list[str]:
    corner = "".join(f'<th scope="col">{escape(dimension.name)}</th>' for dimension in down)
    if not across:
        return [f'<tr>{corner}<th scope="col">{escape(statistic)}</th></tr>']
    headers = "".join(
        f'<th scope="col">{escape(" / ".join(labels))}</th>'
        for labels in product(*(dimension.labels for dimension in across))
    )
    return [f"<tr>{corner}{headers}</tr>"]


def _body(
    table: "AggregateTable",
    down: "tuple[Dimension, ...]",
    across: "tuple[Dimension, ...]",
    statistic: str,
) -> list[str]:
    width = int(np.prod([len(dimension) for dimension in across])) if across else 1
    values = table.statistic(statistic)
    lines = []
    for row, labels in enumerate(product(*(dimension.labels for dimension in down))):
        heads = "".join(f'<th scope="row">{escape(label)}</th>' for label in labels)
        cells = "".join(
            _cell(values[at], table.markers[at]) for at in range(row * width, (row + 1) * width)
        )
        lines.append(f"<tr>{heads}{cells}</tr>")
    return lines


def _cell(value: float | int | None, marker: str) -> str:
    if marker == CONFIDENTIAL:
        return '<td><abbr title="confidential">c</abbr></td>'
    if value is None:
        return "<td></td>"
    return f"<td>{value:,}</td>" if isinstance(value, int) else f"<td>{value:,.2f}</td>"
