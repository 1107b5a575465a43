"""Everything that the check and the ledger can say of an output has words for people."""

import ast
from collections.abc import Iterator
from pathlib import Path

import casemate.enclave
from casemate.cli.following import SAID
from casemate.enclave.following import ACTS
from casemate.portal.pages.explaining import BY_RULE, EVENTS, PRAISE

ENCLAVE = Path(casemate.enclave.__file__).parent
_GIVES_A_RULE = {"refuse", "review", "note", "add", "Reason", "Breach"}


def rules() -> Iterator[tuple[str, str]]:
    """Each rule that is written out in a call that makes a reason, with its file."""
    for file in ENCLAVE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            place = 1 if called == "at_level" else 0
            if (called in _GIVES_A_RULE or place) and len(node.args) > place + 1:
                first = node.args[place]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, file.name


def test_every_rule_of_the_check_is_explained() -> None:
    found = set(rules())
    assert len({rule for rule, _ in found}) > 40
    assert {one for one in found if one[0] not in {*BY_RULE, *PRAISE}} == set()


def test_every_event_of_a_run_has_words() -> None:
    assert set(EVENTS) == ACTS == set(SAID)
