"""A run: goes on where it stopped, keeps to one model, and ends in a document whose figures hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from language_world import Scripted, require_small_model, small_model

from casemate.assurance.evidence import read_evidence
from casemate.assurance.language.energy import Grid
from casemate.assurance.language.figures import document
from casemate.assurance.language.journal import open_journal
from casemate.assurance.language.logs import write_log
from casemate.assurance.language.models import LanguageModel, Sampling
from casemate.assurance.language.runner import Progress, run
from casemate.assurance.language.trial import Plan, Trial, key_of
from casemate.assurance.suites import Ask, suite
from casemate.errors import BadInput, Conflict, IntegrityFailure, Unavailable

_GRID = Grid("LUX", 100.0, "made for tests")


def _run(plan: Plan, model: LanguageModel, folder: Path) -> Trial:
    with open_journal(folder, key_of(plan, model.card)) as journal:
        return run(plan, model, journal)


def _document(plan: Plan, model: LanguageModel, folder: Path) -> dict[str, Any]:
    return document(_run(plan, model, folder), _GRID)


def _plan(**more: Any) -> Plan:
    return Plan(suite(more.pop("name", "basics")), more.pop("language", "en"), **more)


def _shares(told: dict[str, Any], check: str = "outcomes") -> dict[str, float]:
    return {
        one["measure"]: one["estimate"]
        for one in told["figures"]
        if one["check"] == check and one["group"] == "everybody"
    }


def _by_turns(ask: Ask, _sampling: Sampling) -> str:
    """Right for some, wrong for some, refused, or out of form: by what is asked."""
    said = ("A", "B", "I'm sorry, I cannot say.", "Hm?")
    return said[sum(ask.messages[-1].content.encode()) % 4]


def test_the_document_is_evidence_with_three_things_apart_and_what_it_took(tmp_path: Path) -> None:
    told = _document(_plan(), Scripted(_by_turns), tmp_path)
    read_evidence(told)
    outcomes = [one["outcome"] for one in told["samples"]]
    answered = outcomes.count("fine") + outcomes.count("wrong")
    assert set(outcomes) == {"fine", "wrong", "refused", "malformed"}
    assert _shares(told) == {
        "fine": outcomes.count("fine") / answered,
        "wrong": outcomes.count("wrong") / answered,
        "refused": outcomes.count("refused") / 12,
        "malformed": outcomes.count("malformed") / 12,
    }
    assert all(one["low"] <= one["estimate"] <= one["high"] for one in told["figures"])
    assert told["valid"]
    energy = told["energy"]
    assert (energy["tokens_in"], energy["tokens_out"], energy["prompts"]) == (36, 12, 12)
    assert energy["kwh"] == pytest.approx(energy["kwh_of_processor"] + energy["kwh_of_memory"])
    assert energy["g_co2e"] == pytest.approx(100 * energy["kwh"])
    assert energy["codecarbon"]["memory_watts"] == 20


def test_a_run_that_stopped_asks_only_what_is_missing_and_comes_to_the_same(tmp_path: Path) -> None:
    whole = _document(_plan(), Scripted(_by_turns), tmp_path / "whole")
    with pytest.raises(Unavailable):
        _run(_plan(), Scripted(_by_turns, stops_after=5), tmp_path / "stopped")
    (journal,) = (tmp_path / "stopped").iterdir()
    with journal.open("ab") as file:
        file.write(b'{"sample": "en-0')  # what a kill may leave
    again = Scripted(_by_turns)
    trial = _run(_plan(), again, tmp_path / "stopped")
    assert (trial.resumed, len(again.asked)) == (5, 7)
    assert document(trial, _GRID)["results_digest"] == whole["results_digest"]


def test_a_lower_limit_and_another_repeat_take_up_the_same_journal(tmp_path: Path) -> None:
    _run(_plan(limit=3), Scripted(), tmp_path)
    more = Scripted()
    assert _run(_plan(limit=5), more, tmp_path).resumed == 3
    assert len(more.asked) == 2
    for other in (_plan(limit=3, seed=7), _plan(limit=3, language="fr")):
        assert _run(other, Scripted(), tmp_path).resumed == 0
    assert _run(_plan(limit=3), Scripted(name="other"), tmp_path).resumed == 0


def test_a_journal_belongs_to_one_process_and_is_not_read_where_it_was_altered(
    tmp_path: Path,
) -> None:
    with (
        open_journal(tmp_path, "sha256:aa"),
        pytest.raises(Conflict, match="another process"),
        open_journal(tmp_path, "sha256:aa"),
    ):
        pass
    _run(_plan(limit=2), Scripted(), tmp_path / "j")
    (journal,) = (tmp_path / "j").iterdir()
    assert journal.stat().st_mode & 0o077 == 0
    journal.write_text('{"sample": 3}\n')
    with pytest.raises(IntegrityFailure, match="line 1 of the journal"):
        _run(_plan(limit=2), Scripted(), tmp_path / "j")


def test_a_model_that_is_another_at_the_end_makes_the_run_invalid(tmp_path: Path) -> None:
    told = _document(_plan(limit=4), Scripted(changes_after=2), tmp_path)
    assert not told["valid"]
    assert "fixed probes otherwise" in told["invalid_because"]


def test_several_connections_come_to_the_same_as_one(tmp_path: Path) -> None:
    one = _document(_plan(), Scripted(_by_turns), tmp_path / "1")
    four = _document(_plan(), Scripted(_by_turns, connections=4), tmp_path / "4")
    assert one["results_digest"] == four["results_digest"]


def test_progress_counts_and_tells_what_is_left(tmp_path: Path) -> None:
    heard: list[Progress] = []
    plan, model = _plan(limit=4), Scripted()
    with open_journal(tmp_path, key_of(plan, model.card)) as journal:
        run(plan, model, journal, heard.append)
    assert [(one.done, one.of) for one in heard] == [(at, 4) for at in range(5)]
    assert heard[0].seconds_left is None
    assert heard[-1].seconds_left == 0


def test_repeated_runs_tell_apart_what_items_and_what_runs_add(tmp_path: Path) -> None:
    plan = _plan(repeats=4, temperature=0.8)
    told = _document(plan, Scripted(lambda _ask, how: "AB"[how.seed % 2]), tmp_path)
    assert len(told["samples"]) == 48
    repeated = [one for one in told["figures"] if one["check"] == "repeated runs"]
    fine = next(one for one in repeated if one["measure"].startswith("fine"))
    flags = [one["outcome"] == "fine" for one in told["samples"]]
    assert fine["estimate"] == pytest.approx(sum(flags) / 48)
    assert fine["settings"]["runs"] == 4
    assert 0 <= _shares(told, "repeated runs")["samples with one outcome in every run"] < 1
    with pytest.raises(BadInput, match="at temperature 0"):
        _plan(repeats=2)


def test_a_suite_of_log_likelihoods_has_calibration_and_asks_for_a_model_that_tells_them(
    tmp_path: Path,
) -> None:
    told = _document(_plan(name="basics-likelihood"), Scripted(), tmp_path)
    error = next(one for one in told["figures"] if one["measure"] == "expected calibration error")
    right = sum(one["target"] == "A" for one in told["samples"]) / 12
    assert error["estimate"] == pytest.approx(abs(0.6439 - right), abs=1e-3)  # 1 / (1 + e^-1 + …)
    assert 0 < error["baseline"] < 0.5


def test_the_log_opens_in_inspect(tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log

    trial = _run(_plan(), Scripted(_by_turns), tmp_path)
    log = read_eval_log(str(write_log(trial, tmp_path / "logs")))
    assert log.status == "success"
    assert log.samples is not None
    assert log.results is not None
    assert {one.id for one in log.samples} == {one.sample for one in trial.done}
    fine = sum(one.judgement.outcome == "fine" for one in trial.done) / 12
    assert log.results.scores[0].metrics["mean"].value == pytest.approx(fine)
    assert log.eval.metadata is not None
    assert "its own loop" in log.eval.metadata["runner"]


def test_the_same_run_of_a_real_model_gives_the_same_bytes(tmp_path: Path) -> None:
    with small_model() as model:
        plan = _plan(limit=3)
        once = _document(plan, model, tmp_path / "once")
        again = _document(plan, model, tmp_path / "again")
        assert once["results_digest"] == again["results_digest"]
        assert json.dumps(once["figures"]) == json.dumps(again["figures"])
        assert once["model"]["details"]["licence"] == "Apache-2.0"


@pytest.mark.parametrize(("name", "language"), [("basics", "en"), ("basics-likelihood", "fr")])
def test_inspect_alone_comes_to_the_same_with_our_provider(
    name: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two loops, one model, the same outcomes: Inspect's own, and ours."""
    require_small_model()
    import inspect_ai

    from casemate.assurance.language.registry import casemate
    from casemate.assurance.language.registry import suite as task

    assert casemate
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    given = task(name=name, language=language, limit=2)
    (log,) = inspect_ai.eval(given, model="casemate/smollm2", display="none", log_dir=str(tmp_path))
    assert log.status == "success", log.error
    assert log.samples is not None
    with small_model() as model:
        trial = _run(_plan(name=name, language=language, limit=2), model, tmp_path / "j")
    ours = {one.sample: one.judgement.outcome.value for one in trial.done}
    told = {}
    for one in log.samples:
        assert one.scores is not None
        value = one.scores["casemate_judging"].value
        assert isinstance(value, dict)
        (told[str(one.id)],) = (outcome for outcome, count in value.items() if count)
    assert told == ours
