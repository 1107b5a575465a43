"""``casemate demo law``: ten questions in four languages, as of three days, with their quotes."""

import sys
from pathlib import Path

from rich.console import Console

from casemate.cli.common import Shown, show
from casemate.cli.law import answer_text
from casemate.errors import IntegrityFailure
from casemate.flagships.law.evaluation import problems
from casemate.flagships.law.page import figures, report
from casemate.flagships.law.story import Told, play
from casemate.home import create_home
from casemate.papers import write
from casemate.platform import Platform


def run_law_demo(home: Path, texts: Path | None, *, as_json: bool) -> None:
    """Load, index, ask, print; fails where an answer is not the right one."""
    console = Console(stderr=True, highlight=False)
    with (
        Platform(create_home(home, name="law.casemate.example")) as platform,
        console.status("Reading") as status,
    ):
        told = play(platform, status.update, texts)
        page = home.resolve() / "answers.html"
        page.write_bytes(write(report(told, platform.clock()), "html"))
    if as_json:
        show(Shown(figures(told)["answers"]), as_json=True)
    else:
        _print(told)
        print(f"The same as a page: {page}")
    if wrong := list(problems(told)):
        raise IntegrityFailure("; ".join(wrong))


def _print(told: list[Told]) -> None:
    out = Console(file=sys.stdout, highlight=False)
    for one in told:
        asked = f"[{one.question.language}, {one.question.on}] {one.question.text}"
        out.print(f"\n{asked}", markup=False, style="bold")
        out.print(answer_text(one.answer), soft_wrap=True)
    refused = sum(bool(one.answer.refusal) for one in told)
    out.print(
        f"\n{len(told)} questions: {len(told) - refused} answered by quotes of the words in force on the "
        f"day, {refused} refused, since nothing in these texts answers them.",
        soft_wrap=True,
    )
