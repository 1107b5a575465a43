"""``casemate demo``: plays the health flagship's story and leaves its report in the home."""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from casemate.flagships.health.evaluation import (
    PUBLISHED,
    Effect,
    agrees,
    raw_effect,
    risk_and_loss,
)
from casemate.flagships.health.page import report, story_of
from casemate.flagships.health.story import Told, play
from casemate.home import create_home
from casemate.platform import Platform


def run_demo(home: Path, *, as_json: bool) -> None:
    """Play the story in ``home``, write the report, print the figures."""
    console = Console(stderr=as_json, highlight=False)
    with Platform(create_home(home, name="demo.casemate.example")) as platform:
        with console.status("Taking NHEFS through the whole flow") as status:

            def tell(line: str) -> None:
                console.print(line, soft_wrap=True, markup=False)
                status.update(f"After: {line.split('  ')[0]}")

            told = play(platform, tell)
            status.update("Comparing with the raw data, outside the platform")
            raw, points = raw_effect(), risk_and_loss()
        page = home.resolve() / "report.html"
        page.write_text(report(story_of(told, raw, points, platform.entries())), encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(figures(told, raw, page), indent=1) + "\n")
        return
    for line in closing_lines(told, raw, page):
        console.print(line, soft_wrap=True, markup=False)


def figures(told: Told, raw: Effect, page: Path) -> dict[str, Any]:
    """The demo as one JSON object. Effects in kilograms, risks as the highest probability."""
    before, after = told.view.report["risk_before"], told.view.report["risk_after"]
    return {
        "estimate": told.protected.estimate,
        "ci_low": told.protected.ci_low,
        "ci_high": told.protected.ci_high,
        "raw_estimate": raw.estimate,
        "published_estimate": PUBLISHED.estimate,
        "agrees": agrees(told.protected, raw),
        "k": after["smallest_class"],
        "suppressed": told.view.report["suppressed"],
        "suppressed_share": float(told.view.report["suppressed_share"]),
        "information_loss": float(told.view.report["loss"]),
        "risk_before": float(before["prosecutor_highest"]),
        "risk_after": float(after["prosecutor_highest"]),
        "ledger_size": told.ledger.size,
        "ledger_ok": told.ledger.ok,
        "refusals": [
            {"name": one.name, "refused": one.refused, "message": one.message}
            for one in told.attempts
        ],
        "report": str(page),
    }


def closing_lines(told: Told, raw: Effect, page: Path) -> list[str]:
    """What the demo says at its end."""
    verdict = "holds" if told.ledger.ok else "WAS ALTERED: " + told.ledger.problems[0]
    return [
        "",
        f"Published                {PUBLISHED}",
        f"On the raw data          {raw}",
        f"Released, on protected   {told.protected}",
        f"The protected result {'agrees' if agrees(told.protected, raw) else 'DOES NOT AGREE'} "
        "with both.",
        "",
        f"$ casemate ledger verify\nThe ledger {verdict}: {told.ledger.size} entries, "
        f"root {told.ledger.root}.",
        f"Report: {page}",
    ]
