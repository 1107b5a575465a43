"""``casemate demo SECTOR``: plays any sector's story, by the shape that all of them have."""

from pathlib import Path

from rich.console import Console

from casemate.cli.common import Shown, show
from casemate.errors import IntegrityFailure
from casemate.flagships.declaration import evaluation, page, story
from casemate.home import create_home
from casemate.papers import write
from casemate.platform import Platform


def run_any_demo(sector: str, home: Path, *, as_json: bool) -> None:
    """Play the story in a new ``home`` and leave its report there; fails where something came out wrong."""
    played, shown, judged = story(sector), page(sector), evaluation(sector)
    console = Console(stderr=as_json, highlight=False)
    with Platform(create_home(home, name=f"{sector}.casemate.example")) as platform:
        told = played.play(platform, lambda line: console.print(line, soft_wrap=True, markup=False))
        report = home.resolve() / "report.html"
        report.write_bytes(write(shown.report(told, platform.clock()), "html"))
    if as_json:
        show(Shown({**shown.figures(told), "report": str(report)}), as_json=True)
    else:
        console.print(f"Report: {report}", soft_wrap=True, markup=False)
    if wrong := list(judged.problems(told)):
        raise IntegrityFailure(f"the demo of {sector!r} came out wrong: {'; '.join(wrong)}")
