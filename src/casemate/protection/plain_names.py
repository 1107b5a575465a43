"""Names of columns that mean one column, in every engine that a table may lie in."""

from collections.abc import Iterable
from typing import Any

from casemate.errors import BadInput


def require_plain_names(names: Iterable[Any], where: str) -> None:
    """Raise BadInput for a name that Polars reads as a pattern: ``*``, and what stands in ``^...$``.

    Asked for such a column it would give others, all of them even, so no table with one is taken.
    """
    for name in names:
        if isinstance(name, str) and (name == "*" or (name.startswith("^") and name.endswith("$"))):
            raise BadInput(
                f"{where} has a column named {name!r}, which stands for a pattern of names where "
                "columns are chosen: rename it"
            )
