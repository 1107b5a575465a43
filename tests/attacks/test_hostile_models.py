"""A pickle that takes over the sandbox's program and answers as it likes: the parent believes nothing."""

import json
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
from assurance_world import people

from casemate.assurance.tabular import from_file
from casemate.cli.common import one_line
from casemate.errors import BadInput

ROWS = 20
TWO = {"classes": [False, True], "columns": 3}


class Usurper:
    """Leaves answers of its own and ends the program that loads it."""

    def __init__(self, facts: str, answers: bytes) -> None:
        self.facts, self.answers = facts, answers

    def __reduce__(self) -> Any:
        program = (
            f"import os; open('/out/facts.json', 'w').write({self.facts!r}); "
            f"open('/out/answers', 'wb').write({self.answers!r}); os._exit(0)"
        )
        return (exec, (program,))


def numbers(*columns: float) -> bytes:
    return b"".join(struct.pack("<d", one) * ROWS for one in columns)


@pytest.mark.parametrize(
    ("facts", "answers", "message"),
    [
        ("[" * 50_000, b"", "left no answers"),
        ("[]", b"", "left no answers"),
        (json.dumps({"classes": list(range(2000)), "columns": 3}), b"", "no classes apart"),
        (json.dumps(TWO), numbers(1.0, 0.5), "does not answer for each row"),
        (json.dumps(TWO), numbers(1.0, float("nan"), 0.5), "no probabilities"),
        (json.dumps(TWO), numbers(1.0, 7.0, -6.0), "no probabilities"),
        (json.dumps(TWO | {"columns": -1}), numbers(1.0), "does not answer for each row"),
        (
            json.dumps({"problem": "\x1b[2J" * 999, "missing": "\x1b]0;x" * 999}),
            b"",
            "cannot be tried",
        ),
    ],
    ids=["deep", "list", "many", "short", "nan", "beyond", "negative", "terminal"],
)
def test_answers_that_are_none_are_refused_in_one_harmless_line(
    tmp_path: Path, facts: str, answers: bytes, message: str
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Usurper(facts, answers)))
    with pytest.raises(BadInput, match=message) as refused:
        from_file(path, "true").says(people(ROWS).select("skill"))
    assert len(str(refused.value)) < 500
    assert one_line(str(refused.value)).isprintable()


def test_a_model_that_lies_within_the_form_is_judged_by_its_lies_alone(tmp_path: Path) -> None:
    """What it says of each row is all it can say; whether that is right is what is measured."""
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Usurper(json.dumps(TWO), numbers(1.0, 0.1, 0.9))))
    said = from_file(path, "true").says(people(ROWS).select("skill"))
    assert said.decided.all()
    assert said.scores is not None
    assert said.scores.tolist() == [0.9] * ROWS
