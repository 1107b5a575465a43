"""What a look for alerts costs: ``python -m benchmarks.knowledge.watching [--files 1000]``.

Case files of two pins each, on the invented regulation that comes with the project. Milliseconds of CPU a
case file, as JSON: of a look that reckons each anew, and of the same again, where nothing is new.
"""

import argparse
import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from casemate.flagships.law.sources import files_in, read_law
from casemate.home import create_home
from casemate.identity import Role
from casemate.knowledge.casefiles.keeping import MOST_FILES
from casemate.platform import Platform

SAMPLE = Path(__file__).parents[2] / "src" / "casemate" / "flagships" / "law" / "sample"
OPERATOR, HOLDER = "acct-operator", "acct-holder"


class Clock:
    """A day that the benchmark turns."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment."""
        return self.now


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--files", type=int, default=1000)
    files, clock = asked.parse_args().files, Clock()
    with (
        TemporaryDirectory() as folder,
        Platform(create_home(Path(folder) / "home"), clock=clock) as platform,
    ):
        fill(platform, files)
        platform.watch_case_files(HOLDER, "law")
        clock.now += timedelta(days=1)
        anew, again = (look(platform, files) for _ in range(2))
    print(json.dumps({"case_files": files, "anew_ms": anew, "nothing_new_ms": again}))


def fill(platform: Platform, files: int) -> None:
    """The regulation, and people with that many case files."""
    platform.found("Operator")
    platform.add_organisation(OPERATOR, "House")
    platform.add_account(OPERATOR, "Holder", "org-house", [Role.DATA_HOLDER], account_id=HOLDER)
    platform.load_corpus(HOLDER, "law", SAMPLE, files_in(SAMPLE), read_law)
    (work, *_), on = platform.works_of_corpus("law"), date(2026, 3, 1)
    _, _, provisions = platform.provisions_on("law", work.work, work.language, on)
    for number in range(files):
        owner = f"acct-owner-{number // MOST_FILES}"
        if number % MOST_FILES == 0:
            roles = [Role.DATA_USER]
            platform.add_account(OPERATOR, "Owner", "org-house", roles, account_id=owner)
        case = platform.open_case_file(owner, f"Case {number}", "Some notes. " * 100).id
        for one in provisions[:2]:
            platform.pin_provision(owner, case, "law", work.work, one.key, work.language, on)


def look(platform: Platform, files: int) -> float:
    """Milliseconds of CPU a case file."""
    begun = time.process_time()
    platform.watch_case_files(HOLDER, "law")
    return round((time.process_time() - begun) * 1000 / files, 3)


if __name__ == "__main__":
    main()
