"""What the architecture promises and no linter of imports can see."""

import ast
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

import casemate
from casemate.errors import CasemateError
from casemate.flagships.declaration import SHAPE, flagship

SOURCE = Path(casemate.__file__).parent


@cache
def sources() -> dict[str, str]:
    """Every source file's text, by its place."""
    return {
        path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8")
        for path in SOURCE.rglob("*.py")
    }


@cache
def callers() -> dict[str, set[str]]:
    """The source files that call a method, by its name; every file is parsed once for all questions."""
    found: dict[str, set[str]] = defaultdict(set)
    for place, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found[node.func.attr].add(place)
    return found


def calls_of(name: str) -> set[str]:
    """The source files that call a method ``name``."""
    return callers().get(name, set())


def test_only_the_views_of_the_enclave_decrypt_a_table() -> None:
    """Law 1 has one door: whoever opens a second one must come through here."""
    assert calls_of("read_table") == {"enclave/views.py"}


def test_only_a_weighed_plan_reads_before_a_permit() -> None:
    """The door that no permit opens leads to figures alone, and one act comes through it."""
    assert calls_of("decrypt_for_assessment") == {"enclave/assessing.py"}
    assert calls_of("require_assessable") == calls_of("weigh") == {"platform.py"}


def test_nobody_but_the_clock_asks_for_the_time() -> None:
    """Permits open and close to the second of one clock, which tests can move."""
    askers = calls_of("utcnow") | calls_of("today") | calls_of("now")
    assert askers == {"clock.py"}


def test_only_the_ledger_vouches_for_changes() -> None:
    """``mark_recorded`` would silence the guard of the third law: the ledger alone may say it."""
    vouching = {place for place, text in sources().items() if "mark_recorded(" in text}
    assert {place.split("/")[0] for place in vouching} <= {"ledger", "store"}


def test_every_error_has_its_exit_code_and_status() -> None:
    def family(kind: type[CasemateError]) -> list[type[CasemateError]]:
        return [kind, *(grand for child in kind.__subclasses__() for grand in family(child))]

    codes = {kind.__name__: kind.exit_code for kind in family(CasemateError)}
    assert codes["BadInput"] == codes["NotFound"] == codes["Conflict"] == 2
    assert codes["NotAllowed"] == 3
    assert codes["IntegrityFailure"] == 4


SECTORS = sorted(path.parent.name for path in SOURCE.glob("flagships/*/__init__.py"))


@pytest.mark.parametrize("sector", SECTORS)
def test_every_sector_has_the_same_shape(sector: str) -> None:
    present = {path.name for path in (SOURCE / "flagships" / sector).glob("*.py")}
    assert present >= {"__init__.py", *(f"{part}.py" for part in SHAPE)}
    assert flagship(sector).name == sector


def test_a_server_starts_without_what_it_seldom_needs() -> None:
    """jsonschema builds a parser as it is imported, for seconds; only checks of exports need it."""
    loads = "import sys, casemate.portal.app; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads], check=False).returncode == 0
