"""Attacks on the trusted side of the enclave: files and recipes made to deceive, exhaust or crash it.

Each is a test of its own elsewhere in this folder; here stands which tests those are, and what stops the
attack, so that the table of attacks names them and runs them as root and as an ordinary user.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from attacks.attack_runs import NOBODY
from attacks.bounded_attacks import Seen
from attacks.decoys import PROJECT

STOPPED, THROUGH, NOT_RUN = "refused", "got through", "not run"
RUNNER = """
import contextlib, io, json, sys
paths, packages = json.loads(sys.argv[1])
sys.path[:0] = [*paths, packages]
import sysconfig
told = sysconfig.get_path
sysconfig.get_path = lambda name, *more: packages if name == "purelib" else told(name, *more)
import pytest
class Outcomes:
    def __init__(self):
        self.found = {}
    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            name = report.nodeid.partition("[")[0].rpartition("::")[2]
            self.found.setdefault(name, []).append(report.outcome)
outcomes = Outcomes()
with contextlib.redirect_stdout(io.StringIO()) as said:
    pytest.main(json.loads(sys.argv[2]), plugins=[outcomes])
print(json.dumps(outcomes.found))
print(said.getvalue()[-2000:], file=sys.stderr)
"""


@dataclass(frozen=True)
class OnChecker:
    """The tests that are the attack, by file, and the wall that stops it."""

    file: str
    tests: tuple[str, ...]
    wall: str


_RECIPES, _FORMATS = "test_recipe_attacks.py", "test_formats_attacks.py"
_OWN_WALLS = "parsed behind walls of its own"
ON_CHECKER = {
    "recipe that lies about its output": OnChecker(
        _RECIPES, ("test_each_lie_is_refused",), "recomputed by trusted code on the same inputs"
    ),
    "recipe that is too large to carry out": OnChecker(
        _RECIPES,
        ("test_beyond_its_cost_a_recipe_is_not_tried", "test_what_is_too_much_ends_quickly"),
        "its cost is told before it is tried, limits of the checker's sandbox",
    ),
    "recipe of a million brackets": OnChecker(
        _RECIPES, ("test_a_document_of_a_million_brackets_is_refused",), "bounds of the document"
    ),
    "job that changes the analysis package": OnChecker(
        _RECIPES,
        ("test_a_job_that_lies_to_itself_lies_to_nobody_else",),
        "the checker runs its own copy, in its own sandbox",
    ),
    "Parquet that crashes its parser": OnChecker(
        _FORMATS, ("test_parquet_is_refused_whatever_it_does_to_its_parser",), _OWN_WALLS
    ),
    "Parquet that unpacks without end": OnChecker(
        _FORMATS, ("test_a_bomb_of_parquet_is_refused",), f"sizes by its footer, {_OWN_WALLS}"
    ),
    "ONNX that deceives its reader": OnChecker(
        _FORMATS, ("test_onnx_that_deceives_its_reader_is_refused",), f"{_OWN_WALLS}, inert only"
    ),
    "headers that lie": OnChecker(
        _FORMATS, ("test_headers_that_lie_are_refused",), "lengths are checked before they are used"
    ),
    "file that exhausts or kills its parser": OnChecker(
        _FORMATS, ("test_a_parser_that_is_exhausted_or_killed_refuses_the_file",), _OWN_WALLS
    ),
    "zip bomb": OnChecker(
        _FORMATS, ("test_a_zip_bomb_is_refused_without_being_unpacked",), "refused unopened"
    ),
    "pickle in disguise": OnChecker(
        _FORMATS,
        ("test_pickles_are_refused_wherever_they_hide_and_scans_are_on_record",),
        "never unpickled: two scanners read it, inert formats only",
    ),
}


def on_checker_as_myself() -> dict[str, Seen]:
    """Every attack on the checker as whoever runs this."""
    return _seen([sys.executable])


def on_checker_as_nobody() -> dict[str, Seen]:
    """The same as an ordinary user, tests and all."""
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return _seen([*user, "/usr/bin/python3"])


def _seen(python: list[str]) -> dict[str, Seen]:
    folder = PROJECT / "tests" / "attacks"
    nodes = [f"{folder / one.file}::{test}" for one in ON_CHECKER.values() for test in one.tests]
    with tempfile.TemporaryDirectory() as scratch:
        if python[0] == "setpriv":
            os.chown(scratch, NOBODY, NOBODY)
        options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(PROJECT)]
        options += ["--basetemp", f"{scratch}/tests"]
        ours = [str(PROJECT / "src"), str(PROJECT / "tests")]
        paths = json.dumps([ours, sysconfig.get_path("purelib")])
        environment = {"HOME": scratch, "TMPDIR": scratch, "PATH": os.environ["PATH"]}
        environment["HYPOTHESIS_STORAGE_DIRECTORY"] = f"{scratch}/hypothesis"
        done = subprocess.run(
            [*python, "-c", RUNNER, paths, json.dumps([*options, *nodes])],
            capture_output=True, text=True, cwd=scratch, env=environment, check=False,
        )  # fmt: skip
    if done.returncode != 0 or not done.stdout:
        raise RuntimeError(f"the tests of the checker could not be run: {done.stderr[-2000:]}")
    found: dict[str, list[str]] = json.loads(done.stdout)
    return {name: _judged(one, found, done.stderr) for name, one in ON_CHECKER.items()}


def _judged(attack: OnChecker, found: dict[str, list[str]], said: str) -> Seen:
    outcomes = [outcome for test in attack.tests for outcome in found.get(test, ["missing"])]
    if set(outcomes) == {"passed"}:
        return Seen(STOPPED, attack.wall)
    if "failed" in outcomes:
        return Seen(THROUGH, (said.strip().splitlines() or [""])[-1])
    return Seen(NOT_RUN, f"{attack.file}: {', '.join(sorted(set(outcomes)))}")


def missing_tests() -> list[str]:
    """Tests that are named here and not there."""
    folder = Path(__file__).parent
    return [
        f"{one.file}::{test}"
        for one in ON_CHECKER.values()
        for test in one.tests
        if f"def {test}(" not in (folder / one.file).read_text()
    ]
