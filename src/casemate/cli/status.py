"""``casemate status``: how the home does."""

from typing import Annotated

import typer
from rich.console import Group

from casemate.cli.common import Desk, Shown, table

_MARK = {"ok": "ok", "warn": "WARN", "fail": "FAIL"}


def status(
    desk: Desk,
    storage: Annotated[
        bool, typer.Option("--storage", help="Also say what fills the disk.")
    ] = False,
    jobs: Annotated[
        bool, typer.Option("--jobs", help="Also list runs that wait or failed.")
    ] = False,
) -> Shown:
    """Whether every part of the home does well, and what to do where not."""
    health = desk.platform.health(desk.actor)
    rows: list[list[object]] = [
        [one.name, _MARK[one.state], one.found, one.todo] for one in health.checks
    ]
    data: dict[str, object] = {"state": health.state, "checks": health.checks}
    drawn = [table(["Part", "State", "Found", "What to do"], rows)]
    if storage:
        filled = data["storage"] = desk.platform.storage(desk.actor)
        sizes = [*filled.by_kind.items(), *filled.by_dataset.items()]
        drawn.append(table(["What", "Bytes"], [[name, f"{size:,}"] for name, size in sizes]))
    if jobs:
        found = data["jobs"] = desk.platform.jobs(desk.actor)
        shown: list[list[object]] = [[one.run, one.state, one.submitted_at] for one in found]
        drawn.append(table(["Run", "State", "Submitted"], shown))
    return Shown(data, Group(*drawn))
