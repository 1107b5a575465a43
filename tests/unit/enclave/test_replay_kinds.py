"""Kinds of work and replay, on real runs: what each kind leaves, what comes out again, what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MovableClock
from enclave_world import PURPOSE, RESEARCHER, World, make_world

from casemate.access import OutputRules
from casemate.analysis import table
from casemate.analysis.face import People
from casemate.enclave import Replay, Run, RunState
from casemate.enclave.kinds import check_program, job_of, kind_of, rscript
from casemate.enclave.limits import Limits
from casemate.errors import BadInput, Conflict, NotAllowed, Unavailable
from casemate.store import Base, Store

COUNT = b"SELECT sex, count(*) AS n FROM people GROUP BY sex ORDER BY sex"
R_COUNT = b"""
people <- read.csv("/in/people.csv")
counts <- aggregate(list(n = people$sex), by = list(sex = people$sex), FUN = length)
write.csv(counts, "/out/counts.csv", row.names = FALSE)
"""
NOTEBOOK = json.dumps(
    {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        {"cell_type": "code", "source": "import polars as pl\np = pl.read_parquet('/in/people.parquet')"},
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": ["print('columns')\n", "sorted(p.columns)[:1]"]},
    ]}
).encode()  # fmt: skip
REQUEST = (
    People("people", None, Path("/out")).recipe("t.csv", table(["sex"], n="count")).to_json()  # type: ignore[arg-type]
)


@pytest.fixture
def world(tmp_path: Path, clock: MovableClock) -> Iterator[World]:
    store = Store(f"sqlite:///{tmp_path / 'casemate.db'}")
    Base.metadata.create_all(store.engine)
    yield from make_world(store, tmp_path, clock)
    store.close()


def run(world: World, permit: str, program: bytes, filename: str) -> Run:
    with world.store.transaction() as tx:
        made = world.enclave.runs.submit(tx, RESEARCHER, permit, program, filename, PURPOSE)
    world.enclave.worker.enqueue(made.id)
    ended = world.enclave.worker.wait(made.id, timeout=120)
    assert ended.is_over, ended
    return ended


def replay(world: World, run_id: str) -> Replay:
    room = world.enclave.replays
    with world.store.transaction() as tx:
        again = room.prepare(tx, run_id)
    result = room.execute(again)
    with world.store.transaction() as tx:
        return room.record(tx, "acct-checker", again, result)


def test_sql_leaves_one_table_that_comes_out_again(world: World) -> None:
    made = run(world, world.permit(), COUNT, "count.sql")
    assert list(world.outputs(made.id)) == ["result.csv"], made.reason
    found = replay(world, made.id)
    assert (found.same, found.equal, found.differing) == (True, ("result.csv",), ())
    assert world.acts(made.id)[-1] == "run.replayed"
    assert found.for_team().equal == ()


def test_a_notebook_leaves_its_executed_copy_for_a_person_to_read(world: World) -> None:
    rules = OutputRules(allowed_types=("csv", "ipynb"))
    made = run(world, world.permit(rules), NOTEBOOK, "look.ipynb")
    (output,) = (one for one in world.outputs(made.id).values() if one.kind == "file")
    assert (output.name, output.decision) == ("look.ipynb", "review"), (made.reason, output.verdict)


def test_a_data_request_needs_no_permit_to_rows_and_a_script_does(world: World) -> None:
    permit = world.permit(OutputRules(rows=False))
    with pytest.raises(NotAllowed, match="aggregate answers only"), world.store.transaction() as tx:
        world.enclave.runs.submit(tx, RESEARCHER, permit, b"pass", "a.py", PURPOSE)
    made = run(world, permit, REQUEST, "request.json")
    (output,) = (one for one in world.outputs(made.id).values() if one.kind == "file")
    assert output.name == "t.csv"
    assert output.decision in {"pass", "review"}, output.verdict


def test_what_chance_made_differs_and_no_name_of_it_goes_to_the_team(world: World) -> None:
    script = (
        b"import os\nopen('/out/n.json', 'w').write(str(os.urandom(8)[0] / 7 + os.getpid()) * 9)\n"
    )
    script += b"import time\nopen('/out/t.json', 'w').write(str(time.time_ns()))\n"
    made = run(world, world.permit(), script, "a.py")
    found = replay(world, made.id)
    assert not found.same
    assert "t.json" in found.differing
    told = found.for_team()
    assert (told.same, told.differing, told.missing, told.new) == (False, (), (), 0)


def test_a_run_that_failed_or_whose_permit_ended_is_not_replayed(world: World) -> None:
    permit = world.permit()
    failed = run(world, permit, b"raise SystemExit(3)", "a.py")
    made = run(world, permit, COUNT, "count.sql")
    assert failed.state is RunState.failed
    with pytest.raises(Conflict, match="did not finish"):
        replay(world, failed.id)
    world.revoke(permit)
    with pytest.raises(NotAllowed, match="revoked"):
        replay(world, made.id)


def test_a_run_whose_environment_is_another_by_now_is_not_replayed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(world, world.permit(), COUNT, "count.sql")
    monkeypatch.setattr("casemate.enclave.environment.packages", lambda: {"python": "2.7"})
    with pytest.raises(Conflict, match="packages were changed"):
        replay(world, made.id)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.py", "python"), ("a.ipynb", "notebook"), ("a.R", "r"), ("a.r", "r"), ("a.sql", "sql"),
     ("a.json", "request")],
)  # fmt: skip
def test_the_ending_says_the_kind(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    "name", ["a", "a.exe", ".py", "a b.py", "a/b.py", "../a.py", "a" * 98 + ".py", "-a.sql", "é.py"]
)
def test_a_name_that_says_no_kind_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="will not do"):
        kind_of(name)


@pytest.mark.parametrize(
    ("program", "filename", "complaint"),
    [
        (b"", "a.sql", "empty"),
        (b"\xff", "a.R", "UTF-8"),
        (b"[]", "a.ipynb", "no notebook"),
        (b'{"nbformat": 3, "cells": []}', "a.ipynb", "format 3"),
        (b'{"nbformat": 4, "cells": []}', "a.ipynb", "no code cell"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "%pip install x"}]}', "a.ipynb",
         "commands of IPython"),
        (b"{}", "a.json", "no data request"),
        (b"[" * 100_000, "a.ipynb", "no notebook"),
    ],
)  # fmt: skip
def test_a_program_that_cannot_be_one_says_why(
    program: bytes, filename: str, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        check_program(program, filename)


def test_r_says_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casemate.enclave.kinds.jobs.rscript", lambda: None)
    with pytest.raises(Unavailable, match="no Rscript in /usr/bin"):
        job_of(b"1", "a.R", {}, Limits())


@pytest.mark.skipif(rscript() is None, reason="R is not installed (Debian package r-base-core)")
def test_an_r_script_leaves_a_table_that_is_checked_and_comes_out_again(world: World) -> None:
    permit = world.permit(OutputRules(review="automatic"))
    made = run(world, permit, R_COUNT, "count.R")
    assert made.state is RunState.released, made
    assert list(world.outputs(made.id)) == ["counts.csv"]
    assert replay(world, made.id).same
