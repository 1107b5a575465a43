"""A second process on the same home: both work, nothing is done twice."""

import json
import subprocess
from collections import Counter
from typing import Any

from functional.clinic import (
    AUDITOR,
    CHECKER,
    HOLDER,
    OPERATOR,
    OTHER_HOLDER,
    RESEARCHER,
    Clinic,
)

pytest_plugins = ("functional.clinic_fixtures",)

SLOW = """
import time
import pandas as pd
time.sleep(1.5)
people = pd.read_parquet("/in/clinic.parquet")
people.groupby("sex", observed=True).size().rename("count").reset_index().to_csv("/out/n.csv", index=False)
"""


def _ended(process: "subprocess.Popen[str]") -> Any:
    out, err = process.communicate(timeout=90)
    assert (process.returncode, err) == (0, ""), err
    return json.loads(out)


def test_two_runs_handed_in_at_once_both_finish_and_each_ran_once(open_clinic: Clinic) -> None:
    permit = open_clinic.only("permit", by=RESEARCHER)
    submit = ("run", "submit", "--permit", permit, "--json", "--script")
    script = open_clinic.file("slow.py", SLOW)
    processes = [open_clinic.start(*submit, script, by=RESEARCHER) for _ in range(2)]
    runs = [_ended(process) for process in processes]
    assert [run["state"] for run in runs] == ["awaiting_review"] * 2
    assert len({run["id"] for run in runs}) == 2
    for run in runs:
        entries = open_clinic.ask("run", "logs", run["id"], by=RESEARCHER)["entries"]
        acts = Counter(entry["act"].removeprefix("run.") for entry in entries)
        assert acts == dict.fromkeys(("submitted", "running", "checking", "awaiting_review"), 1)
        assert list(open_clinic.outputs(run["id"])) == ["n.csv"]
    assert len([name for name in open_clinic.vault() if name.startswith("view-")]) == 1
    assert open_clinic.verifies()


def test_others_work_while_a_run_is_under_way(open_clinic: Clinic) -> None:
    permit = open_clinic.only("permit", by=RESEARCHER)
    script = open_clinic.file("slow.py", SLOW)
    running = open_clinic.start(
        "run", "submit", "--permit", permit, "--script", script, "--json", by=RESEARCHER
    )
    open_clinic.until(lambda: "running" in open_clinic.query("SELECT state FROM enclave_run"))
    open_clinic.ask("organisation", "add", "Another", by=OPERATOR)
    application = open_clinic.apply()
    open_clinic.approve(application)
    open_clinic.ask("ledger", "checkpoint", by=AUDITOR)
    assert running.poll() is None
    assert _ended(running)["state"] == "awaiting_review"
    assert open_clinic.verifies()


def test_a_run_that_one_process_left_is_taken_up_by_another(open_clinic: Clinic) -> None:
    permit = open_clinic.only("permit", by=RESEARCHER)
    script = open_clinic.file("slow.py", SLOW)
    left = open_clinic.start(
        "run", "submit", "--permit", permit, "--script", script, "--json", by=RESEARCHER
    )
    open_clinic.until(lambda: "running" in open_clinic.query("SELECT state FROM enclave_run"))
    left.kill()
    left.communicate()
    (run,) = open_clinic.query("SELECT id FROM enclave_run")
    ended = open_clinic.ask("run", "status", run, "--wait", by=RESEARCHER)
    assert ended["state"] == "awaiting_review"
    assert list(open_clinic.outputs(run)) == ["n.csv"]
    assert open_clinic.verifies()


def test_two_holders_publish_at_once(clinic: Clinic) -> None:
    description = (clinic.folder / "clinic.toml").read_text()
    other = clinic.file("other.toml", description.replace('id = "clinic"', 'id = "laboratory"'))
    publish = ("dataset", "publish", clinic.folder / "clinic.csv", "--json", "--describe")
    processes = [
        clinic.start(*publish, clinic.folder / "clinic.toml", by=HOLDER),
        clinic.start(*publish, other, by=OTHER_HOLDER),
    ]
    assert {_ended(process)["id"] for process in processes} == {"clinic", "laboratory"}
    assert len(clinic.vault()) == 2
    assert clinic.verifies()


def test_one_of_two_publishers_of_the_same_data_wins(clinic: Clinic) -> None:
    publish = ("dataset", "publish", clinic.folder / "clinic.csv", "--json", "--describe")
    described = clinic.folder / "clinic.toml"
    processes = [clinic.start(*publish, described, by=HOLDER) for _ in range(2)]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert sorted(code for _, _, code in ended) == [0, 2]
    (loser,) = [err for _, err, code in ended if code == 2]
    assert loser.startswith("Conflict: ")
    (dataset,) = clinic.ask("dataset", "list")
    assert dataset["versions"] == [1]
    assert len(clinic.vault()) == 1
    assert clinic.verifies()


def test_one_of_two_checkers_of_an_output_wins(open_clinic: Clinic) -> None:
    run = open_clinic.run(open_clinic.only("permit", by=RESEARCHER))
    output = open_clinic.outputs(run["id"])["by_diagnosis.csv"]["id"]
    review = ("output", "review", output, "--reason", "seen", "--json")
    processes = [open_clinic.start(*review, "--clear", by=CHECKER) for _ in range(2)]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert sorted(code for _, _, code in ended) == [0, 2]
    assert open_clinic.acts().count("output.cleared") == 1
    assert open_clinic.verifies()
