"""Runs on the portal's clinic that leave every kind of output there is to look at. No test."""

from dataclasses import dataclass

from portal_world import Portal
from register_world import STATED

from casemate.enclave import Output, Run

RESEARCHER, CHECKER = "acct-researcher", "acct-checker"
PRINTED = "zq-printed-by-the-program-zq"
FIRST = f"""
from casemate.analysis import histogram, read

print({PRINTED!r})
clinic = read("clinic")
clinic.table("by_diagnosis.csv", ["diagnosis"], n="count")
marker = histogram("marker", [0, 30000, 60000, 100000])
clinic.figure("marker.svg", marker, "bar", title="Marker")
"""
SECOND = """
from pathlib import Path
from casemate.analysis import column, read

clinic = read("clinic")
clinic.where(column("sex") == "female").table("by_diagnosis.csv", ["diagnosis"], n="count")
clinic.table("cells.csv", ["commune", "sex", "birth_year", "diagnosis"], n="count")
Path("/out/page.html").write_text("<script>alert(1)</script>")
Path("/out/words.txt").write_text("Nothing\\u202e to see.\\n<b>bold</b>\\n")
Path("/out/formula.csv").write_text("what,n\\n=1+1,200\\n")
"""


@dataclass(frozen=True)
class Done:
    """A run that the machine is done with, and its outputs by name, as the checker sees them."""

    run: Run
    outputs: dict[str, Output]


def done(portal: Portal, permit: str, script: str) -> Done:
    """``script`` as the researcher's run, worked on to its end."""
    platform = portal.platform
    run = platform.run(RESEARCHER, permit, script.encode(), entry=STATED)
    run = platform.wait(RESEARCHER, run.id, timeout=120)
    assert run.is_over, run
    return Done(run, {one.name: one for one in platform.outputs(CHECKER, run.id)})


def let_out(portal: Portal, output: Output) -> None:
    """The checker clears and releases it."""
    portal.platform.review(CHECKER, output.id, clear=True, reason="Aggregates only.")
    portal.platform.release(CHECKER, output.id)
